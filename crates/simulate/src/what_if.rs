//! Other machines: more cores, no GIL, a cluster.

use crate::plan::Prediction;
use crate::tasks::mean;
use rightlane_facts::{Figure, Machine, Workload};

/// The same machine with so many cores, everything else as measured.
#[must_use]
pub fn with_cores(machine: &Machine, cores: f64) -> Machine {
    let mut other = machine.clone();
    other.cores = if cores.is_finite() {
        cores.max(0.01)
    } else {
        machine.cores
    };
    other.cores_limit = "assumed".to_owned();
    other
}

/// The same interpreter without a GIL. Its threads then slow each other down as processes do
/// here; that a free-threaded build is itself slower or faster is not in it.
#[must_use]
pub fn without_gil(machine: &Machine) -> Machine {
    let mut other = machine.clone();
    other.python.gil = false;
    other.costs.gil = None;
    let alike = other.costs.cores.process_slowdown.value;
    other
        .costs
        .threads
        .python_slowdown
        .get_or_insert(Figure::assumed(alike));
    other
}

/// An engine past one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    /// Dask distributed.
    Dask,
    /// Ray.
    Ray,
}

impl Cluster {
    /// What the scheduler spends on one task, in seconds.
    ///
    /// Not measured here. Dask's documentation names up to about a millisecond of scheduling per
    /// task (docs.dask.org, *Best Practices*). Ray's warns of tasks that are too fine-grained
    /// (docs.ray.io, *Anti-pattern: Over-parallelizing with too fine-grained tasks*) and advises
    /// ten milliseconds or more each, of which a millisecond is a tenth.
    #[must_use]
    pub fn task_overhead(self) -> Figure {
        Figure::assumed(0.001)
    }
}

/// The site's work on `machines` machines like this one: the tasks' CPU shared by all cores, one
/// scheduler that hands out every task. Starting the cluster and its network are not in it, so
/// the interval is wide upwards.
#[must_use]
pub fn cluster(
    workload: &Workload,
    machine: &Machine,
    machines: u32,
    engine: Cluster,
) -> Prediction {
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let tasks = workload.tasks as f64;
    let task = mean(workload).wall();
    let cores = (f64::from(machines.max(1)) * machine.cores).max(1.0);
    let overhead = engine.task_overhead().value;
    let longest = task * (tasks / cores).ceil();
    let seconds =
        (tasks * overhead).max(longest + overhead) + tasks * workload.sequential_part.max(0.0);
    Prediction {
        seconds,
        low: seconds,
        high: seconds * 2.0,
    }
}
