//! A function that is called again and again makes a pool each time.
//!
//! ## What it sees
//! The constructor of an executor or a `multiprocessing` pool in a function that the same file calls in
//! a loop, or that handles requests (a route of Flask, FastAPI and the like, a view of Django). A pool
//! that is kept or returned, a cached function and a number of workers that the call decides are left
//! alone.
//!
//! ## Why it matters
//! Starting workers takes time for each call, most of all for processes, which import the program's
//! modules again (`rightlane doctor` measures it on your machine). In a server each request adds its
//! own workers to those of all others: nothing limits how many there are together.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def load_batch(batch, load):
//!     with ThreadPoolExecutor() as pool:
//!         return list(pool.map(load, batch))
//!
//! def load_all(batches, load):
//!     return [load_batch(batch, load) for batch in batches]
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def load_batch(pool, batch, load):
//!     return list(pool.map(load, batch))
//!
//! def load_all(batches, load):
//!     with ThreadPoolExecutor() as pool:
//!         return [load_batch(pool, batch, load) for batch in batches]
//! ```
//!
//! ## When it is wrong
//! If the function is called seldom, and each call works for seconds.

use crate::check::found::Found;
use crate::check::model::{Call, Function, Model};
use crate::check::pools::PoolType;
use crate::check::scope::ScopeId;
use crate::check::tree::{NodeId, Tree};
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr};
use ruff_text_size::Ranged;

/// A loop over so few things is no loop worth speaking of.
const FEW: u64 = 3;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (call, of) in model.pools() {
        let Some(function) = call.function.map(|id| model.function(id)) else {
            continue;
        };
        let Some(name) = function.name.as_deref() else {
            continue;
        };
        // A pool in a loop of its own is RL301's.
        if model.loop_of(call.node).is_some() || is_kept(model, call) || is_cached(function) {
            continue;
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let message = if model.handles_requests(function) {
            format!("`{last}` makes a pool for each request: its workers start and end each time")
        } else if let Some(line) = repeated_at(model, function, call, of) {
            format!("`{last}` makes a pool each time it is called, in a loop at line {line}")
        } else {
            continue;
        };
        found
            .report(call, message)
            .help("make the pool once, and hand it to the function");
    }
}

/// Whether the pool outlives the call: returned, or kept in a global name or an attribute.
fn is_kept(model: &Model<'_>, call: &Call<'_>) -> bool {
    let outlives =
        |value: Use<'_>| matches!(value, Use::Returned | Use::Attribute(_) | Use::Item(_));
    match model.use_of(call.node) {
        Use::Named { name, scope } => {
            let reads = model.scopes.reads(scope, name);
            scope == ScopeId(0) || reads.iter().any(|read| outlives(model.use_of(*read)))
        }
        Use::Context(_) | Use::Method { .. } => false,
        Use::Other | Use::Argument(_) => true,
        other => outlives(other),
    }
}

fn is_cached(function: &Function<'_>) -> bool {
    let decorators = function.def().map_or(&[][..], |def| &def.decorator_list);
    decorators.iter().any(|decorator| {
        let mut name = &decorator.expression;
        if let Expr::Call(call) = name {
            name = &call.func;
        }
        let last = match name {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        last.contains("cache") || last.contains("fixture") || last.contains("contextmanager")
    })
}

/// The line of a loop's call of a function that makes a pool.
fn repeated_at<'a>(
    model: &Model<'a>,
    function: &Function<'a>,
    pool: &Call<'a>,
    of: PoolType,
) -> Option<u32> {
    let name = function.name.as_deref()?;
    if name.ends_with("__init__") {
        return None;
    }
    let sized_by = sized_by_parameter(model, function, pool, of);
    let mut calls = model.calls_named(name);
    let repeated = calls.find(|call| {
        let Some(around) = model.loop_of(call.node) else {
            return false;
        };
        let given = call.expr.arguments.args.iter();
        let given = given.chain(
            call.expr
                .arguments
                .keywords
                .iter()
                .map(|keyword| &keyword.value),
        );
        let sized_by_loop = sized_by
            && given
                .into_iter()
                .any(|given| model.reads_binding_of(given, around));
        !sized_by_loop && !is_harmless(model, around)
    })?;
    Some(model.text.line(repeated.start()))
}

/// Whether a loop goes over a few things only, waits in between, or tries again.
fn is_harmless(model: &Model<'_>, around: NodeId) -> bool {
    let length = model
        .iterable_of(around)
        .and_then(|iterable| model.length_of(iterable));
    length.is_some_and(|length| length <= FEW) || model.pauses(around) || model.tries_again(around)
}

/// Whether the number of workers depends on what the function is given.
fn sized_by_parameter<'a>(
    model: &Model<'a>,
    function: &Function<'a>,
    pool: &Call<'a>,
    of: PoolType,
) -> bool {
    let Some(workers) = model.workers_given(pool.expr, of) else {
        return false;
    };
    model
        .tree
        .within(Tree::id(workers))
        .any(|id| match model.tree.node(id) {
            AnyNodeRef::ExprName(name) => {
                model.scopes.home(model.tree.scope(id), &name.id) == Some(function.scope)
            }
            _ => false,
        })
}
