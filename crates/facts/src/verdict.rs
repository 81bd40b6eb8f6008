//! What to do.

use crate::{Evidence, Place, StartMethod, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the things that a program may use.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Api {
    /// One after the other, as it is.
    #[serde(rename = "sequential")]
    Sequential,
    /// A thread of its own.
    #[serde(rename = "threading.Thread")]
    Thread,
    /// A process of its own.
    #[serde(rename = "multiprocessing.Process")]
    Process,
    /// A coroutine of its own.
    #[serde(rename = "asyncio.create_task")]
    AsyncioTask,
    /// Reusable threads for parallel for-loops.
    #[serde(rename = "multiprocessing.pool.ThreadPool")]
    ThreadPool,
    /// Reusable processes for parallel for-loops.
    #[serde(rename = "multiprocessing.Pool")]
    Pool,
    /// Reusable threads for ad hoc tasks.
    #[serde(rename = "ThreadPoolExecutor")]
    ThreadPoolExecutor,
    /// Reusable processes for ad hoc tasks.
    #[serde(rename = "ProcessPoolExecutor")]
    ProcessPoolExecutor,
    /// Reusable interpreters (3.14).
    #[serde(rename = "InterpreterPoolExecutor")]
    InterpreterPoolExecutor,
    /// A group of coroutines.
    #[serde(rename = "asyncio.TaskGroup")]
    TaskGroup,
    /// Dask, past one machine.
    #[serde(rename = "dask")]
    Dask,
    /// Ray, past one machine.
    #[serde(rename = "ray")]
    Ray,
}

impl Api {
    /// The family it belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Api::Sequential => Family::Sequential,
            Api::Thread | Api::ThreadPool | Api::ThreadPoolExecutor => Family::Thread,
            Api::Process | Api::Pool | Api::ProcessPoolExecutor => Family::Process,
            Api::InterpreterPoolExecutor => Family::Interpreter,
            Api::AsyncioTask | Api::TaskGroup => Family::Asyncio,
            Api::Dask | Api::Ray => Family::Cluster,
        }
    }

    /// The name, as in JSON and in text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Api::Sequential => "sequential",
            Api::Thread => "threading.Thread",
            Api::Process => "multiprocessing.Process",
            Api::AsyncioTask => "asyncio.create_task",
            Api::ThreadPool => "multiprocessing.pool.ThreadPool",
            Api::Pool => "multiprocessing.Pool",
            Api::ThreadPoolExecutor => "ThreadPoolExecutor",
            Api::ProcessPoolExecutor => "ProcessPoolExecutor",
            Api::InterpreterPoolExecutor => "InterpreterPoolExecutor",
            Api::TaskGroup => "asyncio.TaskGroup",
            Api::Dask => "dask",
            Api::Ray => "ray",
        }
    }
}

/// A family of APIs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Family {
    Sequential,
    Thread,
    Process,
    Interpreter,
    Asyncio,
    Cluster,
}

/// How to set an API up. `None`: the setting does not apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Workers.
    pub workers: Option<u32>,
    /// Tasks sent to a worker at once.
    pub chunksize: Option<u64>,
    /// How worker processes start.
    pub start_method: Option<StartMethod>,
    /// Most tasks in flight at once (asyncio).
    pub limit: Option<u32>,
}

/// The chunk size that `multiprocessing.Pool.map` takes by itself for so many tasks
/// (<https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map>).
#[must_use]
pub fn map_chunksize(tasks: u64, workers: Option<u32>) -> u64 {
    let workers = u64::from(workers.unwrap_or(1).max(1));
    tasks.div_ceil(4 * workers).max(1)
}

/// What to do at a site, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The chosen API.
    pub api: Api,
    /// Its family.
    pub family: Family,
    /// Its settings.
    pub settings: Settings,
    /// Predicted wall seconds of the site's work under this API.
    pub predicted_seconds: f64,
    /// Where it will lie nine times out of ten.
    pub predicted_interval: (f64, f64),
    /// The site's seconds as observed / `predicted_seconds`.
    pub predicted_speedup: f64,
    /// Predicted wall seconds of the whole program with only this change.
    pub predicted_program_seconds: f64,
    /// The steps that led here, with the evidence used.
    pub steps: Vec<Step>,
    /// The best alternative of another family, if any.
    pub runner_up: Option<Alternative>,
    /// The one fact that would change the answer.
    pub flips_if: Option<String>,
    /// What to mind.
    pub caveats: Vec<String>,
    /// The code to write, with the program's own names.
    pub code: Option<String>,
    /// Every alternative that was simulated, fastest first.
    pub alternatives: Vec<Alternative>,
    /// The line that the verdict is about.
    pub place: Option<Place>,
    /// The site that it is about, for those who edit it; `None` where it is about the program.
    #[serde(skip)]
    pub target: Option<Target>,
}

/// An API with settings and its predicted time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The API.
    pub api: Api,
    /// Its family.
    pub family: Family,
    /// Its settings.
    pub settings: Settings,
    /// Predicted wall seconds of the site's work.
    pub predicted_seconds: f64,
    /// Where it will lie nine times out of ten.
    pub predicted_interval: (f64, f64),
    /// Why it cannot be used here, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruled_out: Option<String>,
}

/// One step of the decision procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The step's number in the procedure: `0`, `1`, `1.1`, `2`, `3`, `4`.
    pub step: String,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}
