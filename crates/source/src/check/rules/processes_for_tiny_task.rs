//! A process pool's task is a single cheap expression: sending it costs far more than doing it.
//!
//! ## What it sees
//! `map`, or `submit` in a loop, of a process pool with a task that is one cheap expression:
//! `return x * x`, `str.upper`, `math.sqrt`, a look-up by key; without a `chunksize`. Tests are left alone.
//!
//! ## Why it matters
//! A task takes a pickled message there and one back: hundreds of times what
//! the expression takes (`rightlane doctor` measures it on your machine). A pool of any size is slower than
//! a plain loop.
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def double(x):
//!     return 2 * x
//!
//! def doubled(numbers):
//!     with Pool() as pool:
//!         return pool.map(double, numbers)
//! ```
//!
//! ## Write instead
//! ```py
//! def doubled(numbers):
//!     return [2 * x for x in numbers]
//! ```
//!
//! ## When it is wrong
//! If the operator is one that takes long: of arrays, or of very large integers.

use crate::check::found::{Found, Quality};
use crate::check::model::Model;
use crate::check::pools::Workers;
use crate::check::tasks::{How, Submission, Task};
use crate::check::work::{Work, is_cheap_name};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    if model.is_test() {
        return;
    }
    for submission in model.submissions() {
        if submission.workers != Workers::Processes || !is_in_mass(model, &submission) {
            continue;
        }
        let outside = match submission.task {
            Task::Function(function) if model.own_work(function.id).has(Work::TINY) => None,
            Task::Named(callable) => match model.name_of(callable) {
                Some(name) if is_cheap_name(&name) => None,
                Some(name) if name.contains('.') => Some(name),
                _ => continue,
            },
            _ => continue,
        };
        let draft = found.report(
            submission.call,
            "the task is one cheap expression: sending it to a process costs a hundred times more",
        );
        draft.help("write a plain loop, or send many items at a time by `chunksize=`");
        if let Some(name) = outside {
            draft.only_if(&name, Quality::IsTiny);
        }
    }
}

/// Whether many such tasks are sent, one by one as far as can be seen.
fn is_in_mass<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> bool {
    let call = submission.call;
    let given = &call.expr.arguments;
    if given.find_keyword("chunksize").is_some() {
        return false;
    }
    match submission.how {
        // A pool's third argument is the chunksize; an executor's is one more iterable.
        How::Map if submission.pool.is_some_and(|of| of.is_executor) => true,
        how if how.is_map() => given.args.len() < 3,
        How::Submit | How::Apply | How::ApplyAsync => model.loop_of(call.node).is_some(),
        _ => false,
    }
}
