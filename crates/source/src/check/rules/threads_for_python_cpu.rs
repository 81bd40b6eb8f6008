//! Threads are given a function that only computes in Python: they take turns, and nothing gets faster.
//!
//! ## What it sees
//! A thread pool that maps or submits, or several `Thread`s that run, a function of the project which
//! loops over Python code and neither waits nor calls anything that releases the GIL, nor anything
//! unknown. One thread alone, which keeps a window or a server responsive, is left alone. Tests are left alone.
//!
//! ## Why it matters
//! In builds with the GIL one thread at a time runs Python code (`threading`, "GIL and performance
//! considerations"). Threads that compute ask each other for it every 5 ms, so that they take as long
//! as a plain loop, or longer. Processes, or a free-threaded build, use the other cores.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def collatz(n):
//!     steps = 0
//!     while n != 1:
//!         n = 3 * n + 1 if n % 2 else n // 2
//!         steps += 1
//!     return steps
//!
//! def longest(numbers):
//!     with ThreadPoolExecutor() as pool:
//!         return max(pool.map(collatz, numbers))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ProcessPoolExecutor
//!
//! def collatz(n):
//!     steps = 0
//!     while n != 1:
//!         n = 3 * n + 1 if n % 2 else n // 2
//!         steps += 1
//!     return steps
//!
//! def longest(numbers):
//!     with ProcessPoolExecutor() as pool:
//!         return max(pool.map(collatz, numbers, chunksize=100))
//! ```
//!
//! ## When it is wrong
//! If the program is only run by a free-threaded build, or the values are arrays of a package that
//! releases the GIL in their operators.

use crate::check::found::{Found, Quality};
use crate::check::model::Model;
use crate::check::pools::Workers;
use crate::check::tasks::{How, Submission, Task};
use crate::check::work::Work;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    if model.is_test() {
        return;
    }
    let submissions = model.submissions();
    for submission in &submissions {
        if submission.workers != Workers::Threads || !are_several(model, submission, &submissions) {
            continue;
        }
        let work = model.work_of_task(submission.task);
        let waits_for = if work.is_known() {
            None
        } else {
            task_name(model, submission)
        };
        // Of a function of another file nothing is seen yet.
        let is_elsewhere = work.has(Work::OUTSIDE)
            && waits_for.is_some()
            && !work.has(Work::WAITS | Work::FILES | Work::RELEASES | Work::UNKNOWN);
        if !(is_elsewhere || work.is_known() && work.is_python_computing()) {
            continue;
        }
        let draft = found.report(
            submission.call,
            "the task only computes in Python: threads take turns at the GIL and gain nothing",
        );
        draft.help("use processes: `ProcessPoolExecutor`");
        if let Some(name) = waits_for {
            draft.only_if(&name, Quality::ComputesInPython);
        }
    }
}

/// Whether more than one such task runs at a time, in a pool or by several threads.
fn are_several<'a>(
    model: &Model<'a>,
    submission: &Submission<'_, 'a>,
    all: &[Submission<'_, 'a>],
) -> bool {
    let repeated = model.loop_of(submission.call.node).is_some();
    let again = || {
        all.iter().any(|other| {
            other.call.node != submission.call.node
                && other.how == submission.how
                && other.call.function == submission.call.function
                && is_same_task(&other.task, &submission.task)
        })
    };
    match submission.how {
        How::Target => again() || (repeated && !waits_in_loop(model, submission)),
        How::Submit | How::ApplyAsync => (repeated || again()) && !model.has_one_worker(submission),
        how => how.is_map() && !model.has_one_worker(submission),
    }
}

/// Whether the loop joins each thread before it starts the next.
fn waits_in_loop<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> bool {
    let around = model.loop_of(submission.call.node);
    around.is_some_and(|around| {
        model.calls_in(around).iter().any(|call| {
            let method = call.expr.func.as_attribute_expr();
            let joins = method.is_some_and(|method| method.attr.as_str() == "join");
            joins && call.expr.arguments.is_empty()
        })
    })
}

fn is_same_task(one: &Task<'_, '_>, other: &Task<'_, '_>) -> bool {
    match (one.function(), other.function()) {
        (Some(one), Some(other)) => one.id == other.id,
        _ => false,
    }
}

fn task_name<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> Option<String> {
    match submission.task {
        Task::Function(function) => function.name.clone(),
        Task::Named(callable) => model.name_of(callable).filter(|name| name.contains('.')),
        Task::Unknown => None,
    }
}
