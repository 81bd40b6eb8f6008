//! A queue, event, lock or future of `asyncio` is used by a thread beside the event loop's.
//!
//! ## What it sees
//! `put_nowait`, `get_nowait`, `set`, `clear`, `release`, `notify`, `set_result` and the like of an
//! object of `asyncio`, in a function that a thread runs (a `Thread`, a task of a thread pool,
//! `asyncio.to_thread`), unless that thread runs an event loop of its own.
//!
//! ## Why it matters
//! These objects are not thread-safe, and they wake whoever waits by the loop's own list of callbacks:
//! changed from another thread, the loop sleeps on until something else wakes it, or the list is
//! damaged (documentation of `asyncio`, "Concurrency and Multithreading").
//!
//! ## Example
//! ```py
//! import asyncio
//! import threading
//!
//! async def first_line(stream):
//!     lines = asyncio.Queue()
//!
//!     def read():
//!         for line in stream:
//!             lines.put_nowait(line)
//!
//!     threading.Thread(target=read, daemon=True).start()
//!     return await lines.get()
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//! import threading
//!
//! async def first_line(stream):
//!     lines = asyncio.Queue()
//!     loop = asyncio.get_running_loop()
//!
//!     def read():
//!         for line in stream:
//!             loop.call_soon_threadsafe(lines.put_nowait, line)
//!
//!     threading.Thread(target=read, daemon=True).start()
//!     return await lines.get()
//! ```
//!
//! ## When it is wrong
//! If the loop is not running while the thread does.

use crate::check::found::Found;
use crate::check::model::Model;
use ruff_python_ast::Expr;
use std::cell::OnceCell;

const USES: &[(&str, &[&str])] = &[
    (
        "asyncio.Queue",
        &["put_nowait", "get_nowait", "task_done", "shutdown"],
    ),
    (
        "asyncio.LifoQueue",
        &["put_nowait", "get_nowait", "task_done", "shutdown"],
    ),
    (
        "asyncio.PriorityQueue",
        &["put_nowait", "get_nowait", "task_done", "shutdown"],
    ),
    ("asyncio.Event", &["set", "clear"]),
    ("asyncio.Lock", &["release"]),
    ("asyncio.Condition", &["notify", "notify_all", "release"]),
    ("asyncio.Semaphore", &["release"]),
    ("asyncio.BoundedSemaphore", &["release"]),
    (
        "asyncio.Future",
        &["set_result", "set_exception", "cancel", "add_done_callback"],
    ),
    ("asyncio.Task", &["cancel", "add_done_callback"]),
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let in_threads = OnceCell::new();
    for call in &model.calls {
        let (Some(function), Expr::Attribute(method)) = (call.function, &*call.expr.func) else {
            continue;
        };
        let attr = method.attr.as_str();
        if !USES.iter().any(|(_, methods)| methods.contains(&attr)) {
            continue;
        }
        let Some(of) = model.type_of(&*method.value) else {
            continue;
        };
        let is_one = USES
            .iter()
            .any(|(name, methods)| *name == of && methods.contains(&attr));
        let threads = || in_threads.get_or_init(|| model.in_threads_without_loop());
        if !is_one || !threads().contains(&function) {
            continue;
        }
        let object = model.text_of(&*method.value);
        found
            .report(
                call,
                format!("`{of}.{attr}` in a thread beside the event loop's: it is not thread-safe, and does not wake the loop"),
            )
            .help(format!("let the loop do it: `loop.call_soon_threadsafe({object}.{attr}, …)`"));
    }
}
