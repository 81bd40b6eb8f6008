//! A consumer asks a queue for its size before it takes an item, and another one may be faster.
//!
//! ## What it sees
//! `queue.empty()` or `queue.qsize()` as the condition on which a `get()` of the same queue depends, in a
//! function that several threads (for a `queue.Queue`) or several processes (for a
//! `multiprocessing.Queue`) run at the same time and not under a lock.
//!
//! ## Why it matters
//! Between the question and the `get()` another consumer may take the last item: `get()` then waits for
//! ever, `get_nowait()` raises `Empty`. Of `multiprocessing.Queue` the answer is not reliable at all, says
//! its documentation: items are on their way.
//!
//! ## Example
//! ```py
//! import queue
//! import threading
//!
//! jobs = queue.Queue()
//!
//! def worker():
//!     while not jobs.empty():
//!         print(jobs.get())
//!
//! for _ in range(4):
//!     threading.Thread(target=worker).start()
//! ```
//!
//! ## Write instead
//! ```py
//! import queue
//! import threading
//!
//! jobs = queue.Queue()
//!
//! def worker():
//!     while True:
//!         try:
//!             print(jobs.get_nowait())
//!         except queue.Empty:
//!             return
//!
//! for _ in range(4):
//!     threading.Thread(target=worker).start()
//! ```
//!
//! ## When it is wrong
//! If only one of the threads takes items.

use crate::check::found::Found;
use crate::check::model::{Call, Function, Model};
use crate::check::races::Race;
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr};

const THREADS: &[&str] = &[
    "queue.Queue",
    "queue.LifoQueue",
    "queue.PriorityQueue",
    "queue.SimpleQueue",
];
const PROCESSES: &[&str] = &[
    "multiprocessing.Queue",
    "multiprocessing.JoinableQueue",
    "multiprocessing.SimpleQueue",
    "multiprocessing.Manager.Queue",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Expr::Attribute(method) = &*call.expr.func else {
            continue;
        };
        let attr = method.attr.as_str();
        if !matches!(attr, "empty" | "qsize") || !call.expr.arguments.is_empty() {
            continue;
        }
        let Some(id) = call.function else { continue };
        let function = model.function(id);
        let races = model.races();
        let several = [(&races.threads, THREADS), (&races.processes, PROCESSES)];
        let is_common = several.iter().any(|(races, types)| {
            let race = races.get(&id);
            race.is_some_and(|race| is_queue(model, &method.value, (function, race), types))
        });
        if !is_common || !decides(model, call, &method.value) || model.is_locked(call.node) {
            continue;
        }
        found
            .report(
                call,
                format!("another consumer may take the item between `{attr}()` and `get()`"),
            )
            .help("call `get_nowait()` and catch `Empty`, or end the workers by a sentinel");
    }
}

/// Whether an expression is a queue of these types that all workers have in common.
fn is_queue<'a>(
    model: &Model<'a>,
    expr: &'a Expr,
    (function, race): (&Function<'a>, &Race),
    types: &[&str],
) -> bool {
    let is_one = |expr: &'a Expr| {
        let of = model.type_of(expr);
        of.is_some_and(|of| types.contains(&of.as_str()))
    };
    if is_one(expr) {
        return model.is_shared(expr, function, race);
    }
    let Expr::Name(name) = expr else { return false };
    model.given_to_all(function, name, race).is_some_and(is_one)
}

/// Whether a `get` of the same queue depends on the answer.
fn decides<'a>(model: &Model<'a>, call: &Call<'a>, queue: &'a Expr) -> bool {
    let text = model.text_of(queue);
    let around = model.tree.ancestors(call.node).find(|id| {
        let node = model.tree.node(*id);
        node.is_statement() || matches!(node, AnyNodeRef::ExprIf(_))
    });
    let Some(around) = around else { return false };
    let takes = |id: NodeId| {
        model.calls_in(id).iter().any(|other| {
            let method = other.expr.func.as_attribute_expr();
            let gets = method.is_some_and(|method| {
                matches!(method.attr.as_str(), "get" | "get_nowait")
                    && model.text_of(&*method.value) == text
            });
            gets && other.node > call.node && !is_caught(model, other.node, call)
        })
    };
    match model.tree.node(around) {
        AnyNodeRef::StmtWhile(each) => {
            model.tree.holds(Tree::id(&*each.test), call.node) && takes(around)
        }
        AnyNodeRef::ExprIf(_) => takes(around),
        AnyNodeRef::StmtIf(check) => {
            if !model.tree.holds(Tree::id(&*check.test), call.node) {
                return false;
            }
            let leaves = check
                .body
                .last()
                .is_some_and(|last| crate::check::blocks::leaves(last) || last.is_continue_stmt());
            takes(around)
                || leaves
                    && model
                        .following(around)
                        .iter()
                        .any(|stmt| takes(Tree::id(stmt)))
        }
        _ => false,
    }
}

/// Whether `Empty` is caught around a `get`.
fn is_caught(model: &Model<'_>, get: NodeId, call: &Call<'_>) -> bool {
    let function = call.function.map(|id| model.function(id).node);
    let mut around = model
        .tree
        .ancestors(get)
        .take_while(|id| Some(*id) != function);
    around.any(|id| match model.tree.node(id) {
        AnyNodeRef::StmtTry(of) => of.handlers.iter().any(|handler| {
            let text = model.text_of(handler);
            let head = text.lines().next().unwrap_or("");
            head.contains("Empty") || head.contains("Exception") || head.contains("except:")
        }),
        _ => false,
    })
}
