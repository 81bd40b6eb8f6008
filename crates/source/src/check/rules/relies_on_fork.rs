//! A task in another process reads a global that only its parent has assigned.
//!
//! ## What it sees
//! A pool of processes or a `Process` of the default start method, whose task reads a global of the
//! module that a function or the code under `if __name__ == "__main__":` assigns before the pool is
//! made. An initializer that assigns it, a task that does so itself and an explicit start method are
//! left alone, and so is what changes within a list or dict.
//!
//! ## Why it matters
//! A forked worker has its parent's memory, and so the assigned value. From Python 3.14 Linux starts
//! workers by `forkserver`, as macOS and Windows do by `spawn`: those import the module anew, and find
//! what the import assigns, or no such name at all (CPython issue 84559).
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! rates = None
//!
//! def convert(order):
//!     return order.amount * rates[order.currency]
//!
//! def main(orders, load):
//!     global rates
//!     rates = load()
//!     with Pool() as pool:
//!         return pool.map(convert, orders)
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! rates = None
//!
//! def start(given):
//!     global rates
//!     rates = given
//!
//! def convert(order):
//!     return order.amount * rates[order.currency]
//!
//! def main(orders, load):
//!     with Pool(initializer=start, initargs=(load(),)) as pool:
//!         return pool.map(convert, orders)
//! ```
//!
//! ## When it is wrong
//! If the start method is set to fork elsewhere.

use crate::check::found::Found;
use crate::check::model::{Call, FunctionId, Model};
use crate::check::pools::Workers;
use crate::check::scope::{Binding, ScopeId};
use crate::check::tasks::{How, Submission};
use crate::check::tree::NodeId;

/// How many callers up the code before the pool is looked for.
const DEEPEST: usize = 4;

/// A global that is assigned when the program runs, not when the module is imported.
struct Late<'a> {
    name: &'a str,
    /// Where, and in which function; `None` under the main guard.
    places: Vec<(NodeId, Option<FunctionId>)>,
}

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let submissions = model.submissions();
    let of_processes = submissions
        .iter()
        .filter(|submission| submission.workers == Workers::Processes);
    let of_processes: Vec<_> = of_processes.collect();
    if of_processes.is_empty() {
        return;
    }
    let late = late_globals(model);
    if late.is_empty() || sets_start_method(model) {
        return;
    }
    let mut told = Vec::new();
    for submission in of_processes {
        let Some(made) = construction(model, submission) else {
            continue;
        };
        if told.contains(&made.node) || names_start_method(model, made) {
            continue;
        }
        if let Some(name) = missing(model, submission, made, &late) {
            told.push(made.node);
            found
                .report(
                    made,
                    format!(
                        "the task reads `{name}`, which only the parent has assigned: a worker that \
                         is not forked (Python 3.14, macOS, Windows) does not have it"
                    ),
                )
                .help("pass it as an argument, or by `initializer=` and `initargs=`");
        }
    }
}

/// The call that makes what runs a task.
fn construction<'m, 'a>(
    model: &'m Model<'a>,
    submission: &Submission<'m, 'a>,
) -> Option<&'m Call<'a>> {
    match (submission.how, submission.receiver) {
        (How::Target, _) => Some(submission.call),
        (How::Initializer, _) => None,
        (_, Some(pool)) => model.made_from(pool),
        _ => None,
    }
}

fn sets_start_method(model: &Model<'_>) -> bool {
    let mut calls = model.calls.iter();
    calls.any(|call| model.calls_any(call, &["multiprocessing.set_start_method"]))
}

fn names_start_method<'a>(model: &Model<'a>, made: &Call<'a>) -> bool {
    made.expr.arguments.find_keyword("mp_context").is_some()
        || model.start_method(made).is_some()
        || model.called(made).is_some_and(|name| {
            // `multiprocessing.context.ForkProcess` and the like have one name here.
            name.contains("Fork") || name.contains("Spawn")
        })
}

/// The globals that functions or the code under the main guard assign.
fn late_globals<'a>(model: &Model<'a>) -> Vec<Late<'a>> {
    let module = ScopeId(0);
    let mut found = Vec::new();
    for name in model.scopes.names(module) {
        let bindings = model.scopes.bindings(module, name).iter();
        let places = bindings.filter_map(|(node, binding)| {
            if matches!(binding, Binding::Function(_) | Binding::Class(_)) {
                return None;
            }
            let function = model.function_of(*node).map(|function| function.id);
            (function.is_some() || model.is_guarded(*node)).then_some((*node, function))
        });
        let places: Vec<_> = places.collect();
        if !places.is_empty() {
            found.push(Late { name, places });
        }
    }
    // In the order of the source: the names of a scope are in none.
    found.sort_by_key(|late| late.places.first().map(|place| place.0));
    found
}

/// The global that a task reads and that its process lacks.
fn missing<'a>(
    model: &Model<'a>,
    submission: &Submission<'_, 'a>,
    made: &Call<'a>,
    late: &[Late<'a>],
) -> Option<&'a str> {
    let task = submission.task.function()?;
    let reached = model.reached_from([task.id]);
    let initialised = model.reached_from(initializer(model, made));
    let mut before = None;
    let lacking = late.iter().find(|global| {
        let in_worker = |place: &(NodeId, Option<FunctionId>)| {
            place
                .1
                .is_some_and(|by| reached.contains(&by) || initialised.contains(&by))
        };
        if global.places.iter().any(in_worker) || !is_read_by(model, global.name, &reached) {
            return false;
        }
        let before = before.get_or_insert_with(|| Before::of(model, made));
        global
            .places
            .iter()
            .any(|(node, function)| before.has_run(*node, *function))
    });
    lacking.map(|global| global.name)
}

fn initializer<'a>(model: &Model<'a>, made: &Call<'a>) -> Option<FunctionId> {
    let given = made.expr.arguments.find_argument("initializer", 1)?.value();
    Some(model.task(given).0.function()?.id)
}

fn is_read_by<'a>(model: &Model<'a>, name: &'a str, reached: &[FunctionId]) -> bool {
    let reads = model.scopes.reads(ScopeId(0), name);
    reads.iter().any(|read| {
        // Also in a function within one of them.
        let mut around = model.function_of(*read);
        while let Some(function) = around {
            if reached.contains(&function.id) {
                return true;
            }
            around = model.function_of(function.node);
        }
        false
    })
}

/// What has run before a pool is made.
struct Before {
    /// Up to which node a function (or, `None`, the module) has run.
    until: Vec<(Option<FunctionId>, NodeId)>,
    /// The functions that have run as a whole.
    whole: Vec<FunctionId>,
}

impl Before {
    fn of<'a>(model: &Model<'a>, made: &Call<'a>) -> Self {
        let mut until = vec![(made.function, made.node)];
        let mut next = 0;
        while let Some((function, _)) = until.get(next).copied() {
            next += 1;
            let name = function.and_then(|id| model.function(id).name.as_deref());
            for call in name.iter().flat_map(|name| model.calls_named(name)) {
                let known = until.iter().any(|(function, _)| *function == call.function);
                if !known && until.len() <= DEEPEST {
                    until.push((call.function, call.node));
                }
            }
        }
        let mut called = Vec::new();
        for (function, end) in &until {
            let earlier = model.calls.iter().take_while(|call| call.node < *end);
            let earlier = earlier.filter(|call| call.function == *function);
            called.extend(earlier.filter_map(|call| {
                let name = model.called(call)?;
                Some(model.function_named(&name)?.id)
            }));
        }
        Self {
            until,
            whole: model.reached_from(called),
        }
    }

    fn has_run(&self, node: NodeId, function: Option<FunctionId>) -> bool {
        let partly = self.until.iter();
        partly
            .into_iter()
            .any(|(of, end)| *of == function && node < *end)
            || function.is_some_and(|function| self.whole.contains(&function))
    }
}
