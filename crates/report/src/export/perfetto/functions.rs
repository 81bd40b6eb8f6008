//! The track of the program's own functions that a thread was in.

use super::super::{ExportError, names};
use super::Placed;
use super::event::{Args, Event, Events};
use crate::page::clean;
use rightlane_facts::{Recording, SampleFrame, is_library};

/// Microseconds between two stretches that no time passed in: both ends are rounded from sums of
/// seconds.
const ROUNDING: i64 = 1;

/// Functions nested deeper are not shown: no viewer shows as many rows, and a recursion would
/// repeat thousands of events.
const DEEPEST: usize = 64;

/// One thread's track, outermost function first.
pub(super) struct Functions<'a> {
    recording: &'a Recording,
    track: (u32, u32),
    open: Vec<Open<'a>>,
    /// The end of the last stretch.
    end: i64,
}

/// A function that has not been left yet.
struct Open<'a> {
    frame: &'a SampleFrame,
    start: i64,
    /// Index of its event. It is written when the function is entered, since viewers want what
    /// contains before what is contained.
    event: usize,
}

impl<'a> Functions<'a> {
    pub(super) fn new(recording: &'a Recording, pid: u32, tid: u32) -> Self {
        Self {
            recording,
            track: (pid, tid),
            open: Vec::new(),
            end: 0,
        }
    }

    /// Adds the next stretch.
    pub(super) fn add(
        &mut self,
        placed: &Placed,
        events: &mut Events<'a>,
    ) -> Result<(), ExportError> {
        if placed.start.saturating_sub(self.end) > ROUNDING {
            self.close(0, events);
        }
        let stack = own(self.recording, placed.part.stack);
        let pairs = self.open.iter().zip(&stack);
        let kept = pairs.take_while(|(open, frame)| same(open.frame, frame));
        let kept = kept.count();
        self.close(kept, events);
        for frame in stack.into_iter().skip(kept) {
            let name = names::function_name(&frame.function);
            let file = clean(&frame.file);
            self.open.push(Open {
                frame,
                start: placed.start,
                event: events.all.len(),
            });
            let (span, args) = ((placed.start, placed.end), Args::Function { file });
            events.push(Event::complete(self.track, span, name, "function", args))?;
        }
        self.end = placed.end;
        Ok(())
    }

    /// Leaves all functions but the outermost `keep`.
    pub(super) fn close(&mut self, keep: usize, events: &mut Events<'a>) {
        for open in self.open.drain(keep.min(self.open.len())..) {
            if let Some(event) = events.all.get_mut(open.event) {
                event.set_end(open.start, self.end);
            }
        }
    }
}

/// The same function, whichever line of it is being executed.
fn same(a: &SampleFrame, b: &SampleFrame) -> bool {
    a.function == b.function && a.file == b.file
}

/// The program's own frames of a stack, outermost first.
fn own(recording: &Recording, stack: u32) -> Vec<&SampleFrame> {
    let frames: Vec<&SampleFrame> = recording.stack(stack).collect();
    let frames = frames.into_iter().rev();
    frames
        .filter(|frame| !is_library(&frame.file))
        .take(DEEPEST)
        .collect()
}
