//! A coroutine is started for every item at once, however many there are.
//!
//! ## What it sees
//! `asyncio.gather` over a comprehension, `map` or list of coroutines, and tasks that a loop creates in
//! a `TaskGroup`: one for each item of something that is not visibly small. The coroutine has to be a
//! function of the same file that visibly asks a client, opens connections or files or starts child
//! processes, itself or by what it awaits, and nothing may limit it: no semaphore, no queue, no pool of
//! threads, no limit of the client's connections.
//!
//! ## Why it matters
//! All of them run at the same time: thousands of connections or open files (`OSError: too many open
//! files`), a server that turns the client away, timeouts that count from the start though the
//! connection is not free yet, and all arguments and results in memory.
//!
//! ## Example
//! ```py
//! import asyncio
//!
//! async def fetch(client, url):
//!     response = await client.get(url)
//!     return response.text
//!
//! async def crawl(client, urls):
//!     return await asyncio.gather(*[fetch(client, url) for url in urls])
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//!
//! async def fetch(limit, client, url):
//!     async with limit:
//!         response = await client.get(url)
//!     return response.text
//!
//! async def crawl(client, urls):
//!     limit = asyncio.Semaphore(20)
//!     return await asyncio.gather(*[fetch(limit, client, url) for url in urls])
//! ```
//!
//! ## When it is wrong
//! If there are always only a few items.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::scope::Binding;
use crate::check::tree::Tree;
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr, ExprName};

/// So many at once need no limit: the connections that clients allow by themselves.
const FEW: u64 = 100;
/// Calls that pass on the coroutine that they are given.
const WRAPPERS: &[&str] = &[
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.wait_for",
    "asyncio.shield",
    "asyncio.AbstractEventLoop.create_task",
    "asyncio.TaskGroup.create_task",
];

/// Coroutines of one kind, one for each item.
struct Fan<'a> {
    /// What makes one of them: a call, or the function that a `map` is given.
    maker: &'a Expr,
    items: &'a Expr,
}

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(name) = model.called(call) else {
            continue;
        };
        let fan = match &*name {
            "asyncio.gather" => {
                let starred = call
                    .expr
                    .arguments
                    .args
                    .iter()
                    .filter_map(Expr::as_starred_expr);
                starred
                    .into_iter()
                    .find_map(|starred| fan_of(model, &starred.value))
            }
            "asyncio.TaskGroup.create_task" => created_in_loop(model, call),
            _ => continue,
        };
        let Some(fan) = fan else { continue };
        if model.is_visibly_few(fan.items, FEW)
            || !is_unlimited(model, fan.maker)
            || model.limits_connections()
        {
            continue;
        }
        let items = model.text_of(fan.items);
        let items = if items.len() > 40 || items.contains('\n') {
            "the input"
        } else {
            items
        };
        found
            .report(
                call,
                format!("all items of `{items}` are worked on at once: nothing limits how many"),
            )
            .help("an `asyncio.Semaphore` in the coroutine, or workers that take from a queue");
    }
}

/// The coroutines in a list or generator.
fn fan_of<'a>(model: &Model<'a>, list: &'a Expr) -> Option<Fan<'a>> {
    model.asked(|| match list {
        Expr::ListComp(each) => Some(Fan {
            maker: &each.elt,
            items: &each.generators.first()?.iter,
        }),
        Expr::SetComp(each) => Some(Fan {
            maker: &each.elt,
            items: &each.generators.first()?.iter,
        }),
        Expr::Generator(each) => Some(Fan {
            maker: &each.elt,
            items: &each.generators.first()?.iter,
        }),
        Expr::Call(call) => {
            let made = model.as_call(list)?;
            match (&*model.called(made)?, &*call.arguments.args) {
                ("map", [maker, items]) => Some(Fan { maker, items }),
                ("list" | "tuple" | "set", [inner]) => fan_of(model, inner),
                _ => None,
            }
        }
        Expr::Name(name) => match model.only_value(name)? {
            Expr::List(list) if list.elts.is_empty() => appended(model, name),
            value => fan_of(model, value),
        },
        _ => None,
    })
}

/// The coroutines that a `for` loop appends to an empty list.
fn appended<'a>(model: &Model<'a>, list: &'a ExprName) -> Option<Fan<'a>> {
    let home = model
        .scopes
        .home(model.tree.scope(Tree::id(list)), &list.id)?;
    let mut found = None;
    for read in model.scopes.reads(home, list.id.as_str()) {
        match model.use_of(*read) {
            Use::Method {
                attr: "append",
                call: Some(call),
            } => {
                if found.is_some() {
                    return None;
                }
                let maker = model.call_at(call)?.expr.arguments.args.first()?;
                let AnyNodeRef::StmtFor(each) = model.tree.node(model.loop_of(call)?) else {
                    return None;
                };
                found = Some(Fan {
                    maker,
                    items: &each.iter,
                });
            }
            Use::Method { .. } => return None,
            _ => {}
        }
    }
    found
}

/// A task of a group that is created in a loop which does not wait.
fn created_in_loop<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<Fan<'a>> {
    let around = model.loop_of(call.node)?;
    let items = model.iterable_of(around)?;
    let waits = model.tree.within(around).any(|id| {
        matches!(model.tree.node(id), AnyNodeRef::ExprAwait(_)) && model.loop_of(id) == Some(around)
    });
    let endless = matches!(model.tree.node(around), AnyNodeRef::StmtFor(each) if each.is_async);
    let maker = call.expr.arguments.args.first()?;
    (!waits && !endless).then_some(Fan { maker, items })
}

/// Whether the coroutine that an expression makes works outside of the program without a limit.
fn is_unlimited<'a>(model: &Model<'a>, maker: &'a Expr) -> bool {
    let found = model.asked(|| {
        if let Some(call) = model.as_call(maker) {
            let name = model.called(call)?;
            if WRAPPERS.contains(&&*name) {
                return Some(is_unlimited(model, call.expr.arguments.args.first()?));
            }
            if name.starts_with("httpx.AsyncClient.") {
                return Some(!name.ends_with("close"));
            }
            return Some(is_unlimited_function(model, &name));
        }
        match maker {
            Expr::Attribute(_) => Some(is_unlimited_function(model, &model.name_of(maker)?)),
            Expr::Name(name) => match bound(model, name)? {
                // `task = create_task(…)`, then `tasks.append(task)`
                Binding::Value(value) => Some(is_unlimited(model, value)),
                Binding::Function(_) => Some(is_unlimited_function(model, &model.name_of(maker)?)),
                _ => None,
            },
            _ => None,
        }
    });
    found == Some(true)
}

fn bound<'a>(model: &Model<'a>, name: &'a ExprName) -> Option<Binding<'a>> {
    let home = model
        .scopes
        .home(model.tree.scope(Tree::id(name)), &name.id)?;
    match model.scopes.bindings(home, &name.id) {
        [(_, only)] => Some(*only),
        _ => None,
    }
}

fn is_unlimited_function(model: &Model<'_>, name: &str) -> bool {
    let function = model.function_named(name);
    function.is_some_and(|function| function.is_async() && model.works_without_limit(function))
}
