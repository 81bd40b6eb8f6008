//! A loop awaits calls one after the other that need nothing of each other: they could wait together.
//!
//! ## What it sees
//! In an `async def`: a `for` loop or comprehension whose only `await` is a call of a coroutine of the
//! project (or `asyncio.to_thread` of a request), with arguments that come from the loop's variable or do
//! not change, and whose result is stored or dropped. Not loops that stop early, pause or retry, nor calls
//! that write to something in order (a stream, a queue, a database, the object itself).
//!
//! ## Why it matters
//! The loop takes the sum of all waiting times; awaited together, it takes about the longest one. With 100
//! requests of 100 ms that is 10 s against 0.1 to 1 s, depending on the limit.
//!
//! ## Example
//! ```py
//! import httpx
//!
//! async def fetch(client, url):
//!     return (await client.get(url)).text
//!
//! async def fetch_all(urls):
//!     pages = []
//!     async with httpx.AsyncClient() as client:
//!         for url in urls:
//!             pages.append(await fetch(client, url))
//!     return pages
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//! import httpx
//!
//! async def fetch(client, limit, url):
//!     async with limit:
//!         return (await client.get(url)).text
//!
//! async def fetch_all(urls):
//!     limit = asyncio.Semaphore(20)
//!     async with httpx.AsyncClient() as client:
//!         return await asyncio.gather(*[fetch(client, limit, url) for url in urls])
//! ```
//!
//! ## When it is wrong
//! If the order is meant: for politeness, a limit of the other side, or an effect that shows.

use crate::check::found::{Found, Quality};
use crate::check::model::{Call, Function, Model};
use crate::check::scope::Binding;
use crate::check::tasks::Task;
use crate::check::tree::{NodeId, Tree};
use crate::knowledge::functions::{Blocks, function};
use ruff_python_ast::{AnyNodeRef, Expr, ExprName};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        if call.function.is_none() || !model.is_awaited(call.node) {
            continue;
        }
        let Some(around) = model.loop_of(call.node) else {
            continue;
        };
        let Some(iterable) = model.iterable_of(around) else {
            continue;
        };
        let few = model
            .length(iterable)
            .is_some_and(|length| !length.is_at_least(4));
        if few || !is_simple(model, around, call) || !is_given_items(model, call, around) {
            continue;
        }
        let Some(coroutine) = coroutine(model, call) else {
            continue;
        };
        let waits_for = match coroutine {
            Coroutine::Here(callee) if is_clean_up(callee) => continue,
            Coroutine::Here(callee) if is_independent(model, callee) => None,
            Coroutine::Request => None,
            Coroutine::Elsewhere(name)
                if is_collected(model, call) && is_given_nothing_else(model, call, around) =>
            {
                Some(name)
            }
            _ => continue,
        };
        let draft = found.report(
            call_start(model, call),
            "each call waits for the one before it, though it needs nothing of it",
        );
        draft.help(
            "await them together: `asyncio.gather(…)` or a `TaskGroup`, with a semaphore as limit",
        );
        if let Some(name) = waits_for {
            draft.only_if(&name, Quality::IsCoroutine);
        }
    }
}

/// The `await` of a call.
fn call_start<'a>(model: &Model<'a>, call: &Call<'a>) -> AnyNodeRef<'a> {
    model
        .tree
        .node(model.tree.parent(call.node).unwrap_or(call.node))
}

enum Coroutine<'m, 'a> {
    Here(&'m Function<'a>),
    /// `asyncio.to_thread(requests.get, …)`.
    Request,
    /// A function of another file, perhaps a coroutine.
    Elsewhere(String),
}

fn coroutine<'m, 'a>(model: &'m Model<'a>, call: &'m Call<'a>) -> Option<Coroutine<'m, 'a>> {
    let name = model.called(call)?;
    if let Some(callee) = model.function_named(&name) {
        return callee.is_async().then_some(Coroutine::Here(callee));
    }
    if &*name == "asyncio.to_thread" {
        let Task::Named(callable) = model.submission(call)?.task else {
            return None;
        };
        let row = function(&model.name_of(callable)?)?;
        return (row.blocks == Blocks::Socket).then_some(Coroutine::Request);
    }
    // Nothing but its arguments can tie a function's calls to each other; a method has its object.
    let is_plain = call.expr.func.is_name_expr();
    (is_plain && name.contains('.')).then(|| Coroutine::Elsewhere(name.to_string()))
}

/// Whether a loop has one `await`, and neither leaves early nor handles what goes wrong in between.
fn is_simple(model: &Model<'_>, around: NodeId, call: &Call<'_>) -> bool {
    let mut awaits = 0;
    for id in model.tree.within(around) {
        match model.tree.node(id) {
            AnyNodeRef::StmtBreak(_)
            | AnyNodeRef::StmtReturn(_)
            | AnyNodeRef::StmtRaise(_)
            | AnyNodeRef::StmtTry(_)
            | AnyNodeRef::StmtWhile(_)
            | AnyNodeRef::ExprYield(_)
            | AnyNodeRef::StmtAugAssign(_)
                if !is_plain_addition(model, id, call) =>
            {
                return false;
            }
            AnyNodeRef::StmtFor(each) if each.is_async => return false,
            AnyNodeRef::StmtWith(with) if with.is_async => return false,
            AnyNodeRef::Comprehension(each) if each.is_async => return false,
            AnyNodeRef::ExprAwait(_) => awaits += 1,
            _ => {}
        }
    }
    awaits == 1
}

/// `results += await …`.
fn is_plain_addition(model: &Model<'_>, id: NodeId, call: &Call<'_>) -> bool {
    let AnyNodeRef::StmtAugAssign(assign) = model.tree.node(id) else {
        return false;
    };
    let waited = model.tree.parent(call.node);
    waited == Some(Tree::id(&*assign.value))
}

/// Whether the call is given something of the loop's variable, and nothing that another iteration made.
fn is_given_items(model: &Model<'_>, call: &Call<'_>, around: NodeId) -> bool {
    let mut given = false;
    let start = Tree::id(&call.expr.arguments);
    for id in model.tree.within(start) {
        let AnyNodeRef::ExprName(name) = model.tree.node(id) else {
            continue;
        };
        match origin(model, name, around, call) {
            Origin::Item => given = true,
            Origin::Outside => {}
            Origin::Carried => return false,
        }
    }
    given
}

/// Whether every name in the arguments comes from the loop's variable.
fn is_given_nothing_else(model: &Model<'_>, call: &Call<'_>, around: NodeId) -> bool {
    let mut names = model.tree.within(Tree::id(&call.expr.arguments));
    names.all(|id| match model.tree.node(id) {
        AnyNodeRef::ExprName(name) => matches!(origin(model, name, around, call), Origin::Item),
        _ => true,
    })
}

/// Whether a coroutine starts or ends something, by its name: that is done in order, and once.
fn is_clean_up(callee: &Function<'_>) -> bool {
    let name = callee
        .def()
        .map_or("", |def| def.name.as_str())
        .to_lowercase();
    let verbs = [
        "close",
        "stop",
        "terminate",
        "cancel",
        "shutdown",
        "disconnect",
        "delete",
        "clean",
        "remove",
        "setup",
        "start",
        "install",
        "drop",
        "migrate",
        "retry",
        "apply",
        "connect",
        "login",
    ];
    verbs.iter().any(|verb| name.contains(verb))
}

enum Origin {
    /// The loop's variable, or what this iteration has made of it.
    Item,
    Outside,
    /// What another iteration may have changed.
    Carried,
}

fn origin(model: &Model<'_>, name: &ExprName, around: NodeId, call: &Call<'_>) -> Origin {
    let id = Tree::id(name);
    let Some(home) = model.scopes.home(model.tree.scope(id), &name.id) else {
        return Origin::Outside;
    };
    let bindings = model.scopes.bindings(home, &name.id);
    let inside = |at: NodeId| model.tree.holds(around, at);
    if !bindings.iter().any(|(at, _)| inside(*at)) {
        let id = name.id.as_str();
        return if is_changed(model, home, id, around) {
            Origin::Carried
        } else {
            Origin::Outside
        };
    }
    let of_this_one = bindings.iter().all(|(at, binding)| {
        let is_target = *at == around || matches!(binding, Binding::Item(_) | Binding::ItemPart(_));
        is_target || (inside(*at) && *at < call.node && matches!(binding, Binding::Value(_)))
    });
    if of_this_one {
        Origin::Item
    } else {
        Origin::Carried
    }
}

/// Whether a name's object is changed in the loop, by a method or an item of it.
fn is_changed(
    model: &Model<'_>,
    home: crate::check::scope::ScopeId,
    name: &str,
    around: NodeId,
) -> bool {
    let reads = model
        .tree
        .within(around)
        .filter(|id| match model.tree.node(*id) {
            AnyNodeRef::ExprName(read) => {
                read.id == name && model.scopes.home(model.tree.scope(*id), &read.id) == Some(home)
            }
            _ => false,
        });
    reads.into_iter().any(|read| {
        let changes = |attr: &str| {
            matches!(
                attr,
                "append" | "add" | "update" | "extend" | "pop" | "remove" | "clear" | "write"
            )
        };
        if model
            .method_called(read)
            .is_some_and(|(attr, _)| changes(attr))
        {
            return true;
        }
        let parent = model
            .tree
            .parent(read)
            .map(|parent| model.tree.node(parent));
        matches!(parent, Some(AnyNodeRef::ExprSubscript(item)) if !item.ctx.is_load())
    })
}

/// Whether the result goes into a list or dict, as it does where only results count.
fn is_collected(model: &Model<'_>, call: &Call<'_>) -> bool {
    let Some(parent) = model
        .tree
        .parent(call.node)
        .and_then(|waited| model.tree.parent(waited))
    else {
        return false;
    };
    match model.tree.node(parent) {
        AnyNodeRef::StmtAugAssign(_)
        | AnyNodeRef::ExprListComp(_)
        | AnyNodeRef::ExprDictComp(_) => true,
        AnyNodeRef::Arguments(_) => {
            let up = model.tree.parent(parent).map(|up| model.tree.node(up));
            let Some(AnyNodeRef::ExprCall(by)) = up else {
                return false;
            };
            let method = by.func.as_attribute_expr();
            method.is_some_and(|method| matches!(method.attr.as_str(), "append" | "extend"))
        }
        AnyNodeRef::StmtAssign(assign) => matches!(assign.targets.as_slice(), [Expr::Subscript(_)]),
        _ => false,
    }
}

/// Methods whose calls have an order: of streams, queues, databases, chats.
const ORDERED: &[&str] = &[
    "write",
    "writelines",
    "drain",
    "send",
    "sendall",
    "send_text",
    "send_json",
    "send_bytes",
    "send_message",
    "put",
    "put_nowait",
    "execute",
    "executemany",
    "executescript",
    "commit",
    "flush",
    "fetchrow",
    "fetchval",
    "acquire",
    "publish",
    "add",
    "save",
    "insert",
    "append",
    "extend",
    "update",
    "pop",
    "remove",
    "clear",
    "set",
    "delete",
    "emit",
    "push",
    "reply",
    "edit",
    "create",
    "insert_one",
    "insert_many",
    "update_one",
    "delete_one",
    "click",
    "goto",
    "fill",
    "type",
    "press",
    "evaluate",
    "screenshot",
    "scroll",
    "wait_for",
    "sleep",
    "readline",
    "readexactly",
];

/// Whether the calls of a coroutine, with what it calls in this file, leave each other alone: it waits for
/// something, and changes nothing that its calls share.
fn is_independent<'a>(model: &Model<'a>, callee: &Function<'a>) -> bool {
    let mut reached = vec![callee.id];
    let mut next = 0;
    let mut waits = false;
    while let Some(id) = reached.get(next).copied() {
        next += 1;
        let function = model.function(id);
        for node in model.tree.within(function.node) {
            match model.tree.node(node) {
                AnyNodeRef::ExprAwait(waited) => {
                    waits = waits || is_request(model, &waited.value, function);
                }
                AnyNodeRef::StmtWith(with) if with.is_async => {
                    let mut contexts = with.items.iter().map(|item| &item.context_expr);
                    waits = waits || contexts.any(|each| is_request(model, each, function));
                }
                AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) => return false,
                AnyNodeRef::ExprAttribute(attribute) if !attribute.ctx.is_load() => return false,
                AnyNodeRef::ExprSubscript(item)
                    if !item.ctx.is_load() && !is_local(model, &item.value, function) =>
                {
                    return false;
                }
                AnyNodeRef::ExprCall(call) if is_ordered(model, &call.func, function) => {
                    return false;
                }
                _ => {}
            }
        }
        for call in model.calls_of(id) {
            if let Some(callee) = model.function_called(call)
                && !reached.contains(&callee.id)
            {
                reached.push(callee.id);
            }
        }
    }
    waits
}

/// Methods that ask somebody for something, whatever else is asked meanwhile.
const REQUESTS: &[&str] = &[
    "get",
    "post",
    "put",
    "patch",
    "head",
    "request",
    "fetch",
    "getaddrinfo",
    "getnameinfo",
];

/// Whether what is awaited is a request, or a method of an object that this call has made.
fn is_request<'a>(model: &Model<'a>, waited: &'a Expr, function: &Function<'a>) -> bool {
    let Some(call) = model.as_call(waited) else {
        return false;
    };
    let Expr::Attribute(method) = &*call.expr.func else {
        return model.calls_any(call, &["asyncio.open_connection"]);
    };
    if model.calls_any(call, &["asyncio.open_connection"]) {
        return true;
    }
    if REQUESTS.contains(&method.attr.as_str()) {
        return !call.expr.arguments.is_empty();
    }
    let Expr::Name(object) = &*method.value else {
        return false;
    };
    let home = model
        .scopes
        .home(model.tree.scope(Tree::id(object)), &object.id);
    let made = model
        .made_from(&method.value)
        .and_then(|made| model.called(made));
    let last = made.as_deref().and_then(|made| made.rsplit('.').next());
    home == Some(function.scope) && last.is_some_and(|last| last.starts_with(char::is_uppercase))
}

fn is_ordered<'a>(model: &Model<'a>, called: &'a Expr, function: &Function<'a>) -> bool {
    match called {
        Expr::Attribute(method) => {
            ORDERED.contains(&method.attr.as_str()) && !is_local(model, &method.value, function)
        }
        Expr::Name(name) => name.id == "input",
        _ => false,
    }
}

/// Whether an object is one that the call itself has made, in a name of its own.
fn is_local<'a>(model: &Model<'a>, object: &'a Expr, function: &Function<'a>) -> bool {
    let mut root = object;
    while let Expr::Attribute(attribute) = root {
        root = &attribute.value;
    }
    let Expr::Name(name) = root else {
        return !matches!(root, Expr::Subscript(_));
    };
    let Some(home) = model
        .scopes
        .home(model.tree.scope(Tree::id(name)), &name.id)
    else {
        return false;
    };
    home == function.scope
        && model
            .scopes
            .bindings(home, &name.id)
            .iter()
            .all(|(_, binding)| {
                !matches!(
                    binding,
                    Binding::Parameter(_) | Binding::Item(_) | Binding::ItemPart(_)
                )
            })
}
