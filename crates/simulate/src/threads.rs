//! Threads of one process: `ThreadPoolExecutor`, `ThreadPool`, `asyncio.to_thread`.

use crate::engine::{Engine, Script, Step};
use crate::rates::Rates;
use crate::steps::{Shape, on_thread};
use crate::warm::warm;
use rightlane_facts::TaskSample;
use std::collections::VecDeque;

/// Costs of handing a unit (a task or a chunk) to a thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handing {
    /// In the thread that hands out.
    pub submit: f64,
    /// In the worker, per unit, with what the other thread has to do with the result.
    pub worker: f64,
    /// In the worker, per task.
    pub item: f64,
    /// That thread's own work with each result.
    pub sequential: f64,
}

/// Simulates the units on `workers` threads; `per_unit` tasks form one unit. Returns seconds.
pub(crate) fn simulate(
    tasks: &[TaskSample],
    per_unit: usize,
    workers: usize,
    handing: Handing,
    shape: Shape,
    rates: &Rates,
) -> f64 {
    let per_unit = per_unit.max(1);
    let units = tasks.len().div_ceil(per_unit);
    let workers = workers.clamp(1, units.max(1));
    let slowdown = if rates.has_gil {
        rates.thread_slowdown
    } else {
        rates.python_slowdown
    };
    let hardware = rates.hardware(slowdown);
    let mut script = ThreadScript {
        tasks,
        per_unit,
        units,
        handing,
        shape,
        rates,
        submitted: 0,
        submitting: false,
        taken: 0,
        collected: 0,
        finished: vec![false; units],
        idle: Vec::new(),
        workers: (0..workers).map(|_| Worker::default()).collect(),
    };
    Engine::new(&hardware, workers + 1, 1).run(&mut script)
}

#[derive(Debug, Default)]
struct Worker {
    steps: VecDeque<Step>,
    unit: Option<usize>,
}

/// Thread 0 hands out and collects, the others work.
struct ThreadScript<'a> {
    tasks: &'a [TaskSample],
    per_unit: usize,
    units: usize,
    handing: Handing,
    shape: Shape,
    rates: &'a Rates,
    submitted: usize,
    submitting: bool,
    taken: usize,
    collected: usize,
    finished: Vec<bool>,
    idle: Vec<usize>,
    workers: Vec<Worker>,
}

impl ThreadScript<'_> {
    fn hold(&self, work: f64) -> Step {
        if self.rates.has_gil {
            Step::gil(0, work)
        } else {
            Step::cpu(work)
        }
    }

    fn main(&mut self, wake: &mut Vec<usize>) -> Step {
        if self.submitting {
            self.submitting = false;
            self.submitted += 1;
            wake.extend(self.idle.pop());
        }
        if self.submitted < self.units {
            self.submitting = true;
            // one more thread with each of the first tasks
            let starting = if self.submitted < self.workers.len() {
                self.rates.thread_start
            } else {
                0.0
            };
            return self.hold(self.handing.submit + starting);
        }
        if self.handing.sequential <= 0.0 || self.collected == self.units {
            wake.append(&mut self.idle);
            return Step::Done;
        }
        if self.finished[self.collected] {
            self.collected += 1;
            return self.hold(self.handing.sequential);
        }
        Step::Park
    }

    fn worker(&mut self, number: usize, wake: &mut Vec<usize>) -> Step {
        if let Some(step) = self.workers[number].steps.pop_front() {
            return step;
        }
        if let Some(unit) = self.workers[number].unit.take() {
            self.finished[unit] = true;
            if unit == self.collected {
                wake.push(0);
            }
        }
        if self.taken < self.submitted {
            let unit = self.taken;
            self.taken += 1;
            self.fill(number, unit);
            return self.worker(number, wake);
        }
        if self.taken == self.units {
            return Step::Done;
        }
        self.idle.push(number + 1);
        Step::Park
    }

    fn fill(&mut self, number: usize, unit: usize) {
        let first = unit * self.per_unit;
        let last = (first + self.per_unit).min(self.tasks.len());
        let overhead = self.hold(self.handing.worker);
        let worker = &mut self.workers[number];
        worker.unit = Some(unit);
        worker.steps.push_back(overhead);
        for task in &self.tasks[first..last] {
            let (task, cold) = warm(task, self.rates);
            let task = TaskSample {
                gil_cpu: task.gil_cpu + self.handing.item,
                ..task
            };
            on_thread(&task, cold, self.shape, self.rates, &mut worker.steps);
        }
    }
}

impl Script for ThreadScript<'_> {
    fn next(&mut self, thread: usize, _now: f64, wake: &mut Vec<usize>) -> Step {
        if thread == 0 {
            self.main(wake)
        } else {
            self.worker(thread - 1, wake)
        }
    }
}
