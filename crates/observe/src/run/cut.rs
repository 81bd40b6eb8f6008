//! Ending a program before its time, gently first, and everything that it started with it.

use super::Interrupt;
use super::child::Child;
use super::family::Family;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Between one way of asking and the next.
const GRACE: Duration = Duration::from_secs(3);
/// Between two looks at who is left.
const LOOK: Duration = Duration::from_millis(20);
/// Processes in uninterruptible sleep outlive SIGKILL; we do not.
const GIVE_UP: Duration = Duration::from_secs(5);

/// The ways of asking, in order.
const STEPS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::KILL];

/// A cut under way.
pub(super) struct Cut {
    family: Family,
    step: usize,
    raised: u32,
    next: Instant,
}

impl Cut {
    /// Asks the program to end. A Ctrl-C that the terminal has already delivered is not sent
    /// twice: the second one would interrupt the program's own tidying up.
    pub(super) fn begin(child: &Child, interrupt: &Interrupt) -> Self {
        let family = Family::of(child.pid());
        if !interrupt.was_delivered() {
            child.signal(STEPS[0]);
        }
        let raised = interrupt.count().max(1);
        let mut cut = Self {
            family,
            step: 0,
            raised: 1,
            next: Instant::now() + GRACE,
        };
        cut.hurry(child, raised);
        cut
    }

    /// How long to wait before the next [`Cut::go_on`].
    pub(super) fn patience(&self) -> Duration {
        LOOK
    }

    /// Takes the next step when its time has come or it was asked for again.
    pub(super) fn go_on(&mut self, child: &Child, interrupt: &Interrupt) {
        self.family.look();
        self.hurry(child, interrupt.count().max(1));
        if Instant::now() >= self.next {
            self.take_step(child);
        }
    }

    fn hurry(&mut self, child: &Child, raised: u32) {
        while self.raised < raised {
            self.raised += 1;
            self.take_step(child);
        }
    }

    fn take_step(&mut self, child: &Child) {
        if let Some(signal) = STEPS.get(self.step + 1) {
            self.step += 1;
            self.next = Instant::now() + GRACE;
            child.signal(*signal);
        }
    }

    /// The program has ended: ends what it left.
    pub(super) fn finish(mut self, interrupt: &Interrupt) {
        self.family.look();
        let began = Instant::now();
        let mut sent = None;
        while self.family.is_alive() {
            let waited = began.elapsed();
            let hard = self.step >= 2 || waited > GRACE || interrupt.count() > self.raised;
            let signal = if hard { Signal::KILL } else { Signal::TERM };
            if sent != Some(signal) || hard {
                self.family.signal(signal);
                sent = Some(signal);
            }
            if waited > GRACE + GIVE_UP {
                return;
            }
            std::thread::sleep(LOOK);
            self.family.look();
        }
    }
}
