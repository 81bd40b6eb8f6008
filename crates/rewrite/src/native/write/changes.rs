//! What may be seen to change.

use crate::native::names::Names;
use crate::native::plan::{Plan, Step};
use rightlane_source::syntax::Tree;
use rightlane_source::syntax::ast::{AnyNodeRef, ExceptHandler, Expr, Stmt};

/// What may be seen to change, each sentence once.
pub(super) fn changes(names: &Names<'_, '_>, plan: &Plan<'_>) -> Vec<String> {
    let mut changes: Vec<String> = Vec::new();
    let mut add = |change: String| {
        if !changes.contains(&change) {
            changes.push(change);
        }
    };
    for change in plan.changes().flat_map(|change| &change.changes) {
        add((*change).to_owned());
    }
    for (_, function) in plan.written() {
        if function
            .steps
            .iter()
            .any(|step| matches!(step, Step::Files))
        {
            add("reading and writing files blocks all tasks for as long as it takes".to_owned());
        }
        if function
            .steps
            .iter()
            .any(|step| matches!(step, Step::Sqlite))
        {
            add("SQLite blocks all tasks for as long as it takes".to_owned());
        }
        for node in names.within(Tree::id(function.def)) {
            if let AnyNodeRef::StmtTry(stmt) = node
                && let Some(handler) = stmt.handlers.iter().find(|handler| catches_all(handler))
            {
                let line = names.line(handler);
                add(format!(
                    "an except catches the cancelling of a task as well ({line})"
                ));
            }
        }
    }
    changes
}

fn catches_all(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    let raises = handler.body.iter().any(Stmt::is_raise_stmt);
    let all = match handler.type_.as_deref() {
        None => true,
        Some(Expr::Name(name)) => name.id.as_str() == "BaseException",
        Some(_) => false,
    };
    all && !raises
}
