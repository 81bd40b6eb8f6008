//! Many requests each take a thread, in code that could await them: the package has an asynchronous twin.
//!
//! ## What it sees
//! `asyncio.to_thread(requests.get, …)` or `run_in_executor(None, …)` in a loop or comprehension, with a
//! function that waits for a socket and for which an asynchronous package does the same.
//!
//! ## Why it matters
//! Each call in flight holds a thread, and the default executor has `min(32, cpus + 4)` of them:
//! with more requests than that the rest wait in a queue. An asynchronous client waits for thousands
//! in one thread, shares their connections, and can cancel them; a thread cannot be cancelled.
//!
//! ## Example
//! ```py
//! import asyncio
//! import requests
//!
//! async def load_all(urls):
//!     return await asyncio.gather(*[asyncio.to_thread(requests.get, url) for url in urls])
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//! import httpx
//!
//! async def load(client, limit, url):
//!     async with limit:
//!         return await client.get(url)
//!
//! async def load_all(urls):
//!     limit = asyncio.Semaphore(20)
//!     async with httpx.AsyncClient() as client:
//!         return await asyncio.gather(*[load(client, limit, url) for url in urls])
//! ```
//!
//! ## When it is wrong
//! If there are never more than a few at a time, or the asynchronous package lacks what is needed.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::tasks::{How, Task};
use crate::knowledge::functions::{Blocks, function};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        if call.function.is_none() || model.loop_of(call.node).is_none() {
            continue;
        }
        let Some(submission) = model.submission(call) else {
            continue;
        };
        if !matches!(submission.how, How::ToThread | How::RunInExecutor)
            || submission.pool.is_some()
        {
            continue;
        }
        let Task::Named(callable) = submission.task else {
            continue;
        };
        let Some(name) = model.name_of(callable) else {
            continue;
        };
        let Some(row) = function(&name).filter(|row| row.blocks == Blocks::Socket) else {
            continue;
        };
        if let Some(twin) = &row.async_twin {
            found
                .report(
                    call,
                    format!("each `{name}` in flight holds a thread, and can be awaited instead"),
                )
                .help(format!("await `{twin}`"));
        }
    }
}
