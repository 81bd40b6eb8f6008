//! What an expression means: the dotted name of what it refers to, and of what made its value.
//!
//! A *name* is a dotted path: `time.sleep`, `open`, `jobs.helpers.fetch`. The name of a method starts
//! with that of its object's maker: with `pool = ThreadPoolExecutor()`, `pool.submit` is
//! `concurrent.futures.ThreadPoolExecutor.submit`, and what it returns is of the type
//! `concurrent.futures.Future`. A *type* is the name of the call that made a value, in the one form of
//! several that [`canonical`] chooses. Both are only given where all bindings of a name agree, `None`
//! aside.

use super::canonical::canonical;
use super::model::{Call, Model};
use super::scope::{Binding, ScopeId};
use super::tree::Tree;
use ruff_python_ast::{Expr, ExprAttribute, ExprName, ExprRef, StmtImportFrom};
use ruff_text_size::Ranged;
use std::rc::Rc;

fn is_builtin_type(name: &str) -> bool {
    matches!(
        name,
        "str" | "bytes" | "int" | "float" | "list" | "dict" | "set" | "tuple"
    )
}

/// Names refer to names, and a circle must end.
pub(super) const DEEPEST: u32 = 16;
/// Most questions that are asked for one answer. What real code needs is far below.
const MOST_STEPS: u32 = 2_000;

impl<'a> Model<'a> {
    /// The name of what a call calls.
    pub fn called(&self, call: &Call<'a>) -> Option<Rc<str>> {
        // Not kept while the answer might be cut short by the depth.
        if let Some(known) = call.name.get() {
            return known.clone();
        }
        let name = self.name_of(&*call.expr.func).map(Rc::from);
        if self.asking.get().0 == 0 {
            let _ = call.name.set(name.clone());
        }
        name
    }

    /// Whether a call is of one of these names.
    pub fn calls_any(&self, call: &Call<'a>, names: &[&str]) -> bool {
        self.called(call)
            .is_some_and(|name| names.contains(&&*name))
    }

    /// The name of what an expression refers to.
    pub fn name_of(&self, expr: impl Into<ExprRef<'a>>) -> Option<String> {
        self.asked(|| match expr.into() {
            ExprRef::Name(name) => self.name_of_name(name),
            ExprRef::Attribute(attribute) => self.name_of_attribute(attribute),
            ExprRef::Subscript(generic) => {
                // `Queue[int]`, but not an item of a list.
                let name = self.name_of(&*generic.value)?;
                let last = name.rsplit('.').next()?;
                last.starts_with(char::is_uppercase).then_some(name)
            }
            _ => None,
        })
    }

    fn name_of_name(&self, name: &'a ExprName) -> Option<String> {
        self.name_in(self.tree.scope(Tree::id(name)), &name.id)
    }

    /// The name of what `id` refers to in a scope.
    pub(super) fn name_in(&self, scope: ScopeId, id: &str) -> Option<String> {
        let Some(home) = self.scopes.home(scope, id) else {
            return Some(id.to_owned());
        };
        let mut found = None;
        for (_, binding) in self.scopes.bindings(home, id) {
            let meant = match *binding {
                Binding::Value(Expr::NoneLiteral(_)) => continue,
                Binding::Import {
                    module,
                    whole: true,
                } => Some(module.to_owned()),
                Binding::Import {
                    module,
                    whole: false,
                } => module.split('.').next().map(str::to_owned),
                Binding::ImportFrom { import, name } => self.imported(import, name),
                Binding::Function(_) | Binding::Class(_) => Some(self.qualified(home, id)),
                Binding::Value(value) => self.name_of(value),
                _ => None,
            }?;
            // Of imports in `try` and `except ImportError` the first counts.
            let import = matches!(binding, Binding::Import { .. } | Binding::ImportFrom { .. });
            match &found {
                None => found = Some(meant),
                Some(first) if *first == meant || import => {}
                Some(_) => return None,
            }
        }
        found.map(|name| canonical(&name))
    }

    /// The dotted name that `from … import name` means.
    pub fn imported(&self, import: &'a StmtImportFrom, name: &str) -> Option<String> {
        let after = import.module.as_ref().map_or("", |name| name.as_str());
        if import.level == 0 {
            return Some(format!("{after}.{name}"));
        }
        let mut parts: Vec<&str> = self.name.split('.').collect();
        let up = (import.level as usize).saturating_sub(usize::from(self.is_package));
        parts.truncate(parts.len().checked_sub(up)?);
        parts.extend([after, name].iter().filter(|part| !part.is_empty()));
        Some(parts.join("."))
    }

    fn name_of_attribute(&self, attribute: &'a ExprAttribute) -> Option<String> {
        let attr = attribute.attr.as_str();
        if let Some(class) = self.class_of(&*attribute.value)
            && let Some(method) = self.method_name(class, attr)
        {
            return Some(method);
        }
        let owner = self.type_of(&*attribute.value);
        let owner = owner.or_else(|| self.name_of_module(&attribute.value))?;
        Some(canonical(&format!("{owner}.{attr}")))
    }

    /// The name of a module or class, or of an attribute of one; not of an object.
    fn name_of_module(&self, expr: &'a Expr) -> Option<String> {
        let mut root = expr;
        while let Expr::Attribute(attribute) = root {
            root = &attribute.value;
        }
        let Expr::Name(name) = root else { return None };
        // A name that nothing binds is a builtin or comes from `import *`.
        let scope = self.tree.scope(Tree::id(name));
        if self.scopes.home(scope, &name.id).is_none() && !is_builtin_type(&name.id) {
            return None;
        }
        self.name_of(expr)
    }

    /// What is assigned to the name or attribute that an expression is, also by `with`.
    pub fn values_of(&self, expr: &'a Expr) -> Vec<&'a Expr> {
        match expr {
            Expr::Name(name) => {
                let scope = self.tree.scope(Tree::id(name));
                let Some(home) = self.scopes.home(scope, &name.id) else {
                    return Vec::new();
                };
                let bindings = self.scopes.bindings(home, &name.id).iter();
                let values = bindings.filter_map(|(_, binding)| match binding {
                    Binding::Value(value) | Binding::Context(value) => Some(*value),
                    _ => None,
                });
                values.collect()
            }
            Expr::Attribute(attribute) => self
                .class_of(&*attribute.value)
                .map(|class| self.attribute_values(class, &attribute.attr))
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Answers a question, unless it is asked too deep in others, or those before it took too long: names
    /// refer to names, and circles among many of them must end.
    pub(super) fn asked<T>(&self, answer: impl FnOnce() -> Option<T>) -> Option<T> {
        let (depth, steps) = self.asking.get();
        if depth >= DEEPEST || steps >= MOST_STEPS {
            return None;
        }
        self.asking.set((depth + 1, steps + 1));
        let found = answer();
        // The steps of a question are counted until it is answered.
        let (_, steps) = self.asking.get();
        self.asking.set((depth, if depth == 0 { 0 } else { steps }));
        found
    }

    /// The text of an expression as it stands in the file.
    pub fn text_of(&self, node: impl Ranged) -> &'a str {
        self.text.slice(node.range())
    }
}

/// The last name of a name or attribute as it is written: what can be asked cheaply before what it means.
pub(super) fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Model;
    use crate::load::parsed;
    use crate::text::SourceText;
    use std::fmt::Write as _;

    /// The types of all names of a program's module.
    fn types(program: &str) -> Vec<Option<String>> {
        let text = SourceText::new(program.to_owned());
        let parsed = parsed(&text).unwrap();
        let model = Model::new(&text, parsed.syntax(), "program".to_owned(), false);
        let calls = model.calls.iter();
        calls.map(|call| model.type_of(call.expr)).collect()
    }

    #[test]
    fn names_that_all_refer_to_each_other_end() {
        let names: Vec<String> = (0..12).map(|at| format!("name{at}")).collect();
        let mut program = String::from("class Ring:\n    def turn(self):\n");
        for one in &names {
            for other in &names {
                writeln!(program, "        self.{one} = self.{other}").unwrap();
            }
        }
        for one in &names {
            writeln!(program, "        for item in self.{one}: item.run()").unwrap();
        }
        for one in &names {
            for other in &names {
                writeln!(program, "{one} = {other}").unwrap();
            }
            writeln!(program, "for item in {one}: item.run()").unwrap();
        }
        assert!(types(&program).iter().all(Option::is_none));
    }

    #[test]
    fn a_method_is_named_by_what_made_its_object() {
        let program = "from concurrent.futures import ThreadPoolExecutor as Pool\npool = None\npool = Pool()\nfuture = pool.submit(print)\nfuture.result()\n";
        let found = types(program);
        assert_eq!(found[1].as_deref(), Some("concurrent.futures.Future"));
        assert_eq!(
            found[2].as_deref(),
            Some("concurrent.futures.Future.result")
        );
    }
}
