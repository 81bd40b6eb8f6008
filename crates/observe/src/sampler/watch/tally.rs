//! Seconds by thread, cause and spot.

use crate::reader::frames::{FrameTable, Marks, StackId, StackTable};
use crate::sampler::details::{DetailId, Spot};
use crate::sampler::split::Sink;
use rightlane_facts::{Ledger, Time, WaitCause};
use rustc_hash::FxHashMap;

/// The seconds seen so far.
#[derive(Default)]
pub(super) struct Tally {
    seconds: FxHashMap<(u32, WaitCause, Spot), f64>,
}

/// Where the seconds of one thread go.
pub(super) struct Account<'a> {
    tally: &'a mut Tally,
    thread: u32,
    recent: &'a mut Ledger,
}

impl Sink for Account<'_> {
    fn add(&mut self, cause: WaitCause, spot: Spot, seconds: f64) {
        // What was waited for says nothing of the CPU used afterwards, or of the time until it came.
        let detail = if cause.is_wait() {
            spot.detail
        } else {
            DetailId::NONE
        };
        let key = (self.thread, cause, Spot { detail, ..spot });
        *self.tally.seconds.entry(key).or_default() += seconds;
        self.recent.add(cause, seconds);
    }
}

impl Tally {
    /// Where the seconds of thread number `thread` go; they are added to `recent`, too.
    pub(super) fn of<'a>(&'a mut self, thread: u32, recent: &'a mut Ledger) -> Account<'a> {
        Account {
            tally: self,
            thread,
            recent,
        }
    }

    /// Everything, most seconds first.
    pub(super) fn times(&self) -> Vec<Time> {
        let mut times: Vec<Time> = self
            .seconds
            .iter()
            .map(|((thread, cause, spot), seconds)| Time {
                thread: *thread,
                cause: *cause,
                stack: spot.stack,
                detail: spot.detail.index(),
                seconds: *seconds,
            })
            .collect();
        times.sort_by(|a, b| {
            let order = b.seconds.total_cmp(&a.seconds);
            order.then((a.thread, a.cause, a.stack).cmp(&(b.thread, b.cause, b.stack)))
        });
        times
    }

    /// Seconds of thread number `thread` with the import system on its stack.
    pub(super) fn import_seconds(
        &self,
        thread: u32,
        frames: &FrameTable,
        stacks: &StackTable,
    ) -> f64 {
        let imports = |stack: StackId| {
            let mut marks = stacks.frames(stack).iter().map(|id| frames.marks(*id));
            marks.any(|marks| marks.any(Marks::IMPORT))
        };
        self.seconds
            .iter()
            .filter(|((of, _, spot), _)| *of == thread && imports(spot.stack))
            // Not `sum`: without any it is negative zero, and printed as such.
            .fold(0.0, |total, (_, seconds)| total + seconds)
    }
}
