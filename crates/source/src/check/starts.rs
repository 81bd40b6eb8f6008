//! Whether work that is handed over runs several times at the same time.

use super::model::Model;
use super::tasks::{How, Submission};
use super::tree::{NodeId, Tree};
use super::uses::Use;
use ruff_python_ast::AnyNodeRef;

/// Methods that wait for a thread, a process or a future.
const WAITS: &[&str] = &["join", "result", "get", "wait", "exception"];

impl<'a> Model<'a> {
    /// Whether the task of one submission may run several times at the same time: by a map, or in a
    /// loop that does not wait for each.
    pub fn repeats(&self, submission: &Submission<'_, 'a>) -> bool {
        if self.has_one_worker(submission) {
            return false;
        }
        match submission.how {
            How::Apply => false,
            how if how.is_map() => true,
            How::Initializer => true,
            _ => {
                let node = submission.call.node;
                let around = self.loop_of(node);
                around.is_some_and(|around| !self.is_waited_in(node, around))
            }
        }
    }

    /// Whether each round of a loop waits for the work that it starts at a node.
    pub fn is_waited_in(&self, node: NodeId, around: NodeId) -> bool {
        let statement = self.statement_of(node);
        let is_return = matches!(self.tree.node(statement), AnyNodeRef::StmtReturn(_));
        let ends = || is_return || self.leaves_after(statement);
        if self.is_awaited(node) || (self.tree.holds(around, statement) && ends()) {
            return true;
        }
        // The end of a `with` on a pool waits.
        let mut inside = self.tree.ancestors(node).take_while(|id| *id != around);
        if inside.any(|id| self.is_pool_block(id)) {
            return true;
        }
        match self.use_of(node) {
            Use::Method { attr, .. } => WAITS.contains(&attr),
            Use::Named { name, scope } => {
                let called = self.methods_called(scope, name);
                called
                    .iter()
                    .any(|(attr, call)| WAITS.contains(attr) && self.loop_of(*call) == Some(around))
            }
            _ => false,
        }
    }

    fn is_pool_block(&self, node: NodeId) -> bool {
        let AnyNodeRef::StmtWith(with) = self.tree.node(node) else {
            return false;
        };
        let mut items = with.items.iter();
        items.any(|item| self.pool_of(&item.context_expr).is_some())
    }

    /// Whether two submissions, neither repeated, run at the same time as far as their function shows:
    /// both happen, and nothing waits in between.
    pub fn overlap(&self, first: &Submission<'_, 'a>, second: &Submission<'_, 'a>) -> bool {
        let (a, b) = (first.call.node, second.call.node);
        if first.call.function != second.call.function || self.tree.holds(a, b) {
            return false;
        }
        if self.has_one_worker(first) || self.has_one_worker(second) {
            return false;
        }
        if matches!(first.how, How::Apply) || self.is_awaited(a) || self.are_alternatives(a, b) {
            return false;
        }
        if matches!(self.use_of(a), Use::Method { attr, .. } if WAITS.contains(&attr)) {
            return false;
        }
        let mut outside = self.tree.ancestors(a).filter(|id| !self.tree.holds(*id, b));
        if outside.any(|id| self.is_pool_block(id)) {
            return false;
        }
        let between = self.calls.partition_point(|call| call.node <= a);
        let calls = self
            .calls
            .iter()
            .skip(between)
            .take_while(|call| call.node < b);
        let mut methods = calls.filter_map(|call| call.expr.func.as_attribute_expr());
        !methods.any(|method| {
            let waits = WAITS.contains(&method.attr.as_str()) || method.attr.as_str() == "shutdown";
            waits && !method.value.is_string_literal_expr()
        })
    }

    /// Whether only one of two nodes of a function is reached: they stand in different branches.
    fn are_alternatives(&self, a: NodeId, b: NodeId) -> bool {
        let statement = self.statement_of(a);
        let own = self.tree.parent(statement);
        if self.leaves_after(statement) && own.is_some_and(|own| !self.tree.holds(own, b)) {
            return true;
        }
        let mut around = self.tree.ancestors(a);
        let Some(both) = around.find(|id| self.tree.holds(*id, b)) else {
            return false;
        };
        let holds_one = |id: NodeId| self.tree.holds(id, a) || self.tree.holds(id, b);
        match self.tree.node(both) {
            AnyNodeRef::StmtIf(of) => of.elif_else_clauses.iter().any(|c| holds_one(Tree::id(c))),
            AnyNodeRef::StmtTry(of) => of.handlers.iter().any(|h| holds_one(Tree::id(h))),
            AnyNodeRef::StmtMatch(_) | AnyNodeRef::ExprIf(_) => true,
            _ => false,
        }
    }
}
