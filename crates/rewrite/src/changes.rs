//! Names whose objects statements change.

use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr};
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

/// Names whose objects the statements change: `NAME.append(…)`, `NAME[…] = …`, `NAME.attribute = …`.
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
        self.names.extend(base.and_then(root).map(str::to_owned));
        walk_expr(self, expr);
    }
}

/// The name that an attribute or an element is of.
fn root(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(one) => root(&one.value),
        Expr::Subscript(one) => root(&one.value),
        _ => None,
    }
}
