//! Asking an interpreter what it is.

use super::ObserveError;
use crate::calls::default_start_method;
use rightlane_facts::PythonFacts;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Oldest version whose programs can be observed.
const OLDEST: (u32, u32, u32) = (3, 10, 0);

/// Runs on any Python: an old one has to be able to say how old it is.
const QUESTION: &str = r#"
import sys
implementation = getattr(sys, "implementation", None)
gil = getattr(sys, "_is_gil_enabled", lambda: True)()
lines = ["rightlane-probe", getattr(implementation, "name", "cpython"), "%d %d %d" % sys.version_info[:3], str(int(gil)), sys.executable or "", " ".join(sys.version.split())]
sys.stdout.write("\n".join(lines) + "\n")
"#;

/// What the interpreter `python` is, by starting it once (about 15 ms).
///
/// # Errors
/// If it cannot be started, is not CPython, or is older than 3.10.
pub fn probe(python: &Path) -> Result<PythonFacts, ObserveError> {
    let output = ask(python).map_err(|error| ObserveError::spawn(python, &error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    answer(python, &text).unwrap_or_else(|| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = stderr.lines().next_back().unwrap_or("it did not answer");
        let said: String = said.chars().take(200).collect();
        Err(ObserveError::not_python(python, &said))
    })
}

fn ask(python: &Path) -> std::io::Result<Output> {
    let mut child = Command::new(python)
        .args(["-I", "-S", "-c", QUESTION])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Whatever this is, it may write for ever: read a little, then close the pipes on it.
    let mut stdout = Vec::new();
    let mut stderr = Vec::new();
    if let Some(pipe) = child.stdout.take() {
        pipe.take(1 << 16).read_to_end(&mut stdout)?;
    }
    if stdout.is_empty()
        && let Some(pipe) = child.stderr.take()
    {
        pipe.take(1 << 16).read_to_end(&mut stderr)?;
    }
    if !stdout.starts_with(b"rightlane-probe") {
        // Not waited for in vain either.
        let _ = child.kill();
    }
    let status = child.wait()?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

fn answer(python: &Path, text: &str) -> Option<Result<PythonFacts, ObserveError>> {
    let mut lines = text.lines();
    if lines.next()? != "rightlane-probe" {
        return None;
    }
    let implementation = lines.next()?;
    let mut numbers = lines.next()?.split(' ').map(|word| word.parse().ok());
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    let gil = lines.next()? != "0";
    let executable = lines.next()?;
    if implementation != "cpython" {
        return Some(Err(ObserveError::not_python(
            python,
            &format!("it is {implementation}"),
        )));
    }
    if version < OLDEST {
        return Some(Err(ObserveError::too_old(python, version)));
    }
    let executable = if executable.is_empty() {
        python.to_string_lossy().into_owned()
    } else {
        executable.into()
    };
    Some(Ok(PythonFacts {
        executable,
        version,
        gil,
        default_start_method: default_start_method(version),
        build: lines.next()?.to_owned(),
    }))
}
