//! A function made in a loop reads the loop's variable when it runs, not when it is made.
//!
//! ## What it sees
//! A lambda or a nested function that reads a variable which the loop around it binds anew in each
//! round, and that is handed to `submit`, `apply_async`, `Thread(target=…)`, `to_thread` or `call_soon`
//! there, without waiting for it in the same round.
//!
//! ## Why it matters
//! A closure holds the variable, not its value. By the time another thread calls it the loop may have
//! gone on: tasks see a later value, some of them the same one, depending on how fast they start
//! (Python FAQ: "Why do lambdas defined in a loop with different values all return the same result?").
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def fetch_all(urls, fetch):
//!     with ThreadPoolExecutor() as pool:
//!         futures = []
//!         for url in urls:
//!             futures.append(pool.submit(lambda: fetch(url)))
//!     return [future.result() for future in futures]
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def fetch_all(urls, fetch):
//!     with ThreadPoolExecutor() as pool:
//!         futures = []
//!         for url in urls:
//!             futures.append(pool.submit(fetch, url))
//!     return [future.result() for future in futures]
//! ```
//!
//! ## When it is wrong
//! If something else in the round waits until the function has run.

use crate::check::found::Found;
use crate::check::model::{Call, Code, Function, Model};
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr};
use ruff_text_size::{Ranged, TextRange};

/// Methods of an event loop that call a function later, with the place of the function.
const LATER: &[(&str, usize)] = &[
    ("call_soon", 0),
    ("call_soon_threadsafe", 0),
    ("call_later", 1),
    ("call_at", 1),
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(around) = model.loop_of(call.node) else {
            continue;
        };
        let Some(callable) = callable(model, call) else {
            continue;
        };
        let Some(function) = closure(model, callable, around) else {
            continue;
        };
        let Some(name) = late(model, function, around) else {
            continue;
        };
        if model.is_waited_in(call.node, around) {
            continue;
        }
        found
            .report(
                place(function),
                format!("`{name}` is read when this runs: by then the loop may have gone on"),
            )
            .help(format!(
                "hand the value over as an argument, or bind it by a default: `{name}={name}`"
            ));
    }
}

/// The function that a call hands over to be run later.
fn callable<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<&'a Expr> {
    if let Expr::Attribute(method) = &*call.expr.func
        && let Some((_, at)) = LATER.iter().find(|(name, _)| *name == method.attr.as_str())
    {
        return call.expr.arguments.args.get(*at);
    }
    let submission = model.submission(call)?;
    // A map's function is run at once, or with what it is given.
    (!submission.how.is_map()).then_some(submission.callable?)
}

/// The lambda, or the function defined in this loop.
fn closure<'m, 'a>(
    model: &'m Model<'a>,
    callable: &'a Expr,
    around: NodeId,
) -> Option<&'m Function<'a>> {
    let function = match callable {
        Expr::Lambda(lambda) => model.function_at(Tree::id(lambda))?,
        Expr::Name(_) => model.task(callable).0.function()?,
        _ => return None,
    };
    model.tree.holds(around, function.node).then_some(function)
}

fn place(function: &Function<'_>) -> TextRange {
    match function.code {
        Code::Def(def) => def.name.range(),
        Code::Lambda(lambda) => lambda.range(),
    }
}

/// A variable that a function reads and the loop binds in each round.
fn late<'a>(model: &Model<'a>, function: &Function<'a>, around: NodeId) -> Option<&'a str> {
    let body = model
        .tree
        .within(function.node)
        .skip_while(|id| *id < function.start());
    body.into_iter().find_map(|id| {
        let AnyNodeRef::ExprName(name) = model.tree.node(id) else {
            return None;
        };
        let home = model.scopes.home(model.tree.scope(id), &name.id)?;
        if model.tree.holds(function.node, model.scopes.get(home).node) {
            return None;
        }
        let bindings = model.scopes.bindings(home, &name.id);
        let variable = |(at, _): &(NodeId, _)| {
            *at == around
                || matches!(
                    model.tree.node(*at),
                    AnyNodeRef::StmtAssign(_)
                        | AnyNodeRef::Comprehension(_)
                        | AnyNodeRef::StmtFor(_)
                        | AnyNodeRef::WithItem(_)
                ) && model.tree.holds(around, *at)
        };
        (!bindings.is_empty() && bindings.iter().all(variable)).then_some(name.id.as_str())
    })
}
