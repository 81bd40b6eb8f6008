//! Statements in their order: the block that a statement stands in, and what follows it there.

use super::model::Model;
use super::scope::ScopeId;
use super::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Stmt};

impl<'a> Model<'a> {
    /// The statements of the block that a statement stands in, and its place among them.
    pub fn block_of(&self, statement: NodeId) -> Option<(&'a [Stmt], usize)> {
        let around = self.tree.node(self.tree.parent(statement)?);
        bodies(around).into_iter().find_map(|body| {
            let at = body.iter().position(|each| Tree::id(each) == statement)?;
            Some((body, at))
        })
    }

    /// What stands after a statement in its block.
    pub fn following(&self, statement: NodeId) -> &'a [Stmt] {
        let block = self.block_of(statement);
        block.map_or(&[], |(body, at)| body.get(at + 1..).unwrap_or(&[]))
    }

    /// The calls of a method of a name in the statement right after that of a node.
    pub fn called_next(
        &self,
        node: NodeId,
        (scope, name): (ScopeId, &'a str),
        method: &str,
    ) -> Vec<NodeId> {
        let Some(next) = self.following(self.statement_of(node)).first() else {
            return Vec::new();
        };
        let methods = self.methods_called(scope, name).into_iter();
        let of_next = methods
            .filter(|(attr, call)| *attr == method && self.tree.holds(Tree::id(next), *call));
        of_next.map(|(_, call)| call).collect()
    }

    /// Whether the block that a statement stands in leaves its loop or function after it.
    pub fn leaves_after(&self, statement: NodeId) -> bool {
        let rest = self.following(statement);
        rest.last().is_some_and(leaves)
    }
}

/// Whether a statement ends the run of its block.
pub(crate) fn leaves(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_))
}

/// The blocks that a statement (or a clause of one) consists of.
fn bodies<'a>(node: AnyNodeRef<'a>) -> Vec<&'a [Stmt]> {
    match node {
        AnyNodeRef::ModModule(of) => vec![&of.body],
        AnyNodeRef::StmtFunctionDef(of) => vec![&of.body],
        AnyNodeRef::StmtClassDef(of) => vec![&of.body],
        AnyNodeRef::StmtFor(of) => vec![&of.body, &of.orelse],
        AnyNodeRef::StmtWhile(of) => vec![&of.body, &of.orelse],
        AnyNodeRef::StmtIf(of) => vec![&of.body],
        AnyNodeRef::ElifElseClause(of) => vec![&of.body],
        AnyNodeRef::StmtWith(of) => vec![&of.body],
        AnyNodeRef::StmtTry(of) => vec![&of.body, &of.orelse, &of.finalbody],
        AnyNodeRef::ExceptHandlerExceptHandler(of) => vec![&of.body],
        AnyNodeRef::MatchCase(of) => vec![&of.body],
        _ => Vec::new(),
    }
}
