//! A task of a `multiprocessing.Pool` starts processes, which its worker may not do.
//!
//! ## What it sees
//! A function that a `multiprocessing.Pool` (or a `Process` with `daemon=True`) runs, and that, itself
//! or by a function of this file, makes a `Process`, a `Pool` or a `ProcessPoolExecutor`. One that
//! depends on a condition is left alone.
//!
//! ## Why it matters
//! The workers of a `multiprocessing.Pool` are daemonic, and daemonic processes are not allowed to
//! have children: the start fails with an `AssertionError`. Those of a `ProcessPoolExecutor` are not
//! daemonic (since Python 3.9).
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def cell(value):
//!     return value * value
//!
//! def row(values):
//!     with Pool(2) as pool:
//!         return pool.map(cell, values)
//!
//! def table(rows):
//!     with Pool(4) as pool:
//!         return pool.map(row, rows)
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def row(values):
//!     return [value * value for value in values]
//!
//! def table(rows):
//!     with Pool(8) as pool:
//!         return pool.map(row, rows)
//! ```
//!
//! ## When it is wrong
//! If the worker's `daemon` flag is changed elsewhere.

use crate::check::found::Found;
use crate::check::model::{FunctionId, Model};
use crate::check::pools::{Made, Workers};
use crate::check::tasks::{How, Submission};
use rustc_hash::FxHashSet;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let mut starts: FxHashSet<FunctionId> = FxHashSet::default();
    for submission in model.submissions() {
        if submission.workers == Workers::Processes
            && let Some(task) = submission.task.function()
            && is_daemonic(model, &submission)
        {
            starts.insert(task.id);
        }
    }
    if starts.is_empty() {
        return;
    }
    let reached = starts
        .iter()
        .flat_map(|start| model.reached_plainly([*start]));
    let reached: FxHashSet<FunctionId> = reached.collect();
    for call in &model.calls {
        let Some(function) = call.function.filter(|id| reached.contains(id)) else {
            continue;
        };
        let makes = match model.makes(call) {
            Some(Made::Process) => true,
            Some(Made::Pool(of)) => of.workers == Workers::Processes,
            _ => false,
        };
        if makes && !model.is_conditional(call.node, model.function(function)) {
            found
                .report(
                    call,
                    "a daemonic worker runs this, and daemonic processes may not start processes",
                )
                .help("make one pool for all the work, or let a `ProcessPoolExecutor` run the outer tasks");
        }
    }
}

/// Whether the workers are daemonic for certain: of a plain pool, or a process that is told to be.
fn is_daemonic<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> bool {
    let given = &submission.call.expr.arguments;
    match submission.how {
        How::Target => given.find_keyword("daemon").is_some_and(|keyword| {
            keyword
                .value
                .as_boolean_literal_expr()
                .is_some_and(|is| is.value)
        }),
        How::Initializer => model.calls_any(submission.call, &["multiprocessing.Pool"]),
        _ => submission.receiver.is_some_and(|pool| {
            // Not a class of its own, nor a context of its own.
            let is_plain = model.type_of(pool).as_deref() == Some("multiprocessing.Pool");
            let made = model.made_from(pool);
            is_plain
                && made.is_none_or(|made| made.expr.arguments.find_keyword("context").is_none())
        }),
    }
}
