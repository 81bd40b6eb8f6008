//! A pool is made and never closed.
//!
//! ## What it sees
//! An executor or a `multiprocessing` pool that is kept in a local name (or in one of the module) without
//! `with`, on which nothing calls `shutdown`, `close`, `terminate` or `join`; also one that is used where
//! it is made: `Pool(4).map(…)`. Not one that is returned, passed on or kept in an object: whoever has
//! it may close it. Nor an executor in a module of a package, which is to live as long as the process.
//!
//! ## Why it matters
//! The workers live on until the garbage collector finds the pool, or until the program ends. Of
//! `multiprocessing.Pool` the documentation says that a program which leaves that to the collector may
//! hang at its end; an executor that is left is waited for at exit, with all the tasks in its queue.
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def sizes(paths, size_of):
//!     pool = Pool(4)
//!     return pool.map(size_of, paths)
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def sizes(paths, size_of):
//!     with Pool(4) as pool:
//!         return pool.map(size_of, paths)
//! ```
//!
//! ## When it is wrong
//! If a pool of the module has to live as long as the program, and its tasks may be waited for at exit.

use crate::check::found::Found;
use crate::check::handles::Handle;
use crate::check::model::{Call, Model};
use crate::check::pools::{PoolType, pool_type};
use crate::check::scope::ScopeId;

const ENDS: &[&str] = &[
    "shutdown",
    "close",
    "terminate",
    "join",
    "__exit__",
    "__enter__",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Cheap first: most files have none.
    if !model.text.as_str().contains("Pool") {
        return;
    }
    for (call, of) in model.pools() {
        // A class of the file's own may close itself.
        let own = model
            .called(call)
            .is_none_or(|name| pool_type(&name).is_none());
        if own || !stays_open(model, call, of) {
            continue;
        }
        let help = if of.is_executor {
            "make it by `with`, or call `shutdown()` in a `finally`"
        } else {
            "make it by `with`, or call `close()` and `join()` in a `finally`"
        };
        let message = "this pool is never closed: its workers live until the garbage collector or the \
                       end of the program finds them";
        found.report(call, message).help(help);
    }
}

fn stays_open<'a>(model: &Model<'a>, call: &Call<'a>, of: PoolType) -> bool {
    match model.handle(call) {
        Handle::Attribute { attr, node } => {
            !ENDS.contains(&attr) && model.call_of_function(node).is_some()
        }
        Handle::Name(kept) => {
            let shared = kept.scope == ScopeId(0);
            // What a function fills for the module is a cache, which may be emptied elsewhere; and
            // an executor of a library's module is meant to live as long as the process.
            let lazy = !model.is_module_level(call.node);
            let library = of.is_executor && (model.is_package || model.name.contains('.'));
            !(shared && (lazy || library))
                && !model.has_attribute(kept, ENDS)
                && !model.is_handed_over(kept)
        }
        Handle::Argument(taker) => {
            let taker = model.call_at(taker).and_then(|call| model.called(call));
            taker.is_some_and(|name| &*name == "asyncio.AbstractEventLoop.run_in_executor")
        }
        _ => false,
    }
}
