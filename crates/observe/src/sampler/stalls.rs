//! Callbacks that keep an event loop from everything else.
//!
//! A loop runs one callback (one step of a task) at a time. Whether two looks saw the same one is
//! told by the values of the loop's own frame, which differ from turn to turn: a loop that is busy
//! with many short callbacks is not stalled.

use crate::reader::frames::StackId;
use rightlane_facts::{Stall, WaitCause};
use std::collections::HashMap;

/// A callback that takes longer is a stall: what asyncio's debug mode warns of where nothing else
/// is said (`loop.slow_callback_duration`,
/// <https://docs.python.org/3/library/asyncio-dev.html#debug-mode>).
const SLOW: u64 = 100_000_000;

/// Places kept.
const MOST_PLACES: usize = 4096;

/// What one look saw of a callback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// When the look before was, and this one, in nanoseconds.
    pub(crate) before: u64,
    pub(crate) at: u64,
    /// Which callback: equal as long as it goes on.
    pub(crate) turn: u64,
    pub(crate) cause: WaitCause,
    pub(crate) stack: StackId,
    /// The line that a person would look at: its frame's number.
    pub(crate) place: u32,
}

/// The callback that a loop's thread is in.
#[derive(Default)]
pub(crate) struct Busy {
    turn: u64,
    since: u64,
    until: u64,
    /// Nanoseconds by what was seen.
    seen: HashMap<(WaitCause, StackId, u32), u64>,
}

/// The stalls of one process, by thread and place.
#[derive(Default)]
pub(crate) struct Stalls {
    places: HashMap<(u32, u32), Stall>,
}

impl Busy {
    /// The thread was seen in a callback, or (`None`) not.
    pub(crate) fn look(&mut self, thread: u32, step: Option<Step>, stalls: &mut Stalls) {
        let goes_on = step.is_some_and(|step| step.turn == self.turn && !self.seen.is_empty());
        if !goes_on {
            self.end(thread, stalls);
        }
        let Some(step) = step else {
            return;
        };
        if !goes_on {
            self.turn = step.turn;
            // It began some time since the look before: on average half of that ago.
            self.since = step.at - (step.at.saturating_sub(step.before)) / 2;
        }
        self.until = step.at;
        let nanos = step.at.saturating_sub(step.before);
        *self
            .seen
            .entry((step.cause, step.stack, step.place))
            .or_default() += nanos;
    }

    /// The callback is over, or not watched any longer.
    pub(crate) fn end(&mut self, thread: u32, stalls: &mut Stalls) {
        if self.seen.is_empty() {
            return;
        }
        let seen = std::mem::take(&mut self.seen);
        let nanos = self.until.saturating_sub(self.since);
        let longest = seen.into_iter().max_by_key(|(key, nanos)| (*nanos, *key));
        if let Some(((cause, stack, place), _)) = longest
            && nanos >= SLOW
        {
            stalls.add(thread, (cause, stack, place), nanos as f64 / 1e9);
        }
    }
}

impl Stalls {
    fn add(&mut self, thread: u32, (cause, stack, place): (WaitCause, StackId, u32), seconds: f64) {
        if self.places.len() >= MOST_PLACES && !self.places.contains_key(&(thread, place)) {
            return;
        }
        let stall = self.places.entry((thread, place)).or_insert(Stall {
            thread,
            stack,
            cause,
            count: 0,
            longest: 0.0,
            seconds: 0.0,
        });
        stall.count = stall.count.saturating_add(1);
        stall.seconds += seconds;
        if seconds > stall.longest {
            stall.longest = seconds;
            (stall.stack, stall.cause) = (stack, cause);
        }
    }

    /// All of them, most seconds first.
    pub(crate) fn into_stalls(self) -> Vec<Stall> {
        let mut stalls: Vec<Stall> = self.places.into_values().collect();
        stalls.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        stalls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every 10 ms; one character each: a callback's letter, or `.` for none.
    fn stalls(drawn: &str) -> Vec<(u32, u32, f64)> {
        const STEP: u64 = 10_000_000;
        let (mut busy, mut stalls) = (Busy::default(), Stalls::default());
        for (number, letter) in (1_u64..).zip(drawn.bytes()) {
            let step = (letter != b'.').then_some(Step {
                before: (number - 1) * STEP,
                at: number * STEP,
                turn: u64::from(letter),
                cause: WaitCause::Sleep,
                stack: 1,
                place: u32::from(letter.to_ascii_lowercase()),
            });
            busy.look(0, step, &mut stalls);
        }
        busy.end(0, &mut stalls);
        let stalls = stalls.into_stalls().into_iter();
        stalls
            .map(|stall| (stall.stack, stall.count, (stall.longest * 100.0).round()))
            .collect()
    }

    #[test]
    fn a_long_callback_is_a_stall_and_short_ones_in_a_row_are_not() {
        assert_eq!(stalls("...aaaaaaaaaaaaaaaaaaaa..."), [(1, 1, 20.0)]);
        assert_eq!(stalls("aaaaaAAAAAaaaaaAAAAAaaaaa"), []);
        assert_eq!(stalls("..aaaaa..bbbbb.."), []);
    }

    #[test]
    fn stalls_at_one_place_are_counted_together() {
        let found = stalls("aaaaaaaaaaaaaaa.AAAAAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(found, [(1, 2, 25.0)]);
    }
}
