//! What the expressions of a file refer to, as far as the table needs to know it.
//!
//! A library's function has its dotted name (`requests.get`); what is called on an object has the name of
//! what made the object before it (`requests.Session.get`). Where bindings disagree there is no answer.

mod aliases;
mod kinds;

use aliases::canonical;
use rightlane_source::syntax::ast::{
    AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprName, HasNodeIndex, Stmt, StmtClassDef,
    StmtFunctionDef,
};
use rightlane_source::syntax::{Binding, File, NodeId, Ranged, Tree, View};
use std::cell::Cell;

/// Names refer to names, and circles must end.
const DEEPEST: u32 = 12;

/// What an object is.
#[derive(Clone)]
pub(super) enum Kind<'a> {
    /// Made by the library's function of this name.
    Made(String),
    /// Of a class of this file.
    Instance(&'a StmtClassDef),
}

/// What a call calls.
pub(super) enum Callee<'a> {
    /// A function or method of this file.
    Own(&'a StmtFunctionDef),
    /// A function or an object's method of a library.
    Library(String),
    /// A method of this name of an object that nothing is known of.
    Unclear(&'a str),
    /// A value that is called.
    Value,
}

/// A file, and what its names mean.
#[derive(Clone, Copy)]
pub(super) struct Names<'v, 'a> {
    pub file: &'v File,
    pub view: &'v View<'a>,
    /// How many questions were asked for the present answer.
    pub steps: &'v Cell<u32>,
}

impl<'a> Names<'_, 'a> {
    /// All nodes within one.
    pub fn within(&self, node: NodeId) -> impl Iterator<Item = AnyNodeRef<'a>> {
        self.view
            .tree
            .within(node)
            .map(|id| self.view.tree.node(id))
    }

    /// What a call calls.
    pub fn callee(&self, call: &'a ExprCall) -> Callee<'a> {
        match &*call.func {
            Expr::Name(name) => {
                if let Some(def) = self.function(name) {
                    return Callee::Own(def);
                }
                if let Some(class) = self.class(name) {
                    return self
                        .method(class, "__init__", 0)
                        .map_or(Callee::Value, Callee::Own);
                }
                self.dotted(&call.func)
                    .map_or(Callee::Value, Callee::Library)
            }
            Expr::Attribute(attribute) => self.attribute_callee(attribute),
            _ => Callee::Value,
        }
    }

    fn attribute_callee(&self, attribute: &'a ExprAttribute) -> Callee<'a> {
        let attr = attribute.attr.as_str();
        match self.kind(&attribute.value) {
            Some(Kind::Made(made)) => Callee::Library(format!("{made}.{attr}")),
            Some(Kind::Instance(class)) => self
                .method(class, attr, 0)
                .map_or(Callee::Unclear(attr), Callee::Own),
            None if self.class_named(&attribute.value).is_some() => self
                .class_named(&attribute.value)
                .and_then(|class| self.method(class, attr, 0))
                .filter(|def| !def.decorator_list.is_empty())
                .map_or(Callee::Unclear(attr), Callee::Own),
            None => match self.imported_attribute(attribute) {
                Some(name) => Callee::Library(name),
                None => Callee::Unclear(attr),
            },
        }
    }

    /// The name of an attribute of a module.
    pub fn imported_attribute(&self, attribute: &'a ExprAttribute) -> Option<String> {
        let name = self.dotted(&attribute.value)?;
        Some(canonical(&format!("{name}.{}", attribute.attr)))
    }

    /// The bindings of a name, where it is bound in this file.
    pub fn bindings(&self, name: &'a ExprName) -> &[(NodeId, Binding<'a>)] {
        let scope = self.view.tree.scope(Tree::id(name));
        match self.view.scopes.home(scope, &name.id) {
            Some(home) => self.view.scopes.bindings(home, &name.id),
            None => &[],
        }
    }

    /// The function of this file that a name stands for.
    pub fn function(&self, name: &'a ExprName) -> Option<&'a StmtFunctionDef> {
        match self.bindings(name) {
            [(_, Binding::Function(id))] => self.definition(*id),
            _ => None,
        }
    }

    fn definition(&self, id: NodeId) -> Option<&'a StmtFunctionDef> {
        match self.view.tree.node(id) {
            AnyNodeRef::StmtFunctionDef(def) => Some(def),
            _ => None,
        }
    }

    fn class_named(&self, expr: &'a Expr) -> Option<&'a StmtClassDef> {
        expr.as_name_expr().and_then(|name| self.class(name))
    }

    fn class(&self, name: &'a ExprName) -> Option<&'a StmtClassDef> {
        match self.bindings(name) {
            [(_, Binding::Class(class))] => Some(class),
            _ => None,
        }
    }

    /// A method of a class, its own or inherited within the file.
    pub fn method(
        &self,
        class: &'a StmtClassDef,
        name: &str,
        depth: u32,
    ) -> Option<&'a StmtFunctionDef> {
        let own = class.body.iter().find_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if def.name.as_str() == name => Some(def),
            _ => None,
        });
        if own.is_some() || depth > DEEPEST {
            return own;
        }
        let bases = class.arguments.iter().flat_map(|all| &all.args);
        bases
            .filter_map(|base| base.as_name_expr().and_then(|name| self.class(name)))
            .find_map(|base| self.method(base, name, depth + 1))
    }

    /// Whether a class is derived from another.
    pub fn inherits(&self, class: &'a StmtClassDef, from: &StmtClassDef, depth: u32) -> bool {
        let bases = class.arguments.iter().flat_map(|all| &all.args);
        let mut bases = bases.filter_map(|base| self.class_named(base));
        depth < DEEPEST
            && bases.any(|base| is_same(base, from) || self.inherits(base, from, depth + 1))
    }

    /// The class that a function is a method of.
    pub fn class_around(&self, def: &'a StmtFunctionDef) -> Option<&'a StmtClassDef> {
        let parent = self.view.tree.parent(Tree::id(def))?;
        match self.view.tree.node(parent) {
            AnyNodeRef::StmtClassDef(class) => Some(class),
            _ => None,
        }
    }

    /// The dotted name of a module or of what was taken from one; of an unbound name itself.
    pub fn dotted(&self, expr: &'a Expr) -> Option<String> {
        match expr {
            Expr::Name(name) => self.dotted_name(name).map(|name| canonical(&name)),
            Expr::Attribute(attribute) => {
                let owner = self.dotted(&attribute.value)?;
                Some(canonical(&format!("{owner}.{}", attribute.attr)))
            }
            _ => None,
        }
    }

    /// The same of a name.
    pub fn dotted_name(&self, name: &'a ExprName) -> Option<String> {
        let scope = self.view.tree.scope(Tree::id(name));
        if self.view.scopes.home(scope, &name.id).is_none() {
            return Some(name.id.to_string());
        }
        let mut found: Option<String> = None;
        for (_, binding) in self.bindings(name) {
            let meant = match *binding {
                Binding::Import { module, whole } if whole => module.to_owned(),
                Binding::Import { module, .. } => module.split('.').next()?.to_owned(),
                Binding::ImportFrom { import, name } if import.level == 0 => {
                    format!("{}.{name}", import.module.as_ref()?)
                }
                _ => return None,
            };
            if found.as_ref().is_some_and(|found| *found != meant) {
                return None;
            }
            found = Some(meant);
        }
        found
    }

    /// Line of a node, as in "line 12".
    pub fn line(&self, node: impl Ranged) -> String {
        format!("line {}", self.file.line(node.start()))
    }
}

/// Whether a method takes no object.
pub(super) fn is_static(def: &StmtFunctionDef) -> bool {
    def.decorator_list
        .iter()
        .any(|each| matches!(&each.expression, Expr::Name(name) if name.id == "staticmethod"))
}

/// Whether two nodes are the same one.
pub(super) fn is_same(one: &impl HasNodeIndex, other: &impl HasNodeIndex) -> bool {
    one.node_index().load() == other.node_index().load()
}
