//! An event loop waits for plain files alone: every `await` on one is a thread behind the scenes.
//!
//! ## What it sees
//! `asyncio.gather`, `create_task` or a `TaskGroup` whose coroutines only wait for `asyncio.to_thread`,
//! `run_in_executor` or `aiofiles` with functions that read and write files, in a file that starts the
//! loop itself and whose code between that start and these calls waits for nothing else.
//!
//! ## Why it matters
//! Operating systems have no asynchronous interface for plain files that asyncio uses: `aiofiles` sends
//! each `read` to a thread, with two switches between threads. A thread pool does the whole file
//! in one task, with no `async` around it.
//!
//! ## Example
//! ```py
//! import asyncio
//! from pathlib import Path
//!
//! async def read_all(paths):
//!     return await asyncio.gather(*(asyncio.to_thread(Path(p).read_text) for p in paths))
//!
//! print(len(asyncio.run(read_all(["a.txt", "b.txt"]))))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//! from pathlib import Path
//!
//! def read_all(paths):
//!     with ThreadPoolExecutor() as pool:
//!         return list(pool.map(Path.read_text, map(Path, paths)))
//!
//! print(len(read_all(["a.txt", "b.txt"])))
//! ```
//!
//! ## When it is wrong
//! If the coroutine is called by others, in a loop that must stay free.

use crate::check::found::Found;
use crate::check::model::{Call, Function, Model};
use crate::check::names::last_name;
use crate::check::tasks::{How, Task};
use crate::check::tree::Tree;
use crate::check::work::Work;
use ruff_python_ast::{AnyNodeRef, Expr};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    if !starts_loop(model) {
        return;
    }
    for call in &model.calls {
        let Some(name) = model.called(call) else {
            continue;
        };
        let is_many = matches!(
            &*name,
            "asyncio.gather" | "asyncio.create_task" | "asyncio.TaskGroup.create_task"
        );
        if is_many
            && !call.expr.arguments.args.is_empty()
            && call
                .expr
                .arguments
                .args
                .iter()
                .all(|given| is_files_only(model, given))
        {
            found
                .report(call, "all that is awaited here is plain files: each await is a thread behind the scenes")
                .help("use a `ThreadPoolExecutor`, without asyncio");
        }
    }
}

/// Whether the program's loop is started in this file.
fn starts_loop(model: &Model<'_>) -> bool {
    let starts = [
        "asyncio.run",
        "asyncio.AbstractEventLoop.run_until_complete",
    ];
    model.calls.iter().any(|call| {
        // Cheap first: `run`, `aio.run`, `loop.run_until_complete`.
        let last = last_name(&call.expr.func);
        last.is_some_and(|last| last.starts_with("run")) && model.calls_any(call, &starts)
    })
}

/// Whether an argument of `gather` stands for coroutines that wait for files alone.
fn is_files_only<'a>(model: &Model<'a>, given: &'a Expr) -> bool {
    match given {
        Expr::Starred(starred) => is_files_only(model, &starred.value),
        Expr::Generator(each) => is_files_only(model, &each.elt),
        Expr::ListComp(each) => is_files_only(model, &each.elt),
        Expr::Call(_) => model
            .as_call(given)
            .is_some_and(|call| is_file_call(model, call, 0)),
        _ => false,
    }
}

/// Whether awaiting this call is waiting for files.
fn is_file_call<'a>(model: &Model<'a>, call: &Call<'a>, depth: u32) -> bool {
    if let Some(submission) = model.submission(call) {
        if !matches!(submission.how, How::ToThread | How::RunInExecutor) {
            return false;
        }
        let work = match submission.task {
            Task::Named(callable) => work_of_bound(model, callable),
            _ => model.work_of_task(submission.task),
        };
        let others = Work::WAITS | Work::UNKNOWN | Work::OUTSIDE | Work::RELEASES;
        return work.has(Work::FILES) && !work.has(others);
    }
    let callee = model
        .called(call)
        .and_then(|name| model.function_named(&name));
    callee.is_some_and(|callee| callee.is_async() && awaits_files_only(model, callee, depth))
}

/// What a bound method as a task does: `Path(name).read_text`.
fn work_of_bound<'a>(model: &Model<'a>, callable: &'a Expr) -> Work {
    let of_method = callable.as_attribute_expr().is_some_and(|method| {
        matches!(
            method.attr.as_str(),
            "read_text" | "read_bytes" | "write_text" | "write_bytes"
        )
    });
    if of_method {
        return Work::FILES;
    }
    model.work_of_task(Task::Named(callable))
}

/// Whether a coroutine awaits something, and all of it is files (or a semaphore around them).
fn awaits_files_only<'a>(model: &Model<'a>, function: &Function<'a>, depth: u32) -> bool {
    if depth > 4 {
        return false;
    }
    let mut files = false;
    for id in model.tree.within(function.node) {
        match model.tree.node(id) {
            AnyNodeRef::ExprAwait(waited) => {
                if !is_file_wait(model, &waited.value, depth) {
                    return false;
                }
                files = true;
            }
            AnyNodeRef::StmtWith(with) if with.is_async => {
                let file = |context: &'a Expr| {
                    let call = model.as_call(context);
                    call.is_some_and(|call| model.calls_any(call, &["aiofiles.open"]))
                };
                for item in &with.items {
                    let is_file = file(&item.context_expr);
                    if !is_file && !is_limit(model, &item.context_expr) {
                        return false;
                    }
                    files |= is_file;
                }
            }
            AnyNodeRef::StmtFor(each) if each.is_async && !is_aiofile(model, &each.iter) => {
                return false;
            }
            _ => {}
        }
    }
    files
}

fn is_limit<'a>(model: &Model<'a>, context: &'a Expr) -> bool {
    let text = model.text_of(context).to_lowercase();
    model.is_lock(context) || text.contains("limit") || text.contains("sem")
}

fn is_file_wait<'a>(model: &Model<'a>, value: &'a Expr, depth: u32) -> bool {
    let Some(call) = model.as_call(value) else {
        return false;
    };
    if let Expr::Attribute(method) = &*call.expr.func
        && is_aiofile(model, &method.value)
    {
        return true;
    }
    is_file_call(model, call, depth + 1)
}

/// Whether an expression is a file of `aiofiles`.
fn is_aiofile<'a>(model: &Model<'a>, expr: &'a Expr) -> bool {
    expr.is_name_expr()
        && model.values_of(expr).iter().any(|value| {
            let call = model.call_at(Tree::id(*value));
            call.is_some_and(|call| model.calls_any(call, &["aiofiles.open"]))
        })
}
