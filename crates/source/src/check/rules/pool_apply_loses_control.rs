//! `apply_async` results are kept, but never asked with `get()`: the tasks' exceptions stay in them.
//!
//! ## What it sees
//! `pool.apply_async(…)` without `error_callback` whose result is kept in a name, a list or a dict, and only
//! ever waited for or counted (`wait`, `ready`, `len`), never asked by `get()` and never passed on.
//!
//! ## Why it matters
//! An `AsyncResult` keeps its task's exception for `get()`; `wait()` says nothing of it, and `callback=`
//! is called for success alone. A failed task looks like one that is done. An executor's futures can be
//! cancelled as well, and are watched by `as_completed`.
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def index_all(paths, index):
//!     with Pool() as pool:
//!         results = [pool.apply_async(index, (path,)) for path in paths]
//!         for result in results:
//!             result.wait()
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def index_all(paths, index):
//!     with Pool() as pool:
//!         results = [pool.apply_async(index, (path,)) for path in paths]
//!         for result in results:
//!             result.get()
//! ```
//!
//! ## When it is wrong
//! If the task handles every exception itself.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::tasks::How;
use crate::check::tree::{NodeId, Tree};
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let method = call.expr.func.as_attribute_expr();
        if method.is_none_or(|method| method.attr.as_str() != "apply_async")
            || call.expr.arguments.find_keyword("error_callback").is_some()
        {
            continue;
        }
        let is_pools = model
            .submission(call)
            .is_some_and(|given| given.how == How::ApplyAsync);
        if is_pools && is_never_asked(model, call) {
            found
                .report(call, "the result is kept but never asked by `get()`: the task's exceptions stay in it")
                .help("call `get()` on each result, or give an `error_callback=`");
        }
    }
}

fn is_never_asked<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let reads = match model.use_of(call.node) {
        // A name that nobody reads is RL204's.
        Use::Named { name, scope } => {
            let reads = model.scopes.reads(scope, name);
            let is_local = model.scopes.function(scope).is_some();
            return is_local
                && !reads.is_empty()
                && reads.iter().all(|read| is_only_watched(model, *read));
        }
        Use::Item(list) => match model.use_of(list) {
            Use::Named { name, scope } if model.scopes.function(scope).is_some() => {
                model.scopes.reads(scope, name)
            }
            _ => return false,
        },
        Use::Argument(by) => match container_of_method(model, by) {
            Some(reads) => reads,
            None => return false,
        },
        Use::Other => match container_of_item(model, call.node) {
            Some(reads) => reads,
            None => return false,
        },
        _ => return false,
    };
    // A list to which all is added and that nobody reads is RL204's.
    let added = |read: &&NodeId| !is_addition(model, **read);
    let mut others = reads.iter().filter(added).peekable();
    others.peek().is_some() && others.all(|read| is_container_only_watched(model, *read))
}

/// What one may do with a result without learning of its exception.
fn is_only_watched(model: &Model<'_>, read: NodeId) -> bool {
    let watches = |attr: &str| matches!(attr, "wait" | "ready");
    if let Use::Argument(by) = model.use_of(read) {
        return is_addition_call(model, by);
    }
    model
        .method_called(read)
        .is_some_and(|(attr, _)| watches(attr))
}

/// Whether `name.append(…)` or `name[key] = …` stands at a read of a container.
fn is_addition(model: &Model<'_>, read: NodeId) -> bool {
    if let Some((attr, _)) = model.method_called(read) {
        return matches!(attr, "append" | "add");
    }
    let parent = model
        .tree
        .parent(read)
        .map(|parent| model.tree.node(parent));
    matches!(parent, Some(AnyNodeRef::ExprSubscript(item)) if item.ctx.is_store())
}

fn is_addition_call(model: &Model<'_>, by: NodeId) -> bool {
    let AnyNodeRef::ExprCall(call) = model.tree.node(by) else {
        return false;
    };
    let method = call.func.as_attribute_expr();
    method.is_some_and(|method| matches!(method.attr.as_str(), "append" | "add"))
}

/// The reads of a local name or an attribute of `self`.
fn reads_of<'m, 'a>(model: &'m Model<'a>, container: &'a Expr) -> Option<&'m [NodeId]> {
    match container {
        Expr::Name(name) => {
            let home = model
                .scopes
                .home(model.tree.scope(Tree::id(name)), &name.id)?;
            model.scopes.function(home)?;
            Some(model.scopes.reads(home, name.id.as_str()))
        }
        Expr::Attribute(attribute) => {
            let class = model.class_of(&*attribute.value)?;
            Some(model.attribute_reads(class, &attribute.attr))
        }
        _ => None,
    }
}

fn container_of_method<'m>(model: &'m Model<'_>, by: NodeId) -> Option<&'m [NodeId]> {
    let AnyNodeRef::ExprCall(call) = model.tree.node(by) else {
        return None;
    };
    let method = call.func.as_attribute_expr()?;
    matches!(method.attr.as_str(), "append" | "add").then(|| reads_of(model, &method.value))?
}

/// Of `container[key] = result`.
fn container_of_item<'m>(model: &'m Model<'_>, node: NodeId) -> Option<&'m [NodeId]> {
    let AnyNodeRef::StmtAssign(assign) = model.tree.node(model.tree.parent(node)?) else {
        return None;
    };
    let [Expr::Subscript(item)] = assign.targets.as_slice() else {
        return None;
    };
    reads_of(model, &item.value)
}

/// Whether a container is only counted here, or gone over with its results only watched.
fn is_container_only_watched(model: &Model<'_>, read: NodeId) -> bool {
    match model.use_of(read) {
        Use::Iterated(around) => are_items_watched(model, around, false),
        Use::Method {
            attr: "items",
            call: Some(call),
        } => match model.use_of(call) {
            Use::Iterated(around) => are_items_watched(model, around, true),
            _ => false,
        },
        Use::Method {
            attr: "values",
            call: Some(call),
        } => match model.use_of(call) {
            Use::Iterated(around) => are_items_watched(model, around, false),
            _ => false,
        },
        Use::Argument(by) => {
            let AnyNodeRef::ExprCall(call) = model.tree.node(by) else {
                return false;
            };
            call.func
                .as_name_expr()
                .is_some_and(|name| name.id == "len")
        }
        _ => false,
    }
}

/// Whether the results that a loop takes one by one are only watched; `second`: of pairs.
fn are_items_watched(model: &Model<'_>, around: NodeId, second: bool) -> bool {
    let target = match model.tree.node(around) {
        AnyNodeRef::StmtFor(each) => &*each.target,
        AnyNodeRef::Comprehension(each) => &each.target,
        _ => return false,
    };
    let result = match target {
        Expr::Tuple(pair) if second => pair.elts.get(1).and_then(Expr::as_name_expr),
        other if !second => other.as_name_expr(),
        _ => None,
    };
    let Some(result) = result else { return false };
    let scope = model.tree.scope(Tree::id(result));
    let Some(home) = model.scopes.home(scope, &result.id) else {
        return false;
    };
    let reads = model.scopes.reads(home, result.id.as_str());
    reads.iter().all(|read| is_only_watched(model, *read))
}
