//! How workers call their parent: one bell for all of them, with two listeners.

use crate::wait::wake;
use crate::word::{Apart, announce, is_to_be_woken};
use rightlane_sync::atomic::{AtomicU32, Ordering};

/// The bell, as it lies in shared memory. All zero is a bell that nobody listens to.
///
/// A *caller* is a thread that waits for a result and takes it from the lane itself: two wakes from submission
/// to result, where a thread between them would be a third (a wake across cores is half of what
/// `make bench-pools` shows for two pipes). The *service* is the thread that does so while no caller waits. Only one of the two is
/// rung, and only if it sleeps.
#[repr(C)]
#[derive(Debug)]
pub struct Bell {
    caller: Apart<AtomicU32>,
    service: Apart<AtomicU32>,
}

/// Who hears a bell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Whoever listens is awake, and will look.
    Nobody,
    /// The caller; it was woken.
    Caller,
    /// The service; it sleeps in `poll`, and has to be woken through its descriptor.
    Service,
}

impl Bell {
    /// A bell in ordinary memory, for tests.
    #[must_use]
    pub fn boxed() -> Box<Self> {
        Box::new(Self {
            caller: Apart(AtomicU32::new(0)),
            service: Apart(AtomicU32::new(0)),
        })
    }

    /// Rung by a worker, after it published something.
    pub fn ring(&self) -> Heard {
        if self.rouse_caller() {
            return Heard::Caller;
        }
        if self.rouse_service() {
            return Heard::Service;
        }
        Heard::Nobody
    }

    /// Wakes the caller, if it sleeps.
    pub fn rouse_caller(&self) -> bool {
        let sleeps = is_to_be_woken(&self.caller.0);
        if sleeps {
            wake(&self.caller.0);
        }
        sleeps
    }

    /// Whether the service listens and is to be woken through its descriptor; only one who asks is told so.
    pub fn rouse_service(&self) -> bool {
        is_to_be_woken(&self.service.0)
    }

    /// The word that the caller sleeps on while it is 1.
    #[must_use]
    pub fn caller(&self) -> &AtomicU32 {
        &self.caller.0
    }

    /// The caller is about to sleep: it looks once more after this.
    pub fn caller_sleeps(&self) {
        announce(&self.caller.0, true);
    }

    /// The caller is awake.
    pub fn caller_wakes(&self) {
        self.caller.0.store(0, Ordering::SeqCst);
    }

    /// The service is about to sleep, or may not be rung for a caller listens: it looks once more after this.
    pub fn service_listens(&self, listens: bool) {
        announce(&self.service.0, listens);
    }
}
