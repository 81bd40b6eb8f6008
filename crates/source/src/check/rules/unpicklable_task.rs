//! The function that a process is to run cannot be pickled, and so cannot be sent to it.
//!
//! ## What it sees
//! A lambda, a function defined inside a function, or a method of such a class as the task (or
//! `initializer`) of a pool of processes, or as the `target` of a `Process`. A `Process` (and an
//! initializer) of an explicit `fork` context is left alone: it inherits its target.
//!
//! ## Why it matters
//! A task reaches its worker as a pickle, and a function is pickled by its module and name, under which
//! the worker looks it up. A lambda and a local function have none: `Can't pickle local object`. A
//! pool finds out with its first task; a `Process` only under `spawn` and `forkserver`, so the program
//! runs on Linux up to Python 3.13 and nowhere else.
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def scaled(numbers, factor):
//!     with Pool() as pool:
//!         return pool.map(lambda number: number * factor, numbers)
//! ```
//!
//! ## Write instead
//! ```py
//! from functools import partial
//! from multiprocessing import Pool
//!
//! def scale(factor, number):
//!     return number * factor
//!
//! def scaled(numbers, factor):
//!     with Pool() as pool:
//!         return pool.map(partial(scale, factor), numbers)
//! ```
//!
//! ## When it is wrong
//! If another pickler is installed for `multiprocessing` (`dill`, `cloudpickle`).

use crate::check::found::Found;
use crate::check::model::{Code, Function, Model};
use crate::check::pools::Workers;
use crate::check::tasks::How;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for submission in model.submissions() {
        if submission.workers != Workers::Processes {
            continue;
        }
        let (Some(callable), Some(function)) = (submission.callable, submission.task.function())
        else {
            continue;
        };
        let Some(what) = unpicklable(model, function) else {
            continue;
        };
        // Forked processes inherit what they start with; a pool's tasks are pickled all the same.
        let starts = matches!(submission.how, How::Target | How::Initializer);
        if starts && model.is_forked(submission.call) {
            continue;
        }
        found
            .report(callable, format!("{what} cannot be pickled, and so not be sent to a process"))
            .help("define the function at module level, and bind what it needs with `functools.partial`");
    }
}

/// What kind of function it is, if it cannot be found again by its module and name.
fn unpicklable(model: &Model<'_>, function: &Function<'_>) -> Option<&'static str> {
    let def = match function.code {
        Code::Lambda(_) => return Some("a lambda"),
        Code::Def(def) => def,
    };
    model.scopes.function(function.outer)?;
    // `global worker` before `def worker` makes it one of the module; a decorator makes who knows what.
    let is_global = model.scopes.is_outer(function.outer, &def.name);
    if is_global || !def.decorator_list.is_empty() {
        return None;
    }
    if function.class.is_some() {
        return Some("a method of a class that is defined in a function");
    }
    Some("a function that is defined in a function")
}
