//! What becomes of a value: dropped, kept in a name, passed on, waited for.

use super::model::Model;
use super::scope::ScopeId;
use super::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute};

/// How the value of an expression is used by what directly surrounds it.
pub(crate) enum Use<'a> {
    /// An expression statement.
    Dropped,
    /// `name = value`: kept in a name of this scope.
    Named {
        name: &'a str,
        scope: ScopeId,
    },
    /// `object.attr = value`.
    Attribute(&'a ExprAttribute),
    /// `with value as target`.
    Context(Option<&'a Expr>),
    Awaited,
    /// `value.attr`; with the call if it is called at once.
    Method {
        attr: &'a str,
        call: Option<NodeId>,
    },
    /// An argument of this call, or its starred part.
    Argument(NodeId),
    Returned,
    /// An item of a list, tuple, set or dict, or what a comprehension makes; the node of that.
    Item(NodeId),
    /// What a loop goes over.
    Iterated(NodeId),
    Other,
}

/// What an expression names: the same place, the same object, as far as names can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place<'a> {
    /// A name of this scope.
    Name(ScopeId, &'a str),
    /// An attribute of the objects of this class.
    Attribute(NodeId, &'a str),
}

impl<'a> Model<'a> {
    /// The place that a name, or an attribute of an object of a class of this file, is.
    pub fn place_of(&self, expr: &'a Expr) -> Option<Place<'a>> {
        match expr {
            Expr::Name(name) => {
                let home = self
                    .scopes
                    .home(self.tree.scope(Tree::id(name)), &name.id)?;
                Some(Place::Name(home, &name.id))
            }
            Expr::Attribute(attribute) => {
                let class = self.class_of(&*attribute.value)?;
                Some(Place::Attribute(Tree::id(class), &attribute.attr))
            }
            _ => None,
        }
    }

    /// What becomes of the value of the expression at a node.
    pub fn use_of(&self, node: NodeId) -> Use<'a> {
        let Some(parent) = self.tree.parent(node) else {
            return Use::Other;
        };
        match self.tree.node(parent) {
            AnyNodeRef::StmtExpr(_) => Use::Dropped,
            AnyNodeRef::StmtAssign(assign) => match assign.targets.as_slice() {
                [target] => self.assigned(target),
                _ => Use::Other,
            },
            AnyNodeRef::StmtAnnAssign(assign) => self.assigned(&assign.target),
            AnyNodeRef::ExprNamed(named) => self.assigned(&named.target),
            AnyNodeRef::WithItem(item) => Use::Context(item.optional_vars.as_deref()),
            AnyNodeRef::ExprAwait(_) => Use::Awaited,
            AnyNodeRef::ExprAttribute(attribute) => Use::Method {
                attr: &attribute.attr,
                call: self.call_of_function(parent),
            },
            AnyNodeRef::StmtReturn(_) | AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprLambda(_) => {
                Use::Returned
            }
            AnyNodeRef::Arguments(_) | AnyNodeRef::Keyword(_) | AnyNodeRef::ExprStarred(_) => {
                let mut around = self.tree.ancestors(parent);
                let call = around.find(|id| {
                    !matches!(
                        self.tree.node(*id),
                        AnyNodeRef::Arguments(_) | AnyNodeRef::Keyword(_)
                    )
                });
                match call.map(|call| (call, self.tree.node(call))) {
                    Some((call, AnyNodeRef::ExprCall(_))) => Use::Argument(call),
                    Some((list, _)) => Use::Item(list),
                    None => Use::Other,
                }
            }
            AnyNodeRef::ExprList(_)
            | AnyNodeRef::ExprTuple(_)
            | AnyNodeRef::ExprSet(_)
            | AnyNodeRef::ExprDict(_)
            | AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_) => Use::Item(parent),
            AnyNodeRef::StmtFor(each) if Tree::id(&*each.iter) == node => Use::Iterated(parent),
            AnyNodeRef::Comprehension(each) if Tree::id(&each.iter) == node => {
                Use::Iterated(parent)
            }
            AnyNodeRef::ExprIf(_) | AnyNodeRef::ExprBoolOp(_) => self.use_of(parent),
            _ => Use::Other,
        }
    }

    fn assigned(&self, target: &'a Expr) -> Use<'a> {
        match target {
            Expr::Name(name) => {
                let scope = self.tree.scope(Tree::id(name));
                // A new name of this scope, unless it is declared to be an outer one's.
                let home = self.scopes.home(scope, &name.id).unwrap_or(scope);
                Use::Named {
                    name: &name.id,
                    scope: home,
                }
            }
            Expr::Attribute(attribute) => Use::Attribute(attribute),
            _ => Use::Other,
        }
    }

    /// The call whose function is the expression at a node.
    pub fn call_of_function(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.tree.parent(node)?;
        match self.tree.node(parent) {
            AnyNodeRef::ExprCall(call) if Tree::id(&*call.func) == node => Some(parent),
            _ => None,
        }
    }

    /// The methods called on a name of this very scope, with their calls: `name.attr(…)`.
    pub fn methods_called(&self, scope: ScopeId, name: &'a str) -> Vec<(&'a str, NodeId)> {
        let reads = self.scopes.reads(scope, name);
        let calls = reads.iter().filter_map(|read| self.method_called(*read));
        calls.collect()
    }

    /// The method called on the expression at a node, and the call.
    pub fn method_called(&self, node: NodeId) -> Option<(&'a str, NodeId)> {
        match self.use_of(node) {
            Use::Method {
                attr,
                call: Some(call),
            } => Some((attr, call)),
            _ => None,
        }
    }

    /// Whether a name of this very scope is used otherwise than for its methods and attributes: passed
    /// on, returned, put into something, bound again. Then others may do with it what they like.
    pub fn is_passed_on(&self, scope: ScopeId, name: &'a str) -> bool {
        let reads = self.scopes.reads(scope, name);
        reads.iter().any(|read| {
            !matches!(
                self.use_of(*read),
                Use::Method { .. } | Use::Dropped | Use::Context(_) | Use::Awaited
            )
        })
    }
}
