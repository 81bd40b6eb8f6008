//! Asking a run to end.

use std::sync::atomic::{AtomicU32, Ordering};

/// Who else got the signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterruptSource {
    /// Ctrl-C in a terminal: its whole process group, so the program has its SIGINT already.
    Terminal,
    /// `kill`, or a caller's own decision: the program knows nothing yet.
    Elsewhere,
}

/// A request to end a run, raised from anywhere: [`Interrupt::raise`] only stores to an atomic,
/// so a signal handler may call it.
///
/// The first one ends the program gently (SIGINT, then SIGTERM after 3 s, then SIGKILL after
/// 3 s more); each further one takes the next step at once.
#[derive(Debug, Default)]
pub struct Interrupt {
    raised: AtomicU32,
    delivered: AtomicU32,
}

impl Interrupt {
    /// Not raised.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            raised: AtomicU32::new(0),
            delivered: AtomicU32::new(0),
        }
    }

    /// Asks the run to end, or to end faster.
    pub fn raise(&self, source: InterruptSource) {
        if source == InterruptSource::Terminal {
            self.delivered.fetch_add(1, Ordering::SeqCst);
        }
        self.raised.fetch_add(1, Ordering::SeqCst);
    }

    /// Asks the run to end at once, by SIGKILL.
    pub fn quit(&self) {
        self.raised.fetch_add(3, Ordering::SeqCst);
    }

    /// How often it was raised.
    pub(super) fn count(&self) -> u32 {
        self.raised.load(Ordering::SeqCst)
    }

    /// Whether the program got a SIGINT by itself.
    pub(super) fn was_delivered(&self) -> bool {
        self.delivered.load(Ordering::SeqCst) > 0
    }
}
