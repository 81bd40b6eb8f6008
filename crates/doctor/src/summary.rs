//! What `rightlane doctor` shows beside the costs.

use crate::{Error, Limits, limits, python_facts};
use rightlane_facts::PythonFacts;
use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// This machine at a glance.
#[derive(Debug)]
pub struct Summary {
    /// Cores and memory usable by this process.
    pub limits: Limits,
    /// Interpreters, in the order in which they were found; those that did not answer as errors.
    pub pythons: Vec<Result<PythonFacts, Error>>,
    /// What this process may see of its children.
    pub permissions: Permissions,
}

/// What this process may see of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// `/proc/sys/kernel/yama/ptrace_scope`; `None` where there is no such thing (no limit).
    pub ptrace_scope: Option<u8>,
    /// Whether reading a child's memory works; `None` if no child could be started to try.
    pub child_memory: Option<bool>,
}

/// Looks around: `search_path` as in the environment variable `PATH`; `homes` are folders of
/// installations (`~/.pyenv/versions`, `~/.local/share/uv/python`), each with `NAME/bin`.
#[must_use]
pub fn summary(search_path: &str, homes: &[PathBuf]) -> Summary {
    let mut seen = BTreeSet::new();
    let mut pythons = Vec::new();
    for python in find_pythons(search_path, homes) {
        let facts = python_facts(&python);
        // a shim answers with the path of what it starts
        let own = facts.as_ref().map_or_else(
            |_| python.clone(),
            |facts| real_path(Path::new(&facts.executable)),
        );
        if seen.insert(own) {
            pythons.push(facts);
        }
    }
    let known = pythons.iter().find_map(|python| python.as_ref().ok());
    Summary {
        limits: limits(),
        permissions: permissions(known.map(|facts| Path::new(facts.executable.as_str()))),
        pythons,
    }
}

/// Interpreters by name (`python3`, `python3.11`, `python3.14t`), each real file once.
#[must_use]
pub fn find_pythons(search_path: &str, homes: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::split_paths(search_path)
        .filter(|folder| folder.is_absolute())
        .collect();
    for home in homes {
        for installation in sorted_entries(home) {
            folders.push(installation.join("bin"));
        }
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for folder in folders {
        for file in sorted_entries(&folder) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if is_python(&name) && file.is_file() && seen.insert(real_path(&file)) {
                found.push(file);
            }
        }
    }
    found
}

fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    entries
}

fn real_path(file: &Path) -> PathBuf {
    std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

/// `python3` or `python3.N`, perhaps with `t` for the free-threaded build.
fn is_python(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("python3") else {
        return false;
    };
    let Some(minor) = rest.strip_prefix('.') else {
        return rest.is_empty();
    };
    let digits = minor.strip_suffix('t').unwrap_or(minor);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What this process may see of a child, tried on a child running `python`.
#[must_use]
pub fn permissions(python: Option<&Path>) -> Permissions {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    Permissions {
        ptrace_scope: scope.ok().and_then(|text| text.trim().parse().ok()),
        child_memory: python.and_then(reads_child),
    }
}

/// Starts a child that waits for its input to end, and reads a byte of its memory.
fn reads_child(python: &Path) -> Option<bool> {
    let mut child = Command::new(python)
        .args(["-I", "-S", "-c", "import sys; sys.stdin.read()"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let read = read_a_byte(child.id());
    drop(child.stdin.take());
    // it ends by itself when its input does
    let _ = child.wait();
    Some(read.is_some())
}

fn read_a_byte(process: u32) -> Option<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let mut memory = std::fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let readable = maps.lines().filter(|line| {
        let permissions = line.split_whitespace().nth(1);
        permissions.is_some_and(|permissions| permissions.starts_with('r'))
    });
    for line in readable {
        let start = line.split('-').next()?;
        let address = u64::from_str_radix(start, 16).ok()?;
        let mut byte = [0];
        if memory.seek(SeekFrom::Start(address)).is_ok() && memory.read_exact(&mut byte).is_ok() {
            return Some(byte[0]);
        }
    }
    None
}
