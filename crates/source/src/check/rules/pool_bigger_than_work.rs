//! A pool has more workers than it gets tasks.
//!
//! ## What it sees
//! A number in the source as the number of workers, and fewer tasks than that: the pool's only `map`
//! goes over a list, tuple or range of known length, or its `submit`s can be counted.
//!
//! ## Why it matters
//! `multiprocessing.Pool` and `ThreadPool` start all their workers at once, and a `ProcessPoolExecutor`
//! with the fork start method, too: time and memory for each process that never gets a task. Executors of
//! threads start one only when it is needed: there the number is not a cost, but says something that
//! is not so.
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def run(simulate):
//!     with Pool(16) as pool:
//!         return pool.map(simulate, ["dry", "wet", "storm"])
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def run(simulate):
//!     with Pool(3) as pool:
//!         return pool.map(simulate, ["dry", "wet", "storm"])
//! ```
//!
//! ## When it is wrong
//! If more tasks are to come, by a change of the source.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::scope::ScopeId;
use crate::check::tasks::How;
use crate::check::tree::Tree;
use crate::check::uses::Use;
use ruff_python_ast::Expr;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (call, _, workers, number) in model.pools_of_number() {
        // One task needs no pool at all (RL104); none means that others hand them over.
        let Some(tasks) = tasks_of(model, call).filter(|tasks| *tasks > 1) else {
            continue;
        };
        if number > tasks {
            found
                .report(
                    workers,
                    format!("{number} workers for {tasks} tasks: the others have nothing to do"),
                )
                .help(format!("{tasks} workers are enough"));
        }
    }
}

/// How many tasks a pool gets, if all of them can be counted.
fn tasks_of<'a>(model: &Model<'a>, pool: &Call<'a>) -> Option<u64> {
    let (name, scope) = match model.use_of(pool.node) {
        Use::Named { name, scope } => (name, scope),
        Use::Context(Some(Expr::Name(name))) => {
            let scope = model.tree.scope(Tree::id(name));
            (name.id.as_str(), model.scopes.home(scope, &name.id)?)
        }
        // `Pool(16).map(…)`
        Use::Method { call, .. } => return tasks_at(model, model.call_at(call?)?),
        _ => return None,
    };
    if model.scopes.bindings(scope, name).len() != 1 {
        return None;
    }
    let mut tasks = 0u64;
    for read in model.scopes.reads(scope, name) {
        let (attr, call) = model.method_called(*read)?;
        let call = model.call_at(call)?;
        if call.function != pool.function || (scope == ScopeId(0) && pool.function.is_some()) {
            return None;
        }
        if !matches!(attr, "close" | "join" | "shutdown" | "terminate") {
            tasks = tasks.saturating_add(tasks_at(model, call)?);
        }
    }
    Some(tasks)
}

/// How many tasks one call hands over.
fn tasks_at<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<u64> {
    let submission = model.submission(call)?;
    let around = model.loop_of(call.node);
    match submission.how {
        How::Submit | How::ApplyAsync => {
            let Some(around) = around else {
                return Some(1);
            };
            if model.loop_of(around).is_some() {
                return None;
            }
            model.length_of(model.iterable_of(around)?)
        }
        how if how.is_map() && around.is_none() => {
            let inputs = submission.arguments.iter();
            // The chunk size of a `Pool.map` is no input.
            let inputs = inputs.take(if submission.pool?.is_executor {
                usize::MAX
            } else {
                1
            });
            inputs.filter_map(|input| model.length_of(input)).min()
        }
        _ => None,
    }
}
