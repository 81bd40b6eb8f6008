//! What is sent to worker processes: chunks of tasks, and what crosses for each.

use crate::processes::{Chunk, Crossing};
use crate::rates::Rates;
use crate::tasks::{Random, Tasks, add, to_usize_from};
use rightlane_facts::{StartMethod, TaskSample, Workload};

/// Tasks drawn for one chunk; of a larger one the rest is taken at the mean.
const DRAWN_PER_CHUNK: usize = 64;
/// Bytes of a pickled number: what the pools' costs were measured with.
const NUMBER_PICKLE: f64 = 5.0;
/// Bytes of a pickled reference to a function, with the frame around it.
const FUNCTION_PICKLE: f64 = 30.0;
/// Bytes up to which a pickle's size tells more of its cost than its time.
const SMALL_PICKLE: f64 = 200.0;

impl Tasks {
    /// `count` chunks of `size` tasks, of `per_entry` tasks altogether: if that is all of them, in
    /// their order, else so many like them. (The first ones may be unlike the others.)
    pub(crate) fn chunks(
        &self,
        count: usize,
        size: u64,
        per_entry: u64,
        random: &mut Random,
        reorder: bool,
    ) -> Vec<Chunk> {
        let size = size.clamp(1, per_entry.max(1));
        let asked = size.saturating_mul(count as u64).min(per_entry);
        let few = asked <= DRAWN_PER_CHUNK as u64 * count as u64;
        let whole = if few { to_usize_from(asked) } else { 0 };
        let all = self.draw(whole, random, reorder);
        (0..count as u64)
            .map(|index| {
                let first = index.saturating_mul(size).min(asked);
                let last = first.saturating_add(size).min(asked);
                let mut work = TaskSample::default();
                if few {
                    for task in &all[to_usize_from(first)..to_usize_from(last)] {
                        add(&mut work, task);
                    }
                } else {
                    work = self.large_chunk(last - first, random);
                }
                #[expect(clippy::cast_precision_loss, reason = "a count")]
                let tasks = (last - first) as f64;
                Chunk { tasks, work }
            })
            .collect()
    }

    /// A chunk of many tasks from a few: its deviation from the mean grows with the root of
    /// their number.
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    fn large_chunk(&self, size: u64, random: &mut Random) -> TaskSample {
        let drawn = to_usize_from(size).min(DRAWN_PER_CHUNK);
        let mut total = TaskSample::default();
        for _ in 0..drawn {
            add(&mut total, &self.one(random));
        }
        let growth = (size as f64 / drawn.max(1) as f64).sqrt();
        let part = |sum: f64, mean: f64| {
            (mean * size as f64 + (sum - mean * drawn as f64) * growth).max(0.0)
        };
        TaskSample {
            gil_cpu: part(total.gil_cpu, self.mean.gil_cpu),
            free_cpu: part(total.free_cpu, self.mean.free_cpu),
            kernel_cpu: part(total.kernel_cpu, self.mean.kernel_cpu),
            child_cpu: part(total.child_cpu, self.mean.child_cpu),
            waiting: part(total.waiting, self.mean.waiting),
        }
    }
}

impl Crossing {
    /// What crosses per task.
    pub(crate) fn new(workload: &Workload, rates: &Rates, method: Option<StartMethod>) -> Self {
        let known = |number: f64| {
            if number.is_finite() {
                number.clamp(0.0, 1e15)
            } else {
                0.0
            }
        };
        // Buffers are pickled where they cross: their cost per byte there holds it. What a pickle
        // costs however little is in it happens once per chunk and is in the pool's measured
        // costs. Of a small one the time is too short to be measured: its size tells more.
        let graph = |pickle: f64, bytes: f64, buffers: f64| {
            let objects = known(bytes) - known(buffers);
            let timed = known(pickle) - known(buffers) * rates.buffer_dumps;
            let by_size = (objects - NUMBER_PICKLE).clamp(0.0, SMALL_PICKLE) * rates.graph_dumps;
            // Nobody times the pickle of a number or a string: it is one object, however long.
            match rates.plain_dumps {
                Some(plain) if known(pickle) <= 0.0 => by_size.min(plain),
                _ => timed.max(by_size),
            }
        };
        let argument_bytes = known(workload.argument_bytes);
        let argument_buffers = known(workload.argument_buffer_bytes);
        let argument_dumps = graph(
            workload.argument_pickle,
            argument_bytes - FUNCTION_PICKLE,
            argument_buffers,
        );
        let result_dumps = graph(
            workload.result_pickle,
            workload.result_bytes,
            workload.result_buffer_bytes,
        );
        // counting references writes to every object that is pickled, and after a fork each
        // page written is copied first; objects take at least as much memory as their pickles
        let copied = if method == Some(StartMethod::Fork) {
            (argument_bytes - argument_buffers).max(0.0) * rates.copy_on_write
        } else {
            0.0
        };
        Self {
            argument_dumps: argument_dumps + copied,
            argument_loads: argument_dumps * rates.loads_per_dumps,
            argument_bytes,
            result_dumps,
            result_loads: result_dumps * rates.loads_per_dumps,
            result_bytes: known(workload.result_bytes),
        }
    }
}
