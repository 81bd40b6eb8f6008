//! Who holds the GIL.

use super::{Engine, Event, State, Step};

impl Engine<'_> {
    pub(super) fn acquire(&mut self, gil: usize, thread: usize) {
        if self.gils[gil].holder.is_none() {
            self.gils[gil].holder = Some(thread);
            self.gils[gil].asked = false;
            self.want_core(thread, 0.0);
            return;
        }
        self.threads[thread].state = State::Queued;
        if self.gils[gil].waiters.is_empty() {
            self.gils[gil].wanted = self.now;
        }
        self.gils[gil].waiters.push_back(thread);
        self.arm_drop(gil);
    }

    /// Which part of the holder's step others have waited for, 0 to 1: its releases before that
    /// cost nothing.
    pub(super) fn contended(&self, gil: usize, holder: usize) -> f64 {
        let holding = self.threads[holder].holding;
        let whole = self.now - holding;
        if whole > 0.0 {
            ((self.now - self.gils[gil].wanted.max(holding)) / whole).clamp(0.0, 1.0)
        } else {
            1.0
        }
    }

    fn arm_drop(&mut self, gil: usize) {
        if !self.gils[gil].armed && !self.gils[gil].waiters.is_empty() {
            self.gils[gil].armed = true;
            let tenure = self.gils[gil].tenure;
            self.at(self.hardware.gil.interval, Event::GilDrop(gil, tenure));
        }
    }

    /// The holder lets go. The first waiter has to wake up before it can have it.
    pub(super) fn release(&mut self, gil: usize) {
        let target = &mut self.gils[gil];
        target.holder = None;
        if std::mem::take(&mut target.asked) {
            // one that gives way by request waits until the other has it
            self.grant(gil, self.hardware.gil.switch);
        } else if !target.waiters.is_empty() && !target.waking {
            target.waking = true;
            self.at(self.hardware.idle_wake, Event::GilWake(gil));
        }
    }

    pub(super) fn gil_wake(&mut self, gil: usize) {
        self.gils[gil].waking = false;
        if self.gils[gil].holder.is_none() {
            self.grant(gil, 0.0);
        } else {
            self.arm_drop(gil);
        }
    }

    /// Gives the free GIL to the first waiter, who loses `lost` seconds by it.
    fn grant(&mut self, gil: usize, lost: f64) {
        if let Some(thread) = self.gils[gil].waiters.pop_front() {
            let target = &mut self.gils[gil];
            target.holder = Some(thread);
            target.tenure += 1;
            target.asked = false;
            self.threads[thread].left += lost;
            self.threads[thread].holding = self.now;
            self.want_core(thread, 0.0);
            self.arm_drop(gil);
        }
    }

    /// The first waiter's patience is over.
    pub(super) fn gil_drop(&mut self, gil: usize, tenure: u64) {
        self.gils[gil].armed = false;
        if self.gils[gil].tenure != tenure {
            self.arm_drop(gil);
            return;
        }
        let Some(holder) = self.gils[gil].holder else {
            return;
        };
        let yields = matches!(self.threads[holder].step, Step::Gil { yields: true, .. });
        match self.threads[holder].state {
            State::Running if yields => self.stop(holder),
            State::Ready if yields => self.ready.retain(|other| *other != holder),
            _ => {
                self.gils[gil].asked = true;
                return;
            }
        }
        self.threads[holder].state = State::Queued;
        self.gils[gil].wanted = self.now;
        self.gils[gil].waiters.push_back(holder);
        self.gils[gil].holder = None;
        self.grant(gil, self.hardware.gil.switch);
    }
}
