//! Real programs on every CPython found: what a thread waits for and who holds it.

use super::{LockKind, LockWait, MOST_READS, Waiting};
use crate::kernel::descriptors::Descriptors;
use crate::kernel::thread::Threads;
use crate::kernel::waits::{self, Wait};
use crate::reader::attach::{self, Files, Target};
use crate::reader::frames::FrameTable;
use crate::reader::memory::{Memory, ProcessMemory};
use crate::reader::roster::{Roster, ThreadRef};
use crate::reader::stack::StackReader;
use crate::sys::{BATCH, Part, thread_cpu_time};
use rightlane_facts::SampleFrame;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Interpreters: `RIGHTLANE_TEST_PYTHONS` (paths separated by colons), and pyenv's.
fn pythons() -> Vec<PathBuf> {
    let named = std::env::var_os("RIGHTLANE_TEST_PYTHONS").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&named).collect();
    found.retain(|path| path.is_file());
    for minor in 10..=15 {
        let name = format!("python3.{minor}");
        let versions = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        let versions = std::fs::read_dir(versions.join(".pyenv/versions"));
        let folders = versions.into_iter().flatten().flatten();
        let ours = folders.map(|entry| entry.path().join("bin").join(&name));
        found.extend(ours.filter(|path| path.is_file()));
    }
    assert!(!found.is_empty(), "no CPython to test with");
    found
}

/// Memory that counts the system calls that it costs.
struct Counting {
    memory: ProcessMemory,
    reads: Cell<usize>,
}

impl Memory for Counting {
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize> {
        self.reads
            .set(self.reads.get() + parts.len().div_ceil(BATCH));
        self.memory.read_parts(parts)
    }
}

/// A program under observation.
struct Program {
    child: Child,
    memory: Counting,
    target: Target,
    threads: Threads,
    descriptors: Descriptors,
    roster: Roster,
    stacks: StackReader,
    table: FrameTable,
    waiters: Vec<i32>,
    holder: Option<i32>,
    most_reads: usize,
    /// System calls and CPU time of the last answer.
    last_reads: usize,
    took: Duration,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn source() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/outside/programs/locks.py")
}

impl Program {
    fn start(python: &PathBuf, scenario: &str) -> Self {
        let mut child = Command::new(python)
            .arg("-B")
            .arg(source())
            .arg(scenario)
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let pid = child.id();
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut numbers = || -> Vec<i32> {
            let line = lines.next().expect("a line").expect("text");
            line.split(' ')
                .filter_map(|word| word.parse().ok())
                .collect()
        };
        let memory = Counting {
            memory: ProcessMemory::new(pid),
            reads: Cell::new(0),
        };
        Program {
            waiters: numbers(),
            holder: numbers().first().copied(),
            target: attach::find(pid, &memory, &mut Files::new()).expect("a CPython"),
            memory,
            child,
            threads: Threads::new(pid),
            descriptors: Descriptors::new(pid),
            roster: Roster::default(),
            stacks: StackReader::default(),
            table: FrameTable::default(),
            most_reads: 0,
            last_reads: 0,
            took: Duration::ZERO,
        }
    }

    /// What the thread waits for, if it waits for a lock and not for the GIL.
    fn ask(&mut self, tid: i32) -> Option<LockWait> {
        let threads: Vec<ThreadRef> = self
            .roster
            .refresh(&self.memory, &self.target)
            .ok()?
            .to_vec();
        let waiter = threads.iter().find(|thread| thread.tid == tid)?;
        let call = self.threads.call(tid);
        let Wait::Futex(futex) = waits::find(call, &mut self.descriptors, &self.memory).wait else {
            return None;
        };
        if (waiter.gil..waiter.gil + 256).contains(&futex) {
            return None;
        }
        let waiting = Waiting {
            target: &self.target,
            waiter: waiter.state,
            futex,
            threads: &threads,
        };
        self.memory.reads.set(0);
        let start = thread_cpu_time();
        let wait = self
            .stacks
            .lock_wait(&self.memory, waiting, &mut self.table);
        self.took = thread_cpu_time().saturating_sub(start);
        let reads = self.memory.reads.get();
        assert!(reads <= MOST_READS, "{reads}");
        self.last_reads = reads;
        self.most_reads = self.most_reads.max(reads);
        // It must not have run meanwhile.
        let clock = self.threads.clock(tid)?;
        let still = self.threads.call(tid) == call && self.threads.clock(tid)? == clock;
        still.then_some(wait)
    }

    /// The kernel's id of the holder.
    fn holder_of(&self, wait: &LockWait) -> Option<i32> {
        let holder = wait.holder?;
        let threads = Roster::default()
            .refresh(&self.memory, &self.target)
            .expect("threads")
            .to_vec();
        let thread = threads.iter().find(|thread| thread.state == holder.state);
        Some(thread.map_or(0, |thread| thread.tid))
    }

    fn place(&self, wait: &LockWait) -> Option<&SampleFrame> {
        self.table.frame(wait.holder?.frame?)
    }
}

/// What is to be found of the holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The thread and its `with`.
    With,
    /// The thread.
    Thread,
    /// Nobody: unknown, or held by none.
    Nobody,
}

/// Right answers asked for; in between the answer may be that the holder is unknown.
const REPEATS: usize = 10;

/// Runs the scenario on every interpreter.
fn waits(scenario: &str, kind: LockKind, expected: Expected) {
    for python in pythons() {
        let mut program = Program::start(&python, scenario);
        let name = format!("{scenario} on {}", python.display());
        for tid in program.waiters.clone() {
            let deadline = Instant::now() + Duration::from_secs(120);
            let mut last = None;
            let mut right = 0;
            while right < REPEATS {
                assert!(Instant::now() < deadline, "{name}: {last:?}");
                let Some(wait) = program.ask(tid) else {
                    std::thread::yield_now();
                    continue;
                };
                last = Some(wait);
                right += usize::from(is_right(&program, &wait, kind, expected, &name));
            }
        }
        println!(
            "{name}: at most {} system calls, lastly {} and {:?} of CPU time",
            program.most_reads, program.last_reads, program.took
        );
    }
}

/// Whether the answer is the expected one; a wrong holder is not to be had at any time.
fn is_right(
    program: &Program,
    wait: &LockWait,
    kind: LockKind,
    expected: Expected,
    name: &str,
) -> bool {
    let holder = program.holder_of(wait);
    if holder.is_some() {
        assert_eq!(holder, program.holder, "{name}: a wrong holder");
    }
    if let Some(place) = program.place(wait) {
        assert_eq!(expected, Expected::With, "{name}: {place:?}");
        let text = std::fs::read_to_string(source()).expect("readable");
        let line = text.lines().nth(place.line as usize - 1);
        assert!(
            line.is_some_and(|line| line.ends_with("# taken")),
            "{name}: {place:?}"
        );
    }
    let found = match (wait.holder, program.place(wait)) {
        (Some(_), Some(_)) => Expected::With,
        (Some(_), None) => Expected::Thread,
        (None, _) => Expected::Nobody,
    };
    wait.kind == kind && found == expected
}

macro_rules! scenarios {
    ($($name:ident: $kind:ident, $expected:ident;)*) => {
        $(#[test]
        fn $name() {
            waits(stringify!($name), LockKind::$kind, Expected::$expected);
        })*
    };
}

scenarios! {
    lock_in_with: Lock, With;
    lock_waited_for_by_acquire: Lock, With;
    lock_waited_for_natively: Lock, With;
    lock_of_main_thread: Lock, With;
    lock_in_nested_with: Lock, With;
    lock_in_generator: Lock, With;
    lock_below_recursion: Lock, With;
    lock_while_waiting_for_queue: Lock, With;
    lock_of_busy_thread: Lock, With;
    lock_retaken: Lock, With;
    lock_among_many_threads: Lock, With;
    lock_held_by_its_waiter: Lock, With;
    lock_retaken_by_acquire: Lock, Nobody;
    lock_acquired: Lock, Nobody;
    lock_released_by_hand: Lock, Nobody;
    lock_of_condition: Lock, With;
    lock_of_condition_acquired: Lock, Nobody;
    lock_named_by_comprehension: Lock, Nobody;
    rlock_in_with: RLock, With;
    rlock_acquired: RLock, Thread;
    condition_as_lock: RLock, Thread;
    condition: Condition, Nobody;
    queue_get: Queue, Nobody;
    queue_put: Queue, Nobody;
    simple_queue: Queue, Nobody;
    event: Event, Nobody;
    semaphore: Semaphore, Nobody;
    barrier: Barrier, Nobody;
    join: Join, Nobody;
    future: Future, Nobody;
    futures: Future, Nobody;
}
