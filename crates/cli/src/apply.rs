//! `rightlane apply`: the edit that the verdict asks for.

mod receipt;
mod verify;
mod write;

use crate::advise::{self, Advised};
use crate::args::{AdviseArgs, ColorWhen, EXIT_CODES, Format, ScriptArgs};
use crate::editor::{Choice, Editor};
use crate::failure::{Failure, exit};
use crate::interrupt::Interrupts;
use crate::terminal::{self, Stream};
use crate::told::ToldArgs;
use clap::{Args, ValueEnum};
use rightlane_facts::{Api, Grade, Settings, SiteKind, Target, TaskPart, Verdict};
use rightlane_rewrite::{Rewrite, Texts};
use std::path::Path;

/// `rightlane apply`.
#[derive(Debug, Args)]
#[command(
    override_usage = "rightlane apply [OPTIONS] SCRIPT[:LINE] [ARGS]...\n       \
                      rightlane apply [OPTIONS] -m MODULE [ARGS]...\n       \
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

/// Runs the command and returns the exit code.
pub(crate) fn run(
    args: &ApplyArgs,
    color: ColorWhen,
    default_python: Option<&Path>,
) -> Result<i32, Failure> {
    if args.undo {
        return write::undo(args);
    }
    let (asked, line) = args.program.program();
    let advise_args = AdviseArgs {
        program: asked,
        format: Format::Text,
        output: None,
        duration: None,
        rate: None,
        no_sampling: false,
        no_observe: args.api.is_some() && line.is_some(),
        recalibrate: false,
        quiet: args.quiet,
        told: args.told.clone(),
    };
    let interrupts = Interrupts::watch()
        .map_err(|error| Failure::not_here(format!("signals cannot be watched: {error}")))?;
    let (program, arguments) = advise::find(&advise_args, default_python)?;
    let source = program.read()?;
    let Some(advised) = advise::advised(&advise_args, program, arguments, source, &interrupts)?
    else {
        return Ok(interrupts.quitting().unwrap_or(exit::INTERRUPTED));
    };
    drop(interrupts);
    if let Some(code) = failed(&advised) {
        return Ok(code);
    }
    let editor = Editor::new(&advised.source, &advised.program.python)?;
    let (verdict, target) = chosen(&advised, line)?;
    let choice = choice(args, &advised, verdict.as_ref());
    explain(args, &advised, verdict.as_ref(), color);
    let Some(choice) = choice else {
        return Ok(exit::FOUND);
    };
    let rewrite =
        edit(&editor, verdict.as_ref(), target.as_ref(), &choice).map_err(|why| no_edit(&why))?;
    let edited = editor.edited(&rewrite).map_err(|why| no_edit(&why))?;
    let proposal = Proposal {
        choice,
        rewrite,
        edited,
    };
    finish(args, &advised, &editor, verdict.as_ref(), &proposal, color)
}

/// The edit of the verdict's site, or of the pool that the program has.
fn edit(
    editor: &Editor<'_>,
    verdict: Option<&Verdict>,
    target: Option<&Target>,
    choice: &Choice,
) -> Result<Rewrite, String> {
    if let Some(target) = target {
        return editor.edit(target, choice);
    }
    match verdict.and_then(|verdict| verdict.place.as_ref()) {
        Some(place) => editor.edit_pool(place, choice),
        None => Err("no place in the program is meant".to_owned()),
    }
}

/// The program itself failed: there is nothing to compare an edit with.
fn failed(advised: &Advised) -> Option<i32> {
    let code = crate::outcome::exit_code(advised.report.outcome, advised.report.cut_short, false);
    (code != exit::DONE).then_some(code)
}

fn no_edit(why: &str) -> Failure {
    Failure::not_here(format!("no edit: {why}"))
        .instead("the verdict's code shows how; write it by hand")
}

/// The verdict that is meant, and what it is about: that of the line, else the program's.
fn chosen(
    advised: &Advised,
    line: Option<u32>,
) -> Result<(Option<Verdict>, Option<Target>), Failure> {
    let report = &advised.report;
    let Some(line) = line else {
        return Ok((Some(report.verdict.clone()), report.verdict.target.clone()));
    };
    let script = advised.source.files.first().map_or("", String::as_str);
    let at_line = |site: &&rightlane_facts::Site| site.path == script && site.span.line == line;
    let around = |site: &&rightlane_facts::Site| site.path == script && site.span.holds_line(line);
    let sites = || {
        advised
            .source
            .sites
            .iter()
            .filter(|site| site.kind != SiteKind::Run || site.callee.is_none())
    };
    let narrow = |site: &&rightlane_facts::Site| site.span.end_line - site.span.line;
    let site = sites()
        .filter(at_line)
        .min_by_key(narrow)
        .or_else(|| sites().filter(around).min_by_key(narrow));
    let Some(site) = site else {
        return Err(Failure::usage(format!(
            "line {line} has no loop, comprehension or run of calls"
        ))
        .instead("name a line that has one, or none: then the hottest is meant"));
    };
    let judged = report.sites.iter().map(|one| &one.verdict);
    let verdict = judged
        .filter(|verdict| {
            verdict
                .target
                .as_ref()
                .is_some_and(|target| target.site == site.id)
        })
        .cloned()
        .next();
    let part = match site.callee {
        Some(call) => TaskPart::Call(call),
        None => TaskPart::Body,
    };
    let target = verdict
        .as_ref()
        .and_then(|verdict| verdict.target.clone())
        .unwrap_or(Target {
            site: site.id,
            part,
        });
    Ok((verdict, Some(target)))
}

/// What to write; `None` where the program stays as it is.
fn choice(args: &ApplyArgs, advised: &Advised, verdict: Option<&Verdict>) -> Option<Choice> {
    let cores = advised.machine.cores.max(1.0).floor() as u32;
    let Some(name) = args.api else {
        let verdict = verdict?;
        return (verdict.api != Api::Sequential).then_some(Choice {
            api: verdict.api,
            settings: crate::editor::with_chunks(
                verdict.api,
                verdict.settings,
                tasks_of(advised, verdict),
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
    let tasks = verdict.map_or(0, |verdict| tasks_of(advised, verdict));
    Some(Choice {
        api,
        settings: crate::editor::with_chunks(api, settings, tasks),
    })
}

fn tasks_of(advised: &Advised, verdict: &Verdict) -> u64 {
    let mut sites = advised.report.sites.iter();
    sites
        .find(|site| site.verdict.target == verdict.target)
        .map_or(0, |site| site.tasks)
}

/// Says the verdict, as the explanation of the diff.
fn explain(args: &ApplyArgs, advised: &Advised, verdict: Option<&Verdict>, color: ColorWhen) {
    if args.quiet || args.format == Format::Json || args.api.is_some() {
        return;
    }
    let mut report = advised.report.clone();
    if let Some(verdict) = verdict {
        report.verdict = verdict.clone();
    }
    // The diff says it better.
    report.verdict.code = None;
    let text = rightlane_report::text(&report, terminal::look(Stream::Err, color));
    terminal::write(Stream::Err, &format!("\n{text}\n"));
}

/// Shows the edit, and makes it where asked for.
fn finish(
    args: &ApplyArgs,
    advised: &Advised,
    editor: &Editor<'_>,
    verdict: Option<&Verdict>,
    proposal: &Proposal,
    color: ColorWhen,
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
            verify::by_running(advised, &proposal.edited)?;
        }
    }
    if args.write {
        let made = write::write(args, advised, editor, verdict, proposal)?;
        receipt = Some(made);
    } else if matches!(proposal.rewrite.grade, Grade::ShowOnly(_)) {
        code = exit::NOT_HERE;
    }
    if args.format == Format::Json {
        let report =
            receipt::ApplyReport::new(advised, verdict, proposal, &diff, receipt.as_deref());
        let json = serde_json::to_string(&report)
            .map_err(|error| Failure::not_here(format!("the report is no JSON: {error}")))?;
        terminal::write(Stream::Out, &format!("\n{json}\n"));
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
