//! What to run, and how.

use super::Interrupt;
use rightlane_facts::{ProgramSource, PythonFacts};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The program, as `python` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `python PATH`, the path as the person wrote it.
    Script(PathBuf),
    /// `python -m NAME`
    Module(String),
}

impl Target {
    /// As a person names it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Target::Script(path) => path.display().to_string(),
            Target::Module(name) => format!("-m {name}"),
        }
    }
}

/// What to run, and how.
#[derive(Debug)]
pub struct RunRequest<'a> {
    /// The interpreter.
    pub python: &'a Path,
    /// What [`super::probe`] said of it; `None` has it probed first.
    pub facts: Option<&'a PythonFacts>,
    /// Options of the interpreter itself (`-O`, `-X dev`, …).
    pub python_flags: &'a [OsString],
    /// The program.
    pub target: Target,
    /// The program's own arguments.
    pub arguments: &'a [OsString],
    /// What its source says: where to look.
    pub source: &'a ProgramSource,
    /// Samples per second wanted.
    pub rate: f64,
    /// After this long the program is ended.
    pub time_limit: Option<Duration>,
    /// Asks to end it sooner.
    pub interrupt: &'a Interrupt,
    /// Whether to sample from outside.
    pub sample: bool,
    /// Whether to watch from inside; without it the program is started plainly.
    pub instrument: bool,
    /// A function of it whose calls are recorded; only with `instrument`.
    pub capture: Option<Capture<'a>>,
    /// Where its standard streams go.
    pub streams: Streams<'a>,
    /// Its working directory; `None`: ours.
    pub directory: Option<&'a Path>,
    /// Where the folder is made that it reports into; `None`: among the temporary files.
    pub scratch: Option<&'a Path>,
    /// Variables that it gets besides ours.
    pub environment: &'a [(OsString, OsString)],
}

/// A function whose calls' arguments are recorded.
#[derive(Debug, Clone, Copy)]
pub struct Capture<'a> {
    /// Its file, as in [`ProgramSource::files`].
    pub file: &'a str,
    /// Its name, at the file's top level.
    pub function: &'a str,
    /// Where the calls are written, one a line; what could not be recorded is said, one a line, in the file
    /// beside it whose name ends with `.failed`. A file is made when there is something to write.
    pub to: &'a Path,
}

/// Where the program's standard streams go.
#[derive(Debug, Clone, Copy)]
pub enum Streams<'a> {
    /// They are ours.
    Shared,
    /// Its input is empty; its output goes to the file, or nowhere.
    Away(Option<&'a File>),
    /// Its input is the file; its output goes nowhere.
    Fed(&'a File),
}

/// How far the run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Since the start.
    pub elapsed: Duration,
    /// Iterations seen in all watched loops, as last written by the program.
    pub tasks_seen: u64,
    /// What is going on.
    pub state: State,
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The program runs.
    Running,
    /// It has been asked to end.
    Ending,
}
