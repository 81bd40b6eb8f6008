//! Asking an interpreter.

use crate::Error;
use rightlane_facts::{PythonFacts, StartMethod};
use serde::Deserialize;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// More output than this is not ours.
const MOST_OUTPUT: u64 = 4 << 20;

const ASK: &str = "\
import json, multiprocessing, sys
gil = getattr(sys, '_is_gil_enabled', lambda: True)()
print(json.dumps({'executable': sys.executable, 'version': sys.version_info[:3], 'gil': gil,
    'method': multiprocessing.get_start_method(), 'build': sys.version}))
";

#[derive(Deserialize)]
struct Answer {
    executable: String,
    version: (u32, u32, u32),
    gil: bool,
    method: String,
    build: String,
}

/// What an interpreter says of itself: version, GIL, default start method, build.
///
/// # Errors
/// [`Error`] if it cannot be started or does not answer like a Python 3 within ten seconds.
pub fn python_facts(python: &Path) -> Result<PythonFacts, Error> {
    let text = run_script(python, ASK, Duration::from_secs(10))?;
    let answer: Answer = serde_json::from_str(text.lines().last().unwrap_or_default())
        .map_err(|_| Error::unreadable(python, "it does not answer like a Python 3"))?;
    let default_start_method = match answer.method.as_str() {
        "fork" => StartMethod::Fork,
        "forkserver" => StartMethod::Forkserver,
        "spawn" => StartMethod::Spawn,
        _ => return Err(Error::unreadable(python, "unknown start method")),
    };
    let executable = if answer.executable.is_empty() {
        python.display().to_string()
    } else {
        answer.executable
    };
    Ok(PythonFacts {
        executable,
        version: answer.version,
        gil: answer.gil,
        default_start_method,
        build: answer.build,
    })
}

/// Runs a script with `-c` and returns what it printed. Isolated (`-I`): a module of the working
/// directory that is called like one of the standard library's must not be run.
pub(crate) fn run_script(python: &Path, script: &str, patience: Duration) -> Result<String, Error> {
    let mut child = Command::new(python)
        .args(["-I", "-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::start(python, error))?;
    let output = reader(child.stdout.take());
    let errors = reader(child.stderr.take());
    let text = match output.recv_timeout(patience) {
        Ok(text) => text,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            end(&mut child);
            return Err(Error::too_long(python));
        }
    };
    let status = child.wait().map_err(|error| Error::start(python, error))?;
    if status.success() {
        return Ok(text);
    }
    let errors = errors
        .recv_timeout(Duration::from_secs(1))
        .unwrap_or_default();
    let last = errors.lines().last().unwrap_or("no message").to_owned();
    Err(Error::failed(python, format!("{status}: {last}")))
}

/// Reads a pipe to its end on a thread of its own, so that neither pipe can fill up.
fn reader(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(pipe) = pipe {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // what was read before an error counts; whether it is whole shows when it is parsed
            let _ = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
            let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
        });
    }
    receiver
}

fn end(child: &mut Child) {
    // it may have ended by itself meanwhile
    let _ = child.kill();
    let _ = child.wait();
}
