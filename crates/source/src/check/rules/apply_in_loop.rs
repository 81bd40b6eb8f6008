//! `Pool.apply` stands in a loop: it waits for its task, so that one worker at a time is busy.
//!
//! ## What it sees
//! `pool.apply(…)` of a `multiprocessing` pool or `ThreadPool` in a loop or comprehension.
//!
//! ## Why it matters
//! `apply` "blocks until the result is ready" (`multiprocessing.pool`). The loop is as sequential as
//! one without a pool, and pays for the way to the worker and back in every iteration.
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def render_all(frames, render):
//!     with Pool() as pool:
//!         return [pool.apply(render, (frame,)) for frame in frames]
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def render_all(frames, render):
//!     with Pool() as pool:
//!         return pool.map(render, frames)
//! ```
//!
//! ## When it is wrong
//! If each task needs what the one before has returned, and the pool is there to keep its memory apart.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::tasks::How;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let is_apply = call
            .expr
            .func
            .as_attribute_expr()
            .is_some_and(|method| method.attr.as_str() == "apply");
        if !is_apply || model.loop_of(call.node).is_none() {
            continue;
        }
        let is_pools = model
            .submission(call)
            .is_some_and(|given| given.how == How::Apply);
        if is_pools {
            found
                .report(
                    call,
                    "`apply` waits for its task: in a loop one worker at a time is busy",
                )
                .help("use `map` or `imap`, or `apply_async` and `get` its results after the loop");
        }
    }
}
