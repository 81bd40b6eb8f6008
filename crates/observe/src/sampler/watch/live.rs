//! What a process's threads do right now.

use super::Watch;
use super::look::Thread;
use super::roll;
use crate::kernel::process;
use crate::sampler::shared::Shared;
use crate::sampler::timeline;
use crate::sys;
use rightlane_facts::{Ledger, LiveProcess, LiveThread, SampleFrame};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Views that a window is made of.
pub(in crate::sampler) const WINDOW: usize = 8;

/// Frames shown of a stack.
const MOST_SHOWN: usize = 32;

/// The last views' figures.
#[derive(Default)]
pub(super) struct Last {
    /// Time, CPU seconds and rounds at each of them.
    marks: VecDeque<(Duration, f64, u64)>,
    /// Of each thread, where its time went between them.
    ledgers: HashMap<u32, VecDeque<Ledger>>,
}

impl Watch {
    /// What its threads do now, and did since the last few views.
    pub(in crate::sampler) fn view(&mut self, shared: &Shared) -> LiveProcess {
        let stat = process::stat(self.pid);
        let cpu_so_far = stat.as_ref().map_or(0.0, |stat| stat.cpu);
        let (cpu, rate) = self.rates(shared.elapsed(), cpu_so_far);
        for thread in self.followed.values_mut() {
            thread.settle(&mut self.tally);
        }
        let mut ledgers = std::mem::take(&mut self.live.ledgers);
        let mut kept = HashMap::new();
        let mut threads: Vec<LiveThread> = Vec::with_capacity(self.followed.len());
        for (tid, thread) in &mut self.followed {
            let mut window = ledgers.remove(&thread.number).unwrap_or_default();
            if window.len() >= WINDOW {
                window.pop_front();
            }
            window.push_back(std::mem::take(&mut thread.recent));
            threads.push(live_thread(*tid, thread, &window, &self.roll, shared));
            kept.insert(thread.number, window);
        }
        self.live.ledgers = kept;
        threads.sort_by_key(|thread| (!thread.main, thread.tid));
        LiveProcess {
            pid: self.pid,
            parent: self.parent,
            command: self.command.clone(),
            python: self.python,
            ended: self.has_ended(),
            cpu,
            memory: stat.map_or(0, |stat| stat.resident.saturating_mul(sys::page_size())),
            threads,
            rate,
            refused: self.refused.clone(),
        }
    }

    /// CPU in cores and rounds per second over the window.
    fn rates(&mut self, now: Duration, cpu: f64) -> (f64, f64) {
        let marks = &mut self.live.marks;
        let rounds = self.status.rounds;
        let (then, cpu_then, rounds_then) = marks.front().copied().unwrap_or((now, cpu, rounds));
        if marks.len() >= WINDOW {
            marks.pop_front();
        }
        marks.push_back((now, cpu, rounds));
        let span = now.saturating_sub(then).as_secs_f64();
        if span <= 0.0 {
            return (0.0, 0.0);
        }
        let looks = rounds.saturating_sub(rounds_then) as f64;
        ((cpu - cpu_then).max(0.0) / span, looks / span)
    }
}

fn live_thread(
    tid: i32,
    thread: &Thread,
    window: &VecDeque<Ledger>,
    roll: &roll::Roll,
    shared: &Shared,
) -> LiveThread {
    let mut ledger = Ledger::default();
    for part in window {
        ledger.merge(part);
    }
    let look = thread.last();
    let stack = shared.stacks.frames(look.spot.stack);
    let frames: Vec<SampleFrame> = stack
        .iter()
        .filter_map(|id| shared.frames.frame(*id).cloned())
        .collect();
    let record = roll.record(thread.number);
    let main = record.is_some_and(|record| record.main);
    let name = match record.map(|record| record.name.as_str()) {
        Some(name) if main || !name.is_empty() => name.to_owned(),
        _ => roll::started_with(frames.iter()).unwrap_or_default(),
    };
    LiveThread {
        tid,
        name,
        main,
        cause: timeline::cause(look.class),
        detail: shared.details.get(look.spot.detail).cloned(),
        since: (look.at as f64 / 1e9 - thread.since).max(0.0),
        ledger,
        frames: frames.into_iter().take(MOST_SHOWN).collect(),
    }
}
