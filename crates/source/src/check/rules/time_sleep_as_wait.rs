//! A loop sleeps until a thread, a future or a flag is ready, where waiting for it would do.
//!
//! ## What it sees
//! A `while` loop that does nothing but `time.sleep(…)`, and whose condition asks a thread, process, future or
//! asynchronous result whether it is done, or reads a flag that a thread of the same file sets.
//!
//! ## Why it matters
//! Each wait is up to one pause too long, and the loop wakes the processor (and takes the GIL) for
//! nothing meanwhile. `join()`, `result()` and `Event.wait()` return as soon as there is something to
//! return for, and take a timeout.
//!
//! ## Example
//! ```py
//! import threading
//! import time
//!
//! def run(work):
//!     thread = threading.Thread(target=work)
//!     thread.start()
//!     while thread.is_alive():
//!         time.sleep(0.1)
//! ```
//!
//! ## Write instead
//! ```py
//! import threading
//!
//! def run(work):
//!     thread = threading.Thread(target=work)
//!     thread.start()
//!     thread.join()
//! ```
//!
//! ## When it is wrong
//! If a signal handler has to run meanwhile on a platform where waiting cannot be interrupted.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::pools::Made;
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, Stmt, StmtWhile, UnaryOp};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(around) = sleeping_loop(model, call) else {
            continue;
        };
        let Some(instead) = awaited(model, &around.test) else {
            continue;
        };
        found
            .report(
                around,
                "this polls: it wakes up for nothing, and late when there is something",
            )
            .help(format!("wait by {instead}"));
    }
}

/// The `while` loop that consists of this call of `time.sleep`.
fn sleeping_loop<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<&'a StmtWhile> {
    let statement = model.tree.parent(call.node)?;
    let up = model.tree.parent(statement)?;
    let AnyNodeRef::StmtWhile(around) = model.tree.node(up) else {
        return None;
    };
    let only = around
        .body
        .iter()
        .all(|each| matches!(each, Stmt::Pass(_)) || Tree::id(each) == statement);
    let sleeps = matches!(model.tree.node(statement), AnyNodeRef::StmtExpr(_));
    (only && sleeps && model.calls_any(call, &["time.sleep"])).then_some(around)
}

/// What waits for the same as the condition of a loop; `None` if it is none of these.
fn awaited<'a>(model: &Model<'a>, test: &'a Expr) -> Option<&'static str> {
    match test {
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => {
            awaited(model, &not.operand).or_else(|| flag(model, &not.operand))
        }
        Expr::BoolOp(either) => either.values.iter().find_map(|value| awaited(model, value)),
        Expr::Call(call) => {
            if let Expr::Attribute(method) = &*call.func {
                return asked(model, &method.value, &method.attr);
            }
            // `all(future.done() for future in futures)`
            if !matches!(model.text_of(&*call.func), "all" | "any") {
                return None;
            }
            match call.arguments.args.first()? {
                Expr::Generator(each) => awaited(model, &each.elt),
                Expr::ListComp(each) => awaited(model, &each.elt),
                _ => None,
            }
        }
        _ => None,
    }
}

fn asked<'a>(model: &Model<'a>, object: &'a Expr, method: &str) -> Option<&'static str> {
    if !matches!(method, "done" | "ready" | "is_alive" | "running") {
        return None;
    }
    let of = model.type_of(object)?;
    match (method, of.as_str()) {
        ("done" | "running", "concurrent.futures.Future") => {
            Some("`result()` or `concurrent.futures.wait`")
        }
        ("ready", "multiprocessing.pool.AsyncResult") => Some("`wait()` or `get()`"),
        ("is_alive", _) if matches!(model.is_a(&of), Some(Made::Thread | Made::Process)) => {
            Some("`join()`")
        }
        _ => None,
    }
}

/// Whether an expression is a flag that a thread of this file sets.
fn flag<'a>(model: &Model<'a>, expr: &'a Expr) -> Option<&'static str> {
    let set = match expr {
        Expr::Name(name) => {
            let home = model
                .scopes
                .home(model.tree.scope(Tree::id(name)), &name.id)?;
            let bindings = model.scopes.bindings(home, &name.id);
            bindings.iter().any(|(at, _)| is_set_in_thread(model, *at))
        }
        Expr::Attribute(attribute) => {
            let class = model.class_of(&*attribute.value)?;
            let writes = model.attribute_writes(class, &attribute.attr);
            writes.iter().any(|at| is_set_in_thread(model, *at))
        }
        _ => false,
    };
    set.then_some("`wait()` on a `threading.Event` that is set instead of the flag")
}

fn is_set_in_thread(model: &Model<'_>, node: NodeId) -> bool {
    let sets = match model.tree.node(model.statement_of(node)) {
        AnyNodeRef::StmtAssign(assign) => {
            matches!(&*assign.value, Expr::BooleanLiteral(value) if value.value)
        }
        _ => false,
    };
    sets && model
        .function_of(node)
        .is_some_and(|function| model.in_threads().contains_key(&function.id))
}
