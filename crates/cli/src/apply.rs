//! `rightlane apply`: the edit that the verdict asks for.

mod receipt;
mod verify;
mod write;

use crate::advise;
use crate::args::{AdviseArgs, ColorWhen, EXIT_CODES, Format, ScriptArgs};
use crate::editor::{Choice, Contents, Editor};
use crate::failure::{Failure, exit};
use crate::interrupt::Interrupts;
use crate::program::Program;
use crate::terminal::{self, Stream};
use crate::told::ToldArgs;
use clap::{Args, ValueEnum};
use rightlane_facts::{
    AdviceReport, Alternative, Api, Grade, Machine, Place, ProgramSource, Raced, Settings, Site,
    SiteKind, Target, TaskPart, Verdict,
};
use rightlane_rewrite::{Rewrite, Texts};
use std::path::Path;

/// `rightlane apply`.
#[derive(Debug, Args)]
#[command(
    override_usage = "rightlane apply SCRIPT[:LINE] [OPTIONS] [ARGS]...\n       \
                      rightlane apply SCRIPT[:LINE] [OPTIONS] -- [ARGS]...\n       \
                      rightlane apply -m MODULE [OPTIONS] [ARGS]...\n       \
                      rightlane apply --undo SCRIPT",
    after_help = EXIT_CODES,
)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) program: ScriptArgs,
    /// Make the edit; without it, it is shown
    #[arg(short, long)]
    write: bool,
    /// Make an edit that may change what can be seen, too
    #[arg(long)]
    allow_changes: bool,
    /// Take back the last edit that --write has made
    #[arg(long, conflicts_with_all = ["write", "api", "verify", "verify_with"])]
    undo: bool,
    /// Use this API, whatever the verdict; with a LINE the program is not run
    #[arg(long, value_enum, value_name = "API")]
    api: Option<ApiName>,
    /// Workers of the pool; with --api
    #[arg(long, value_name = "N", requires = "api", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    workers: Option<u32>,
    /// Tasks that are sent to a worker process at once; with --api
    #[arg(long, value_name = "N", requires = "api", value_parser = clap::value_parser!(u64).range(1..))]
    chunksize: Option<u64>,
    /// Most coroutines in flight; with --api
    #[arg(long, value_name = "N", requires = "api", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Run the program before and after the edit, in a scratch copy; keep the edit only if its output is the same
    #[arg(long)]
    verify: bool,
    /// Run this command before and after the edit (`pytest -q`); keep the edit only if it passes
    #[arg(long, value_name = "COMMAND", requires = "write")]
    verify_with: Option<String>,
    /// How to report; text: the verdict to stderr, the diff to stdout
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Say nothing but the diff and errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    told: ToldArgs,
}

/// The APIs that a program can be rewritten for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiName {
    #[value(name = "ThreadPoolExecutor")]
    ThreadPoolExecutor,
    #[value(name = "ProcessPoolExecutor")]
    ProcessPoolExecutor,
    #[value(name = "InterpreterPoolExecutor")]
    InterpreterPoolExecutor,
    #[value(name = "Pool", alias = "multiprocessing.Pool")]
    Pool,
    #[value(name = "ThreadPool", alias = "multiprocessing.pool.ThreadPool")]
    ThreadPool,
    #[value(name = "Thread", alias = "threading.Thread")]
    Thread,
    #[value(name = "Process", alias = "multiprocessing.Process")]
    Process,
    /// asyncio, blocking functions in threads
    #[value(name = "to_thread", alias = "asyncio.to_thread")]
    ToThread,
    /// asyncio, blocking functions turned into coroutines
    #[value(name = "asyncio", alias = "asyncio.TaskGroup")]
    Asyncio,
}

impl ApiName {
    fn api(self) -> Api {
        match self {
            ApiName::ThreadPoolExecutor => Api::ThreadPoolExecutor,
            ApiName::ProcessPoolExecutor => Api::ProcessPoolExecutor,
            ApiName::InterpreterPoolExecutor => Api::InterpreterPoolExecutor,
            ApiName::Pool => Api::Pool,
            ApiName::ThreadPool => Api::ThreadPool,
            ApiName::Thread => Api::Thread,
            ApiName::Process => Api::Process,
            ApiName::ToThread | ApiName::Asyncio => Api::TaskGroup,
        }
    }
}

/// An edit with what it is for.
struct Proposal {
    choice: Choice,
    rewrite: Rewrite,
    edited: Texts,
}

/// What an edit rests on.
struct Ground {
    program: Program,
    arguments: Vec<String>,
    source: ProgramSource,
    contents: Contents,
    machine: Machine,
    /// What was observed; none where a race says it already.
    report: Option<AdviceReport>,
    raced: Option<Raced>,
}

/// Runs the command and returns the exit code.
pub(crate) fn run(
    args: &ApplyArgs,
    color: ColorWhen,
    default_python: Option<&Path>,
) -> Result<i32, Failure> {
    if args.undo {
        return write::undo(args, default_python);
    }
    let interrupts = Interrupts::watch()?;
    let Some(ground) = ground(args, default_python, &interrupts)? else {
        return Ok(interrupts.quitting().unwrap_or(exit::INTERRUPTED));
    };
    if let Some(report) = &ground.report {
        let code = crate::outcome::exit_code(report.outcome, report.cut_short, false);
        if code != exit::DONE {
            // The program itself failed: there is nothing to compare an edit with.
            return Ok(code);
        }
    }
    let editor = Editor::new(&ground.source, &ground.contents, &ground.machine.python);
    let meant = match &ground.raced {
        Some(raced) => Meant::of_race(raced),
        None => Meant::of_advice(args, &ground, &editor)?,
    };
    explain(args, &ground, &meant, color);
    let Some(choice) = meant.choice else {
        return nothing(args, &ground, meant.verdict.as_ref());
    };
    let rewrite = meant.edit(&editor, &choice).map_err(|why| no_edit(&why))?;
    let mut edited = editor.edited(&rewrite).map_err(|why| no_edit(&why))?;
    edited.retain(|path, text| text != editor.text(path));
    if edited.is_empty() {
        if !args.quiet {
            terminal::say("rightlane: the program does so already: there is nothing to edit");
        }
        return nothing(args, &ground, meant.verdict.as_ref());
    }
    let proposal = Proposal {
        choice,
        rewrite,
        edited,
    };
    finish(
        args,
        &ground,
        &editor,
        meant.verdict.as_ref(),
        &proposal,
        color,
        &interrupts,
    )
}

/// A race that was held, or an observed run; `None` where a signal ended it all.
fn ground(
    args: &ApplyArgs,
    default_python: Option<&Path>,
    interrupts: &Interrupts,
) -> Result<Option<Ground>, Failure> {
    let (asked, line) = args.program.program();
    let mut advise_args = AdviseArgs::of(asked, args.quiet, &args.told);
    advise_args.no_observe = args.api.is_some() && line.is_some();
    let (program, arguments) = advise::find(&advise_args, default_python)?;
    let source = program.read()?;
    let contents = Contents::of(&source)?;
    if args.api.is_none() {
        let machine = crate::machine::measured(program.python.clone(), false, args.quiet)?;
        let key = crate::races::Key::of(&source, &args.program.arguments, &machine);
        let about = |raced: &Raced| {
            line.is_none_or(|line| raced.place.as_ref().is_some_and(|place| place.line == line))
        };
        if let Some(raced) = crate::races::load(&key).filter(about) {
            let (report, raced) = (None, Some(raced));
            return Ok(Some(Ground {
                program,
                arguments,
                source,
                contents,
                machine,
                report,
                raced,
            }));
        }
    }
    let advised = advise::advised(&advise_args, program, arguments, source, interrupts)?;
    Ok(advised.map(|advised| Ground {
        program: advised.program,
        arguments: advised.arguments,
        source: advised.source,
        contents,
        machine: advised.machine,
        report: Some(advised.report),
        raced: None,
    }))
}

/// The place that is meant, and what to write there.
struct Meant {
    verdict: Option<Verdict>,
    target: Option<Target>,
    place: Option<Place>,
    /// `None` where the program stays as it is.
    choice: Option<Choice>,
}

impl Meant {
    fn of_race(raced: &Raced) -> Self {
        let best = raced
            .best
            .filter(|_| raced.gain)
            .and_then(|best| raced.rows.get(best));
        Self {
            verdict: None,
            target: raced.target.clone(),
            place: raced.place.clone(),
            choice: best.map(|row| Choice {
                api: row.api,
                settings: row.settings,
            }),
        }
    }

    /// The program's verdict; where that cannot be written, the next API at its place that can, then the next
    /// place.
    fn of_advice(args: &ApplyArgs, ground: &Ground, editor: &Editor<'_>) -> Result<Self, Failure> {
        let line = args.program.program().1;
        let first = Self::of_verdict(args, ground, chosen(ground, line, args.api.is_some())?);
        if args.api.is_some() || first.is_written(editor) {
            return Ok(first);
        }
        let others = match &ground.report {
            Some(report) => verdicts_at(report, &ground.source, line)?,
            None => Vec::new(),
        };
        let others = others.into_iter().skip(1).map(|verdict| {
            let target = verdict.target.clone();
            Self::of_verdict(args, ground, (Some(verdict), target))
        });
        let mut ways = first
            .other_apis(ground)
            .into_iter()
            .chain(others.flat_map(|other| {
                let more = other.other_apis(ground);
                std::iter::once(other).chain(more)
            }));
        Ok(ways.find(|way| way.is_written(editor)).unwrap_or(first))
    }

    /// The same place with the other APIs that are predicted to gain, the fastest first.
    fn other_apis(&self, ground: &Ground) -> Vec<Self> {
        let Some(verdict) = &self.verdict else {
            return Vec::new();
        };
        let now = verdict.predicted_seconds * verdict.predicted_speedup;
        let mut known = vec![verdict.api];
        let mut ways = Vec::new();
        for one in &verdict.alternatives {
            let gains = one.predicted_seconds < now * GAIN && one.ruled_out.is_none();
            if !gains || one.api == Api::Sequential || known.contains(&one.api) {
                continue;
            }
            known.push(one.api);
            let settings =
                crate::editor::with_chunks(one.api, one.settings, tasks_of(ground, verdict));
            ways.push(Self {
                verdict: Some(told_for(verdict, one)),
                target: self.target.clone(),
                place: self.place.clone(),
                choice: Some(Choice {
                    api: one.api,
                    settings,
                }),
            });
        }
        ways
    }

    fn edit(&self, editor: &Editor<'_>, choice: &Choice) -> Result<Rewrite, String> {
        editor.edit(self.target.as_ref(), self.place.as_ref(), choice)
    }

    /// Whether the edit can be made; a program that stays as it is needs none.
    fn is_written(&self, editor: &Editor<'_>) -> bool {
        self.choice
            .is_none_or(|choice| can_be_made(self.edit(editor, &choice)))
    }

    fn of_verdict(
        args: &ApplyArgs,
        ground: &Ground,
        (verdict, target): (Option<Verdict>, Option<Target>),
    ) -> Self {
        let place = verdict.as_ref().and_then(|verdict| verdict.place.clone());
        let choice = choice(args, ground, verdict.as_ref());
        Self {
            verdict,
            target,
            place,
            choice,
        }
    }
}

/// An API has to be predicted to save at least this share to stand in for the verdict's.
const GAIN: f64 = 0.95;

/// The verdict with another of its alternatives in front.
fn told_for(verdict: &Verdict, one: &Alternative) -> Verdict {
    let mut told = verdict.clone();
    let now = verdict.predicted_seconds * verdict.predicted_speedup;
    (told.api, told.family, told.settings) = (one.api, one.family, one.settings);
    told.predicted_program_seconds += one.predicted_seconds - verdict.predicted_seconds;
    (told.predicted_seconds, told.predicted_interval) =
        (one.predicted_seconds, one.predicted_interval);
    told.predicted_speedup = now / one.predicted_seconds.max(1e-9);
    let better = format!(
        "{} is predicted to be faster, but cannot be written here by itself",
        verdict.api.name()
    );
    told.caveats.insert(0, better);
    told.flips_if = Some(format!("{} were written by hand", verdict.api.name()));
    told
}

fn can_be_made(rewrite: Result<Rewrite, String>) -> bool {
    rewrite.is_ok_and(|rewrite| !matches!(rewrite.grade, Grade::ShowOnly(_)))
}

fn no_edit(why: &str) -> Failure {
    Failure::not_here(format!("no edit: {why}"))
        .instead("the verdict's code shows how; write it by hand")
}

/// The verdict of the line, else the program's.
///
/// # Errors
/// If the line has nothing that could be a site, or nothing that was seen to run.
pub(crate) fn verdict_at(
    report: &AdviceReport,
    source: &ProgramSource,
    line: Option<u32>,
) -> Result<Verdict, Failure> {
    let Some(line) = line else {
        return Ok(report.verdict.clone());
    };
    let site = site_at(source, line)?;
    let mut judged = report.sites.iter().map(|one| &one.verdict);
    let own = |verdict: &&Verdict| {
        verdict
            .target
            .as_ref()
            .is_some_and(|target| target.site == site.id)
    };
    judged.find(own).cloned().ok_or_else(|| {
        Failure::usage(format!("line {line} takes no time that counts in this run"))
            .instead("name another line, or none: then the hottest is meant")
    })
}

/// The verdicts that something could be gained by, the most promising first: the line's, or the program's
/// and then those of its other sites.
pub(crate) fn verdicts_at(
    report: &AdviceReport,
    source: &ProgramSource,
    line: Option<u32>,
) -> Result<Vec<Verdict>, Failure> {
    let first = verdict_at(report, source, line)?;
    if line.is_some() {
        return Ok(vec![first]);
    }
    let saves = |verdict: &Verdict| (verdict.predicted_speedup - 1.0) * verdict.predicted_seconds;
    let mut others: Vec<Verdict> = report
        .sites
        .iter()
        .map(|site| site.verdict.clone())
        .filter(|verdict| verdict.api != Api::Sequential && verdict.target != first.target)
        .collect();
    others.sort_by(|a, b| saves(b).total_cmp(&saves(a)));
    Ok(std::iter::once(first).chain(others).collect())
}

/// The narrowest site at the line.
fn site_at(source: &ProgramSource, line: u32) -> Result<&Site, Failure> {
    let script = source.files.first().map_or("", String::as_str);
    let sites = || {
        source
            .sites
            .iter()
            .filter(|site| site.path == script && site.kind != SiteKind::Run)
    };
    let narrow = |site: &&Site| site.span.end_line - site.span.line;
    let at = sites()
        .filter(|site| site.span.line == line)
        .min_by_key(narrow);
    let around = || {
        sites()
            .filter(|site| site.span.holds_line(line))
            .min_by_key(narrow)
    };
    at.or_else(around).ok_or_else(|| {
        Failure::usage(format!("line {line} has no loop or comprehension"))
            .instead("name a line that has one, or none: then the hottest is meant")
    })
}

/// The verdict that is meant, if one is known, and what it is about.
fn chosen(
    ground: &Ground,
    line: Option<u32>,
    any: bool,
) -> Result<(Option<Verdict>, Option<Target>), Failure> {
    let Some(report) = &ground.report else {
        return Ok((None, None));
    };
    match verdict_at(report, &ground.source, line) {
        Ok(verdict) => {
            let target = verdict.target.clone();
            Ok((Some(verdict), target))
        }
        // With an API given, no verdict is needed.
        Err(failure) => match line.filter(|_| any) {
            Some(line) => {
                let site = site_at(&ground.source, line)?;
                let part = site.callee.map_or(TaskPart::Body, TaskPart::Call);
                Ok((
                    None,
                    Some(Target {
                        site: site.id,
                        part,
                    }),
                ))
            }
            None => Err(failure),
        },
    }
}

/// What to write; `None` where the program stays as it is.
fn choice(args: &ApplyArgs, ground: &Ground, verdict: Option<&Verdict>) -> Option<Choice> {
    let cores = ground.machine.cores.max(1.0).floor() as u32;
    let Some(name) = args.api else {
        let verdict = verdict?;
        return (verdict.api != Api::Sequential).then_some(Choice {
            api: verdict.api,
            settings: crate::editor::with_chunks(
                verdict.api,
                verdict.settings,
                tasks_of(ground, verdict),
            ),
        });
    };
    let api = name.api();
    let waits = matches!(
        name,
        ApiName::ThreadPoolExecutor | ApiName::ThreadPool | ApiName::ToThread
    );
    let known = verdict.and_then(|verdict| {
        let mut all = verdict.alternatives.iter();
        all.find(|one| one.api == api && one.settings.limit.is_some() == (name == ApiName::Asyncio))
    });
    let mut settings = known.map_or_else(Settings::default, |one| one.settings);
    if known.is_none() {
        let pool = !matches!(name, ApiName::Thread | ApiName::Process | ApiName::Asyncio);
        // For tasks that nobody has looked at: enough threads to overlap waiting, a process for each core.
        settings.workers = pool.then_some(if waits { 8 } else { cores });
    }
    settings.workers = args.workers.or(settings.workers);
    settings.chunksize = args.chunksize.or(settings.chunksize);
    settings.limit = args.limit.or(settings.limit);
    if name == ApiName::ToThread {
        settings.workers = args.limit.or(settings.workers);
        settings.limit = None;
    }
    let tasks = verdict.map_or(0, |verdict| tasks_of(ground, verdict));
    Some(Choice {
        api,
        settings: crate::editor::with_chunks(api, settings, tasks),
    })
}

fn tasks_of(ground: &Ground, verdict: &Verdict) -> u64 {
    let mut sites = ground.report.iter().flat_map(|report| &report.sites);
    sites
        .find(|site| site.verdict.target == verdict.target)
        .map_or(0, |site| site.tasks)
}

/// Says the verdict, or the race, as the explanation of the diff.
fn explain(args: &ApplyArgs, ground: &Ground, meant: &Meant, color: ColorWhen) {
    if args.quiet || args.format == Format::Json || args.api.is_some() {
        return;
    }
    let look = terminal::look(Stream::Err, color);
    if let Some(raced) = &ground.raced {
        let program = ground.program.target.shown();
        return terminal::write(
            Stream::Err,
            &format!("{}\n", rightlane_report::raced_text(&program, raced, look)),
        );
    }
    let Some(mut report) = ground.report.clone() else {
        return;
    };
    if let Some(verdict) = &meant.verdict {
        report.verdict = verdict.clone();
    }
    let text = rightlane_report::headline_text(&report, look);
    terminal::write(Stream::Err, &format!("\n{text}\n"));
}

/// The program stays as it is.
fn nothing(args: &ApplyArgs, ground: &Ground, verdict: Option<&Verdict>) -> Result<i32, Failure> {
    if args.format == Format::Json {
        let choice = Choice {
            api: Api::Sequential,
            settings: Settings::default(),
        };
        let rewrite = Rewrite {
            grade: Grade::Safe,
            files: Vec::new(),
            notes: Vec::new(),
        };
        let proposal = Proposal {
            choice,
            rewrite,
            edited: Texts::new(),
        };
        say_json(&receipt::ApplyReport::new(
            ground, verdict, &proposal, "", None,
        ))?;
    }
    Ok(exit::FOUND)
}

fn say_json(report: &receipt::ApplyReport<'_>) -> Result<(), Failure> {
    let json = serde_json::to_string(report)
        .map_err(|error| Failure::not_here(format!("the report is no JSON: {error}")))?;
    terminal::write(Stream::Out, &format!("\n{json}\n"));
    Ok(())
}

/// Shows the edit, and makes it where asked for.
fn finish(
    args: &ApplyArgs,
    ground: &Ground,
    editor: &Editor<'_>,
    verdict: Option<&Verdict>,
    proposal: &Proposal,
    color: ColorWhen,
    interrupts: &Interrupts,
) -> Result<i32, Failure> {
    let colored = args.format == Format::Text && terminal::is_colored(Stream::Out, color);
    let diff = editor.diff(&proposal.edited, colored);
    if args.format == Format::Text {
        terminal::write(Stream::Out, &diff);
        say_grade(args, &proposal.rewrite);
    }
    let mut code = exit::DONE;
    let mut receipt = None;
    if args.verify || args.write {
        may_be_made(args, &proposal.rewrite)?;
        if args.verify {
            verify::by_running(args, ground, &proposal.edited, interrupts)?;
        }
    }
    if args.write {
        let made = write::write(args, ground, editor, verdict, proposal)?;
        receipt = Some(made);
    } else if matches!(proposal.rewrite.grade, Grade::ShowOnly(_)) {
        code = exit::NOT_HERE;
    }
    if args.format == Format::Json {
        say_json(&receipt::ApplyReport::new(
            ground,
            verdict,
            proposal,
            &diff,
            receipt.as_deref(),
        ))?;
    }
    Ok(code)
}

fn say_grade(args: &ApplyArgs, rewrite: &Rewrite) {
    if args.quiet {
        return;
    }
    let head = match &rewrite.grade {
        Grade::Safe => "Safe: the program does what it did, in the same order.",
        Grade::ChangesBehaviour(_) => "Changes behaviour:",
        Grade::ShowOnly(_) => "To read, not to make:",
    };
    let reasons: String = rewrite
        .grade
        .reasons()
        .iter()
        .map(|reason| format!("\n  - {reason}"))
        .collect();
    let notes: String = rewrite
        .notes
        .iter()
        .map(|note| format!("\nNote: {note}"))
        .collect();
    terminal::say(&format!("{head}{reasons}{notes}"));
}

/// Whether the edit may be written.
fn may_be_made(args: &ApplyArgs, rewrite: &Rewrite) -> Result<(), Failure> {
    match &rewrite.grade {
        Grade::Safe => Ok(()),
        Grade::ChangesBehaviour(_) if args.allow_changes => Ok(()),
        Grade::ChangesBehaviour(reasons) => Err(Failure::not_here(format!(
            "not written, since something may be seen to change: {}",
            reasons.join("; ")
        ))
        .instead("look at the diff; with --allow-changes it is written")),
        Grade::ShowOnly(reasons) => Err(Failure::not_here(format!(
            "not written: {}",
            reasons.join("; ")
        ))
        .instead("change that first; `rightlane advise` says where")),
    }
}
