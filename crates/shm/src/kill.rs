//! Points of the protocol at which a process can be killed, for tests: `make kill-points`.
//!
//! Without the feature `kill-points` they are nothing.

/// Points in [`crate::Sender::send`], [`crate::Receiver`] and around waking, in the order of a record's life.
pub const POINTS: [&str; 8] = [
    "before the bytes are copied",
    "before the slot is written",
    "before the record is published",
    "before the receiver is woken",
    "when a record was begun",
    "when a record was copied",
    "before a record is given back",
    "between the two words that give it back",
];

/// A point, by its place in [`POINTS`].
#[cfg(not(feature = "kill-points"))]
#[inline]
pub(crate) fn point(_: u64) {}

#[cfg(feature = "kill-points")]
mod armed {
    use std::sync::atomic::{AtomicU64, Ordering};

    static POINT: AtomicU64 = AtomicU64::new(u64::MAX);
    static COUNT: AtomicU64 = AtomicU64::new(0);

    /// Kills this process when it has come to a point for the `count`-th time from now.
    pub fn kill_at(point: u64, count: u64) {
        COUNT.store(count, Ordering::SeqCst);
        POINT.store(point, Ordering::SeqCst);
    }

    pub(crate) fn point(here: u64) {
        if POINT.load(Ordering::SeqCst) == here && COUNT.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
    }
}

#[cfg(feature = "kill-points")]
pub use armed::kill_at;
#[cfg(feature = "kill-points")]
pub(crate) use armed::point;
