//! One process: attach, look around again and again, hand over what was seen.

use crate::kernel::descriptors::Descriptors;
use crate::kernel::life::Life;
use crate::kernel::namespace::Ids;
use crate::kernel::process;
use crate::kernel::thread::Threads;
use crate::reader::attach::{self, Miss, Target};
use crate::reader::frames::FrameId;
use crate::reader::memory::ProcessMemory;
use crate::reader::roster::{MOST_THREADS, Roster, ThreadRef};
use crate::reader::stack::StackReader;
use crate::sampler::census::Census;
use crate::sampler::shared::Shared;
use crate::sampler::stalls::Stalls;
use crate::sampler::timeline::Timeline;
use crate::sampler::turns::Turns;
use rightlane_facts::{ProcessRecord, PythonBuild, SamplingStatus};
use rustc_hash::{FxHashMap, FxHashSet};
use std::time::Duration;

mod awaits;
pub(super) mod live;
mod look;
mod roll;
mod subject;
mod tally;

use awaits::Awaits;
use look::Followed;
use roll::Roll;
use tally::Tally;

/// How long a process may take until Python runs in it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Time between two questions whether the process has ended, as long as it can be read. The kernel
/// does not get round to giving its id to another process within it, and each costs a system call.
const CHECK: Duration = Duration::from_millis(50);

/// Rounds in a row in which the threads could not be listed before looking for Python anew.
const MOST_FAILURES: u32 = 20;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The process has ended.
    Ended,
    /// No Python yet.
    Attaching,
    /// No Python to be read: only the process as a whole is followed.
    Refused,
    /// A round of looks.
    Looked,
}

/// Everything known of one process.
pub(super) struct Watch {
    pid: u32,
    parent: Option<u32>,
    life: Option<Life>,
    /// When to ask next whether it has ended.
    next_check: Duration,
    command: String,
    /// When it was first seen.
    since: Duration,
    memory: ProcessMemory,
    target: Option<Target>,
    /// Since when there is no target, though there should be one.
    searching_since: Duration,
    refused: Option<String>,
    /// Why the last try to find Python failed, while there may be more.
    missed: Option<String>,
    first_seen: Option<Duration>,
    python: Option<PythonBuild>,
    roster: Roster,
    stacks: StackReader,
    threads: Threads,
    /// What the threads are called outside.
    ids: Ids,
    descriptors: Descriptors,
    followed: Followed,
    roll: Roll,
    tally: Tally,
    timeline: Timeline,
    census: Census,
    /// Every thread id that ran Python.
    python_threads: FxHashSet<i32>,
    /// Frames seen waiting for a file, socket or pipe.
    io_frames: FxHashSet<FrameId>,
    /// The threads of this round.
    present: Vec<ThreadRef>,
    /// CPU spent on finding out who holds locks.
    lock_time: Duration,
    /// Whether an event loop was seen.
    has_loop: bool,
    stalls: Stalls,
    turns: Turns,
    awaits: Awaits,
    /// Command lines of child processes waited for.
    commands: FxHashMap<u32, String>,
    live: live::Last,
    status: SamplingStatus,
    failures: u32,
    truncated: u64,
    hidden_calls: u64,
    /// Whether there ever were more threads than are followed.
    crowded: bool,
}

impl Watch {
    /// Process `pid`, which is the recording's process number `number`.
    pub(super) fn new(pid: u32, parent: Option<u32>, number: u32, now: Duration) -> Self {
        Watch {
            pid,
            parent,
            life: Life::of(pid),
            next_check: Duration::ZERO,
            command: process::command(pid),
            since: now,
            memory: ProcessMemory::new(pid),
            target: None,
            searching_since: now,
            refused: None,
            missed: None,
            first_seen: None,
            python: None,
            roster: Roster::default(),
            stacks: StackReader::new(number),
            threads: Threads::new(pid),
            ids: Ids::new(pid),
            descriptors: Descriptors::new(pid),
            followed: Followed::default(),
            roll: Roll::default(),
            tally: Tally::default(),
            timeline: Timeline::default(),
            census: Census::new(pid, now),
            python_threads: FxHashSet::default(),
            io_frames: FxHashSet::default(),
            present: Vec::new(),
            lock_time: Duration::ZERO,
            has_loop: false,
            stalls: Stalls::default(),
            turns: Turns::default(),
            awaits: Awaits::default(),
            commands: FxHashMap::default(),
            live: live::Last::default(),
            status: SamplingStatus::default(),
            failures: 0,
            truncated: 0,
            hidden_calls: 0,
            crowded: false,
        }
    }

    /// The process's id.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// The Python found in it. A process that it forks has the same one at the same place, until
    /// it executes another program.
    pub(super) fn target(&self) -> Option<Target> {
        self.target
    }

    /// Tries `target` first, which its parent has.
    pub(super) fn inherit(&mut self, target: Option<Target>, shared: &Shared) {
        if let Some(target) = target
            && self.has_threads(&target)
        {
            self.attach(target, shared);
        }
    }

    /// One round of looks, or one more try to find Python.
    pub(super) fn step(&mut self, shared: &mut Shared) -> Step {
        let now = shared.elapsed();
        if self.next_check <= now {
            if self.has_ended() {
                return Step::Ended;
            }
            self.next_check = now + CHECK;
        }
        let another_program = self
            .census
            .take(now, &self.python_threads, &mut self.threads);
        if another_program {
            self.command = process::command(self.pid);
            self.detach(shared);
        }
        let Some(target) = self.target else {
            return self.search(shared);
        };
        match self.round(&target, shared) {
            Ok(()) => {
                self.failures = 0;
                Step::Looked
            }
            Err(look::Lost) if self.has_ended() => Step::Ended,
            Err(look::Lost) => {
                self.failures += 1;
                if self.failures >= MOST_FAILURES {
                    self.detach(shared);
                }
                Step::Attaching
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.life.as_ref().is_none_or(Life::ended)
    }

    /// Forgets the program read so far (the process executes another one), not what it showed.
    fn detach(&mut self, shared: &mut Shared) {
        // What its threads do from here on is not seen, so it is not guessed either.
        self.finish_threads(shared.elapsed());
        self.target = None;
        self.refused = None;
        self.failures = 0;
        self.searching_since = shared.elapsed();
        shared.files.clear();
        // What it may have opened is the memory of the program before.
        self.memory = ProcessMemory::new(self.pid);
        self.roster = Roster::default();
        self.stacks.forget();
        self.awaits.forget();
        if self.python_threads.is_empty() {
            // A child on its way from fork to exec has its parent's memory: that was not its Python.
            self.first_seen = None;
            self.python = None;
            self.status = SamplingStatus::default();
        }
    }

    fn search(&mut self, shared: &mut Shared) -> Step {
        if self.refused.is_some() {
            return Step::Refused;
        }
        let miss = match attach::find(self.pid, &self.memory, &mut shared.files) {
            Ok(target) if self.has_threads(&target) => {
                self.attach(target, shared);
                return Step::Attaching;
            }
            Ok(_) => Miss {
                why: format!("Python in process {} did not start", self.pid),
                hopeless: false,
            },
            Err(miss) => miss,
        };
        let waited = shared.elapsed().saturating_sub(self.searching_since);
        if miss.hopeless || waited > PATIENCE {
            self.refused = Some(miss.why);
            return Step::Refused;
        }
        self.missed = Some(miss.why);
        Step::Attaching
    }

    fn attach(&mut self, target: Target, shared: &Shared) {
        self.first_seen.get_or_insert(shared.elapsed());
        self.target = Some(target);
        self.python = Some(PythonBuild {
            minor: target.layout.minor,
            free_threaded: target.layout.free_threaded,
            gil: !target.layout.free_threaded,
        });
    }

    fn has_threads(&mut self, target: &Target) -> bool {
        let threads = self.roster.refresh(&self.memory, target);
        threads.is_ok_and(|threads| !threads.is_empty())
    }

    /// Lists the threads that are there now. By the same system call, the stack of one that ran at
    /// the last look is read: if it still does, it needs no call of its own.
    fn call_the_roll(&mut self, target: &Target) -> Result<(), look::Lost> {
        let runner = self.present.iter().find(|thread| self.ran(thread.tid));
        let runner = runner.copied();
        let parts = match runner {
            Some(runner) => self.stacks.wants(target, runner),
            None => Vec::new(),
        };
        let refreshed = self.roster.refresh_with(&self.memory, target, parts);
        let got = refreshed.map_err(|_| look::Lost)?;
        if let Some(runner) = runner {
            self.stacks.read_ahead(runner, got);
        }
        self.roster.threads().clone_into(&mut self.present);
        self.ids.next_round();
        for thread in &mut self.present {
            thread.tid = self.ids.outer(thread.tid);
        }
        self.crowded |= self.roster.is_cut();
        Ok(())
    }

    /// How often its own loops have gone on, by frame.
    pub(super) fn take_turns(&mut self) -> Vec<(u32, u64)> {
        std::mem::take(&mut self.turns).into_counts()
    }

    /// When Python was first seen in it.
    pub(super) fn first_seen(&self) -> Option<Duration> {
        self.first_seen
    }

    /// Whether there is something to tell of it beside that it was there.
    pub(super) fn is_python(&self) -> bool {
        self.status.rounds > 0
    }

    /// Everything seen up to `end`. Its memory is gone if it has ended, its totals are not until it is
    /// waited for.
    pub(super) fn finish(mut self, end: Duration, shared: &mut Shared) -> ProcessRecord {
        self.finish_threads(end);
        let (frames, stacks) = (&shared.frames, &shared.stacks);
        let main = self.roll.number_of_main();
        let import_seconds =
            main.map_or(0.0, |main| self.tally.import_seconds(main, frames, stacks));
        let observed = end.saturating_sub(self.first_seen.unwrap_or(end));
        if self.status.rounds > 0 && !observed.is_zero() {
            self.status.rate = self.status.rounds as f64 / observed.as_secs_f64();
        }
        let doubts = self.doubts();
        if self.status.rounds == 0 {
            // What the last try says of a program that has ended is of its ruins.
            let missed = self.missed.take().filter(|_| !self.has_ended());
            let why = self.refused.take().or(missed);
            self.status.refused = Some(
                why.unwrap_or_else(|| "the program ended before sampling could begin".to_owned()),
            );
        }
        let times = self.tally.times();
        ProcessRecord {
            pid: self.pid,
            parent: self.parent,
            command: self.command,
            python: self.python,
            start: self.since.as_secs_f64(),
            end: end.as_secs_f64(),
            threads: self.roll.into_records(&times, frames, stacks),
            times,
            timeline: self.timeline.into_stretches(),
            sizes: self.census.finish(&self.python_threads),
            sampling: self.status,
            import_seconds,
            awaits: self.awaits.into_awaits(),
            stalls: self.stalls.into_stalls(),
            doubts,
        }
    }

    fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if self.status.rounds > 0
            && let Some(why) = &self.refused
        {
            doubts.push(format!("sampling ended early: {why}"));
        }
        if self.truncated > 0 {
            doubts.push(format!(
                "{} samples are of recursion so deep that the outermost frames were not read",
                self.truncated
            ));
        }
        if self.crowded {
            doubts.push(format!(
                "the program had more than {MOST_THREADS} threads at once; only the newest were \
                 sampled"
            ));
        }
        if self.hidden_calls > 0 {
            doubts.push(format!(
                "for {} samples the kernel did not say what the thread waited for",
                self.hidden_calls
            ));
        }
        if self.timeline.cut {
            doubts.push(
                "the timeline ends early: there was no room for more of it (the ledger is complete)"
                    .to_owned(),
            );
        }
        if self.roll.is_full() {
            doubts.push(format!(
                "there were more than {} threads: the later ones are kept as one",
                roll::MOST_THREADS
            ));
        }
        doubts
    }
}
