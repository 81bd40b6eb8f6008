//! A coroutine makes a call that blocks its thread, and with it the whole event loop.
//!
//! ## What it sees
//! In an `async def`: calls of the standard library and of well-known packages that sleep, wait for a
//! socket, a lock, a database or a child process, or read the terminal. Not what is handed to
//! `asyncio.to_thread` or an executor, nor what functions nested in it do.
//!
//! ## Why it matters
//! An event loop runs all its coroutines in one thread. While one of them blocks, no other one goes
//! on, no timeout fires and no connection is accepted: the program is sequential, and slower for the
//! loop around it.
//!
//! ## Example
//! ```py
//! import asyncio
//! import time
//!
//! async def poll(check):
//!     while not await check():
//!         time.sleep(1)
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//!
//! async def poll(check):
//!     while not await check():
//!         await asyncio.sleep(1)
//! ```
//!
//! ## When it is wrong
//! If nothing else runs in the loop at that time: at its start or end, or in a test.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::knowledge::functions::function;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(around) = call.function else {
            continue;
        };
        let around = model.function(around);
        if !around.is_async() || model.is_awaited(call.node) {
            continue;
        }
        let Some(name) = model.blocks(call) else {
            continue;
        };
        let message = format!("`{name}` blocks the event loop: no other coroutine runs meanwhile");
        let twin = function(&name).and_then(|row| row.async_twin.as_deref());
        let help = match twin {
            Some(twin) => format!("await `{twin}`, or `await asyncio.to_thread(…)`"),
            None => "run it by `await asyncio.to_thread(…)`".to_owned(),
        };
        found.report(call, message).help(help);
    }
}
