//! One workload under one plan with one set of constants.

use crate::plan::Plan;
use crate::processes::{Crossing, Pool};
use crate::rates::{Draw, Feeding, Rates, Start};
use crate::steps::Shape;
use crate::tasks::{Random, Tasks, to_usize, to_usize_from};
use crate::threads::Handing;
use crate::twin::Twin;
use crate::{coroutines, processes, threads};
use rightlane_facts::{Machine, StartMethod, Workload};

/// One workload under one plan with one set of constants.
pub(crate) struct Case<'a> {
    workload: &'a Workload,
    plan: Plan,
    rates: Rates,
    shape: Shape,
    tasks: &'a Tasks,
    per_entry: u64,
    entries: f64,
    feeding: Feeding,
    start: Start,
}

impl<'a> Case<'a> {
    /// `None`: the machine has no figures for the plan.
    pub(crate) fn new(
        workload: &'a Workload,
        machine: &Machine,
        tasks: &'a Tasks,
        plan: Plan,
        draw: &mut Draw<'_>,
    ) -> Option<Self> {
        let rates = Rates::new(machine, draw);
        let (feeding, start) = match plan {
            Plan::Processes { start, .. } => (
                Feeding::new(machine.costs.process_executor.as_ref()?, draw),
                Start::new(machine, start, draw)?,
            ),
            Plan::Pool { start, .. } => (
                Feeding::new(machine.costs.process_pool.as_ref()?, draw),
                Start::new(machine, start, draw)?,
            ),
            Plan::Interpreters { .. } => {
                Start::of_interpreters(machine.costs.interpreters.as_ref()?, draw)
            }
            _ => (Feeding::default(), Start::default()),
        };
        Some(Self {
            workload,
            plan,
            shape: Shape::new(workload, &tasks.mean, &rates),
            rates,
            tasks,
            per_entry: tasks.per_entry,
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            entries: workload.entries.max(1) as f64,
            feeding,
            start,
        })
    }

    /// The least that a task can take on average with all cores busy.
    fn least_cpu(&self) -> f64 {
        let mean = self.tasks.mean;
        let cpu = mean.gil_cpu + mean.free_cpu + mean.kernel_cpu + mean.child_cpu;
        cpu / self.rates.cores.max(1.0)
    }

    fn sequential_part(&self) -> f64 {
        let part = self.workload.sequential_part;
        if part.is_finite() { part.max(0.0) } else { 0.0 }
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan
    }

    /// Simulated seconds of all the workload's tasks, of which at most about `units` are
    /// simulated one by one. `reorder`: not in the order in which they were observed.
    pub(crate) fn seconds(&self, units: usize, random: &mut Random, reorder: bool) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let tasks = self.workload.tasks as f64;
        let sequential = tasks * self.sequential_part();
        let seconds = match self.plan {
            Plan::Sequential => tasks * self.tasks.mean.wall() + sequential,
            Plan::Threads { workers } => {
                let handing = self.executor_handing(self.rates.submit, self.rates.thread_task);
                self.threads(workers, 1, handing, units, random, reorder)
            }
            Plan::ToThread { workers } => {
                // the loop's part and the worker's part were measured together
                let each = self.rates.to_thread * crowding(tasks);
                let handing = self.executor_handing(each / 2.0, each);
                self.rates.loop_start + self.threads(workers, 1, handing, units, random, reorder)
            }
            Plan::ThreadPool { workers, chunksize } => {
                let chunk = chunksize.unwrap_or_else(|| default_chunk(self.per_entry, workers));
                let handing = Handing {
                    submit: self.rates.pool_chunk / 2.0,
                    worker: self.rates.pool_chunk / 2.0,
                    item: self.rates.pool_item,
                    sequential: 0.0,
                };
                self.threads(workers, chunk, handing, units, random, reorder) + sequential
            }
            Plan::Asyncio { limit } => self.coroutines(limit, units, random, reorder),
            Plan::Processes {
                workers,
                chunksize,
                start,
            } => self.processes(workers, chunksize, Some(start), units, random, reorder),
            Plan::Pool {
                workers,
                chunksize,
                start,
            } => {
                let chunk = chunksize.unwrap_or_else(|| default_chunk(self.per_entry, workers));
                self.processes(workers, chunk, Some(start), units, random, reorder) + sequential
            }
            Plan::Interpreters { workers } => {
                self.processes(workers, 1, None, units, random, reorder)
            }
        };
        if seconds.is_nan() {
            f64::INFINITY
        } else {
            seconds
        }
    }

    /// An executor's cost per task, of which the submitting thread's part is known.
    fn executor_handing(&self, submit: f64, task: f64) -> Handing {
        Handing {
            submit,
            worker: (task - submit).max(0.0),
            item: 0.0,
            sequential: self.sequential_part(),
        }
    }

    fn threads(
        &self,
        workers: u32,
        chunk: u64,
        handing: Handing,
        units: usize,
        random: &mut Random,
        reorder: bool,
    ) -> f64 {
        let workers = workers.max(1) as usize;
        // long enough that all workers are busy for most of it
        let most = units.max(workers.saturating_mul(4));
        #[expect(clippy::cast_precision_loss, reason = "counts")]
        let entry = extrapolate(self.per_entry, most, self.least_cpu(), |count| {
            let tasks = self.tasks.draw(count, random, reorder);
            // fewer tasks in as many chunks: each chunk's cost shrinks with it
            let part = count as f64 / self.per_entry as f64;
            let shrunk = (chunk as f64 * part).round().max(1.0);
            let share = shrunk / chunk.max(1) as f64;
            let handing = Handing {
                submit: handing.submit * share,
                worker: handing.worker * share,
                ..handing
            };
            let per_unit = to_usize(shrunk);
            threads::simulate(&tasks, per_unit, workers, handing, self.shape, &self.rates)
        });
        entry * self.entries
    }

    fn coroutines(
        &self,
        limit: Option<u32>,
        units: usize,
        random: &mut Random,
        reorder: bool,
    ) -> f64 {
        let twin = Twin::new(
            self.workload,
            &self.tasks.mean,
            self.shape.sockets,
            &self.rates,
        );
        let extra = self.rates.coroutine + twin.extra + self.sequential_part();
        let limit = limit.map_or(usize::MAX, |limit| limit.max(1) as usize);
        let most = units.max(limit.min(units).saturating_mul(2));
        let entry = extrapolate(self.per_entry, most, self.least_cpu(), |count| {
            let tasks = self.tasks.draw(count, random, reorder);
            coroutines::simulate(&tasks, limit, twin.kept, extra, &self.rates)
        });
        self.rates.loop_start + entry * self.entries
    }

    fn processes(
        &self,
        workers: u32,
        chunk: u64,
        method: Option<StartMethod>,
        units: usize,
        random: &mut Random,
        reorder: bool,
    ) -> f64 {
        let crossing = Crossing::new(self.workload, &self.rates, method);
        let pool = self.pool(workers, chunk, method, &crossing);
        let chunks = self.per_entry.div_ceil(chunk.max(1));
        let most = (units / 2).max(pool.workers.saturating_mul(8));
        let mut simulate = |pool: Pool| {
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            let least = self.least_cpu() * chunk.clamp(1, self.per_entry.max(1)) as f64;
            extrapolate(chunks, most, least, |count| {
                let chunks = self
                    .tasks
                    .chunks(count, chunk, self.per_entry, random, reorder);
                processes::simulate(&chunks, pool, crossing, self.shape, &self.rates)
            })
        };
        let starting = simulate(pool);
        let further = if self.entries > 1.0 {
            let started = Pool {
                start: Start::default(),
                imports: 0.0,
                ..pool
            };
            simulate(started) * (self.entries - 1.0)
        } else {
            0.0
        };
        starting + further + self.feeding.shutdown
    }

    fn pool(
        &self,
        workers: u32,
        chunk: u64,
        method: Option<StartMethod>,
        crossing: &Crossing,
    ) -> Pool {
        let workers = workers.clamp(1, 65_536) as usize;
        let executor = !matches!(self.plan, Plan::Pool { .. });
        #[expect(clippy::cast_precision_loss, reason = "counts and sizes")]
        let (bytes, memory) = (
            (crossing.argument_bytes * chunk as f64).max(1.0),
            self.workload.memory as f64,
        );
        let fork = method == Some(StartMethod::Fork);
        let copying = if fork {
            self.rates.fork_memory * memory
        } else {
            0.0
        };
        Pool {
            workers,
            feeding: self.feeding,
            start: Start {
                first: self.start.first + copying,
                following: self.start.following + copying,
            },
            starts_in_turn: fork,
            imports: if fork || !self.workload.import_seconds.is_finite() {
                0.0
            } else {
                self.workload.import_seconds.max(0.0)
            },
            ahead: if executor {
                workers + 1
            } else {
                to_usize((processes::PIPE / bytes).max(1.0))
            },
            refills_on_result: executor,
            pipe: method.is_some(),
            sequential: if executor {
                self.sequential_part()
            } else {
                0.0
            },
        }
    }
}

/// Tasks under one `asyncio.gather` from which on each costs as much as it will.
const CROWD: f64 = 50_000.0;

/// How many times as much a task under `asyncio.gather` costs as one of a few: all of them are there at once,
/// and the garbage collector goes through them again and again. With `to_thread` on CPython 3.13: 33 µs of 5,000,
/// 39 of 10,000, 46 of 20,000, 53 of 30,000, 71 of 50,000, 74 of 300,000.
fn crowding(tasks: f64) -> f64 {
    1.0 + 1.15 * (tasks / CROWD).min(1.0)
}

/// `Pool.map`'s own choice: four chunks per worker.
fn default_chunk(tasks: u64, workers: u32) -> u64 {
    tasks.div_ceil(u64::from(workers.max(1)) * 4).max(1)
}

/// `simulate(count)` for as many as `units`; if they are far more than `most`, its continuation
/// beyond `most` at the rate of the second half: not less per unit than its CPU needs (`least`),
/// nor more than the first part took with its start and end.
fn extrapolate(units: u64, most: usize, least: f64, mut simulate: impl FnMut(usize) -> f64) -> f64 {
    if units <= most as u64 * 5 / 2 {
        return simulate(to_usize_from(units));
    }
    let half = most / 2;
    let (short, long) = (simulate(half), simulate(most));
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let (further, most, second) = (
        (units - most as u64) as f64,
        most as f64,
        (most - half) as f64,
    );
    long + further * ((long - short) / second).max(least).min(long / most)
}
