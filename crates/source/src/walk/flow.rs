//! Values of local names along the flow of control.
//!
//! `config = dict(config)` makes another object of the same name. What a name was last bound to
//! is known along straight code; where ways join, all that may be; around a loop, whatever the
//! function ever binds it to.

use super::Walker;
use crate::trace::Act;
use crate::value::{Sym, Value};
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, ExprContext, Pattern, Stmt};
use std::collections::{HashMap, HashSet};

/// What local names were last bound to; `None` where control does not come.
pub(super) type Latest = Option<HashMap<Sym, Value>>;

/// A place where control may go several ways.
pub(super) struct Forked {
    start: Latest,
    joined: Latest,
}

impl<'a> Walker<'_, 'a> {
    pub(super) fn fork(&mut self) {
        self.emit(Act::Fork);
        self.forks.push(Forked {
            start: self.latest.clone(),
            joined: None,
        });
    }

    pub(super) fn next_arm(&mut self) {
        self.emit(Act::NextArm);
        if let Some(fork) = self.forks.last_mut() {
            let arm = std::mem::replace(&mut self.latest, fork.start.clone());
            fork.joined = join(fork.joined.take(), arm);
        }
    }

    pub(super) fn join_arms(&mut self) {
        self.emit(Act::Join);
        if let Some(fork) = self.forks.pop() {
            self.latest = join(fork.joined, self.latest.take());
        }
    }

    pub(super) fn leave(&mut self) {
        self.emit(Act::Leave);
        self.latest = None;
    }

    /// What the name was last bound to, if that is known here.
    pub(super) fn latest(&self, name: &Sym) -> Option<Value> {
        self.latest.as_ref()?.get(name).cloned()
    }

    pub(super) fn set_latest(&mut self, name: &Sym, value: &Value) {
        if let Some(latest) = &mut self.latest {
            latest.insert(name.clone(), value.clone());
        }
    }

    /// The names that these statements bind may have any of their values from here on: control
    /// may come from their end, or from anywhere among them.
    pub(super) fn forget_bound(&mut self, body: &'a [Stmt]) {
        let mut bound = Bound(HashSet::new());
        bound.visit_body(body);
        self.forget(&bound.0);
    }

    fn forget(&mut self, names: &HashSet<Sym>) {
        if let Some(latest) = &mut self.latest {
            latest.retain(|name, _| !names.contains(name));
        }
    }
}

/// What is known whichever of two ways control came.
fn join(a: Latest, b: Latest) -> Latest {
    match (a, b) {
        (Some(a), Some(mut b)) => {
            b.retain(|name, value| match a.get(name) {
                Some(other) => {
                    value.join(other);
                    true
                }
                None => false,
            });
            Some(b)
        }
        (a, b) => a.or(b),
    }
}

/// Collects the names that statements bind.
struct Bound(HashSet<Sym>);

impl<'a> Visitor<'a> for Bound {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.0.insert(def.name.id.clone());
            }
            Stmt::ClassDef(def) => {
                self.0.insert(def.name.id.clone());
            }
            Stmt::Import(import) => import.names.iter().for_each(|alias| {
                self.0
                    .insert(alias.asname.as_ref().unwrap_or(&alias.name).id.clone());
            }),
            Stmt::ImportFrom(import) => import.names.iter().for_each(|alias| {
                self.0
                    .insert(alias.asname.as_ref().unwrap_or(&alias.name).id.clone());
            }),
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.0.insert(name.id.clone());
            }
            Expr::Lambda(_) => {}
            _ => walk_expr(self, expr),
        }
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        self.visit_expr(&comprehension.iter);
        comprehension
            .ifs
            .iter()
            .for_each(|test| self.visit_expr(test));
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.0.insert(name.id.clone());
        }
        ruff_python_ast::visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_ref(),
            Pattern::MatchStar(capture) => capture.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.0.insert(name.id.clone());
        }
        ruff_python_ast::visitor::walk_pattern(self, pattern);
    }
}
