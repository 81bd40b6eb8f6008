//! What may fail among the things that an edit does for all items before the first result is used: before, what
//! follows earlier items would have been done by then.

use crate::sheet::Sheet;
use crate::tasks::last_name;
use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rightlane_source::syntax::ast::{Expr, ExprCall, Stmt};
use rightlane_source::syntax::{NodeId, Ranged, TextRange};

/// Calls that fail only where the program has a mistake.
const HARMLESS: &[&str] = &[
    "abs",
    "abspath",
    "add",
    "all",
    "any",
    "append",
    "basename",
    "bool",
    "capitalize",
    "casefold",
    "copy",
    "count",
    "dict",
    "dirname",
    "endswith",
    "enumerate",
    "exists",
    "extend",
    "find",
    "format",
    "frozenset",
    "get",
    "getattr",
    "hasattr",
    "info",
    "debug",
    "id",
    "isdigit",
    "isdir",
    "isfile",
    "isinstance",
    "is_dir",
    "is_file",
    "items",
    "join",
    "joinpath",
    "keys",
    "len",
    "list",
    "lower",
    "lstrip",
    "max",
    "min",
    "Path",
    "perf_counter",
    "print",
    "range",
    "relpath",
    "removeprefix",
    "removesuffix",
    "replace",
    "repr",
    "reversed",
    "round",
    "rstrip",
    "set",
    "setdefault",
    "sorted",
    "split",
    "splitext",
    "splitlines",
    "startswith",
    "str",
    "strip",
    "sum",
    "super",
    "time",
    "title",
    "tuple",
    "type",
    "update",
    "upper",
    "values",
    "with_name",
    "with_suffix",
    "zip",
    "zfill",
    "count",
    "cycle",
    "pop",
    "popleft",
    "empty",
];

#[derive(Default)]
struct Risk {
    found: Option<TextRange>,
}

impl<'a> Visitor<'a> for Risk {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Raise(_) | Stmt::Assert(_) => self.found = self.found.or(Some(stmt.range())),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            // What fails in there is seen to in there.
            Stmt::Try(_) => {}
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(_) => return,
            Expr::Call(call)
                if !last_name(&call.func).is_some_and(|name| HARMLESS.contains(&name)) =>
            {
                self.found = self.found.or(Some(expr.range()));
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

fn shown(sheet: &Sheet<'_>, range: TextRange) -> String {
    let line = sheet.file.line(range.start());
    let text = sheet.file.slice(range);
    match text.contains('\n') || text.len() > 60 {
        true => format!("what stands in line {line}"),
        false => format!("`{text}` (line {line})"),
    }
}

/// What may fail in an expression.
pub(crate) fn of_expr(sheet: &Sheet<'_>, expr: &Expr) -> Option<String> {
    let mut risk = Risk::default();
    risk.visit_expr(expr);
    risk.found.map(|range| shown(sheet, range))
}

/// What may fail in a statement.
pub(crate) fn of_stmt(sheet: &Sheet<'_>, stmt: &Stmt) -> Option<String> {
    let mut risk = Risk::default();
    risk.visit_stmt(stmt);
    risk.found.map(|range| shown(sheet, range))
}

/// A generator of the program that makes the items, in which anything may fail.
pub(crate) fn of_items(sheet: &Sheet<'_>, at: NodeId, items: &Expr) -> Option<String> {
    match items {
        Expr::Generator(one) => of_expr(sheet, &one.elt),
        Expr::Call(call) => {
            crate::endless::is_generator(sheet, at, call).then(|| shown(sheet, items.range()))
        }
        _ => None,
    }
}

/// Calls that give something else every time.
const TAKING: &[&str] = &[
    "get_nowait",
    "input",
    "next",
    "pop",
    "popitem",
    "popleft",
    "read",
    "readline",
    "recv",
    "send",
];

/// A call in an expression that gives something else every time: the order of such calls must stay.
pub(crate) fn taking(sheet: &Sheet<'_>, expr: &Expr) -> Option<String> {
    let is_taking = |call: &ExprCall| match last_name(&call.func) {
        Some("get") => call.arguments.is_empty(),
        Some(name) => TAKING.contains(&name),
        None => false,
    };
    calls_in(expr)
        .into_iter()
        .find(|call| is_taking(call))
        .map(|call| shown(sheet, call.range()))
}

/// Whether something is called in an expression.
pub(crate) fn calls(expr: &Expr) -> bool {
    !calls_in(expr).is_empty()
}

/// Whether a statement may wait for an item to come: `queue.get()`.
pub(crate) fn waits(stmt: &Stmt) -> bool {
    let mut calls = Calls::default();
    calls.visit_stmt(stmt);
    calls
        .all
        .iter()
        .any(|call| last_name(&call.func) == Some("get") && call.arguments.args.is_empty())
}

/// Whether a statement prints.
pub(crate) fn prints(stmt: &Stmt) -> bool {
    let mut calls = Calls::default();
    calls.visit_stmt(stmt);
    calls
        .all
        .iter()
        .any(|call| matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "print"))
}

/// Whether the test of a loop may wait for an item to come.
pub(crate) fn test_waits(test: &Expr) -> bool {
    let is_get =
        |call: &&ExprCall| last_name(&call.func) == Some("get") && call.arguments.args.is_empty();
    calls_in(test).iter().any(is_get)
}

fn calls_in(expr: &Expr) -> Vec<&ExprCall> {
    let mut calls = Calls::default();
    calls.visit_expr(expr);
    calls.all
}

#[derive(Default)]
struct Calls<'a> {
    all: Vec<&'a ExprCall>,
}

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            self.all.push(call);
        }
        walk_expr(self, expr);
    }
}
