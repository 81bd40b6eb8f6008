//! A pool is made anew in every iteration of a loop.
//!
//! ## What it sees
//! The constructor of an executor or a `multiprocessing` pool in the body of a loop, also by `with`.
//! A loop that starts the pool again after a broken one, or whose variables the constructor's arguments
//! depend on, is left alone.
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
use crate::check::model::Call;
use crate::check::model::Model;
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::AnyNodeRef;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (call, _) in model.pools() {
        let Some(around) = model.loop_of(call.node) else {
            continue;
        };
        if is_item(model, call) || is_made_for_round(model, call, around) || retries(model, around)
        {
            continue;
        }
        found
            .report(
                call,
                "a pool is made in every iteration: its workers start and end each time",
            )
            .help("make the pool once, around the loop");
    }
}

/// Pools that a loop collects are meant to exist side by side.
fn is_item(model: &Model<'_>, call: &Call<'_>) -> bool {
    matches!(model.use_of(call.node), Use::Item(_))
}

/// Whether each round needs a pool of its own: of another size, context or with other initial values.
fn is_made_for_round<'a>(model: &Model<'a>, call: &Call<'a>, around: NodeId) -> bool {
    let given = &call.expr.arguments;
    let values = given
        .args
        .iter()
        .chain(given.keywords.iter().map(|keyword| &keyword.value));
    let mut parts = std::iter::once(&*call.expr.func).chain(values);
    parts.any(|part| model.reads_binding_of(part, around))
}

/// Whether the loop is there to start again after a broken pool.
fn retries(model: &Model<'_>, around: NodeId) -> bool {
    model
        .tree
        .within(around)
        .any(|id| match model.tree.node(id) {
            AnyNodeRef::ExceptHandlerExceptHandler(handler) => {
                model.text_of(handler).contains("Broken")
            }
            _ => false,
        })
}
