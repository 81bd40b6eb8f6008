//! Names whose objects statements change.

use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rightlane_source::syntax::ast::{Expr, ExprContext, Stmt};
use std::collections::BTreeSet;

/// Methods that change the object that they are called on.
const CHANGING: &[&str] = &[
    "append",
    "extend",
    "insert",
    "add",
    "update",
    "remove",
    "discard",
    "pop",
    "popitem",
    "popleft",
    "clear",
    "setdefault",
    "sort",
    "reverse",
    "appendleft",
    "write",
    "writelines",
    "writerow",
    "put",
    "put_nowait",
    "send",
];

/// The objects that statements change, by their dotted names: those of `NAME.append(…)`, `NAME[…] = …`,
/// `NAME.attribute = …`.
pub(crate) fn changed_by<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> BTreeSet<String> {
    let mut found = Changed::default();
    for stmt in body {
        found.visit_stmt(stmt);
    }
    found.names
}

#[derive(Default)]
struct Changed {
    names: BTreeSet<String>,
}

impl<'a> Visitor<'a> for Changed {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let base = match expr {
            Expr::Subscript(one) if one.ctx != ExprContext::Load => Some(&*one.value),
            Expr::Attribute(one) if one.ctx != ExprContext::Load => Some(&*one.value),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(one) if CHANGING.contains(&one.attr.as_str()) => Some(&*one.value),
                _ => None,
            },
            _ => None,
        };
        self.names.extend(base.and_then(dotted));
        if let Expr::Attribute(one) = expr
            && one.ctx != ExprContext::Load
        {
            self.names.extend(dotted(expr));
        }
        walk_expr(self, expr);
    }
}

/// Methods whose outcome does not depend on who comes first, and that nobody gets between.
const UNORDERED: &[&str] = &["add", "discard", "put", "put_nowait"];

/// The objects that threads side by side would mix up, by their dotted names: `NAME[…] += …` reads and writes in
/// two steps, `NAME.append(…)` depends on who comes first. `NAME[…] = …` is one step.
pub(crate) fn mixed_by<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> BTreeSet<String> {
    let mut found = Mixed::default();
    for stmt in body {
        found.visit_stmt(stmt);
    }
    found.names
}

#[derive(Default)]
struct Mixed {
    names: BTreeSet<String>,
}

impl<'a> Visitor<'a> for Mixed {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::AugAssign(assign) = stmt
            && !assign.target.is_name_expr()
        {
            self.names.extend(dotted(&assign.target));
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Attribute(one) = &*call.func
            && CHANGING.contains(&one.attr.as_str())
            && !UNORDERED.contains(&one.attr.as_str())
        {
            self.names.extend(dotted(&one.value));
        }
        walk_expr(self, expr);
    }
}

/// The object by its dotted name; an element belongs to what it is in.
fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(one) => Some(format!("{}.{}", dotted(&one.value)?, one.attr)),
        Expr::Subscript(one) => dotted(&one.value),
        _ => None,
    }
}

/// The objects that statements name.
pub(crate) fn dotted_in<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> BTreeSet<String> {
    let mut found = Named::default();
    for stmt in body {
        found.visit_stmt(stmt);
    }
    found.0
}

/// The objects that an expression names.
pub(crate) fn dotted_in_expr(expr: &Expr) -> BTreeSet<String> {
    let mut found = Named::default();
    found.visit_expr(expr);
    found.0
}

#[derive(Default)]
struct Named(BTreeSet<String>);

impl<'a> Visitor<'a> for Named {
    fn visit_expr(&mut self, expr: &'a Expr) {
        // `self` in `self.items` is not the object that counts, but `names` in `names.append` is.
        let is_self = |name: &String| matches!(name.as_str(), "self" | "cls");
        match expr {
            Expr::Attribute(one) => {
                self.0.extend(dotted(expr));
                match dotted(&one.value).filter(is_self) {
                    Some(_) => {}
                    None => self.visit_expr(&one.value),
                }
            }
            _ => {
                self.0.extend(dotted(expr));
                walk_expr(self, expr);
            }
        }
    }
}
