//! The loom seam: what the pools share between threads comes from here, so that a model checker can stand in
//! for the machine (`RUSTFLAGS="--cfg loom"`).
//!
//! Between *processes* the same atomics lie in shared memory: there is nothing else that two of Rightlane's
//! processes share, above all no lock (one whose holder was killed stays locked for ever).

/// Atomics.
pub mod atomic {
    #[cfg(loom)]
    pub use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};
    #[cfg(not(loom))]
    pub use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};
}

#[cfg(loom)]
pub use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
#[cfg(not(loom))]
pub use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Lets other threads run, in a model.
#[cfg(loom)]
pub use loom::thread::yield_now;

/// Locks, also where a thread panicked while it held the lock: what our locks guard is changed by whole steps.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}
