//! What an expression means: the dotted name of what it refers to, and of what made its value.
//!
//! A *name* is a dotted path: `time.sleep`, `open`, `jobs.helpers.fetch`. The name of a method starts
//! with that of its object's maker: with `pool = ThreadPoolExecutor()`, `pool.submit` is
//! `concurrent.futures.ThreadPoolExecutor.submit`, and what it returns is of the type
//! `concurrent.futures.Future`. A *type* is the name of the call that made a value, in the one form of
//! several that [`canonical`] chooses. Both are only given where all bindings of a name agree, `None`
//! aside.

use super::canonical::{canonical, returned};
use super::model::{Call, Model};
use super::scope::{Binding, ScopeId};
use super::tree::{NodeId, Tree};
use ruff_python_ast::{
    AnyNodeRef, Expr, ExprAttribute, ExprName, ExprRef, Parameter, Stmt, StmtClassDef,
    StmtImportFrom,
};
use ruff_text_size::Ranged;
use std::rc::Rc;

fn is_builtin_type(name: &str) -> bool {
    matches!(
        name,
        "str" | "bytes" | "int" | "float" | "list" | "dict" | "set" | "tuple"
    )
}

/// Names refer to names, and a circle must end.
const DEEPEST: u32 = 16;

impl<'a> Model<'a> {
    /// The name of what a call calls.
    pub fn called(&self, call: &Call<'a>) -> Option<Rc<str>> {
        // Not kept while the answer might be cut short by the depth.
        if let Some(known) = call.name.get() {
            return known.clone();
        }
        let name = self.name_of(&*call.expr.func).map(Rc::from);
        if *self.asking.borrow() == 0 {
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
    fn name_in(&self, scope: ScopeId, id: &str) -> Option<String> {
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

    /// The type of an expression: the name of what made its value.
    pub fn type_of(&self, expr: impl Into<ExprRef<'a>>) -> Option<String> {
        self.asked(|| match expr.into() {
            ExprRef::Call(call) => {
                let call = self.as_call(call)?;
                self.returned_by(call)
            }
            ExprRef::Name(name) => self.type_of_name(name),
            ExprRef::Attribute(attribute) => self.type_of_attribute(attribute),
            ExprRef::Await(waited) => self.type_of(&*waited.value),
            ExprRef::Named(named) => self.type_of(&*named.value),
            ExprRef::If(either) => self.same_type([&*either.body, &*either.orelse]),
            ExprRef::BoolOp(either) => self.same_type(&either.values),
            ExprRef::Subscript(item) => self.item_type(&item.value),
            ExprRef::List(_) | ExprRef::ListComp(_) => Some("list".to_owned()),
            ExprRef::Dict(_) | ExprRef::DictComp(_) => Some("dict".to_owned()),
            ExprRef::Set(_) | ExprRef::SetComp(_) => Some("set".to_owned()),
            ExprRef::Tuple(_) => Some("tuple".to_owned()),
            ExprRef::Generator(_) => Some("generator".to_owned()),
            ExprRef::StringLiteral(_) | ExprRef::FString(_) => Some("str".to_owned()),
            ExprRef::BytesLiteral(_) => Some("bytes".to_owned()),
            ExprRef::NumberLiteral(_) => Some("number".to_owned()),
            ExprRef::Lambda(_) => Some("function".to_owned()),
            _ => None,
        })
    }

    fn returned_by(&self, call: &Call<'a>) -> Option<String> {
        let name = self.called(call)?;
        if let Some(function) = self.function_named(&name)
            && let Some(def) = function.def()
        {
            return match def.returns.as_deref() {
                Some(annotation) if !def.is_async => self.annotated(annotation),
                _ => self.type_of_returns(function.scope, def.body.as_slice()),
            };
        }
        Some(returned(&name))
    }

    /// The type that all `return`s of a function agree in.
    fn type_of_returns(&self, scope: ScopeId, body: &'a [Stmt]) -> Option<String> {
        let (first, last) = (Tree::id(body.first()?), Tree::id(body.last()?));
        let end = self.tree.within(last).last()?;
        let mut values = Vec::new();
        for id in (first.0..=end.0).map(NodeId) {
            if let AnyNodeRef::StmtReturn(given) = self.tree.node(id)
                && self.tree.scope(id) == scope
            {
                values.extend(given.value.as_deref());
            }
        }
        self.same_type(values)
    }

    fn same_type(&self, values: impl IntoIterator<Item = &'a Expr>) -> Option<String> {
        let mut found = None;
        for value in values {
            if matches!(value, Expr::NoneLiteral(_)) {
                continue;
            }
            let this = self.type_of(value)?;
            if found.get_or_insert_with(|| this.clone()) != &this {
                return None;
            }
        }
        found
    }

    fn type_of_name(&self, name: &'a ExprName) -> Option<String> {
        let scope = self.tree.scope(Tree::id(name));
        let home = self.scopes.home(scope, &name.id)?;
        let mut found: Option<String> = None;
        for (_, binding) in self.scopes.bindings(home, &name.id) {
            if matches!(binding, Binding::Value(Expr::NoneLiteral(_))) {
                continue;
            }
            let this = self.type_of_binding(home, binding)?;
            if found.get_or_insert_with(|| this.clone()) != &this {
                return None;
            }
        }
        found
    }

    fn type_of_binding(&self, home: ScopeId, binding: &Binding<'a>) -> Option<String> {
        match *binding {
            Binding::Value(value) => self.type_of(value),
            Binding::Context(context) => self.type_of(context),
            Binding::Annotated(annotation) => self.annotated(annotation),
            Binding::Item(iterable) => self.item_type(iterable),
            Binding::Parameter(parameter) => self.type_of_parameter(home, parameter),
            _ => None,
        }
    }

    fn type_of_parameter(&self, home: ScopeId, parameter: &'a Parameter) -> Option<String> {
        if let Some(annotation) = parameter.annotation.as_deref() {
            return self.annotated(annotation);
        }
        let class = self.class_of_self(home, &parameter.name)?;
        Some(self.class_name(class))
    }

    /// The type that an annotation names: `X`, `X | None`, `Optional[X]`, `"X"`.
    fn annotated(&self, annotation: &'a Expr) -> Option<String> {
        self.asked(|| match annotation {
            Expr::Name(_) | Expr::Attribute(_) => self.name_of(annotation),
            Expr::BinOp(either) => {
                let sides = [&*either.left, &*either.right];
                let mut real = sides.iter().filter(|side| !side.is_none_literal_expr());
                let only = real.next()?;
                real.next().is_none().then(|| self.annotated(only))?
            }
            Expr::Subscript(generic) => {
                let name = self.name_of(&*generic.value)?;
                if name == "typing.Optional" {
                    return self.annotated(&generic.slice);
                }
                Some(name)
            }
            Expr::StringLiteral(text) => {
                let scope = self.tree.scope(Tree::id(text));
                self.annotated_by_text(scope, text.value.to_str())
            }
            _ => None,
        })
    }

    /// The type that an annotation in quotes names.
    fn annotated_by_text(&self, scope: ScopeId, text: &str) -> Option<String> {
        let text = text.trim();
        let text = text.strip_prefix("Optional[").unwrap_or(text);
        let text = text.split('[').next().unwrap_or(text);
        let text = text.trim_end_matches(']').trim_end_matches("| None").trim();
        let is_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        if text.is_empty() || !text.chars().all(is_path) {
            return None;
        }
        let (root, rest) = text.split_once('.').unwrap_or((text, ""));
        let root = self.name_in(scope, root)?;
        if rest.is_empty() {
            return Some(root);
        }
        Some(canonical(&format!("{root}.{rest}")))
    }

    /// The type of the items of a list, tuple or set that is written out, filled by a comprehension
    /// or by `append`, and of what some calls yield.
    pub fn item_type(&self, iterable: &'a Expr) -> Option<String> {
        self.asked(|| match iterable {
            Expr::List(list) => self.same_type(&list.elts),
            Expr::Tuple(tuple) => self.same_type(&tuple.elts),
            Expr::Set(set) => self.same_type(&set.elts),
            Expr::ListComp(each) => self.type_of(&*each.elt),
            Expr::SetComp(each) => self.type_of(&*each.elt),
            Expr::Generator(each) => self.type_of(&*each.elt),
            Expr::Dict(dict) => {
                self.same_type(dict.items.iter().filter_map(|item| item.key.as_ref()))
            }
            Expr::DictComp(each) => each.key.as_deref().and_then(|key| self.type_of(key)),
            Expr::Name(name) => self.item_type_of_name(name),
            Expr::Attribute(attribute) => self.item_type_of_attribute(attribute),
            Expr::Call(call) => {
                let first = call.arguments.args.first();
                match &*self.called(self.as_call(call)?)? {
                    "list"
                    | "tuple"
                    | "set"
                    | "sorted"
                    | "reversed"
                    | "iter"
                    | "concurrent.futures.as_completed" => self.item_type(first?),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    fn item_type_of_name(&self, name: &'a ExprName) -> Option<String> {
        let scope = self.tree.scope(Tree::id(name));
        let home = self.scopes.home(scope, &name.id)?;
        let bindings = self.scopes.bindings(home, &name.id);
        let values = bindings.iter().filter_map(|(_, binding)| match binding {
            Binding::Value(value) => Some(*value),
            _ => None,
        });
        let mut found = None;
        for value in values {
            found = found.or_else(|| self.item_type(value));
        }
        let id = name.id.as_str();
        found.or_else(|| self.appended(self.scopes.reads(home, id)))
    }

    fn item_type_of_attribute(&self, attribute: &'a ExprAttribute) -> Option<String> {
        let class = self.class_of(&*attribute.value)?;
        let values = self.attribute_values(class, &attribute.attr);
        let found = values.iter().find_map(|value| self.item_type(value));
        let reads = self.attribute_reads(class, &attribute.attr);
        found.or_else(|| self.appended(reads))
    }

    /// The type of what is appended to one of these.
    fn appended(&self, reads: &[NodeId]) -> Option<String> {
        reads.iter().find_map(|read| {
            let AnyNodeRef::ExprAttribute(method) = self.tree.node(self.tree.parent(*read)?) else {
                return None;
            };
            let up = self.tree.parent(Tree::id(method))?;
            let AnyNodeRef::ExprCall(call) = self.tree.node(up) else {
                return None;
            };
            matches!(method.attr.as_str(), "append" | "add" | "appendleft")
                .then(|| self.type_of(call.arguments.args.first()?))?
        })
    }

    fn type_of_attribute(&self, attribute: &'a ExprAttribute) -> Option<String> {
        if let Some(class) = self.class_of(&*attribute.value) {
            let values = self.attribute_values(class, &attribute.attr);
            return self.same_type(values);
        }
        None
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
    fn method_name(&self, class: &'a StmtClassDef, attr: &str) -> Option<String> {
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

    pub(super) fn asked<T>(&self, answer: impl FnOnce() -> Option<T>) -> Option<T> {
        if *self.asking.borrow() >= DEEPEST {
            return None;
        }
        *self.asking.borrow_mut() += 1;
        let found = answer();
        *self.asking.borrow_mut() -= 1;
        found
    }

    /// The text of an expression as it stands in the file.
    pub fn text_of(&self, node: impl Ranged) -> &'a str {
        self.text.slice(node.range())
    }
}
