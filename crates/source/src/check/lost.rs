//! Results that nobody looks at.

use super::model::{Function, Model};
use super::tree::{NodeId, Tree};
use super::uses::Use;
use ruff_python_ast::{AnyNodeRef, ExceptHandler, Expr, Stmt};

impl<'a> Model<'a> {
    /// Whether nothing ever asks for the value of the expression at a node: it is dropped, or kept in a
    /// name or a list that nothing reads.
    pub fn is_lost(&self, node: NodeId) -> bool {
        match self.use_of(node) {
            Use::Dropped => true,
            Use::Named { name, scope } => self.scopes.reads(scope, name).is_empty(),
            Use::Item(list) => self.is_lost(list),
            Use::Argument(call) => self.is_appended_in_vain(call),
            _ => false,
        }
    }

    /// Whether a call puts its argument into a list that is never read.
    fn is_appended_in_vain(&self, call: NodeId) -> bool {
        let AnyNodeRef::ExprCall(call) = self.tree.node(call) else {
            return false;
        };
        let Some(method) = call.func.as_attribute_expr() else {
            return false;
        };
        if !matches!(method.attr.as_str(), "append" | "add") {
            return false;
        }
        let Some(list) = method.value.as_name_expr() else {
            return false;
        };
        let scope = self.tree.scope(Tree::id(list));
        let Some(home) = self.scopes.home(scope, &list.id) else {
            return false;
        };
        // A parameter belongs to the caller, who may read it.
        let mut bindings = self.scopes.bindings(home, &list.id).iter();
        let is_own = bindings.all(|(at, _)| self.tree.node(*at).is_statement());
        let is_function = self.scopes.function(home).is_some();
        let filled =
            |read: &NodeId| matches!(self.method_called(*read), Some(("append" | "add", _)));
        is_function && is_own && self.scopes.reads(home, &list.id).iter().all(filled)
    }

    /// Whether a function visibly handles every exception itself: but for assignments, its body is one
    /// `try` (or an endless loop around one) that catches `Exception` and does not raise it again.
    pub fn handles_everything(&self, function: &Function<'a>) -> bool {
        catches(function.body())
    }
}

fn catches(body: &[Stmt]) -> bool {
    let mut tries = false;
    for statement in body {
        match statement {
            Stmt::Expr(text) if matches!(*text.value, Expr::StringLiteral(_)) => {}
            Stmt::Assign(assign) if !assign.value.is_call_expr() => {}
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::Import(_) => {}
            Stmt::While(each) if catches(&each.body) => tries = true,
            Stmt::Try(part) if part.handlers.iter().any(is_broad) => tries = true,
            _ => return false,
        }
    }
    tries
}

fn is_broad(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    let broad = match handler.type_.as_deref() {
        None => true,
        Some(Expr::Name(name)) => matches!(name.id.as_str(), "Exception" | "BaseException"),
        Some(_) => false,
    };
    broad && !handler.body.iter().any(Stmt::is_raise_stmt)
}
