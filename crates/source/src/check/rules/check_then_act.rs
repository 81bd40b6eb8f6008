//! Several threads look whether something is there, and make it if not: two of them may both make it.
//!
//! ## What it sees
//! `if not os.path.exists(p):` before `os.makedirs(p)`, `os.mkdir(p)` or `open(p, "w")` (and the same with
//! `pathlib`), and `if k not in d:` before `d[k] = …` on a dict that several threads have in common, in
//! a function that they run at the same time and not under a lock.
//!
//! ## Why it matters
//! Between the look and the act another thread does the same. `makedirs` then raises `FileExistsError`,
//! a file is written by two, and of a dict's entry one thread keeps an object that the others do not
//! have: connections are opened twice, lists that were filled already are thrown away.
//!
//! ## Example
//! ```py
//! import os
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save(page):
//!     folder = page.host
//!     if not os.path.exists(folder):
//!         os.makedirs(folder)
//!     page.write(folder)
//!
//! def save_all(pages):
//!     with ThreadPoolExecutor() as pool:
//!         list(pool.map(save, pages))
//! ```
//!
//! ## Write instead
//! ```py
//! import os
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save(page):
//!     folder = page.host
//!     os.makedirs(folder, exist_ok=True)
//!     page.write(folder)
//!
//! def save_all(pages):
//!     with ThreadPoolExecutor() as pool:
//!         list(pool.map(save, pages))
//! ```
//!
//! ## When it is wrong
//! If no two threads ever have the same path or key, or if making it twice does no harm.

use crate::check::found::Found;
use crate::check::model::{Call, Function, Model};
use crate::check::races::Race;
use crate::check::scope::Binding;
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, CmpOp, Expr, StmtIf, UnaryOp};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (function, race) in model.racing_threads() {
        for node in model.own_nodes(function) {
            let AnyNodeRef::StmtIf(check) = model.tree.node(node) else {
                continue;
            };
            let Some(message) = fault(model, check, function, race) else {
                continue;
            };
            if !model.is_locked(node) && !is_expected(model, node, function) {
                found.report(&*check.test, message.0).help(message.1);
            }
        }
    }
}

/// What is wrong with an `if`: message and help.
fn fault<'a>(
    model: &Model<'a>,
    check: &'a StmtIf,
    function: &Function<'a>,
    race: &Race,
) -> Option<(String, &'static str)> {
    match &*check.test {
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => {
            let path = looked_at(model, model.as_call(&*not.operand)?)?;
            let (what, help) = made(model, check, path, function, race)?;
            let message = format!("another thread may do the same between this look and `{what}`");
            Some((message, help))
        }
        Expr::Compare(compare) => {
            let ([CmpOp::NotIn], [object]) = (&*compare.ops, &*compare.comparators) else {
                return None;
            };
            let entry = format!(
                "{}[{}]",
                model.text_of(object),
                model.text_of(&*compare.left)
            );
            if entry.contains("ident") || entry.contains("current_thread") {
                return None;
            }
            let set = is_set(model, check, &entry) && is_dict(model, object);
            let common = set && model.is_shared(object, function, race);
            common.then(|| {
                let message = format!(
                    "another thread may set `{entry}` between this look and the assignment"
                );
                (message, "do both under one lock, or use `setdefault`")
            })
        }
        _ => None,
    }
}

/// Whether an object may be a dict: of an unknown type it may.
fn is_dict<'a>(model: &Model<'a>, object: &'a Expr) -> bool {
    const DICTS: &[&str] = &[
        "dict",
        "collections.OrderedDict",
        "weakref.WeakValueDictionary",
    ];
    model
        .type_of(object)
        .is_some_and(|of| DICTS.contains(&of.as_str()))
}

/// The path that a call asks for.
fn looked_at<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<&'a Expr> {
    let Expr::Attribute(method) = &*call.expr.func else {
        return None;
    };
    if !matches!(
        method.attr.as_str(),
        "exists" | "isdir" | "isfile" | "is_dir" | "is_file"
    ) {
        return None;
    }
    match call.expr.arguments.args.first() {
        Some(path) => {
            let name = model.called(call)?;
            (name.starts_with("os.path.") || name.starts_with("posixpath.")).then_some(path)
        }
        None => Some(&*method.value),
    }
}

/// What the branch makes at the path, and what to do instead.
fn made<'a>(
    model: &Model<'a>,
    check: &'a StmtIf,
    path: &'a Expr,
    function: &Function<'a>,
    race: &Race,
) -> Option<(String, &'static str)> {
    let text = model.text_of(path);
    let last = model.tree.within(Tree::id(check.body.last()?)).last()?;
    let calls = model.calls_in(Tree::id(check)).iter();
    let mut calls = calls.filter(|call| call.node <= last && call.function == Some(function.id));
    calls.find_map(|call| {
        let given = &call.expr.arguments;
        let first = given.args.first();
        let is_first = first.is_some_and(|first| model.text_of(first) == text);
        let is_own = match &*call.expr.func {
            Expr::Attribute(method) => model.text_of(&*method.value) == text,
            _ => false,
        };
        let name = model.called(call);
        let what = match (name.as_deref(), call.expr.func.as_attribute_expr()) {
            (Some(name @ ("os.makedirs" | "os.mkdir")), _) if is_first => name,
            (Some("open"), _) if is_first && is_written(model, call) => {
                is_same_for_all(model, path, function, race).then_some("open")?
            }
            (_, Some(method)) if is_own && method.attr.as_str() == "mkdir" => "mkdir",
            _ => return None,
        };
        if given.find_keyword("exist_ok").is_some() || is_expected(model, call.node, function) {
            return None;
        }
        let help = match what {
            "open" => "open it with mode `x`, and catch `FileExistsError`",
            "os.mkdir" => "catch `FileExistsError` instead of looking",
            _ => "give `exist_ok=True` instead of looking",
        };
        Some((what.to_owned(), help))
    })
}

fn is_written<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let mode = call.expr.arguments.find_argument_value("mode", 1);
    mode.is_some_and(|mode| model.text_of(mode).contains('w'))
}

/// Whether a path surely is the same in all threads: what it is made from is no argument, or one that
/// each of them is given.
fn is_same_for_all<'a>(
    model: &Model<'a>,
    path: &'a Expr,
    function: &Function<'a>,
    race: &Race,
) -> bool {
    let mut waiting = vec![path];
    let mut steps = 0;
    while let Some(expr) = waiting.pop() {
        steps += 1;
        if steps > 8 {
            return false;
        }
        for id in model.tree.within(Tree::id(expr)) {
            let AnyNodeRef::ExprName(name) = model.tree.node(id) else {
                continue;
            };
            if model.scopes.home(model.tree.scope(id), &name.id) != Some(function.scope) {
                continue;
            }
            for (_, binding) in model.scopes.bindings(function.scope, &name.id) {
                match binding {
                    Binding::Value(value) => waiting.push(value),
                    Binding::Parameter(_) => {
                        let given = model.given_to_all(function, name, race);
                        if !given.is_some_and(Expr::is_literal_expr) {
                            return false;
                        }
                    }
                    _ => return false,
                }
            }
        }
    }
    true
}

/// Whether the branch assigns this entry, other than under a lock.
fn is_set(model: &Model<'_>, check: &StmtIf, entry: &str) -> bool {
    let (Some(first), Some(last)) = (check.body.first(), check.body.last()) else {
        return false;
    };
    let Some(end) = model.tree.within(Tree::id(last)).last() else {
        return false;
    };
    let mut inside = (Tree::id(first).0..=end.0).map(NodeId);
    inside.any(|id| match model.tree.node(id) {
        AnyNodeRef::StmtAssign(assign) => {
            let mut targets = assign.targets.iter();
            targets.any(|target| model.text_of(target) == entry) && !model.is_locked(id)
        }
        _ => false,
    })
}

/// Whether the exception that the second thread gets is caught.
fn is_expected(model: &Model<'_>, node: NodeId, function: &Function<'_>) -> bool {
    let mut around = model
        .tree
        .ancestors(node)
        .take_while(|id| *id != function.node);
    around.any(|id| match model.tree.node(id) {
        AnyNodeRef::StmtTry(of) => of.handlers.iter().any(|handler| {
            let text = model.text_of(handler);
            let head = text.lines().next().unwrap_or("");
            head.contains("FileExistsError") || head.contains("OSError") || head.contains("except:")
        }),
        _ => false,
    })
}
