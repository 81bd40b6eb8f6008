//! `rightlane prove`: the alternatives run against each other on the same work.
//!
//! Nothing in the person's tree is changed: the program is rehearsed under guard first, and what the
//! rehearsal shows decides whether every run gets a copy of the tree, or none is made at all.

mod args;
mod candidates;
mod field;
mod function;
pub(crate) mod input;
mod observed;
mod reported;
mod search;

pub(crate) use args::ProveArgs;

use crate::args::{AdviseArgs, ColorWhen, Format};
use crate::failure::{Failure, exit};
use crate::interrupt::Interrupts;
use crate::output::OutputFile;
use crate::program::Program;
use crate::races;
use crate::terminal::{self, Stream};
use candidates::Candidates;
use field::Field;
use rightlane_facts::{ProveReport, RaceEnd, Raced};
use rightlane_race::{Race, RaceError, Rehearsal, Setup, Status, Target, Variant};
use std::path::{Path, PathBuf};

/// What is proved: a program of the person's, or one that was made for a function.
struct Subject {
    program: Program,
    arguments: Vec<String>,
    driver: Option<function::Driver>,
    advise: AdviseArgs,
}

impl Subject {
    fn find(args: &ProveArgs, default_python: Option<&Path>) -> Result<Self, Failure> {
        let mut advise = args.advise_args();
        let script = args.program.script.as_deref().unwrap_or(Path::new(""));
        let driver = function::Driver::of(script, args.items.as_deref())?;
        if let Some(driver) = &driver {
            advise.program.script = Some(driver.file.clone());
        }
        let (program, arguments) = crate::advise::find(&advise, default_python)?;
        Ok(Self {
            program,
            arguments,
            driver,
            advise,
        })
    }

    /// Writes the made program, where there is one, and goes on with it.
    fn write_driver(
        &mut self,
        folder: &Path,
        root: &Path,
        directory: &Path,
    ) -> Result<(), Failure> {
        if let Some(driver) = &self.driver {
            let script = driver.write(folder, root, directory)?;
            self.program.driven_by(script, &driver.modules);
        }
        Ok(())
    }
}

/// Runs the command and returns the exit code.
pub(crate) fn run(
    args: &ProveArgs,
    color: ColorWhen,
    default_python: Option<&Path>,
) -> Result<i32, Failure> {
    let interrupts = Interrupts::watch()?;
    let output = args.output.as_deref();
    let output = output
        .map(|path| OutputFile::new("--output", path))
        .transpose()?;
    let mut subject = Subject::find(args, default_python)?;
    let source = subject.program.read()?;
    let pythons = field::other_pythons(&args.pythons)?;
    let machine = crate::machine::measured(subject.program.python.clone(), false, args.quiet)?;
    let asked = interrupts.clone();
    let interrupt = move || asked.asked();
    let setup = setup(args, &subject.program, &interrupt)?;
    let (root, directory) = (setup.root.clone(), setup.directory.clone());
    let mut race = Race::open(setup).map_err(failure)?;
    subject.write_driver(race.folder(), &root, &directory)?;
    say_known_effects(args, &source);
    input::feed(&mut race, &source)?;
    let rehearsal = match rehearsed(args, &subject.program, &mut race, &interrupts)? {
        Ok(rehearsal) => rehearsal,
        Err(code) => return Ok(code),
    };
    let seen = observed::observed(
        &subject.advise,
        &subject.program,
        subject.arguments.clone(),
        &machine,
        &mut race,
        &interrupts,
    )?;
    let Some(seen) = seen else {
        return Ok(interrupts.quitting().unwrap_or(exit::INTERRUPTED));
    };
    let candidates = Candidates::of(args, &seen)?;
    let field = Field::new(
        args,
        race,
        &subject.program,
        &seen,
        candidates,
        &rehearsal,
        pythons,
    );
    let report = raced(args, &subject, &seen, field, &interrupts)?;
    write(args, color, &report, output.as_ref())?;
    Ok(match (report.ended, report.gain) {
        (_, true) => exit::DONE,
        (RaceEnd::Interrupted, _) => exit::INTERRUPTED,
        _ => exit::FOUND,
    })
}

/// The rehearsal, or the exit code where the program itself fails.
fn rehearsed(
    args: &ProveArgs,
    program: &Program,
    race: &mut Race<'_>,
    interrupts: &Interrupts,
) -> Result<Result<Rehearsal, i32>, Failure> {
    let reference = reference(program, &args.program.arguments);
    let rehearsal = interrupts
        .while_observing(|_| race.rehearse(&reference))
        .map_err(failure)?;
    let failed = match rehearsal.status {
        Status::Code(0) => {
            say_effects(args, &rehearsal);
            return Ok(Ok(rehearsal));
        }
        Status::Code(code) => format!("the program ended with exit code {code}"),
        Status::Signal(signal) => format!("signal {signal} ended the program"),
    };
    terminal::say(format!("rightlane: {failed}\n{}", rehearsal.stderr).trim_end());
    Ok(Err(exit::PROGRAM_FAILED))
}

/// Holds the race and reports it.
fn raced(
    args: &ProveArgs,
    subject: &Subject,
    seen: &observed::Seen,
    mut field: Field<'_>,
    interrupts: &Interrupts,
) -> Result<ProveReport, Failure> {
    let end = field.run(interrupts).map_err(failure)?;
    let (target, tasks) = (
        field.candidates.verdict.target.clone(),
        field.candidates.tasks,
    );
    let mut report = reported::report(field, seen, end);
    if report.best.is_some() && subject.driver.is_none() {
        keep(
            args,
            &subject.program,
            seen,
            &reported::kept(&report, target, tasks),
        );
    }
    if subject.driver.is_some() {
        // The made program is gone; what to write stands in the verdict's code.
        let named = args.program.script.as_deref().unwrap_or(Path::new(""));
        report.advice.program = named.to_string_lossy().into_owned();
        report.advice.verdict.place = None;
    }
    Ok(report)
}

/// Keeps the race for `apply` and `advise`.
fn keep(args: &ProveArgs, program: &Program, seen: &observed::Seen, raced: &Raced) {
    // The sources as they are in the tree, which the race has left alone.
    let key = program
        .read()
        .ok()
        .map(|source| races::Key::of(&source, &args.program.arguments, &seen.machine));
    let kept = match key {
        Some(key) => races::store(&key, raced),
        None => Err("the program can no longer be read".to_owned()),
    };
    if let Err(why) = kept {
        terminal::say(&format!("rightlane: the race is not kept for later: {why}"));
    }
}

/// What the race is told.
fn setup<'i>(
    args: &ProveArgs,
    program: &Program,
    interrupt: &'i dyn Fn() -> bool,
) -> Result<Setup<'i>, Failure> {
    let mut setup = plain_setup(program, interrupt);
    if let Some(root) = &args.root {
        if !root.is_dir() {
            return Err(
                Failure::usage(format!("--root {}: no such folder", root.display()))
                    .instead("name the folder that holds the project"),
            );
        }
        setup.root = std::path::absolute(root).unwrap_or_else(|_| root.clone());
    }
    setup.equal = args.output_equal.clone();
    setup.compare_files = args.compare_files;
    setup.allow_effects = args.allow_effects;
    // Each further Python gets as much as the program's own: see `Field::run`.
    let pythons = u32::try_from(args.pythons.len()).unwrap_or(u32::MAX - 1) + 1;
    setup.budget = args.time_budget.map(|budget| budget / pythons);
    Ok(setup)
}

/// A race of the program with nothing said about it.
pub(crate) fn plain_setup<'i>(program: &Program, interrupt: &'i dyn Fn() -> bool) -> Setup<'i> {
    let directory = program.working_directory.clone();
    let root = root_of(&directory, &program.target.file);
    let python = PathBuf::from(&program.python.executable);
    Setup::new(directory, root, std::env::temp_dir(), python, interrupt)
}

/// The tree that is protected: the working directory, or what holds both that and the script's folder.
fn root_of(directory: &Path, script: &Path) -> PathBuf {
    let script =
        std::path::absolute(directory.join(script)).unwrap_or_else(|_| directory.join(script));
    let folder = script.parent().unwrap_or(directory);
    if folder.starts_with(directory) {
        return directory.to_owned();
    }
    if directory.starts_with(folder) {
        return folder.to_owned();
    }
    let shared = directory
        .ancestors()
        .find(|ancestor| folder.starts_with(ancestor));
    // A home or the root of the file system is no project: then only the working directory counts.
    match shared.filter(|shared| shared.components().count() > 3) {
        Some(shared) => shared.to_owned(),
        None => directory.to_owned(),
    }
}

/// The program as it is.
pub(crate) fn reference(program: &Program, arguments: &[std::ffi::OsString]) -> Variant {
    let target = match &program.target.module {
        Some(name) => Target::Module(name.clone()),
        None => Target::Script(program.target.file.clone()),
    };
    let mut variant = Variant::new("sequential", &program.python.executable, target);
    variant.arguments = arguments.to_vec();
    variant
}

/// A race that could not be held.
pub(crate) fn failure(error: RaceError) -> Failure {
    if error.is_refused() {
        let effects: Vec<String> = error
            .refused()
            .iter()
            .map(|effect| format!("it {effect}"))
            .collect();
        return Failure::not_here(format!(
            "proving runs the program several times, and this cannot be undone: {}\nIt was stopped before that.",
            effects.join("; ")
        ))
        .instead("with --allow-effects it is run all the same; point it at a test server or at test data");
    }
    if error.is_setup() {
        return Failure::usage(error.to_string());
    }
    if error.is_interrupted() {
        return Failure::interrupted();
    }
    Failure::not_here(error.to_string())
}

/// What the source alone says that the program does.
fn say_known_effects(args: &ProveArgs, source: &rightlane_facts::ProgramSource) {
    use rightlane_facts::EffectKind as E;
    if args.quiet {
        return;
    }
    let kinds = [
        E::WritesFile,
        E::DeletesFile,
        E::Network,
        E::Database,
        E::ChildProcess,
    ];
    let mut lines: Vec<String> = source
        .sites
        .iter()
        .flat_map(|site| &site.effects)
        .filter(|effect| kinds.contains(&effect.kind))
        .map(|effect| {
            format!(
                "{}:{}: {}",
                effect.place.file, effect.place.line, effect.detail
            )
        })
        .collect();
    lines.sort();
    lines.dedup();
    if !lines.is_empty() {
        let more = lines.len().saturating_sub(8);
        lines.truncate(8);
        let rest = if more > 0 {
            format!("\n  and {more} more")
        } else {
            String::new()
        };
        terminal::say(&format!(
            "rightlane: proving runs the program several times; its source says that it\n  {}{rest}",
            lines.join("\n  ")
        ));
    }
}

/// What the rehearsal showed.
fn say_effects(args: &ProveArgs, rehearsal: &Rehearsal) {
    if args.quiet || rehearsal.effects.is_empty() {
        return;
    }
    let effects: Vec<String> = rehearsal
        .effects
        .iter()
        .take(8)
        .map(ToString::to_string)
        .collect();
    let more = rehearsal.effects.len().saturating_sub(effects.len());
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let copy = if rehearsal.in_copy {
        "; every run has a copy of the working tree of its own"
    } else {
        ""
    };
    terminal::say(&format!("rightlane: it {}{rest}{copy}", effects.join(", ")));
}

fn write(
    args: &ProveArgs,
    color: ColorWhen,
    report: &ProveReport,
    file: Option<&OutputFile>,
) -> Result<(), Failure> {
    let look = match file {
        Some(_) => terminal::file_look(color),
        None => terminal::look(Stream::Out, color),
    };
    let text = match args.format {
        Format::Json => rightlane_report::json(report)
            .map_err(|error| Failure::not_here(format!("the report is no JSON: {error}")))?,
        Format::Text => rightlane_report::prove_text(report, look),
    };
    match file {
        Some(file) => file.write(text.as_bytes()),
        None => {
            terminal::write(Stream::Out, &text);
            Ok(())
        }
    }
}
