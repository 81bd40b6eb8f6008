//! A task's future is thrown away, and with it the task's exceptions.
//!
//! ## What it sees
//! `executor.submit(…)`, `pool.apply_async(…)` or `map_async(…)` whose result is not kept, or is kept in
//! a name or a list that nothing reads. Futures with a callback (`add_done_callback`,
//! `error_callback=`) are left alone.
//!
//! ## Why it matters
//! An exception in the task is stored in its future, and nobody prints it: the task fails, and the
//! program goes on as if it had not (CPython issue 120508).
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save_all(records, save):
//!     with ThreadPoolExecutor() as pool:
//!         for record in records:
//!             pool.submit(save, record)
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save_all(records, save):
//!     with ThreadPoolExecutor() as pool:
//!         futures = [pool.submit(save, record) for record in records]
//!         for future in futures:
//!             future.result()
//! ```
//!
//! ## When it is wrong
//! If the task handles every exception itself.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::tasks::How;
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::AnyNodeRef;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for submission in model.submissions() {
        let call = submission.call;
        let how = submission.how;
        if !matches!(how, How::Submit | How::ApplyAsync | How::MapAsync | How::StarmapAsync) {
            continue;
        }
        if call.expr.arguments.find_keyword("error_callback").is_some() || !is_lost(model, call.node) {
            continue;
        }
        let wait = if how == How::Submit { "result" } else { "get" };
        found
            .report(call, "the task's future is never looked at: its exceptions vanish")
            .help(format!("keep what this returns, and call `{wait}()` on it"));
    }
}

/// Whether nothing ever asks for the value of the expression at a node.
fn is_lost(model: &Model<'_>, node: NodeId) -> bool {
    match model.use_of(node) {
        Use::Dropped => true,
        Use::Named { name, scope } => model.scopes.reads(scope, name).is_empty(),
        // A list of futures that is dropped or that nobody reads.
        Use::Item(list) => is_lost(model, list),
        Use::Argument(call) => is_appended_in_vain(model, call),
        _ => false,
    }
}

/// Whether a call puts its argument into a list that is never read.
fn is_appended_in_vain(model: &Model<'_>, call: NodeId) -> bool {
    let AnyNodeRef::ExprCall(call) = model.tree.node(call) else {
        return false;
    };
    let Some(method) = call.func.as_attribute_expr() else {
        return false;
    };
    if !matches!(method.attr.as_str(), "append" | "add") {
        return false;
    }
    let Some(list) = method.value.as_name_expr() else {
        return false;
    };
    let scope = model.tree.scope(model.id(list));
    let Some(home) = model.scopes.home(scope, &list.id) else {
        return false;
    };
    let is_function = model.scopes.function(home).is_some();
    let filled = |read: &NodeId| {
        matches!(model.method_called(*read), Some(("append" | "add", _)))
    };
    is_function && model.scopes.reads(home, &list.id).iter().all(filled)
}
