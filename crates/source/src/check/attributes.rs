//! The attributes of a file's classes: what methods assign to `self.attr`, and where they read it.

use super::model::Model;
use super::scope::{Binding, ScopeKind};
use super::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute, ExprContext, StmtClassDef};
use rustc_hash::FxHashMap;

/// An attribute of one class.
#[derive(Default)]
pub(crate) struct Attribute<'a> {
    /// What is assigned to it.
    values: Vec<&'a Expr>,
    /// The nodes `self.attr` that are read.
    reads: Vec<NodeId>,
    /// The nodes `self.attr` that are assigned, deleted or assigned by `+=`.
    writes: Vec<NodeId>,
}

/// By the class's node and the attribute's name.
pub(crate) type Attributes<'a> = FxHashMap<NodeId, FxHashMap<&'a str, Attribute<'a>>>;

impl<'a> Model<'a> {
    /// What is assigned to an attribute: `self.attr = value` in the methods of a class and its bases
    /// in this file, and `attr = value` in their bodies.
    pub fn attribute_values(&self, class: &'a StmtClassDef, attr: &str) -> Vec<&'a Expr> {
        let family = self.family(class);
        let each = family
            .iter()
            .filter_map(|class| self.attribute(class, attr));
        each.flat_map(|found| found.values.iter().copied())
            .collect()
    }

    /// Where `self.attr` is read in the methods of a class.
    pub fn attribute_reads(&self, class: &'a StmtClassDef, attr: &str) -> &[NodeId] {
        self.attribute(class, attr)
            .map_or(&[], |found| &found.reads)
    }

    /// Where `self.attr` is assigned in the methods of a class, also by `+=`.
    pub fn attribute_writes(&self, class: &'a StmtClassDef, attr: &str) -> &[NodeId] {
        self.attribute(class, attr)
            .map_or(&[], |found| &found.writes)
    }

    fn attribute(&self, class: &'a StmtClassDef, attr: &str) -> Option<&Attribute<'a>> {
        let all = self.attributes.get_or_init(|| self.list_attributes());
        all.get(&Tree::id(class))?.get(attr)
    }

    fn list_attributes(&self) -> Attributes<'a> {
        let mut found = Attributes::default();
        for id in self.tree.within(NodeId(0)) {
            if let AnyNodeRef::ExprAttribute(attribute) = self.tree.node(id)
                && let Some(class) = self.class_of_owner(attribute)
            {
                let of_class = found.entry(Tree::id(class)).or_default();
                let entry = of_class.entry(attribute.attr.as_str()).or_default();
                match attribute.ctx {
                    ExprContext::Load => entry.reads.push(id),
                    _ => entry.writes.push(id),
                }
                entry.values.extend(self.value_for(attribute, id));
            }
        }
        for scope in self.scopes.ids() {
            let AnyNodeRef::StmtClassDef(class) = self.tree.node(self.scopes.get(scope).node)
            else {
                continue;
            };
            for name in self.scopes.names(scope) {
                for (_, binding) in self.scopes.bindings(scope, name) {
                    if let Binding::Value(value) = binding {
                        let of_class = found.entry(Tree::id(class)).or_default();
                        of_class.entry(name).or_default().values.push(value);
                    }
                }
            }
        }
        found
    }

    fn class_of_owner(&self, attribute: &'a ExprAttribute) -> Option<&'a StmtClassDef> {
        let Expr::Name(name) = &*attribute.value else {
            return None;
        };
        let scope = self.tree.scope(Tree::id(name));
        let home = self.scopes.home(scope, &name.id)?;
        match self.scopes.get(home).kind {
            ScopeKind::Function => self.class_of_self(home, &name.id),
            _ => match self.scopes.bindings(home, &name.id) {
                [(_, Binding::Class(class))] => Some(*class),
                _ => None,
            },
        }
    }

    /// The value that a statement assigns to `self.attr` as one of its whole targets.
    fn value_for(&self, attribute: &'a ExprAttribute, id: NodeId) -> Option<&'a Expr> {
        let is_it =
            |target: &Expr| matches!(target, Expr::Attribute(at) if std::ptr::eq(at, attribute));
        match self.tree.node(self.tree.parent(id)?) {
            AnyNodeRef::StmtAssign(assign) => {
                let whole = assign.targets.iter().any(is_it);
                whole.then_some(&*assign.value)
            }
            AnyNodeRef::StmtAnnAssign(assign) => {
                let whole = is_it(&assign.target);
                assign.value.as_deref().filter(|_| whole)
            }
            AnyNodeRef::WithItem(item) => {
                let whole = item.optional_vars.as_deref().is_some_and(is_it);
                whole.then_some(&item.context_expr)
            }
            _ => None,
        }
    }
}
