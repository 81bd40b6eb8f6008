//! Whether a function can be a coroutine function at all.

mod requests_settings;
mod sockets;

use super::names::{Kind, Names, is_same};
use super::plan::{Function, Plan, Step};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, StmtFunctionDef, StmtWith};
use rightlane_source::syntax::{Binding, NodeId, Ranged, Tree};

/// Refuses what would not work.
pub(super) fn check(names: &Names<'_, '_>, plan: &Plan<'_>) -> Result<(), String> {
    requests_settings::check(names, plan)?;
    for (_, function) in plan.reached() {
        // What is only handed over is no reason for a twin, but one against it.
        for step in &function.steps {
            check_handed(names, plan, step)?;
        }
    }
    if plan.is_nothing() {
        return Err("there is nothing in it that asyncio waits for better".to_owned());
    }
    for (_, function) in plan.written() {
        check_definition(names, function.def)?;
        check_body(names, function.def)?;
        check_overridden(names, function.def)?;
        sockets::check_uses(names, plan, function)?;
        for step in &function.steps {
            check_step(names, plan, function, step)?;
        }
    }
    Ok(())
}

fn check_definition(names: &Names<'_, '_>, def: &StmtFunctionDef) -> Result<(), String> {
    let (name, line) = (&def.name, names.line(&def.name));
    if def.is_async {
        return Err(format!("`{name}` is a coroutine function already ({line})"));
    }
    if name.starts_with("__") && name.ends_with("__") {
        return Err(format!(
            "Python calls `{name}` itself and would not await it ({line})"
        ));
    }
    let plain = |expr: &Expr| matches!(expr, Expr::Name(name) if matches!(name.id.as_str(), "staticmethod" | "classmethod"));
    if let Some(other) = def
        .decorator_list
        .iter()
        .find(|each| !plain(&each.expression))
    {
        let text = names.file.slice(&other.expression);
        return Err(format!(
            "what `@{text}` makes of a coroutine function is not known ({line})"
        ));
    }
    for parameter in def.parameters.iter_non_variadic_params() {
        let shared = |value: &Expr| {
            matches!(
                value,
                Expr::List(_) | Expr::Dict(_) | Expr::Set(_) | Expr::Call(_)
            )
        };
        if parameter.default.as_deref().is_some_and(shared) {
            let parameter = &parameter.parameter.name;
            return Err(format!(
                "`{name}` keeps one object as the default of `{parameter}`, which a copy would not share ({line})"
            ));
        }
    }
    Ok(())
}

/// A subclass with a method of its own would be asked for a twin that it does not have.
fn check_overridden(names: &Names<'_, '_>, def: &StmtFunctionDef) -> Result<(), String> {
    let Some(class) = names.class_around(def) else {
        return Ok(());
    };
    for node in names.within(NodeId(0)) {
        let AnyNodeRef::StmtClassDef(other) = node else {
            continue;
        };
        let own = names.method(other, &def.name, 0);
        if own.is_some_and(|own| !is_same(own, def)) && names.inherits(other, class, 0) {
            let (name, line) = (&other.name, names.line(other));
            return Err(format!(
                "`{name}` has a `{}` of its own, which may be meant ({line})",
                def.name
            ));
        }
    }
    Ok(())
}

fn check_body(names: &Names<'_, '_>, def: &StmtFunctionDef) -> Result<(), String> {
    let scope = names.view.scopes.opened_by(Tree::id(def));
    for node in names.within(Tree::id(def)) {
        match node {
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                let here = names.view.tree.scope(Tree::id(node));
                if names.view.scopes.function(here) == scope {
                    let (name, line) = (&def.name, names.line(node));
                    return Err(format!("`{name}` is a generator ({line})"));
                }
            }
            AnyNodeRef::ExprName(name) => {
                let is_local = names.bindings(name).iter().any(|(_, binding)| {
                    matches!(binding, Binding::Value(Expr::Call(made)) if names.dotted(&made.func).as_deref() == Some("threading.local"))
                });
                if is_local {
                    let (name, line) = (&name.id, names.line(name));
                    return Err(format!(
                        "`{name}` belongs to a thread, and all tasks run in one ({line})"
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_step<'a>(
    names: &Names<'_, 'a>,
    plan: &Plan<'a>,
    function: &Function<'a>,
    step: &Step<'a>,
) -> Result<(), String> {
    let waits = |id: &NodeId| plan.functions.get(id).is_some_and(|called| called.waits);
    match step {
        Step::Row(_, Err(why)) => Err(why.clone()),
        Step::Row(call, Ok(_)) => {
            sockets::check_made(names, plan, function, call)?;
            check_place(names, plan, function.def, call)
        }
        Step::Own(call, id) if waits(id) => check_place(names, plan, function.def, call),
        _ => Ok(()),
    }
}

/// Refuses what others would call without awaiting it.
fn check_handed(names: &Names<'_, '_>, plan: &Plan<'_>, step: &Step<'_>) -> Result<(), String> {
    let waits = |id: &NodeId| plan.functions.get(id).is_some_and(|called| called.waits);
    match step {
        Step::Perhaps(call, id) if waits(id) => {
            let what = names.file.slice(&*call.func);
            Err(format!(
                "which class `{what}` is of cannot be seen ({})",
                names.line(*call)
            ))
        }
        Step::Handed(name, id) if waits(id) => {
            let line = names.line(*name);
            Err(format!(
                "`{}` is handed over to be called by others ({line})",
                name.id
            ))
        }
        Step::Value(expr) => {
            let (what, line) = (names.file.slice(*expr), names.line(*expr));
            Err(format!(
                "`{what}` is handed over to be called by others ({line})"
            ))
        }
        _ => Ok(()),
    }
}

/// Refuses an awaited call where `await` cannot stand or must not.
fn check_place<'a>(
    names: &Names<'_, 'a>,
    plan: &Plan<'a>,
    def: &'a StmtFunctionDef,
    call: &'a ExprCall,
) -> Result<(), String> {
    let (view, line) = (names.view, names.line(call));
    let what = names.file.slice(&*call.func);
    let here = view.tree.scope(Tree::id(call));
    if view.scopes.function(here) != view.scopes.opened_by(Tree::id(def)) {
        return Err(format!(
            "`{what}` is called within a function in the function ({line})"
        ));
    }
    let around = view.tree.ancestors(Tree::id(call));
    for id in around.take_while(|id| *id != Tree::id(def)) {
        match view.tree.node(id) {
            // Quotes within quotes.
            AnyNodeRef::ExprFString(_) if plan.python < (3, 12) => {
                return Err(format!("`{what}` is called within an f-string ({line})"));
            }
            AnyNodeRef::ExprGenerator(generator)
                if !is_read_whole(names, generator.range(), Tree::id(generator)) =>
            {
                return Err(format!(
                    "`{what}` is called when a generator is read ({line})"
                ));
            }
            AnyNodeRef::StmtWith(with) => check_with(names, with, call)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a generator expression is the only argument of a function that reads all of it.
fn is_read_whole(
    names: &Names<'_, '_>,
    range: rightlane_source::syntax::TextRange,
    id: NodeId,
) -> bool {
    // Its parent is the arguments, theirs the call.
    let call =
        names
            .view
            .tree
            .ancestors(id)
            .take(2)
            .find_map(|id| match names.view.tree.node(id) {
                AnyNodeRef::ExprCall(call) => Some(call),
                _ => None,
            });
    let Some(call) = call else { return false };
    let is_argument = call
        .arguments
        .args
        .iter()
        .any(|argument| argument.range() == range);
    let reads_all = match &*call.func {
        Expr::Name(name) => matches!(
            name.id.as_str(),
            "sum" | "list" | "set" | "tuple" | "sorted" | "max" | "min" | "dict" | "frozenset"
        ),
        Expr::Attribute(attribute) => attribute.attr.as_str() == "join",
        _ => false,
    };
    is_argument && reads_all
}

/// A thread's lock that is held while a task waits stops all tasks: the next one that wants it blocks the
/// thread in which the first would go on.
fn check_with<'a>(
    names: &Names<'_, 'a>,
    with: &'a StmtWith,
    call: &ExprCall,
) -> Result<(), String> {
    if with
        .body
        .first()
        .is_none_or(|first| call.start() < first.start())
    {
        return Ok(());
    }
    for item in &with.items {
        let text = names.file.slice(&item.context_expr);
        let is_lock = match names.kind(&item.context_expr) {
            Some(Kind::Made(made)) => {
                made.starts_with("threading.") || made.starts_with("multiprocessing.")
            }
            Some(Kind::Instance(_)) => false,
            None => text.to_lowercase().ends_with("lock") || text.ends_with("mutex"),
        };
        if is_lock {
            let line = names.line(with);
            return Err(format!(
                "`{text}` would be held while a task waits ({line})"
            ));
        }
    }
    Ok(())
}
