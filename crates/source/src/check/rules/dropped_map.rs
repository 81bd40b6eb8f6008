//! The results of an executor's `map` are never looked at, and the tasks' exceptions vanish.
//!
//! ## What it sees
//! `executor.map(…)` as a statement, or kept in a name that nothing reads. `Pool.map` of
//! `multiprocessing` raises by itself and is left alone, and so are tasks whose whole body is a `try`
//! that catches `Exception`.
//!
//! ## Why it matters
//! `Executor.map` returns an iterator at once, and an exception of a task is raised where the iterator
//! comes to its result. If nobody iterates, the tasks fail in silence.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save_all(records, save):
//!     with ThreadPoolExecutor() as pool:
//!         pool.map(save, records)
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save_all(records, save):
//!     with ThreadPoolExecutor() as pool:
//!         for _ in pool.map(save, records):
//!             pass
//! ```
//!
//! ## When it is wrong
//! If the task handles every exception itself.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::tasks::How;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for submission in model.submissions() {
        let is_executor = submission.pool.is_some_and(|of| of.is_executor);
        if submission.how != How::Map || !is_executor || !model.is_lost(submission.call.node) {
            continue;
        }
        if submission
            .task
            .function()
            .is_some_and(|task| model.handles_everything(task))
        {
            continue;
        }
        found
            .report(
                submission.call,
                "nobody iterates over the results of `map`: exceptions of the tasks vanish",
            )
            .help("go through the results: `for _ in pool.map(…): pass`, or `list(pool.map(…))`");
    }
}
