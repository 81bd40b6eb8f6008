//! A plan's wall time, from a simulation of as many of its tasks as it takes.

use crate::plan::{Plan, Prediction};
use crate::processes::{Chunk, Crossing, Pool};
use crate::rates::{Draw, Feeding, Rates, Start};
use crate::steps::Shape;
use crate::tasks::{Random, Tasks, add, mean};
use crate::threads::Handing;
use crate::{coroutines, processes, threads};
use rightlane_facts::{Machine, StartMethod, TaskSample, Workload};

/// Units (tasks or chunks) simulated one by one; what goes beyond continues at the rate of the
/// second half, so that start and end count once.
const UNITS: usize = 1_000;
/// The same for the repetitions that only give the interval.
const UNITS_OF_REPETITION: usize = 100;
const REPETITIONS: u64 = 5;
/// Tasks drawn for one chunk; of a larger one the rest is taken at the mean.
const DRAWN_PER_CHUNK: usize = 64;
/// Standard deviation of ln(measured / predicted) over the validation programs that the spread
/// of the constants and of the tasks does not explain (see `tests/given_programs.rs`).
const MODEL_ERROR: f64 = 0.12;
/// Half the width, in standard deviations, of what holds nine times in ten.
const NINE_IN_TEN: f64 = 1.645;

/// Predicts the wall time of the site's work under `plan`: all entries, with the pool's start
/// and end and with the part of the body that stays sequential.
///
/// The same arguments give the same prediction; `seed` decides which tasks are drawn. Where the
/// machine has no figures for the plan (no worker processes, no interpreters), all three numbers
/// are infinite.
///
/// Cost: at most a few thousand simulated tasks, however many there are.
#[must_use]
pub fn predict(workload: &Workload, machine: &Machine, plan: &Plan, seed: u64) -> Prediction {
    let mut random = Random::new(seed);
    let Some(seconds) = Case::new(workload, machine, *plan, &mut Draw::Value)
        .and_then(|case| case.seconds(UNITS, &mut random.clone(), false))
    else {
        return Prediction {
            seconds: f64::INFINITY,
            low: f64::INFINITY,
            high: f64::INFINITY,
        };
    };
    let spread = repetitions(workload, machine, *plan, &mut random);
    let deviation = NINE_IN_TEN * spread.hypot(MODEL_ERROR);
    Prediction {
        seconds,
        low: seconds * (-deviation).exp(),
        high: seconds * deviation.exp(),
    }
}

/// Standard deviation of ln(seconds) when the tasks are drawn again and the constants are drawn
/// from their spread.
fn repetitions(workload: &Workload, machine: &Machine, plan: Plan, random: &mut Random) -> f64 {
    let mut logarithms = Vec::new();
    for repetition in 0..REPETITIONS {
        let mut own = Random::new(random.next() ^ repetition);
        let case = Case::new(workload, machine, plan, &mut Draw::Spread(&mut own));
        let seconds = case.and_then(|case| case.seconds(UNITS_OF_REPETITION, &mut own, true));
        logarithms.extend(seconds.filter(|seconds| *seconds > 0.0).map(f64::ln));
    }
    if logarithms.len() < 2 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let count = logarithms.len() as f64;
    let mean = logarithms.iter().sum::<f64>() / count;
    let squares: f64 = logarithms.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (count - 1.0)).sqrt()
}

/// One workload under one plan with one set of constants.
struct Case<'a> {
    workload: &'a Workload,
    plan: Plan,
    rates: Rates,
    shape: Shape,
    mean: TaskSample,
    tasks: Tasks,
    per_entry: u64,
    entries: f64,
    feeding: Feeding,
    start: Start,
}

impl<'a> Case<'a> {
    /// `None`: the machine has no figures for the plan.
    fn new(
        workload: &'a Workload,
        machine: &Machine,
        plan: Plan,
        draw: &mut Draw<'_>,
    ) -> Option<Self> {
        let rates = Rates::new(machine, draw);
        let mean = mean(workload);
        let entries = workload.entries.max(1);
        let per_entry = workload.tasks.div_ceil(entries);
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
            rates,
            shape: Shape::new(workload, &mean),
            mean,
            tasks: Tasks::new(workload, per_entry),
            per_entry,
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            entries: entries as f64,
            feeding,
            start,
        })
    }

    fn sequential_part(&self) -> f64 {
        let part = self.workload.sequential_part;
        if part.is_finite() { part.max(0.0) } else { 0.0 }
    }

    fn seconds(&self, units: usize, random: &mut Random, reorder: bool) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let tasks = self.workload.tasks as f64;
        let sequential = tasks * self.sequential_part();
        let seconds = match self.plan {
            Plan::Sequential => tasks * self.mean.wall() + sequential,
            Plan::Threads { workers } => {
                let handing = self.executor_handing(self.rates.submit, self.rates.thread_task);
                self.threads(workers, 1, handing, units, random, reorder)
            }
            Plan::ToThread { workers } => {
                // the loop's part and the worker's part were measured together
                let handing =
                    self.executor_handing(self.rates.to_thread / 2.0, self.rates.to_thread);
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
        seconds.is_finite().then_some(seconds)
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
        let entry = extrapolate(self.per_entry, most, |count| {
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
        let uses_sockets =
            self.workload.sockets.library.is_some() || self.workload.ledger.socket > 0.0;
        let extra = self.rates.coroutine
            + if uses_sockets {
                self.rates.exchange_extra
            } else {
                0.0
            }
            + self.sequential_part();
        let limit = limit.map_or(usize::MAX, |limit| limit.max(1) as usize);
        let most = units.max(limit.min(units).saturating_mul(2));
        let entry = extrapolate(self.per_entry, most, |count| {
            let tasks = self.tasks.draw(count, random, reorder);
            coroutines::simulate(&tasks, limit, extra, &self.rates)
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
        let crossing = self.crossing(method);
        let pool = self.pool(workers, chunk, method, &crossing);
        let chunks = self.per_entry.div_ceil(chunk.max(1));
        let most = (units / 2).max(pool.workers.saturating_mul(8));
        let mut simulate = |pool: Pool| {
            extrapolate(chunks, most, |count| {
                let chunks = self.chunks(count, chunk, random, reorder);
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

    /// What crosses per task. Buffers and graphs of objects are read at different costs.
    fn crossing(&self, method: Option<StartMethod>) -> Crossing {
        let rates = &self.rates;
        let known = |number: f64| {
            if number.is_finite() {
                number.clamp(0.0, 1e15)
            } else {
                0.0
            }
        };
        let loads = |dumps: f64, buffers: f64| {
            (dumps - buffers * rates.buffer_dumps).max(0.0) * rates.loads_per_dumps
                + buffers * rates.buffer_loads
        };
        let workload = self.workload;
        let (arguments, argument_buffers) = (
            known(workload.argument_bytes),
            known(workload.argument_buffer_bytes),
        );
        let (argument_dumps, result_dumps) = (
            known(workload.argument_pickle),
            known(workload.result_pickle),
        );
        // counting references writes to every object that is pickled, and after a fork each
        // page written is copied first; objects take at least as much memory as their pickles
        let touched = if method == Some(StartMethod::Fork) {
            (arguments - argument_buffers).max(0.0) * rates.copy_on_write
        } else {
            0.0
        };
        Crossing {
            argument_dumps: argument_dumps + touched,
            argument_loads: loads(argument_dumps, argument_buffers),
            argument_bytes: arguments,
            result_dumps,
            result_loads: loads(result_dumps, known(workload.result_buffer_bytes)),
            result_bytes: known(workload.result_bytes),
        }
    }

    /// The first `count` chunks.
    fn chunks(&self, count: usize, size: u64, random: &mut Random, reorder: bool) -> Vec<Chunk> {
        let size = size.clamp(1, self.per_entry.max(1));
        let whole = if self.per_entry <= DRAWN_PER_CHUNK as u64 * count as u64 {
            to_usize_from(self.per_entry)
        } else {
            0
        };
        let all = self.tasks.draw(whole, random, reorder);
        (0..count as u64)
            .map(|index| {
                let first = (index * size).min(self.per_entry);
                let last = (first + size).min(self.per_entry);
                #[expect(clippy::cast_precision_loss, reason = "a count")]
                let tasks = (last - first) as f64;
                let work = if all.is_empty() {
                    self.drawn_chunk(last - first, random)
                } else {
                    let mut total = TaskSample::default();
                    for task in &all[to_usize_from(first)..to_usize_from(last)] {
                        add(&mut total, task);
                    }
                    total
                };
                Chunk { tasks, work }
            })
            .collect()
    }

    /// A chunk of many tasks from a few: its deviation from the mean grows with the root of
    /// their number.
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    fn drawn_chunk(&self, size: u64, random: &mut Random) -> TaskSample {
        let drawn = to_usize_from(size).min(DRAWN_PER_CHUNK);
        let mut total = TaskSample::default();
        for _ in 0..drawn {
            add(&mut total, &self.tasks.one(random));
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

/// `Pool.map`'s own choice: four chunks per worker.
fn default_chunk(tasks: u64, workers: u32) -> u64 {
    tasks.div_ceil(u64::from(workers.max(1)) * 4).max(1)
}

/// `simulate(count)` for as many as `units`, or its continuation beyond `most` at the rate of
/// the second half.
fn extrapolate(units: u64, most: usize, mut simulate: impl FnMut(usize) -> f64) -> f64 {
    if units <= most as u64 {
        return simulate(to_usize_from(units));
    }
    let half = most / 2;
    let (short, long) = (simulate(half), simulate(most));
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let further = (units - most as u64) as f64 / (most - half).max(1) as f64;
    long + further * (long - short).max(0.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
fn to_usize(number: f64) -> usize {
    number.clamp(1.0, 1e9) as usize
}

fn to_usize_from(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
