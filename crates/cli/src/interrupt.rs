//! Ctrl-C and termination.

use crate::failure::exit;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was asked of us since [`Interrupts::watch`].
///
/// While a program is observed these are flags only: the observing loop looks at them and ends
/// the program itself, so that no child is left behind. At any other time a signal ends us as it
/// would have without us watching.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupts {
    /// Stop observing, end the program gently, advise from what was seen.
    pub(crate) stop: Arc<AtomicBool>,
    /// End everything now.
    pub(crate) quit: Arc<AtomicBool>,
    observing: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

impl Interrupts {
    /// Watches from now on: while observing, the first Ctrl-C stops, a second one or SIGTERM
    /// quits.
    pub(crate) fn watch() -> io::Result<Self> {
        let this = Self::default();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let watched = this.clone();
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || signals.forever().for_each(|signal| watched.take(signal)))?;
        Ok(this)
    }

    /// Runs `observe` with signals as flags.
    pub(crate) fn while_observing<T>(&self, observe: impl FnOnce() -> T) -> T {
        self.observing.store(true, Ordering::SeqCst);
        let result = observe();
        self.observing.store(false, Ordering::SeqCst);
        result
    }

    /// The exit code, if everything is to end now.
    pub(crate) fn quitting(&self) -> Option<i32> {
        let quit = self.quit.load(Ordering::SeqCst);
        quit.then(|| {
            if self.terminated.load(Ordering::SeqCst) {
                exit::TERMINATED
            } else {
                exit::INTERRUPTED
            }
        })
    }

    fn take(&self, signal: i32) {
        if signal == SIGTERM {
            self.terminated.store(true, Ordering::SeqCst);
        }
        if !self.observing.load(Ordering::SeqCst) {
            let terminated = self.terminated.load(Ordering::SeqCst);
            std::process::exit(if terminated { exit::TERMINATED } else { exit::INTERRUPTED });
        }
        let first = !self.stop.swap(true, Ordering::SeqCst);
        if signal == SIGTERM || !first {
            self.quit.store(true, Ordering::SeqCst);
        }
    }
}
