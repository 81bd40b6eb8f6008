//! The same large object is sent with each task of a process pool.
//!
//! ## What it sees
//! A data frame, an array, the text of a file or a list as long as one, kept in a name, that is an
//! argument of `submit` or `apply_async` in a loop, or that `partial` or `repeat` binds for a `map`, of a
//! process pool.
//!
//! ## Why it matters
//! Each task gets a pickled copy of its own through a pipe: five copies in memory, at 0.2 to 0.3 GB/s.
//! With 100 MB and 1000 tasks that is 100 GB, while the pool waits. An initializer sends it once for
//! each worker; shared memory is not copied at all.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ProcessPoolExecutor
//! import pandas as pd
//!
//! def summarise_all(regions, summarise):
//!     sales = pd.read_csv("sales.csv")
//!     with ProcessPoolExecutor() as pool:
//!         futures = [pool.submit(summarise, sales, region) for region in regions]
//!     return [future.result() for future in futures]
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ProcessPoolExecutor
//! import pandas as pd
//!
//! def start():
//!     global sales
//!     sales = pd.read_csv("sales.csv")
//!
//! def summarise_all(regions, summarise):
//!     with ProcessPoolExecutor(initializer=start) as pool:
//!         return list(pool.map(summarise, regions))
//! ```
//!
//! ## When it is wrong
//! If the file that it was read from is small.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::pools::Workers;
use crate::check::tasks::{How, Submission};
use ruff_python_ast::Expr;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for submission in model.submissions() {
        if submission.workers != Workers::Processes {
            continue;
        }
        let repeated = match submission.how {
            How::Submit | How::Apply | How::ApplyAsync => {
                model.loop_of(submission.call.node).is_some()
            }
            how => how.is_map(),
        };
        if !repeated {
            continue;
        }
        for (argument, value) in sent_each_time(model, &submission) {
            if model.is_large(value) && is_same_each_time(model, &submission, value) {
                found
                    .report(argument, "this is pickled and copied again for each task")
                    .help(
                        "send it once, by the pool's `initializer`, or share it by `shared_memory`",
                    );
            }
        }
    }
}

/// The arguments that each task gets, with the values in them.
fn sent_each_time<'a>(
    model: &Model<'a>,
    submission: &Submission<'_, 'a>,
) -> Vec<(&'a Expr, &'a Expr)> {
    let bound = submission
        .callable
        .map_or(&[][..], |callable| model.task(callable).1);
    let mut found: Vec<(&Expr, &Expr)> = bound.iter().map(|given| (given, given)).collect();
    let rest = submission
        .arguments
        .iter()
        .filter(|given| !bound.iter().any(|b| std::ptr::eq(b, **given)));
    for &given in rest {
        if !submission.how.is_map() {
            found.push((given, given));
        } else if let Expr::Call(call) = given
            && model
                .as_call(call)
                .is_some_and(|call| model.calls_any(call, &["itertools.repeat"]))
            && let Some(value) = call.arguments.args.first()
        {
            found.push((given, value));
        }
    }
    found
}

/// Whether the value was made before the loop.
fn is_same_each_time<'a>(
    model: &Model<'a>,
    submission: &Submission<'_, 'a>,
    value: &'a Expr,
) -> bool {
    if submission.how.is_map() {
        return true;
    }
    let around = model.loop_of(submission.call.node);
    // A comprehension's own target is never large, a loop's body may make one.
    around.is_some_and(|around| !model.reads_binding_of(value, around))
}
