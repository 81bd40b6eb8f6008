//! Scopes: which names a function, class or module binds, to what, and where they are read.
//!
//! Bindings are not ordered by control flow: a name that is bound twice has two meanings, and whoever
//! asks says what to make of that (`names.rs`).

use super::tree::NodeId;
use ruff_python_ast::{
    AnyNodeRef, Expr, ExprContext, ExprName, Parameter, StmtClassDef, StmtImport, StmtImportFrom,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// Number of a scope in its file; 0 is the module's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// What opens a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// A file.
    Module,
    /// A class.
    Class,
    /// A function or a lambda.
    Function,
    /// A comprehension or a generator expression.
    Comprehension,
}

/// One binding of a name.
#[derive(Clone, Copy)]
pub enum Binding<'a> {
    /// `import a.b.c` binds `a`; with `as` it binds the whole.
    Import {
        /// The module.
        module: &'a str,
        /// Whether the name stands for all of it.
        whole: bool,
    },
    /// `from module import name`.
    ImportFrom {
        /// The statement.
        import: &'a StmtImportFrom,
        /// The name there.
        name: &'a str,
    },
    /// `def`.
    Function(NodeId),
    /// `class`.
    Class(&'a StmtClassDef),
    /// `name = value`, with or without annotation, also by `:=`.
    Value(&'a Expr),
    /// `name: annotation` without a value.
    Annotated(&'a Expr),
    /// `name` among several targets of one value: `a, b = value`.
    Unpacked,
    /// `name += value`.
    Augmented,
    /// `for name in iterable`, also in a comprehension.
    Item(&'a Expr),
    /// `for a, name in iterable`.
    ItemPart(&'a Expr),
    /// `with context as name`.
    Context(&'a Expr),
    /// A parameter.
    Parameter(&'a Parameter),
    /// An exception, a capture of `match`, a name that is deleted.
    Other,
}

/// A scope.
pub struct Scope<'a> {
    /// What opens it.
    pub kind: ScopeKind,
    /// The scope that it stands in; the module's is its own.
    pub parent: ScopeId,
    /// The function, class, comprehension or module that opens it.
    pub node: NodeId,
    names: FxHashMap<&'a str, Vec<(NodeId, Binding<'a>)>>,
    globals: FxHashSet<&'a str>,
    nonlocals: FxHashSet<&'a str>,
}

/// The scopes of a file.
pub struct Scopes<'a> {
    scopes: Vec<Scope<'a>>,
    reads: FxHashMap<(ScopeId, &'a str), Vec<NodeId>>,
    opened: FxHashMap<NodeId, ScopeId>,
}

impl<'a> Scopes<'a> {
    /// A scope.
    #[must_use]
    pub fn get(&self, id: ScopeId) -> &Scope<'a> {
        &self.scopes[id.0 as usize]
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = ScopeId> + use<> {
        (0..u32::try_from(self.scopes.len()).unwrap_or(0)).map(ScopeId)
    }

    /// The scope that a function, lambda, class or comprehension opens.
    pub fn opened_by(&self, node: NodeId) -> Option<ScopeId> {
        self.opened.get(&node).copied()
    }

    /// The scope whose name is meant by `name` in `scope`; `None` for a builtin or an unknown name.
    pub fn home(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let mut at = scope;
        loop {
            let here = self.get(at);
            if here.globals.contains(name) {
                let module = ScopeId(0);
                return self.get(module).names.contains_key(name).then_some(module);
            }
            // The names of a class are seen in its own body only.
            let seen = here.kind != ScopeKind::Class || at == scope;
            if seen && !here.nonlocals.contains(name) && here.names.contains_key(name) {
                return Some(at);
            }
            if at.0 == 0 {
                return None;
            }
            at = here.parent;
        }
    }

    /// The bindings of a name of this very scope, with the nodes that bind it.
    pub fn bindings(&self, scope: ScopeId, name: &str) -> &[(NodeId, Binding<'a>)] {
        let bound = self.get(scope).names.get(name);
        bound.map_or(&[], Vec::as_slice)
    }

    /// All names of this very scope.
    pub fn names(&self, scope: ScopeId) -> impl Iterator<Item = &'a str> + '_ {
        self.get(scope).names.keys().copied()
    }

    /// Where a name of this very scope is read, in source order, in inner scopes too.
    pub fn reads(&self, scope: ScopeId, name: &'a str) -> &[NodeId] {
        self.reads.get(&(scope, name)).map_or(&[], Vec::as_slice)
    }

    /// Whether `name` is declared `global` or `nonlocal` in this very scope.
    pub fn is_outer(&self, scope: ScopeId, name: &str) -> bool {
        let scope = self.get(scope);
        scope.globals.contains(name) || scope.nonlocals.contains(name)
    }

    /// The function (or lambda) around a scope, itself if it is one's; `None` at module level.
    pub fn function(&self, scope: ScopeId) -> Option<ScopeId> {
        let mut at = scope;
        loop {
            match self.get(at).kind {
                ScopeKind::Function => return Some(at),
                ScopeKind::Module => return None,
                _ => at = self.get(at).parent,
            }
        }
    }
}

/// Makes the scopes while the tree is walked.
pub(super) struct Builder<'a> {
    scopes: Vec<Scope<'a>>,
    open: Vec<ScopeId>,
    read: Vec<(ScopeId, &'a str, NodeId)>,
}

impl<'a> Builder<'a> {
    pub fn new() -> Self {
        let module = Scope::new(ScopeKind::Module, ScopeId(0), NodeId(0));
        Self {
            scopes: vec![module],
            open: vec![ScopeId(0)],
            read: Vec::new(),
        }
    }

    pub fn current(&self) -> ScopeId {
        self.open.last().copied().unwrap_or(ScopeId(0))
    }

    pub fn enter(&mut self, node: AnyNodeRef<'a>, id: NodeId) {
        self.bind_statement(node, id);
        self.bind_expression(node, id);
        let kind = match node {
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => ScopeKind::Function,
            AnyNodeRef::StmtClassDef(_) => ScopeKind::Class,
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_) => ScopeKind::Comprehension,
            _ => return,
        };
        let scope = ScopeId(u32::try_from(self.scopes.len()).unwrap_or(0));
        self.scopes.push(Scope::new(kind, self.current(), id));
        self.open.push(scope);
    }

    pub fn leave(&mut self, id: NodeId) {
        let current = self.current();
        if current.0 != 0 && self.scopes[current.0 as usize].node == id {
            self.open.pop();
        }
    }

    pub fn finish(self) -> Scopes<'a> {
        let opened = |(at, scope): (usize, &Scope<'a>)| {
            (scope.node, ScopeId(u32::try_from(at).unwrap_or(0)))
        };
        let mut scopes = Scopes {
            opened: self.scopes.iter().enumerate().map(opened).collect(),
            scopes: self.scopes,
            reads: FxHashMap::default(),
        };
        for (scope, name, id) in self.read {
            if let Some(home) = scopes.home(scope, name) {
                scopes.reads.entry((home, name)).or_default().push(id);
            }
        }
        scopes
    }

    fn bind_statement(&mut self, node: AnyNodeRef<'a>, id: NodeId) {
        match node {
            AnyNodeRef::StmtFunctionDef(def) => self.bind(&def.name, id, Binding::Function(id)),
            AnyNodeRef::StmtClassDef(def) => self.bind(&def.name, id, Binding::Class(def)),
            AnyNodeRef::StmtImport(import) => self.import(import, id),
            AnyNodeRef::StmtImportFrom(import) => self.import_from(import, id),
            AnyNodeRef::StmtAssign(assign) => {
                for target in &assign.targets {
                    self.assign(target, id, &assign.value);
                }
            }
            AnyNodeRef::StmtAnnAssign(assign) => {
                let annotated = Binding::Annotated(&assign.annotation);
                let binding = assign.value.as_deref().map_or(annotated, Binding::Value);
                self.target(&assign.target, id, binding, Binding::Other);
            }
            AnyNodeRef::StmtAugAssign(assign) => {
                self.target(&assign.target, id, Binding::Augmented, Binding::Other);
                // It is read as well.
                if let Expr::Name(name) = &*assign.target {
                    self.read.push((self.current(), name.id.as_str(), id));
                }
            }
            AnyNodeRef::StmtFor(each) => {
                let (item, part) = (Binding::Item(&each.iter), Binding::ItemPart(&each.iter));
                self.target(&each.target, id, item, part);
            }
            AnyNodeRef::WithItem(item) => {
                let context = Binding::Context(&item.context_expr);
                if let Some(target) = item.optional_vars.as_deref() {
                    self.target(target, id, context, Binding::Other);
                }
            }
            AnyNodeRef::StmtGlobal(global) => {
                let here = self.current().0 as usize;
                let names = global.names.iter().map(|name| name.as_str());
                self.scopes[here].globals.extend(names);
            }
            AnyNodeRef::StmtNonlocal(nonlocal) => {
                let here = self.current().0 as usize;
                let names = nonlocal.names.iter().map(|name| name.as_str());
                self.scopes[here].nonlocals.extend(names);
            }
            AnyNodeRef::ExceptHandlerExceptHandler(handler) => {
                if let Some(name) = &handler.name {
                    self.bind(name, id, Binding::Other);
                }
            }
            _ => {}
        }
    }

    fn bind_expression(&mut self, node: AnyNodeRef<'a>, id: NodeId) {
        match node {
            AnyNodeRef::ExprName(name) if name.ctx != ExprContext::Store => {
                self.read.push((self.current(), name.id.as_str(), id));
            }
            AnyNodeRef::ExprNamed(named) => {
                if let Expr::Name(ExprName { id: name, .. }) = &*named.target {
                    let home = self.outside_comprehensions();
                    self.bind_in(home, name, id, Binding::Value(&named.value));
                }
            }
            AnyNodeRef::Parameter(parameter) => {
                self.bind(&parameter.name, id, Binding::Parameter(parameter));
            }
            AnyNodeRef::Comprehension(part) => {
                let (item, rest) = (Binding::Item(&part.iter), Binding::ItemPart(&part.iter));
                self.target(&part.target, id, item, rest);
            }
            AnyNodeRef::PatternMatchAs(pattern) => {
                if let Some(name) = &pattern.name {
                    self.bind(name, id, Binding::Other);
                }
            }
            AnyNodeRef::PatternMatchStar(pattern) => {
                if let Some(name) = &pattern.name {
                    self.bind(name, id, Binding::Other);
                }
            }
            _ => {}
        }
    }

    fn import(&mut self, import: &'a StmtImport, id: NodeId) {
        for alias in &import.names {
            let module = alias.name.as_str();
            let (name, whole) = match &alias.asname {
                Some(name) => (name.as_str(), true),
                None => (module.split('.').next().unwrap_or(module), false),
            };
            self.bind(name, id, Binding::Import { module, whole });
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom, id: NodeId) {
        for alias in &import.names {
            let name = alias.name.as_str();
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            self.bind(bound, id, Binding::ImportFrom { import, name });
        }
    }

    /// Binds the target of an assignment; `a, b = x, y` is two of them.
    fn assign(&mut self, target: &'a Expr, id: NodeId, value: &'a Expr) {
        let starred = |items: &[Expr]| items.iter().any(Expr::is_starred_expr);
        if let (Expr::Tuple(targets), Expr::Tuple(values)) = (target, value)
            && targets.elts.len() == values.elts.len()
            && !starred(&targets.elts)
            && !starred(&values.elts)
        {
            for (target, value) in targets.elts.iter().zip(&values.elts) {
                self.assign(target, id, value);
            }
            return;
        }
        self.target(target, id, Binding::Value(value), Binding::Unpacked);
    }

    /// Binds a target: a name to `whole`, the names in a tuple to `part`.
    fn target(&mut self, target: &'a Expr, id: NodeId, whole: Binding<'a>, part: Binding<'a>) {
        match target {
            Expr::Name(name) => self.bind(&name.id, id, whole),
            Expr::Tuple(tuple) => {
                for each in &tuple.elts {
                    self.target(each, id, part, part);
                }
            }
            Expr::List(list) => {
                for each in &list.elts {
                    self.target(each, id, part, part);
                }
            }
            Expr::Starred(starred) => self.target(&starred.value, id, part, part),
            _ => {}
        }
    }

    fn bind(&mut self, name: &'a str, id: NodeId, binding: Binding<'a>) {
        self.bind_in(self.current(), name, id, binding);
    }

    fn bind_in(&mut self, scope: ScopeId, name: &'a str, id: NodeId, binding: Binding<'a>) {
        let mut home = scope;
        // `global` and `nonlocal` stand before the first use.
        if self.scopes[home.0 as usize].globals.contains(name) {
            home = ScopeId(0);
        } else if self.scopes[home.0 as usize].nonlocals.contains(name) {
            home = self.enclosing_with(home, name);
        }
        let names = &mut self.scopes[home.0 as usize].names;
        names.entry(name).or_default().push((id, binding));
    }

    /// The function scope around `scope` that binds `name`.
    fn enclosing_with(&self, scope: ScopeId, name: &str) -> ScopeId {
        let mut at = self.scopes[scope.0 as usize].parent;
        while at.0 != 0 {
            let here = &self.scopes[at.0 as usize];
            if here.kind == ScopeKind::Function && here.names.contains_key(name) {
                return at;
            }
            at = here.parent;
        }
        scope
    }

    fn outside_comprehensions(&self) -> ScopeId {
        let mut at = self.current();
        while self.scopes[at.0 as usize].kind == ScopeKind::Comprehension {
            at = self.scopes[at.0 as usize].parent;
        }
        at
    }
}

impl Scope<'_> {
    fn new(kind: ScopeKind, parent: ScopeId, node: NodeId) -> Self {
        Self {
            kind,
            parent,
            node,
            names: FxHashMap::default(),
            globals: FxHashSet::default(),
            nonlocals: FxHashSet::default(),
        }
    }
}
