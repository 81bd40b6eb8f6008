//! What a live program's threads do right now.

use crate::{Ledger, PythonBuild, SampleFrame, WaitCause, WaitDetail};
use serde::{Deserialize, Serialize};

/// A program and its child processes at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LiveView {
    /// Seconds since observing began.
    pub at: f64,
    /// Seconds before `at` that the ledgers describe (less for what is younger).
    pub window: f64,
    /// The program's process first.
    pub processes: Vec<LiveProcess>,
    /// CPU that observing itself used in the window, as a share of one core.
    pub own_cpu: f64,
}

/// One process at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveProcess {
    /// The kernel's id.
    pub pid: u32,
    /// The id of the process that started it; `None` for the program itself.
    pub parent: Option<u32>,
    /// Its command line, shortened.
    pub command: String,
    /// The Python in it, if it is one that can be read.
    pub python: Option<PythonBuild>,
    /// Whether it has ended.
    pub ended: bool,
    /// CPU used in the window, in cores: all threads, those without Python included.
    pub cpu: f64,
    /// Memory resident now, in bytes.
    pub memory: u64,
    /// Its Python threads.
    pub threads: Vec<LiveThread>,
    /// Rounds of looks per second, as held in the window.
    pub rate: f64,
    /// Why its threads cannot be seen, if they cannot.
    pub refused: Option<String>,
}

/// One Python thread at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveThread {
    /// The kernel's id.
    pub tid: i32,
    /// Its name, as in [`crate::ThreadRecord`].
    pub name: String,
    /// Whether it is the process's main thread.
    pub main: bool,
    /// What it was last seen doing.
    pub cause: WaitCause,
    /// More about it.
    pub detail: Option<WaitDetail>,
    /// For how many seconds it has been seen doing just that, at the same place.
    pub since: f64,
    /// Where its time went in the window.
    pub ledger: Ledger,
    /// Its stack when last seen, innermost first, at most 32 frames.
    pub frames: Vec<SampleFrame>,
}

impl LiveThread {
    /// Share of the window in which it held the GIL running, 0 to 1.
    #[must_use]
    pub fn gil_share(&self) -> f64 {
        let total = self.ledger.total();
        if total > 0.0 {
            self.ledger.gil_cpu() / total
        } else {
            0.0
        }
    }
}
