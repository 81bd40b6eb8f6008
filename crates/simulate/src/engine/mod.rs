//! The discrete-event engine: threads on cores, GILs, timers.
//!
//! It knows nothing of pools or tasks: a [`Script`] says what each thread does next, the engine
//! says when that has happened. What it takes from a real system:
//!
//! - Runnable threads share the cores; a thread that wakes up gets one even if all are busy
//!   (after `busy_wake`), the one that ran longest steps back.
//! - A GIL is free from its release until a waiter has woken up (`idle_wake`), so that the
//!   releasing thread can take it again before: the start of CPython's convoys.
//! - A thread that wants the GIL from one that computes gets it after the switch interval; the
//!   hand-over itself loses time. Native code that keeps the GIL does not give way.
//! - A short release while others want the GIL costs its measured extra.
//! - What goes on after a wait finds a core that has idled meanwhile, and then takes longer, or
//!   one that others kept awake: the one that idled last is taken first.
//!
//! Time-slice lengths are not a cost here: they only decide in which order equal threads end.

mod cores;
mod gil;

pub(crate) use cores::COLD_AFTER;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What a thread does next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    /// CPU without any GIL; `cores` at once (more than 1 where native threads help).
    Free { work: f64, cores: f64 },
    /// CPU while holding a GIL, then `idle` seconds of holding it without a core.
    Gil {
        gil: usize,
        work: f64,
        idle: f64,
        /// Short releases within.
        releases: f64,
        /// Whether it gives way after the switch interval.
        yields: bool,
    },
    /// Nothing, for so many seconds; then `cold` seconds of CPU more if its core idled meanwhile.
    Wait { seconds: f64, cold: f64 },
    /// Nothing, until another thread's step wakes it.
    Park,
    /// Nothing any more.
    Done,
}

impl Step {
    pub(crate) fn cpu(work: f64) -> Self {
        Step::Free { work, cores: 1.0 }
    }

    pub(crate) fn wait(seconds: f64) -> Self {
        Step::Wait { seconds, cold: 0.0 }
    }

    pub(crate) fn gil(gil: usize, work: f64) -> Self {
        Step::Gil {
            gil,
            work,
            idle: 0.0,
            releases: 0.0,
            yields: true,
        }
    }
}

/// What the threads of a simulation do.
pub(crate) trait Script {
    /// The next step of `thread`, whose last one is done. Threads put into `wake` leave their
    /// `Park`, or do not enter it the next time.
    fn next(&mut self, thread: usize, now: f64, wake: &mut Vec<usize>) -> Step;
}

/// The machine as the engine sees it. Seconds, cores, factors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hardware {
    /// Cores, perhaps a part of one (a quota).
    pub cores: f64,
    /// How much slower CPU work is when all cores are busy.
    pub slowdown: f64,
    /// Wake-up latency with a core free.
    pub idle_wake: f64,
    /// Wake-up latency with all cores busy.
    pub busy_wake: f64,
    /// What the GIL costs.
    pub gil: GilRates,
}

/// What the GIL costs; all zero where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GilRates {
    pub interval: f64,
    pub switch: f64,
    pub release_two: f64,
    pub release_eight: f64,
    pub short_call: f64,
    pub socket_call: f64,
    pub short_call_gil: f64,
}

impl GilRates {
    /// Extra per short release when `threads` want the GIL: measured at two and at eight,
    /// between them by the logarithm, and no more beyond.
    fn release(&self, threads: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "at most 8")]
        let threads = threads.clamp(2, 8) as f64;
        let part = (threads / 2.0).ln() / 4.0_f64.ln();
        self.release_two + part * (self.release_eight - self.release_two).max(0.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Parked,
    Waiting,
    /// Wants the GIL.
    Queued,
    Ready,
    Running,
    /// Holds the GIL without needing a core.
    Holding,
    Done,
}

#[derive(Debug, Clone, Copy)]
struct Thread {
    state: State,
    step: Step,
    /// CPU left in the step.
    left: f64,
    /// Whether a wake-up came while it was not parked.
    woken: bool,
    /// CPU that its next step takes more if it starts on a core that idled.
    cold: f64,
    /// Whether the step's releases have been charged.
    charged: bool,
    /// Since when it runs.
    since: f64,
    /// Since when it has been in its step with the GIL, the last time that it got it.
    holding: f64,
    /// Virtual time at which the step's CPU is used up.
    ends: f64,
}

#[derive(Debug, Default)]
struct Gil {
    holder: Option<usize>,
    waiters: VecDeque<usize>,
    /// Since when somebody has waited.
    wanted: f64,
    /// Changes with each hand-over.
    tenure: u64,
    armed: bool,
    waking: bool,
    /// Whether the holder has been asked to give way and could not yet.
    asked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    /// A wait is over, or a woken thread is up.
    Resume(usize),
    /// A GIL's first waiter is up.
    GilWake(usize),
    /// A GIL's switch interval is over.
    GilDrop(usize, u64),
    /// Somebody has waited long enough for a core.
    Preempt,
}

/// A timer, ordered by time, then by insertion.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Timer(f64, u64, Event);

impl Eq for Timer {}
impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

/// More events than any sensible simulation has: a script that never ends is cut off here.
const MOST_EVENTS: usize = 400_000;

/// One simulation under way.
pub(crate) struct Engine<'a> {
    hardware: &'a Hardware,
    slots: usize,
    now: f64,
    /// Advances by one per second of CPU that each running thread gets.
    virtual_now: f64,
    threads: Vec<Thread>,
    gils: Vec<Gil>,
    running: Vec<usize>,
    /// Since when each of the other cores has idled, the last one at the end.
    idle: Vec<f64>,
    ready: VecDeque<usize>,
    timers: BinaryHeap<Reverse<Timer>>,
    inserted: u64,
    preempt_armed: bool,
    wake: Vec<usize>,
    /// When a thread last went on: timers that nobody waits for any more do not count.
    progress: f64,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(hardware: &'a Hardware, threads: usize, gils: usize) -> Self {
        let thread = Thread {
            state: State::Waiting,
            step: Step::Done,
            left: 0.0,
            cold: 0.0,
            woken: false,
            charged: false,
            since: 0.0,
            holding: 0.0,
            ends: 0.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        let slots = hardware.cores.ceil().clamp(1.0, 65_536.0) as usize;
        Self {
            hardware,
            slots,
            now: 0.0,
            virtual_now: 0.0,
            threads: vec![thread; threads],
            gils: (0..gils).map(|_| Gil::default()).collect(),
            running: Vec::new(),
            idle: vec![0.0; slots],
            ready: VecDeque::new(),
            timers: BinaryHeap::new(),
            inserted: 0,
            preempt_armed: false,
            wake: Vec::new(),
            progress: 0.0,
        }
    }

    /// Runs until every thread is done or nothing can happen any more. Returns the time at which
    /// the last one went on.
    pub(crate) fn run(mut self, script: &mut impl Script) -> f64 {
        for thread in 0..self.threads.len() {
            self.advance(thread, script);
        }
        for _ in 0..MOST_EVENTS {
            let speed = self.speed();
            let completion = self
                .running
                .iter()
                .copied()
                .min_by(|a, b| self.threads[*a].ends.total_cmp(&self.threads[*b].ends))
                .map(|thread| {
                    let left = (self.threads[thread].ends - self.virtual_now).max(0.0);
                    (self.now + left / speed, thread)
                });
            let timer = self.timers.peek().map(|Reverse(timer)| timer.0);
            match (completion, timer) {
                (None, None) => break,
                (Some((at, thread)), timer) if timer.is_none_or(|time| at <= time) => {
                    self.elapse(at, speed);
                    self.finish_cpu(thread, script);
                }
                _ => {
                    let Some(Reverse(Timer(at, _, event))) = self.timers.pop() else {
                        break;
                    };
                    self.elapse(at, speed);
                    self.handle(event, script);
                }
            }
        }
        self.progress
    }

    fn elapse(&mut self, to: f64, speed: f64) {
        let passed = (to - self.now).max(0.0);
        self.virtual_now += passed * speed;
        self.now += passed;
    }

    fn at(&mut self, delay: f64, event: Event) {
        self.inserted += 1;
        let timer = Timer(self.now + delay.max(0.0), self.inserted, event);
        self.timers.push(Reverse(timer));
    }

    fn handle(&mut self, event: Event, script: &mut impl Script) {
        match event {
            Event::Resume(thread) => self.resume(thread, script),
            Event::GilWake(gil) => self.gil_wake(gil),
            Event::GilDrop(gil, tenure) => self.gil_drop(gil, tenure),
            Event::Preempt => self.preempt(),
        }
    }

    /// The script's next step of a thread whose last one is done; it may still hold a GIL.
    fn advance(&mut self, thread: usize, script: &mut impl Script) {
        let held = match self.threads[thread].step {
            Step::Gil { gil, .. } if self.gils[gil].holder == Some(thread) => Some(gil),
            _ => None,
        };
        self.progress = self.now;
        let mut wake = std::mem::take(&mut self.wake);
        let step = script.next(thread, self.now, &mut wake);
        let target = &mut self.threads[thread];
        target.step = step;
        target.charged = false;
        let keeps = match (held, step) {
            (Some(held), Step::Gil { gil, .. }) => held == gil && !self.gils[held].asked,
            _ => false,
        };
        if let (Some(held), false) = (held, keeps) {
            self.release(held);
        }
        self.begin(thread, step, keeps);
        for other in wake.drain(..) {
            self.wake_up(other);
        }
        self.wake = wake;
    }

    fn begin(&mut self, thread: usize, step: Step, keeps: bool) {
        match step {
            Step::Free { work, .. } => {
                self.threads[thread].left = work.max(0.0);
                self.want_core(thread, 0.0);
            }
            Step::Gil { gil, work, .. } => {
                self.threads[thread].left = work.max(0.0);
                self.threads[thread].holding = self.now;
                if keeps {
                    self.want_core(thread, 0.0);
                } else {
                    self.acquire(gil, thread);
                }
            }
            Step::Wait { seconds, cold } => {
                self.threads[thread].state = State::Waiting;
                self.threads[thread].cold = cold;
                self.at(seconds, Event::Resume(thread));
            }
            Step::Park if self.threads[thread].woken => {
                self.threads[thread].woken = false;
                self.threads[thread].state = State::Waiting;
                self.at(0.0, Event::Resume(thread));
            }
            Step::Park => self.threads[thread].state = State::Parked,
            Step::Done => self.threads[thread].state = State::Done,
        }
    }

    fn wake_up(&mut self, thread: usize) {
        if self.threads[thread].state == State::Parked {
            self.threads[thread].state = State::Waiting;
            self.at(self.hardware.idle_wake, Event::Resume(thread));
        } else {
            self.threads[thread].woken = true;
        }
    }

    fn resume(&mut self, thread: usize, script: &mut impl Script) {
        match self.threads[thread].state {
            State::Holding | State::Waiting => self.advance(thread, script),
            _ => {}
        }
    }

    /// A step's CPU is used up.
    fn finish_cpu(&mut self, thread: usize, script: &mut impl Script) {
        let step = self.threads[thread].step;
        if let Step::Gil {
            gil,
            releases,
            idle,
            ..
        } = step
        {
            let wanting = self.gils[gil].waiters.len();
            if wanting > 0 && releases > 0.0 && !self.threads[thread].charged {
                let extra =
                    self.contended(gil, thread) * releases * self.hardware.gil.release(wanting + 1);
                self.threads[thread].charged = true;
                self.threads[thread].ends = self.virtual_now + extra;
                return;
            }
            self.stop(thread);
            if idle > 0.0 {
                self.threads[thread].state = State::Holding;
                self.at(idle, Event::Resume(thread));
                return;
            }
        } else {
            self.stop(thread);
        }
        self.advance(thread, script);
    }
}
