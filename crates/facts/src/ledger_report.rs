//! The one JSON object that `rightlane observe --format json` prints.

use crate::{Ledger, LockHolder, Outcome, PythonBuild, SamplingStatus, WaitCause, WaitDetail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the JSON contract: the major number changes when a key changes its meaning or goes.
pub const LEDGER_SCHEMA_VERSION: &str = "1.0";

/// Where the time of a program and its child processes went. All times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerReport {
    /// Version of this object's schema.
    pub schema: String,
    /// The program as given: a script, `-m NAME`, `process 4711`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// When observing began, in seconds since 1970.
    pub started: f64,
    /// How long the program was observed.
    pub wall_seconds: f64,
    /// How it ended; `null` if it went on.
    pub outcome: Option<Outcome>,
    /// Whether observing stopped before the program ended by itself.
    pub cut_short: bool,
    /// The program's main thread: its rows add up to `wall_seconds`.
    pub ledger: Ledger,
    /// The program's process first, then those that it started.
    pub processes: Vec<ProcessLedger>,
    /// Lines of the source by the time of all threads, most first.
    pub lines: Vec<LineLedger>,
    /// CPU seconds that observing itself used.
    pub own_cpu: f64,
    /// What could not be seen.
    pub doubts: Vec<String>,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessLedger {
    /// The kernel's id.
    pub pid: u32,
    /// The id of the process that started it; `null` for the program itself.
    pub parent: Option<u32>,
    /// Its command line, shortened.
    pub command: String,
    /// The Python in it, if it is one that could be read.
    pub python: Option<PythonBuild>,
    /// When it was first seen, since observing began.
    pub start: f64,
    /// When it was last seen.
    pub end: f64,
    /// Between the two.
    pub wall_seconds: f64,
    /// Its main thread: the rows add up to `wall_seconds`.
    pub ledger: Ledger,
    /// CPU of all its threads.
    pub cpu_seconds: f64,
    /// CPU of threads that run no Python.
    pub native_thread_cpu: f64,
    /// CPU of child processes that it waited for.
    pub child_cpu: f64,
    /// Most memory resident, in bytes.
    pub peak_memory: u64,
    /// Most Python threads at once.
    pub peak_threads: u32,
    /// Most sockets open at once.
    pub peak_sockets: u32,
    /// Share of its time in which some thread held the GIL running; `null` without a GIL.
    pub gil_share: Option<f64>,
    /// Its Python threads, the main thread first.
    pub threads: Vec<ThreadLedger>,
    /// Functions by the time with them on the stack, each thread apart, most first.
    pub functions: Vec<FunctionLedger>,
    /// Places that kept an event loop from everything else.
    pub stalls: Vec<StallReport>,
    /// What its event loops' tasks awaited.
    pub awaits: Vec<AwaitReport>,
    /// How sampling went.
    pub sampling: SamplingStatus,
    /// What could not be seen.
    pub doubts: Vec<String>,
}

/// One thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadLedger {
    /// The kernel's id.
    pub tid: i32,
    /// Its name, or that of the function that it was started with.
    pub name: String,
    /// Whether it is the process's main thread.
    pub main: bool,
    /// When it was first seen, since observing began.
    pub start: f64,
    /// When it was last seen.
    pub end: f64,
    /// Between the two.
    pub wall_seconds: f64,
    /// Where it went; the rows add up to `wall_seconds`.
    pub ledger: Ledger,
    /// What it waited for, as far as more than the cause is known, most first.
    pub details: Vec<Waited>,
}

/// Time waited for one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Waited {
    /// The ledger's row.
    pub cause: WaitCause,
    /// How long.
    pub seconds: f64,
    /// For what.
    pub detail: WaitDetail,
}

/// A function in one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionLedger {
    /// The kernel's id of the thread.
    pub thread: i32,
    /// Its file.
    pub file: String,
    /// Its qualified name (3.10: its name).
    pub function: String,
    /// Time with it on the stack.
    pub seconds: f64,
    /// Where that went.
    pub ledger: Ledger,
}

/// A line of the source, or an expression on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineLedger {
    /// The process.
    pub pid: u32,
    /// Its file.
    pub file: String,
    /// The line, 0 if unknown.
    pub line: u32,
    /// The function that it is in.
    pub function: String,
    /// Whether it is the program's own; else no line of the program was on the stack.
    pub own: bool,
    /// The innermost function that it had called (`recv_into (socket.py)`), if that is not the
    /// line's own.
    pub calling: Option<String>,
    /// Seconds of all threads.
    pub seconds: f64,
    /// Share of all threads' time.
    pub share: f64,
    /// Where they went.
    pub ledger: Ledger,
    /// What was waited for, most first.
    pub details: Vec<Waited>,
}

/// A place that kept an event loop from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StallReport {
    /// The kernel's id of the loop's thread.
    pub thread: i32,
    /// The file of the line.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The function that it is in.
    pub function: String,
    /// What the thread did there, mostly.
    pub cause: WaitCause,
    /// How often.
    pub count: u32,
    /// The longest time.
    pub longest: f64,
    /// All together.
    pub seconds: f64,
}

/// What some tasks awaited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AwaitReport {
    /// The awaited coroutine first, the task's own last.
    pub frames: Vec<FrameReport>,
    /// What the innermost one awaits, if told.
    pub awaits: Option<String>,
    /// Names of some of the tasks.
    pub names: Vec<String>,
    /// Tasks seen there, on average over the looks.
    pub tasks: f64,
    /// Most of them at one look.
    pub most: u32,
}

/// One frame of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FrameReport {
    /// Its file.
    pub file: String,
    /// Its function.
    pub function: String,
    /// The line, 0 if unknown.
    pub line: u32,
}

impl WaitDetail {
    /// In words, for people: `receive from 127.0.0.1:80`, `a Lock held by thread 12 (app.py:7)`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            WaitDetail::Socket { operation, peer } => match peer {
                Some(peer) => format!("{} {peer}", operation.words()),
                None => operation.alone().to_owned(),
            },
            WaitDetail::Lock { lock, holder } => match holder {
                Some(holder) => format!("{} held by {}", lock.words(), holder.words()),
                None => lock.words().to_owned(),
            },
            WaitDetail::File { path } => path.clone(),
            WaitDetail::Child { pid, command } if command.is_empty() => format!("process {pid}"),
            WaitDetail::Child { pid, command } => format!("process {pid} ({command})"),
        }
    }
}

impl LockHolder {
    /// In words: `thread 12, refill at app.py:7`.
    #[must_use]
    pub fn words(&self) -> String {
        let thread = format!("thread {}", self.thread);
        let Some(file) = &self.file else {
            return thread;
        };
        let file = file.rsplit('/').next().unwrap_or(file);
        match &self.function {
            Some(function) => format!("{thread}, {function} at {file}:{}", self.line),
            None => format!("{thread} at {file}:{}", self.line),
        }
    }
}
