//! Tasks as they are when the cores never rest.
//!
//! A task that waits was observed on a core that idled meanwhile: its caches are cold and its
//! clock is low when it goes on. With many such tasks at once the cores stay busy, and each takes
//! less CPU than was observed; with few of them the engine adds it again.

use crate::engine::COLD_AFTER;
use crate::rates::Rates;
use crate::tasks::scaled;
use rightlane_facts::TaskSample;

/// The largest part of short work that is due to a cold start: 7, 52, 76 and 300 µs of Python code
/// took 15, 88, 125 and 160 µs more after 15 ms of sleep, and no more than that when longer.
const LARGEST_PART: f64 = 0.6;

/// The task without the CPU that one cold start took, and that CPU.
pub(crate) fn warm(sample: &TaskSample, rates: &Rates) -> (TaskSample, f64) {
    let own = sample.gil_cpu + sample.free_cpu + sample.kernel_cpu;
    if own <= 0.0 {
        return (*sample, 0.0);
    }
    let idled = (sample.waiting / COLD_AFTER).min(1.0);
    let cold = rates.cold_start.min(LARGEST_PART * own) * idled;
    let less = TaskSample {
        child_cpu: sample.child_cpu,
        waiting: sample.waiting,
        ..scaled(sample, 1.0 - cold / own)
    };
    (less, cold)
}
