//! A long iterable of small tasks goes through `ProcessPoolExecutor.map` one item at a time.
//!
//! ## What it sees
//! `map` of a `ProcessPoolExecutor` without `chunksize`, over an iterable that visibly is long (a range
//! of 1000 or more, a product or combinations, the lines of a file, the rows of a query), with a task
//! that has no loop and waits for nothing. Tests are left alone.
//!
//! ## Why it matters
//! Each item travels in a message of its own, which costs more than such a task takes (`rightlane
//! doctor` measures it on your machine). "Using a large value for chunksize can significantly improve
//! performance" (`Executor.map`). The pool of `multiprocessing` makes chunks by itself; this one does
//! not.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ProcessPoolExecutor
//!
//! def last_digits(n):
//!     return pow(7, n, 1000)
//!
//! def table():
//!     with ProcessPoolExecutor() as pool:
//!         return list(pool.map(last_digits, range(100_000)))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ProcessPoolExecutor
//!
//! def last_digits(n):
//!     return pow(7, n, 1000)
//!
//! def table():
//!     with ProcessPoolExecutor() as pool:
//!         return list(pool.map(last_digits, range(100_000), chunksize=1000))
//! ```
//!
//! ## When it is wrong
//! If a C function that the task calls takes milliseconds.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::pools::Workers;
use crate::check::tasks::How;
use crate::check::tasks::Task;
use crate::check::work::{Work, is_cheap_name};

/// Number of items from which chunks pay.
const LONG: u64 = 1000;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    if model.is_test() {
        return;
    }
    for submission in model.submissions() {
        let is_executor = submission.pool.is_some_and(|of| of.is_executor);
        if submission.how != How::Map || submission.workers != Workers::Processes || !is_executor {
            continue;
        }
        let call = submission.call;
        if call.expr.arguments.find_keyword("chunksize").is_some() {
            continue;
        }
        let mut lengths = submission.arguments.iter().map(|given| model.length(given));
        if !lengths.any(|length| length.is_some_and(|length| length.is_at_least(LONG))) {
            continue;
        }
        let is_small = match submission.task {
            Task::Named(callable) => model
                .name_of(callable)
                .is_some_and(|name| is_cheap_name(&name)),
            Task::Function(function) => {
                let more = Work::LOOPS | Work::FILES | Work::WAITS | Work::RELEASES;
                let work = model.work(function);
                work.is_known() && !work.has(more)
            }
            Task::Unknown => false,
        };
        if is_small {
            found
                .report(call, "many small tasks are sent one at a time: each message costs more than its task")
                .help("give a `chunksize=`: about the number of items by four times the workers");
        }
    }
}
