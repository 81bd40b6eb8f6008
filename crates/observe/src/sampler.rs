//! Samples of a running Python program and its child processes, taken from outside without
//! stopping them.
//!
//! ```text
//!   reader: each thread's stack, who holds the GIL ─┐
//!   kernel: running or not, in which system call ───┼─► classify ─► split ─► times
//!   kernel: the thread's clocks ────────────────────┘
//! ```
//!
//! [`classify`] says what a thread does at one moment, [`split`] divides its wall time by the
//! kernel's exact clocks among what the moments showed, [`pace`] decides how often to look,
//! [`census`] follows a process as a whole, [`watch`] puts them together for one process,
//! [`crew`] for a program with the processes that [`scout`] finds it to start.

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
mod crew;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "sampler/unsupported.rs"]
mod crew;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod details;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod pace;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod scout;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod shared;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod split;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod stalls;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod timeline;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod turns;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod watch;

use rightlane_facts::{
    LiveView, Process, ProcessRecord, Sample, SampleFrame, SamplingStatus, WaitDetail,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

/// How to sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Looks per second (2 to 1000; fewer where looking would take more than `share` of a core).
    pub rate: f64,
    /// Whether to look 250 times a second at least in the first half second: short programs get
    /// enough samples.
    pub early: bool,
    /// Part of a core that looking may take.
    pub share: f64,
    /// Whether to follow the processes that the program starts.
    pub children: bool,
    /// Whether to keep the timeline.
    pub timeline: bool,
    /// Whether to count how often the program's own loops go on.
    pub turns: bool,
    /// Between two live views, if there are to be any.
    pub views: Option<Duration>,
}

impl Options {
    /// At `rate` looks per second the program alone, for advice.
    #[must_use]
    pub fn at(rate: f64) -> Self {
        Options {
            rate,
            early: true,
            share: 0.02,
            children: false,
            timeline: false,
            turns: false,
            views: None,
        }
    }
}

/// What sampling showed: a recording without what only the caller knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded {
    /// The program's process first; none only if the sampling thread could not run.
    pub processes: Vec<ProcessRecord>,
    /// As in [`rightlane_facts::Recording`].
    pub frames: Vec<SampleFrame>,
    /// As in [`rightlane_facts::Recording`].
    pub stacks: Vec<Vec<u32>>,
    /// As in [`rightlane_facts::Recording`].
    pub details: Vec<WaitDetail>,
    /// If asked for: frames (by index) of the program's own process, with how often something had
    /// changed in them when they were seen: iterations at least.
    pub turns: Vec<(u32, u64)>,
    /// Seconds from the start of sampling to the first look at a Python thread of the program.
    pub first_seen: Option<f64>,
    /// Seconds from the start of sampling to its end.
    pub wall_seconds: f64,
    /// CPU seconds that sampling used.
    pub own_cpu: f64,
    /// What could not be seen, as sentences without a full stop.
    pub doubts: Vec<String>,
}

/// Samples a process and its children in a thread of its own.
///
/// # What the caller must do
/// Call [`stop`](Self::stop) *before* reaping the process if it is a child: wait for its end
/// without reaping (`waitid` with `WEXITED | WNOWAIT`), then `stop`, then reap. Until then the
/// process's totals (CPU, its children's CPU) can still be read, and its id cannot have been
/// given to another process. Memory is the exception: it is gone with the program, so
/// [`Process::peak_memory`] is what the last look at it showed; `ru_maxrss` from reaping is exact.
///
/// # Guarantees
/// The target is never stopped, changed or signalled. The recorder ends by itself when the target
/// does; dropping it without `stop` ends it, too.
#[derive(Debug)]
pub struct Recorder {
    stop: Stop,
    thread: Option<JoinHandle<Recorded>>,
    view: Arc<Mutex<Option<LiveView>>>,
}

/// Ends the sampling thread when it is dropped. (A channel's timed receive spins before it sleeps.)
#[derive(Debug)]
struct Stop {
    wanted: Arc<AtomicBool>,
    thread: Option<Thread>,
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.wanted.store(true, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

/// Whether we are permitted to sample process `pid`.
///
/// # Errors
/// If we are not: why, and what to do about it, without a full stop.
pub fn permitted(pid: u32) -> Result<(), String> {
    crew::permitted(pid)
}

impl Recorder {
    /// Begins sampling process `pid`.
    ///
    /// The process may still be on its way to executing Python: it is waited for, up to 3
    /// seconds. Where sampling is not possible, `sampling.refused` of the process says why and
    /// what to do, and its sizes are still collected.
    #[must_use]
    pub fn start(pid: u32, options: Options) -> Recorder {
        let wanted = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&wanted);
        let view = Arc::default();
        let shown = Arc::clone(&view);
        let thread = std::thread::Builder::new()
            .name("rightlane-sampler".to_owned())
            .spawn(move || crew::run(pid, &options, &stopped, &shown));
        let thread = thread.ok();
        Recorder {
            stop: Stop {
                wanted,
                thread: thread.as_ref().map(|thread| thread.thread().clone()),
            },
            thread,
            view,
        }
    }

    /// The newest live view, once: `None` until there is another one.
    #[must_use]
    pub fn view(&self) -> Option<LiveView> {
        let view = self.view.lock();
        view.unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the process has ended (or could not be sampled at all).
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends sampling and yields what it showed.
    #[must_use]
    pub fn stop(mut self) -> Recorded {
        drop(self.stop);
        let recorded = self.thread.take().and_then(|thread| thread.join().ok());
        recorded.unwrap_or_default()
    }
}

/// What sampling showed of the program's own process.
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

impl From<&Recorded> for Sampled {
    fn from(recorded: &Recorded) -> Self {
        let Some(program) = recorded.processes.first() else {
            let why = recorded.doubts.first().cloned();
            return refused(why.unwrap_or_else(|| "the sampling thread could not run".to_owned()));
        };
        Sampled {
            samples: samples(program, recorded),
            status: program.sampling.clone(),
            process: program.sizes,
            import_seconds: program.import_seconds,
            first_seen: recorded.first_seen,
            doubts: program.doubts.clone(),
        }
    }
}

/// The times with their stacks, without the details of waits.
fn samples(process: &ProcessRecord, recorded: &Recorded) -> Vec<Sample> {
    let mut places = HashMap::new();
    let mut samples: Vec<Sample> = Vec::new();
    for time in &process.times {
        let Some(thread) = process.threads.get(time.thread as usize) else {
            continue;
        };
        let place = *places
            .entry((time.thread, time.cause, time.stack))
            .or_insert(samples.len());
        if let Some(sample) = samples.get_mut(place) {
            sample.seconds += time.seconds;
            continue;
        }
        let stack = recorded
            .stacks
            .get(time.stack as usize)
            .into_iter()
            .flatten();
        samples.push(Sample {
            thread: thread.tid,
            main: thread.main,
            cause: time.cause,
            seconds: time.seconds,
            frames: stack
                .filter_map(|frame| recorded.frames.get(*frame as usize).cloned())
                .collect(),
        });
    }
    samples.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    samples
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
