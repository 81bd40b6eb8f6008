//! Seconds by thread, cause and stack.

use crate::reader::frames::{FrameTable, Marks, StackId, StackTable};
use rightlane_facts::{Sample, WaitCause};
use std::collections::HashMap;

/// The seconds seen so far.
#[derive(Default)]
pub(super) struct Tally {
    seconds: HashMap<(i32, WaitCause, StackId), f64>,
}

impl Tally {
    /// Where the seconds of thread `tid` go.
    pub(super) fn of(&mut self, tid: i32) -> impl FnMut(WaitCause, StackId, f64) {
        move |cause, stack, seconds| {
            *self.seconds.entry((tid, cause, stack)).or_default() += seconds;
        }
    }

    /// Everything as samples, most seconds first; `pid` is the main thread.
    pub(super) fn samples(
        &self,
        pid: u32,
        frames: &FrameTable,
        stacks: &StackTable,
    ) -> Vec<Sample> {
        let mut samples: Vec<Sample> = self
            .seconds
            .iter()
            .map(|((thread, cause, stack), seconds)| Sample {
                thread: *thread,
                main: u32::try_from(*thread) == Ok(pid),
                cause: *cause,
                seconds: *seconds,
                frames: stacks
                    .frames(*stack)
                    .iter()
                    .filter_map(|id| frames.frame(*id).cloned())
                    .collect(),
            })
            .collect();
        samples.sort_by(|a, b| {
            let order = b.seconds.total_cmp(&a.seconds);
            order.then((a.thread, a.cause).cmp(&(b.thread, b.cause)))
        });
        samples
    }

    /// Seconds of the main thread with the import system on its stack.
    pub(super) fn import_seconds(&self, pid: u32, frames: &FrameTable, stacks: &StackTable) -> f64 {
        let imports = |stack: StackId| {
            let mut marks = stacks.frames(stack).iter().map(|id| frames.marks(*id));
            marks.any(|marks| marks.any(Marks::IMPORT))
        };
        self.seconds
            .iter()
            .filter(|((thread, _, stack), _)| u32::try_from(*thread) == Ok(pid) && imports(*stack))
            // Not `sum`: without any it is negative zero, and printed as such.
            .fold(0.0, |total, (_, seconds)| total + seconds)
    }
}
