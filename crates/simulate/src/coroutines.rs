//! Coroutines in one event loop.

use crate::engine::{Engine, GilRates, Hardware, Script, Step};
use crate::rates::Rates;
use crate::warm::warm;
use rightlane_facts::TaskSample;
use std::collections::VecDeque;

/// Simulates the tasks as coroutines, at most `limit` in flight. Each costs the loop the part
/// `kept` of its own CPU and `extra` seconds beside. Returns seconds.
pub(crate) fn simulate(
    tasks: &[TaskSample],
    limit: usize,
    kept: f64,
    extra: f64,
    rates: &Rates,
) -> f64 {
    let slots = limit.clamp(1, tasks.len().max(1));
    // the loop is a lock without any cost that nobody is asked to give up
    let hardware = Hardware {
        idle_wake: 0.0,
        gil: GilRates {
            interval: 1e12,
            ..GilRates::default()
        },
        ..rates.hardware(rates.process_slowdown)
    };
    let mut script = LoopScript {
        tasks,
        kept,
        extra,
        rates,
        taken: 0,
        steps: vec![VecDeque::new(); slots],
    };
    Engine::new(&hardware, slots, 1).run(&mut script)
}

struct LoopScript<'a> {
    tasks: &'a [TaskSample],
    kept: f64,
    extra: f64,
    rates: &'a Rates,
    taken: usize,
    steps: Vec<VecDeque<Step>>,
}

impl Script for LoopScript<'_> {
    fn next(&mut self, thread: usize, _now: f64, _wake: &mut Vec<usize>) -> Step {
        if let Some(step) = self.steps[thread].pop_front() {
            return step;
        }
        let Some(task) = self.tasks.get(self.taken) else {
            return Step::Done;
        };
        self.taken += 1;
        let (task, cold) = warm(task, self.rates);
        // everything but waiting and child processes runs in the loop, and stops it meanwhile
        let own = task.gil_cpu + task.free_cpu + task.kernel_cpu;
        let held = own * self.kept + self.extra;
        let steps = &mut self.steps[thread];
        if task.child_cpu > 0.0 {
            steps.push_back(Step::cpu(task.child_cpu));
        }
        if task.waiting > 0.0 {
            steps.push_back(Step::Wait {
                seconds: task.waiting,
                cold,
            });
        }
        if steps.is_empty() {
            return Step::gil(0, held);
        }
        steps.push_back(Step::gil(0, held / 2.0));
        Step::gil(0, held / 2.0)
    }
}
