//! `rightlane observe`: run a program, or look at a running one, and say where the wall time of
//! each thread went. `rightlane report`: the same from a file.

mod view;

use crate::args::{ColorWhen, ObserveArgs, ReportArgs};
use crate::failure::{Failure, exit};
use crate::interrupt::Interrupts;
use crate::outcome;
use crate::output::OutputFile;
use crate::program::Program;
use crate::progress::Progress;
use crate::terminal::Stream;
use rightlane_facts::{ProgramSource, Recording};
use rightlane_observe::run::{self, AttachRequest, RunRequest, Streams};
use rightlane_observe::sampler::{self, Options};
use rightlane_report::recording;
use std::path::Path;
use view::View;

/// Part of a core that observing may use to hold the rate asked for: 200 threads at a hundred
/// looks a second take about that much (`make bench-observe`).
pub(crate) const SHARE: f64 = 0.15;

/// Runs the command and returns the exit code.
pub(crate) fn run(
    args: &ObserveArgs,
    color: ColorWhen,
    default_python: Option<&Path>,
) -> Result<i32, Failure> {
    let interrupts = Interrupts::watch()?;
    let view = View::new(&args.view, color)?;
    let kept = args.record.as_deref();
    let kept = kept
        .map(|path| OutputFile::new("--record", path))
        .transpose()?;
    let options = Options {
        rate: f64::from(args.rate.unwrap_or(100)),
        // A rate that is asked for is kept from the beginning.
        early: args.rate.is_none(),
        share: SHARE,
        children: !args.no_children,
        timeline: true,
        turns: false,
        views: None,
    };
    let recording = match args.program.pid {
        Some(pid) => attach(pid, args, options, &interrupts)?,
        None => start(args, options, &interrupts, default_python)?,
    };
    if let Some(code) = interrupts.quitting() {
        return Ok(code);
    }
    if let Some(kept) = kept {
        kept.write(&recording::save(&recording))?;
    }
    let shared = args.program.pid.is_none();
    view.write(&recording, if shared { Stream::Err } else { Stream::Out })?;
    Ok(outcome::exit_code(
        recording.outcome,
        recording.cut_short,
        view.is_seen(),
    ))
}

fn start(
    args: &ObserveArgs,
    options: Options,
    interrupts: &Interrupts,
    default_python: Option<&Path>,
) -> Result<Recording, Failure> {
    let program = Program::find(&args.program, default_python)?;
    if !program.target.file.is_file() {
        return Err(
            Failure::usage(format!("{}: no such file", program.target.file.display()))
                .instead("name the Python script to run; its arguments follow it"),
        );
    }
    let source = ProgramSource::default();
    let progress = Progress::observing(&program.target.shown(), args.quiet);
    interrupts.while_observing(|interrupt| {
        let request = RunRequest {
            python: Path::new(&program.python.executable),
            facts: Some(&program.python),
            python_flags: &[],
            target: program.to_run(),
            arguments: &args.program.arguments,
            source: &source,
            rate: options.rate,
            time_limit: args.duration,
            interrupt,
            sample: true,
            instrument: false,
            directory: None,
            scratch: None,
            capture: None,
            environment: &[],
            streams: Streams::Shared,
        };
        run::record(
            &request,
            options,
            &mut |seen| progress.show(seen),
            &mut |_| {},
        )
        .map_err(|error| Failure::not_here(error.to_string()))
    })
}

fn attach(
    pid: u32,
    args: &ObserveArgs,
    options: Options,
    interrupts: &Interrupts,
) -> Result<Recording, Failure> {
    let shown = format!("process {pid}");
    can_be_seen(pid)?;
    let progress = Progress::observing(&shown, args.quiet);
    let recording = interrupts.while_observing(|interrupt| {
        let request = AttachRequest {
            pid,
            time_limit: args.duration,
            interrupt,
            options,
        };
        run::attach(&request, &mut |seen| progress.show(seen), &mut |_| {})
    });
    let seen = recording
        .processes
        .iter()
        .any(|process| process.sampling.rounds > 0);
    let refused = recording
        .processes
        .first()
        .and_then(|process| process.sampling.refused.clone());
    match refused {
        Some(why) if !seen => Err(Failure::not_here(why)),
        _ => Ok(recording),
    }
}

/// `rightlane report`.
pub(crate) fn report(args: &ReportArgs, color: ColorWhen) -> Result<i32, Failure> {
    let view = View::new(&args.view, color)?;
    let shown = args.file.display();
    let bytes = std::fs::read(&args.file).map_err(|error| {
        Failure::usage(format!("{shown}: {error}"))
            .instead("name a file that rightlane observe --record has written")
    })?;
    let recording =
        recording::load(&bytes).map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
    view.write(&recording, Stream::Out)?;
    Ok(exit::DONE)
}

/// Whether there is a process with this id, and we may look into it: an observation that never
/// sees anything would not end by itself.
pub(crate) fn can_be_seen(pid: u32) -> Result<(), Failure> {
    is_there(pid)?;
    sampler::permitted(pid).map_err(Failure::not_here)
}

/// Whether there is a process with this id.
fn is_there(pid: u32) -> Result<(), Failure> {
    // A process without this file may be there all the same: what cannot be seen is found out later.
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let group = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    // The kernel has a folder for each thread, too, though it lists those of processes only.
    match group.and_then(|id| id.trim().parse::<u32>().ok()) {
        Some(process) if process != pid => Err(Failure::usage(format!(
            "{pid} is a thread of process {process}"
        ))
        .instead(format!("name the process: --pid {process}"))),
        _ if Path::new(&format!("/proc/{pid}")).exists() => Ok(()),
        _ => Err(Failure::usage(format!("there is no process {pid}"))
            .instead("name a running one: ps lists them, pgrep -f NAME finds one")),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_threads_id_is_no_process() {
        assert!(is_there(std::process::id()).is_ok());
        let seen = std::thread::spawn(|| {
            let own = std::fs::read_link("/proc/thread-self").unwrap();
            let id = own.file_name().unwrap().to_str().unwrap();
            is_there(id.parse().unwrap())
        });
        assert!(seen.join().unwrap().is_err());
        assert!(is_there(u32::MAX).is_err());
    }
}
