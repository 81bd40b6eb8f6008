//! A process is forked while other threads run.
//!
//! ## What it sees
//! In one function (or module body): a thread that was started, or a thread pool that is open and has
//! been given work, and after it `os.fork()`, or a `Process`, `Pool` or `ProcessPoolExecutor` by the start
//! method `fork` that the file chooses itself.
//!
//! ## Why it matters
//! Only the forking thread goes on in the child. A lock that another thread held at that moment (of
//! the logging module, of the allocator, of a queue) stays locked there for ever: the child hangs, now
//! and then. Python 3.12 and later warn: "use of fork() may lead to deadlocks in the child" (CPython
//! issue 100228); Python 3.14 no longer forks by default.
//!
//! ## Example
//! ```py
//! import multiprocessing
//! import threading
//!
//! def work(numbers, heartbeat, square):
//!     threading.Thread(target=heartbeat, daemon=True).start()
//!     context = multiprocessing.get_context("fork")
//!     with context.Pool() as pool:
//!         return pool.map(square, numbers)
//! ```
//!
//! ## Write instead
//! ```py
//! import multiprocessing
//! import threading
//!
//! def work(numbers, heartbeat, square):
//!     context = multiprocessing.get_context("fork")
//!     with context.Pool() as pool:
//!         threading.Thread(target=heartbeat, daemon=True).start()
//!         return pool.map(square, numbers)
//! ```
//!
//! ## When it is wrong
//! If the thread has ended by then, or the child only calls `exec`.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::pools::{Made, Workers};
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr, Stmt};
use ruff_text_size::Ranged;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Whether the file sets `fork` is asked once.
    let mut sets_fork = None;
    for call in &model.calls {
        let Some(what) = fork(model, call, &mut sets_fork) else {
            continue;
        };
        let Some(thread) = model.calls.iter().find(|other| runs_at(model, other, call)) else {
            continue;
        };
        let line = model.text.line(thread.expr.start());
        found
            .report(
                call,
                format!("{what} forks while the thread of line {line} runs: locks it holds stay locked in the child"),
            )
            .help("fork before any thread starts, or use the start method `spawn` or `forkserver`");
    }
}

/// What forks, if a call does, by an explicit choice.
fn fork<'a>(
    model: &Model<'a>,
    call: &Call<'a>,
    sets_fork: &mut Option<bool>,
) -> Option<&'static str> {
    let what = match model.makes(call) {
        Some(Made::Process) => "the process",
        Some(Made::Pool(of)) if of.workers == Workers::Processes => "the pool",
        Some(_) => return None,
        None => {
            return model
                .calls_any(call, &["os.fork", "os.forkpty", "pty.fork"])
                .then_some("this");
        }
    };
    let forks = match model.start_method(call) {
        Some(method) => method == "fork",
        None => *sets_fork.get_or_insert_with(|| model.sets_start_method("fork")),
    };
    forks.then_some(what)
}

/// Whether the thread or thread pool that a call makes runs when the other call forks.
fn runs_at<'a>(model: &Model<'a>, thread: &Call<'a>, fork: &Call<'a>) -> bool {
    if thread.function != fork.function || thread.node >= fork.node {
        return false;
    }
    let starts = match model.makes(thread) {
        Some(Made::Thread) => &["start"][..],
        Some(Made::Pool(of)) if of.workers == Workers::Threads => &[
            "submit",
            "map",
            "apply_async",
            "map_async",
            "imap",
            "imap_unordered",
        ][..],
        _ => return false,
    };
    let ends = ["join", "shutdown", "close", "terminate", "cancel"];
    match model.use_of(thread.node) {
        Use::Method {
            attr,
            call: Some(call),
        } => starts.contains(&attr) && is_before(model, call, fork.node),
        Use::Named { name, scope } => {
            let methods = model.methods_called(scope, name);
            let before = |names: &[&str]| {
                let mut calls = methods.iter().filter(|(attr, _)| names.contains(attr));
                calls.any(|(_, call)| is_before(model, *call, fork.node))
            };
            before(starts) && !before(&ends)
        }
        Use::Context(Some(Expr::Name(name))) => {
            // The pool is open only within its block.
            let block = model.statement_of(thread.node);
            let scope = model.tree.scope(model.id(name));
            let methods = model.methods_called(scope, &name.id);
            let mut calls = methods.iter().filter(|(attr, _)| starts.contains(attr));
            model.tree.holds(block, fork.node)
                && calls.any(|(_, call)| is_before(model, *call, fork.node))
        }
        _ => false,
    }
}

/// Whether one node is certainly evaluated before the other in one run of their function, as far as
/// their places tell: not in another branch, and not in one that leaves the function.
fn is_before(model: &Model<'_>, first: NodeId, second: NodeId) -> bool {
    if first >= second {
        return false;
    }
    let function = |node| model.function_of(node).map(|function| function.id);
    if function(first) != function(second) {
        return false;
    }
    let mut inner = first;
    for outer in model.tree.ancestors(first) {
        if model.tree.holds(outer, second) {
            return !is_branching(model, outer, inner, second);
        }
        let leaves = match model.tree.node(outer) {
            AnyNodeRef::StmtIf(check) => leaves(&check.body),
            AnyNodeRef::ElifElseClause(clause) => leaves(&clause.body),
            AnyNodeRef::ExceptHandlerExceptHandler(handler) => leaves(&handler.body),
            AnyNodeRef::MatchCase(case) => leaves(&case.body),
            _ => false,
        };
        if leaves {
            return false;
        }
        inner = outer;
    }
    true
}

fn leaves(body: &[Stmt]) -> bool {
    matches!(
        body.last(),
        Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_))
    )
}

/// Whether a statement runs either the part with the first node or that with the second one.
fn is_branching(model: &Model<'_>, statement: NodeId, first: NodeId, second: NodeId) -> bool {
    match model.tree.node(statement) {
        AnyNodeRef::StmtIf(check) => {
            let is_test = model.tree.holds(model.id(&*check.test), first);
            let clauses = check.elif_else_clauses.iter();
            let other = clauses
                .map(|clause| model.id(clause))
                .filter(|id| model.tree.holds(*id, second));
            !is_test && other.count() > 0
        }
        AnyNodeRef::StmtTry(part) => {
            let in_handler = |node| {
                part.handlers
                    .iter()
                    .any(|handler| model.tree.holds(model.id(handler), node))
            };
            in_handler(first) != in_handler(second)
        }
        AnyNodeRef::StmtMatch(choice) => choice
            .cases
            .iter()
            .any(|case| model.tree.holds(model.id(case), first)),
        _ => false,
    }
}
