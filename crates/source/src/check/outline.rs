//! What other files need to know of a file's functions, kept after its tree is gone.

use super::model::{Function, Model};
use super::scope::{Binding, ScopeId};
use super::work::Work;
use crate::knowledge::is_known;
use ruff_python_ast::{AnyNodeRef, Stmt};
use std::sync::Arc;

/// A function, as its callers need it.
#[derive(Debug)]
pub(super) struct Outline {
    pub is_async: bool,
    /// Calling it makes a coroutine that has to be awaited: no generator, nothing around it that a
    /// decorator makes of it.
    pub is_coroutine: bool,
    /// It is a plain function without decorators that returns no value.
    pub returns_nothing: bool,
    /// What it blocks in, and the line; whether that depends on something.
    pub blocks: Option<(String, u32, bool)>,
    /// The line where it makes processes.
    pub makes_processes: Option<u32>,
    /// What it writes by, and the line.
    pub writes: Option<(&'static str, u32)>,
    /// A package that its module imports and that does not load in subinterpreters.
    pub refused: Option<Arc<str>>,
    /// What it does itself.
    pub work: Work,
    pub calls: Vec<Called>,
}

/// A function that another one calls.
#[derive(Debug)]
pub(super) struct Called {
    pub name: Arc<str>,
    pub is_awaited: bool,
    /// It depends on something whether it is called.
    pub is_conditional: bool,
}

/// The functions of one file.
#[derive(Debug, Default)]
pub(crate) struct FileOutline {
    /// The folder that its module name starts at.
    pub root: Arc<str>,
    pub functions: Vec<(Arc<str>, Outline)>,
    /// Names by which the file passes on what it imports: `package.fetch` is `package.client.fetch`.
    pub aliases: Vec<(Arc<str>, Arc<str>)>,
}

impl FileOutline {
    pub fn of(model: &Model<'_>, root: &str) -> Self {
        let refused = model.refused_by_subinterpreters().map(Arc::from);
        let outlined = model.functions.iter().filter_map(|function| {
            let name = function.name.as_deref()?;
            let outline = Outline {
                refused: refused.clone(),
                ..Outline::of(model, function)
            };
            Some((Arc::from(name), outline))
        });
        Self {
            root: Arc::from(root),
            functions: outlined.collect(),
            aliases: aliases(model),
        }
    }
}

impl Model<'_> {
    /// Whether a name may be one of the project: its own file's, or of a package that no table knows.
    pub fn is_of_project(&self, name: &str) -> bool {
        let own = name.strip_prefix(self.name.as_str());
        own.is_some_and(|rest| rest.starts_with('.')) || !is_known(name)
    }
}

impl Outline {
    fn of<'a>(model: &Model<'a>, function: &Function<'a>) -> Self {
        let mut outline = Self {
            is_async: function.is_async(),
            is_coroutine: model.is_coroutine(function),
            returns_nothing: returns_nothing(model, function),
            blocks: None,
            makes_processes: None,
            writes: None,
            refused: None,
            work: model.own_work(function.id),
            calls: Vec::new(),
        };
        let early = model.early_return(function);
        for call in model.calls_of(function.id) {
            let conditional = || {
                early.is_some_and(|at| at < call.node)
                    || model.is_in_branch(call.node, function.node)
            };
            let line = model.text.line(call.expr.range_start);
            if outline.blocks.is_none() {
                let blocks = model.blocks(call);
                outline.blocks = blocks.map(|what| (what, line, conditional()));
            }
            if outline.makes_processes.is_none() && model.starts_processes(call) {
                outline.makes_processes = Some(line);
            }
            if outline.writes.is_none() {
                outline.writes = model.writes(call).map(|what| (what, line));
            }
            if let Some(name) = model.called(call)
                && name.contains('.')
            {
                outline.calls.push(Called {
                    name: Arc::from(&*name),
                    is_awaited: model.is_awaited(call.node),
                    is_conditional: conditional(),
                });
            }
        }
        outline
    }
}

/// Whether a function is without decorators and has neither a `return` of a value nor a `yield`.
fn returns_nothing(model: &Model<'_>, function: &Function<'_>) -> bool {
    let plain = function.def().is_some_and(|def| {
        // What only raises is there to be replaced.
        let does = |stmt: &Stmt| !matches!(stmt, Stmt::Raise(_) | Stmt::Pass(_) | Stmt::Expr(_));
        let calls = model.calls_of(function.id).next().is_some();
        let raises = matches!(def.body.last(), Some(Stmt::Raise(_)));
        def.decorator_list.is_empty() && !raises && (calls || def.body.iter().any(does))
    });
    let mut nodes = model.tree.within(function.node);
    plain
        && nodes.all(|id| match model.tree.node(id) {
            AnyNodeRef::StmtReturn(given) => given.value.is_none(),
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => false,
            _ => true,
        })
}

/// What the module binds by `from … import`.
fn aliases(model: &Model<'_>) -> Vec<(Arc<str>, Arc<str>)> {
    let module = ScopeId(0);
    let mut found = Vec::new();
    for name in model.scopes.names(module) {
        for (_, binding) in model.scopes.bindings(module, name) {
            if let Binding::ImportFrom {
                import,
                name: original,
            } = binding
                && let Some(target) = model.imported(import, original)
            {
                let own = format!("{}.{name}", model.name);
                found.push((Arc::from(own), Arc::from(target)));
            }
        }
    }
    found
}
