//! Who runs: sharing the cores.

use super::{Engine, Event, State, Step};

/// Threads of equal standing change places after this when cores are short: only their order
/// depends on it, not their throughput.
const SLICE: f64 = 0.004;

/// A core is quite cold after so many seconds, and the less the shorter it idled: the same 80 µs
/// of Python code took 20 µs more after 0.2 and 1 ms, 118 after 5, 127 after 15, 128 after 50.
pub(crate) const COLD_AFTER: f64 = 0.005;

impl Engine<'_> {
    /// CPU seconds that a running thread gets per second.
    pub(super) fn speed(&self) -> f64 {
        let mut demand = 0.0;
        for &thread in &self.running {
            demand += match self.threads[thread].step {
                Step::Free { cores, .. } => cores.max(1.0),
                _ => 1.0,
            };
        }
        let cores = self.hardware.cores.max(0.01);
        let share = if demand > cores { cores / demand } else { 1.0 };
        // a single busy core is the case that the tasks were observed in
        let crowd = if cores > 1.0 {
            ((demand.min(cores) - 1.0) / (cores - 1.0)).max(0.0)
        } else {
            0.0
        };
        share / (1.0 + crowd * (self.hardware.slowdown - 1.0))
    }

    pub(super) fn want_core(&mut self, thread: usize, delay: f64) {
        if self.running.len() < self.slots {
            let since = self.idle.pop().unwrap_or(self.now);
            self.start(thread, since);
            return;
        }
        self.threads[thread].state = State::Ready;
        self.ready.push_back(thread);
        self.arm_preempt(self.hardware.busy_wake + delay);
    }

    fn arm_preempt(&mut self, delay: f64) {
        if !self.preempt_armed && !self.ready.is_empty() {
            self.preempt_armed = true;
            self.at(delay, Event::Preempt);
        }
    }

    /// On a core that has idled since then.
    fn start(&mut self, thread: usize, idle_since: f64) {
        let target = &mut self.threads[thread];
        let cold = ((self.now - idle_since) / COLD_AFTER).clamp(0.0, 1.0);
        target.left += std::mem::take(&mut target.cold) * cold;
        target.state = State::Running;
        target.since = self.now;
        target.ends = self.virtual_now + target.left;
        self.running.push(thread);
    }

    /// Takes a thread off its core.
    pub(super) fn stop(&mut self, thread: usize) {
        if let Some(index) = self.running.iter().position(|other| *other == thread) {
            self.running.swap_remove(index);
            let target = &mut self.threads[thread];
            target.left = (target.ends - self.virtual_now).max(0.0);
            if let Some(next) = self.ready.pop_front() {
                self.start(next, self.now);
            } else {
                self.idle.push(self.now);
            }
        }
    }

    pub(super) fn preempt(&mut self) {
        self.preempt_armed = false;
        let Some(&first) = self.ready.front() else {
            return;
        };
        let longest = self
            .running
            .iter()
            .copied()
            .min_by(|a, b| self.threads[*a].since.total_cmp(&self.threads[*b].since));
        if let Some(longest) = longest {
            // what has run for less than the newcomer waited stays
            if self.now - self.threads[longest].since >= self.hardware.busy_wake {
                self.stop(longest);
                self.threads[longest].state = State::Ready;
                self.ready.push_back(longest);
                debug_assert_ne!(first, longest);
            }
        }
        self.arm_preempt(SLICE);
    }
}
