//! What a task raises that does not reach the one who waits for it.

use crate::lanes::Lane;
use crate::names::function_of;
use crate::sheet::Sheet;
use crate::tasks::last_name;
use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, Stmt, StmtClassDef};
use rightlane_source::syntax::{NodeId, Ranged, TextRange, Tree};

/// Refuses a task that ends the program where only its worker would end, and notes exceptions that may not come
/// back from another process.
///
/// # Errors
/// What ends the program, and what to do, as a sentence.
pub(crate) fn look(sheet: &mut Sheet<'_>, lane: &dyn Lane, call: &ExprCall) -> Result<(), String> {
    let Some(def) = function_of(sheet, Tree::id(call), &call.func) else {
        return Ok(());
    };
    let mut found = Raised::default();
    for stmt in &def.body {
        found.visit_stmt(stmt);
    }
    if let Some(range) = found.exits.filter(|_| lane.loses_exits()) {
        return Err(format!(
            "{} ends the program in line {}; of a pool only the worker would end, and everybody would wait for ever: \
             ThreadPoolExecutor and ProcessPoolExecutor hand it on",
            def.name,
            sheet.file.line(range.start())
        ));
    }
    if lane.copies()
        && let Some(class) = found
            .names
            .iter()
            .find_map(|name| own_arguments(sheet, name))
    {
        sheet.doubts.push(format!(
            "{} has arguments of its own and may not come back from another process: give it `__reduce__`",
            class.name
        ));
    }
    Ok(())
}

#[derive(Default)]
struct Raised<'a> {
    exits: Option<TextRange>,
    names: Vec<&'a str>,
}

impl<'a> Visitor<'a> for Raised<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Raise(raise) = stmt {
            let name = match raise.exc.as_deref() {
                Some(Expr::Call(call)) => last_name(&call.func),
                Some(other) => last_name(other),
                None => None,
            };
            if matches!(name, Some("SystemExit" | "KeyboardInterrupt")) {
                self.exits = Some(stmt.range());
            }
            self.names.extend(name);
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Attribute(one) = &*call.func
            && one.attr.as_str() == "exit"
            && matches!(&*one.value, Expr::Name(name) if name.id.as_str() == "sys")
        {
            self.exits = Some(expr.range());
        }
        walk_expr(self, expr);
    }
}

/// A class of this file, of exceptions that are made from more than what `Exception` keeps.
fn own_arguments<'a>(sheet: &Sheet<'a>, name: &str) -> Option<&'a StmtClassDef> {
    let tree = &sheet.view.tree;
    let class = tree.within(NodeId(0)).find_map(|id| match tree.node(id) {
        AnyNodeRef::StmtClassDef(class) if class.name.as_str() == name => Some(class),
        _ => None,
    })?;
    let method = |wanted: &str| {
        class.body.iter().find_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if def.name.as_str() == wanted => Some(def),
            _ => None,
        })
    };
    let made = method("__init__")?;
    (made.parameters.len() > 2 && method("__reduce__").is_none()).then_some(class)
}
