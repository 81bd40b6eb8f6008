//! Interpreters, folders with programs in them, and runs of them.

use crate::observer::Order;
use libtest_mimic::{Failed, Trial};
use rightlane_facts::{Observation, ProgramSource};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

/// An interpreter to test with.
#[derive(Debug, Clone)]
pub(crate) struct Python {
    pub(crate) path: PathBuf,
    pub(crate) version: (u32, u32, u32),
    pub(crate) name: String,
    /// Whether everything is tried, or only a few programs.
    pub(crate) thorough: bool,
}

/// Every interpreter found; 3.11 and 3.13 thoroughly.
pub(crate) fn pythons() -> Vec<Python> {
    let found = crate::pythons::pythons().iter();
    let probed = found.map(|found| Python {
        path: found.path.clone(),
        version: rightlane_observe::run::probe(&found.path)
            .expect("it has answered before")
            .version,
        name: found.name.clone(),
        thorough: !found.free_threaded && matches!(found.minor, 11 | 13),
    });
    probed.collect()
}

/// A test of `name` under `python`.
pub(crate) fn trial(
    python: &Python,
    name: &str,
    test: impl FnOnce(&Python) -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let owned = python.clone();
    let trial = Trial::test(format!("{}::{name}", python.name), move || test(&owned));
    trial.with_ignored_flag(NOT_YET.contains(&(&python.name, name)))
}

/// What is known to be wrong with observing the newer versions and builds: shown as ignored, and
/// to be taken from here by whoever puts it right.
const NOT_YET: &[(&str, &str)] = &[
    // Every generator there takes one of 5000 levels of C calls, which no program can have more
    // of, and the iterators above the program's first frame take two: two frames fewer fit.
    ("3.13t", "same: recursion"),
];

/// How a program is run.
#[derive(Debug, Clone, Default)]
pub(crate) struct How {
    pub(crate) flags: Vec<String>,
    pub(crate) module: Option<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) stdin: String,
    pub(crate) seconds: Option<f64>,
    pub(crate) plainly: bool,
}

/// A process that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has ended, which is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder with a program in it.
pub(crate) struct Place {
    folder: TempDir,
    /// Where our own files go: the program may list its folder.
    notes: TempDir,
    pub(crate) script: String,
}

impl Place {
    /// A folder with one file.
    pub(crate) fn with(script: &str, text: &[u8]) -> Self {
        let place = Self::empty(script);
        std::fs::create_dir_all(place.work()).expect("a folder");
        std::fs::write(place.work().join(script), text).expect("writable");
        place
    }

    /// A copy of the folder `from`.
    pub(crate) fn copy(from: &Path, script: &str) -> Self {
        let place = Self::empty(script);
        copy_folder(from, &place.work());
        place
    }

    fn empty(script: &str) -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
            notes: TempDir::new().expect("a folder"),
            script: script.to_owned(),
        }
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn notes(&self) -> &Path {
        self.notes.path()
    }

    /// Every loop and call of every Python file here.
    pub(crate) fn source(&self, python: &Python) -> ProgramSource {
        let mut files = vec![self.work().join(&self.script)];
        collect(&self.work(), &mut files);
        let output = Command::new(&python.path)
            .args(["-I", "-W", "ignore", "-c", include_str!("sites.py")])
            .args(&files)
            .output()
            .expect("the interpreter runs");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs the program as anybody would.
    pub(crate) fn plain(&self, python: &Python, how: &How) -> Output {
        let mut command = Command::new(&python.path);
        command.args(&how.flags);
        match &how.module {
            Some(module) => command.args(["-m", module]),
            None => command.arg(&self.script),
        };
        command.args(&how.arguments);
        finish(self.spawn(command), &how.stdin)
    }

    /// Runs the program observed.
    pub(crate) fn observed(&self, python: &Python, how: &How) -> (Output, Observation) {
        let child = self.observe(python, how);
        let output = finish(child, &how.stdin);
        (output, self.observation())
    }

    /// Starts observing the program; yields also what it prints.
    pub(crate) fn observe_slowly(&self, python: &Python) -> (Running, BufReader<ChildStdout>) {
        let mut child = self.observe(python, &How::default());
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        (Running(child), stdout)
    }

    fn observe(&self, python: &Python, how: &How) -> Child {
        let order = Order {
            python: python.path.clone(),
            flags: how.flags.clone(),
            module: how.module.clone(),
            script: PathBuf::from(&self.script),
            arguments: how.arguments.clone(),
            source: self.source(python),
            seconds: how.seconds,
            interrupt: Some(self.notes().join("interrupt")),
            instrument: !how.plainly,
            sample: true,
            output: self.notes().join("seen.json"),
        };
        let path = self.notes().join("order.json");
        std::fs::write(&path, serde_json::to_vec(&order).expect("JSON")).expect("writable");
        let mut command = Command::new(std::env::current_exe().expect("our path"));
        command.arg("observe").arg(path);
        self.spawn(command)
    }

    /// What was seen.
    pub(crate) fn observation(&self) -> Observation {
        let bytes = std::fs::read(self.notes().join("seen.json")).expect("an observation");
        let seen: Result<Observation, String> = serde_json::from_slice(&bytes).expect("JSON");
        seen.expect("an observation")
    }

    fn spawn(&self, mut command: Command) -> Child {
        command
            .current_dir(self.work())
            .env("PYTHONHASHSEED", "0")
            .env("TMPDIR", self.notes())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts")
    }

    /// Folders of ours that are still there.
    pub(crate) fn left_behind(&self) -> Vec<PathBuf> {
        let listing = std::fs::read_dir(self.notes()).expect("readable");
        let paths = listing.flatten().map(|entry| entry.path());
        paths.filter(|path| path.is_dir()).collect()
    }
}

fn finish(mut child: Child, stdin: &str) -> Output {
    let mut pipe = child.stdin.take().expect("a pipe");
    // A program may end without reading.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "py") && !files.contains(&path) {
            files.push(path);
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
