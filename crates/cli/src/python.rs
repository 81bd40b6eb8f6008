//! Which Python runs the program.

use crate::failure::Failure;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Finds the interpreter: the one asked for; `default` (the one that Rightlane is installed in);
/// an active virtual environment; `.venv` in the working directory or above the script; then
/// what the shell would take.
///
/// Nothing is run here, so a path that is found may still not be a Python.
pub(crate) fn find(
    asked: Option<&OsStr>,
    default: Option<&Path>,
    script: Option<&Path>,
) -> Result<PathBuf, Failure> {
    if let Some(asked) = asked {
        return named(asked);
    }
    if let Some(default) = default.filter(|path| path.is_file()) {
        return Ok(default.to_owned());
    }
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    active
        .into_iter()
        .chain(project_environments(script))
        .map(|root| interpreter(&root))
        .find(|path| path.is_file())
        .or_else(|| which::which("python3").ok())
        .or_else(|| which::which("python").ok())
        .ok_or_else(|| {
            Failure::not_here("no Python was found: no virtual environment, python3 or python")
                .instead("name one: rightlane advise --python /path/to/python …")
        })
}

/// `--python`: a path, a virtual environment, a command on PATH, or a version.
fn named(asked: &OsStr) -> Result<PathBuf, Failure> {
    let path = Path::new(asked);
    if path.is_dir() && interpreter(path).is_file() {
        return Ok(interpreter(path));
    }
    if let Ok(found) = which::which(asked) {
        return Ok(found);
    }
    let text = asked.to_string_lossy();
    if text.starts_with(|first: char| first.is_ascii_digit())
        && let Ok(found) = which::which(format!("python{text}"))
    {
        return Ok(found);
    }
    let seen = if path.is_dir() {
        format!("--python {text} is a directory, not an interpreter")
    } else if path.is_file() {
        format!("--python {text} is not executable")
    } else {
        format!("--python {text}: no such interpreter")
    };
    Err(Failure::usage(seen).instead("write a path, a command on PATH, or a version such as 3.13"))
}

fn project_environments(script: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let here = std::env::current_dir().ok();
    let script = script.and_then(|script| std::path::absolute(script).ok());
    let above: Vec<PathBuf> = script
        .iter()
        .flat_map(|script| script.ancestors().skip(1))
        .map(Path::to_owned)
        .collect();
    here.into_iter()
        .chain(above)
        .map(|folder| folder.join(".venv"))
}

fn interpreter(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join("python.exe")
    } else {
        environment.join("bin").join("python")
    }
}

/// Where `python` looks for modules, without importing any. Empty if it cannot be asked.
pub(crate) fn search_path(python: &Path) -> Vec<PathBuf> {
    let asked = Command::new(python)
        .args(["-c", "import sys; print(*sys.path, sep='\\n')"])
        .stdin(Stdio::null())
        .output();
    let path = asked.map(|answer| answer.stdout).unwrap_or_default();
    String::from_utf8_lossy(&path)
        .lines()
        .filter(|line| !line.is_empty())
        .map(PathBuf::from)
        .collect()
}
