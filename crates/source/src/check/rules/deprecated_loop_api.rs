//! A function or parameter of `asyncio` that newer versions of Python have removed or changed.
//!
//! ## What it sees
//! `asyncio.get_event_loop()` outside a coroutine, at the level of the module or with a
//! `run_until_complete` or `run_forever` of what it returns; `set_event_loop_policy`, `get_event_loop_policy`,
//! `get_child_watcher`, `set_child_watcher`; the parameter `loop=` of locks, queues, `sleep`, `gather`,
//! `wait` and the like. Code for some versions only (under `sys.version_info`) is left alone, and a
//! `get_event_loop()` whose failure is caught or that follows `set_event_loop`.
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
//! If another file sets a loop before.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::tree::NodeId;
use crate::check::uses::Use;

/// Functions and classes whose parameter `loop` was removed in Python 3.10.
const WITHOUT_LOOP: &[&str] = &[
    "Lock",
    "Event",
    "Condition",
    "Semaphore",
    "BoundedSemaphore",
    "Queue",
    "LifoQueue",
    "PriorityQueue",
    "sleep",
    "gather",
    "shield",
    "wait",
    "wait_for",
    "as_completed",
    "open_connection",
    "start_server",
    "open_unix_connection",
    "start_unix_server",
    "create_subprocess_exec",
    "create_subprocess_shell",
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
                "`get_event_loop` no longer makes a loop from Python 3.14: without one it raises"
                    .to_owned(),
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
            {
                (
                    format!("the parameter `loop` of `asyncio.{name}` was removed in Python 3.10"),
                    "leave the argument out: the running loop is taken",
                )
            }
            _ => continue,
        };
        if !model.is_for_some_versions(call.node) {
            found.report(call, message).help(help);
        }
    }
}

/// Whether `get_event_loop` is called where no loop runs, to make one: it starts the loop that it gets,
/// or is called by the import of the module.
fn makes_a_loop<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    (call.function.is_none() || is_started(model, call))
        && !is_in_coroutine(model, call)
        && !model.is_caught(call.node, &["RuntimeError", "DeprecationWarning"])
        && !follows_a_set_loop(model, call)
}

/// Whether the loop that a call returns is started in this file.
fn is_started<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let starts = |attr: &str| matches!(attr, "run_until_complete" | "run_forever");
    let any_starts = |reads: &[NodeId]| {
        let mut reads = reads.iter();
        reads.any(|read| matches!(model.use_of(*read), Use::Method { attr, .. } if starts(attr)))
    };
    match model.use_of(call.node) {
        Use::Method { attr, .. } => starts(attr),
        Use::Named { name, scope } => any_starts(model.scopes.reads(scope, name)),
        Use::Attribute(attribute) => {
            let class = model.class_of(&*attribute.value);
            class.is_some_and(|class| any_starts(model.attribute_reads(class, &attribute.attr)))
        }
        _ => false,
    }
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
