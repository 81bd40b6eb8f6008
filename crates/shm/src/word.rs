//! Words in shared memory that somebody sleeps on: 1 meanwhile.

use rightlane_sync::atomic::{AtomicU32, Ordering, fence};

/// On its own cache line, for its writer and its reader are on different cores.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Apart<T>(pub(crate) T);

/// Announces that somebody sleeps on a word, before the last look at what it would sleep through.
pub(crate) fn announce(word: &AtomicU32, sleeps: bool) {
    word.store(u32::from(sleeps), Ordering::SeqCst);
    fence(Ordering::SeqCst);
}

/// Whether somebody sleeps on a word and has to be woken, asked after what it would sleep through was published; only
/// one who asks is told so.
pub(crate) fn is_to_be_woken(word: &AtomicU32) -> bool {
    fence(Ordering::SeqCst);
    word.load(Ordering::SeqCst) == 1 && word.swap(0, Ordering::SeqCst) == 1
}
