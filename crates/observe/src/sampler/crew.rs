//! A program and the processes that it starts, sampled in turns by one thread.

use crate::reader::attach;
use crate::sampler::pace::Pace;
use crate::sampler::scout::Scout;
use crate::sampler::shared::Shared;
use crate::sampler::watch::{Step, Watch, live};
use crate::sampler::{Options, Recorded};
use crate::sys;
use rightlane_facts::{LiveView, ProcessRecord};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Time between two tries to find Python in the program itself. Its children are tried once a
/// round: a forked one runs Python from its first moment.
const RETRY: Duration = Duration::from_millis(2);

/// Between two looks at a program whose threads cannot be seen.
const IDLE: Duration = Duration::from_millis(100);

/// Processes sampled at once; a further one is sampled when one of them has ended.
const MOST_AT_ONCE: usize = 256;

/// Processes kept of one recording; of a program that starts more, the later ones are counted.
const MOST_KEPT: usize = 1024;

/// The newest view, for whoever asks.
pub(super) type View = Arc<Mutex<Option<LiveView>>>;

/// Samples process `pid` and its children until it ends or `stopped` says so.
pub(super) fn run(pid: u32, options: &Options, stopped: &AtomicBool, view: &View) -> Recorded {
    sys::raise_open_file_limit();
    let mut crew = Crew::new(pid, options);
    let seed = u64::from(pid) << 20 ^ 0x9e37_79b9_7f4a_7c15;
    let mut pace = Pace::new(options, seed);
    let mut due = Duration::ZERO;
    loop {
        let begin = crew.shared.elapsed();
        let pause = match crew.step() {
            Step::Ended => break,
            Step::Attaching => RETRY,
            Step::Refused => IDLE,
            Step::Looked => {
                let now = crew.shared.elapsed();
                pace.next(now, now.saturating_sub(begin), sys::thread_cpu_time)
            }
        };
        crew.publish(view);
        // A round that took longer than planned does not make the next ones follow at once.
        due = (due + pause).max(crew.shared.elapsed());
        crew.sleep(due, stopped);
        if stopped.load(Ordering::Acquire) {
            break;
        }
    }
    crew.finish()
}

/// Whether the kernel lets us read process `pid`.
pub(super) fn permitted(pid: u32) -> Result<(), String> {
    attach::permitted(pid)
}

struct Crew<'a> {
    options: &'a Options,
    shared: Shared,
    /// The program itself.
    program: Watch,
    children: Vec<Watch>,
    ended: Vec<ProcessRecord>,
    scout: Scout,
    /// Processes met so far.
    count: u32,
    not_kept: u64,
    /// Whether there ever were more processes than are sampled at once.
    crowded: bool,
    views: VecDeque<(Duration, Duration)>,
    next_view: Duration,
}

impl<'a> Crew<'a> {
    fn new(pid: u32, options: &'a Options) -> Self {
        let shared = Shared::new(options);
        Crew {
            options,
            program: Watch::new(pid, None, 0, shared.elapsed()),
            shared,
            children: Vec::new(),
            ended: Vec::new(),
            scout: Scout::default(),
            count: 1,
            not_kept: 0,
            crowded: false,
            views: VecDeque::new(),
            next_view: Duration::ZERO,
        }
    }

    /// Waits until `due`, or until sampling is to end.
    fn sleep(&self, due: Duration, stopped: &AtomicBool) {
        while !stopped.load(Ordering::Acquire)
            && let Some(left) = due.checked_sub(self.shared.elapsed())
            && !left.is_zero()
        {
            std::thread::park_timeout(left);
        }
    }

    /// A round over all processes; what the program's own step did.
    fn step(&mut self) -> Step {
        let step = self.program.step(&mut self.shared);
        if step == Step::Ended {
            return step;
        }
        if self.options.children {
            self.meet();
            self.visit();
        }
        let any_child = self.children.iter().any(Watch::is_python);
        match step {
            // A program that is not Python may start ones that are.
            Step::Refused if any_child => Step::Looked,
            step => step,
        }
    }

    /// Begins with children that are new.
    fn meet(&mut self) {
        let mut parents = vec![self.program.pid()];
        parents.extend(self.children.iter().map(Watch::pid));
        let room = MOST_AT_ONCE.saturating_sub(self.children.len());
        let shared = &self.shared;
        let found = self.scout.look(parents, room, || shared.elapsed());
        self.crowded |= self.scout.is_behind();
        for (pid, parent) in found {
            let now = self.shared.elapsed();
            let mut watch = Watch::new(pid, Some(parent), self.count, now);
            self.count = self.count.wrapping_add(1);
            let mut known = std::iter::once(&self.program).chain(&self.children);
            let parent = known.find(|watch| watch.pid() == parent);
            watch.inherit(parent.and_then(Watch::target), &self.shared);
            self.children.push(watch);
        }
    }

    /// One round over the children.
    fn visit(&mut self) {
        let mut place = 0;
        while let Some(child) = self.children.get_mut(place) {
            if child.step(&mut self.shared) == Step::Ended {
                let child = self.children.swap_remove(place);
                self.keep(child);
            } else {
                place += 1;
            }
        }
    }

    /// Keeps what was seen of a process that has ended. One without Python makes room for others:
    /// a program may start thousands of commands before its workers.
    fn keep(&mut self, child: Watch) {
        if self.ended.len() >= MOST_KEPT {
            self.not_kept += 1;
            let dull = |record: &ProcessRecord| record.sampling.rounds == 0;
            match self.ended.iter().position(dull) {
                Some(place) if child.is_python() => drop(self.ended.swap_remove(place)),
                _ => return,
            }
        }
        let now = self.shared.elapsed();
        self.ended.push(child.finish(now, &mut self.shared));
    }

    /// A view, if one is wanted now.
    fn publish(&mut self, view: &View) {
        let now = self.shared.elapsed();
        let Some(interval) = self.options.views else {
            return;
        };
        if now < self.next_view {
            return;
        }
        self.next_view = now + interval;
        let mut processes = vec![self.program.view(&self.shared)];
        for child in &mut self.children {
            processes.push(child.view(&self.shared));
        }
        processes[1..].sort_by_key(|process| process.pid);
        let cpu = sys::thread_cpu_time();
        let (then, cpu_then) = self.views.front().copied().unwrap_or_default();
        if self.views.len() >= live::WINDOW {
            self.views.pop_front();
        }
        self.views.push_back((now, cpu));
        let window = now.saturating_sub(then).as_secs_f64();
        let own = cpu.saturating_sub(cpu_then).as_secs_f64();
        let newest = LiveView {
            at: now.as_secs_f64(),
            window,
            processes,
            own_cpu: if window > 0.0 { own / window } else { 0.0 },
        };
        *view
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(newest);
    }

    fn finish(mut self) -> Recorded {
        let wall = self.shared.elapsed();
        // Those that are still there are few, and what matters of a server with many short commands.
        for child in std::mem::take(&mut self.children) {
            self.ended.push(child.finish(wall, &mut self.shared));
        }
        let first_seen = self.program.first_seen();
        let turns = self.program.take_turns();
        let mut processes = vec![self.program.finish(wall, &mut self.shared)];
        self.ended.sort_by(|a, b| a.start.total_cmp(&b.start));
        processes.append(&mut self.ended);
        let mut doubts = Vec::new();
        if self.not_kept > 0 {
            doubts.push(format!(
                "{} child processes are left out: there were too many of them",
                self.not_kept
            ));
        }
        if self.crowded {
            doubts.push(format!(
                "there were more than {MOST_AT_ONCE} child processes at once: some were sampled \
                 late or not at all"
            ));
        }
        Recorded {
            processes,
            frames: self.shared.frames.into_frames(),
            stacks: self.shared.stacks.into_stacks(),
            details: self.shared.details.into_details(),
            turns,
            first_seen: first_seen.map(|first| first.as_secs_f64()),
            wall_seconds: wall.as_secs_f64(),
            own_cpu: sys::thread_cpu_time().as_secs_f64(),
            doubts,
        }
    }
}
