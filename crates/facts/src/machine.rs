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

/// Measured costs, in seconds unless a field says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApiCosts {
    /// Starting and joining one thread.
    pub thread_start: Figure,
}
