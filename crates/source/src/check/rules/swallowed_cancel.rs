//! A coroutine catches its own cancellation and goes on.
//!
//! ## What it sees
//! In an `async def`: `except asyncio.CancelledError`, `except BaseException` or a bare `except` around an
//! `await`, whose end is not a `raise`. Not where the coroutine cancels a task itself and waits for its
//! end, nor where what it awaits is a task or future by name (then the cancellation may be that
//! one's), nor where the coroutine ends by it without a result.
//!
//! ## Why it matters
//! `task.cancel()`, `asyncio.timeout` and `TaskGroup` work by raising `CancelledError` in the coroutine.
//! Who swallows it cannot be stopped: a timeout passes without effect, a group waits for ever, the
//! program does not end on Ctrl-C ("should almost always be re-raised", says the documentation of
//! `Task.cancel` of what is caught for cleaning up).
//!
//! ## Example
//! ```py
//! async def poll(client):
//!     while True:
//!         try:
//!             print(await client.status())
//!         except:
//!             print("poll failed")
//! ```
//!
//! ## Write instead
//! ```py
//! async def poll(client):
//!     while True:
//!         try:
//!             print(await client.status())
//!         except Exception:
//!             print("poll failed")
//! ```
//!
//! ## When it is wrong
//! If nobody else waits for this coroutine, and its end is all that the cancellation is to bring about.

use crate::check::found::Found;
use crate::check::model::{Function, Model};
use crate::check::tree::{NodeId, Tree};
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, ExceptHandler, ExceptHandlerExceptHandler, Expr, Stmt, StmtTry};
use ruff_text_size::{Ranged, TextRange, TextSize};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Twisted's coroutines await Deferreds, which are not cancelled by an exception like this.
    let text = model.text.as_str();
    if text.contains("twisted") && !text.contains("asyncio") {
        return;
    }
    for function in model
        .functions
        .iter()
        .filter(|function| function.is_async())
    {
        for id in model.tree.within(function.node) {
            if let AnyNodeRef::StmtTry(attempt) = model.tree.node(id)
                && model.tree.scope(id) == function.scope
                && let Some(handler) = swallows(model, function, attempt)
            {
                let at = TextRange::at(handler.start(), TextSize::new(6));
                found
                    .report(
                        at,
                        "this catches the task's cancellation, and does not raise it again",
                    )
                    .help("catch `Exception`, or end the handler with `raise`");
            }
        }
    }
}

/// The handler of a `try` that takes the cancellation and keeps it.
fn swallows<'a>(
    model: &Model<'a>,
    function: &Function<'a>,
    attempt: &'a StmtTry,
) -> Option<&'a ExceptHandlerExceptHandler> {
    let handlers = attempt.handlers.iter();
    // The first one that fits takes it.
    let mut handlers = handlers.map(|ExceptHandler::ExceptHandler(handler)| handler);
    let handler = handlers.find(|handler| takes_cancel(model, handler))?;
    let waits = awaits_anything(model, function, attempt);
    (waits
        && !passes_on(model, &handler.body)
        && !keeps(model, handler)
        && !is_the_end(model, function, attempt, handler)
        && !cancels_before(model, function, attempt, handler))
    .then_some(handler)
}

fn takes_cancel<'a>(model: &Model<'a>, handler: &'a ExceptHandlerExceptHandler) -> bool {
    let is_one = |expr: &'a Expr| {
        let name = model.name_of(expr);
        name.is_some_and(|name| {
            name == "BaseException"
                || name.starts_with("asyncio.") && name.ends_with("CancelledError")
        })
    };
    match handler.type_.as_deref() {
        None => true,
        Some(Expr::Tuple(several)) => several.elts.iter().any(is_one),
        Some(one) => is_one(one),
    }
}

/// Whether the block awaits something that is not a task or future by name.
fn awaits_anything<'a>(model: &Model<'a>, function: &Function<'a>, attempt: &'a StmtTry) -> bool {
    let nodes = attempt
        .body
        .iter()
        .flat_map(|stmt| model.tree.within(Tree::id(stmt)));
    let mut nodes = nodes.filter(|id| {
        model
            .function_of(*id)
            .is_some_and(|of| of.id == function.id)
    });
    nodes.any(|id| match model.tree.node(id) {
        AnyNodeRef::ExprAwait(waited) => waits_itself(model, &waited.value),
        AnyNodeRef::StmtFor(each) => each.is_async,
        AnyNodeRef::StmtWith(with) => with.is_async,
        _ => false,
    })
}

/// Whether a cancellation that comes out of an `await` is the coroutine's own.
fn waits_itself<'a>(model: &Model<'a>, waited: &'a Expr) -> bool {
    let Expr::Call(call) = waited else {
        return false;
    };
    let name = model.as_call(waited).and_then(|call| model.called(call));
    let of_tasks = [
        "asyncio.gather",
        "asyncio.wait_for",
        "asyncio.shield",
        "asyncio.wait",
        "asyncio.wrap_future",
        "typing.cast",
    ];
    if !name.is_some_and(|name| of_tasks.contains(&&*name)) {
        return true;
    }
    let mut args = call.arguments.args.iter();
    args.any(|arg| arg.is_call_expr())
}

/// Whether a handler that is for the cancellation alone ends the coroutine without a result, by `return`
/// or by leaving its loop: what was to be cancelled is over.
fn is_the_end<'a>(
    model: &Model<'a>,
    function: &Function<'a>,
    attempt: &'a StmtTry,
    handler: &'a ExceptHandlerExceptHandler,
) -> bool {
    let node = Tree::id(attempt);
    let alone = handler
        .type_
        .as_deref()
        .is_some_and(|of| !model.text_of(of).contains("BaseException"));
    let inside = handler
        .body
        .iter()
        .flat_map(|stmt| model.tree.within(Tree::id(stmt)));
    let gives = inside.into_iter().any(
        |id| matches!(model.tree.node(id), AnyNodeRef::StmtReturn(given) if given.value.is_some()),
    );
    let returns = handler
        .body
        .last()
        .is_some_and(|last| last.is_return_stmt() || last.is_break_stmt());
    let last = function.body().last().map(Tree::id) == Some(node);
    alone && !gives && (returns || last)
}

/// Whether a handler keeps the exception or hands it to something that may raise it later: whatever
/// it does with it other than to print it.
fn keeps<'a>(model: &Model<'a>, handler: &'a ExceptHandlerExceptHandler) -> bool {
    let Some(name) = &handler.name else {
        return false;
    };
    let home = model.tree.scope(Tree::id(handler));
    let reads = model.scopes.reads(home, name.as_str()).iter();
    let mut inside = reads.filter(|read| model.tree.holds(Tree::id(handler), **read));
    inside.any(|read| match model.use_of(*read) {
        Use::Method { .. } => false,
        Use::Argument(call) => !is_report(model, call),
        Use::Named { .. } | Use::Attribute(_) | Use::Returned | Use::Item(_) => true,
        _ => {
            let up = model.tree.parent(*read).map(|up| model.tree.node(up));
            matches!(up, Some(AnyNodeRef::StmtAssign(_)))
        }
    })
}

/// Whether a call only shows its arguments.
fn is_report(model: &Model<'_>, call: NodeId) -> bool {
    const REPORTS: &[&str] = &[
        "print",
        "repr",
        "str",
        "type",
        "isinstance",
        "format",
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "log",
        "echo",
        "format_exception",
        "print_exception",
    ];
    let AnyNodeRef::ExprCall(call) = model.tree.node(call) else {
        return false;
    };
    let last = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    REPORTS.contains(&last)
}

/// Whether a handler hands the exception on in each case, or knows what a cancellation is.
fn passes_on(model: &Model<'_>, body: &[Stmt]) -> bool {
    if body.last().is_some_and(raises) {
        return true;
    }
    body.iter().any(|stmt| {
        model
            .tree
            .within(Tree::id(stmt))
            .any(|id| match model.tree.node(id) {
                AnyNodeRef::StmtIf(check) => {
                    let test = model.text_of(&*check.test);
                    let knows = test.contains("ancel") || test.contains(", Exception)");
                    knows && holds_raise(model, id)
                }
                AnyNodeRef::ExprAttribute(attribute) => matches!(
                    attribute.attr.as_str(),
                    "set_exception"
                        | "cancel"
                        | "uncancel"
                        | "throw"
                        | "cancelling"
                        | "print_exc_and_exit"
                ),
                AnyNodeRef::ExprCall(call) => {
                    matches!(model.text_of(&*call.func), "sys.exit" | "os._exit" | "exit")
                }
                _ => false,
            })
    })
}

fn holds_raise(model: &Model<'_>, node: NodeId) -> bool {
    let mut inside = model.tree.within(node);
    inside.any(|id| matches!(model.tree.node(id), AnyNodeRef::StmtRaise(_)))
}

fn raises(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Raise(_) => true,
        Stmt::If(check) => {
            let mut clauses = check.elif_else_clauses.iter();
            let has_else = check
                .elif_else_clauses
                .last()
                .is_some_and(|last| last.test.is_none());
            has_else
                && check.body.last().is_some_and(raises)
                && clauses.all(|c| c.body.last().is_some_and(raises))
        }
        Stmt::Try(attempt) => {
            let ends = attempt.body.last().is_some_and(raises) && attempt.handlers.is_empty();
            ends || attempt.finalbody.last().is_some_and(raises)
        }
        Stmt::With(with) => with.body.last().is_some_and(raises),
        _ => false,
    }
}

/// Whether the function cancels something before or within the block: then it waits for that to end.
fn cancels_before<'a>(
    model: &Model<'a>,
    function: &Function<'a>,
    attempt: &'a StmtTry,
    handler: &'a ExceptHandlerExceptHandler,
) -> bool {
    // Of a broad handler the cancellation is not what it is about.
    if handler.type_.is_none() {
        return false;
    }
    let end = attempt.body.last().map_or(Tree::id(attempt), Tree::id);
    let last = model.tree.within(end).last().unwrap_or(end);
    let mut calls = model
        .calls_of(function.id)
        .take_while(|call| call.node <= last);
    calls.any(|call| {
        let method = call.expr.func.as_attribute_expr();
        method.is_some_and(|method| {
            matches!(method.attr.as_str(), "cancel" | "cancel_all" | "aclose")
        })
    })
}
