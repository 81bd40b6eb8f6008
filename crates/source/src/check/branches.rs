//! Whether a node is evaluated each time its function is called, or depends on something.

use super::model::{Function, Model};
use super::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Stmt};

impl<'a> Model<'a> {
    /// Whether it may depend on something whether a node of a function is reached: it stands in a
    /// branch, or after an `if` that returns.
    pub fn is_conditional(&self, node: NodeId, function: &Function<'a>) -> bool {
        self.early_return(function).is_some_and(|at| at < node)
            || self.is_in_branch(node, function.node)
    }

    /// Whether a node stands in a branch of what stands around it, up to `outer`.
    pub fn is_in_branch(&self, node: NodeId, outer: NodeId) -> bool {
        let mut inner = node;
        let mut around = self.tree.ancestors(node).take_while(|id| *id != outer);
        around.any(|id| {
            let is_branch = match self.tree.node(id) {
                AnyNodeRef::StmtIf(check) => Tree::id(&*check.test) != inner,
                AnyNodeRef::ExprIf(check) => Tree::id(&*check.test) != inner,
                AnyNodeRef::ExceptHandlerExceptHandler(_) | AnyNodeRef::MatchCase(_) => true,
                _ => false,
            };
            inner = id;
            is_branch
        })
    }

    /// The first statement of a function's body that returns under a condition.
    pub fn early_return(&self, function: &Function<'a>) -> Option<NodeId> {
        let body = function.body().iter();
        let mut early = body.filter(|statement| match statement {
            Stmt::If(check) => check.body.iter().any(Stmt::is_return_stmt),
            _ => false,
        });
        early.next().map(Tree::id)
    }
}
