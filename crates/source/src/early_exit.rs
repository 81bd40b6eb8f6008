//! Statements that may end a loop early.

use crate::trace::{LoopInfo, LoopNode};
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextSize};

/// The first `break`, `return` or `raise` that may end the loop, or the consumer (`any`, `next`)
/// that may stop asking.
pub(crate) fn early_exit(info: &LoopInfo<'_>) -> Option<TextSize> {
    find(info, TextSize::default(), true)
}

/// The same, of what stands behind `from` and is no failure: no `raise`, no `sys.exit()`.
pub(crate) fn exit_after(info: &LoopInfo<'_>, from: TextSize) -> Option<TextSize> {
    find(info, from, false)
}

fn find(info: &LoopInfo<'_>, from: TextSize, failures: bool) -> Option<TextSize> {
    let body: &[Stmt] = match info.node {
        LoopNode::For(stmt) => &stmt.body,
        LoopNode::While(stmt) => &stmt.body,
        LoopNode::Comprehension { .. } | LoopNode::Map { .. } | LoopNode::Block => {
            return info.stopped_by.map(TextSize::from);
        }
    };
    let mut finder = Finder {
        from,
        failures,
        inner: 0,
        caught: 0,
        found: None,
    };
    finder.visit_body(body);
    finder.found
}

/// `sys.exit()` and the like.
fn ends_program(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    match &*call.func {
        Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
        Expr::Attribute(attribute) => {
            let of = attribute.value.as_name_expr().map(|name| name.id.as_str());
            matches!(
                (of, attribute.attr.as_str()),
                (Some("sys"), "exit") | (Some("os"), "_exit")
            )
        }
        _ => false,
    }
}

struct Finder {
    from: TextSize,
    /// Whether a failure counts.
    failures: bool,
    /// Loops within the loop: their `break` is their own.
    inner: u32,
    /// `try` statements within the loop: a `raise` in them may be caught there.
    caught: u32,
    found: Option<TextSize>,
}

impl<'a> StatementVisitor<'a> for Finder {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let leaves = match stmt {
            Stmt::Break(_) => self.inner == 0,
            Stmt::Return(_) => true,
            Stmt::Raise(_) => self.failures && self.caught == 0,
            Stmt::Expr(expr) => self.failures && ends_program(&expr.value),
            _ => false,
        };
        if leaves && stmt.start() >= self.from {
            self.found.get_or_insert(stmt.start());
        }
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::For(inner) => {
                self.inner += 1;
                self.visit_body(&inner.body);
                self.inner -= 1;
                self.visit_body(&inner.orelse);
            }
            Stmt::While(inner) => {
                self.inner += 1;
                self.visit_body(&inner.body);
                self.inner -= 1;
                self.visit_body(&inner.orelse);
            }
            Stmt::Try(inner) => {
                self.caught += u32::from(!inner.handlers.is_empty());
                self.visit_body(&inner.body);
                self.caught -= u32::from(!inner.handlers.is_empty());
                inner
                    .handlers
                    .iter()
                    .for_each(|handler| self.visit_except_handler(handler));
                self.visit_body(&inner.orelse);
                self.visit_body(&inner.finalbody);
            }
            _ => walk_stmt(self, stmt),
        }
    }
}
