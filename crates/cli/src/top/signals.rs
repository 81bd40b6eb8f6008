//! Signals while the screen is ours: marks that its loop reads, so that the terminal is given back
//! before anything else happens.

use crate::interrupt::is_ignored;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// To end, as this signal ends a process.
    End(i32),
    /// To stop, like Ctrl-Z.
    Suspend,
    /// Nothing; but the terminal was in other hands.
    Continued,
}

/// The signals since [`Signals::watch`].
#[derive(Debug, Default)]
pub(super) struct Signals {
    end: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

impl Signals {
    pub(super) fn watch() -> io::Result<Self> {
        let this = Self::default();
        // What is ignored (nohup) has to stay so.
        let ends = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter();
        for signal in ends.filter(|signal| !is_ignored(*signal)) {
            flag::register_usize(
                signal,
                Arc::clone(&this.end),
                signal.unsigned_abs() as usize,
            )?;
        }
        flag::register(SIGTSTP, Arc::clone(&this.stop))?;
        flag::register(SIGCONT, Arc::clone(&this.continued))?;
        Ok(this)
    }

    /// What is asked for now; each is told once.
    pub(super) fn asked(&self) -> Option<Asked> {
        let end = self.end.swap(0, Ordering::SeqCst);
        if let Some(signal) = i32::try_from(end).ok().filter(|signal| *signal != 0) {
            return Some(Asked::End(signal));
        }
        if self.stop.swap(false, Ordering::SeqCst) {
            return Some(Asked::Suspend);
        }
        let continued = self.continued.swap(false, Ordering::SeqCst);
        continued.then_some(Asked::Continued)
    }

    /// Stops this process until somebody continues it.
    pub(super) fn stop(&self) {
        // It fails only for signals that do not exist.
        drop(low_level::emulate_default_handler(SIGTSTP));
        self.continued.store(false, Ordering::SeqCst);
    }
}
