//! Which calls block the thread that makes them for long enough to stop an event loop.

use super::model::{Call, Model};
use super::tree::Tree;
use super::uses::Use;
use crate::knowledge::functions::{Blocks, function};
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute};

/// Rows of the tables that say what a function waits for, though it does not keep its thread for long,
/// or that belong to the event loop itself.
const SHORT: &[&str] = &[
    "print",
    "click.echo",
    "rich.console.Console.print",
    "threading.Thread.start",
    "multiprocessing.Process.start",
    "multiprocessing.Pool",
    "multiprocessing.Manager",
    "concurrent.futures.ProcessPoolExecutor.submit",
    "concurrent.futures.ProcessPoolExecutor.map",
    "subprocess.Popen",
    "kafka.KafkaProducer.send",
    "sqlite3.Connection",
    "psutil.cpu_percent",
    "syslog.syslog",
    // Held for a short time, as a rule; `with lock` is no call either.
    "threading.Lock.acquire",
    "threading.RLock.acquire",
    "logging.handlers.SocketHandler.emit",
];
/// Packages whose functions of the tables are coroutines, or start a loop of their own.
const ASYNC: &[&str] = &[
    "asyncio.",
    "aiohttp.",
    "asyncpg.",
    "uvicorn.",
    "curses.",
    "starlette.",
];

impl<'a> Model<'a> {
    /// The name of what a call blocks in, if it does: by what the tables say of it.
    pub fn blocks(&self, call: &Call<'a>) -> Option<String> {
        let name = self.called(call)?;
        let row = function(&name)?;
        let waits = matches!(
            row.blocks,
            Blocks::Socket
                | Blocks::Sleep
                | Blocks::Lock
                | Blocks::Child
                | Blocks::Database
                | Blocks::Terminal
        );
        let asynchronous = ASYNC.iter().any(|package| name.starts_with(package));
        let blocks = waits && !asynchronous && !SHORT.contains(&&*name);
        (blocks && !self.does_not_wait(call, &name)).then(|| name.to_string())
    }

    /// Whether a call says itself that it does not wait: `get(block=False)`, `acquire(False)`,
    /// `join(timeout=0)`, `shutdown(wait=False)`, `put` into a queue without a limit, the result of what
    /// is done.
    fn does_not_wait(&self, call: &Call<'a>, name: &str) -> bool {
        let given = &call.expr.arguments;
        if name == "time.sleep" {
            return given
                .args
                .first()
                .is_some_and(|value| self.text_of(value) == "0");
        }
        if name == "socket.getaddrinfo" {
            // Nothing to look up.
            return self.text_of(call).contains("NUMERIC");
        }
        let Expr::Attribute(method) = &*call.expr.func else {
            return false;
        };
        let is_false = |value: Option<&Expr>| {
            let value = value.and_then(|value| value.as_boolean_literal_expr());
            value.is_some_and(|value| !value.value)
        };
        match method.attr.as_str() {
            "get" | "acquire" => {
                let place = usize::from(!name.contains("Result"));
                let first = given.args.first().filter(|_| place == 1);
                let named = ["block", "blocking"].map(|name| given.find_keyword(name));
                let named = named.into_iter().flatten().map(|keyword| &keyword.value);
                first
                    .into_iter()
                    .chain(named)
                    .any(|value| is_false(Some(value)))
                    || self.is_zero_timeout(call, 1)
            }
            "put" => {
                // It waits only for a place in a queue that is visibly limited.
                let made = self.made_from(&method.value);
                let limited = made.is_some_and(|made| !made.expr.arguments.is_empty());
                !limited || is_false(given.find_argument_value("block", 1))
            }
            "result" | "exception" => self.is_zero_timeout(call, 0) || self.is_done(call, method),
            "join" | "wait" => self.is_zero_timeout(call, 0),
            // Of datagrams it only sets an address.
            "connect" => {
                let made = self.made_from(&method.value);
                made.is_some_and(|made| self.text_of(made).contains("SOCK_DGRAM"))
            }
            "poll" => given.is_empty(),
            "shutdown" => is_false(given.find_argument_value("wait", 0)),
            _ => false,
        }
    }

    fn is_zero_timeout(&self, call: &Call<'a>, place: usize) -> bool {
        let given = call.expr.arguments.find_argument_value("timeout", place);
        given.is_some_and(|value| matches!(self.text_of(value), "0" | "0.0"))
    }

    /// Whether it is asked before whether a future is done: `if future.done():`, or waited for by the
    /// event loop.
    fn is_done(&self, call: &Call<'a>, method: &'a ExprAttribute) -> bool {
        let future = self.text_of(&*method.value);
        let asked = self.tree.ancestors(call.node).any(|outer| {
            let test = match self.tree.node(outer) {
                AnyNodeRef::StmtIf(check) => &check.test,
                AnyNodeRef::ExprIf(check) => &check.test,
                _ => return false,
            };
            let test = self.text_of(&**test);
            test.contains(".done()") && test.contains(future)
        });
        let Expr::Name(name) = &*method.value else {
            return asked;
        };
        let home = self.scopes.home(self.tree.scope(Tree::id(name)), &name.id);
        let reads = home.map_or(&[][..], |home| self.scopes.reads(home, &name.id));
        asked
            || reads
                .iter()
                .take_while(|read| **read < call.node)
                .any(|read| match self.use_of(*read) {
                    Use::Argument(outer) => self
                        .call_at(outer)
                        .is_some_and(|outer| self.calls_any(outer, &["asyncio.wrap_future"])),
                    _ => false,
                })
    }
}
