//! Interpreters to test with, and running programs under the sampler.

use rightlane_facts::{Ledger, Sample, WaitCause};
use rightlane_observe::sampler::{Options, Recorder, Sampled};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A CPython found on this machine.
pub struct Python {
    pub path: PathBuf,
    pub minor: u32,
}

/// One CPython of each minor version that can be sampled: from `PATH`, else from pyenv's folder.
pub fn pythons() -> Vec<Python> {
    let found: Vec<Python> = (10..=15)
        .filter_map(|minor| {
            let path = on_path(minor).or_else(|| in_pyenv(minor))?;
            Some(Python { path, minor })
        })
        .collect();
    assert!(!found.is_empty(), "no CPython 3.10 to 3.15 to test with");
    found
}

/// Asks the interpreter: a name on the path may be a shim that leads nowhere or elsewhere.
fn answers(program: PathBuf, minor: u32) -> Option<PathBuf> {
    let code = "import sys; print(sys.version_info[1], sys.implementation.name, sys.executable)";
    let output = Command::new(program).args(["-c", code]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let path = text.strip_prefix(&format!("{minor} cpython "))?.trim_end();
    (!path.is_empty()).then(|| PathBuf::from(path))
}

fn on_path(minor: u32) -> Option<PathBuf> {
    answers(PathBuf::from(format!("python3.{minor}")), minor)
}

fn in_pyenv(minor: u32) -> Option<PathBuf> {
    let versions = PathBuf::from(std::env::var_os("HOME")?).join(".pyenv/versions");
    let prefix = format!("3.{minor}.");
    std::fs::read_dir(versions)
        .ok()?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .find_map(|entry| answers(entry.path().join("bin/python"), minor))
}

/// A file of `programs`.
pub fn program(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/outside/programs")
        .join(name)
}

/// What a run showed.
pub struct Run {
    pub sampled: Sampled,
    pub output: String,
    pub wall: f64,
}

/// Runs the command to its end under the sampler.
pub fn run(command: &mut Command) -> Run {
    let start = Instant::now();
    let child = command.stdout(Stdio::piped()).spawn().expect("starts");
    let sampler = Recorder::start(child.id(), Options::at(100.0));
    wait_for_end(&child);
    let sampled = Sampled::from(&sampler.stop());
    let wall = start.elapsed().as_secs_f64();
    let output = child.wait_with_output().expect("can be waited for");
    Run {
        sampled,
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        wall,
    }
}

/// Waits until the child has ended, without reaping it.
pub fn wait_for_end(child: &Child) {
    let path = format!("/proc/{}/stat", child.id());
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let stat = std::fs::read_to_string(&path).expect("not reaped yet");
        let state = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.trim().chars().next());
        if state == Some('Z') {
            return;
        }
        assert!(Instant::now() < deadline, "the program does not end");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The time of samples with `function` on the stack.
pub fn ledger_of<'a>(samples: impl IntoIterator<Item = &'a Sample>, function: &str) -> Ledger {
    let mut ledger = Ledger::default();
    for sample in samples {
        if sample
            .frames
            .iter()
            .any(|frame| &*frame.function == function)
        {
            ledger.add(sample.cause, sample.seconds);
        }
    }
    ledger
}

/// The cause with the most time, the machine being busy left aside.
pub fn dominant(ledger: &Ledger) -> WaitCause {
    let mut calm = *ledger;
    calm.cpu_wait = 0.0;
    calm.dominant()
}

/// The rows that have time, for messages.
pub fn show(ledger: &Ledger) -> String {
    ledger
        .rows()
        .filter(|(_, seconds)| *seconds > 0.0)
        .map(|(cause, seconds)| format!("{} {seconds:.3}", cause.key()))
        .collect::<Vec<_>>()
        .join(", ")
}
