//! One name for what has several, and the types of what functions return.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

/// Modules that offer the same thing under another name: (as written, as we call it).
const SAME: &[(&str, &str)] = &[
    ("concurrent.futures.thread.", "concurrent.futures."),
    ("concurrent.futures.process.", "concurrent.futures."),
    ("concurrent.futures.interpreter.", "concurrent.futures."),
    ("concurrent.futures._base.", "concurrent.futures."),
    (
        "multiprocessing.dummy.Pool",
        "multiprocessing.pool.ThreadPool",
    ),
    ("multiprocessing.dummy.Process", "threading.Thread"),
    ("multiprocessing.pool.Pool", "multiprocessing.Pool"),
    ("multiprocessing.get_context.", "multiprocessing."),
    ("multiprocessing.process.Process", "multiprocessing.Process"),
    ("multiprocessing.context.Process", "multiprocessing.Process"),
    (
        "multiprocessing.context.SpawnProcess",
        "multiprocessing.Process",
    ),
    (
        "multiprocessing.context.ForkProcess",
        "multiprocessing.Process",
    ),
    ("multiprocessing.queues.", "multiprocessing."),
    ("multiprocessing.synchronize.", "multiprocessing."),
    (
        "multiprocessing.managers.SyncManager",
        "multiprocessing.Manager",
    ),
    ("asyncio.queues.", "asyncio."),
    ("asyncio.locks.", "asyncio."),
    ("asyncio.tasks.", "asyncio."),
    ("asyncio.events.", "asyncio."),
    ("asyncio.runners.", "asyncio."),
    ("asyncio.taskgroups.", "asyncio."),
    ("asyncio.futures.", "asyncio."),
    ("asyncio.threads.", "asyncio."),
    ("requests.api.", "requests."),
    ("requests.sessions.", "requests."),
    ("requests.session", "requests.Session"),
    ("time.time.sleep", "time.sleep"),
];

/// What functions return, where their own name does not say it: (name or end of a name, type).
const RETURNS: &[(&str, &str)] = &[
    ("Executor.submit", "concurrent.futures.Future"),
    ("Executor.map", "concurrent.futures.map"),
    (
        "multiprocessing.Pool.apply_async",
        "multiprocessing.pool.AsyncResult",
    ),
    (
        "multiprocessing.Pool.map_async",
        "multiprocessing.pool.AsyncResult",
    ),
    (
        "multiprocessing.Pool.starmap_async",
        "multiprocessing.pool.AsyncResult",
    ),
    ("ThreadPool.apply_async", "multiprocessing.pool.AsyncResult"),
    ("ThreadPool.map_async", "multiprocessing.pool.AsyncResult"),
    (
        "ThreadPool.starmap_async",
        "multiprocessing.pool.AsyncResult",
    ),
    ("asyncio.get_running_loop", "asyncio.AbstractEventLoop"),
    ("asyncio.get_event_loop", "asyncio.AbstractEventLoop"),
    ("asyncio.new_event_loop", "asyncio.AbstractEventLoop"),
    ("asyncio.create_task", "asyncio.Task"),
    ("asyncio.ensure_future", "asyncio.Task"),
    ("AbstractEventLoop.create_task", "asyncio.Task"),
    ("AbstractEventLoop.create_future", "asyncio.Future"),
    ("AbstractEventLoop.run_in_executor", "asyncio.Future"),
    (
        "asyncio.run_coroutine_threadsafe",
        "concurrent.futures.Future",
    ),
    ("asyncio.wrap_future", "asyncio.Future"),
    ("threading.current_thread", "threading.Thread"),
    ("threading.currentThread", "threading.Thread"),
    ("threading.main_thread", "threading.Thread"),
    ("TaskGroup.create_task", "asyncio.Task"),
    ("sqlite3.connect", "sqlite3.Connection"),
    ("sqlite3.Connection.cursor", "sqlite3.Cursor"),
    ("sqlite3.Connection.execute", "sqlite3.Cursor"),
    ("socket.create_connection", "socket.socket"),
    ("socket.create_server", "socket.socket"),
    ("gzip.open", "open"),
    ("bz2.open", "open"),
    ("lzma.open", "open"),
    ("io.open", "open"),
    ("os.fdopen", "open"),
    ("pathlib.Path.open", "open"),
];

/// The one form of a name that has several.
pub(super) fn canonical(name: &str) -> String {
    // Asked of every name in a file: most are of other packages.
    let first = name.split('.').next().unwrap_or(name);
    if !MODULES.contains(&first) {
        return name.to_owned();
    }
    for (written, ours) in SAME {
        if let Some(rest) = name.strip_prefix(written)
            && (written.ends_with('.') || rest.is_empty() || rest.starts_with('.'))
        {
            // The rest may have other names, too: `get_context().pool.Pool`.
            return canonical(&format!("{ours}{rest}"));
        }
    }
    name.to_owned()
}

/// The type of what the function of this (canonical) name returns: its own name, if no other is known.
pub(super) fn returned(name: &str) -> String {
    // `Executor.submit` is the end of that of each executor.
    let fits = |before: &str, end: &str| {
        before.is_empty() || before.ends_with('.') || end.starts_with("Executor")
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let known = BY_LAST.get(last).into_iter().flatten().find(|(end, _)| {
        let before = name.strip_suffix(end);
        before.is_some_and(|before| fits(before, end))
    });
    known.map_or_else(|| name.to_owned(), |(_, of)| (*of).to_owned())
}

/// The first parts of the names in [`SAME`].
static MODULES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
    let written = SAME
        .iter()
        .filter_map(|(written, _)| written.split('.').next());
    written.collect()
});

/// The rows of [`RETURNS`] by the last part of their names.
static BY_LAST: LazyLock<FxHashMap<&str, Vec<(&str, &str)>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&str, Vec<(&str, &str)>> = FxHashMap::default();
    for row in RETURNS {
        let last = row.0.rsplit('.').next().unwrap_or(row.0);
        rows.entry(last).or_default().push(*row);
    }
    rows
});

#[cfg(test)]
mod tests {
    use super::{canonical, returned};

    #[test]
    fn one_thing_has_one_name() {
        for (written, ours) in [
            ("multiprocessing.pool.Pool", "multiprocessing.Pool"),
            ("multiprocessing.get_context.Pool", "multiprocessing.Pool"),
            (
                "multiprocessing.dummy.Pool.map",
                "multiprocessing.pool.ThreadPool.map",
            ),
            (
                "multiprocessing.dummy.Pooling",
                "multiprocessing.dummy.Pooling",
            ),
            (
                "concurrent.futures.thread.ThreadPoolExecutor",
                "concurrent.futures.ThreadPoolExecutor",
            ),
        ] {
            assert_eq!(canonical(written), ours);
        }
    }

    #[test]
    fn what_is_returned_is_a_type() {
        for (name, of) in [
            (
                "concurrent.futures.ThreadPoolExecutor.submit",
                "concurrent.futures.Future",
            ),
            (
                "multiprocessing.pool.ThreadPool.apply_async",
                "multiprocessing.pool.AsyncResult",
            ),
            ("sqlite3.connect", "sqlite3.Connection"),
            ("threading.Lock", "threading.Lock"),
        ] {
            assert_eq!(returned(name), of);
        }
    }
}
