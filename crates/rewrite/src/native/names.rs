//! What the expressions of a file refer to, as far as the table needs to know it.
//!
//! A library's function has its dotted name (`requests.get`); what is called on an object has the name of
//! what made the object before it (`requests.Session.get`). Where bindings disagree there is no answer.

use rightlane_source::syntax::ast::{
    AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprName, HasNodeIndex, Parameter, Stmt,
    StmtClassDef, StmtFunctionDef,
};
use rightlane_source::syntax::{Binding, File, NodeId, ScopeKind, Tree, View};

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

    /// What an object is.
    pub fn kind(&self, expr: &'a Expr) -> Option<Kind<'a>> {
        self.kind_at(expr, 0)
    }

    fn kind_at(&self, expr: &'a Expr, depth: u32) -> Option<Kind<'a>> {
        if depth > DEEPEST {
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

    /// Line of a node, as in "line 12".
    pub fn line(&self, node: impl rightlane_source::syntax::Ranged) -> String {
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

/// One name for what has several.
fn canonical(name: &str) -> String {
    for (written, ours) in [
        ("requests.sessions.", "requests."),
        ("requests.api.", "requests."),
        ("requests.session", "requests.Session"),
        ("redis.client.", "redis."),
        ("redis.StrictRedis", "redis.Redis"),
        ("sqlite3.dbapi2.", "sqlite3."),
        ("socket.SocketType", "socket.socket"),
    ] {
        if let Some(rest) = name.strip_prefix(written)
            && (written.ends_with('.') || rest.is_empty() || rest.starts_with('.'))
        {
            return format!("{ours}{rest}");
        }
    }
    name.to_owned()
}

/// The type of what the function of this name returns: its own name, if no other is known.
fn made(name: &str) -> String {
    match name {
        "socket.create_connection" => "socket.socket",
        "sqlite3.connect" => "sqlite3.Connection",
        "sqlite3.Connection.cursor" | "sqlite3.Connection.execute" => "sqlite3.Cursor",
        "redis.from_url" | "redis.Redis.from_url" => "redis.Redis",
        "psycopg.connect" | "psycopg.Connection.connect" => "psycopg.Connection",
        "psycopg.Connection.cursor" | "psycopg.Connection.execute" => "psycopg.Cursor",
        "smtplib.SMTP_SSL" => "smtplib.SMTP",
        name => return name.to_owned(),
    }
    .to_owned()
}
