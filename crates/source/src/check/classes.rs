//! The classes of a file: whose instance an expression is, what a class is derived from.

use super::canonical::canonical;
use super::model::Model;
use super::names::DEEPEST;
use super::scope::{Binding, ScopeId};
use super::tree::Tree;
use ruff_python_ast::{ExprRef, StmtClassDef};

impl<'a> Model<'a> {
    /// The class in this file that an expression is an instance of, or is itself.
    pub fn class_of(&self, expr: impl Into<ExprRef<'a>>) -> Option<&'a StmtClassDef> {
        self.asked(|| match expr.into() {
            ExprRef::Name(name) => {
                let scope = self.tree.scope(Tree::id(name));
                let home = self.scopes.home(scope, &name.id)?;
                let bindings = self.scopes.bindings(home, &name.id);
                match bindings {
                    [(_, Binding::Class(class))] => Some(*class),
                    [(_, Binding::Parameter(parameter))] if parameter.annotation.is_none() => {
                        self.class_of_self(home, &parameter.name)
                    }
                    _ => self.class_named(&self.type_of(name)?),
                }
            }
            other => self.class_named(&self.type_of(other)?),
        })
    }

    /// The class whose method has `name` as its first parameter.
    pub(super) fn class_of_self(&self, scope: ScopeId, name: &str) -> Option<&'a StmtClassDef> {
        let at = self.functions.binary_search_by_key(&scope, |f| f.scope);
        let function = &self.functions[at.ok()?];
        let class = function.class?;
        let first = function.parameters()?.iter_non_variadic_params().next()?;
        let fixed = function.def()?.decorator_list.iter();
        let fixed = fixed
            .filter_map(|decorator| decorator.expression.as_name_expr())
            .any(|name| name.id == "staticmethod");
        (!fixed && first.parameter.name.as_str() == name).then_some(class)
    }

    /// The class of this name in this file.
    pub fn class_named(&self, name: &str) -> Option<&'a StmtClassDef> {
        let inside = name.strip_prefix(self.name.as_str())?.strip_prefix('.')?;
        let mut scope = ScopeId(0);
        let mut found = None;
        for part in inside.split('.') {
            let (_, binding) = self.scopes.bindings(scope, part).first()?;
            match binding {
                Binding::Class(class) => {
                    found = Some(*class);
                    scope = self.scopes.opened_by(Tree::id(*class))?;
                }
                Binding::Function(node) => {
                    found = None;
                    scope = self.scopes.opened_by(*node)?;
                }
                _ => return None,
            }
        }
        found
    }

    pub fn class_name(&self, class: &'a StmtClassDef) -> String {
        self.qualified(self.tree.scope(Tree::id(class)), &class.name)
    }

    /// The names of a class's bases, those of its bases in this file included.
    pub fn bases(&self, class: &'a StmtClassDef) -> Vec<String> {
        let mut found = Vec::new();
        let mut waiting = vec![class];
        let mut steps = 0;
        while let Some(class) = waiting.pop() {
            steps += 1;
            if steps > DEEPEST {
                break;
            }
            for base in class.arguments.iter().flat_map(|given| &given.args) {
                let Some(name) = self.name_of(base) else {
                    continue;
                };
                waiting.extend(self.class_named(&name));
                found.push(name);
            }
        }
        found
    }

    /// The name of a method as its class or one of its bases defines it.
    pub(super) fn method_name(&self, class: &'a StmtClassDef, attr: &str) -> Option<String> {
        let own = self.class_name(class);
        let of = |name: String| {
            let class = self.class_named(&name)?;
            let scope = self.scopes.opened_by(Tree::id(class))?;
            let bound = self.scopes.bindings(scope, attr);
            let is_function = bound.iter().any(|(_, b)| matches!(b, Binding::Function(_)));
            is_function.then(|| format!("{name}.{attr}"))
        };
        let bases = self.bases(class);
        let mut all = std::iter::once(own).chain(bases.iter().cloned());
        if let Some(found) = all.find_map(of) {
            return Some(found);
        }
        // An attribute of its own hides what a base outside has.
        if !self.attribute_values(class, attr).is_empty() {
            return None;
        }
        let outside = bases
            .into_iter()
            .find(|base| self.class_named(base).is_none())?;
        Some(canonical(&format!("{outside}.{attr}")))
    }

    /// A class and its bases in this file.
    pub fn family(&self, class: &'a StmtClassDef) -> Vec<&'a StmtClassDef> {
        let bases = self.bases(class);
        let bases = bases.iter().filter_map(|name| self.class_named(name));
        std::iter::once(class).chain(bases).collect()
    }
}
