//! Processes are given work that waits, or that runs with the GIL released: threads do it with less.
//!
//! ## What it sees
//! A process pool whose task only waits (for sockets, files, child processes, the clock) or calls
//! functions that work for long with the GIL released (hashes of files, compression, linear algebra),
//! and does nothing in Python that is worth a process. Tests are left alone.
//!
//! ## Why it matters
//! While a thread waits, or a C function has released the GIL, all other threads go on. Processes take
//! time to start (`rightlane doctor` measures it on your machine), have to import the program again,
//! and pickle every argument and result.
//!
//! ## Example
//! ```py
//! import gzip
//! from multiprocessing import Pool
//!
//! def pack(data):
//!     return gzip.compress(data)
//!
//! def pack_all(blocks):
//!     with Pool() as pool:
//!         return pool.map(pack, blocks)
//! ```
//!
//! ## Write instead
//! ```py
//! import gzip
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def pack(data):
//!     return gzip.compress(data)
//!
//! def pack_all(blocks):
//!     with ThreadPoolExecutor() as pool:
//!         return list(pool.map(pack, blocks))
//! ```
//!
//! ## When it is wrong
//! If processes are there to keep a crash or a leak of the task away from the program.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::pools::Workers;
use crate::check::tasks::{How, Submission};
use crate::check::work::Work;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    if model.is_test() {
        return;
    }
    for submission in model.submissions() {
        let handed = submission.how.is_map()
            || matches!(submission.how, How::Submit | How::Apply | How::ApplyAsync);
        if submission.workers != Workers::Processes || !handed || is_isolated(model, &submission) {
            continue;
        }
        let work = model.work_of_task(submission.task);
        let python = Work::COMPUTES | Work::HOLDS | Work::UNKNOWN | Work::OUTSIDE;
        if work.has(python) || !work.has(Work::WAITS | Work::FILES | Work::RELEASES) {
            continue;
        }
        let why = if work.has(Work::RELEASES) {
            "the task runs with the GIL released"
        } else {
            "the task only waits"
        };
        found
            .report(
                submission.call,
                format!("{why}: processes add start-up and pickling to what threads do as well"),
            )
            .help("use threads: `ThreadPoolExecutor`");
    }
}

/// Whether the pool prepares its workers, or replaces them: then processes are meant.
fn is_isolated<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> bool {
    let made = model.pool_made(submission);
    made.is_some_and(|made| {
        let given = &made.expr.arguments;
        let names = ["initializer", "maxtasksperchild", "max_tasks_per_child"];
        names.iter().any(|name| given.find_keyword(name).is_some())
    })
}
