//! Loops whose iterations are few, far between, or there to try again.

use super::model::Model;
use super::names::last_name;
use super::tree::NodeId;
use ruff_python_ast::{AnyNodeRef, Expr};

impl<'a> Model<'a> {
    /// What a `for` loop or the first part of a comprehension goes over.
    pub fn iterable_of(&self, loop_: NodeId) -> Option<&'a Expr> {
        match self.tree.node(loop_) {
            AnyNodeRef::StmtFor(each) => Some(&each.iter),
            AnyNodeRef::ExprListComp(each) => Some(&each.generators.first()?.iter),
            AnyNodeRef::ExprSetComp(each) => Some(&each.generators.first()?.iter),
            AnyNodeRef::ExprDictComp(each) => Some(&each.generators.first()?.iter),
            AnyNodeRef::ExprGenerator(each) => Some(&each.generators.first()?.iter),
            _ => None,
        }
    }

    /// Whether a loop waits in each iteration: it sleeps, or blocks otherwise.
    pub fn pauses(&self, loop_: NodeId) -> bool {
        self.calls_in(loop_).iter().any(|call| {
            let name = self.called(call);
            name.is_some_and(|name| name.ends_with("sleep") || name.ends_with(".wait"))
        })
    }

    /// Whether a loop is there to try again what failed: a `try` within it that goes on after an
    /// exception, and leaves it after a success.
    pub fn tries_again(&self, loop_: NodeId) -> bool {
        let mut tries = false;
        let mut leaves = false;
        for id in self.tree.within(loop_) {
            match self.tree.node(id) {
                AnyNodeRef::ExceptHandlerExceptHandler(_) => tries = true,
                AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtReturn(_) => leaves = true,
                _ => {}
            }
        }
        tries && leaves
    }

    /// The `for`, `while` and comprehension around a node, inside out, within its function.
    pub fn loops_around(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.loop_of(node), |outer| self.loop_of(*outer))
    }

    /// The calls of this file that call the function of this name.
    pub fn calls_named<'m>(
        &'m self,
        name: &'m str,
    ) -> impl Iterator<Item = &'m super::model::Call<'a>> {
        let last = name.rsplit('.').next().unwrap_or(name);
        self.calls.iter().filter(move |call| {
            // Cheap first: a name under which it was imported is not looked for.
            last_name(&call.expr.func) == Some(last)
                && self.called(call).is_some_and(|called| &*called == name)
        })
    }
}
