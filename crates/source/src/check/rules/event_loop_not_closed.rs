//! An event loop is made and never closed.
//!
//! ## What it sees
//! `asyncio.new_event_loop()` in a local name on which nothing calls `close`. Not a loop that is
//! returned, passed on or kept in an object, nor one that stands in for a thread's missing loop
//! (`get_event_loop()` with a `new_event_loop()` as the second choice).
//!
//! ## Why it matters
//! A loop has a selector, a pair of sockets and, after the first `run_in_executor`, a pool of threads.
//! They stay until the garbage collector finds the loop (which then warns of an "unclosed event loop"),
//! and asynchronous generators and tasks that are still open are never finished.
//!
//! ## Example
//! ```py
//! import asyncio
//!
//! def stock(ask, article):
//!     loop = asyncio.new_event_loop()
//!     return loop.run_until_complete(ask(article))
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//!
//! def stock(ask, article):
//!     return asyncio.run(ask(article))
//! ```
//!
//! ## When it is wrong
//! If the loop runs until the process ends.

use crate::check::found::Found;
use crate::check::handles::Handle;
use crate::check::model::Model;
use crate::check::scope::ScopeId;

const RUNS: &[&str] = &[
    "run_until_complete",
    "run_forever",
    "run_in_executor",
    "create_task",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Cheap first: most files have none.
    if !model.text.as_str().contains("new_event_loop") {
        return;
    }
    for call in &model.calls {
        if !model.calls_any(call, &["asyncio.new_event_loop"]) {
            continue;
        }
        let Handle::Name(kept) = model.handle(call) else {
            continue;
        };
        if kept.scope == ScopeId(0)
            || model.has_other_values(kept)
            || model.has_attribute(kept, &["close"])
            // Made for the thread, not for this function.
            || !model.has_attribute(kept, RUNS)
            || model.is_handed_over(kept)
        {
            continue;
        }
        found
            .report(
                call,
                "this event loop is never closed: its selector, sockets and threads stay",
            )
            .help("use `asyncio.run(…)`, or call `close()` in a `finally`");
    }
}
