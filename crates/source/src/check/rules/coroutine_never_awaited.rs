//! A coroutine function is called, and its coroutine is never run.
//!
//! ## What it sees
//! A call of an `async def` of the project (in this or another file), or of a coroutine function of
//! `asyncio`, as a statement without `await`, or as the `target` of a thread; also such a function itself
//! as the target of a thread or process, or given to `loop.call_soon` and the like.
//!
//! ## Why it matters
//! Calling an `async def` runs nothing of it: it makes a coroutine, which runs when it is awaited or
//! made a task. Left alone it does nothing but print "coroutine … was never awaited" when it is
//! collected.
//!
//! ## Example
//! ```py
//! import asyncio
//!
//! async def poll(check):
//!     while not await check():
//!         asyncio.sleep(1)
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
//! If the name stands for something else at run time.

use crate::check::found::{Found, Quality};
use crate::check::model::{Call, Model};
use crate::check::pools::Made;
use crate::check::uses::Use;
use crate::knowledge::is_known;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

/// Coroutine functions of the standard library and others that are called as statements.
const COROUTINES: &[&str] = &[
    "asyncio.sleep",
    "asyncio.wait",
    "asyncio.wait_for",
    "asyncio.to_thread",
    "asyncio.open_connection",
    "asyncio.start_server",
    "asyncio.open_unix_connection",
    "asyncio.start_unix_server",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "asyncio.Queue.put",
    "asyncio.Queue.get",
    "asyncio.Queue.join",
    "asyncio.Event.wait",
    "asyncio.Lock.acquire",
    "asyncio.Condition.wait",
    "asyncio.Condition.acquire",
    "asyncio.Semaphore.acquire",
    "asyncio.Barrier.wait",
    "anyio.sleep",
    "trio.sleep",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        if matches!(model.use_of(call.node), Use::Dropped) {
            check_statement(model, call, found);
        }
        check_callable(model, call, found);
    }
}

fn check_statement<'a>(model: &Model<'a>, call: &Call<'a>, found: &mut Found) {
    let Some(name) = model.called(call) else {
        return;
    };
    if !name.contains('.') || expects_error(model, call) || is_known_to_its_writer(model, call) {
        return;
    }
    report(model, &name, found, |found, last| {
        let message =
            format!("`{last}` is a coroutine function: without `await` this runs nothing of it");
        found
            .report(call, message)
            .help("await it, or make a task of it and keep that")
    });
}

/// Reports a call of this name, if it makes a coroutine; of one in another file that has to be seen.
fn report<'f>(
    model: &Model<'_>,
    name: &str,
    found: &'f mut Found,
    draft: impl FnOnce(&'f mut Found, &str) -> &'f mut crate::check::found::Draft,
) {
    let last = name.rsplit('.').next().unwrap_or(name);
    match model.function_named(name) {
        Some(function) if !model.is_coroutine(function) => {}
        Some(_) => {
            // Waits all the same: of several definitions in this file all have to be.
            draft(found, last).only_if(name, Quality::IsCoroutine);
        }
        None if COROUTINES.contains(&name) => {
            draft(found, last);
        }
        None if !is_known(name) => {
            draft(found, last).only_if(name, Quality::IsCoroutine);
        }
        None => {}
    }
}

/// mypy sees the same, and was told that it is right: `# type: ignore[unused-coroutine]`.
fn is_known_to_its_writer<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let after = model.text.as_str().get(call.expr.end().to_usize()..);
    let rest = after.and_then(|after| after.lines().next());
    rest.is_some_and(|rest| rest.contains("unused-coroutine"))
}

/// A test that calls it wrongly on purpose gets no coroutine.
fn expects_error<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let contexts = model.contexts_around(call.node);
    contexts.iter().any(|context| {
        let Expr::Call(made) = context else {
            return false;
        };
        let text = model.text_of(&*made.func);
        text.ends_with("raises") || text.ends_with("assertRaises") || text.ends_with("warns")
    })
}

/// What a thread or the loop is to call.
fn check_callable<'a>(model: &Model<'a>, call: &Call<'a>, found: &mut Found) {
    let Some(callable) = callable(model, call) else {
        return;
    };
    match callable {
        Expr::Call(inner) => {
            let inner = model.as_call(inner);
            let Some(name) = inner.and_then(|inner| model.called(inner)) else {
                return;
            };
            report(model, &name, found, |found, last| {
                let message = format!("`{last}(…)` makes a coroutine, which nobody here runs");
                found.report(callable, message).help(HELP)
            });
        }
        Expr::Name(_) | Expr::Attribute(_) => {
            let Some(name) = model.name_of(callable) else {
                return;
            };
            report(model, &name, found, |found, last| {
                let message =
                    format!("`{last}` is a coroutine function: called like this it runs nothing");
                found.report(callable, message).help(HELP)
            });
        }
        _ => {}
    }
}

const HELP: &str =
    "give it a plain function that calls `asyncio.run`, or use `asyncio.run_coroutine_threadsafe`";

/// The callable that a call hands to somebody who calls it and drops what it returns.
fn callable<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<&'a Expr> {
    let given = &call.expr.arguments;
    if let Expr::Attribute(method) = &*call.expr.func {
        let place = match method.attr.as_str() {
            "call_soon" | "call_soon_threadsafe" => 0,
            "call_later" | "call_at" => 1,
            _ => usize::MAX,
        };
        if place != usize::MAX {
            return model
                .is_event_loop(&method.value)
                .then(|| given.args.get(place))?;
        }
    }
    let target = given.find_keyword("target")?;
    let made = model.makes(call);
    // A class of its own may well run the coroutine.
    let own = model
        .called(call)
        .is_some_and(|name| model.class_named(&name).is_some());
    (!own && matches!(made, Some(Made::Thread | Made::Process))).then_some(&target.value)
}
