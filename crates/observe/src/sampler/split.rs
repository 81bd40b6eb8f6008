//! Divides one thread's wall time among causes: how much by the kernel's clocks, which are exact,
//! and to what by the samples, which are not.
//!
//! A sample says what a thread does at one instant. For waits much shorter than the time between
//! two samples the share of samples seen waiting is biased (waking up counts as running), so
//! samples alone give a loop over a fast socket far too much CPU. The clocks are right however
//! short the waits are. So for each stretch between two samples of a thread
//!
//! ```text
//!   wall   |---------------------------------------|
//!   clocks | CPU      | queue |  the rest: blocked |
//! ```
//!
//! the CPU part goes to what the sample saw if it saw the thread running, the blocked part if it
//! saw it waiting. The part of the other kind was there but not seen; it is handed to the samples
//! of that kind in the same *epoch* (a quarter of a second or so), first to those that are
//! themselves such mixtures. Time spent runnable without a CPU is a cause of its own.
//!
//! The CPU clock of a *running* thread is behind by up to a timer tick. What is missing after a
//! sample that saw the thread running is therefore carried into the next stretch, up to
//! [`LAG`]: it is a debt paid once, not a loss per sample.
//!
//! CPU without the GIL is divided into native code and kernel by the thread's user and system
//! ticks over the last epochs (10 ms wide, hence not per sample).

use crate::kernel::thread::Clock;
use crate::sampler::classify::{Class, Cpu};
use crate::sampler::details::Spot;
use rightlane_facts::WaitCause;

/// One look at a thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// When, in nanoseconds since any fixed moment.
    pub(crate) at: u64,
    pub(crate) clock: Clock,
    /// CPU in the kernel so far, in nanoseconds (tick-wide).
    pub(crate) system: u64,
    /// Whether the kernel's letter was `R`.
    pub(crate) runnable: bool,
    pub(crate) class: Class,
    /// Whether the thread moved on before its system call could be read.
    pub(crate) guessed: bool,
    pub(crate) spot: Spot,
}

/// A stretch of wall time that ended with a look, in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    class: Class,
    spot: Spot,
    cpu: u64,
    queue: u64,
    rest: u64,
}

/// Largest debt carried from one stretch to the next: two ticks of the slowest usual timer.
const LAG: u64 = 20_000_000;

/// An epoch ends after this many nanoseconds or stretches.
const EPOCH: u64 = 250_000_000;
const MOST_STRETCHES: usize = 64;

/// Part of the tick counts that stays from one epoch to the next: a single one may hold too few
/// ticks to divide by.
const MEMORY: f64 = 0.5;

/// Where the divided time goes: cause, spot, seconds.
pub(crate) trait Sink {
    /// Adds the seconds.
    fn add(&mut self, cause: WaitCause, spot: Spot, seconds: f64);
}

impl<F: FnMut(WaitCause, Spot, f64)> Sink for F {
    fn add(&mut self, cause: WaitCause, spot: Spot, seconds: f64) {
        self(cause, spot, seconds);
    }
}

/// The time of one thread.
pub(crate) struct Split {
    last: Look,
    /// CPU and queue time already divided; behind `last.clock` where a clock ran ahead of the
    /// wall time (it was behind before).
    booked_cpu: u64,
    booked_queue: u64,
    carried: u64,
    stretches: Vec<Stretch>,
    epoch_start: u64,
    epoch_system: u64,
    /// System time and CPU without the GIL of the last epochs, fading.
    system: f64,
    released: f64,
    last_cpu: Cpu,
    last_wait: Option<WaitCause>,
}

impl Split {
    /// Begins with the first look, whose past is not known.
    pub(crate) fn new(first: Look) -> Self {
        let mut split = Split {
            last: first,
            booked_cpu: first.clock.cpu,
            booked_queue: first.clock.delay,
            carried: 0,
            stretches: Vec::new(),
            epoch_start: first.at,
            epoch_system: first.system,
            system: 0.0,
            released: 0.0,
            last_cpu: Cpu::Python,
            last_wait: None,
        };
        split.note(&first);
        split
    }

    /// The last look.
    pub(crate) fn last(&self) -> &Look {
        &self.last
    }

    /// What the thread waited for when last seen waiting for sure.
    pub(crate) fn last_wait(&self) -> Option<WaitCause> {
        self.last_wait
    }

    /// The thread was blocked at the last look and has not run since: the time until `at` went
    /// where the last look said.
    pub(crate) fn unmoved(&mut self, at: u64) {
        let wall = at.saturating_sub(self.last.at);
        self.last.at = self.last.at.max(at);
        let (class, spot) = (self.last.class, self.last.spot);
        match self.stretches.last_mut() {
            Some(stretch) if stretch.class == class && stretch.spot == spot => {
                stretch.rest += wall;
            }
            _ => self.stretches.push(Stretch {
                class,
                spot,
                cpu: 0,
                queue: 0,
                rest: wall,
            }),
        }
    }

    /// Another look: divides the time since the last one.
    pub(crate) fn look(&mut self, look: Look, sink: &mut impl Sink) {
        let mut stretch = self.measure(&look);
        if look.runnable {
            // Not given a CPU again since it was last seen running: it cannot have been blocked.
            let stayed = self.last.runnable && self.last.clock.runs == look.clock.runs;
            self.carried = if stayed {
                stretch.rest
            } else {
                stretch.rest.min(LAG)
            };
            stretch.rest -= self.carried;
        }
        self.stretches.push(stretch);
        self.last = look;
        self.note(&look);
        let long = look.at.saturating_sub(self.epoch_start) >= EPOCH;
        if long || self.stretches.len() >= MOST_STRETCHES {
            self.settle(sink);
        }
    }

    /// Divides what has been seen so far, before the epoch's end: somebody wants to know.
    pub(crate) fn settle_now(&mut self, sink: &mut impl Sink) {
        if !self.stretches.is_empty() {
            self.settle(sink);
        }
    }

    /// The thread has ended or is not followed any longer: divides everything up to `at`, with
    /// the last clock if it could still be read.
    pub(crate) fn finish(mut self, at: u64, clock: Option<Clock>, sink: &mut impl Sink) {
        let look = Look {
            at: at.max(self.last.at),
            clock: clock.unwrap_or(self.last.clock),
            ..self.last
        };
        let mut stretch = self.measure(&look);
        if look.runnable && matches!(look.class, Class::Cpu(_)) {
            // It still ran; what the clock does not show is the tick that it is behind.
            let behind = stretch.rest.min(LAG);
            stretch.cpu += behind;
            stretch.rest -= behind;
        }
        self.stretches.push(stretch);
        self.last = look;
        self.settle(sink);
    }

    fn note(&mut self, look: &Look) {
        match look.class {
            Class::Cpu(cpu) => self.last_cpu = cpu,
            Class::Wait(_) if look.guessed => {}
            Class::Wait(cause) => self.last_wait = Some(cause),
        }
    }

    /// The stretch from the last look to this one, the carried debt included.
    fn measure(&mut self, look: &Look) -> Stretch {
        let wall = look.at.saturating_sub(self.last.at) + std::mem::take(&mut self.carried);
        let cpu = look.clock.cpu.saturating_sub(self.booked_cpu).min(wall);
        let queue = look.clock.delay.saturating_sub(self.booked_queue);
        let queue = queue.min(wall - cpu);
        self.booked_cpu += cpu;
        self.booked_queue += queue;
        Stretch {
            class: look.class,
            spot: look.spot,
            cpu,
            queue,
            rest: wall - cpu - queue,
        }
    }

    /// Ends the epoch: hands its time out.
    fn settle(&mut self, sink: &mut impl Sink) {
        let stretches = std::mem::take(&mut self.stretches);
        let kernel_share = self.kernel_share(&stretches);
        let mut emit = |class: Class, spot, nanos: f64| {
            let seconds = nanos / 1e9;
            if seconds <= 0.0 {
                return;
            }
            match class {
                Class::Wait(cause) => sink.add(cause, spot, seconds),
                Class::Cpu(Cpu::Python) => sink.add(WaitCause::PythonGil, spot, seconds),
                Class::Cpu(Cpu::Native) => sink.add(WaitCause::NativeGil, spot, seconds),
                Class::Cpu(Cpu::Kernel) => sink.add(WaitCause::Kernel, spot, seconds),
                Class::Cpu(Cpu::Released) => {
                    let kernel = seconds * kernel_share;
                    sink.add(WaitCause::NativeReleased, spot, seconds - kernel);
                    if kernel > 0.0 {
                        sink.add(WaitCause::Kernel, spot, kernel);
                    }
                }
            }
        };
        let (unseen_cpu, unseen_rest) = unseen(&stretches);
        let hand_cpu = Shares::new(&stretches, |stretch| match stretch.class {
            Class::Cpu(_) => Some((stretch.rest, stretch.cpu)),
            Class::Wait(_) => None,
        });
        let hand_rest = Shares::new(&stretches, |stretch| match stretch.class {
            Class::Cpu(_) => None,
            Class::Wait(_) => Some((stretch.cpu, stretch.rest)),
        });
        let fallback_cpu = Class::Cpu(self.last_cpu);
        // Nobody saw the thread blocked: what the clocks do not show is then rather time in the
        // queue that they do not show *yet*, so it is booked as such.
        let mut foreseen = 0_u64;
        for (index, stretch) in stretches.iter().enumerate() {
            let (class, spot) = (stretch.class, stretch.spot);
            let queue = Class::Wait(WaitCause::CpuWait);
            emit(queue, spot, stretch.queue as f64);
            match class {
                Class::Cpu(_) => {
                    emit(class, spot, stretch.cpu as f64);
                    emit(class, spot, unseen_cpu * hand_cpu.of(index));
                    if hand_rest.nobody() {
                        emit(queue, spot, stretch.rest as f64);
                        foreseen = foreseen.saturating_add(stretch.rest);
                    }
                }
                Class::Wait(_) => {
                    emit(class, spot, stretch.rest as f64);
                    emit(class, spot, unseen_rest * hand_rest.of(index));
                    if hand_cpu.nobody() {
                        emit(fallback_cpu, spot, stretch.cpu as f64);
                    }
                }
            }
        }
        self.booked_queue = self.booked_queue.saturating_add(foreseen);
        self.stretches = stretches;
        self.stretches.clear();
        self.epoch_start = self.last.at;
        self.epoch_system = self.last.system;
    }

    /// Part of the CPU without the GIL that is the kernel's.
    fn kernel_share(&mut self, stretches: &[Stretch]) -> f64 {
        let total = |cpu: Cpu| -> u64 {
            let of_kind = stretches
                .iter()
                .filter(|stretch| stretch.class == Class::Cpu(cpu));
            of_kind.map(|stretch| stretch.cpu).sum()
        };
        let released = total(Cpu::Released);
        // What the samples know to be the kernel's explains that much of the ticks.
        let system = self.last.system.saturating_sub(self.epoch_system);
        let system = system.saturating_sub(total(Cpu::Kernel));
        self.released = self.released * MEMORY + released as f64;
        self.system = self.system * MEMORY + system as f64;
        if self.released > 0.0 {
            (self.system / self.released).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// CPU of stretches seen waiting, blocked time of stretches seen running.
fn unseen(stretches: &[Stretch]) -> (f64, f64) {
    let (mut cpu, mut rest) = (0, 0);
    for stretch in stretches {
        match stretch.class {
            Class::Cpu(_) => rest += stretch.rest,
            Class::Wait(_) => cpu += stretch.cpu,
        }
    }
    (cpu as f64, rest as f64)
}

/// How unseen time is handed to the stretches of its kind.
struct Shares {
    shares: Vec<f64>,
}

impl Shares {
    /// `weights` yields for a stretch of the right kind how much of the other kind it holds (it
    /// is a mixture, like those that the unseen time comes from) and how much of its own.
    fn new(stretches: &[Stretch], weights: impl Fn(&Stretch) -> Option<(u64, u64)>) -> Self {
        let weights: Vec<Option<(u64, u64)>> = stretches.iter().map(weights).collect();
        let sum = |pick: &dyn Fn((u64, u64)) -> u64| {
            weights
                .iter()
                .flatten()
                .map(|pair| pick(*pair))
                .sum::<u64>() as f64
        };
        let (mixed, own) = (sum(&|pair| pair.0), sum(&|pair| pair.1));
        let count = weights.iter().flatten().count() as f64;
        let share = |pair: (u64, u64)| {
            if mixed > 0.0 {
                pair.0 as f64 / mixed
            } else if own > 0.0 {
                pair.1 as f64 / own
            } else {
                1.0 / count
            }
        };
        Shares {
            shares: weights
                .iter()
                .map(|pair| pair.map_or(-1.0, share))
                .collect(),
        }
    }

    /// The stretch's share; all of them add up to 1.
    fn of(&self, index: usize) -> f64 {
        self.shares.get(index).copied().unwrap_or(0.0).max(0.0)
    }

    /// Whether no stretch is of the right kind.
    fn nobody(&self) -> bool {
        self.shares.iter().all(|share| *share < 0.0)
    }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
