//! A few long-lived, different activities, each on its own thread or process.

use crate::engine::{Engine, Script, Step};
use crate::plan::Prediction;
use crate::predict::squared_ratio;
use crate::rates::{Draw, Rates, Start};
use crate::steps::{Shape, alone, on_thread};
use crate::tasks::{Random, scaled};
use rightlane_facts::{Dependency, DependencyKind, Machine, StartMethod, TaskSample};
use std::collections::VecDeque;

/// One activity: all of its time, and the items in which it goes through it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunMember {
    /// Where its wall time goes when it runs alone, in seconds.
    pub work: TaskSample,
    /// Items that it delivers or takes one by one (batches read, rounds); at least 1.
    pub items: u64,
    /// Whether its GIL-holding part gives way to other threads (Python code does).
    pub yields: bool,
    /// Whether its system calls are mostly on sockets.
    pub sockets: bool,
}

/// What each activity gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPlan {
    /// One after the other, as it is.
    Sequential,
    /// A `threading.Thread` each.
    Threads,
    /// A `multiprocessing.Process` each.
    Processes(StartMethod),
}

/// Items of one activity that are simulated one by one.
const ITEMS: u64 = 200;
const REPETITIONS: u64 = 5;

/// Predicts the wall time of activities that run at once.
///
/// A `Value` dependency makes the later activity wait for the earlier one's end; a `Stream`
/// dependency lets it follow item by item. Dependencies on activities that do not exist count
/// for nothing. Infinite where the machine cannot start processes so.
#[must_use]
pub fn predict_run(
    members: &[RunMember],
    dependencies: &[Dependency],
    machine: &Machine,
    plan: RunPlan,
    seed: u64,
) -> Prediction {
    let seconds = simulate(members, dependencies, machine, plan, &mut Draw::Value);
    let mut random = Random::new(seed);
    let mut squares = 0.0;
    for _ in 0..REPETITIONS {
        let mut draw = Draw::Spread(&mut random);
        let other = simulate(members, dependencies, machine, plan, &mut draw);
        squares += squared_ratio(other, seconds);
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let repetitions = REPETITIONS as f64;
    Prediction::around(seconds, (squares / repetitions).sqrt())
}

fn simulate(
    members: &[RunMember],
    dependencies: &[Dependency],
    machine: &Machine,
    plan: RunPlan,
    draw: &mut Draw<'_>,
) -> f64 {
    let rates = Rates::new(machine, draw);
    let (slowdown, starting) = match plan {
        RunPlan::Sequential => return members.iter().map(|member| member.work.wall()).sum(),
        RunPlan::Threads if rates.has_gil => (rates.thread_slowdown, rates.thread_start),
        RunPlan::Threads => (rates.python_slowdown, rates.thread_start),
        RunPlan::Processes(method) => match Start::new(machine, method, draw) {
            Some(start) => (
                rates.process_slowdown,
                start.following.max(start.first / 2.0),
            ),
            None => return f64::INFINITY,
        },
    };
    let hardware = rates.hardware(slowdown);
    let mut script = RunScript {
        members,
        dependencies,
        shared_gil: plan == RunPlan::Threads,
        rates: &rates,
        starting,
        states: members.iter().map(Activity::new).collect(),
    };
    Engine::new(&hardware, members.len(), 1).run(&mut script)
}

struct Activity {
    items: u64,
    /// Items begun; the last of them is under way until its steps are through.
    begun: u64,
    done: u64,
    started: bool,
    steps: VecDeque<Step>,
}

impl Activity {
    fn new(member: &RunMember) -> Self {
        Self {
            items: member.items.clamp(1, ITEMS),
            begun: 0,
            done: 0,
            started: false,
            steps: VecDeque::new(),
        }
    }
}

struct RunScript<'a> {
    members: &'a [RunMember],
    dependencies: &'a [Dependency],
    shared_gil: bool,
    rates: &'a Rates,
    starting: f64,
    states: Vec<Activity>,
}

impl RunScript<'_> {
    /// Whether the activity's next item has what it needs.
    fn may_begin(&self, member: usize) -> bool {
        let next = self.states[member].begun + 1;
        self.dependencies
            .iter()
            .filter(|needs| needs.later == member && needs.earlier != member)
            .filter_map(|needs| self.states.get(needs.earlier).map(|state| (needs, state)))
            .all(|(needs, earlier)| match needs.kind {
                DependencyKind::Value => earlier.done == earlier.items,
                // as far along as the other, in parts of the whole
                DependencyKind::Stream => {
                    earlier.done * self.states[member].items >= next * earlier.items
                        || earlier.done == earlier.items
                }
            })
    }
}

impl Script for RunScript<'_> {
    fn next(&mut self, thread: usize, _now: f64, wake: &mut Vec<usize>) -> Step {
        if !self.states[thread].started {
            self.states[thread].started = true;
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            let turn = (thread + 1) as f64;
            return Step::wait(self.starting * turn);
        }
        if let Some(step) = self.states[thread].steps.pop_front() {
            return step;
        }
        if self.states[thread].done < self.states[thread].begun {
            self.states[thread].done = self.states[thread].begun;
            let followers = self.dependencies.iter();
            wake.extend(
                followers
                    .filter(|needs| needs.earlier == thread && needs.later < self.states.len())
                    .map(|needs| needs.later),
            );
        }
        if self.states[thread].done == self.states[thread].items {
            return Step::Done;
        }
        if !self.may_begin(thread) {
            return Step::Park;
        }
        let member = self.members[thread];
        let state = &mut self.states[thread];
        state.begun += 1;
        #[expect(clippy::cast_precision_loss, reason = "at most 200")]
        let item = scaled(&member.work, 1.0 / state.items as f64);
        let shape = Shape {
            native_cores: 1.0,
            yields: member.yields,
            sockets: member.sockets,
            short_kernel: 1.0,
        };
        if self.shared_gil {
            on_thread(&item, 0.0, shape, self.rates, &mut state.steps);
        } else {
            alone(&item, shape, &mut state.steps);
        }
        state.steps.pop_front().unwrap_or(Step::wait(0.0))
    }
}
