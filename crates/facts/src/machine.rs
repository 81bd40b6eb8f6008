//! What this machine and this interpreter cost. Every figure comes from `rightlane doctor`'s
//! calibration (or says that it is assumed).

use crate::Figure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// This machine with one interpreter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Cores usable by this process: the least of affinity, cgroup quota and what is there.
    pub cores: f64,
    /// Which of them binds, in words (`affinity`, `cgroup quota`, `cores online`).
    pub cores_limit: String,
    /// Memory usable by this process, in bytes.
    pub memory: u64,
    /// The interpreter that was calibrated.
    pub python: PythonFacts,
    /// Per-task and start-up costs.
    pub costs: ApiCosts,
}

/// Facts of an interpreter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PythonFacts {
    /// Path of the executable.
    pub executable: String,
    /// Major, minor, micro.
    pub version: (u32, u32, u32),
    /// Whether the GIL is on.
    pub gil: bool,
    /// The start method that `multiprocessing` uses when none is named.
    pub default_start_method: StartMethod,
    /// What tells one build from another (`sys.version`).
    pub build: String,
}

/// How worker processes start.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "multiprocessing's own names")]
pub enum StartMethod {
    Fork,
    Forkserver,
    Spawn,
}

impl StartMethod {
    /// What `multiprocessing.get_context` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StartMethod::Fork => "fork",
            StartMethod::Forkserver => "forkserver",
            StartMethod::Spawn => "spawn",
        }
    }
}

/// Measured costs, in seconds unless a field says otherwise. `None`: this interpreter does not
/// have it, or it could not be measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApiCosts {
    /// Threads of one process.
    pub threads: ThreadCosts,
    /// What the GIL costs; `None` on a free-threaded build.
    pub gil: Option<GilCosts>,
    /// `ProcessPoolExecutor`; `None` where worker processes cannot be used.
    pub process_executor: Option<WorkerCosts>,
    /// `multiprocessing.Pool`.
    pub process_pool: Option<WorkerCosts>,
    /// `InterpreterPoolExecutor` (3.14).
    pub interpreters: Option<InterpreterCosts>,
    /// Workers started with `fork`.
    pub fork: Option<StartCosts>,
    /// Workers started with `forkserver`.
    pub forkserver: Option<StartCosts>,
    /// Workers started with `spawn`.
    pub spawn: Option<StartCosts>,
    /// Moving objects between processes.
    pub transport: TransportCosts,
    /// Coroutines.
    pub asyncio: AsyncioCosts,
    /// What the cores do when all are busy.
    pub cores: CoreCosts,
    /// What the kernel does for a process beside its short system calls; `None` where that could
    /// not be measured.
    #[serde(default)]
    pub kernel: Option<KernelCosts>,
}

/// Threads of one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadCosts {
    /// Starting and joining one thread.
    pub start: Figure,
    /// `ThreadPoolExecutor.submit` alone, in the submitting thread.
    pub submit: Figure,
    /// `ThreadPoolExecutor.map` of a function that does nothing, per task, two workers, many
    /// tasks: the submitting thread's part and the worker's part together.
    pub task: Figure,
    /// `ThreadPoolExecutor.submit(…).result()`, one at a time.
    pub round_trip: Figure,
    /// `multiprocessing.pool.ThreadPool.map`, per item beyond a plain loop.
    pub pool_item: Figure,
    /// `multiprocessing.pool.ThreadPool.map`, per chunk.
    pub pool_chunk: Figure,
    /// How much longer Python code takes when as many threads as cores run it without a GIL
    /// (a factor); `None` with a GIL.
    pub python_slowdown: Option<Figure>,
}

/// What the GIL costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GilCosts {
    /// Time until a thread that wants the GIL gets it from one that computes.
    pub interval: Figure,
    /// Wall time lost each time that happens.
    pub switch: Figure,
    /// Wall time added to a short call that releases the GIL when one other thread wants it.
    pub release_two: Figure,
    /// The same when seven other threads want it.
    pub release_eight: Figure,
    /// Kernel CPU of one short system call that releases the GIL.
    pub short_call: Figure,
    /// Kernel CPU of one call on a socket.
    pub socket_call: Figure,
    /// CPU under the GIL between two short system calls: the least that a program needs.
    pub short_call_gil: Figure,
}

/// What a pool of worker processes costs beside starting it, two workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerCosts {
    /// Wall time per chunk that does nothing, many chunks: the most that the parent can feed.
    pub chunk: Figure,
    /// The parent's CPU in that.
    pub chunk_parent_cpu: Figure,
    /// The worker's CPU in that.
    pub chunk_worker_cpu: Figure,
    /// The parent's CPU per chunk when all cores are busy with tasks of about a millisecond:
    /// caches are cold and nothing is batched.
    pub busy_parent_cpu: Figure,
    /// The worker's CPU per chunk, likewise.
    pub busy_worker_cpu: Figure,
    /// How much of the possible overlap is lost with chunks of a fifth of a millisecond: 0 if
    /// parent and workers run on cores of their own, 1 if they take turns. (Schedulers like to
    /// put a thread where the one runs that wakes it.)
    pub lost_overlap_short: Figure,
    /// The same with chunks of a millisecond.
    pub lost_overlap_long: Figure,
    /// The parent's CPU per item of a large chunk.
    pub item_parent_cpu: Figure,
    /// The worker's CPU per item of a large chunk.
    pub item_worker_cpu: Figure,
    /// One chunk, there and back, when nothing else is going on.
    pub round_trip: Figure,
    /// Ending the pool.
    pub shutdown: Figure,
}

/// `InterpreterPoolExecutor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InterpreterCosts {
    /// Until the first worker has answered.
    pub first: Figure,
    /// Each further worker.
    pub following: Figure,
    /// Wall time per task that does nothing, many tasks, two workers.
    pub task: Figure,
}

/// Starting workers in a bare interpreter: the program's own imports come on top for `spawn`
/// and `forkserver`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartCosts {
    /// Until the first worker has answered.
    pub first: Figure,
    /// Each further worker.
    pub following: Figure,
}

/// Moving objects between processes, in seconds per byte unless a field says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransportCosts {
    /// Large buffers to a worker through the pool's pipe, pickling included.
    pub to_worker: Option<Figure>,
    /// The parent's CPU in that: what writing costs.
    pub to_worker_cpu: Option<Figure>,
    /// Large buffers from a worker.
    pub from_worker: Option<Figure>,
    /// The parent's CPU in that: what reading costs.
    pub from_worker_cpu: Option<Figure>,
    /// `pickle.dumps` of a large buffer.
    pub buffer_dumps: Figure,
    /// `pickle.dumps` of a graph of small objects.
    pub graph_dumps: Figure,
    /// Pickling a short string in a list of them, in seconds each.
    pub plain_dumps: Option<Figure>,
    /// `pickle.loads` of a graph of small objects / its `pickle.dumps` (a factor).
    pub loads_per_dumps: Figure,
    /// What a process's resident memory adds to `fork`.
    pub fork_memory: Option<Figure>,
    /// What touching an object after `fork` costs the parent, per byte of its page.
    pub copy_on_write: Option<Figure>,
}

/// Coroutines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AsyncioCosts {
    /// `asyncio.run` of a coroutine that does nothing.
    pub loop_start: Figure,
    /// `asyncio.gather`, per coroutine that does nothing.
    pub task: Figure,
    /// `asyncio.to_thread` under `gather`, per function that does nothing.
    pub to_thread: Figure,
    /// CPU of one connection with one message each way over asyncio streams, one side.
    pub exchange: Figure,
    /// The same over blocking sockets.
    pub blocking_exchange: Figure,
}

/// Kernel CPU that no short system call takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelCosts {
    /// One page of fresh memory, from its first use until it is given back.
    pub page_fault: Figure,
    /// Reading a file that is in memory, in seconds per byte.
    pub copy: Figure,
}

/// What the cores do when all are busy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoreCosts {
    /// How much longer Python code takes when every core runs some (a factor: shared caches,
    /// memory, hyper-threads).
    pub process_slowdown: Figure,
    /// The same for threads in native code that released the GIL.
    pub thread_slowdown: Figure,
    /// How late a thread that wakes up starts to run when all cores are free.
    pub idle_wake: Figure,
    /// The same when all cores are busy: many schedulers let the running thread end its slice.
    pub busy_wake: Figure,
    /// CPU that Python code takes more than otherwise when it goes on after a core's idle time of
    /// some milliseconds: caches are cold, the clock is low.
    pub cold_start: Option<Figure>,
}
