//! A lock is made by the function that uses it: each call has its own, and it excludes nobody.
//!
//! ## What it sees
//! A lock of `threading`, `multiprocessing` or `asyncio` made in a function and used there by `with` (or
//! made in the `with` itself), and nowhere else: not stored, returned, passed on, nor used by a
//! function nested in it.
//!
//! ## Why it matters
//! A lock excludes those who use the same lock. The code reads as if it were safe, and is not: two
//! threads in the function hold two different locks.
//!
//! ## Example
//! ```py
//! import threading
//!
//! def append_line(path, line):
//!     lock = threading.Lock()
//!     with lock:
//!         with open(path, "a") as log:
//!             log.write(line + "\n")
//! ```
//!
//! ## Write instead
//! ```py
//! import threading
//!
//! lock = threading.Lock()
//!
//! def append_line(path, line):
//!     with lock:
//!         with open(path, "a") as log:
//!             log.write(line + "\n")
//! ```
//!
//! ## When it is wrong
//! If the lock is only there to be tried out, as in a test of the lock itself.

use crate::check::found::Found;
use crate::check::model::{Call, Function, Model};
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Stmt};

const LOCKS: &[&str] = &[
    "threading.Lock",
    "threading.RLock",
    "asyncio.Lock",
    "multiprocessing.Lock",
    "multiprocessing.RLock",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(function) = call.function else {
            continue;
        };
        if !model.calls_any(call, LOCKS) || !is_own(model, call, model.function(function)) {
            continue;
        }
        found
            .report(
                call,
                "each call makes a lock of its own: it excludes nobody",
            )
            .help("make the lock once: in the module, or in the object's `__init__`");
    }
}

/// Whether the lock is used by `with` in its function, and cannot be seen elsewhere.
fn is_own<'a>(model: &Model<'a>, call: &Call<'a>, function: &Function<'a>) -> bool {
    match model.use_of(call.node) {
        Use::Context(target) => target.is_none() && guards(model, call.node),
        Use::Named { name, scope } if scope == function.scope => {
            if model.scopes.bindings(scope, name).len() != 1 {
                return false;
            }
            let reads = model.scopes.reads(scope, name);
            let by_with = |read: &NodeId| {
                let here = model
                    .function_of(*read)
                    .is_some_and(|of| of.id == function.id);
                here && matches!(model.use_of(*read), Use::Context(None))
            };
            !reads.is_empty()
                && reads.iter().all(by_with)
                && reads.iter().any(|read| guards(model, *read))
        }
        _ => false,
    }
}

/// Whether the `with` whose item a node is has something in it to be guarded.
fn guards(model: &Model<'_>, item: NodeId) -> bool {
    let statement = model.statement_of(item);
    let AnyNodeRef::StmtWith(with) = model.tree.node(statement) else {
        return false;
    };
    with.body.iter().any(|each| match each {
        Stmt::Pass(_) | Stmt::Raise(_) => false,
        Stmt::Expr(only) => only.value.is_call_expr() || only.value.is_await_expr(),
        _ => true,
    })
}
