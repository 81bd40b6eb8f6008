//! A function or parameter of `asyncio` that newer versions of Python have removed or changed.
//!
//! ## What it sees
//! `asyncio.get_event_loop()` outside a coroutine; `set_event_loop_policy`, `get_event_loop_policy`,
//! `get_child_watcher`, `set_child_watcher`; the parameter `loop=` of locks, queues, `sleep`, `gather`,
//! `wait` and the like. Code for some versions only (under `sys.version_info`) is left alone, and a
//! `get_event_loop()` whose failure is caught, that follows `set_event_loop`, or that only coroutines
//! reach.
//!
//! ## Why it matters
//! From Python 3.14 `get_event_loop()` raises `RuntimeError` where no loop runs or is set, instead of
//! making one. Child watchers were removed in 3.14; policies are deprecated and go in 3.16. The `loop`
//! parameters were removed in 3.10: passing one is a `TypeError`.
//!
//! ## Example
//! ```py
//! import asyncio
//!
//! def main(serve):
//!     loop = asyncio.get_event_loop()
//!     loop.run_until_complete(serve())
//! ```
//!
//! ## Write instead
//! ```py
//! import asyncio
//!
//! def main(serve):
//!     asyncio.run(serve())
//! ```
//!
//! ## When it is wrong
//! If a loop always runs, or has been set, when the function is called.

use crate::check::found::Found;
use crate::check::model::{Call, Model};

/// Functions and classes whose parameter `loop` was removed in Python 3.10.
const WITHOUT_LOOP: &[&str] = &[
    "Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Queue", "LifoQueue",
    "PriorityQueue", "sleep", "gather", "shield", "wait", "wait_for", "as_completed",
    "open_connection", "start_server", "open_unix_connection", "start_unix_server",
    "create_subprocess_exec", "create_subprocess_shell",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(name) = model.called(call) else {
            continue;
        };
        let Some(name) = name.strip_prefix("asyncio.") else {
            continue;
        };
        let (message, help) = match name {
            "get_event_loop" if makes_a_loop(model, call) => (
                "`get_event_loop` no longer makes a loop from Python 3.14: without one it raises".to_owned(),
                "`asyncio.run(…)` to start, `asyncio.get_running_loop()` where a loop runs",
            ),
            "get_child_watcher" | "set_child_watcher" => (
                format!("`{name}` was removed in Python 3.14"),
                "leave it out: asyncio watches child processes by itself",
            ),
            "set_event_loop_policy" | "get_event_loop_policy" => (
                format!("`{name}` is deprecated, and goes in Python 3.16"),
                "`asyncio.run(…, loop_factory=…)` or `asyncio.Runner(loop_factory=…)`",
            ),
            _ if WITHOUT_LOOP.contains(&name)
                && call.expr.arguments.find_keyword("loop").is_some() =>
            (
                format!("the parameter `loop` of `asyncio.{name}` was removed in Python 3.10"),
                "leave the argument out: the running loop is taken",
            ),
            _ => continue,
        };
        if !model.is_for_some_versions(call.node) {
            found.report(call, message).help(help);
        }
    }
}

/// Whether `get_event_loop` may be called here without a loop that runs or has been set.
fn makes_a_loop<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    !is_in_coroutine(model, call)
        && !model.is_caught(call.node, &["RuntimeError", "DeprecationWarning"])
        && !follows_a_set_loop(model, call)
        && !is_reached_by_coroutines(model, call)
}

/// Whether a coroutine is around a call, also around the function that it stands in.
fn is_in_coroutine<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let mut around = call.function.map(|id| model.function(id));
    while let Some(function) = around {
        if function.is_async() {
            return true;
        }
        around = model.function_of(function.node);
    }
    false
}

fn follows_a_set_loop<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    model.calls.iter().any(|other| {
        other.node < call.node
            && (other.function == call.function || other.function.is_none())
            && model.calls_any(other, &["asyncio.set_event_loop"])
    })
}

/// Whether the file calls the function around a call, and only from coroutines.
fn is_reached_by_coroutines<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let function = call.function.map(|id| model.function(id));
    let Some(name) = function.and_then(|function| function.name.as_deref()) else {
        return false;
    };
    let mut callers = model
        .calls
        .iter()
        .filter(|other| model.called(other).is_some_and(|called| &*called == name))
        .map(|other| is_in_coroutine(model, other))
        .peekable();
    callers.peek().is_some() && callers.all(|is_coroutine| is_coroutine)
}
