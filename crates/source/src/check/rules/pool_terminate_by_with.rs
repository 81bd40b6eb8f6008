//! Results of a `multiprocessing` pool are asked for after its `with` has terminated it.
//!
//! ## What it sees
//! `with Pool() as pool:` in which `apply_async`, `map_async` or `imap` are called, whose results are
//! waited for, or gone through, only after the block, or returned out of it. Not if the block closes
//! and joins the pool.
//!
//! ## Why it matters
//! `Pool.__exit__` calls `terminate()`, not `close()` and `join()`: tasks still running are killed, and
//! those in the queue never start. Their results never arrive, and `get()` without a timeout waits
//! for ever. (The `with` of an executor of `concurrent.futures` waits.)
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def sizes(paths, size_of):
//!     with Pool(4) as pool:
//!         results = [pool.apply_async(size_of, (path,)) for path in paths]
//!     return [result.get() for result in results]
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def sizes(paths, size_of):
//!     with Pool(4) as pool:
//!         results = [pool.apply_async(size_of, (path,)) for path in paths]
//!         return [result.get() for result in results]
//! ```
//!
//! ## When it is wrong
//! If the block waits for the tasks in a way that cannot be seen, by an event or a queue.

use crate::check::found::Found;
use crate::check::handles::Owned;
use crate::check::model::{Call, Model};
use crate::check::scope::Binding;
use crate::check::tree::{NodeId, Tree};
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr};
use ruff_text_size::{Ranged, TextRange};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Cheap first: most files have none.
    if !model.text.as_str().contains("Pool") {
        return;
    }
    for (call, of) in model.pools() {
        if of.is_executor {
            continue;
        }
        let Some((block, pool)) = block_of(model, call) else {
            continue;
        };
        let methods = model.methods_called(pool.scope, pool.name);
        let inside = || {
            methods
                .iter()
                .filter(|(_, node)| model.tree.holds(block, *node))
        };
        if inside().any(|(attr, _)| *attr == "join") {
            continue;
        }
        let mut spots: Vec<TextRange> = inside()
            .filter_map(|(attr, node)| late_use(model, block, attr, *node))
            .collect();
        spots.dedup();
        for spot in spots {
            found
                .report(spot, "the `with` of the pool has terminated it: results that had not arrived by then never do")
                .help("ask for the results inside the block, or call `close()` and `join()` at its end");
        }
    }
}

/// The `with` statement that a pool is made for, and the name that it has there.
fn block_of<'a>(model: &Model<'a>, call: &Call<'a>) -> Option<(NodeId, Owned<'a>)> {
    let Use::Context(Some(Expr::Name(name))) = model.use_of(call.node) else {
        return None;
    };
    let block = model.statement_of(call.node);
    let scope = model
        .scopes
        .home(model.tree.scope(Tree::id(name)), &name.id)?;
    let name = name.id.as_str();
    matches!(model.tree.node(block), AnyNodeRef::StmtWith(_))
        .then_some((block, Owned { scope, name }))
}

/// Where the result of a method of the pool is used too late.
fn late_use(model: &Model<'_>, block: NodeId, attr: &str, call: NodeId) -> Option<TextRange> {
    let is_iterator = matches!(attr, "imap" | "imap_unordered");
    if !is_iterator && !matches!(attr, "apply_async" | "map_async" | "starmap_async") {
        return None;
    }
    let parent = model.tree.parent(call)?;
    if let AnyNodeRef::StmtReturn(_) = model.tree.node(parent) {
        return Some(model.tree.range(call));
    }
    let (kept, is_collection) = kept_in(model, call)?;
    let reads = model.scopes.reads(kept.scope, kept.name);
    if is_iterator && !is_collection {
        if reads.iter().any(|read| model.tree.holds(block, *read)) {
            return None;
        }
        let late = reads.iter().find(|read| is_after(model, block, **read))?;
        return Some(model.tree.range(*late));
    }
    let mut waits = model.calls.iter().filter(|call| {
        waits_for(call).is_some_and(|object| is_of(model, object, kept, is_collection))
    });
    let first = waits.next()?;
    is_after(model, block, first.node).then(|| first.range())
}

/// The name that keeps a result, and whether it keeps it among others.
fn kept_in<'a>(model: &Model<'a>, call: NodeId) -> Option<(Owned<'a>, bool)> {
    match model.use_of(call) {
        Use::Named { name, scope } => Some((Owned { scope, name }, false)),
        Use::Item(list) => match model.use_of(list) {
            Use::Named { name, scope } => Some((Owned { scope, name }, true)),
            _ => None,
        },
        Use::Argument(appending) => {
            let method = model.call_at(appending)?.expr.func.as_attribute_expr()?;
            matches!(method.attr.as_str(), "append" | "add").then_some(())?;
            Some((owned(model, &method.value)?, true))
        }
        _ => match model.tree.node(model.tree.parent(call)?) {
            AnyNodeRef::StmtAssign(assign) => match assign.targets.as_slice() {
                [Expr::Subscript(item)] => Some((owned(model, &item.value)?, true)),
                _ => None,
            },
            _ => None,
        },
    }
}

fn owned<'a>(model: &Model<'a>, name: &'a Expr) -> Option<Owned<'a>> {
    let name = name.as_name_expr()?;
    let scope = model
        .scopes
        .home(model.tree.scope(Tree::id(name)), &name.id)?;
    let name = name.id.as_str();
    Some(Owned { scope, name })
}

fn is_after(model: &Model<'_>, block: NodeId, node: NodeId) -> bool {
    let function = |node| model.function_of(node).map(|function| function.id);
    node > block && !model.tree.holds(block, node) && function(block) == function(node)
}

/// The object whose `get` or `wait` a call is.
fn waits_for<'a>(call: &Call<'a>) -> Option<&'a Expr> {
    let method = call.expr.func.as_attribute_expr()?;
    matches!(method.attr.as_str(), "get" | "wait").then_some(&*method.value)
}

/// Whether an object is the one kept in a name, or one of those kept there.
fn is_of<'a>(model: &Model<'a>, object: &'a Expr, kept: Owned<'a>, is_collection: bool) -> bool {
    let reads = model.scopes.reads(kept.scope, kept.name);
    let holds_read = |expr: &'a Expr| {
        let id = Tree::id(expr);
        reads.iter().any(|read| model.tree.holds(id, *read))
    };
    let Expr::Name(name) = object else {
        // `results[key]`, `results.pop()`.
        return is_collection && holds_read(object);
    };
    if reads.contains(&Tree::id(name)) {
        // `results.get(key)` of a dict is no wait.
        return !is_collection;
    }
    let Some(other) = owned(model, object) else {
        return false;
    };
    let bindings = model.scopes.bindings(other.scope, other.name);
    is_collection
        && bindings.iter().any(|(_, binding)| match binding {
            Binding::Item(iterable) | Binding::ItemPart(iterable) => holds_read(iterable),
            _ => false,
        })
}
