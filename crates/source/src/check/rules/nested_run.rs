//! A coroutine starts an event loop while one is running.
//!
//! ## What it sees
//! `asyncio.run(…)`, `loop.run_until_complete(…)` or `Runner.run(…)` called directly in an `async def`, not
//! in a function nested in it. A file that uses `nest_asyncio` is left alone.
//!
//! ## Why it matters
//! A thread runs one event loop at a time. The call raises `RuntimeError` ("cannot be called from a
//! running event loop", see the documentation of `asyncio.run`), and the coroutine that it was given
//! is never awaited.
//!
//! ## Example
//! ```py
//! import asyncio
//!
//! async def load(cache):
//!     await asyncio.sleep(0.1)
//!     cache["ready"] = True
//!
//! async def handle(cache):
//!     asyncio.run(load(cache))
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//!
//! async def load(cache):
//!     await asyncio.sleep(0.1)
//!     cache["ready"] = True
//!
//! async def handle(cache):
//!     await load(cache)
//! ```
//!
//! ## When it is wrong
//! If the coroutine is driven by another library's loop, in whose thread no asyncio loop runs.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use ruff_python_ast::Expr;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(around) = call.function else {
            continue;
        };
        if !model.function(around).is_async() || !starts_loop(model, call) {
            continue;
        }
        if model.text.as_str().contains("nest_asyncio") {
            return;
        }
        let what = model.text_of(&*call.expr.func);
        found
            .report(
                call,
                format!("`{what}` raises RuntimeError here: an event loop is running already"),
            )
            .help("await the coroutine");
    }
}

fn starts_loop<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    match &*call.expr.func {
        Expr::Attribute(method) => match method.attr.as_str() {
            "run" => model.calls_any(call, &["asyncio.run", "asyncio.Runner.run"]),
            "run_until_complete" => {
                model.calls_any(call, &["asyncio.AbstractEventLoop.run_until_complete"])
            }
            _ => false,
        },
        Expr::Name(_) => model.calls_any(call, &["asyncio.run"]),
        _ => false,
    }
}
