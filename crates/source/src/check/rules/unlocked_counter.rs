//! Several threads count in one variable without a lock: some of the steps get lost.
//!
//! ## What it sees
//! `n += 1` (or `n = n + 1`, `d[k] = d.get(k, 0) + 1`) on a global, a variable of an outer function, an
//! attribute of an object or an entry of a dict that several threads have in common, in a function
//! that they run at the same time and not under a lock: tasks of a pool, threads started in a loop.
//!
//! ## Why it matters
//! It is a read, an addition and a write. A thread that is switched out in between writes back an old
//! value, and what the others added meanwhile is gone. The GIL does not prevent it: it may be handed
//! over at any call in the statement; without a GIL (free-threaded builds, PEP 703) it happens all the
//! time.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! sizes = 0
//!
//! def add(path):
//!     global sizes
//!     sizes += path.stat().st_size
//!
//! def total(paths):
//!     with ThreadPoolExecutor() as pool:
//!         list(pool.map(add, paths))
//!     return sizes
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def size(path):
//!     return path.stat().st_size
//!
//! def total(paths):
//!     with ThreadPoolExecutor() as pool:
//!         return sum(pool.map(size, paths))
//! ```
//!
//! ## When it is wrong
//! If the figure is only a rough one, or each thread has an entry of its own.

use crate::check::found::Found;
use crate::check::model::{Function, Model};
use crate::check::races::Race;
use crate::check::scope::Binding;
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, Operator};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (function, race) in model.racing_threads() {
        for node in model.own_nodes(function) {
            let Some(target) = changed(model, node) else {
                continue;
            };
            if !is_common(model, target, function, race) || model.is_locked(node) {
                continue;
            }
            let what = model.text_of(target);
            found
                .report(
                    model.tree.range(node),
                    format!("several threads change `{what}` at the same time: it is read and written back, and steps get lost"),
                )
                .help("do it under a lock, or return the part and add up the results");
        }
    }
}

/// The target of a statement that adds to its own old value.
fn changed<'a>(model: &Model<'a>, node: NodeId) -> Option<&'a Expr> {
    match model.tree.node(node) {
        AnyNodeRef::StmtAugAssign(step) => {
            let counts = matches!(step.op, Operator::Add | Operator::Sub);
            (counts && !is_list(model, &step.value)).then_some(&*step.target)
        }
        AnyNodeRef::StmtAssign(assign) => {
            let ([target], Expr::BinOp(sum)) = (assign.targets.as_slice(), &*assign.value) else {
                return None;
            };
            let counts = matches!(sum.op, Operator::Add | Operator::Sub);
            let old = counts && is_old_value(model, &sum.left, target);
            (old && !is_list(model, &sum.right)).then_some(target)
        }
        _ => None,
    }
}

/// Whether an expression reads what a statement assigns: `x` or `d.get(k, 0)`.
fn is_old_value<'a>(model: &Model<'a>, old: &'a Expr, target: &'a Expr) -> bool {
    if model.text_of(old) == model.text_of(target) {
        return true;
    }
    let (Expr::Call(call), Expr::Subscript(item)) = (old, target) else {
        return false;
    };
    let Expr::Attribute(method) = &*call.func else {
        return false;
    };
    let key = call.arguments.args.first();
    method.attr.as_str() == "get"
        && model.text_of(&*method.value) == model.text_of(&*item.value)
        && key.is_some_and(|key| model.text_of(key) == model.text_of(&*item.slice))
}

/// Lists are extended in place, which is one step.
fn is_list<'a>(model: &Model<'a>, value: &'a Expr) -> bool {
    matches!(value, Expr::List(_) | Expr::ListComp(_))
        || model.type_of(value).as_deref() == Some("list")
}

/// Whether all threads mean the same place by a target.
fn is_common<'a>(
    model: &Model<'a>,
    target: &'a Expr,
    function: &Function<'a>,
    race: &Race,
) -> bool {
    if !model.is_shared(target, function, race) {
        return false;
    }
    match target {
        Expr::Name(_) => true,
        // Of a module's or an outer function's objects it may be one of many.
        Expr::Attribute(attribute) => attribute.value.is_name_expr(),
        Expr::Subscript(item) => {
            is_counted_by_key(model, &item.value) && !is_own_key(model, &item.slice, function)
        }
        _ => false,
    }
}

/// Whether an object is a dict: parts of arrays are often divided among threads.
fn is_counted_by_key<'a>(model: &Model<'a>, object: &'a Expr) -> bool {
    let of = model.type_of(object);
    matches!(
        of.as_deref(),
        Some("dict" | "collections.Counter" | "collections.defaultdict")
    )
}

/// Whether a key is the task's own: a parameter, or a part of one.
fn is_own_key<'a>(model: &Model<'a>, key: &'a Expr, function: &Function<'a>) -> bool {
    let Some(root) = crate::check::races::root(key) else {
        return false;
    };
    let home = model
        .scopes
        .home(model.tree.scope(Tree::id(root)), &root.id);
    home == Some(function.scope)
        && model
            .scopes
            .bindings(function.scope, &root.id)
            .iter()
            .any(|(_, binding)| matches!(binding, Binding::Parameter(_)))
}
