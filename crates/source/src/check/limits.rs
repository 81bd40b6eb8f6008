//! Coroutines of which many are started, and what limits how many of them work at the same time.

use super::model::{Call, Function, Model};
use super::tree::Tree;
use ruff_python_ast::{AnyNodeRef, Expr, StmtWith};

/// Calls of other coroutines are followed that deep.
const DEEPEST: u32 = 4;
/// Words in the names of what lets in only so many.
const LIMITS: &[&str] = &[
    "sem", "limit", "throttl", "bucket", "slot", "lock", "pool", "gate", "queue",
];
/// Methods of a client or connection that send something and wait for the answer.
const REQUESTS: &[&str] = &[
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "request",
    "stream",
    "fetch",
    "read",
    "write",
    "send",
    "send_text",
    "send_json",
    "send_bytes",
    "send_message",
    "download",
    "upload",
    "goto",
    "execute",
    "query",
    "connect",
    "open",
    "call",
    "invoke",
    "publish",
];
/// Parts of the names of what such methods belong to.
const CLIENTS: &[&str] = &[
    "client",
    "session",
    "http",
    "connection",
    "websocket",
    "ws",
    "api",
    "browser",
    "storage",
    "s3",
    "redis",
    "bot",
    "aiofiles",
];
/// Packages whose coroutines and clients work outside of the program.
const OUTSIDE: &[&str] = &[
    "httpx.",
    "aiohttp.",
    "aiofiles.",
    "asyncpg.",
    "websockets.",
    "asyncssh.",
    "aioftp.",
];
/// Functions of `asyncio` that open something.
const OPENING: &[&str] = &[
    "open_connection",
    "open_unix_connection",
    "create_subprocess_exec",
    "create_subprocess_shell",
];
/// Parts of the names of what is some at a time, or few by its nature.
const FEW: &[&str] = &[
    "batch", "chunk", "slice", "worker", "consumer", "group", "step", "handler", "callback",
    "hook", "plugin", "listener", "server", "node", "replica", "backend", "provider", "ports",
    "shard",
];
/// Parts of the names of coroutines that are there for the whole run, or for its end.
const SERVICES: &[&str] = &[
    "worker",
    "consum",
    "produc",
    "listen",
    "watch",
    "monitor",
    "serve",
    "close",
    "stop",
    "shutdown",
    "disconnect",
    "cleanup",
    "clean_up",
    "cancel",
    "teardown",
    "forever",
    "loop",
];

impl<'a> Model<'a> {
    /// Whether a coroutine of this file does something outside of the program, and nothing in it limits
    /// how many do so at the same time.
    pub fn works_without_limit(&self, function: &Function<'a>) -> bool {
        let name = function.def().map_or("", |def| def.name.as_str());
        let is_service = SERVICES.iter().any(|word| name.contains(word));
        !is_service && self.limits(function, DEEPEST) == Limits::Unlimited
    }

    fn limits(&self, function: &Function<'a>, depth: u32) -> Limits {
        let mut found = Limits::None;
        for id in self.tree.within(function.node) {
            let this = match self.tree.node(id) {
                AnyNodeRef::StmtWith(with) if with.is_async => self.work_of_with(with),
                // A worker, not a task.
                AnyNodeRef::StmtWhile(each) if each.test.is_boolean_literal_expr() => {
                    Limits::Limited
                }
                AnyNodeRef::ExprAwait(waited) => match self.as_call(&*waited.value) {
                    Some(call) => self.limits_of_call(call, depth),
                    None => Limits::None,
                },
                _ => Limits::None,
            };
            found = found.max(this);
            if found == Limits::Limited {
                break;
            }
        }
        found
    }

    fn work_of_with(&self, with: &'a StmtWith) -> Limits {
        let items = with.items.iter().map(|item| {
            let context = &item.context_expr;
            let name = match context {
                Expr::Call(call) => &*call.func,
                other => other,
            };
            let text = self.text_of(name).to_lowercase();
            let limits = LIMITS.iter().any(|word| text.contains(word)) || self.is_lock(context);
            match context {
                _ if limits => Limits::Limited,
                Expr::Call(_) => self.as_call(context).map_or(Limits::None, |call| {
                    let name = self.called(call);
                    self.work_outside(call, name.as_deref().unwrap_or(""), &text)
                }),
                _ => Limits::None,
            }
        });
        items.max().unwrap_or(Limits::None)
    }

    fn limits_of_call(&self, call: &Call<'a>, depth: u32) -> Limits {
        let text = self.text_of(&*call.expr.func).to_lowercase();
        if LIMITS.iter().any(|word| text.contains(word)) {
            return Limits::Limited;
        }
        let name = self.called(call);
        if let Some(name) = name.as_deref() {
            if let Some(function) = self.function_named(name) {
                return match depth {
                    0 => Limits::None,
                    _ => self.limits(function, depth - 1),
                };
            }
            if let Some(of_loop) = name.strip_prefix("asyncio.") {
                return self.work_of_asyncio(call, of_loop, depth);
            }
        }
        self.work_outside(call, name.as_deref().unwrap_or(""), &text)
    }

    /// Of a call that is none of this file's: whether it visibly works outside of the program.
    fn work_outside(&self, call: &Call<'a>, name: &str, text: &str) -> Limits {
        if ["run_in_executor", "to_thread", "run_sync"]
            .iter()
            .any(|end| text.ends_with(end))
        {
            return Limits::Limited;
        }
        let (owner, last) = text.rsplit_once('.').unwrap_or(("", text));
        let owner = owner.rsplit('.').next().unwrap_or(owner);
        let is_client =
            OUTSIDE.iter().any(|package| name.starts_with(package)) || has_word(owner, CLIENTS);
        if is_client && REQUESTS.contains(&last) && !call.expr.arguments.is_empty() {
            return Limits::Unlimited;
        }
        Limits::None
    }

    fn work_of_asyncio(&self, call: &Call<'a>, function: &str, depth: u32) -> Limits {
        match function {
            "wait_for" | "shield" => {
                let inner = call.expr.arguments.args.first();
                let inner = inner.and_then(|inner| self.as_call(inner));
                inner.map_or(Limits::None, |inner| self.limits_of_call(inner, depth))
            }
            "to_thread" | "AbstractEventLoop.run_in_executor" => Limits::Limited,
            _ if OPENING.contains(&function) => Limits::Unlimited,
            _ => Limits::None,
        }
    }

    /// Whether a client of this file is made with a number of connections of its own.
    pub fn limits_connections(&self) -> bool {
        self.calls.iter().any(|call| {
            let Some(name) = self.called(call) else {
                return false;
            };
            let given = &call.expr.arguments;
            match &*name {
                "httpx.Limits" => true,
                "aiohttp.TCPConnector" => {
                    given.find_keyword("limit").is_some()
                        || given.find_keyword("limit_per_host").is_some()
                }
                _ => false,
            }
        })
    }

    /// Whether the items of an iterable are visibly few, or are taken some at a time.
    pub fn is_visibly_few(&self, iterable: &'a Expr, few: u64) -> bool {
        if let Some(length) = self.length_of(iterable) {
            return length <= few;
        }
        // A number that is not known is mostly one of workers.
        if let Some(call) = self.as_call(iterable)
            && self.calls_any(call, &["range"])
        {
            return !call
                .expr
                .arguments
                .args
                .iter()
                .all(Expr::is_number_literal_expr);
        }
        let text = self.text_of(iterable).to_lowercase();
        if has_word(&text, FEW) {
            return true;
        }
        let sliced = self.tree.within(Tree::id(iterable)).any(|id| {
            matches!(self.tree.node(id), AnyNodeRef::ExprSlice(slice) if slice.upper.is_some())
        });
        sliced
            || self
                .loops_around(Tree::id(iterable))
                .any(|around| self.reads_binding_of(iterable, around))
    }
}

/// Whether a part of a name begins or ends with one of these words.
fn has_word(text: &str, words: &[&str]) -> bool {
    let mut parts = text.split(|c: char| !c.is_alphanumeric());
    parts.any(|part| {
        words
            .iter()
            .any(|word| part.starts_with(word) || part.ends_with(word))
    })
}

/// What a coroutine waits for, from the least to what decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Limits {
    /// Nothing outside of the program.
    None,
    /// Something outside of it.
    Unlimited,
    /// As above, but only so many at the same time.
    Limited,
}
