//! A process's time, thread by thread, whichever of the two lists it comes from.

use rightlane_facts::{ProcessRecord, Stretch, Time, WaitCause};
use std::collections::BTreeMap;

/// Time of one thread with one cause, stack and detail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) cause: WaitCause,
    pub(super) stack: u32,
    pub(super) detail: Option<u32>,
    /// When it began; 0 for time that is not of the timeline.
    pub(super) start: f64,
    pub(super) seconds: f64,
}

/// The parts of each thread, by its index.
pub(super) type Parts = BTreeMap<u32, Vec<Part>>;

/// Where each thread's time went, in no order of time.
pub(super) fn times(process: &ProcessRecord) -> Parts {
    let of = |time: &Time| {
        let part = Part {
            cause: time.cause,
            stack: time.stack,
            detail: time.detail,
            start: 0.0,
            seconds: time.seconds,
        };
        (time.thread, part)
    };
    grouped(process.times.iter().map(of))
}

/// What each thread did, in the order of time.
pub(super) fn timeline(process: &ProcessRecord) -> Parts {
    let of = |stretch: &Stretch| {
        let part = Part {
            cause: stretch.cause,
            stack: stretch.stack,
            detail: stretch.detail,
            start: stretch.start,
            seconds: stretch.seconds,
        };
        (stretch.thread, part)
    };
    let mut parts = grouped(process.timeline.iter().map(of));
    for parts in parts.values_mut() {
        parts.sort_by(|a, b| a.start.total_cmp(&b.start));
    }
    parts
}

/// Leaves out what took no time, or a time that is no number.
fn grouped(all: impl Iterator<Item = (u32, Part)>) -> Parts {
    let mut parts = Parts::new();
    for (thread, part) in all.filter(|(_, part)| part.seconds > 0.0 && part.seconds.is_finite()) {
        parts.entry(thread).or_default().push(part);
    }
    parts
}

/// The sum of `parts`, in seconds.
pub(super) fn total(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.seconds).sum()
}

/// `seconds` in whole nanoseconds; what is no time is none.
pub(super) fn nanoseconds(seconds: f64) -> i64 {
    whole(seconds * 1e9)
}

/// `seconds` in whole microseconds; what is no time is none.
pub(super) fn microseconds(seconds: f64) -> i64 {
    whole(seconds * 1e6)
}

fn whole(number: f64) -> i64 {
    // `max` turns what is no number into 0, the cast what is too large into the largest.
    number.max(0.0).round() as i64
}

/// Whether a CPU works for the thread under `cause`.
pub(super) fn on_cpu(cause: WaitCause) -> bool {
    matches!(
        cause,
        WaitCause::PythonGil | WaitCause::NativeGil | WaitCause::NativeReleased | WaitCause::Kernel
    )
}
