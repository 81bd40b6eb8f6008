//! Loops over `os.walk`, which goes on with the folders that the body leaves in its list.

use super::conflicts::{Finding, Question};
use crate::knowledge::changes_container;
use crate::trace::LoopNode;
use rightlane_facts::{Answer, Carrier, Place};
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

impl Question<'_, '_, '_> {
    /// The body prunes or sorts the folders that the walk goes on with.
    pub(super) fn leads_the_walk(&self, findings: &mut Vec<Finding>) {
        let LoopNode::For(stmt) = self.view.info.node else {
            return;
        };
        let (Expr::Call(call), Expr::Tuple(target)) = (&*stmt.iter, &*stmt.target) else {
            return;
        };
        let walks = match &*call.func {
            Expr::Attribute(func) => matches!(func.attr.as_str(), "walk" | "fwalk"),
            Expr::Name(func) => func.id == "walk",
            _ => false,
        };
        let folders = target.elts.get(1).and_then(Expr::as_name_expr);
        let Some(folders) = folders.filter(|_| walks) else {
            return;
        };
        let mut finder = Finder {
            name: &folders.id,
            found: None,
        };
        finder.visit_body(&stmt.body);
        let Some(found) = finder.found else { return };
        let module = self.view.program.function(self.view.function).module;
        let module = self.view.program.module(module);
        let carrier = Carrier {
            name: folders.id.to_string(),
            place: Place {
                file: module.shown.clone(),
                line: module.text.line(found),
            },
            why: "the walk goes on with the folders that the body leaves in this list".to_owned(),
        };
        findings.push(Finding {
            answer: Answer::No,
            carrier,
        });
    }
}

/// Finds what changes the list of this name in place.
struct Finder<'n> {
    name: &'n str,
    found: Option<ruff_text_size::TextSize>,
}

impl Finder<'_> {
    fn is_it(&self, expr: &Expr) -> bool {
        expr.as_name_expr()
            .is_some_and(|held| held.id == *self.name)
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let targets = match stmt {
            Stmt::Assign(assign) => assign.targets.as_slice(),
            Stmt::Delete(delete) => delete.targets.as_slice(),
            Stmt::AugAssign(assign) => std::slice::from_ref(&*assign.target),
            _ => &[],
        };
        let within = |expr: &Expr| {
            let of = expr.as_subscript_expr().map(|held| &*held.value);
            of.is_some_and(|of| self.is_it(of))
        };
        if targets.iter().any(within) {
            self.found.get_or_insert(stmt.start());
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Attribute(func) = &*call.func
            && self.is_it(&func.value)
            && changes_container(&func.attr.id)
        {
            self.found.get_or_insert(expr.start());
        }
        walk_expr(self, expr);
    }
}
