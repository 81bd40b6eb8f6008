//! What a run of the program shows.

use super::capture::Capturing;
use crate::args::AdviseArgs;
use crate::failure::Failure;
use crate::program::Program;
use rightlane_facts::{Ledger, Observation, Outcome, Process, ProgramSource, SamplingStatus};
use rightlane_observe::run::{self, AttachRequest, Interrupt, Progress, RunRequest, Streams};
use rightlane_observe::sampler::Options;
use rightlane_race::Workplace;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Samples per second where none are asked for: what `make bench-observe` shows to cost less than
/// the noise between two runs.
const RATE: f64 = 100.0;

/// Runs the program observed.
pub(super) fn observe(
    program: &Program,
    args: &AdviseArgs,
    source: &ProgramSource,
    place: Option<&Workplace>,
    capturing: Option<&Capturing>,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(Progress),
) -> Result<Observation, Failure> {
    let input = place
        .and_then(|place| place.input.as_ref())
        .map(File::open)
        .transpose();
    let input = input.map_err(|error| Failure::not_here(format!("its standard input: {error}")))?;
    let request = RunRequest {
        python: Path::new(&program.python.executable),
        facts: Some(&program.python),
        python_flags: &[],
        target: program.to_run(),
        arguments: &args.program.arguments,
        source,
        rate: args.rate.map_or(RATE, f64::from),
        time_limit: args.duration,
        interrupt,
        sample: !args.no_sampling,
        instrument: true,
        directory: place.map(|place| place.directory.as_path()),
        capture: capturing.map(Capturing::request),
        scratch: place.map(|place| place.folder.as_path()),
        environment: place.map_or(&[][..], |place| &place.environment),
        // A race shows nothing of what the program puts out.
        streams: match (place, &input) {
            (Some(_), Some(input)) => Streams::Fed(input),
            (Some(_), None) => Streams::Away(None),
            (None, _) => Streams::Shared,
        },
    };
    run::run(&request, progress).map_err(|error| Failure::not_here(error.to_string()))
}

/// How long a running program is looked at where nothing else is said.
const LOOK: Duration = Duration::from_secs(10);

/// Looks at the running program.
pub(super) fn running(
    pid: u32,
    program: &Program,
    args: &AdviseArgs,
    source: &ProgramSource,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(Progress),
) -> Result<Observation, Failure> {
    let request = AttachRequest {
        pid,
        time_limit: Some(args.duration.unwrap_or(LOOK)),
        interrupt,
        options: Options {
            turns: true,
            ..Options::at(args.rate.map_or(RATE, f64::from))
        },
    };
    let seen = run::observe_running(&request, source, &program.python, progress);
    match &seen.sampling.refused {
        Some(why) if seen.sampling.rounds == 0 => Err(Failure::not_here(why.clone())),
        _ => Ok(seen),
    }
}

/// What is known without a run: nothing.
pub(super) fn unobserved(program: &Program) -> Observation {
    Observation {
        python: program.python.clone(),
        wall_seconds: 0.0,
        outcome: Outcome::Exited(0),
        cut_short: false,
        import_seconds: 0.0,
        ledger: Ledger::default(),
        other_threads: Ledger::default(),
        site_ledgers: Vec::new(),
        iterations: Vec::new(),
        calls: Vec::new(),
        process: Process::default(),
        waits: Vec::new(),
        stalls: Vec::new(),
        sampling: SamplingStatus::default(),
        doubts: vec!["the program was not run (--no-observe)".to_owned()],
    }
}
