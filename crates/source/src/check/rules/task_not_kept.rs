//! A task of the event loop is started, and nobody keeps it.
//!
//! ## What it sees
//! `asyncio.create_task(…)`, `asyncio.ensure_future(…)` or `loop.create_task(…)` as a statement. A
//! `TaskGroup` keeps its tasks and is left alone.
//!
//! ## Why it matters
//! The event loop has only weak references to its tasks: one that nobody else keeps may be collected
//! in the middle of its work, and its exception is only reported when it is (documentation of
//! `asyncio.create_task`, "Important: save a reference"; CPython issue 91887).
//!
//! ## Example
//! ```py
//! import asyncio
//!
//! async def handle(request, audit):
//!     asyncio.create_task(audit(request))
//!     return "ok"
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//!
//! running = set()
//!
//! async def handle(request, audit):
//!     task = asyncio.create_task(audit(request))
//!     running.add(task)
//!     task.add_done_callback(running.discard)
//!     return "ok"
//! ```
//!
//! ## When it is wrong
//! If the coroutine keeps its own task (`self.task = asyncio.current_task()`).

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::uses::Use;
use ruff_python_ast::Expr;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        if matches!(model.use_of(call.node), Use::Dropped) && starts_task(model, call) {
            found
                .report(
                    call,
                    "nobody keeps this task: the event loop may lose it before it is done",
                )
                .help("keep it until it is done: in a set, an attribute or an `asyncio.TaskGroup`");
        }
    }
}

/// Whether a call starts a task of the event loop.
fn starts_task<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    match &*call.expr.func {
        Expr::Attribute(method) => match method.attr.as_str() {
            "create_task" if model.is_event_loop(&method.value) => true,
            "create_task" | "ensure_future" => is_function(model, call),
            _ => false,
        },
        Expr::Name(_) => is_function(model, call),
        _ => false,
    }
}

fn is_function<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    model.calls_any(call, &["asyncio.create_task", "asyncio.ensure_future"])
}
