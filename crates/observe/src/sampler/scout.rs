//! Finding child processes soon after they start.
//!
//! A notification would be better than asking, but the kernel's (the process connector) needs
//! root. Its cheapest answer is the last process id it gave out, in `/proc/loadavg` (2 µs): only
//! when that has changed are the lists of children read, which takes 10 µs for each thread.

use crate::kernel::process;
use std::collections::HashSet;
use std::time::Duration;

/// Between two readings of the lists at least.
const PAUSE: Duration = Duration::from_millis(5);

/// Part of the time that reading them may take.
const PART: u32 = 50;

/// Children looked at of one process.
const MOST_CHILDREN: usize = 4096;

/// Looks for processes that are new.
#[derive(Default)]
pub(super) struct Scout {
    last_id: String,
    rest: Duration,
    /// Ids met, with the time at which the process started.
    met: HashSet<(u32, u64)>,
}

/// Processes remembered at most.
const MOST_MET: usize = 1 << 18;

impl Scout {
    /// Children of `parents` that are new since the last time, with their parents; `now` is the
    /// time since the beginning.
    pub(super) fn look(&mut self, parents: &[u32], now: impl Fn() -> Duration) -> Vec<(u32, u32)> {
        let begin = now();
        if begin < self.rest || !self.something_started() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for parent in parents {
            for child in process::children(*parent, MOST_CHILDREN) {
                let Some(stat) = process::stat(child) else {
                    continue;
                };
                // The list is a moment old: the id may be another process's by now.
                if stat.parent == *parent && self.met.insert((child, stat.started)) {
                    found.push((child, *parent));
                }
            }
        }
        if self.met.len() > MOST_MET {
            self.met.clear();
        }
        let cost = now().saturating_sub(begin);
        self.rest = now() + PAUSE.max(cost * PART);
        found
    }

    fn something_started(&mut self) -> bool {
        let Ok(text) = std::fs::read_to_string("/proc/loadavg") else {
            return true;
        };
        let last_id = text.rsplit(' ').next().unwrap_or_default();
        let changed = last_id != self.last_id;
        if changed {
            last_id.clone_into(&mut self.last_id);
        }
        changed
    }
}
