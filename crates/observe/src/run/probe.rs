//! Asking an interpreter what it is.

use super::ObserveError;
use crate::calls::{agent, default_start_method};
use rightlane_facts::PythonFacts;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// How an answer begins, and how many lines it has before the compiled code.
const MARK: &str = "rightlane-probe";
const LINES: usize = 6;
/// Oldest version whose programs can be observed.
const OLDEST: (u32, u32, u32) = (3, 10, 0);

/// Runs on any Python: an old one has to be able to say how old it is. One that can be observed
/// also compiles what will run in it.
const QUESTION: &str = r#"
import sys
implementation = getattr(sys, "implementation", None)
gil = getattr(sys, "_is_gil_enabled", lambda: True)()
lines = ["rightlane-probe", getattr(implementation, "name", "cpython"), "%d %d %d" % sys.version_info[:3], str(int(gil)), sys.executable or "", " ".join(sys.version.split())]
sys.stdout.write("\n".join(lines) + "\n")
sys.stdout.flush()
if sys.version_info >= (3, 10) and implementation.name == "cpython":
    import marshal
    words = sys.stdin.buffer.read().split(b"\0")
    codes = {}
    for name, text in zip(words[::2], words[1::2]):
        # Without docstrings; one by one, because a run seldom needs all of them.
        codes[str(name, "ascii")] = marshal.dumps(compile(text, "<rightlane>", "exec", 0, True, 2))
    sys.stdout.buffer.write(marshal.dumps(codes))
"#;

/// What the interpreter `python` is, by starting it once (about 25 ms).
///
/// It also compiles our code there, so that [`super::run`] in the same process starts faster.
///
/// # Errors
/// If it cannot be started, is not CPython, or is older than 3.10.
pub fn probe(python: &Path) -> Result<PythonFacts, ObserveError> {
    let output = ask(python).map_err(|error| ObserveError::spawn(python, &error))?;
    let answered = answer(python, &output.stdout);
    answered.unwrap_or_else(|| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = stderr.lines().next_back().unwrap_or("it did not answer");
        let said: String = said.chars().take(200).collect();
        Err(ObserveError::not_python(python, &said))
    })
}

fn ask(python: &Path) -> std::io::Result<Output> {
    let mut child = Command::new(python)
        .args(["-I", "-S", "-c", QUESTION])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdout = Vec::new();
    let mut stderr = Vec::new();
    let input = child.stdin.take();
    let feeding = std::thread::spawn(move || {
        // What is no Python may not read it.
        input.map(|mut pipe| pipe.write_all(&agent::sources()))
    });
    // Whatever this is, it may write for ever: read a little, then close the pipes on it.
    if let Some(pipe) = child.stdout.take() {
        pipe.take(1 << 20).read_to_end(&mut stdout)?;
    }
    if stdout.is_empty()
        && let Some(pipe) = child.stderr.take()
    {
        pipe.take(1 << 16).read_to_end(&mut stderr)?;
    }
    if !stdout.starts_with(MARK.as_bytes()) {
        // Not waited for in vain either.
        let _ = child.kill();
    }
    let status = child.wait()?;
    let _ = feeding.join();
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

fn answer(python: &Path, bytes: &[u8]) -> Option<Result<PythonFacts, ObserveError>> {
    let mut lines = bytes.splitn(LINES + 1, |byte| *byte == b'\n');
    let mut line = || lines.next().map(String::from_utf8_lossy);
    if line()? != MARK {
        return None;
    }
    let implementation = line()?;
    let numbers = line()?;
    let mut numbers = numbers.split(' ').map(|word| word.parse().ok());
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    let gil = line()? != "0";
    let executable = line()?.into_owned();
    let build = line()?.into_owned();
    if implementation != "cpython" {
        return Some(Err(ObserveError::not_python(
            python,
            &format!("it is {implementation}"),
        )));
    }
    if version < OLDEST {
        return Some(Err(ObserveError::too_old(python, version)));
    }
    if let Some(code) = lines.next().filter(|code| !code.is_empty()) {
        agent::keep_compiled(&build, code);
    }
    Some(Ok(PythonFacts {
        executable: if executable.is_empty() {
            python.to_string_lossy().into_owned()
        } else {
            executable
        },
        version,
        gil,
        default_start_method: default_start_method(version),
        build,
    }))
}
