//! The process as a whole: sizes looked at now and then, and once more at its end.

use crate::kernel::process::{self, ProcessStat};
use crate::kernel::thread::Threads;
use rightlane_facts::Process;
use rustc_hash::{FxHashMap, FxHashSet};
use std::time::Duration;

/// The first census; each one after that waits twice as long, so that short programs are counted
/// too.
const FIRST: Duration = Duration::from_millis(10);

/// The longest wait: a census costs as much as three looks, and more with the sockets of a busy server.
const LONGEST: Duration = Duration::from_secs(2);

/// Live children whose CPU is read.
const MOST_CHILDREN: usize = 64;

/// What was counted so far.
pub(crate) struct Census {
    pid: u32,
    sizes: Process,
    /// CPU nanoseconds of threads that are not known to run Python.
    other_threads: FxHashMap<i32, u64>,
    due: Duration,
    step: Duration,
    image: Option<(u64, u64)>,
}

impl Census {
    /// A census of process `pid`, which was first seen at `now`.
    pub(crate) fn new(pid: u32, now: Duration) -> Self {
        Census {
            pid,
            sizes: Process::default(),
            other_threads: FxHashMap::default(),
            due: now + FIRST,
            step: FIRST,
            image: None,
        }
    }

    /// Counts if it is time. Yields whether the process has come to execute another program
    /// since the last time.
    pub(crate) fn take(
        &mut self,
        elapsed: Duration,
        python: &FxHashSet<i32>,
        threads: &mut Threads,
    ) -> bool {
        if elapsed < self.due {
            return false;
        }
        self.step = (self.step * 2).min(LONGEST);
        self.due = elapsed + self.step;
        let Some(stat) = process::stat(self.pid) else {
            return false;
        };
        self.totals(&stat);
        self.sizes.peak_sockets = self.sizes.peak_sockets.max(process::sockets(self.pid));
        self.sizes.peak_memory = self
            .sizes
            .peak_memory
            .max(process::peak_memory(self.pid).unwrap_or(0));
        self.count_other_threads(python, threads);
        // Other threads of the kernel's choosing may not be readable: then the image is unknown.
        let image = (stat.image != (0, 0) && !stat.ended()).then_some(stat.image);
        let changed = matches!((self.image, image), (Some(before), Some(now)) if before != now);
        self.image = image.or(self.image);
        changed
    }

    /// Takes note of how many threads run Python.
    pub(crate) fn python_threads(&mut self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.sizes.peak_threads = self.sizes.peak_threads.max(count);
    }

    /// The last look at the process: its totals are final if it has ended.
    pub(crate) fn finish(mut self, python: &FxHashSet<i32>) -> Process {
        if let Some(stat) = process::stat(self.pid) {
            self.totals(&stat);
        }
        let others = self
            .other_threads
            .iter()
            .filter(|(tid, _)| !python.contains(tid))
            .map(|(_, nanos)| *nanos)
            .fold(0, u64::saturating_add);
        self.sizes.native_thread_cpu = others as f64 / 1e9;
        self.sizes
    }

    fn totals(&mut self, stat: &ProcessStat) {
        self.sizes.cpu_seconds = self.sizes.cpu_seconds.max(stat.cpu);
        self.sizes.page_faults = self.sizes.page_faults.max(stat.page_faults);
        if let Some((calls, bytes)) = process::file_traffic(self.pid) {
            self.sizes.file_calls = self.sizes.file_calls.max(calls);
            self.sizes.file_bytes = self.sizes.file_bytes.max(bytes);
        }
        // A child's CPU moves from "live" to "waited for" when it is reaped: the larger sum.
        let live: f64 = process::children(self.pid, MOST_CHILDREN)
            .into_iter()
            .filter_map(process::stat)
            .map(|child| child.cpu + child.waited_children_cpu)
            .sum();
        self.sizes.child_cpu = self.sizes.child_cpu.max(stat.waited_children_cpu + live);
    }

    fn count_other_threads(&mut self, python: &FxHashSet<i32>, threads: &mut Threads) {
        if python.is_empty() {
            return;
        }
        for tid in process::threads(self.pid) {
            if python.contains(&tid) {
                continue;
            }
            if let Some(clock) = threads.clock(tid) {
                let seen = self.other_threads.entry(tid).or_default();
                *seen = clock.cpu.max(*seen);
            }
        }
    }
}
