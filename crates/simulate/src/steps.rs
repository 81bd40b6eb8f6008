//! One task as steps: where it holds the GIL, where not, in which order.

use crate::engine::Step;
use crate::rates::Rates;
use rightlane_facts::{TaskSample, Workload};
use std::collections::VecDeque;

/// Only the totals of a task's phases are known, not their order. A task that waits or leaves
/// the GIL for long does so this often: more would not change how the threads overlap, and fewer
/// would let a thread keep the GIL through a whole task.
const TURNS: f64 = 2.0;

/// A release of the GIL lets another thread run if it lasts this many wake-ups.
const LONG_CALL: f64 = 2.0;

/// What the tasks of a workload have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Cores that a task uses in its GIL-free native part (native threads of its own).
    pub native_cores: f64,
    /// Whether the GIL-holding part gives way to others: Python code does, a long call into
    /// native code that keeps the GIL does not.
    pub yields: bool,
    /// Whether its system calls are mostly on sockets.
    pub sockets: bool,
    /// The part of the kernel's CPU that short system calls can have taken, 0 to 1: not page
    /// faults, not the copying of long reads and writes.
    pub short_kernel: f64,
}

/// Short calls are not told apart from faults and copies when they would have taken less than this
/// part of the kernel's CPU: a fault cost 2.5 to 3.3 µs in four runs of `doctor` on one machine, a
/// byte 0.12 to 0.24 ns, and of option_prices' kernel time its faults explain two thirds though it
/// makes no calls. (At 0.3 that program was predicted as a convoy.)
const TOLD_APART: f64 = 0.5;

impl Shape {
    pub(crate) fn new(workload: &Workload, mean: &TaskSample, rates: &Rates) -> Self {
        let beside = workload.native_thread_cpu;
        let native_cores = if beside.is_finite() && beside > 0.0 && mean.free_cpu > 0.0 {
            (1.0 + beside / mean.free_cpu).min(1024.0)
        } else {
            1.0
        };
        Self {
            native_cores,
            yields: workload.ledger.native_gil <= workload.ledger.python_gil,
            sockets: uses_sockets(workload),
            short_kernel: short_kernel(workload, mean.kernel_cpu, rates),
        }
    }
}

fn short_kernel(workload: &Workload, kernel: f64, rates: &Rates) -> f64 {
    let work = &workload.kernel;
    let counted = [work.page_faults, work.file_calls, work.file_bytes];
    if kernel <= 0.0
        || !counted
            .iter()
            .all(|count| count.is_finite() && *count >= 0.0)
    {
        return 1.0;
    }
    let calls = work.file_calls * rates.gil.short_call;
    let copied = work.file_bytes * rates.copy;
    // Where reads are so long that others get the GIL meanwhile, what else the kernel did is taken
    // for theirs, too: files that were not in memory yet cost more than copying them.
    let long = copied > work.file_calls * LONG_CALL * rates.idle_wake && copied > calls;
    let rest = kernel - work.page_faults * rates.page_fault - copied;
    let unexplained = if long || rest < TOLD_APART * kernel {
        0.0
    } else {
        rest
    };
    (unexplained.max(calls) / kernel).min(1.0)
}

pub(crate) fn uses_sockets(workload: &Workload) -> bool {
    workload.sockets.library.is_some() || workload.ledger.socket > 0.0
}

/// A task on a thread that shares GIL 0 with others (without a GIL: on a core of its own), which
/// takes `cold` seconds more after waiting on a core that idles.
pub(crate) fn on_thread(
    sample: &TaskSample,
    cold: f64,
    shape: Shape,
    rates: &Rates,
    out: &mut VecDeque<Step>,
) {
    if !rates.has_gil {
        in_turns(sample, cold, shape, out);
        return;
    }
    let releases = short_releases(sample, shape, rates);
    // a release shorter than a waiter's wake-up does not let another thread run
    let short = |seconds: f64, times: f64| seconds <= times.max(1.0) * LONG_CALL * rates.idle_wake;
    let mut held = sample.gil_cpu;
    let mut within = 0.0;
    let mut kernel = sample.kernel_cpu;
    if short(kernel, releases) {
        held += kernel;
        within += releases;
        kernel = 0.0;
    }
    let mut free = sample.free_cpu;
    if free > 0.0 && short(free, 1.0) {
        held += free;
        within += 1.0;
        free = 0.0;
    }
    let turns = if kernel + free + sample.child_cpu + sample.waiting > 0.0 {
        TURNS
    } else {
        1.0
    };
    let step = Step::Gil {
        gil: 0,
        work: held / turns,
        idle: 0.0,
        releases: within / turns,
        yields: shape.yields,
    };
    let mut turn = 0.0;
    while turn < turns {
        out.push_back(step);
        free_steps(kernel, free, cold, sample, shape, 1.0 / turns, out);
        turn += 1.0;
    }
}

/// A task, or several of them in a row, on a thread that shares no GIL.
pub(crate) fn alone(sample: &TaskSample, shape: Shape, out: &mut VecDeque<Step>) {
    in_turns(sample, 0.0, shape, out);
}

fn in_turns(sample: &TaskSample, cold: f64, shape: Shape, out: &mut VecDeque<Step>) {
    let turns = if sample.child_cpu + sample.waiting > 0.0 {
        TURNS
    } else {
        1.0
    };
    let held = sample.gil_cpu + sample.kernel_cpu;
    let mut turn = 0.0;
    while turn < turns {
        if held > 0.0 {
            out.push_back(Step::cpu(held / turns));
        }
        free_steps(0.0, sample.free_cpu, cold, sample, shape, 1.0 / turns, out);
        turn += 1.0;
    }
}

fn free_steps(
    kernel: f64,
    free: f64,
    cold: f64,
    sample: &TaskSample,
    shape: Shape,
    part: f64,
    out: &mut VecDeque<Step>,
) {
    if kernel > 0.0 {
        out.push_back(Step::cpu(kernel * part));
    }
    if free > 0.0 {
        out.push_back(Step::Free {
            work: free * part,
            cores: shape.native_cores,
        });
    }
    if sample.child_cpu > 0.0 {
        out.push_back(Step::cpu(sample.child_cpu * part));
    }
    if sample.waiting > 0.0 {
        out.push_back(Step::Wait {
            seconds: sample.waiting * part,
            cold: cold * part,
        });
    }
}

/// How many short system calls the task's kernel time can have been: no more than the part of it
/// that they can have taken allows, nor more than the Python between two calls allows.
fn short_releases(sample: &TaskSample, shape: Shape, rates: &Rates) -> f64 {
    let gil = &rates.gil;
    let call = if shape.sockets {
        gil.socket_call
    } else {
        gil.short_call
    };
    if sample.kernel_cpu <= 0.0 || call <= 0.0 || gil.short_call_gil <= 0.0 {
        return 0.0;
    }
    (shape.short_kernel * sample.kernel_cpu / call).min(sample.gil_cpu / gil.short_call_gil)
}
