//! Futures from Rust.
//!
//! `rightlane._future.Future` is a `concurrent.futures.Future` that makes its condition, a lock and three
//! objects that cost more than all else in a task, when somebody looks at it; from then on `_watched` is true
//! and everything goes the standard library's way, under that lock. Before, nobody can be waiting, have a
//! callback or hold the lock, and what is written here cannot be seen half-done: the GIL is held throughout
//! and no Python code runs between.

use pyo3::intern;
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// A future that is pending.
pub(crate) fn pending<'py>(kind: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    kind.call0()
}

/// Whether somebody may have taken the future's lock.
fn is_watched(future: &Bound<'_, PyAny>) -> PyResult<bool> {
    future
        .getattr(intern!(future.py(), "_watched"))?
        .is_truthy()
}

/// Whether it has ended, by whatever.
fn is_done(future: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = future.py();
    let state = future.getattr(intern!(py, "_state"))?;
    if state.is(intern!(py, "FINISHED")) {
        return Ok(true);
    }
    Ok(!(state.eq(intern!(py, "PENDING"))? || state.eq(intern!(py, "RUNNING"))?))
}

/// `set_running_or_notify_cancel`.
pub(crate) fn begin(future: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = future.py();
    if is_watched(future)? {
        let begun = future.call_method0(intern!(py, "set_running_or_notify_cancel"))?;
        return begun.is_truthy();
    }
    future.setattr(intern!(py, "_state"), intern!(py, "RUNNING"))?;
    Ok(true)
}

/// `set_result`; nothing where the future has ended meanwhile.
pub(crate) fn complete(future: &Bound<'_, PyAny>, result: &Bound<'_, PyAny>) -> PyResult<()> {
    end(
        future,
        intern!(future.py(), "_result"),
        intern!(future.py(), "_set_result"),
        result,
    )
}

/// `set_exception`; nothing where the future has ended meanwhile.
pub(crate) fn fail(future: &Bound<'_, PyAny>, exception: &Bound<'_, PyAny>) -> PyResult<()> {
    end(
        future,
        intern!(future.py(), "_exception"),
        intern!(future.py(), "_set_exception"),
        exception,
    )
}

fn end(
    future: &Bound<'_, PyAny>,
    attribute: &Bound<'_, pyo3::types::PyString>,
    method: &Bound<'_, pyo3::types::PyString>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = future.py();
    // Made before the look at the lock: the first time they are, another thread may run meanwhile.
    let (state, finished) = (intern!(py, "_state"), intern!(py, "FINISHED"));
    if is_watched(future)? {
        future.call_method1(method, (value,))?;
        return Ok(());
    }
    future.setattr(attribute, value)?;
    future.setattr(state, finished)?;
    // A garbage collection may have let another thread run in between, which waits now.
    if is_watched(future)? {
        future.call_method0(intern!(py, "_tell"))?;
    }
    Ok(())
}

/// Waits until a future has ended, in turns: `look` takes what there is and says up to what it has seen, `sleep`
/// waits for more than that, without the GIL. `false` after the timeout in seconds; signal handlers run meanwhile.
pub(crate) fn wait<S: Copy + Send + Sync>(
    future: &Bound<'_, PyAny>,
    timeout: Option<f64>,
    mut look: impl FnMut() -> PyResult<S>,
    sleep: impl Fn(S, Option<Duration>) + Sync,
) -> PyResult<bool> {
    let py = future.py();
    // A time that no clock has is no limit.
    let limit = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let sleep = &sleep;
    loop {
        let seen = look()?;
        if is_done(future)? {
            return Ok(true);
        }
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(false);
        }
        py.detach(|| sleep(seen, left));
        py.check_signals()?;
    }
}
