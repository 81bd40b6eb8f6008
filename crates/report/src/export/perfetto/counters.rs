//! How many threads of a process run and wait for the GIL at a time.

use super::super::{ExportError, parts};
use super::Placed;
use super::event::Events;
use rightlane_facts::WaitCause;
use std::collections::BTreeMap;

/// The changes of both numbers, by microsecond.
#[derive(Default)]
pub(super) struct Counters {
    changes: BTreeMap<i64, (i64, i64)>,
}

impl Counters {
    /// Counts one thread.
    pub(super) fn add(&mut self, placed: &[Placed]) {
        for Placed { part, start, end } in placed {
            let running = i64::from(parts::on_cpu(part.cause));
            let gil = i64::from(part.cause == WaitCause::GilWait);
            if running + gil > 0 {
                self.change(*start, running, gil);
                self.change(*end, -running, -gil);
            }
        }
    }

    fn change(&mut self, at: i64, running: i64, gil: i64) {
        let change = self.changes.entry(at).or_default();
        change.0 += running;
        change.1 += gil;
    }

    /// An event for each change that is one.
    pub(super) fn write(self, pid: u32, events: &mut Events<'_>) -> Result<(), ExportError> {
        let mut now = (0, 0);
        for (at, change) in self.changes {
            if change != (0, 0) {
                now = (now.0 + change.0, now.1 + change.1);
                events.threads(pid, at, now.0, now.1)?;
            }
        }
        Ok(())
    }
}
