//! What objects are: what all bindings of a name agree on.

use super::aliases::made;
use super::{DEEPEST, Kind, Names, is_same, is_static};
use rightlane_source::syntax::ast::{
    AnyNodeRef, Expr, ExprCall, Parameter, StmtClassDef, StmtFunctionDef,
};
use rightlane_source::syntax::{Binding, NodeId, ScopeKind, Tree};

/// Most questions that are asked for one answer.
const MOST_STEPS: u32 = 1_000;

impl<'a> Names<'_, 'a> {
    /// What an object is.
    pub fn kind(&self, expr: &'a Expr) -> Option<Kind<'a>> {
        self.steps.set(0);
        self.kind_at(expr, 0)
    }

    fn kind_at(&self, expr: &'a Expr, depth: u32) -> Option<Kind<'a>> {
        self.steps.set(self.steps.get() + 1);
        if depth > DEEPEST || self.steps.get() > MOST_STEPS {
            return None;
        }
        match expr {
            Expr::Call(call) => self.kind_of_call(call, depth + 1),
            Expr::Named(named) => self.kind_at(&named.value, depth + 1),
            Expr::Name(name) => {
                let kinds = self
                    .bindings(name)
                    .iter()
                    .filter_map(|(id, binding)| match *binding {
                        Binding::Value(Expr::NoneLiteral(_)) => None,
                        Binding::Value(value) | Binding::Context(value) => {
                            Some(self.kind_at(value, depth + 1))
                        }
                        Binding::Parameter(parameter) => {
                            Some(self.kind_of_parameter(parameter, *id, depth + 1))
                        }
                        _ => Some(None),
                    });
                agreed(kinds)
            }
            Expr::Attribute(attribute) => match self.kind_at(&attribute.value, depth + 1)? {
                Kind::Instance(class) => self.kind_of_attribute(class, &attribute.attr, depth + 1),
                Kind::Made(_) => None,
            },
            _ => None,
        }
    }

    fn kind_of_call(&self, call: &'a ExprCall, depth: u32) -> Option<Kind<'a>> {
        match &*call.func {
            Expr::Name(name) => {
                if let Some(class) = self.class(name) {
                    return Some(Kind::Instance(class));
                }
                if let Some(def) = self.function(name) {
                    return self.kind_returned(def, depth);
                }
                Some(Kind::Made(made(&self.dotted(&call.func)?)))
            }
            Expr::Attribute(attribute) => {
                if let Some(owner) = self.kind_at(&attribute.value, depth) {
                    return match owner {
                        Kind::Made(of) => {
                            Some(Kind::Made(made(&format!("{of}.{}", attribute.attr))))
                        }
                        Kind::Instance(class) => {
                            let def = self.method(class, &attribute.attr, 0)?;
                            self.kind_returned(def, depth)
                        }
                    };
                }
                Some(Kind::Made(made(&self.dotted(&call.func)?)))
            }
            _ => None,
        }
    }

    fn kind_returned(&self, def: &'a StmtFunctionDef, depth: u32) -> Option<Kind<'a>> {
        let scope = self.view.scopes.opened_by(Tree::id(def));
        let returns = self.within(Tree::id(def)).filter_map(|node| match node {
            AnyNodeRef::StmtReturn(stmt) if Some(self.view.tree.scope(Tree::id(stmt))) == scope => {
                Some(
                    stmt.value
                        .as_deref()
                        .and_then(|value| self.kind_at(value, depth + 1)),
                )
            }
            _ => None,
        });
        agreed(returns)
    }

    /// What all assignments to an object's attribute agree on.
    fn kind_of_attribute(
        &self,
        class: &'a StmtClassDef,
        attr: &str,
        depth: u32,
    ) -> Option<Kind<'a>> {
        let values = self.within(Tree::id(class)).filter_map(|node| match node {
            AnyNodeRef::StmtAssign(assign) => {
                let is_it = |target: &Expr| match target {
                    Expr::Attribute(target) => {
                        target.attr.as_str() == attr && target.value.is_name_expr()
                    }
                    Expr::Name(name) => {
                        let scope = self.view.tree.scope(Tree::id(name));
                        name.id.as_str() == attr
                            && self.view.scopes.get(scope).kind == ScopeKind::Class
                    }
                    _ => false,
                };
                assign.targets.iter().any(is_it).then_some(&*assign.value)
            }
            _ => None,
        });
        let known = values.filter(|value| !value.is_none_literal_expr());
        agreed(known.map(|value| self.kind_at(value, depth + 1)))
    }

    fn kind_of_parameter(
        &self,
        parameter: &'a Parameter,
        id: NodeId,
        depth: u32,
    ) -> Option<Kind<'a>> {
        let mut around = self.view.tree.ancestors(id);
        let def = around.find_map(|id| self.definition(id))?;
        let class = self.class_around(def);
        let names: Vec<&str> = def
            .parameters
            .iter()
            .map(|each| each.name().as_str())
            .collect();
        let position = names
            .iter()
            .position(|name| *name == parameter.name.as_str())?;
        let is_bound = class.is_some() && !is_static(def);
        if is_bound && position == 0 {
            return class.map(Kind::Instance);
        }
        if let Some(annotation) = parameter.annotation.as_deref()
            && let Some(kind) = self.annotated(annotation)
        {
            return Some(kind);
        }
        let position = position - usize::from(is_bound);
        let given = self.within(NodeId(0)).filter_map(|node| match node {
            AnyNodeRef::ExprCall(call) if self.may_call(call, def) => call
                .arguments
                .find_argument_value(&parameter.name, position),
            _ => None,
        });
        // A call of itself hands it on.
        let others = given.filter(|value| {
            value.as_name_expr().is_none_or(|name| {
                name.id.as_str() != parameter.name.as_str()
                    || !self.view.tree.holds(Tree::id(def), Tree::id(name))
            })
        });
        agreed(others.map(|value| self.kind_at(value, depth + 1)))
    }

    /// Whether a call looks as if it called a function: by its name alone for methods.
    fn may_call(&self, call: &'a ExprCall, def: &'a StmtFunctionDef) -> bool {
        match &*call.func {
            Expr::Name(name) => self
                .function(name)
                .is_some_and(|called| is_same(called, def)),
            Expr::Attribute(attribute) => {
                attribute.attr == def.name && self.class_around(def).is_some()
            }
            _ => false,
        }
    }

    fn annotated(&self, annotation: &'a Expr) -> Option<Kind<'a>> {
        if let Expr::Name(name) = annotation
            && let Some(class) = self.class(name)
        {
            return Some(Kind::Instance(class));
        }
        Some(Kind::Made(made(&self.dotted(annotation)?)))
    }
}

fn agreed<'a>(kinds: impl Iterator<Item = Option<Kind<'a>>>) -> Option<Kind<'a>> {
    let mut found: Option<Kind<'a>> = None;
    for kind in kinds {
        let kind = kind?;
        let fits = match (&found, &kind) {
            (None, _) => true,
            (Some(Kind::Made(one)), Kind::Made(other)) => one == other,
            (Some(Kind::Instance(one)), Kind::Instance(other)) => is_same(*one, *other),
            _ => false,
        };
        if !fits {
            return None;
        }
        found = Some(kind);
    }
    found
}
