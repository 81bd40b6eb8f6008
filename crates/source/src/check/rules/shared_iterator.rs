//! Several threads advance one generator without a lock.
//!
//! ## What it sees
//! `next(it)` in a function that several threads run at the same time, not under a lock, where `it` is a
//! generator (or an iterator over one, over a file or a `csv.reader`) that they have in common: a
//! global, a variable of an outer function, an attribute of a common object, or an argument that each of
//! them is given.
//!
//! ## Why it matters
//! A generator that is advanced while it runs raises `ValueError: generator already executing`. It only
//! happens when a thread is switched out within it, so tests rarely show it.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! proxies = (line.strip() for line in open("proxies.txt"))
//!
//! def fetch(url, load):
//!     return load(url, next(proxies))
//!
//! def main(urls, load):
//!     with ThreadPoolExecutor() as pool:
//!         return [f.result() for f in [pool.submit(fetch, url, load) for url in urls]]
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def fetch(url, proxy, load):
//!     return load(url, proxy)
//!
//! def main(urls, load):
//!     proxies = (line.strip() for line in open("proxies.txt"))
//!     with ThreadPoolExecutor() as pool:
//!         futures = [pool.submit(fetch, url, next(proxies), load) for url in urls]
//!         return [future.result() for future in futures]
//! ```
//!
//! ## When it is wrong
//! If something else sees to it that only one thread is there at a time.

use crate::check::found::Found;
use crate::check::model::{Function, Model};
use crate::check::races::Race;
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr};

/// How deep `iter(iter(…))` is followed.
const DEEPEST: u32 = 4;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Expr::Name(name) = &*call.expr.func else {
            continue;
        };
        let Some(iterator) = call.expr.arguments.args.first() else {
            continue;
        };
        if name.id.as_str() != "next" || !model.calls_any(call, &["next"]) {
            continue;
        }
        let Some(id) = call.function else { continue };
        let Some(race) = model.races().threads.get(&id) else {
            continue;
        };
        if is_common(model, iterator, model.function(id), race) && !model.is_locked(call.node) {
            let what = model.text_of(iterator);
            found
                .report(
                    call,
                    format!("several threads advance `{what}`: while one is in it, the next one gets `ValueError: generator already executing`"),
                )
                .help("advance it under a lock, or in the thread that hands out the work");
        }
    }
}

/// Whether all threads advance the same generator.
fn is_common<'a>(model: &Model<'a>, expr: &'a Expr, function: &Function<'a>, race: &Race) -> bool {
    if model.is_shared(expr, function, race) {
        return values(model, expr, 0);
    }
    let Expr::Name(name) = expr else { return false };
    let given = model.given_to_all(function, name, race);
    given.is_some_and(|given| values(model, given, 0))
}

/// Whether everything that an expression is bound to is a generator.
fn values<'a>(model: &Model<'a>, expr: &'a Expr, depth: u32) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let of_value = |value: &'a Expr| match value {
        Expr::Generator(_) => true,
        Expr::Call(call) => {
            let Some(name) = model.as_call(value).and_then(|call| model.called(call)) else {
                return false;
            };
            if let Some(function) = model.function_named(&name) {
                return is_generator(model, function);
            }
            let first = call.arguments.args.first();
            match &*name {
                "csv.reader" | "csv.DictReader" => true,
                "iter" | "enumerate" | "map" | "filter" => {
                    let source = call
                        .arguments
                        .args
                        .last()
                        .filter(|_| &*name != "enumerate")
                        .or(first);
                    source.is_some_and(|source| values(model, source, depth + 1))
                }
                _ => false,
            }
        }
        _ => false,
    };
    match expr {
        Expr::Name(_) | Expr::Attribute(_) => {
            let all = model.values_of(expr);
            let mut real = all
                .iter()
                .filter(|value| !value.is_none_literal_expr())
                .peekable();
            real.peek().is_some() && real.all(|value| of_value(value))
        }
        _ => of_value(expr),
    }
}

fn is_generator(model: &Model<'_>, function: &Function<'_>) -> bool {
    let yields = |id: NodeId| {
        matches!(
            model.tree.node(id),
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_)
        ) && model.tree.scope(id) == function.scope
    };
    let Some(def) = function.def() else {
        return false;
    };
    !function.is_async() && model.tree.within(Tree::id(def)).any(yields)
}
