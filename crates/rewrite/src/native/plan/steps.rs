//! What a function does that matters for its twin.

use super::Step;
use crate::native::Libraries;
use crate::native::change::Asked;
use crate::native::names::{Callee, Names};
use crate::native::table;
use rightlane_source::syntax::ast::{AnyNodeRef, ExprCall, ExprRef, Stmt, StmtFunctionDef};
use rightlane_source::syntax::{NodeId, Ranged, Tree};

/// The steps of a function's body, in order.
pub(super) fn steps<'a>(
    names: &Names<'_, 'a>,
    def: &'a StmtFunctionDef,
    libraries: &Libraries,
) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let Some(start) = def.body.first().map(Ranged::start) else {
        return steps;
    };
    for node in names
        .within(Tree::id(def))
        .filter(|node| node.start() >= start)
    {
        match node {
            AnyNodeRef::ExprCall(call) => step(names, call, libraries, &mut steps),
            AnyNodeRef::ExprName(name) if name.ctx.is_load() => {
                if let Some(handed) = names.function(name) {
                    if !is_called(names, name.into()) {
                        steps.push(Step::Handed(name, Tree::id(handed)));
                    }
                } else if is_waiting_value(names, name.into()) {
                    steps.push(Step::Value(name.into()));
                }
            }
            AnyNodeRef::ExprAttribute(attribute) if is_waiting_value(names, attribute.into()) => {
                steps.push(Step::Value(attribute.into()));
            }
            _ => {}
        }
    }
    steps
}

fn step<'a>(
    names: &Names<'_, 'a>,
    call: &'a ExprCall,
    libraries: &Libraries,
    steps: &mut Vec<Step<'a>>,
) {
    match names.callee(call) {
        Callee::Own(def) => steps.push(Step::Own(call, Tree::id(def))),
        Callee::Library(name) => {
            let asked = Asked {
                names,
                call,
                libraries,
            };
            if table::works_on_files(&name) {
                steps.push(Step::Files);
            } else if table::works_on_sqlite(&name) {
                steps.push(Step::Sqlite);
            } else if let Some(change) = table::change(&name, &asked) {
                steps.push(Step::Row(call, change));
            }
        }
        Callee::Unclear("write_text" | "write_bytes" | "read_text" | "read_bytes") => {
            steps.push(Step::Files);
        }
        Callee::Unclear(attr) => {
            let methods = methods(names, attr);
            steps.extend(methods.map(|id| Step::Perhaps(call, id)));
        }
        Callee::Value => {}
    }
}

/// All methods of this name.
fn methods<'a>(names: &Names<'_, 'a>, attr: &str) -> impl Iterator<Item = NodeId> {
    names.within(NodeId(0)).filter_map(move |node| match node {
        AnyNodeRef::StmtClassDef(class) => class.body.iter().find_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if def.name.as_str() == attr => Some(Tree::id(def)),
            _ => None,
        }),
        _ => None,
    })
}

fn is_called(names: &Names<'_, '_>, value: ExprRef<'_>) -> bool {
    let parent = names.view.tree.parent(Tree::id(value));
    match parent.map(|id| names.view.tree.node(id)) {
        Some(AnyNodeRef::ExprCall(call)) => call.func.range() == value.range(),
        _ => false,
    }
}

/// Whether a library's function that waits is named, but not called.
fn is_waiting_value<'a>(names: &Names<'_, 'a>, value: ExprRef<'a>) -> bool {
    let name = match value {
        ExprRef::Name(name) => names.dotted_name(name),
        ExprRef::Attribute(attribute) => names.imported_attribute(attribute),
        _ => None,
    };
    name.is_some_and(|name| table::WAITING.contains(&name.as_str())) && !is_called(names, value)
}
