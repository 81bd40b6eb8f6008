//! What rules read: a file's tree, scopes, functions and calls, and what stands around a node.

use super::attributes::Attributes;
use super::pools::Made;
use super::races::Races;
use super::scope::{ScopeId, Scopes};
use super::threads::InThreads;
use super::tree::{NodeId, Tree, grow};
use super::work::Work;
use crate::text::SourceText;
use ruff_python_ast::{
    AnyNodeRef, Expr, ExprCall, ExprLambda, ExprRef, HasNodeIndex, ModModule, Parameters, Stmt,
    StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

/// Index into [`Model::functions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FunctionId(pub u32);

/// A function or a lambda.
pub(crate) struct Function<'a> {
    pub id: FunctionId,
    pub node: NodeId,
    /// The scope that it opens.
    pub scope: ScopeId,
    /// The scope that it stands in.
    pub outer: ScopeId,
    pub code: Code<'a>,
    /// Dotted name with the module's: `jobs.Worker.run`. A lambda has none.
    pub name: Option<String>,
    /// The class whose method it is.
    pub class: Option<&'a StmtClassDef>,
}

/// A function's text.
#[derive(Clone, Copy)]
pub(crate) enum Code<'a> {
    Def(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
}

impl<'a> Function<'a> {
    pub fn is_async(&self) -> bool {
        matches!(self.code, Code::Def(def) if def.is_async)
    }

    pub fn def(&self) -> Option<&'a StmtFunctionDef> {
        match self.code {
            Code::Def(def) => Some(def),
            Code::Lambda(_) => None,
        }
    }

    /// The first node of its body.
    pub fn start(&self) -> NodeId {
        match self.code {
            Code::Def(def) => def.body.first().map_or(self.node, Tree::id),
            Code::Lambda(lambda) => Tree::id(&*lambda.body),
        }
    }

    /// The statements of a `def`; none of a lambda.
    pub fn body(&self) -> &'a [Stmt] {
        self.def().map_or(&[], |def| &def.body)
    }

    pub fn parameters(&self) -> Option<&'a Parameters> {
        match self.code {
            Code::Def(def) => Some(&def.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
        }
    }
}

/// A call, with what it calls.
pub(crate) struct Call<'a> {
    pub expr: &'a ExprCall,
    pub node: NodeId,
    /// The function that it stands in; `None` at module level, and in a class body there.
    pub function: Option<FunctionId>,
    pub(super) name: OnceCell<Option<Rc<str>>>,
    pub(super) made: OnceCell<Option<Made>>,
}

impl Ranged for Call<'_> {
    fn range(&self) -> TextRange {
        self.expr.range()
    }
}

/// A file as rules see it.
pub(crate) struct Model<'a> {
    pub text: &'a SourceText,
    /// Dotted name of the module, by which others import it.
    pub name: String,
    pub is_package: bool,
    pub tree: Tree<'a>,
    pub scopes: Scopes<'a>,
    pub functions: Vec<Function<'a>>,
    /// In source order.
    pub calls: Vec<Call<'a>>,
    named: FxHashMap<String, FunctionId>,
    pub(super) attributes: OnceCell<Attributes<'a>>,
    /// Indices of the calls that hand work to workers.
    pub(super) handing_over: OnceCell<Vec<usize>>,
    pub(super) in_threads: OnceCell<FxHashMap<FunctionId, InThreads>>,
    pub(super) races: OnceCell<Races>,
    pub(super) works: OnceCell<Vec<Work>>,
    /// How deep the question is that is being answered, and how many were asked for it; see `names.rs`.
    pub(super) asking: Cell<(u32, u32)>,
}

impl<'a> Model<'a> {
    pub fn new(text: &'a SourceText, module: &'a ModModule, name: String, package: bool) -> Self {
        let (tree, scopes) = grow(module, text.as_str().len());
        let mut model = Self {
            text,
            name,
            is_package: package,
            tree,
            scopes,
            functions: Vec::new(),
            calls: Vec::new(),
            named: FxHashMap::default(),
            attributes: OnceCell::new(),
            handing_over: OnceCell::new(),
            in_threads: OnceCell::new(),
            races: OnceCell::new(),
            works: OnceCell::new(),
            asking: Cell::new((0, 0)),
        };
        model.list_functions();
        model.list_calls();
        model
    }

    fn list_functions(&mut self) {
        for scope in self.scopes.ids() {
            let opened = self.scopes.get(scope);
            let code = match self.tree.node(opened.node) {
                AnyNodeRef::StmtFunctionDef(def) => Code::Def(def),
                AnyNodeRef::ExprLambda(lambda) => Code::Lambda(lambda),
                _ => continue,
            };
            let outer = self.scopes.get(opened.parent);
            let class = match self.tree.node(outer.node) {
                AnyNodeRef::StmtClassDef(class) => Some(class),
                _ => None,
            };
            let name = match code {
                Code::Def(def) => Some(self.qualified(opened.parent, &def.name)),
                Code::Lambda(_) => None,
            };
            let id = FunctionId(u32::try_from(self.functions.len()).unwrap_or(0));
            self.named.extend(name.clone().map(|name| (name, id)));
            self.functions.push(Function {
                id,
                node: opened.node,
                scope,
                outer: opened.parent,
                code,
                name,
                class,
            });
        }
    }

    /// The dotted name of something called `name` in `scope`, with the module's.
    pub fn qualified(&self, scope: ScopeId, name: &str) -> String {
        let mut parts = vec![name];
        let mut at = scope;
        while at.0 != 0 {
            let here = self.scopes.get(at);
            match self.tree.node(here.node) {
                AnyNodeRef::StmtFunctionDef(def) => parts.push(&def.name),
                AnyNodeRef::StmtClassDef(def) => parts.push(&def.name),
                _ => {}
            }
            at = here.parent;
        }
        parts.push(&self.name);
        parts.reverse();
        parts.join(".")
    }

    fn list_calls(&mut self) {
        for node in self.tree.within(NodeId(0)) {
            if let AnyNodeRef::ExprCall(expr) = self.tree.node(node) {
                let function = self.function_of(node).map(|function| function.id);
                self.calls.push(Call {
                    expr,
                    node,
                    function,
                    name: OnceCell::new(),
                    made: OnceCell::new(),
                });
            }
        }
    }

    fn function_of_scope(&self, scope: ScopeId) -> Option<FunctionId> {
        let home = self.scopes.function(scope)?;
        let at = self.functions.binary_search_by_key(&home, |f| f.scope);
        at.ok().map(|at| self.functions[at].id)
    }

    pub fn function(&self, id: FunctionId) -> &Function<'a> {
        &self.functions[id.0 as usize]
    }

    /// The function (or lambda) that a node is evaluated in: decorators and defaults belong to what is
    /// around their function.
    pub fn function_of(&self, node: NodeId) -> Option<&Function<'a>> {
        let mut scope = self.tree.scope(node);
        loop {
            let function = self.function(self.function_of_scope(scope)?);
            if node >= function.start() {
                return Some(function);
            }
            scope = function.outer;
        }
    }

    /// The function of this file that has this name; the last of several.
    pub fn function_named(&self, name: &str) -> Option<&Function<'a>> {
        self.named.get(name).map(|id| self.function(*id))
    }

    /// The function that a `def` or lambda node is.
    pub fn function_at(&self, node: NodeId) -> Option<&Function<'a>> {
        let scope = self.scopes.opened_by(node)?;
        let at = self.functions.binary_search_by_key(&scope, |f| f.scope);
        at.ok().map(|at| &self.functions[at])
    }

    /// The call at a node.
    pub fn call_at(&self, node: NodeId) -> Option<&Call<'a>> {
        let at = self.calls.binary_search_by_key(&node, |call| call.node);
        at.ok().map(|at| &self.calls[at])
    }

    /// The call that an expression is.
    pub fn as_call(&self, expr: impl Into<ExprRef<'a>>) -> Option<&Call<'a>> {
        match expr.into() {
            ExprRef::Call(call) => self.call_at(Tree::id(call)),
            _ => None,
        }
    }

    /// The calls within a node, in source order, those in nested functions included.
    pub fn calls_in(&self, node: NodeId) -> &[Call<'a>] {
        let start = self.calls.partition_point(|call| call.node < node);
        let rest = &self.calls[start..];
        let inside = rest.partition_point(|call| self.tree.holds(node, call.node));
        &rest[..inside]
    }

    /// The calls that a function itself makes when it is called: not those in functions nested in it,
    /// nor in its decorators and defaults.
    pub fn calls_of(&self, function: FunctionId) -> impl Iterator<Item = &Call<'a>> {
        let calls = self.calls_in(self.function(function).node).iter();
        calls.filter(move |call| call.function == Some(function))
    }

    /// The loop that repeats a node within its function: a `for` or `while` statement whose body (or
    /// a `while`'s test) it stands in, or a comprehension, but not the iterable evaluated once.
    pub fn loop_of(&self, node: NodeId) -> Option<NodeId> {
        let mut inner = node;
        for outer in self.tree.ancestors(node) {
            let repeats = match self.tree.node(outer) {
                AnyNodeRef::StmtFor(each) => {
                    let iter = Tree::id(&*each.iter);
                    let after = each.orelse.first().map(Tree::id);
                    !self.tree.holds(iter, inner) && after.is_none_or(|after| inner < after)
                }
                AnyNodeRef::StmtWhile(each) => {
                    let after = each.orelse.first().map(Tree::id);
                    after.is_none_or(|after| inner < after)
                }
                AnyNodeRef::ExprListComp(each) => !self.once(&each.generators[0].iter, node),
                AnyNodeRef::ExprSetComp(each) => !self.once(&each.generators[0].iter, node),
                AnyNodeRef::ExprDictComp(each) => !self.once(&each.generators[0].iter, node),
                AnyNodeRef::ExprGenerator(each) => !self.once(&each.generators[0].iter, node),
                AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::ExprLambda(_)
                | AnyNodeRef::StmtClassDef(_) => return None,
                _ => false,
            };
            if repeats {
                return Some(outer);
            }
            inner = outer;
        }
        None
    }

    fn once(&self, iter: &'a Expr, node: NodeId) -> bool {
        self.tree.holds(Tree::id(iter), node)
    }

    /// The statement that a node stands in, itself if it is one.
    pub fn statement_of(&self, node: NodeId) -> NodeId {
        let mut all = std::iter::once(node).chain(self.tree.ancestors(node));
        let found = all.find(|id| self.tree.node(*id).is_statement());
        found.unwrap_or(NodeId(0))
    }

    /// Whether the file is a test, by its name or that of a folder around it: it may start threads or
    /// processes to see what happens, and not to be fast.
    pub fn is_test(&self) -> bool {
        let of_tests = |part: &str| {
            matches!(part, "test" | "tests" | "testing" | "conftest")
                || part.starts_with("test_")
                || part.ends_with("_test")
        };
        self.name.split('.').any(of_tests)
    }

    /// The expressions of the `with` items that are open around a node, inside out, within its
    /// function.
    pub fn contexts_around(&self, node: NodeId) -> Vec<&'a Expr> {
        let mut found = Vec::new();
        let mut inner = node;
        for outer in self.tree.ancestors(node) {
            match self.tree.node(outer) {
                AnyNodeRef::StmtWith(with)
                    // Within the body, not within one of the items.
                    if !matches!(self.tree.node(inner), AnyNodeRef::WithItem(_)) => {
                        found.extend(with.items.iter().rev().map(|item| &item.context_expr));
                    }
                AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::ExprLambda(_)
                | AnyNodeRef::StmtClassDef(_) => break,
                _ => {}
            }
            inner = outer;
        }
        found
    }

    /// Whether a node stands in the tree under an `if __name__ == "__main__":`.
    pub fn is_guarded(&self, node: NodeId) -> bool {
        self.tree.ancestors(node).any(|outer| {
            let AnyNodeRef::StmtIf(check) = self.tree.node(outer) else {
                return false;
            };
            let text = self.text.slice(check.test.range());
            text.contains("__name__") && text.contains("__main__")
        })
    }

    /// Whether nothing but the module (and perhaps a class body) is around a node.
    pub fn is_module_level(&self, node: NodeId) -> bool {
        self.function_of(node).is_none()
    }

    /// The number of a node.
    pub fn id(&self, node: impl HasNodeIndex) -> NodeId {
        Tree::id(node)
    }

    /// Whether the value of the expression at a node is awaited.
    pub fn is_awaited(&self, node: NodeId) -> bool {
        let parent = self.tree.parent(node);
        parent.is_some_and(|parent| matches!(self.tree.node(parent), AnyNodeRef::ExprAwait(_)))
    }

    /// Whether an expression reads a name that the loop at a node binds.
    pub fn reads_binding_of(&self, expr: &'a Expr, around: NodeId) -> bool {
        self.tree.within(Tree::id(expr)).any(|id| {
            let AnyNodeRef::ExprName(name) = self.tree.node(id) else {
                return false;
            };
            self.is_bound_in(name, around)
        })
    }
}
