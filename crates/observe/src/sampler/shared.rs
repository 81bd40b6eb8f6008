//! What the processes of one recording have in common.

use crate::reader::attach::Files;
use crate::reader::frames::{FrameTable, StackTable};
use crate::sampler::Options;
use crate::sampler::details::Details;
use crate::sampler::timeline::MOST_STRETCHES;
use std::time::{Duration, Instant};

/// Clock and tables.
pub(super) struct Shared {
    start: Instant,
    pub(super) frames: FrameTable,
    pub(super) stacks: StackTable,
    pub(super) details: Details,
    pub(super) files: Files,
    /// Whether to count how often loops go on.
    pub(super) turns: bool,
    /// Room for stretches of the timeline, all processes together; `None`: no timeline is wanted.
    pub(super) stretches_left: Option<usize>,
}

impl Shared {
    /// Begins now.
    pub(super) fn new(options: &Options) -> Self {
        Shared {
            start: Instant::now(),
            frames: FrameTable::default(),
            stacks: StackTable::new(),
            details: Details::default(),
            files: Files::new(),
            turns: options.turns,
            stretches_left: options.timeline.then_some(MOST_STRETCHES),
        }
    }

    /// Since the beginning.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
