//! The keeper: a small process that starts the runs and clears up, however we end.
//!
//! Its code is `agent/keeper.py`. It makes the race's folder itself, so there is no moment at which
//! there is a folder and nobody to remove it.

use crate::error::{At, RaceError};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const SOURCE: &str = include_str!("agent/keeper.py");
/// How long an interpreter may take to start the keeper, on a machine that swaps.
const START: Duration = Duration::from_secs(60);
/// How often the interrupt is asked for.
const LOOK: Duration = Duration::from_millis(20);
/// SIGKILL.
const KILLED: i32 = 9;
/// The longest answer that is read.
const ANSWER: u64 = 1 << 20;

/// Bytes as they travel: each a character.
pub(crate) fn carried(text: &OsStr) -> String {
    text.as_bytes()
        .iter()
        .map(|byte| char::from(*byte))
        .collect()
}

fn landed(text: &str) -> PathBuf {
    let bytes = text.chars().map(|one| u8::try_from(one).unwrap_or(b'?'));
    PathBuf::from(std::ffi::OsString::from_vec(bytes.collect()))
}

/// A run, as the keeper is told. Texts are [`carried`].
#[derive(Debug, Serialize)]
pub(crate) struct Order {
    pub(crate) arguments: Vec<String>,
    pub(crate) directory: String,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) writable: Vec<String>,
    /// Whether other processes may be signalled and abstract sockets connected to.
    pub(crate) open: bool,
}

/// A run, as the keeper tells. Times are in nanoseconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ran {
    /// Why it could not be started.
    pub(crate) failure: Option<String>,
    /// As `wait` has it.
    pub(crate) status: i32,
    pub(crate) wall: u64,
    pub(crate) cpu: u64,
    pub(crate) peak: u64,
    pub(crate) startup: Option<u64>,
    /// The names of the processes that it left running.
    pub(crate) left: Vec<String>,
}

/// Why a run was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    ByItself,
    AtLimit,
    TooMuchOutput,
    Interrupted,
}

/// How much a run may take.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// Wall time; none: any.
    pub(crate) time: Option<Duration>,
    /// Bytes on stdout or stderr; none: any.
    pub(crate) output: Option<u64>,
}

#[derive(Deserialize)]
struct Greeting {
    folder: String,
    landlock: u32,
}

/// The keeper's process.
#[derive(Debug)]
pub(crate) struct Keeper {
    child: Child,
    orders: Option<ChildStdin>,
    answers: Receiver<String>,
    /// The race's own folder.
    pub(crate) folder: PathBuf,
    /// The version of Landlock that the kernel has; 0: none.
    pub(crate) landlock: u32,
    python: PathBuf,
    temporary: PathBuf,
}

impl Keeper {
    /// Starts it, and waits until it has made the folder.
    pub(crate) fn start(python: &Path, temporary: &Path) -> Result<Self, RaceError> {
        let mut child = spawn(python, temporary)?;
        let orders = child.stdin.take();
        let (send, answers) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                let mut output = BufReader::new(output);
                loop {
                    let mut line = String::new();
                    let read = std::io::Read::take(&mut output, ANSWER).read_line(&mut line);
                    if !matches!(read, Ok(1..)) || send.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let mut keeper = Self {
            child,
            orders,
            answers,
            folder: PathBuf::new(),
            landlock: 0,
            python: python.to_owned(),
            temporary: temporary.to_owned(),
        };
        let greeting = keeper
            .answers
            .recv_timeout(START)
            .map_err(|_| RaceError::keeper(format!("{} did not start it", python.display())))?;
        let greeting: Greeting = serde_json::from_str(&greeting).map_err(RaceError::keeper)?;
        keeper.folder = landed(&greeting.folder);
        keeper.landlock = greeting.landlock;
        Ok(keeper)
    }

    /// Has the keeper run a program, and waits until it and all that it left behind are gone. It is
    /// ended at its limits or when `interrupt` says so.
    pub(crate) fn run(
        &mut self,
        order: &Order,
        limits: Limits,
        outputs: &[PathBuf],
        interrupt: &dyn Fn() -> bool,
    ) -> Result<(Ran, Ended), RaceError> {
        #[derive(Serialize)]
        struct Run<'a> {
            run: &'a Order,
        }
        let line = serde_json::to_string(&Run { run: order }).map_err(RaceError::keeper)?;
        self.tell(&line)?;
        let started = Instant::now();
        let mut ended = Ended::ByItself;
        loop {
            match self.answers.recv_timeout(LOOK) {
                Ok(line) => {
                    let ran: Ran = serde_json::from_str(&line).map_err(RaceError::keeper)?;
                    // It may have ended just before it was to be.
                    let killed = ended == Ended::Interrupted || ran.status & 0x7f == KILLED;
                    return Ok((ran, if killed { ended } else { Ended::ByItself }));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(RaceError::keeper("it was killed"));
                }
                Err(RecvTimeoutError::Timeout) if ended != Ended::ByItself => {}
                Err(RecvTimeoutError::Timeout) => {
                    if interrupt() {
                        ended = Ended::Interrupted;
                    } else if limits.time.is_some_and(|limit| started.elapsed() > limit) {
                        ended = Ended::AtLimit;
                    } else if limits.output.is_some_and(|limit| largest(outputs) > limit) {
                        ended = Ended::TooMuchOutput;
                    }
                    if ended != Ended::ByItself {
                        self.tell("{\"end\": 1}")?;
                    }
                }
            }
        }
    }

    fn tell(&mut self, line: &str) -> Result<(), RaceError> {
        let orders = self
            .orders
            .as_mut()
            .ok_or_else(|| RaceError::keeper("it has ended"))?;
        orders
            .write_all(format!("{line}\n").as_bytes())
            .map_err(RaceError::keeper)
    }
}

fn largest(files: &[PathBuf]) -> u64 {
    let sizes = files
        .iter()
        .map(|file| file.metadata().map_or(0, |about| about.len()));
    sizes.max().unwrap_or(0)
}

fn spawn(python: &Path, temporary: &Path) -> Result<Child, RaceError> {
    Command::new(python)
        .args(["-I", "-S", "-c", SOURCE])
        .arg(temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .at(python)
}

impl Drop for Keeper {
    /// Waits until everything is cleared up. A keeper that was killed is followed by another, which
    /// clears up for it.
    fn drop(&mut self) {
        drop(self.orders.take());
        drop(self.child.wait());
        if self.folder.exists()
            && let Ok(mut next) = spawn(&self.python, &self.temporary)
        {
            drop(next.stdin.take());
            drop(next.wait());
        }
    }
}
