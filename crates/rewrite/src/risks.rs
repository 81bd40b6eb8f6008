//! What may fail among the things that an edit does for all items before the first result is used: before, what
//! follows earlier items would have been done by then.

use crate::sheet::Sheet;
use crate::tasks::last_name;
use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rightlane_source::syntax::ast::{Expr, Stmt};
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
