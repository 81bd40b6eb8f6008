//! Samples of a running Python process, taken from outside without stopping it.
//!
//! ```text
//!   reader: each thread's stack, who holds the GIL ─┐
//!   kernel: running or not, in which system call ───┼─► classify ─► split ─► samples
//!   kernel: the thread's clocks ────────────────────┘
//! ```
//!
//! [`classify`] says what a thread does at one moment, [`split`] divides its wall time by the
//! kernel's exact clocks among what the moments showed, [`pace`] decides how often to look,
//! [`census`] follows the process as a whole, [`watch`] puts them together.

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod census;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod classify;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod pace;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod split;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "sampler/unsupported.rs"]
mod watch;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod watch;

use rightlane_facts::{Process, Sample, SamplingStatus};
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

/// What sampling showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// The samples, one for each thread, cause and stack, most seconds first. A thread's samples
    /// add up to its wall time from when it was first seen.
    pub samples: Vec<Sample>,
    /// How sampling went.
    pub status: SamplingStatus,
    /// Sizes of the process.
    pub process: Process,
    /// Wall seconds of the main thread with the import system on its stack.
    pub import_seconds: f64,
    /// Seconds from the start of sampling to the first look at a Python thread.
    pub first_seen: Option<f64>,
    /// What could not be seen, as sentences without a full stop.
    pub doubts: Vec<String>,
}

/// Samples a process in a thread of its own.
///
/// # What the caller must do
/// Call [`stop`](Self::stop) *before* reaping the process: wait for its end without reaping
/// (`waitid` with `WEXITED | WNOWAIT`), then `stop`, then reap. Until then the process's totals
/// (CPU, its children's CPU) can still be read, and its id cannot have been given to another
/// process. Memory is the exception: it is gone with the program, so
/// [`Process::peak_memory`] is what the last look at it showed; `ru_maxrss` from reaping is exact.
///
/// # Guarantees
/// The target is never stopped, changed or signalled. The sampler ends by itself when the target
/// does; dropping it without `stop` ends it, too.
#[derive(Debug)]
pub struct Sampler {
    stop: Sender<()>,
    thread: Option<JoinHandle<Sampled>>,
}

impl Sampler {
    /// Begins sampling process `pid` with `rate` looks per second (2 to 1000; in the first half
    /// second at least 250, and fewer where looking would take more than 2 % of a core).
    ///
    /// The process may still be on its way to executing Python: it is waited for, up to 3
    /// seconds. Where sampling is not possible, `status.refused` of the result says why and what
    /// to do, and the sizes of the process are still collected.
    #[must_use]
    pub fn start(pid: u32, rate: f64) -> Sampler {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("rightlane-sampler".to_owned())
            .spawn(move || watch::run(pid, rate, &stopped));
        Sampler {
            stop,
            thread: thread.ok(),
        }
    }

    /// Ends sampling and yields what it showed.
    #[must_use]
    pub fn stop(mut self) -> Sampled {
        // Fails if the sampler has ended by itself.
        let _ = self.stop.send(());
        let sampled = self.thread.take().and_then(|thread| thread.join().ok());
        sampled.unwrap_or_else(|| refused("the sampling thread could not run".to_owned()))
    }
}

fn refused(why: String) -> Sampled {
    Sampled {
        status: SamplingStatus {
            refused: Some(why),
            ..SamplingStatus::default()
        },
        ..Sampled::default()
    }
}
