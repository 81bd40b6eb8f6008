//! Compiling the program's files before it starts, in a process of its own: see `agent/ahead.py`.

use super::RunRequest;
use super::child::Child;
use crate::calls::agent;
use rustix::process::Signal;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// It looks at the clock itself, between two files: this is for one that takes for ever.
const PATIENCE: Duration = Duration::from_secs(2);

/// Compiles what the plan in `folder` names. Whatever goes wrong, the program then does for itself.
pub(super) fn compile_ahead(request: &RunRequest<'_>, folder: &Path) {
    let mut command = Command::new(request.python);
    // The program's own options, which decide on its code; an error for each warning, because
    // nobody would see it; no site, which may be anything.
    command
        .args(request.python_flags)
        .args(["-S", "-B", "-W", "error"])
        .arg(agent::ahead_path(folder))
        .env_remove("PYTHONINSPECT")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = Child::spawn(command) else {
        return;
    };
    while !child.wait(PATIENCE.saturating_sub(child.elapsed())) {
        if child.elapsed() >= PATIENCE || request.interrupt.count() > 0 {
            child.signal(Signal::KILL);
            break;
        }
    }
    child.reap();
}
