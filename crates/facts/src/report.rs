//! The one JSON object that `rightlane advise --format json` prints.

use crate::{Answer, ExistingConcurrency, Independence, Ledger, Outcome, SiteKind, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the JSON contract: the major number changes when a key changes its meaning or goes.
pub const SCHEMA_VERSION: &str = "1.0";

/// What `rightlane advise` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdviceReport {
    /// Version of this object's schema.
    pub schema: String,
    /// The program's path as given, or `-m NAME`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The interpreter.
    pub python: PythonReport,
    /// This machine.
    pub machine: MachineReport,
    /// Wall seconds of the observed program.
    pub wall_seconds: f64,
    /// Whether the program's own output went through untouched.
    pub output_unchanged: bool,
    /// How the program ended.
    pub outcome: Option<Outcome>,
    /// Whether observing stopped before the program ended by itself.
    pub cut_short: bool,
    /// The whole program's time ledger (its main thread).
    pub ledger: Ledger,
    /// The sites, by share of wall time.
    pub sites: Vec<SiteReport>,
    /// The verdict of the hottest actionable site, or of the program.
    pub verdict: Verdict,
    /// Concurrency that the program already uses.
    pub existing: Vec<ExistingConcurrency>,
    /// What could not be read or seen.
    pub doubts: Vec<String>,
}

/// The interpreter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PythonReport {
    /// `3.13.0`.
    pub version: String,
    /// Whether the GIL is on.
    pub gil: bool,
    /// The start method that `multiprocessing` uses when none is named.
    pub default_start_method: String,
}

/// This machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineReport {
    /// Cores usable by this process (affinity and cgroup quota).
    pub cores: f64,
}

/// One site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SiteReport {
    /// Path as shown to people.
    pub file: String,
    /// First line.
    pub line: u32,
    /// What kind of site.
    pub kind: SiteKind,
    /// The task as written (`convert(reading)`), or what else is issued.
    pub callee: String,
    /// Share of the program's wall time, 0 to 1.
    pub share: f64,
    /// Tasks issued.
    pub tasks: u64,
    /// Mean wall seconds of one task.
    pub task_seconds: f64,
    /// Their spread.
    pub task_spread: TaskSpread,
    /// Where the time went.
    pub ledger: Ledger,
    /// Whether the tasks are independent: `true`, `false` or `null` (unknown).
    pub independent: Option<bool>,
    /// Why.
    pub independence: Independence,
    /// What to do.
    pub verdict: Verdict,
}

/// Spread of the tasks' wall seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpread {
    /// One in ten is faster.
    pub p10: f64,
    /// The median.
    pub p50: f64,
    /// One in ten is slower.
    pub p90: f64,
}

impl From<Answer> for Option<bool> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Yes => Some(true),
            Answer::No => Some(false),
            Answer::Unknown => None,
        }
    }
}
