//! The items of a loop: whether they can be gone through more than once.

use crate::imports::builtin;
use crate::sheet::Sheet;
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, Stmt};
use rightlane_source::syntax::{Binding, NodeId, Ranged, ScopeKind};

/// How deep values are followed through names and functions.
const DEPTH: u32 = 4;

/// An expression for the items, and the line that has to stand before, at this depth, if they are needed more
/// than once (`again`) but could not be gone through twice.
pub(crate) fn iterable(
    sheet: &mut Sheet<'_>,
    at: NodeId,
    iter: &Expr,
    again: bool,
    depth: &str,
) -> (Option<String>, String) {
    let text = sheet.file.slice(iter).to_owned();
    if !again {
        return (None, text);
    }
    if iter.is_name_expr() && lasts(sheet, at, iter, DEPTH) {
        return (None, text);
    }
    let name = sheet.fresh("items");
    let text = crate::place::moved(
        sheet.file,
        iter.range(),
        &[],
        &sheet.indent_at(iter.start()),
        depth,
    );
    let value = match iter {
        Expr::List(_) | Expr::ListComp(_) => text,
        Expr::Call(call) if makes_list(&call.func) || is_range(&call.func) => text,
        Expr::Generator(_) => format!("{}{}", builtin(sheet, "list"), parenthesised(&text)),
        Expr::Tuple(tuple) if !tuple.parenthesized => format!("({text})"),
        _ => format!("{}({text})", builtin(sheet, "list")),
    };
    (Some(format!("{name} = {value}")), name)
}

fn parenthesised(text: &str) -> String {
    if text.starts_with('(') {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

fn makes_list(function: &Expr) -> bool {
    matches!(function, Expr::Name(name) if matches!(name.id.as_str(), "list" | "sorted" | "tuple"))
}

fn is_range(function: &Expr) -> bool {
    matches!(function, Expr::Name(name) if name.id.as_str() == "range")
}

/// Whether a value can be gone through more than once, with the same items.
fn lasts(sheet: &Sheet<'_>, at: NodeId, value: &Expr, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    match value {
        Expr::List(_)
        | Expr::Tuple(_)
        | Expr::Set(_)
        | Expr::Dict(_)
        | Expr::ListComp(_)
        | Expr::SetComp(_)
        | Expr::DictComp(_)
        | Expr::StringLiteral(_)
        | Expr::BytesLiteral(_) => true,
        Expr::BinOp(operation) => lasts(sheet, at, &operation.left, depth - 1),
        Expr::Subscript(subscript) if subscript.slice.is_slice_expr() => {
            lasts(sheet, at, &subscript.value, depth - 1)
        }
        Expr::Name(_) => name_lasts(sheet, at, value, depth),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(attribute) => {
                matches!(
                    attribute.attr.as_str(),
                    "split" | "splitlines" | "readlines" | "fetchall" | "copy" | "listdir"
                )
            }
            function if makes_list(function) || is_range(function) => true,
            Expr::Name(name) if matches!(name.id.as_str(), "dict" | "set" | "frozenset") => true,
            Expr::Name(name) => function_lasts(sheet, at, &name.id, depth),
            _ => false,
        },
        _ => false,
    }
}

fn name_lasts(sheet: &Sheet<'_>, at: NodeId, value: &Expr, depth: u32) -> bool {
    let Expr::Name(name) = value else {
        return false;
    };
    let scopes = &sheet.view.scopes;
    let Some(home) = scopes.home(sheet.view.tree.scope(at), &name.id) else {
        return false;
    };
    let bindings = scopes.bindings(home, &name.id);
    !bindings.is_empty()
        && bindings.iter().all(|(id, binding)| match binding {
            Binding::Value(value) => lasts(sheet, *id, value, depth - 1),
            Binding::Augmented => true,
            _ => false,
        })
}

/// Whether a function of this file returns nothing else than what lasts.
fn function_lasts(sheet: &Sheet<'_>, at: NodeId, name: &str, depth: u32) -> bool {
    let scopes = &sheet.view.scopes;
    let tree = &sheet.view.tree;
    let Some(home) = scopes.home(tree.scope(at), name) else {
        return false;
    };
    let [(_, Binding::Function(id))] = scopes.bindings(home, name) else {
        return false;
    };
    let AnyNodeRef::StmtFunctionDef(def) = tree.node(*id) else {
        return false;
    };
    let Some(scope) = scopes.opened_by(*id) else {
        return false;
    };
    if scopes.get(scope).kind != ScopeKind::Function || def.is_async {
        return false;
    }
    let mut returns = 0;
    let mut fine = true;
    for node in tree.within(*id) {
        if scopes.function(tree.scope(node)) != Some(scope) {
            continue;
        }
        match tree.node(node) {
            AnyNodeRef::StmtReturn(one) => {
                returns += 1;
                fine &= one
                    .value
                    .as_deref()
                    .is_some_and(|value| lasts(sheet, node, value, depth - 1));
            }
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => return false,
            _ => {}
        }
    }
    let ends_with_return = matches!(def.body.last(), Some(Stmt::Return(_)));
    fine && returns > 0 && ends_with_return
}
