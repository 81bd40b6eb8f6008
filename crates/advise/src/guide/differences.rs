//! The differences between Pool and Executor: one table. Explanations, the values of `--needs`
//! with their help, the JSON and the page `docs/choose.md` all come from it.

/// Something that a program may need of its workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the row of the same name")]
pub enum Need {
    Cancel,
    Exceptions,
    Heterogeneous,
    AsCompleted,
    Wait,
    Await,
    Crashes,
    Backpressure,
    SeveralMaps,
    Terminate,
    Callbacks,
    WorkerSetup,
    Recycling,
}

impl Need {
    /// Every need, in the table's order.
    pub const ALL: [Need; 13] = [
        Need::Cancel,
        Need::Exceptions,
        Need::Heterogeneous,
        Need::AsCompleted,
        Need::Wait,
        Need::Await,
        Need::Crashes,
        Need::Backpressure,
        Need::SeveralMaps,
        Need::Terminate,
        Need::Callbacks,
        Need::WorkerSetup,
        Need::Recycling,
    ];

    /// The need's row.
    #[must_use]
    pub fn row(self) -> &'static Difference {
        &DIFFERENCES[self as usize]
    }

    /// The need in words, after "need to".
    #[must_use]
    pub fn words(self) -> &'static str {
        self.row().what
    }
}

/// The two ways to drive a pool of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// `multiprocessing.Pool`, `multiprocessing.pool.ThreadPool`.
    Pool,
    /// `ProcessPoolExecutor`, `ThreadPoolExecutor`.
    Executor,
}

/// One row: a need and who meets it how.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// The need.
    pub need: Need,
    /// Its value of `--needs`.
    pub word: &'static str,
    /// What it is, after "need to".
    pub what: &'static str,
    /// The side that has it; `None`: both, so it does not decide.
    pub side: Option<Choice>,
    /// How a Pool meets it, or what it has instead.
    pub pool: &'static str,
    /// How an Executor meets it, or what it has instead.
    pub executor: &'static str,
    /// How a thread or process of its own meets it.
    pub own: &'static str,
    /// How asyncio meets it.
    pub asyncio: &'static str,
    /// The Python version since which the side has it (of two sides: the later one).
    pub since: (u8, u8),
    /// Where Python's documentation says so.
    pub source: &'static str,
}

/// The table. A row's index is its [`Need`]'s.
pub const DIFFERENCES: [Difference; 13] = [
    Difference {
        need: Need::Cancel,
        word: "cancel",
        what: "withdraw tasks that have not started",
        side: Some(Choice::Executor),
        pool: "an AsyncResult cannot be withdrawn",
        executor: "Future.cancel(), or shutdown(cancel_futures=True) for all that wait",
        own: "the task looks at an Event now and then; Process.terminate() ends a process",
        asyncio: "task.cancel(), even while it runs",
        since: (3, 2),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.cancel",
    },
    Difference {
        need: Need::Exceptions,
        word: "exceptions",
        what: "look at a task's exception without having it raised",
        side: Some(Choice::Executor),
        pool: "AsyncResult.get() raises it; error_callback= is told of it",
        executor: "Future.exception()",
        own: "the task catches it and puts it into a queue; otherwise it is only printed",
        asyncio: "task.exception(); a TaskGroup raises all of them as one ExceptionGroup",
        since: (3, 2),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.exception",
    },
    Difference {
        need: Need::Heterogeneous,
        word: "heterogeneous",
        what: "handle tasks of different functions as one collection",
        side: Some(Choice::Executor),
        pool: "apply_async() issues any function, but nothing waits for a collection of results",
        executor: "submit() any function; wait() and as_completed() take any mix of futures",
        own: "a worker for each kind, results through one queue",
        asyncio: "create_task() any coroutine in one TaskGroup",
        since: (3, 2),
        source: "https://docs.python.org/3/library/concurrent.futures.html#module-functions",
    },
    Difference {
        need: Need::AsCompleted,
        word: "as-completed",
        what: "take results in the order in which tasks finish",
        side: Some(Choice::Executor),
        pool: "only inside one imap_unordered(), which does not say whose result it is",
        executor: "as_completed(futures), over tasks issued anywhere",
        own: "the tasks put their results into one queue",
        asyncio: "asyncio.as_completed()",
        since: (3, 2),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.as_completed",
    },
    Difference {
        need: Need::Wait,
        word: "wait",
        what: "wait for the first result, or the first error, of several tasks",
        side: Some(Choice::Executor),
        pool: "AsyncResult.wait() waits for one result",
        executor: "wait(futures, return_when=FIRST_COMPLETED or FIRST_EXCEPTION)",
        own: "join() waits for one thread; multiprocessing.connection.wait() for processes",
        asyncio: "asyncio.wait(tasks, return_when=...)",
        since: (3, 2),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.wait",
    },
    Difference {
        need: Need::Await,
        word: "await",
        what: "await results from asyncio code",
        side: Some(Choice::Executor),
        pool: "by hand: a callback that calls loop.call_soon_threadsafe()",
        executor: "await loop.run_in_executor(executor, function, ...)",
        own: "by hand: the task calls loop.call_soon_threadsafe() when it ends",
        asyncio: "await the task",
        since: (3, 4),
        source: "https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.run_in_executor",
    },
    Difference {
        need: Need::Crashes,
        word: "crashes",
        what: "notice that a worker process died (killed, out of memory)",
        side: Some(Choice::Executor),
        pool: "a new worker starts, but the lost task's get() waits for ever",
        executor: "the waiting futures raise BrokenProcessPool",
        own: "Process.exitcode, Process.sentinel",
        asyncio: "does not arise: there is one process",
        since: (3, 3),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.process.BrokenProcessPool",
    },
    Difference {
        need: Need::Backpressure,
        word: "backpressure",
        what: "take the input little by little (a generator without end)",
        side: Some(Choice::Executor),
        pool: "imap() reads ahead without limit, however slowly results are taken",
        executor: "map(..., buffersize=n) from 3.14; before, a semaphore around submit()",
        own: "queue.Queue(maxsize=n)",
        asyncio: "asyncio.Semaphore, or asyncio.Queue(maxsize=n)",
        since: (3, 14),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.map",
    },
    Difference {
        need: Need::SeveralMaps,
        word: "several-maps",
        what: "have several kinds of parallel map (unordered, many arguments, in the background)",
        side: Some(Choice::Pool),
        pool: "map, imap, imap_unordered and starmap, with map_async and starmap_async",
        executor: "one map(), in order; submit() with as_completed() does the rest",
        own: "none",
        asyncio: "gather() in order, as_completed() in the order of finishing",
        since: (3, 3),
        source: "https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap_unordered",
    },
    Difference {
        need: Need::Terminate,
        word: "terminate",
        what: "end all tasks at once, running ones too",
        side: Some(Choice::Pool),
        pool: "terminate() kills the worker processes (a ThreadPool lets running tasks finish)",
        executor: "shutdown(cancel_futures=True) lets running tasks finish; \
                   ProcessPoolExecutor.terminate_workers() from 3.14",
        own: "Process.terminate(); a thread can only be asked, by an Event",
        asyncio: "an exception that leaves the TaskGroup cancels all of its tasks",
        since: (3, 0),
        source: "https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.terminate",
    },
    Difference {
        need: Need::Callbacks,
        word: "callbacks",
        what: "have a function called when a task ends",
        side: None,
        pool: "callback= and error_callback=, given when the task is issued",
        executor: "Future.add_done_callback(), any number, at any time",
        own: "the task's function calls it as its last act",
        asyncio: "task.add_done_callback()",
        since: (3, 2),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.add_done_callback",
    },
    Difference {
        need: Need::WorkerSetup,
        word: "worker-setup",
        what: "prepare each worker once (open a connection, load a model)",
        side: None,
        pool: "initializer= and initargs=",
        executor: "initializer= and initargs=",
        own: "the first lines of the task's function",
        asyncio: "an async context manager around the TaskGroup",
        since: (3, 7),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.ThreadPoolExecutor",
    },
    Difference {
        need: Need::Recycling,
        word: "recycling",
        what: "replace a worker process after some tasks (leaking memory)",
        side: None,
        pool: "maxtasksperchild=n (worker processes only)",
        executor: "max_tasks_per_child=n from 3.11 (worker processes only, not with fork)",
        own: "each ends with its task",
        asyncio: "does not arise: there are no workers",
        since: (3, 11),
        source: "https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.ProcessPoolExecutor",
    },
];
