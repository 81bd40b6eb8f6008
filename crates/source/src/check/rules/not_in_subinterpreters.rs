//! Work for subinterpreters needs a package that does not load in one.
//!
//! ## What it sees
//! A task of an `InterpreterPoolExecutor` or of `concurrent.interpreters` whose module, in this or
//! another file of the project, imports a package with an extension that keeps its state for the whole
//! process, as numpy and pandas do; or a task that imports one itself. Imports for type checkers are
//! left alone.
//!
//! ## Why it matters
//! A subinterpreter imports the task's module anew. An extension that does not declare that it can be
//! loaded several times is refused: `ImportError: module ... does not support loading in subinterpreters`
//! (PEP 684, numpy issue 24755), and no task ever runs.
//!
//! ## Example
//! ```py
//! from concurrent.futures import InterpreterPoolExecutor
//!
//! import numpy as np
//!
//! def largest(path):
//!     return float(np.load(path).max())
//!
//! def survey(paths):
//!     with InterpreterPoolExecutor() as pool:
//!         return list(pool.map(largest, paths))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ProcessPoolExecutor
//!
//! import numpy as np
//!
//! def largest(path):
//!     return float(np.load(path).max())
//!
//! def survey(paths):
//!     with ProcessPoolExecutor() as pool:
//!         return list(pool.map(largest, paths))
//! ```
//!
//! ## When it is wrong
//! If a newer version of the package supports subinterpreters.

use crate::check::found::{Found, Quality};
use crate::check::model::{Call, FunctionId, Model};
use crate::check::pools::{Made, PoolType, Workers};
use crate::check::tasks::Task;
use crate::check::tree::NodeId;
use crate::knowledge::functions::module;
use ruff_python_ast::Expr;

/// Methods of an interpreter that run a function in it.
const CALLS: &[&str] = &[
    "concurrent.interpreters.create.call",
    "concurrent.interpreters.create.call_in_thread",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    if !model
        .calls
        .iter()
        .any(|call| makes_interpreters(model, call))
    {
        return;
    }
    let mut own = Vec::new();
    for (maker, task) in tasks(model) {
        match task {
            Task::Function(function) => own.push(function.id),
            Task::Named(callable) => other_file(model, maker, callable, found),
            Task::Unknown => {}
        }
    }
    if !own.is_empty() {
        own_imports(model, own, found);
    }
}

fn makes_interpreters<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let interpreters = |of: PoolType| of.workers == Workers::Interpreters;
    matches!(model.makes(call), Some(Made::Pool(of)) if interpreters(of))
        || model.calls_any(call, &["concurrent.interpreters.create"])
}

/// What runs in subinterpreters, each with the call that makes them.
fn tasks<'m, 'a>(model: &'m Model<'a>) -> Vec<(NodeId, Task<'m, 'a>)> {
    let mut found = Vec::new();
    for submission in model.submissions() {
        if submission.workers == Workers::Interpreters {
            let maker = submission.receiver.and_then(|pool| model.made_from(pool));
            found.push((maker.unwrap_or(submission.call).node, submission.task));
        }
    }
    for call in model
        .calls
        .iter()
        .filter(|call| model.calls_any(call, CALLS))
    {
        if let Some(callable) = call.expr.arguments.args.first() {
            found.push((call.node, model.task(callable).0));
        }
    }
    found
}

fn other_file<'a>(model: &Model<'a>, maker: NodeId, callable: &'a Expr, found: &mut Found) {
    let Some(name) = model.name_of(callable).filter(|name| name.contains('.')) else {
        return;
    };
    let last = name.rsplit('.').next().unwrap_or(&name);
    found
        .report(
            model.tree.node(maker),
            format!(
                "the module of `{last}` imports `{{why}}`, which does not load in subinterpreters"
            ),
        )
        .help("a `ProcessPoolExecutor`, or threads where the work releases the GIL")
        .only_if(&name, Quality::NotInSubinterpreters);
}

fn own_imports(model: &Model<'_>, tasks: Vec<FunctionId>, found: &mut Found) {
    let reached = model.reached_from(tasks);
    let mut told = Vec::new();
    for import in model.imported_modules() {
        let refused = module(&import.module).is_some_and(|row| row.subinterpreters == "no");
        let around = model.function_of(import.node);
        let needed = around.is_none_or(|function| reached.contains(&function.id));
        let once = around.is_some() || !model.is_guarded(import.node);
        if !refused || !needed || !once || told.contains(&import.package) {
            continue;
        }
        told.push(import.package);
        found
            .report(
                model.tree.node(import.node),
                format!(
                    "`{}` does not load in subinterpreters: the tasks fail at this import",
                    import.package
                ),
            )
            .help("a `ProcessPoolExecutor`, or threads where the work releases the GIL");
    }
}
