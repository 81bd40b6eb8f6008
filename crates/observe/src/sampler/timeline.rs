//! What each thread was seen doing, in the order of time.
//!
//! The ledger divides time by the kernel's exact clocks; the timeline shows the looks as they
//! were: the time up to a look belongs to what that look saw.

use crate::sampler::classify::{Class, Cpu};
use crate::sampler::details::Spot;
use rightlane_facts::{Stretch, WaitCause};

/// Stretches kept of one recording (24 MB): at a hundred looks a second, twenty minutes of eight
/// threads that do something else each time.
pub(crate) const MOST_STRETCHES: usize = 1 << 20;

/// The stretches of one process.
#[derive(Default)]
pub(crate) struct Timeline {
    stretches: Vec<Stretch>,
    /// Of each thread, its last stretch.
    last: Vec<usize>,
    /// Whether there was no room for some.
    pub(crate) cut: bool,
}

/// Gap up to which two stretches belong together, in seconds: rounding.
const GAP: f64 = 1e-6;

impl Timeline {
    /// Adds what thread number `thread` was seen doing from `start` to `end`, in seconds; `left`
    /// is how many more stretches the recording has room for.
    pub(crate) fn add(
        &mut self,
        thread: u32,
        (start, end): (f64, f64),
        class: Class,
        spot: Spot,
        left: &mut usize,
    ) {
        let stretch = Stretch {
            thread,
            start,
            seconds: (end - start).max(0.0),
            cause: cause(class),
            stack: spot.stack,
            detail: spot.detail.index(),
        };
        if let Some(last) = self.last_of(thread)
            && (last.cause, last.stack, last.detail)
                == (stretch.cause, stretch.stack, stretch.detail)
            && (last.start + last.seconds - start).abs() < GAP
        {
            last.seconds = end - last.start;
            return;
        }
        let Some(less) = left.checked_sub(1) else {
            self.cut = true;
            return;
        };
        *left = less;
        let slot = thread as usize;
        if self.last.len() <= slot {
            self.last.resize(slot + 1, usize::MAX);
        }
        if let Some(last) = self.last.get_mut(slot) {
            *last = self.stretches.len();
        }
        self.stretches.push(stretch);
    }

    fn last_of(&mut self, thread: u32) -> Option<&mut Stretch> {
        let index = *self.last.get(thread as usize)?;
        self.stretches.get_mut(index)
    }

    /// All of them, in the order in which they began.
    pub(crate) fn into_stretches(mut self) -> Vec<Stretch> {
        self.stretches.sort_by(|a, b| a.start.total_cmp(&b.start));
        self.stretches
    }
}

/// The ledger's row for what was seen; user and kernel time without the GIL are told apart only
/// by the clocks.
pub(crate) fn cause(class: Class) -> WaitCause {
    match class {
        Class::Wait(cause) => cause,
        Class::Cpu(Cpu::Python) => WaitCause::PythonGil,
        Class::Cpu(Cpu::Native) => WaitCause::NativeGil,
        Class::Cpu(Cpu::Released) => WaitCause::NativeReleased,
        Class::Cpu(Cpu::Kernel) => WaitCause::Kernel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PYTHON: Class = Class::Cpu(Cpu::Python);
    const SLEEP: Class = Class::Wait(WaitCause::Sleep);

    #[test]
    fn stretches_that_go_on_are_one_and_threads_do_not_mix() {
        let mut timeline = Timeline::default();
        let mut left = 10;
        let mut add = |thread, from: u32, to: u32, class| {
            let span = (f64::from(from), f64::from(to));
            timeline.add(thread, span, class, Spot::EMPTY, &mut left);
        };
        add(0, 0, 1, PYTHON);
        add(3, 0, 2, SLEEP);
        add(0, 1, 2, PYTHON);
        add(0, 2, 3, SLEEP);
        add(3, 5, 6, SLEEP); // was not looked at for a while
        let found: Vec<(u32, f64, f64)> = timeline
            .into_stretches()
            .iter()
            .map(|stretch| (stretch.thread, stretch.start, stretch.seconds))
            .collect();
        let expected = [(0, 0.0, 2.0), (3, 0.0, 2.0), (0, 2.0, 1.0), (3, 5.0, 1.0)];
        assert_eq!(found, expected);
        assert_eq!(left, 6);
    }

    #[test]
    fn a_full_timeline_says_so_and_still_goes_on_with_what_goes_on() {
        let mut timeline = Timeline::default();
        let mut left = 1;
        timeline.add(0, (0.0, 1.0), PYTHON, Spot::EMPTY, &mut left);
        timeline.add(0, (1.0, 2.0), PYTHON, Spot::EMPTY, &mut left);
        assert!(!timeline.cut);
        timeline.add(0, (2.0, 3.0), SLEEP, Spot::EMPTY, &mut left);
        assert!(timeline.cut);
        assert_eq!(timeline.into_stretches().len(), 1);
    }
}
