//! A thread beside the event loop's gives the loop work in a way that is not thread-safe.
//!
//! ## What it sees
//! `loop.call_soon`, `call_later`, `call_at`, `loop.create_task`, `asyncio.create_task` or
//! `ensure_future` in a function that a thread runs, unless that thread runs an event loop of its own.
//!
//! ## Why it matters
//! `asyncio.create_task` fails there: the thread has no running loop. The loop's own methods change
//! its lists without a lock and do not wake it: the callback runs whenever something else happens, or
//! never (documentation of `asyncio`, "Concurrency and Multithreading").
//!
//! ## Example
//! ```py
//! import asyncio
//! import threading
//!
//! def watch(button, loop, done):
//!     button.wait_for_press()
//!     loop.call_soon(done.set)
//!
//! async def main(button):
//!     done = asyncio.Event()
//!     loop = asyncio.get_running_loop()
//!     threading.Thread(target=watch, args=(button, loop, done)).start()
//!     await done.wait()
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//! import threading
//!
//! def watch(button, loop, done):
//!     button.wait_for_press()
//!     loop.call_soon_threadsafe(done.set)
//!
//! async def main(button):
//!     done = asyncio.Event()
//!     loop = asyncio.get_running_loop()
//!     threading.Thread(target=watch, args=(button, loop, done)).start()
//!     await done.wait()
//! ```
//!
//! ## When it is wrong
//! If the function, though a thread runs it too, comes here only in the loop's thread.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use ruff_python_ast::Expr;
use std::cell::OnceCell;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let in_threads = OnceCell::new();
    for call in &model.calls {
        let Some(function) = call.function else {
            continue;
        };
        let Some(what) = loop_call(model, call) else {
            continue;
        };
        let in_threads = in_threads.get_or_init(|| model.in_threads_without_loop());
        if !in_threads.contains(&function) {
            continue;
        }
        let help = if what.starts_with("call_") {
            "call it by `loop.call_soon_threadsafe(…)`"
        } else {
            "hand the coroutine over by `asyncio.run_coroutine_threadsafe(…, loop)`"
        };
        found
            .report(
                call,
                format!("`{what}` in a thread beside the event loop's: it is not thread-safe"),
            )
            .help(help);
    }
}

/// The method or function by which a call gives the event loop work.
fn loop_call<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<&'a str> {
    let last = match &*call.expr.func {
        Expr::Attribute(method) => method.attr.as_str(),
        Expr::Name(_) => "",
        _ => return None,
    };
    match (last, &*call.expr.func) {
        ("call_soon" | "call_later" | "call_at" | "create_task", Expr::Attribute(method))
            if model.is_event_loop(&method.value) =>
        {
            Some(last)
        }
        ("create_task" | "ensure_future" | "", _) => {
            let functions = ["asyncio.create_task", "asyncio.ensure_future"];
            let name = model.called(call)?;
            let known = functions.iter().find(|known| ***known == *name)?;
            Some(known)
        }
        _ => None,
    }
}
