//! The type of an expression: the name of what made its value (`names.rs` says more).

use super::canonical::{canonical, returned};
use super::model::{Call, Model};
use super::scope::{Binding, ScopeId};
use super::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute, ExprName, ExprRef, Parameter, Stmt};

/// Most bindings of a name whose types are compared.
const MOST_BINDINGS: usize = 64;

impl<'a> Model<'a> {
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
        let bindings = self.scopes.bindings(home, &name.id);
        // A name of so many meanings has no type worth the time that it takes to say so at each read.
        if bindings.len() > MOST_BINDINGS {
            return None;
        }
        for (_, binding) in bindings {
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
}
