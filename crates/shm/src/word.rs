//! Words in shared memory that somebody sleeps on: 1 meanwhile.

use rightlane_sync::atomic::{AtomicU32, Ordering};

/// On its own cache line, for its writer and its reader are on different cores.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Apart<T>(pub(crate) T);

/// Whether somebody sleeps on a word and has to be woken; only one who asks is told so.
pub(crate) fn is_to_be_woken(word: &AtomicU32) -> bool {
    word.load(Ordering::SeqCst) == 1 && word.swap(0, Ordering::SeqCst) == 1
}
