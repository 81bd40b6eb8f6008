//! Whether all that a socket or another connection goes through is in twins.

use crate::native::names::{Callee, Kind, Names};
use crate::native::plan::{Entry, Function, Plan, Step};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall};
use rightlane_source::syntax::{Binding, NodeId, Tree};

/// A socket must be made in a twin: another's would block.
pub(super) fn check_made<'a>(
    names: &Names<'_, 'a>,
    plan: &Plan<'a>,
    function: &Function<'a>,
    call: &'a ExprCall,
) -> Result<(), String> {
    let Expr::Attribute(attribute) = &*call.func else {
        return Ok(());
    };
    match names.kind(&attribute.value) {
        Some(Kind::Made(made)) if is_connection(&made) => {}
        _ => return Ok(()),
    }
    let what = names.file.slice(&*attribute.value);
    let elsewhere = || {
        Err(format!(
            "the connection `{what}` is made elsewhere ({})",
            names.line(call)
        ))
    };
    let Expr::Name(name) = &*attribute.value else {
        return if attribute.value.is_call_expr() {
            Ok(())
        } else {
            elsewhere()
        };
    };
    let within = |id: NodeId| names.view.tree.holds(Tree::id(function.def), id);
    for (id, binding) in names.bindings(name) {
        let is_made_here = match binding {
            Binding::Parameter(_) => is_called_by_twins(names, plan, function),
            _ => within(*id),
        };
        if !is_made_here {
            return elsewhere();
        }
    }
    Ok(())
}

/// Whether a function's arguments come from twins alone.
fn is_called_by_twins(names: &Names<'_, '_>, plan: &Plan<'_>, function: &Function<'_>) -> bool {
    let id = Tree::id(function.def);
    let is_entry = matches!(plan.entry, Entry::Own(_, entry) if entry == id);
    let callers = plan.written().flat_map(|(_, caller)| &caller.steps);
    let from_twins = callers.filter(|step| matches!(step, Step::Own(_, called) if *called == id));
    let reads = names.within(NodeId(0)).filter(|node| match node {
        AnyNodeRef::ExprCall(call) => match &*call.func {
            Expr::Name(name) => name.id == function.def.name.id,
            Expr::Attribute(attribute) => attribute.attr == function.def.name,
            _ => false,
        },
        _ => false,
    });
    !is_entry && from_twins.count() == reads.count()
}

/// Refuses a socket that goes where nobody awaits what it does.
pub(super) fn check_uses<'a>(
    names: &Names<'_, 'a>,
    plan: &Plan<'a>,
    function: &Function<'a>,
) -> Result<(), String> {
    for node in names.within(Tree::id(function.def)) {
        let AnyNodeRef::ExprName(name) = node else {
            continue;
        };
        let is_socket = name.ctx.is_load()
            && names
                .bindings(name)
                .iter()
                .any(|(_, binding)| match binding {
                    Binding::Value(made) | Binding::Context(made) => is_socket(names, made),
                    _ => false,
                });
        if is_socket && !goes_well(names, plan, function, Tree::id(name)) {
            let line = names.line(name);
            return Err(format!(
                "`{}` goes where it is not awaited ({line})",
                name.id
            ));
        }
    }
    Ok(())
}

const FILE: &str = "socket.socket.makefile";

/// Whether objects of this kind are others in a twin.
fn is_connection(made: &str) -> bool {
    let kinds = [
        "socket.socket",
        "redis.Redis",
        "psycopg.Connection",
        "psycopg.Cursor",
    ];
    made == FILE || kinds.contains(&made)
}

fn is_socket<'a>(names: &Names<'_, 'a>, expr: &'a Expr) -> bool {
    matches!(names.kind(expr), Some(Kind::Made(made)) if is_connection(&made))
}

/// Whether a socket's attribute is asked for, or it goes to another twin.
fn goes_well<'a>(
    names: &Names<'_, 'a>,
    plan: &Plan<'a>,
    function: &Function<'a>,
    name: NodeId,
) -> bool {
    for id in names.view.tree.ancestors(name) {
        match names.view.tree.node(id) {
            AnyNodeRef::Arguments(_) | AnyNodeRef::Keyword(_) | AnyNodeRef::Comprehension(_) => {}
            AnyNodeRef::ExprAttribute(_)
            | AnyNodeRef::WithItem(_)
            | AnyNodeRef::StmtWith(_)
            | AnyNodeRef::StmtFor(_)
            | AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::StmtIf(_)
            | AnyNodeRef::ExprCompare(_) => return true,
            AnyNodeRef::StmtReturn(_) => {
                return !matches!(plan.entry, Entry::Own(_, id) if id == Tree::id(function.def));
            }
            AnyNodeRef::ExprCall(call) => {
                return matches!(names.callee(call), Callee::Own(def) if plan.twins.contains(&Tree::id(def)))
                    || names.dotted(&call.func).as_deref() == Some("contextlib.closing");
            }
            _ => return false,
        }
    }
    false
}
