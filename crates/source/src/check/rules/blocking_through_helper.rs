//! A coroutine calls a function of the project that blocks its thread further down.
//!
//! ## What it sees
//! In an `async def`: a plain call of a function of the project, in this or another file, that makes a
//! blocking call (see `RL206`), itself or by up to eight calls of other functions of the project.
//!
//! ## Why it matters
//! The event loop stops while the helper blocks, and nothing at the place of the call shows it. This
//! is the case that rules which look at one line cannot see.
//!
//! ## Example
//! ```py
//! import asyncio
//! import time
//!
//! def back_off(attempt):
//!     time.sleep(2 ** attempt)
//!
//! async def connect(host):
//!     for attempt in range(5):
//!         try:
//!             return await asyncio.open_connection(host, 80)
//!         except OSError:
//!             back_off(attempt)
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//!
//! async def back_off(attempt):
//!     await asyncio.sleep(2 ** attempt)
//!
//! async def connect(host):
//!     for attempt in range(5):
//!         try:
//!             return await asyncio.open_connection(host, 80)
//!         except OSError:
//!             await back_off(attempt)
//! ```
//!
//! ## When it is wrong
//! If the helper only blocks on a way that is not taken from here.

use crate::check::found::{Found, Quality};
use crate::check::model::Model;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(around) = call.function else {
            continue;
        };
        if !model.function(around).is_async() || model.is_awaited(call.node) {
            continue;
        }
        if model.blocks(call).is_some() {
            continue;
        }
        let Some(name) = model.called(call) else {
            continue;
        };
        if !name.contains('.') {
            continue;
        }
        let last = name.rsplit('.').next().unwrap_or(&name);
        found
            .report(
                call,
                format!("`{last}` blocks the event loop: it calls {{why}}"),
            )
            .help("make it a coroutine, or run it by `await asyncio.to_thread(…)`")
            .only_if(&name, Quality::Blocks);
    }
}
