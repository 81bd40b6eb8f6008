//! What a race is told.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// One way to run the program.
#[derive(Debug, Clone)]
pub struct Variant {
    /// What it is called in results.
    pub name: String,
    /// The interpreter: a path, not a name to be looked up.
    pub python: PathBuf,
    /// Options of the interpreter, before the program.
    pub python_flags: Vec<OsString>,
    /// What it runs.
    pub target: Target,
    /// The program's arguments. Run in a copy, those that are absolute paths below the root lead to
    /// the copy.
    pub arguments: Vec<OsString>,
    /// Files, by absolute path, and the text that they have in this variant. Never written to the
    /// person's tree.
    pub overlay: Vec<(PathBuf, String)>,
}

impl Variant {
    /// A variant without flags, arguments and other texts.
    pub fn new(name: impl Into<String>, python: impl Into<PathBuf>, target: Target) -> Self {
        Self {
            name: name.into(),
            python: python.into(),
            python_flags: Vec::new(),
            target,
            arguments: Vec::new(),
            overlay: Vec::new(),
        }
    }
}

/// What an interpreter runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `python SCRIPT`: as the person gave it, absolute or from the working directory.
    Script(PathBuf),
    /// `python -m MODULE`.
    Module(String),
}

/// When the program runs in a copy of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Copying {
    /// When the rehearsal shows that it writes there (or starts commands that may).
    #[default]
    WhenNeeded,
    /// From the start.
    Always,
}

/// How large a tree is copied.
#[derive(Debug, Clone, Copy)]
pub struct CopyLimit {
    /// All files together, in bytes.
    pub bytes: u64,
    /// Files and folders.
    pub entries: usize,
}

impl Default for CopyLimit {
    /// 2 GiB in 100,000 entries: some seconds on a usual disk.
    fn default() -> Self {
        Self {
            bytes: 2 << 30,
            entries: 100_000,
        }
    }
}

/// When two outputs count as equal. The exit status has to be the same under every rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OutputEqual {
    /// Byte by byte, stdout and stderr.
    #[default]
    Exact,
    /// With the lines of each stream sorted.
    Sorted,
    /// The same lines as often; differences are told as lines that are missing or too many.
    Unordered,
    /// Not compared.
    Ignore,
    /// `sh -c COMMAND sh REFERENCE VARIANT` with two files of what stdout was (a COMMAND without `$` gets
    /// them behind it); exit status 0 means
    /// equal. It runs unguarded in the working directory. stderr is not compared.
    Command(String),
}

/// What a race is to know. [`Setup::new`] has defaults for all but the places.
#[derive(Clone)]
pub struct Setup<'a> {
    /// The person's working directory, in which the program runs; absolute.
    pub directory: PathBuf,
    /// The tree that is protected, and copied when the program writes in it; contains `directory`.
    pub root: PathBuf,
    /// Where the race makes its folder. Taken for one of the temporary folders, in which programs may
    /// write (unless it lies in the tree).
    pub temporary: PathBuf,
    /// A CPython from 3.10 on, which runs the keeper.
    pub python: PathBuf,
    /// When the tree is copied.
    pub copying: Copying,
    /// How large a tree is copied.
    pub copy_limit: CopyLimit,
    /// When outputs count as equal.
    pub equal: OutputEqual,
    /// Whether files that were created, changed or deleted in the copy have to be the same too.
    pub compare_files: bool,
    /// Whether effects outside of the tree are wanted. The tree stays untouched all the same.
    pub allow_effects: bool,
    /// Wall time of all runs after the rehearsal; none: five times the rehearsal's, two seconds at
    /// least.
    pub budget: Option<Duration>,
    /// Runs that each variant gets that is neither dropped nor wrong.
    pub min_runs: usize,
    /// Runs that those get which cannot be told from the best.
    pub max_runs: usize,
    /// For the resampling: the same samples and seed give the same interval.
    pub seed: u64,
    /// Asked about fifty times a second; once it says yes, the current run is ended.
    pub interrupt: &'a dyn Fn() -> bool,
}

impl<'a> Setup<'a> {
    /// A setup with defaults: 3 to 7 runs, five times the rehearsal's time, exact output, a copy
    /// when needed, no effects.
    pub fn new(
        directory: impl Into<PathBuf>,
        root: impl Into<PathBuf>,
        temporary: impl Into<PathBuf>,
        python: impl Into<PathBuf>,
        interrupt: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            directory: directory.into(),
            root: root.into(),
            temporary: temporary.into(),
            python: python.into(),
            copying: Copying::default(),
            copy_limit: CopyLimit::default(),
            equal: OutputEqual::default(),
            compare_files: false,
            allow_effects: false,
            budget: None,
            min_runs: 3,
            max_runs: 7,
            seed: 0,
            interrupt,
        }
    }
}
