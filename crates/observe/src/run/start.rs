//! Starting the program.

use super::ahead::compile_ahead;
use super::child::Child;
use super::{ObserveError, RunRequest, Streams, Target};
use crate::calls::{Plan, Start, agent, encode};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A program that runs.
pub(super) struct Started {
    pub(super) child: Child,
    /// Our files; removed when this goes, whatever happens.
    pub(super) folder: TempDir,
    pub(super) plan: Plan,
}

pub(super) fn start(request: &RunRequest<'_>, build: &str) -> Result<Started, ObserveError> {
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("rightlane-");
    let folder = match request.scratch {
        Some(scratch) => folder.tempdir_in(scratch),
        None => folder.tempdir(),
    };
    let folder = folder.map_err(|error| ObserveError::folder(&error))?;
    let is_script = matches!(request.target, Target::Script(_));
    let mut plan = if request.instrument {
        Plan::new(request.source, is_script)
    } else {
        Plan::default()
    };
    if let Some(capture) = request.capture.as_ref().filter(|_| request.instrument) {
        plan.capture(capture, request.source, is_script);
    }
    let mut command = Command::new(request.python);
    command.args(request.python_flags);
    if request.instrument {
        let start = if is_script {
            Start::Script
        } else {
            Start::Module
        };
        let name = match &request.target {
            Target::Script(path) => path.file_name().unwrap_or_default().to_string_lossy(),
            Target::Module(name) => name.into(),
        };
        let launcher = agent::install(folder.path(), &name, &encode(&plan, start), build)
            .map_err(|error| ObserveError::folder(&error))?;
        if !plan.loops.is_empty() || !plan.calls.is_empty() {
            compile_ahead(request, folder.path());
        }
        command.arg(launcher);
    } else if !is_script {
        command.arg("-m");
    }
    command.arg(match &request.target {
        Target::Script(path) => path.as_os_str(),
        Target::Module(name) => OsStr::new(name),
    });
    command.args(request.arguments);
    command.envs(
        request
            .environment
            .iter()
            .map(|(name, value)| (name, value)),
    );
    if let Some(directory) = request.directory {
        command.current_dir(directory);
    }
    turn_away(&mut command, request.streams)
        .map_err(|error| ObserveError::spawn(request.python, &error))?;
    let child =
        Child::spawn(command).map_err(|error| ObserveError::spawn(request.python, &error))?;
    Ok(Started {
        child,
        folder,
        plan,
    })
}

fn turn_away(command: &mut Command, streams: Streams<'_>) -> io::Result<()> {
    let (input, output) = match streams {
        Streams::Shared => return Ok(()),
        Streams::Away(output) => (None, output),
        Streams::Fed(input) => (Some(input), None),
    };
    let stream = |file: Option<&File>| match file {
        Some(file) => file.try_clone().map(Stdio::from),
        None => Ok(Stdio::null()),
    };
    command
        .stdin(stream(input)?)
        .stdout(stream(output)?)
        .stderr(stream(output)?);
    Ok(())
}
