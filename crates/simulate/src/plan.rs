//! What can be simulated, and what comes out.

use rightlane_facts::{Api, Settings, StartMethod};

/// A way to run a site's tasks.
///
/// A pool is made once, outside, and used for all entries of the site; its start and end are
/// part of the prediction, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plan {
    /// One after the other, as it is.
    Sequential,
    /// `ThreadPoolExecutor(workers).map`.
    Threads {
        /// Threads.
        workers: u32,
    },
    /// `multiprocessing.pool.ThreadPool(workers).map`.
    ThreadPool {
        /// Threads.
        workers: u32,
        /// Tasks per chunk; `None`: what `map` takes by itself.
        chunksize: Option<u64>,
    },
    /// `ProcessPoolExecutor(workers).map`.
    Processes {
        /// Processes.
        workers: u32,
        /// Tasks per chunk.
        chunksize: u64,
        /// How they start.
        start: StartMethod,
    },
    /// `multiprocessing.Pool(workers).map`.
    Pool {
        /// Processes.
        workers: u32,
        /// Tasks per chunk; `None`: what `map` takes by itself.
        chunksize: Option<u64>,
        /// How they start.
        start: StartMethod,
    },
    /// `asyncio.gather` over `asyncio.to_thread`.
    ToThread {
        /// Threads of the loop's executor.
        workers: u32,
    },
    /// Coroutines, with an asynchronous library in place of the blocking one.
    Asyncio {
        /// Most tasks in flight; `None`: all of them.
        limit: Option<u32>,
    },
    /// `InterpreterPoolExecutor(workers).map`.
    Interpreters {
        /// Interpreters.
        workers: u32,
    },
}

impl Plan {
    /// The API and the settings that a verdict names.
    #[must_use]
    pub fn alternative(&self) -> (Api, Settings) {
        let mut settings = Settings::default();
        let api = match *self {
            Plan::Sequential => Api::Sequential,
            Plan::Threads { workers } => {
                settings.workers = Some(workers);
                Api::ThreadPoolExecutor
            }
            Plan::ThreadPool { workers, chunksize } => {
                settings.workers = Some(workers);
                settings.chunksize = chunksize;
                Api::ThreadPool
            }
            Plan::Processes {
                workers,
                chunksize,
                start,
            } => {
                settings.workers = Some(workers);
                settings.chunksize = Some(chunksize);
                settings.start_method = Some(start);
                Api::ProcessPoolExecutor
            }
            Plan::Pool {
                workers,
                chunksize,
                start,
            } => {
                settings.workers = Some(workers);
                settings.chunksize = chunksize;
                settings.start_method = Some(start);
                Api::Pool
            }
            Plan::ToThread { workers } => {
                settings.workers = Some(workers);
                Api::TaskGroup
            }
            Plan::Asyncio { limit } => {
                settings.limit = limit;
                Api::TaskGroup
            }
            Plan::Interpreters { workers } => {
                settings.workers = Some(workers);
                Api::InterpreterPoolExecutor
            }
        };
        (api, settings)
    }
}

/// A predicted wall time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The expected time.
    pub seconds: f64,
    /// Nine times out of ten it is not below this…
    pub low: f64,
    /// … nor above this.
    pub high: f64,
}
