//! A task's future is thrown away, and with it the task's exceptions.
//!
//! ## What it sees
//! `executor.submit(…)`, `pool.apply_async(…)` or `map_async(…)` whose result is not kept, or is kept in
//! a name or a list that nothing reads. Futures with a callback (`add_done_callback`,
//! `error_callback=`) are left alone, and so are tasks whose whole body is a `try` that catches `Exception`.
//!
//! ## Why it matters
//! An exception in the task is stored in its future, and nobody prints it: the task fails, and the
//! program goes on as if it had not (CPython issue 120508).
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save_all(records, save):
//!     with ThreadPoolExecutor() as pool:
//!         for record in records:
//!             pool.submit(save, record)
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def save_all(records, save):
//!     with ThreadPoolExecutor() as pool:
//!         futures = [pool.submit(save, record) for record in records]
//!         for future in futures:
//!             future.result()
//! ```
//!
//! ## When it is wrong
//! If the task handles every exception itself.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::tasks::How;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for submission in model.submissions() {
        let call = submission.call;
        let how = submission.how;
        if !matches!(
            how,
            How::Submit | How::ApplyAsync | How::MapAsync | How::StarmapAsync
        ) {
            continue;
        }
        if call.expr.arguments.find_keyword("error_callback").is_some() || !model.is_lost(call.node)
        {
            continue;
        }
        if submission
            .task
            .function()
            .is_some_and(|task| model.handles_everything(task))
        {
            continue;
        }
        let wait = if how == How::Submit { "result" } else { "get" };
        found
            .report(
                call,
                "the task's future is never looked at: its exceptions vanish",
            )
            .help(format!("keep what this returns, and call `{wait}()` on it"));
    }
}
