//! The threads met, each with a number of its own: the kernel gives the ids of threads that have
//! ended to new ones.

use crate::reader::frames::{FrameTable, StackTable};
use rightlane_facts::{SampleFrame, ThreadRecord, Time};

/// Threads kept apart; a program that starts one for each of a million requests has the others
/// under one number.
pub(super) const MOST_THREADS: usize = 4096;

/// The threads met.
#[derive(Default)]
pub(super) struct Roll {
    records: Vec<ThreadRecord>,
    full: bool,
}

impl Roll {
    /// A thread not met before; yields its number.
    pub(super) fn enter(&mut self, tid: i32, main: bool, name: String, at: f64) -> u32 {
        let last = self.records.len().saturating_sub(1);
        if self.records.len() >= MOST_THREADS {
            if let Some(record) = self.records.last_mut()
                && !self.full
            {
                record.name = "more threads".to_owned();
            }
            self.full = true;
            return u32::try_from(last).unwrap_or(u32::MAX);
        }
        self.records.push(ThreadRecord {
            tid,
            name,
            main,
            start: at,
            end: at,
        });
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    /// Thread number `number` was there at `at`.
    pub(super) fn seen(&mut self, number: u32, at: f64) {
        if let Some(record) = self.records.get_mut(number as usize) {
            record.end = record.end.max(at);
        }
    }

    /// The record of thread number `number`.
    pub(super) fn record(&self, number: u32) -> Option<&ThreadRecord> {
        self.records.get(number as usize)
    }

    /// The main thread's number.
    pub(super) fn number_of_main(&self) -> Option<u32> {
        let place = self.records.iter().position(|record| record.main);
        place.and_then(|place| u32::try_from(place).ok())
    }

    /// Whether several threads have this number.
    pub(super) fn is_shared(&self, number: u32) -> bool {
        self.full && number as usize + 1 == self.records.len()
    }

    /// Whether some threads share a number.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// All of them; those without a name get that of the function which they were started with.
    pub(super) fn into_records(
        mut self,
        times: &[Time],
        frames: &FrameTable,
        stacks: &StackTable,
    ) -> Vec<ThreadRecord> {
        for time in times {
            let Some(record) = self.records.get_mut(time.thread as usize) else {
                continue;
            };
            if record.name.is_empty() && !record.main {
                let stack = stacks.frames(time.stack).iter();
                let stack = stack.filter_map(|id| frames.frame(*id));
                record.name = started_with(stack).unwrap_or_default();
            }
        }
        self.records
    }
}

/// The function that a thread with this stack (innermost first) was started with.
pub(super) fn started_with<'a>(
    stack: impl DoubleEndedIterator<Item = &'a SampleFrame>,
) -> Option<String> {
    let own = |frame: &&SampleFrame| !frame.file.ends_with("/threading.py");
    let function = stack.rev().find(own).map(|frame| &frame.function);
    function.map(|function| crate::kernel::plain(function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_met_when_the_roll_is_full_shares_the_last_number() {
        let mut roll = Roll::default();
        let last = u32::try_from(MOST_THREADS - 1).unwrap();
        for tid in 1..=4096 {
            let number = roll.enter(tid, tid == 1, String::new(), 0.0);
            assert!(!roll.is_shared(number));
        }
        assert_eq!(roll.enter(5000, false, "late".to_owned(), 1.0), last);
        assert!(roll.is_full() && roll.is_shared(last) && !roll.is_shared(0));
        assert_eq!(roll.record(last).unwrap().name, "more threads");
    }
}
