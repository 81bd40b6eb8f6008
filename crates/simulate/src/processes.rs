//! Workers that share no GIL with their parent: processes, interpreters.
//!
//! The parent has two threads under its own GIL, one that feeds and one that takes results; each
//! worker reads, works, writes. A message larger than the pipe holds needs both ends at once.

use crate::engine::{Engine, Script, Step};
use crate::rates::{Feeding, Rates, Start};
use crate::steps::{Shape, alone};
use rightlane_facts::TaskSample;
use std::collections::VecDeque;

/// What a pipe holds on Linux (pipe(7)): beyond it, writing waits for reading.
pub(crate) const PIPE: f64 = 65_536.0;
/// Tasks at which the costs "while busy" were measured, in seconds of CPU.
const BUSY_TASK: f64 = 0.001;

/// One chunk: its tasks' phases together, and what crosses for them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Chunk {
    pub tasks: f64,
    pub work: TaskSample,
}

/// What crosses per task: seconds and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Crossing {
    pub argument_dumps: f64,
    pub argument_loads: f64,
    pub argument_bytes: f64,
    pub result_dumps: f64,
    pub result_loads: f64,
    pub result_bytes: f64,
}

/// How the pool works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pool {
    pub workers: usize,
    pub feeding: Feeding,
    pub start: Start,
    /// Whether the parent makes the workers one after the other before it goes on (fork).
    pub starts_in_turn: bool,
    /// CPU that each worker needs before its first task (imports).
    pub imports: f64,
    /// Chunks that wait ready for a worker (`ProcessPoolExecutor`: workers + 1; `Pool`: what the
    /// pipe holds).
    pub ahead: usize,
    /// Whether the feeder notices room only when a result comes (`ProcessPoolExecutor`).
    pub refills_on_result: bool,
    /// Whether messages go through a pipe.
    pub pipe: bool,
    /// The parent's own work with each task's result, as results come in order.
    pub sequential: f64,
}

/// Simulates the chunks. Returns seconds, with the pool's start, without its end.
pub(crate) fn simulate(
    chunks: &[Chunk],
    pool: Pool,
    crossing: Crossing,
    shape: Shape,
    rates: &Rates,
) -> f64 {
    let workers = pool.workers.max(1);
    let mut hardware = rates.hardware(rates.process_slowdown);
    let lost = pool.feeding.lost_overlap(mean_cpu(chunks));
    hardware.cores = 1.0_f64.min(hardware.cores) + (hardware.cores - 1.0).max(0.0) * (1.0 - lost);
    let mut script = PoolScript {
        chunks,
        pool,
        crossing,
        shape,
        rates,
        feeder: Feeder::Start,
        fed: 0,
        ready: VecDeque::new(),
        taker: Taker::Idle,
        results: VecDeque::new(),
        taken: 0,
        arrived: vec![false; chunks.len()],
        collected: 0,
        idle: Vec::new(),
        workers: vec![Worker::default(); workers],
    };
    Engine::new(&hardware, workers + FIRST_WORKER, 1).run(&mut script)
}

/// CPU seconds of a chunk, children included.
fn mean_cpu(chunks: &[Chunk]) -> f64 {
    let total: f64 = chunks
        .iter()
        .map(|chunk| {
            let work = chunk.work;
            work.gil_cpu + work.free_cpu + work.kernel_cpu + work.child_cpu
        })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let count = chunks.len().max(1) as f64;
    total / count
}

const FEEDER: usize = 0;
const TAKER: usize = 1;
const COLLECTOR: usize = 2;
const FIRST_WORKER: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Feeder {
    Start,
    Idle,
    /// Pickling this chunk.
    Pickling(usize),
    /// The chunk is ready, too large for the pipe, and no worker reads it yet.
    Offering,
    /// A worker reads it: this thread's CPU for that, then the rest of the time it takes.
    Writing,
    Written,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Taker {
    Idle,
    /// Reading a large result: this thread's CPU for that, then the rest of the time it takes.
    Reading(usize),
    Read(usize),
    /// Handling a result.
    Handling(usize),
}

#[derive(Debug, Clone, Default)]
struct Worker {
    started: u8,
    steps: VecDeque<Step>,
    chunk: Option<usize>,
    /// Whether its result is written, or needs the parent to read.
    delivering: bool,
}

struct PoolScript<'a> {
    chunks: &'a [Chunk],
    pool: Pool,
    crossing: Crossing,
    shape: Shape,
    rates: &'a Rates,
    feeder: Feeder,
    fed: usize,
    /// Chunks that a worker can take.
    ready: VecDeque<usize>,
    taker: Taker,
    /// Results that the parent has not read: chunk and, of a large one, the worker that waits.
    results: VecDeque<(usize, Option<usize>)>,
    taken: usize,
    arrived: Vec<bool>,
    collected: usize,
    idle: Vec<usize>,
    workers: Vec<Worker>,
}

impl PoolScript<'_> {
    /// 0 for chunks that do nothing, 1 for those with as much CPU as `busy_…` was measured at.
    fn busy(&self, chunk: usize) -> f64 {
        let work = self.chunks[chunk].work;
        ((work.gil_cpu + work.free_cpu + work.kernel_cpu) / BUSY_TASK).min(1.0)
    }

    fn parent_cpu(&self, chunk: usize) -> f64 {
        let feeding = &self.pool.feeding;
        let more = (feeding.busy_parent - feeding.chunk_parent).max(0.0);
        feeding.chunk_parent
            + self.busy(chunk) * more
            + feeding.item_parent * self.chunks[chunk].tasks
    }

    fn worker_cpu(&self, chunk: usize) -> f64 {
        let feeding = &self.pool.feeding;
        let more = (feeding.busy_worker - feeding.chunk_worker).max(0.0);
        feeding.chunk_worker
            + self.busy(chunk) * more
            + feeding.item_worker * self.chunks[chunk].tasks
    }

    fn is_large(&self, bytes: f64, chunk: usize) -> bool {
        self.pool.pipe && bytes * self.chunks[chunk].tasks > PIPE
    }

    fn feed(&mut self, wake: &mut Vec<usize>) -> Step {
        match self.feeder {
            Feeder::Start => {
                self.feeder = Feeder::Idle;
                if self.pool.starts_in_turn {
                    return Step::wait(self.starting(self.workers.len()));
                }
            }
            Feeder::Pickling(chunk) => {
                self.ready.push_back(chunk);
                wake.extend(self.idle.pop());
                if self.is_large(self.crossing.argument_bytes, chunk) {
                    self.feeder = Feeder::Offering;
                    return Step::Park;
                }
                self.feeder = Feeder::Idle;
            }
            Feeder::Offering if !self.ready.is_empty() => return Step::Park,
            Feeder::Offering => {
                self.feeder = Feeder::Writing;
                let bytes = self.bytes_of_last(self.crossing.argument_bytes);
                return Step::cpu(bytes * self.rates.to_worker_cpu);
            }
            Feeder::Writing => {
                self.feeder = Feeder::Written;
                let bytes = self.bytes_of_last(self.crossing.argument_bytes);
                let rest = self.rates.to_worker - self.rates.to_worker_cpu;
                return Step::wait(bytes * rest.max(0.0));
            }
            Feeder::Written => self.feeder = Feeder::Idle,
            Feeder::Idle => {}
        }
        if self.fed == self.chunks.len() {
            return Step::Done;
        }
        if self.ready.len() >= self.pool.ahead {
            return Step::Park;
        }
        let chunk = self.fed;
        self.fed += 1;
        self.feeder = Feeder::Pickling(chunk);
        let dumps = self.crossing.argument_dumps * self.chunks[chunk].tasks;
        Step::gil(0, self.parent_cpu(chunk) / 2.0 + dumps)
    }

    fn bytes_of_last(&self, per_task: f64) -> f64 {
        self.fed
            .checked_sub(1)
            .map_or(0.0, |chunk| per_task * self.chunks[chunk].tasks)
    }

    /// Seconds until the parent has made so many workers.
    fn starting(&self, workers: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a number of workers")]
        let following = workers.saturating_sub(1) as f64;
        self.pool.start.first + following * self.pool.start.following
    }

    fn take(&mut self, wake: &mut Vec<usize>) -> Step {
        match self.taker {
            Taker::Reading(chunk) => {
                self.taker = Taker::Read(chunk);
                let bytes = self.crossing.result_bytes * self.chunks[chunk].tasks;
                let rest = self.rates.from_worker - self.rates.from_worker_cpu;
                return Step::wait(bytes * rest.max(0.0));
            }
            Taker::Read(chunk) => return self.handle(chunk),
            Taker::Handling(chunk) => {
                self.taker = Taker::Idle;
                self.taken += 1;
                self.arrived[chunk] = true;
                if chunk == self.collected {
                    wake.push(COLLECTOR);
                }
                if self.pool.refills_on_result {
                    wake.push(FEEDER);
                }
            }
            Taker::Idle => {}
        }
        let Some((chunk, waiting)) = self.results.pop_front() else {
            return if self.taken == self.chunks.len() {
                wake.append(&mut self.idle);
                Step::Done
            } else {
                Step::Park
            };
        };
        let Some(worker) = waiting else {
            return self.handle(chunk);
        };
        wake.push(worker);
        self.taker = Taker::Reading(chunk);
        let bytes = self.crossing.result_bytes * self.chunks[chunk].tasks;
        Step::cpu(bytes * self.rates.from_worker_cpu)
    }

    fn handle(&mut self, chunk: usize) -> Step {
        self.taker = Taker::Handling(chunk);
        let loads = self.crossing.result_loads * self.chunks[chunk].tasks;
        let feeding = &self.pool.feeding;
        Step::Gil {
            gil: 0,
            work: self.parent_cpu(chunk) / 2.0 + loads,
            // its threads wait for each other, which keeps a no-op chunk from being faster
            idle: (feeding.chunk - feeding.chunk_parent).max(0.0) * (1.0 - self.busy(chunk)),
            releases: 0.0,
            yields: true,
        }
    }

    /// The program's own thread goes through the results in order.
    fn collect(&mut self) -> Step {
        if self.pool.sequential <= 0.0 || self.collected == self.chunks.len() {
            return Step::Done;
        }
        if !self.arrived[self.collected] {
            return Step::Park;
        }
        let tasks = self.chunks[self.collected].tasks;
        self.collected += 1;
        Step::gil(0, self.pool.sequential * tasks)
    }

    fn work(&mut self, number: usize, wake: &mut Vec<usize>) -> Step {
        if self.workers[number].started < 2 {
            self.workers[number].started += 1;
            if self.workers[number].started == 1 {
                let workers = if self.pool.starts_in_turn {
                    self.workers.len()
                } else {
                    number + 1
                };
                return Step::wait(self.starting(workers));
            }
            if self.pool.imports > 0.0 {
                return Step::cpu(self.pool.imports);
            }
        }
        if let Some(step) = self.workers[number].steps.pop_front() {
            return step;
        }
        if let Some(chunk) = self.workers[number].chunk
            && let Some(step) = self.deliver(number, chunk, wake)
        {
            return step;
        }
        let Some(chunk) = self.ready.pop_front() else {
            if self.fed == self.chunks.len() && self.feeder == Feeder::Idle {
                return Step::Done;
            }
            self.idle.push(number + FIRST_WORKER);
            return Step::Park;
        };
        if self.feeder == Feeder::Offering || !self.pool.refills_on_result {
            wake.push(FEEDER);
        }
        self.begin(number, chunk);
        self.workers[number]
            .steps
            .pop_front()
            .unwrap_or(Step::wait(0.0))
    }

    /// The result leaves the worker; `None` once it is gone.
    fn deliver(&mut self, number: usize, chunk: usize, wake: &mut Vec<usize>) -> Option<Step> {
        let large = self.is_large(self.crossing.result_bytes, chunk);
        let worker = &mut self.workers[number];
        if large && worker.delivering {
            // the parent has begun to read: the worker writes
            worker.delivering = false;
            worker.chunk = None;
            let bytes = self.crossing.result_bytes * self.chunks[chunk].tasks;
            let cpu = bytes * self.rates.to_worker_cpu;
            let rest = (bytes * self.rates.from_worker - cpu).max(0.0);
            worker.steps.push_back(Step::wait(rest));
            return Some(Step::cpu(cpu));
        }
        wake.push(TAKER);
        if large {
            worker.delivering = true;
            self.results.push_back((chunk, Some(number + FIRST_WORKER)));
            return Some(Step::Park);
        }
        worker.chunk = None;
        self.results.push_back((chunk, None));
        None
    }

    fn begin(&mut self, number: usize, chunk: usize) {
        let tasks = self.chunks[chunk].tasks;
        let overhead = self.worker_cpu(chunk) + self.crossing.argument_loads * tasks;
        let large = self.is_large(self.crossing.argument_bytes, chunk);
        let worker = &mut self.workers[number];
        worker.chunk = Some(chunk);
        if large {
            let bytes = self.crossing.argument_bytes * tasks;
            // reading costs a worker what it costs the parent
            let cpu = bytes * self.rates.from_worker_cpu.min(self.rates.to_worker);
            worker.steps.push_back(Step::cpu(cpu));
            let rest = (bytes * self.rates.to_worker - cpu).max(0.0);
            worker.steps.push_back(Step::wait(rest));
        }
        worker.steps.push_back(Step::cpu(overhead));
        alone(&self.chunks[chunk].work, self.shape, &mut worker.steps);
        let dumps = self.crossing.result_dumps * tasks;
        if dumps > 0.0 {
            worker.steps.push_back(Step::cpu(dumps));
        }
    }
}

impl Script for PoolScript<'_> {
    fn next(&mut self, thread: usize, _now: f64, wake: &mut Vec<usize>) -> Step {
        match thread {
            FEEDER => self.feed(wake),
            TAKER => self.take(wake),
            COLLECTOR => self.collect(),
            worker => self.work(worker - FIRST_WORKER, wake),
        }
    }
}
