//! A pool has thousands of threads, or more processes than Windows can wait for.
//!
//! ## What it sees
//! A number in the source as the number of a pool's workers: over 1000 threads, or over 61 processes.
//!
//! ## Why it matters
//! Each thread has a stack (8 MiB of address space on Linux), and all of them take turns with one GIL;
//! many systems limit the threads of a process or a user. Windows waits for at most 63 things at a
//! time: `ProcessPoolExecutor` raises `ValueError` there for more than 61 workers, and
//! `multiprocessing.Pool` fails in its own thread (documentation of `concurrent.futures`). On other
//! systems that many processes only make sense with that many CPUs, which not every machine has on
//! which the program runs.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def crawl(urls, fetch):
//!     with ThreadPoolExecutor(max_workers=2000) as pool:
//!         return list(pool.map(fetch, urls))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def crawl(urls, fetch):
//!     with ThreadPoolExecutor(max_workers=64) as pool:
//!         return list(pool.map(fetch, urls))
//! ```
//!
//! ## When it is wrong
//! If the program is made for one machine that has that many CPUs.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::pools::Workers;

/// More threads than that are seldom meant.
const THREADS: u64 = 1000;
/// `concurrent.futures.process._MAX_WINDOWS_WORKERS`.
const PROCESSES: u64 = 61;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (_, of, workers, number) in model.pools_of_number() {
        let (message, help) = match of.workers {
            Workers::Processes if number > PROCESSES => (
                format!("{number} processes: Windows allows {PROCESSES}, and each one needs a CPU"),
                "take the number of CPUs that the process may use, and 61 at most",
            ),
            Workers::Threads if number > THREADS => (
                format!("{number} threads: each has a stack, and all share one GIL"),
                "some dozens of threads, or `asyncio` for thousands of connections",
            ),
            _ => continue,
        };
        found.report(workers, message).help(help);
    }
}
