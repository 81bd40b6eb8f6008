//! Processes are started when the module is imported, not only when it is run.
//!
//! ## What it sees
//! At module level and not under `if __name__ == "__main__":`: a `Process` that is started, a
//! `multiprocessing.Pool` or `Manager`, a `ProcessPoolExecutor` that is given work, or a call of a
//! function of the project that does one of these. Explicit `fork` contexts and `__main__.py`, which
//! workers do not import again, are left alone.
//!
//! ## Why it matters
//! Under the start methods `spawn` (Windows, macOS) and `forkserver` (the default on Linux from Python
//! 3.14) each new process imports the main module again. Without the guard it would start processes in
//! turn: Python stops that with a `RuntimeError`, "an attempt has been made to start a new process
//! before the current process has finished its bootstrapping phase", or the pool is broken
//! (`multiprocessing`, "Programming guidelines").
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def square(n):
//!     return n * n
//!
//! with Pool() as pool:
//!     print(pool.map(square, range(10)))
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def square(n):
//!     return n * n
//!
//! if __name__ == "__main__":
//!     with Pool() as pool:
//!         print(pool.map(square, range(10)))
//! ```
//!
//! ## When it is wrong
//! If the program only ever runs where processes are forked, or the function that is called starts
//! none with these arguments.

use crate::check::found::{Draft, Found, Quality};
use crate::check::model::{Call, Model};
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use crate::knowledge::is_known;
use ruff_python_ast::{AnyNodeRef, Expr};

/// What runs the coroutine that it is given.
const RUNNERS: &[&str] = &[
    "asyncio.run",
    "asyncio.AbstractEventLoop.run_until_complete",
    "uvloop.run",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // `python -m package` runs it, and workers leave it out.
    if model.name.rsplit('.').next() == Some("__main__") {
        return;
    }
    for call in model.calls.iter().filter(|call| call.function.is_none()) {
        if model.starts_processes(call) || is_manager(model, call) {
            if !is_guarded(model, call.node) {
                let message = "processes start when this module is imported, and each of them imports it again";
                help(found.report(call, message));
            }
        } else {
            check_function(model, call, found);
        }
    }
}

fn help(draft: &mut Draft) -> &mut Draft {
    draft.help("put it under `if __name__ == \"__main__\":`")
}

/// `multiprocessing.Manager()`: a process of its own.
fn is_manager<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let last = match &*call.expr.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    last == "Manager"
        && model.calls_any(call, &["multiprocessing.Manager"])
        && !model.is_forked(call)
}

fn is_guarded(model: &Model<'_>, node: NodeId) -> bool {
    if model.is_guarded(node) {
        return true;
    }
    model
        .tree
        .ancestors(node)
        .any(|outer| match model.tree.node(outer) {
            AnyNodeRef::StmtIf(check) => {
                let test = model.text_of(&*check.test);
                test.contains("current_process") || test.contains("parent_process")
            }
            _ => false,
        })
}

/// A call of a function that starts processes.
fn check_function<'a>(model: &Model<'a>, call: &Call<'a>, found: &mut Found) {
    let Some(name) = model.called(call) else {
        return;
    };
    let own = model.function_named(&name);
    if own.is_none() && is_known(&name) || is_guarded(model, call.node) {
        return;
    }
    let runner = match model.use_of(call.node) {
        Use::Argument(outer) => model.call_at(outer),
        _ => None,
    };
    let runner = runner.filter(|outer| model.calls_any(outer, RUNNERS));
    // A coroutine that nobody runs is the business of `RL208`.
    if own.is_some_and(|function| function.is_async()) && runner.is_none() {
        return;
    }
    let last = name.rsplit('.').next().unwrap_or(&name);
    let message = format!(
        "`{last}` starts processes ({{why}}) when this module is imported, and each of them imports it again"
    );
    let draft = found.report(runner.unwrap_or(call), message);
    let is_class = own.is_none() && model.class_named(&name).is_some();
    let function = if is_class {
        format!("{name}.__init__")
    } else {
        name.to_string()
    };
    help(draft).only_if(&function, Quality::MakesProcesses);
}
