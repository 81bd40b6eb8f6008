//! A pool is made anew in every iteration of a loop.
//!
//! ## What it sees
//! The constructor of an executor or a `multiprocessing` pool in the body of a loop, also by `with`.
//! A loop that starts the pool again after a broken one, or whose variable gives the number of
//! workers, is left alone.
//!
//! ## Why it matters
//! Starting workers takes time, most of all for processes (`rightlane doctor` measures it on your
//! machine), and each `with` waits for the last task of its round while the other workers idle. One
//! pool around the loop pays once, and tasks of the next round start while the last ones of this round
//! still run.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def load_all(batches, load):
//!     for batch in batches:
//!         with ThreadPoolExecutor() as pool:
//!             list(pool.map(load, batch))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def load_all(batches, load):
//!     with ThreadPoolExecutor() as pool:
//!         for batch in batches:
//!             list(pool.map(load, batch))
//! ```
//!
//! ## When it is wrong
//! If the loop runs once a day, or each round must have fresh workers (to give memory back, say).

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::pools::PoolType;
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use crate::check::model::Call;
use ruff_python_ast::AnyNodeRef;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (call, of) in model.pools() {
        let Some(around) = model.loop_of(call.node) else {
            continue;
        };
        if is_item(model, call) || is_sized_by_loop(model, call, of, around) || retries(model, around) {
            continue;
        }
        found
            .report(call, "a pool is made in every iteration: its workers start and end each time")
            .help("make the pool once, around the loop");
    }
}

/// Pools that a loop collects are meant to exist side by side.
fn is_item(model: &Model<'_>, call: &Call<'_>) -> bool {
    matches!(model.use_of(call.node), Use::Item(_))
}

/// Whether the loop tries several numbers of workers.
fn is_sized_by_loop<'a>(model: &Model<'a>, call: &Call<'a>, of: PoolType, around: NodeId) -> bool {
    let Some(workers) = model.workers_given(call.expr, of) else {
        return false;
    };
    model.reads_binding_of(workers, around)
}

/// Whether the loop is there to start again after a broken pool.
fn retries(model: &Model<'_>, around: NodeId) -> bool {
    model.tree.within(around).any(|id| match model.tree.node(id) {
        AnyNodeRef::ExceptHandlerExceptHandler(handler) => {
            model.text_of(handler).contains("Broken")
        }
        _ => false,
    })
}
