//! The sampling thread: attach, look around again and again, hand over what was seen.

use crate::kernel::descriptors::Descriptors;
use crate::kernel::process;
use crate::kernel::thread::Threads;
use crate::reader::attach::{self, Files, Miss, Target};
use crate::reader::frames::{FrameId, FrameTable, StackTable};
use crate::reader::memory::ProcessMemory;
use crate::reader::roster::{MOST_THREADS, Roster, ThreadRef};
use crate::reader::stack::StackReader;
use crate::sampler::Sampled;
use crate::sampler::census::Census;
use crate::sampler::pace::Pace;
use crate::sys;
use rightlane_facts::SamplingStatus;
use std::collections::HashSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

mod look;
mod tally;

use look::Followed;
use tally::Tally;

/// How long a process may take until Python runs in it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Time between two tries to attach.
const RETRY: Duration = Duration::from_millis(2);

/// Rounds in a row in which the threads could not be listed before looking for Python anew.
const MOST_FAILURES: u32 = 20;

/// Samples process `pid` until it ends or `stopped` says so.
pub(super) fn run(pid: u32, rate: f64, stopped: &Receiver<()>) -> Sampled {
    let mut watch = Watch::new(pid);
    let mut pace = Pace::new(rate, u64::from(pid) << 20 ^ 0x9e37_79b9_7f4a_7c15);
    let mut due = Duration::ZERO;
    loop {
        let step = watch.step();
        let pause = match step {
            Step::Ended => break,
            Step::Attaching => RETRY,
            Step::Refused => Duration::from_millis(100),
            Step::Looked => pace.next(watch.elapsed(), sys::thread_cpu_time()),
        };
        // A round that took longer than planned does not make the next ones follow at once.
        due = (due + pause).max(watch.elapsed());
        match stopped.recv_timeout(due.saturating_sub(watch.elapsed())) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    watch.finish()
}

/// What a step did.
enum Step {
    /// The process has ended.
    Ended,
    /// No Python yet.
    Attaching,
    /// No Python to be read: only the process as a whole is followed.
    Refused,
    /// A round of looks.
    Looked,
}

/// Everything known of the target.
struct Watch {
    pid: u32,
    start: Instant,
    memory: ProcessMemory,
    files: Files,
    target: Option<Target>,
    /// Since when there is no target, though there should be one.
    searching_since: Duration,
    refused: Option<String>,
    first_seen: Option<Duration>,
    roster: Roster,
    stacks: StackReader,
    frame_table: FrameTable,
    stack_table: StackTable,
    threads: Threads,
    descriptors: Descriptors,
    followed: Followed,
    tally: Tally,
    census: Census,
    /// Every thread id that ran Python.
    python: HashSet<i32>,
    /// Frames seen waiting for a file, socket or pipe.
    io_frames: HashSet<FrameId>,
    status: SamplingStatus,
    failures: u32,
    truncated: u64,
    hidden_calls: u64,
    /// Whether there ever were more threads than are followed.
    crowded: bool,
}

impl Watch {
    fn new(pid: u32) -> Self {
        Watch {
            pid,
            start: Instant::now(),
            memory: ProcessMemory::new(pid),
            files: Files::new(),
            target: None,
            searching_since: Duration::ZERO,
            refused: None,
            first_seen: None,
            roster: Roster::default(),
            stacks: StackReader::default(),
            frame_table: FrameTable::default(),
            stack_table: StackTable::new(),
            threads: Threads::new(pid),
            descriptors: Descriptors::new(pid),
            followed: Followed::default(),
            tally: Tally::default(),
            census: Census::new(pid),
            python: HashSet::new(),
            io_frames: HashSet::new(),
            status: SamplingStatus::default(),
            failures: 0,
            truncated: 0,
            hidden_calls: 0,
            crowded: false,
        }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn step(&mut self) -> Step {
        let elapsed = self.elapsed();
        let another_program = self.census.take(elapsed, &self.python, &mut self.threads);
        if another_program {
            self.detach();
        }
        let Some(target) = self.target else {
            return self.search();
        };
        match self.round(&target) {
            Ok(()) => {
                self.failures = 0;
                Step::Looked
            }
            Err(look::Lost) if self.has_ended() => Step::Ended,
            Err(look::Lost) => {
                self.failures += 1;
                if self.failures >= MOST_FAILURES {
                    self.detach();
                }
                Step::Attaching
            }
        }
    }

    fn has_ended(&self) -> bool {
        process::stat(self.pid).is_none_or(|stat| stat.ended())
    }

    /// Forgets the program read so far (the process executes another one), not what it showed.
    fn detach(&mut self) {
        // What its threads do from here on is not seen, so it is not guessed either.
        self.finish_threads(self.elapsed());
        self.target = None;
        self.failures = 0;
        self.searching_since = self.elapsed();
        self.files.clear();
        // What it may have opened is the memory of the program before.
        self.memory = ProcessMemory::new(self.pid);
        self.roster = Roster::default();
        self.stacks.forget();
    }

    fn search(&mut self) -> Step {
        if self.has_ended() {
            return Step::Ended;
        }
        if self.refused.is_some() {
            return Step::Refused;
        }
        let miss = match attach::find(self.pid, &self.memory, &mut self.files) {
            Ok(target) if self.has_threads(&target) => {
                self.first_seen.get_or_insert(self.start.elapsed());
                self.target = Some(target);
                return Step::Attaching;
            }
            Ok(_) => Miss {
                why: format!("Python in process {} did not start", self.pid),
                hopeless: false,
            },
            Err(miss) => miss,
        };
        let waited = self.elapsed().saturating_sub(self.searching_since);
        if miss.hopeless || waited > PATIENCE {
            self.refused = Some(miss.why);
            return Step::Refused;
        }
        Step::Attaching
    }

    fn has_threads(&mut self, target: &Target) -> bool {
        let threads = self.roster.refresh(&self.memory, target);
        threads.is_ok_and(|threads| !threads.is_empty())
    }

    fn refs(&mut self, target: &Target) -> Result<Vec<ThreadRef>, look::Lost> {
        let threads = self.roster.refresh(&self.memory, target);
        let threads = threads.map(<[_]>::to_vec).map_err(|_| look::Lost);
        self.crowded |= self.roster.is_cut();
        threads
    }

    fn finish(mut self) -> Sampled {
        let end = self.elapsed();
        self.finish_threads(end);
        let samples = self
            .tally
            .samples(self.pid, &self.frame_table, &self.stack_table);
        let import_seconds =
            self.tally
                .import_seconds(self.pid, &self.frame_table, &self.stack_table);
        let observed = end.saturating_sub(self.first_seen.unwrap_or(end));
        if self.status.rounds > 0 && !observed.is_zero() {
            self.status.rate = self.status.rounds as f64 / observed.as_secs_f64();
        }
        let doubts = self.doubts();
        if self.status.rounds == 0 {
            self.status.refused = Some(
                self.refused
                    .unwrap_or_else(|| "the program ended before sampling could begin".to_owned()),
            );
        }
        Sampled {
            samples,
            status: self.status,
            process: self.census.finish(&self.python),
            import_seconds,
            first_seen: self.first_seen.map(|first| first.as_secs_f64()),
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
        doubts
    }
}
