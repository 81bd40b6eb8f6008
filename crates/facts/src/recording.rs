//! What observing a program and its child processes shows: the complete time ledger, as it is
//! kept in a file and turned into reports and exports.

use crate::{Ledger, Outcome, Process, SampleFrame, SamplingStatus, WaitCause};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the recording's form: the major number changes when an old reader would
/// misunderstand a new file.
pub const RECORDING_VERSION: &str = "1.0";

/// One observation of a program. Times are in seconds since its start unless a field says
/// otherwise; frames, stacks and details are kept once and referred to by index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Version of this form ([`RECORDING_VERSION`]).
    pub recording: String,
    /// The program as a person names it: a script, `-m NAME`, `process 4711`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// When it began, in seconds since 1970.
    pub started: f64,
    /// How long it was observed.
    pub wall_seconds: f64,
    /// How the program ended; `None` if it went on.
    pub outcome: Option<Outcome>,
    /// Whether observing stopped before the program ended by itself.
    pub cut_short: bool,
    /// The program's process first, then those that it started, in the order in which they were seen.
    pub processes: Vec<ProcessRecord>,
    /// Every frame.
    pub frames: Vec<SampleFrame>,
    /// Every stack: indexes into `frames`, innermost first. The first one is empty.
    pub stacks: Vec<Vec<u32>>,
    /// Every detail of a wait.
    pub details: Vec<WaitDetail>,
    /// CPU seconds that observing itself used.
    pub own_cpu: f64,
    /// What could not be seen, as sentences without a full stop.
    pub doubts: Vec<String>,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// The kernel's id.
    pub pid: u32,
    /// The id of the process that started it; `None` for the program itself.
    pub parent: Option<u32>,
    /// Its command line, shortened.
    pub command: String,
    /// The Python in it, if it is one that could be read.
    pub python: Option<PythonBuild>,
    /// When it was first seen.
    pub start: f64,
    /// When it was last seen.
    pub end: f64,
    /// Its Python threads, in the order in which they were seen; the main thread first if it was seen.
    pub threads: Vec<ThreadRecord>,
    /// Where the threads' time went; together it is all of it.
    pub times: Vec<Time>,
    /// The same in the order of time, as far as room was left for it.
    pub timeline: Vec<Stretch>,
    /// Sizes.
    pub sizes: Process,
    /// How sampling went.
    pub sampling: SamplingStatus,
    /// Wall seconds of the main thread with the import system on its stack.
    pub import_seconds: f64,
    /// What its event loops' tasks awaited.
    pub awaits: Vec<Await>,
    /// Callbacks that kept an event loop from everything else.
    pub stalls: Vec<Stall>,
    /// What could not be seen, as sentences without a full stop.
    pub doubts: Vec<String>,
}

/// The Python in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PythonBuild {
    /// Minor version: 13 for 3.13.
    pub minor: u8,
    /// Whether it is a free-threaded build.
    pub free_threaded: bool,
    /// Whether the GIL was in use when the process was last seen.
    pub gil: bool,
}

/// One Python thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadRecord {
    /// The kernel's id.
    pub tid: i32,
    /// What people may know it by: its name if it has one of its own, else the function that it
    /// was started with, else empty.
    pub name: String,
    /// Whether it is the process's main thread.
    pub main: bool,
    /// When it was first seen.
    pub start: f64,
    /// When it was last seen.
    pub end: f64,
}

/// Time with the same thread, cause, stack and detail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Time {
    /// Index into the process's `threads`.
    pub thread: u32,
    /// Where it went.
    pub cause: WaitCause,
    /// Index into the recording's `stacks`.
    pub stack: u32,
    /// Index into the recording's `details`.
    pub detail: Option<u32>,
    /// How long.
    pub seconds: f64,
}

/// A stretch of time in which a thread was seen doing one thing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Index into the process's `threads`.
    pub thread: u32,
    /// When it began.
    pub start: f64,
    /// How long it lasted.
    pub seconds: f64,
    /// What the thread did.
    pub cause: WaitCause,
    /// Index into the recording's `stacks`.
    pub stack: u32,
    /// Index into the recording's `details`.
    pub detail: Option<u32>,
}

/// More about a wait than its cause.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WaitDetail {
    /// A socket.
    Socket {
        /// What the thread does with it.
        operation: SocketOperation,
        /// The address at the other end (`127.0.0.1:8080`, `[::1]:80`, `unix:/run/x.sock`); for
        /// `accept` its own address.
        peer: Option<String>,
    },
    /// A lock or something made of one.
    Lock {
        /// Which kind.
        lock: LockKind,
        /// Who holds it, where that can be known.
        holder: Option<LockHolder>,
    },
    /// A file.
    File {
        /// Its path.
        path: String,
    },
    /// A child process.
    Child {
        /// Its id, if the thread waits for a certain one.
        pid: u32,
        /// Its command line, shortened; empty if it is gone.
        command: String,
    },
}

/// What a thread does with a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the system calls' own names")]
pub enum SocketOperation {
    Connect,
    Accept,
    Receive,
    Send,
    /// Waiting for any of several descriptors: poll, select, epoll.
    Poll,
}

impl SocketOperation {
    /// In words: what the thread waits to do.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            SocketOperation::Connect => "connect to",
            SocketOperation::Accept => "accept on",
            SocketOperation::Receive => "receive from",
            SocketOperation::Send => "send to",
            SocketOperation::Poll => "poll",
        }
    }

    /// In words where the address is not known.
    #[must_use]
    pub fn alone(self) -> &'static str {
        match self {
            SocketOperation::Connect => "connect",
            SocketOperation::Accept => "accept",
            SocketOperation::Receive => "receive",
            SocketOperation::Send => "send",
            SocketOperation::Poll => "any of several sockets",
        }
    }
}

/// A kind of lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the standard library's own names")]
pub enum LockKind {
    Lock,
    RLock,
    Condition,
    Queue,
    Event,
    Semaphore,
    Barrier,
    /// `Thread.join`.
    Join,
    /// `Future.result` and `concurrent.futures.wait`.
    Future,
    Other,
}

impl LockKind {
    /// In words: what the thread waits for.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            LockKind::Lock => "a Lock",
            LockKind::RLock => "an RLock",
            LockKind::Condition => "a Condition",
            LockKind::Queue => "a Queue",
            LockKind::Event => "an Event",
            LockKind::Semaphore => "a Semaphore",
            LockKind::Barrier => "a Barrier",
            LockKind::Join => "a thread's end",
            LockKind::Future => "a Future's result",
            LockKind::Other => "a lock",
        }
    }
}

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct LockHolder {
    /// The kernel's id of its thread.
    pub thread: i32,
    /// Where in the source it took it, if that is known.
    pub file: Option<String>,
    /// The function there.
    pub function: Option<String>,
    /// The line, 0 if unknown.
    pub line: u32,
}

/// What some tasks of an event loop awaited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Await {
    /// Index into the recording's `stacks`: the awaited coroutine first, the task's own last.
    pub stack: u32,
    /// What the innermost one awaits, if told: `Future`, `Task-3`.
    pub awaits: Option<String>,
    /// Names of some of these tasks.
    pub names: Vec<String>,
    /// Tasks seen there, on average over the looks.
    pub tasks: f64,
    /// Most of them at one look.
    pub most: u32,
}

/// A place that kept an event loop from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    /// Index into the process's `threads`.
    pub thread: u32,
    /// Index into the recording's `stacks`: the stack seen most often during these stalls.
    pub stack: u32,
    /// What the loop's thread did meanwhile, mostly.
    pub cause: WaitCause,
    /// How often.
    pub count: u32,
    /// The longest one, in seconds.
    pub longest: f64,
    /// All of them together, in seconds.
    pub seconds: f64,
}

impl Recording {
    /// The frames of stack number `stack`, innermost first; none for a number that is not there.
    pub fn stack(&self, stack: u32) -> impl Iterator<Item = &SampleFrame> {
        let frames = self.stacks.get(stack as usize).into_iter().flatten();
        frames.filter_map(|frame| self.frames.get(*frame as usize))
    }

    /// Detail number `detail`.
    #[must_use]
    pub fn detail(&self, detail: Option<u32>) -> Option<&WaitDetail> {
        self.details.get(detail? as usize)
    }
}

impl ProcessRecord {
    /// Where the time of thread number `thread` went.
    #[must_use]
    pub fn ledger_of(&self, thread: u32) -> Ledger {
        let mut ledger = Ledger::default();
        for time in self.times.iter().filter(|time| time.thread == thread) {
            ledger.add(time.cause, time.seconds);
        }
        ledger
    }
}
