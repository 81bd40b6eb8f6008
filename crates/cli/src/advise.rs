//! `rightlane advise`: read the source, run the program observed, decide, report.

mod capture;
mod observed;
mod sink;

use crate::args::{AdviseArgs, ColorWhen};
use crate::failure::{Failure, exit};
use crate::interrupt::Interrupts;
use crate::program::Program;
use crate::progress::Progress;
use crate::{machine, outcome};
use capture::Capturing;
use rightlane_advise::Input;
use rightlane_facts::{AdviceReport, Machine, Observation, ProgramSource};
use rightlane_race::Workplace;
use sink::Sink;
use std::path::Path;

/// Seed of the simulation: fixed, so that the same facts give the same advice.
pub(crate) const SEED: u64 = 1;

/// What the report rests on, for those who go on with it.
pub(crate) struct Advised {
    pub(crate) program: Program,
    pub(crate) arguments: Vec<String>,
    pub(crate) source: ProgramSource,
    pub(crate) machine: Machine,
    pub(crate) report: AdviceReport,
}

/// Runs the command and returns the exit code.
pub(crate) fn run(
    args: &AdviseArgs,
    color: ColorWhen,
    default_python: Option<&Path>,
) -> Result<i32, Failure> {
    let interrupts = Interrupts::watch()?;
    let (program, arguments) = find(args, default_python)?;
    let source = program.read()?;
    let sink = Sink::new(args, color)?;
    let Some(advised) = advised(args, program, arguments, source, &interrupts)? else {
        return Ok(interrupts.quitting().unwrap_or(exit::INTERRUPTED));
    };
    let report = advised.report;
    sink.write(&report)?;
    Ok(outcome::exit_code(
        report.outcome,
        report.cut_short,
        sink.is_seen(),
    ))
}

/// Observes the program and decides; `None` where a signal ended it all.
pub(crate) fn advised(
    args: &AdviseArgs,
    program: Program,
    arguments: Vec<String>,
    source: ProgramSource,
    interrupts: &Interrupts,
) -> Result<Option<Advised>, Failure> {
    let machine = machine::measured(program.python.clone(), args.recalibrate, args.quiet)?;
    let capturing = args
        .capture
        .as_deref()
        .map(|asked| Capturing::find(asked, &source))
        .transpose()?;
    let observation = observation(
        args,
        &program,
        &source,
        None,
        capturing.as_ref(),
        interrupts,
    )?;
    if let Some(capturing) = capturing {
        capturing.keep(args.quiet)?;
    }
    if interrupts.quitting().is_some() {
        return Ok(None);
    }
    let key = crate::races::Key::of(&source, &args.program.arguments, &machine);
    let raced = crate::races::load(&key);
    let mut report = rightlane_advise::advise(&Input {
        program: program.target.shown(),
        arguments: arguments.clone(),
        source: &source,
        observation: &observation,
        machine: &machine,
        told: &args.told.told(),
        raced: raced.as_ref(),
        seed: SEED,
    });
    if args.no_observe || args.program.pid.is_some() {
        report.outcome = None;
    }
    // As late as possible: see `Interrupts`.
    report.cut_short |= interrupts.asked();
    Ok(Some(Advised {
        program,
        arguments,
        source,
        machine,
        report,
    }))
}

/// What a run of the program shows, or a look at the one that runs.
pub(crate) fn observation(
    args: &AdviseArgs,
    program: &Program,
    source: &ProgramSource,
    place: Option<&Workplace>,
    capturing: Option<&Capturing>,
    interrupts: &Interrupts,
) -> Result<Observation, Failure> {
    if args.no_observe {
        return Ok(observed::unobserved(program));
    }
    if let Some(pid) = args.program.pid {
        let progress = Progress::observing(&format!("process {pid}"), args.quiet);
        return interrupts.while_observing(|interrupt| {
            let mut show = |seen| progress.show(seen);
            observed::running(pid, program, args, source, interrupt, &mut show)
        });
    }
    let progress = Progress::observing(&program.target.shown(), args.quiet);
    interrupts.while_observing(|interrupt| {
        let mut show = |seen| progress.show(seen);
        observed::observe(
            program, args, source, place, capturing, interrupt, &mut show,
        )
    })
}

/// The program that the command line names, and its arguments.
pub(crate) fn find(
    args: &AdviseArgs,
    default_python: Option<&Path>,
) -> Result<(Program, Vec<String>), Failure> {
    if let Some(pid) = args.program.pid {
        crate::observe::can_be_seen(pid)?;
        return Program::running(pid);
    }
    let arguments = args.program.arguments.iter();
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let program = Program::find(&args.program, default_python)?;
    Ok((program, arguments.collect()))
}
