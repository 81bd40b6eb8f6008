//! A loop asks for each result right after its submit: all workers but one are idle.
//!
//! ## What it sees
//! In a loop or comprehension: `pool.submit(…).result()`, or a `submit` and `result()` on its future in
//! the next statement, also `apply_async` and `get`. A pool of one worker is left alone.
//!
//! ## Why it matters
//! `result()` waits until the task is done, and only then the next one is submitted. That is a loop
//! without a pool, with the way to a worker on top.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def load_all(urls, load):
//!     with ThreadPoolExecutor() as pool:
//!         return [pool.submit(load, url).result() for url in urls]
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def load_all(urls, load):
//!     with ThreadPoolExecutor() as pool:
//!         return list(pool.map(load, urls))
//! ```
//!
//! ## When it is wrong
//! If the tasks have to run one after the other, and the pool is there for `result(timeout=…)`.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::tasks::How;
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::AnyNodeRef;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let method = call.expr.func.as_attribute_expr();
        if !method.is_some_and(|method| matches!(method.attr.as_str(), "submit" | "apply_async")) {
            continue;
        }
        let Some(around) = model.loop_of(call.node) else {
            continue;
        };
        let Some(submission) = model.submission(call) else {
            continue;
        };
        let wait = match submission.how {
            How::Submit => "result",
            How::ApplyAsync => "get",
            _ => continue,
        };
        if !is_waited_for(model, call, wait) || is_one_of_several(model, call, around) {
            continue;
        }
        if model.has_one_worker(&submission) {
            continue;
        }
        found
            .report(
                call,
                format!(
                    "`{wait}()` right after the task is handed over: one worker at a time is busy"
                ),
            )
            .help("hand over all tasks first, or use `map`");
    }
}

fn is_waited_for<'a>(model: &Model<'a>, call: &Call<'a>, wait: &str) -> bool {
    match model.use_of(call.node) {
        Use::Method {
            attr,
            call: Some(_),
        } => attr == wait,
        Use::Named { name, scope } => {
            let waits = model.called_next(call.node, (scope, name), wait);
            waits
                .iter()
                .any(|at| model.loop_of(*at) == model.loop_of(call.node))
        }
        _ => false,
    }
}

/// Whether the loop hands over other tasks as well: they may run side by side.
fn is_one_of_several(model: &Model<'_>, call: &Call<'_>, around: NodeId) -> bool {
    if !matches!(
        model.tree.node(around),
        AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_)
    ) {
        return false;
    }
    model.calls_in(around).iter().any(|other| {
        let method = other.expr.func.as_attribute_expr();
        other.node != call.node
            && method.is_some_and(|method| {
                matches!(
                    method.attr.as_str(),
                    "submit" | "apply_async" | "map" | "start"
                )
            })
    })
}
