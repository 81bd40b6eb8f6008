//! Names in a piece of code.

use crate::sheet::Sheet;
use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprContext, Stmt, StmtFunctionDef};
use rightlane_source::syntax::{Binding, NodeId, ScopeId, ScopeKind, TextRange, View};
use std::collections::BTreeSet;

/// Names that are read in an expression, those that it binds itself left out.
pub(crate) fn read_in(expr: &Expr) -> BTreeSet<String> {
    let mut found = Names::default();
    found.visit_expr(expr);
    found.read.difference(&found.bound).cloned().collect()
}

/// Names that are read in statements.
pub(crate) fn read_in_all<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> BTreeSet<String> {
    let mut found = Names::default();
    for stmt in body {
        found.visit_stmt(stmt);
    }
    found.read
}

/// Names that statements bind in their own scope, in order of their first binding.
pub(crate) fn bound_in<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> Vec<String> {
    let mut found = Bound::default();
    for stmt in body {
        found.visit_stmt(stmt);
    }
    found.names
}

/// Names that an expression binds by `:=`.
pub(crate) fn bound_in_expr(expr: &Expr) -> Vec<String> {
    let mut found = Bound::default();
    found.visit_expr(expr);
    found.names
}

/// Names that statements add to: `NAME += …`.
pub(crate) fn added_to<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> BTreeSet<String> {
    #[derive(Default)]
    struct Added(BTreeSet<String>);
    impl<'a> Visitor<'a> for Added {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            if let Stmt::AugAssign(assign) = stmt
                && let Expr::Name(name) = &*assign.target
            {
                self.0.insert(name.id.to_string());
            }
            walk_stmt(self, stmt);
        }
    }
    let mut found = Added::default();
    for stmt in body {
        found.visit_stmt(stmt);
    }
    found.0
}

/// A name that an expression, or a part of it, binds by `:=`.
pub(crate) fn walrus(expr: &Expr) -> Option<String> {
    struct Found(Option<String>);
    impl<'a> Visitor<'a> for Found {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::Named(named) = expr
                && let Expr::Name(name) = &*named.target
            {
                self.0 = Some(name.id.to_string());
            }
            walk_expr(self, expr);
        }
    }
    let mut found = Found(None);
    found.visit_expr(expr);
    found.0
}

/// The function of this file that an expression names.
pub(crate) fn function_of<'a>(
    sheet: &Sheet<'a>,
    at: NodeId,
    function: &Expr,
) -> Option<&'a StmtFunctionDef> {
    let Expr::Name(name) = function else {
        return None;
    };
    let scopes = &sheet.view.scopes;
    let home = scopes.home(sheet.view.tree.scope(at), &name.id)?;
    let [(_, Binding::Function(id))] = scopes.bindings(home, &name.id) else {
        return None;
    };
    match sheet.view.tree.node(*id) {
        AnyNodeRef::StmtFunctionDef(def) => Some(def),
        _ => None,
    }
}

/// The names of an assignment's or a loop's target, in order.
pub(crate) fn of_target(target: &Expr) -> Vec<String> {
    match target {
        Expr::Name(name) => vec![name.id.to_string()],
        Expr::Tuple(tuple) => tuple.elts.iter().flat_map(of_target).collect(),
        Expr::List(list) => list.elts.iter().flat_map(of_target).collect(),
        Expr::Starred(starred) => of_target(&starred.value),
        _ => Vec::new(),
    }
}

#[derive(Default)]
struct Names {
    read: BTreeSet<String>,
    bound: BTreeSet<String>,
}

impl<'a> Visitor<'a> for Names {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            let set = match name.ctx {
                ExprContext::Store | ExprContext::Del => &mut self.bound,
                _ => &mut self.read,
            };
            set.insert(name.id.to_string());
        }
        if let Expr::Lambda(lambda) = expr
            && let Some(parameters) = &lambda.parameters
        {
            let names = parameters.iter().map(|one| one.name().to_string());
            self.bound.extend(names);
        }
        walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::AugAssign(assign) = stmt
            && let Expr::Name(name) = &*assign.target
        {
            self.read.insert(name.id.to_string());
        }
        walk_stmt(self, stmt);
    }
}

#[derive(Default)]
struct Bound {
    names: Vec<String>,
}

impl Bound {
    fn note(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }
}

impl<'a> Visitor<'a> for Bound {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.note(&def.name),
            Stmt::ClassDef(class) => self.note(&class.name),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.note(name.split('.').next().unwrap_or(name));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.note(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => self.note(&name.id),
            // Scopes of their own; only `:=` gets out of a comprehension.
            Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_) => {}
            _ => walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a rightlane_source::syntax::ast::ExceptHandler) {
        let rightlane_source::syntax::ast::ExceptHandler::ExceptHandler(one) = handler;
        if let Some(name) = &one.name {
            self.note(name);
        }
        rightlane_source::syntax::ast::visitor::walk_except_handler(self, handler);
    }
}

/// Whether a name, as it is seen at a node, may be read again once what is `within` is done.
pub(crate) fn read_outside(view: &View<'_>, at: NodeId, name: &str, within: TextRange) -> bool {
    let scope = view.tree.scope(at);
    let Some(home) = view.scopes.home(scope, name) else {
        return false;
    };
    let Some(name) = view.scopes.names(home).find(|one| *one == name) else {
        return false;
    };
    let is_loop = |id: &NodeId| {
        let range = view.tree.range(*id);
        range.contains_range(within)
            && range != within
            && matches!(
                view.tree.node(*id),
                AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_)
            )
    };
    let again = view.tree.ancestors(at).any(|id| is_loop(&id));
    let mut reads = view.scopes.reads(home, name).iter();
    reads.any(|id| {
        let range = view.tree.range(*id);
        let later = again || range.start() >= within.end() || view.tree.scope(*id) != scope;
        !within.contains_range(range) && later
    })
}

/// The function-like scope that a scope lies in: what `nonlocal` names would belong to.
pub(crate) fn is_local(view: &View<'_>, scope: ScopeId, name: &str) -> bool {
    view.scopes
        .home(scope, name)
        .is_some_and(|home| view.scopes.get(home).kind != ScopeKind::Module)
}

/// Of `names`, those that belong to a function around the node: a worker process does not see them.
pub(crate) fn locals_of<'n>(
    view: &View<'_>,
    node: NodeId,
    names: impl IntoIterator<Item = &'n String>,
) -> Vec<String> {
    let scope = view.tree.scope(node);
    let own = |name: &&String| is_local(view, scope, name);
    names.into_iter().filter(own).cloned().collect()
}
