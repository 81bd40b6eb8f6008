//! A task of a pool waits for another task of the same pool.
//!
//! ## What it sees
//! A function that is submitted to a pool of threads and that (or a function of this file that it
//! calls) submits to the same pool, by the same name or attribute, and waits for the result.
//!
//! ## Why it matters
//! The waiting task keeps its worker. Once all workers wait so, nobody is left to run what they wait
//! for: a deadlock, which shows only with enough tasks (documentation of `ThreadPoolExecutor`, "the
//! worker is waiting for the result").
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! pool = ThreadPoolExecutor(4)
//!
//! def size(node):
//!     parts = [pool.submit(size, child) for child in node.children]
//!     return node.size + sum(part.result() for part in parts)
//!
//! def total(root):
//!     return pool.submit(size, root).result()
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! pool = ThreadPoolExecutor(4)
//!
//! def size(node):
//!     return node.size + sum(size(child) for child in node.children)
//!
//! def total(root):
//!     parts = [pool.submit(size, child) for child in root.children]
//!     return root.size + sum(part.result() for part in parts)
//! ```
//!
//! ## When it is wrong
//! If fewer tasks wait than the pool has workers, whatever happens.

use crate::check::found::Found;
use crate::check::model::{Call, FunctionId, Model};
use crate::check::pools::Workers;
use crate::check::tasks::{How, Submission};
use crate::check::uses::Place;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let mut pools: FxHashMap<Place<'_>, Vec<Submission<'_, '_>>> = FxHashMap::default();
    for submission in model.submissions() {
        let place = submission.receiver.and_then(|pool| model.place_of(pool));
        if let Some(place) = place
            && submission.workers == Workers::Threads
        {
            pools.entry(place).or_default().push(submission);
        }
    }
    for submissions in pools.values() {
        let tasks = submissions.iter().filter_map(|one| one.task.function());
        let starts: FxHashSet<FunctionId> = tasks.map(|task| task.id).collect();
        if !submissions.iter().any(|one| one.call.function.is_some()) {
            continue;
        }
        let reached = starts
            .iter()
            .flat_map(|start| model.reached_plainly([*start]));
        let reached: FxHashSet<FunctionId> = reached.collect();
        let mut told = FxHashSet::default();
        for inner in submissions {
            let Some(function) = inner.call.function.filter(|id| reached.contains(id)) else {
                continue;
            };
            if let Some(wait) = wait_after(model, inner, function)
                && told.insert(wait.node)
            {
                found
                    .report(
                        wait,
                        "a task of the pool waits for another task of the same pool: once all workers wait, nothing goes on",
                    )
                    .help("call the function directly, or give the inner tasks a pool of their own");
            }
        }
    }
}

/// The call by which a function waits for what it submitted.
fn wait_after<'m, 'a>(
    model: &'m Model<'a>,
    inner: &Submission<'m, 'a>,
    function: FunctionId,
) -> Option<&'m Call<'a>> {
    match inner.how {
        How::Submit | How::ApplyAsync | How::MapAsync | How::StarmapAsync => {}
        How::Apply | How::Starmap => return Some(inner.call),
        // An executor's `map` waits when its results are read.
        How::Map => return (!model.is_lost(inner.call.node)).then_some(inner.call),
        _ => return None,
    }
    let mut calls = model.calls_of(function);
    calls.find(|call| {
        // `pool.submit(…).result()` starts where the submit starts.
        let after = call.expr.end() > inner.call.expr.end();
        after && waits(model, call)
    })
}

fn waits<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    if let Expr::Attribute(method) = &*call.expr.func
        && matches!(
            method.attr.as_str(),
            "result" | "get" | "wait" | "exception"
        )
    {
        let of = model.type_of(&*method.value);
        return matches!(
            of.as_deref(),
            Some("concurrent.futures.Future" | "multiprocessing.pool.AsyncResult")
        );
    }
    model.calls_any(
        call,
        &["concurrent.futures.wait", "concurrent.futures.as_completed"],
    )
}
