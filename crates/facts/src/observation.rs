//! What a run of a program shows.

use crate::{Ledger, PythonFacts, Span, StallReport, WaitCause, Waited};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything one observed run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The interpreter that ran the program.
    pub python: PythonFacts,
    /// Wall seconds of the child process, from its start to its end.
    pub wall_seconds: f64,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether observing stopped before the program ended by itself.
    pub cut_short: bool,
    /// Wall seconds spent importing modules, as far as the samples show.
    pub import_seconds: f64,
    /// The main thread's time ledger.
    pub ledger: Ledger,
    /// The time ledger of all other Python threads together.
    #[serde(default)]
    pub other_threads: Ledger,
    /// Per site: where the time under it went (main thread and others, enclosing sites
    /// included: a sample under a nested loop counts for both).
    pub site_ledgers: Vec<SiteLedger>,
    /// Per instrumented site: the call ledger of its iterations.
    pub iterations: Vec<IterationRecord>,
    /// Per instrumented call: sizes and times.
    pub calls: Vec<CallRecord>,
    /// Sizes of the process.
    pub process: Process,
    /// What the program's threads waited for, all together, most first.
    #[serde(default)]
    pub waits: Vec<Waited>,
    /// Places that kept an event loop from everything else, most seconds first.
    #[serde(default)]
    pub stalls: Vec<StallReport>,
    /// How sampling went.
    pub sampling: SamplingStatus,
    /// What could not be seen, as sentences without a full stop.
    pub doubts: Vec<String>,
}

/// How the observed program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It exited with this code.
    Exited(i32),
    /// A signal ended it.
    Signalled(i32),
}

/// Sizes of the observed process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Most sockets open at once.
    pub peak_sockets: u32,
    /// Most memory resident, in bytes.
    pub peak_memory: u64,
    /// Most Python threads at once.
    pub peak_threads: u32,
    /// CPU seconds of the process's own threads, all together.
    pub cpu_seconds: f64,
    /// CPU seconds of threads that run no Python (BLAS workers, …).
    pub native_thread_cpu: f64,
    /// CPU seconds of child processes that were waited for.
    pub child_cpu: f64,
    /// Pages of memory that the kernel had to provide.
    #[serde(default)]
    pub page_faults: u64,
    /// System calls that read or write files (`read`, `write` and their kin; those of sockets
    /// alone, like `recv`, are not among them).
    #[serde(default)]
    pub file_calls: u64,
    /// Bytes that these moved.
    #[serde(default)]
    pub file_bytes: u64,
}

/// How sampling went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SamplingStatus {
    /// Rounds per second, as held.
    pub rate: f64,
    /// Rounds taken.
    pub rounds: u64,
    /// Thread samples taken.
    pub samples: u64,
    /// Thread samples whose stack could not be read.
    pub unusable: u64,
    /// Why there was no sampling, if there was none.
    pub refused: Option<String>,
}

/// One kind of sample: all samples with the same stack and cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The kernel's thread id.
    pub thread: i32,
    /// Whether it is the program's main thread.
    pub main: bool,
    /// Where the time went.
    pub cause: WaitCause,
    /// Wall seconds that the samples stand for.
    pub seconds: f64,
    /// Innermost frame first.
    pub frames: Vec<SampleFrame>,
}

/// One frame of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SampleFrame {
    /// `co_filename`.
    pub file: std::sync::Arc<str>,
    /// `co_qualname` (3.10: `co_name`).
    pub function: std::sync::Arc<str>,
    /// The line being executed, 0 if unknown.
    pub line: u32,
    /// The expression being executed (3.11 and later), if its position is known.
    pub span: Option<Span>,
}

/// Where the time under a site went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteLedger {
    /// The site's id.
    pub site: u32,
    /// The time under it.
    pub ledger: Ledger,
    /// Seconds of it inside a loop site around it, in the same function or further out: what is
    /// issued here is issued again and again.
    #[serde(default)]
    pub repeated: f64,
    /// The loop sites around it, with the seconds of its time inside each.
    #[serde(default)]
    pub around: Vec<(u32, f64)>,
    /// The time under each of its calls (index as in `Site::calls`); of a run, each member.
    pub calls: Vec<Ledger>,
    /// The time in the library that its sockets come from (`SocketUse::library`).
    #[serde(default)]
    pub client: Ledger,
}

/// The call ledger of a site's iterations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IterationRecord {
    /// The site's id.
    pub site: u32,
    /// How often the loop was entered.
    pub entered: u64,
    /// Iterations, all together.
    pub iterations: u64,
    /// Whether the two counts are exact (the ledger turns itself off at sites that are entered
    /// too often to be watched cheaply).
    pub exact: bool,
    /// Wall seconds inside the loop, all together.
    pub wall_seconds: f64,
    /// Whether a part of `wall_seconds` was not measured but carried over from the other entries.
    pub wall_estimated: bool,
    /// (wall, thread CPU) seconds of single iterations: all of them or an even sample.
    pub samples: Vec<(f64, f64)>,
}

/// The call ledger of one call in a site's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The site's id.
    pub site: u32,
    /// Index in `Site::calls`.
    pub call: usize,
    /// (wall, thread CPU) seconds of single calls: the first ones.
    pub samples: Vec<(f64, f64)>,
    /// The arguments, pickled together.
    pub arguments: PickleFacts,
    /// The result.
    pub result: PickleFacts,
    /// The callee itself.
    pub callee: PickleFacts,
}

/// What pickling a few values showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PickleFacts {
    /// Values tried.
    pub tried: u32,
    /// Mean size in bytes.
    pub bytes: f64,
    /// Largest size in bytes.
    pub largest: f64,
    /// Mean seconds to pickle one.
    pub seconds: f64,
    /// Bytes of the mean that lie in large contiguous buffers (arrays, bytes), which copy at
    /// memory speed.
    pub buffer_bytes: f64,
    /// The error, if one of them cannot be pickled.
    pub error: Option<String>,
}
