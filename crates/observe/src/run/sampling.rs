//! Sampling the child from outside while it runs.

use super::RunRequest;
use super::child::Child;
use super::record::recording;
use crate::join;
use crate::sampler::{Options, Recorder, Sampled};
use crate::summary;
use rightlane_facts::{Ledger, ProgramSource, SamplingStatus, SiteLedger, StallReport, Waited};

/// The sampler, if there is to be one.
pub(super) struct Sampling<'a> {
    recorder: Option<Recorder>,
    source: &'a ProgramSource,
}

/// What the samples say of the program.
pub(super) struct Seen {
    pub(super) sampled: Sampled,
    /// The main thread's time.
    pub(super) main: Ledger,
    /// All other Python threads' time together.
    pub(super) others: Ledger,
    pub(super) sites: Vec<SiteLedger>,
    pub(super) waits: Vec<Waited>,
    pub(super) stalls: Vec<StallReport>,
}

impl<'a> Sampling<'a> {
    pub(super) fn start(child: &Child, request: &RunRequest<'a>) -> Self {
        let pid = child.pid().as_raw_nonzero().get().unsigned_abs();
        Self {
            recorder: request
                .sample
                .then(|| Recorder::start(pid, Options::at(request.rate))),
            source: request.source,
        }
    }

    /// To be called while the ended program is still a zombie.
    pub(super) fn stop(self) -> Seen {
        let recorded = self.recorder.map(Recorder::stop);
        let sampled = recorded.as_ref().map_or_else(switched_off, Sampled::from);
        let recording = recorded.map(recording);
        Seen {
            main: join::main_ledger(&sampled.samples),
            others: join::others_ledger(&sampled.samples),
            sites: join::site_ledgers(self.source, &sampled.samples),
            waits: recording.as_ref().map(summary::waits).unwrap_or_default(),
            stalls: recording
                .as_ref()
                .map(summary::stalls_of_program)
                .unwrap_or_default(),
            sampled,
        }
    }
}

impl Seen {
    /// The main thread's time; what no sample covers of the program's `wall` seconds (starting
    /// and tearing down the interpreter) is unexplained.
    pub(super) fn main_ledger(&self, wall: f64) -> Ledger {
        let mut ledger = self.main;
        ledger.unexplained += (wall - ledger.total()).max(0.0);
        ledger
    }
}

fn switched_off() -> Sampled {
    Sampled {
        status: SamplingStatus {
            refused: Some("sampling was switched off".into()),
            ..SamplingStatus::default()
        },
        ..Sampled::default()
    }
}
