//! How often the program's own loops have gone on, from outside.
//!
//! What a frame's variables hold is another thing in each iteration of its loop. Whether two looks
//! saw the same iteration is told by that: each change is at least one iteration. Of iterations
//! that take longer than the time between two looks each is seen; of shorter ones not more than one
//! for each look, so that the count is then too small.

use crate::reader::frames::{FrameId, OwnFrame};
use std::collections::HashMap;

/// Frames counted at most.
const MOST_FRAMES: usize = 1 << 16;

/// The changes seen so far.
#[derive(Default)]
pub(crate) struct Turns {
    /// Of each thread, the frames at the last look.
    last: HashMap<i32, Vec<OwnFrame>>,
    counts: HashMap<FrameId, u64>,
}

impl Turns {
    /// Thread `tid` was seen with these frames.
    pub(crate) fn look(&mut self, tid: i32, frames: Vec<OwnFrame>) {
        let before = self.last.remove(&tid).unwrap_or_default();
        for now in &frames {
            let same = |then: &&OwnFrame| (then.address, then.code) == (now.address, now.code);
            // One that was not there has begun: that is an iteration of its loop, too.
            let changed = before
                .iter()
                .find(same)
                .is_none_or(|then| then.values != now.values);
            if changed && (self.counts.len() < MOST_FRAMES || self.counts.contains_key(&now.frame))
            {
                *self.counts.entry(now.frame).or_default() += 1;
            }
        }
        self.last.insert(tid, frames);
    }

    /// Thread `tid` has ended.
    pub(crate) fn forget(&mut self, tid: i32) {
        self.last.remove(&tid);
    }

    /// Frames with how often something had changed when they were seen.
    pub(crate) fn into_counts(self) -> Vec<(FrameId, u64)> {
        let mut counts: Vec<(FrameId, u64)> = self.counts.into_iter().collect();
        counts.sort_unstable();
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_counts_once_and_threads_do_not_mix() {
        let mut turns = Turns::default();
        let frame = |address, values| OwnFrame {
            address,
            frame: 7,
            code: 1,
            values,
        };
        for values in [1, 1, 2, 2, 2, 3] {
            turns.look(10, vec![frame(64, values)]);
            turns.look(11, vec![frame(128, 5)]);
        }
        assert_eq!(turns.into_counts(), [(7, 4)]);
    }
}
