//! A lock is acquired by hand, and an exception on the way leaves it held for ever.
//!
//! ## What it sees
//! `lock.acquire()` (or `await lock.acquire()`) as a statement of its own, with a `release()` later in the
//! same function that is in no `finally`, and something in between that can raise or return. Locks
//! that another function releases, and `acquire` whose result is looked at, are left alone.
//!
//! ## Why it matters
//! The first exception in between skips the release. Nothing happens at that place: every thread that
//! wants the lock afterwards waits for ever.
//!
//! ## Example
//! ```py
//! import threading
//!
//! lock = threading.Lock()
//!
//! def update(settings, read):
//!     lock.acquire()
//!     settings.update(read())
//!     lock.release()
//! ```
//!
//! ## Write instead
//! ```py
//! import threading
//!
//! lock = threading.Lock()
//!
//! def update(settings, read):
//!     with lock:
//!         settings.update(read())
//! ```
//!
//! ## When it is wrong
//! If what stands in between cannot raise after all, or the program ends when it does.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Expr::Attribute(method) = &*call.expr.func else {
            continue;
        };
        if method.attr.as_str() != "acquire" || !is_lock(model, &method.value) {
            continue;
        }
        let Some(statement) = own_statement(model, call) else {
            continue;
        };
        if !is_left_held(model, call, method, statement) {
            continue;
        }
        let what = model.text_of(&*method.value);
        let with = if model.is_awaited(call.node) {
            "async with"
        } else {
            "with"
        };
        found
            .report(
                call,
                format!("an exception before `{what}.release()` leaves it locked for ever"),
            )
            .help(format!("write `{with} {what}:`"));
    }
}

/// Whether an expression is a lock: by its type, or by the last part of its name.
fn is_lock<'a>(model: &Model<'a>, expr: &'a Expr) -> bool {
    let named = match expr {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    let named = named.to_lowercase();
    let words = named.ends_with("lock") && !named.ends_with("block") || named.ends_with("mutex");
    match model.type_of(expr) {
        Some(of) => {
            let last = of.rsplit('.').next().unwrap_or(&of);
            matches!(last, "Lock" | "RLock" | "Condition")
        }
        None => words,
    }
}

/// The statement that consists of the call, perhaps awaited.
fn own_statement(model: &Model<'_>, call: &Call<'_>) -> Option<NodeId> {
    let mut up = model.tree.parent(call.node)?;
    if matches!(model.tree.node(up), AnyNodeRef::ExprAwait(_)) {
        up = model.tree.parent(up)?;
    }
    matches!(model.tree.node(up), AnyNodeRef::StmtExpr(_)).then_some(up)
}

/// Whether the function releases the lock later, but not whatever happens.
fn is_left_held<'a>(
    model: &Model<'a>,
    call: &Call<'a>,
    method: &'a ExprAttribute,
    statement: NodeId,
) -> bool {
    let Some(function) = call.function else {
        return false;
    };
    let own = model.function(function);
    let receiver = model.text_of(&*method.value);
    let last = model.tree.within(statement).last().unwrap_or(statement);
    let mut release = None;
    for id in model.tree.within(own.node).skip_while(|id| *id <= last) {
        let AnyNodeRef::ExprAttribute(other) = model.tree.node(id) else {
            continue;
        };
        let attr = other.attr.as_str();
        if !matches!(attr, "release" | "acquire") || model.text_of(&*other.value) != receiver {
            continue;
        }
        // Handed over, or in a nested function: someone else sees to it.
        let called = model.call_of_function(id);
        if called.is_none() || model.function_of(id).is_none_or(|of| of.id != function) {
            return false;
        }
        if in_cleanup(model, id, own.node) {
            return false;
        }
        if attr == "acquire" && release.is_none() {
            return false;
        }
        release.get_or_insert(id);
    }
    let after = NodeId(last.0 + 1);
    release.is_some_and(|release| can_leave(model, after, model.statement_of(release)))
}

/// Whether a node stands in a `finally` or in an exception's handler.
fn in_cleanup(model: &Model<'_>, node: NodeId, function: NodeId) -> bool {
    let mut around = model.tree.ancestors(node).take_while(|id| *id != function);
    around.any(|id| match model.tree.node(id) {
        AnyNodeRef::ExceptHandlerExceptHandler(_) => true,
        AnyNodeRef::StmtTry(of) => of
            .finalbody
            .first()
            .is_some_and(|first| Tree::id(first) <= node),
        _ => false,
    })
}

/// Whether something between two nodes can raise or return.
fn can_leave(model: &Model<'_>, from: NodeId, to: NodeId) -> bool {
    (from.0..to.0).any(|id| {
        matches!(
            model.tree.node(NodeId(id)),
            AnyNodeRef::ExprCall(_)
                | AnyNodeRef::ExprSubscript(_)
                | AnyNodeRef::ExprAwait(_)
                | AnyNodeRef::ExprYield(_)
                | AnyNodeRef::StmtRaise(_)
                | AnyNodeRef::StmtReturn(_)
                | AnyNodeRef::StmtImport(_)
        )
    })
}
