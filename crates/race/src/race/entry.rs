//! A variant and its runs.

use crate::measured::{Measured, Output};
use crate::run::Run;
use crate::setup::Variant;
use crate::statistics::{interval, median};
use std::collections::BTreeSet;

/// A variant and what its runs showed.
pub(super) struct Entry {
    pub(super) variant: Variant,
    pub(super) dropped: bool,
    samples: Vec<f64>,
    cpu: Vec<f64>,
    startup: Vec<f64>,
    peak: Option<u64>,
    output: Option<Output>,
    last: Option<f64>,
    doubts: BTreeSet<String>,
}

impl Entry {
    pub(super) fn new(variant: Variant) -> Self {
        Self {
            variant,
            dropped: false,
            samples: Vec::new(),
            cpu: Vec::new(),
            startup: Vec::new(),
            peak: None,
            output: None,
            last: None,
            doubts: BTreeSet::new(),
        }
    }

    pub(super) fn samples(&self) -> &[f64] {
        &self.samples
    }

    /// Whether it has no time: it did something else, or failed.
    pub(super) fn is_wrong(&self) -> bool {
        !matches!(self.output, None | Some(Output::Equal))
    }

    /// Whether it is not run again.
    pub(super) fn is_out(&self) -> bool {
        self.dropped || self.is_wrong()
    }

    /// The wall time of the last run, if it counts.
    pub(super) fn last(&self) -> Option<f64> {
        self.last
    }

    /// Adds a run. Once wrong, a variant stays wrong.
    pub(super) fn add(&mut self, run: Run, output: Output, cold: bool) {
        self.last = None;
        self.doubts.extend(left_running(&run));
        let is_equal = output == Output::Equal;
        self.output = Some(output);
        if !is_equal || cold {
            return;
        }
        let seconds = |nanoseconds: u64| nanoseconds as f64 / 1e9;
        self.samples.push(seconds(run.ran.wall));
        self.last = Some(seconds(run.ran.wall));
        self.cpu.push(seconds(run.ran.cpu));
        self.startup.extend(run.ran.startup.map(seconds));
        self.peak = self.peak.max(Some(run.ran.peak));
    }

    pub(super) fn measured(&self, seed: u64) -> Measured {
        let timed = !self.is_wrong();
        Measured {
            name: self.variant.name.clone(),
            runs: self.samples.len(),
            seconds: median(&self.samples).filter(|_| timed),
            interval: interval(&self.samples, seed).filter(|_| timed),
            cpu_seconds: median(&self.cpu).filter(|_| timed),
            peak_bytes: self.peak,
            startup_seconds: median(&self.startup),
            output: self.output.clone(),
            dropped: self.dropped,
            samples: self.samples.clone(),
            doubts: self.doubts.iter().cloned().collect(),
        }
    }
}

/// What to say of processes that a run left.
pub(super) fn left_running(run: &Run) -> Option<String> {
    let names = run
        .ran
        .left
        .iter()
        .map(|name| crate::effects::clean(name, 40));
    let names: BTreeSet<String> = names.collect();
    let names: Vec<String> = names.into_iter().collect();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        format!("it left processes running, which were killed: {names}")
    })
}
