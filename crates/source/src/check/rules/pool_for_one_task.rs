//! A pool is made for a single task that is waited for at once: a plain call does the same.
//!
//! ## What it sees
//! A pool in a local name that gets exactly one `submit`, `apply_async` or `apply`, outside any loop, and
//! whose result is asked for right there or in the next statement; or whose one task never ends. The
//! task is a function of the file or a well-known one. A result asked for with a timeout counts only
//! where `with` waits for the task in any case.
//!
//! ## Why it matters
//! Nothing runs at the same time: the caller waits while the worker works. What is left is the start of
//! the workers and, with processes, pickling. A task without end keeps a worker for good, and the
//! interpreter waits for it at exit: a daemon `Thread` says what is meant.
//!
//! ## Example
//! ```py
//! import shutil
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def back_up(source, target):
//!     with ThreadPoolExecutor() as pool:
//!         return pool.submit(shutil.copytree, source, target).result()
//! ```
//!
//! ## Write instead
//! ```py
//! import shutil
//!
//! def back_up(source, target):
//!     return shutil.copytree(source, target)
//! ```
//!
//! ## When it is wrong
//! If the task must not run in the calling thread or process: for an event loop of its own, or to give
//! its memory back.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::pools::PoolType;
use crate::check::scope::ScopeId;
use crate::check::tasks::{How, Submission, Task};
use crate::check::tree::NodeId;
use crate::check::uses::Use;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (call, of) in model.pools() {
        let Some((name, scope)) = kept_in(model, call) else {
            continue;
        };
        let Some(submission) = only_submission(model, name, scope) else {
            continue;
        };
        if model.loop_of(submission.call.node) != model.loop_of(call.node) {
            continue;
        }
        let endless = submission
            .task
            .function()
            .is_some_and(|task| model.is_endless(task));
        if endless {
            found
                .report(call, "the pool's only task never ends: it keeps its worker, and the exit waits for it")
                .help("start a `Thread(…, daemon=True)` or a `Process`");
        } else if is_plain(model, &submission) && is_waited_for(model, &submission, call, of) {
            found
                .report(
                    call,
                    "the pool gets one task, which is waited for at once: nothing runs beside it",
                )
                .help("call the function");
        }
    }
}

/// The local name of a pool.
fn kept_in<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<(&'a str, ScopeId)> {
    match model.use_of(call.node) {
        Use::Named { name, scope } if model.scopes.function(scope).is_some() => Some((name, scope)),
        Use::Context(Some(target)) => {
            let name = target.as_name_expr()?;
            let scope = model.tree.scope(model.id(name));
            Some((name.id.as_str(), model.scopes.home(scope, &name.id)?))
        }
        _ => None,
    }
}

/// The one task handed to the pool of this name, if that is all that is done with it but for its end.
fn only_submission<'m, 'a>(
    model: &'m Model<'a>,
    name: &'a str,
    scope: ScopeId,
) -> Option<Submission<'m, 'a>> {
    if model.scopes.bindings(scope, name).len() != 1 || model.is_passed_on(scope, name) {
        return None;
    }
    let mut only = None;
    let methods = model.methods_called(scope, name);
    if methods.len() != model.scopes.reads(scope, name).len() {
        return None;
    }
    for (attr, at) in methods {
        match attr {
            "close" | "join" | "terminate" | "shutdown" => {}
            "submit" | "apply_async" | "apply" if only.is_none() => only = Some(at),
            _ => return None,
        }
    }
    let call = model.call_at(only?)?;
    // A function nested in this one may run often.
    let same = model.function_of(call.node).map(|function| function.scope);
    if same != model.scopes.function(scope) {
        return None;
    }
    model.submission(call)
}

/// Whether the task would do the same in the caller's thread, as far as can be seen.
fn is_plain<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> bool {
    let given = &submission.call.expr.arguments;
    if given.find_keyword("callback").is_some() {
        return false;
    }
    let work = model.work_of_task(submission.task);
    match submission.task {
        Task::Function(function) => !has_loop_of_its_own(model, function.node),
        Task::Named(_) => work.is_known(),
        Task::Unknown => false,
    }
}

/// Whether a function runs coroutines: it is in a thread because its caller is in a running loop.
fn has_loop_of_its_own(model: &Model<'_>, node: NodeId) -> bool {
    let text = model.text.slice(model.tree.range(node));
    ["asyncio", "loop", "await", "signal"]
        .iter()
        .any(|word| text.contains(word))
}

fn is_waited_for<'a>(
    model: &Model<'a>,
    submission: &Submission<'_, 'a>,
    pool: &Call<'a>,
    of: PoolType,
) -> bool {
    let wait = if of.is_executor { "result" } else { "get" };
    let by_with = matches!(model.use_of(pool.node), Use::Context(_));
    let patient = |call| {
        let call = model.call_at(call);
        call.is_some_and(|call| call.expr.arguments.is_empty() || (by_with && of.is_executor))
    };
    let node = submission.call.node;
    match (submission.how, model.use_of(node)) {
        (How::Apply, _) => true,
        (
            _,
            Use::Method {
                attr,
                call: Some(call),
            },
        ) => attr == wait && patient(call),
        (_, Use::Named { name, scope }) => {
            let waits = model.called_next(node, (scope, name), wait);
            waits.into_iter().any(patient)
        }
        _ => false,
    }
}
