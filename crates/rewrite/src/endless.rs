//! Items that never end.

use crate::sheet::Sheet;
use crate::tasks::last_name;
use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rightlane_source::syntax::ast::{Expr, ExprCall, Stmt};
use rightlane_source::syntax::{Binding, NodeId};

/// How deep values are followed through names.
const DEPTH: u32 = 4;

/// Why the items of an expression never end, as a sentence; `None` if they do, as far as can be seen.
pub(crate) fn endless(sheet: &Sheet<'_>, at: NodeId, items: &Expr) -> Option<String> {
    let source = source(sheet, at, items, DEPTH)?;
    Some(format!(
        "its items never end ({})",
        sheet.file.slice(source)
    ))
}

/// The expression that goes on for ever.
fn source<'a>(sheet: &Sheet<'a>, at: NodeId, items: &'a Expr, depth: u32) -> Option<&'a Expr> {
    if depth == 0 {
        return None;
    }
    match items {
        Expr::Call(call) => of_call(sheet, at, items, call, depth),
        Expr::Generator(one) => {
            let first = &one.generators.first()?.iter;
            source(sheet, at, first, depth - 1)
        }
        Expr::Name(name) => {
            let scopes = &sheet.view.scopes;
            let home = scopes.home(sheet.view.tree.scope(at), &name.id)?;
            match scopes.bindings(home, &name.id) {
                [(id, Binding::Value(value))] => source(sheet, *id, value, depth - 1),
                _ => None,
            }
        }
        _ => None,
    }
}

fn of_call<'a>(
    sheet: &Sheet<'a>,
    at: NodeId,
    items: &'a Expr,
    call: &'a ExprCall,
    depth: u32,
) -> Option<&'a Expr> {
    let arguments = &call.arguments.args;
    let inner = |expr: &'a Expr| source(sheet, at, expr, depth - 1);
    match last_name(&call.func)? {
        "count" if is_itertools(sheet, &call.func) => Some(items),
        "cycle" if is_itertools(sheet, &call.func) => Some(items),
        "repeat" if is_itertools(sheet, &call.func) && call.arguments.len() == 1 => Some(items),
        "enumerate" | "iter" | "list" | "tuple" | "sorted" => inner(arguments.first()?),
        "map" | "filter" if arguments.len() == 2 => inner(arguments.get(1)?),
        "zip" => {
            let all: Option<Vec<&Expr>> = arguments.iter().map(inner).collect();
            all?.first().copied()
        }
        "chain" => arguments.iter().find_map(inner),
        _ => goes_on(sheet, at, call).then_some(items),
    }
}

fn is_itertools(sheet: &Sheet<'_>, function: &Expr) -> bool {
    match function {
        Expr::Attribute(one) => sheet.file.slice(&*one.value).ends_with("itertools"),
        Expr::Name(name) => sheet
            .view
            .scopes
            .bindings(rightlane_source::syntax::ScopeId(0), &name.id)
            .iter()
            .any(|(_, binding)| {
                matches!(binding, Binding::ImportFrom { import, .. }
                if import.module.as_ref().is_some_and(|module| module.as_str() == "itertools"))
            }),
        _ => false,
    }
}

/// Whether a generator function of this file is called that nothing ends.
fn goes_on(sheet: &Sheet<'_>, at: NodeId, call: &ExprCall) -> bool {
    let Some(def) = crate::names::function_of(sheet, at, &call.func) else {
        return false;
    };
    let mut found = Found::default();
    for stmt in &def.body {
        found.visit_stmt(stmt);
    }
    found.yields && found.endless
}

/// Whether the function yields, and has a `while True` that neither `break` nor `return` nor `raise` ends.
#[derive(Default)]
struct Found {
    yields: bool,
    endless: bool,
}

impl<'a> Visitor<'a> for Found {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            Stmt::While(each) => {
                let forever = matches!(&*each.test, Expr::BooleanLiteral(one) if one.value)
                    || matches!(&*each.test, Expr::NumberLiteral(_));
                self.endless |= forever && crate::loops::ends_early(&each.body).is_none();
            }
            Stmt::For(each) => {
                if let Expr::Call(call) = &*each.iter {
                    let name = last_name(&call.func).unwrap_or_default();
                    self.endless |= matches!(name, "count" | "cycle")
                        && crate::loops::ends_early(&each.body).is_none();
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.yields |= expr.is_yield_expr() || expr.is_yield_from_expr();
        walk_expr(self, expr);
    }
}

/// Whether the function yields.
pub(crate) fn is_generator(sheet: &Sheet<'_>, at: NodeId, call: &ExprCall) -> bool {
    let Some(def) = crate::names::function_of(sheet, at, &call.func) else {
        return false;
    };
    let mut found = Found::default();
    for stmt in &def.body {
        found.visit_stmt(stmt);
    }
    found.yields
}
