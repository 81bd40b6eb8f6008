//! Ctrl-C and termination.

use crate::failure::{Failure, exit};
use rightlane_observe::run::{Interrupt, InterruptSource};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::raw::WithRawSiginfo;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

/// What was asked of us since [`Interrupts::watch`].
///
/// While a program is observed, the first SIGINT or SIGTERM stops observing and ends the program
/// gently; a second one ends everything at once. Both go through the observing loop, so that no
/// child is left behind. Before that, a signal ends us as it would have without us watching.
/// After it, the first one is let pass: Ctrl-C reaches the program as well, and may have ended it
/// before we hear of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupts {
    asked: Arc<Interrupt>,
    begun: Arc<AtomicBool>,
    observing: Arc<AtomicBool>,
    count: Arc<AtomicU32>,
    /// The exit code, once everything is to end.
    quit: Arc<AtomicI32>,
}

impl Interrupts {
    /// Watches from now on.
    pub(crate) fn watch() -> Result<Self, Failure> {
        Self::start()
            .map_err(|error| Failure::not_here(format!("signals cannot be watched: {error}")))
    }

    fn start() -> io::Result<Self> {
        let this = Self::default();
        // A signal that is ignored (a job in the background, nohup) has to stay so, for the
        // program too, which inherits that.
        let watched = [SIGINT, SIGTERM]
            .into_iter()
            .filter(|signal| !is_ignored(*signal));
        let mut signals = SignalsInfo::<WithRawSiginfo>::new(watched)?;
        let watched = this.clone();
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                for signal in signals.forever() {
                    // A positive code: the kernel itself, so the terminal, whose whole process
                    // group gets the signal. `kill` reaches us alone.
                    let source = if signal.si_code > 0 {
                        InterruptSource::Terminal
                    } else {
                        InterruptSource::Elsewhere
                    };
                    watched.take(signal.si_signo, source);
                }
            })?;
        Ok(this)
    }

    /// Runs `observe` with signals as requests to it.
    pub(crate) fn while_observing<T>(&self, observe: impl FnOnce(&Interrupt) -> T) -> T {
        self.begun.store(true, Ordering::SeqCst);
        self.observing.store(true, Ordering::SeqCst);
        let result = observe(&self.asked);
        self.observing.store(false, Ordering::SeqCst);
        result
    }

    /// Whether the program was asked to end before its time.
    pub(crate) fn asked(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }

    /// The exit code, if everything is to end now.
    pub(crate) fn quitting(&self) -> Option<i32> {
        Some(self.quit.load(Ordering::SeqCst)).filter(|code| *code != 0)
    }

    fn take(&self, signal: i32, source: InterruptSource) {
        let code = if signal == SIGTERM {
            exit::TERMINATED
        } else {
            exit::INTERRUPTED
        };
        let first = self.count.fetch_add(1, Ordering::SeqCst) == 0;
        let observing = self.observing.load(Ordering::SeqCst);
        match first && self.begun.load(Ordering::SeqCst) {
            true => self.asked.raise(source),
            false if observing => {
                self.quit.store(code, Ordering::SeqCst);
                self.asked.quit();
            }
            false => std::process::exit(code),
        }
    }
}

/// Whether this process ignores `signal`, as far as the kernel says.
pub(crate) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
