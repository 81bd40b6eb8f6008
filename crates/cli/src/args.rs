//! The command line.

use crate::told::ToldArgs;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  check has found something; there is nothing to gain (apply, prove)
  2  wrong usage, or a program that cannot be read
  3  the observed program itself failed; its own code is reported
  4  not permitted or not supported here; the message says what to do";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Which concurrency API should this Python program use?
#[derive(Debug, Parser)]
#[command(
    name = "rightlane",
    version,
    long_version = concat!(env!("CARGO_PKG_VERSION"), " (", env!("RIGHTLANE_BUILD"), ")"),
    after_help = EXIT_CODES,
    styles = STYLES,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
)]
pub(crate) struct Cli {
    /// When to use colour; auto: on a terminal, and NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a program once, observed; say which API its hot places should use, and why
    Advise(AdviseArgs),
    /// What the source alone says: concurrency used wrongly, and where another API does better
    Check(crate::check::CheckArgs),
    /// Run the alternatives against each other on the same work; say which is really fastest
    Prove(crate::prove::ProveArgs),
    /// Show the edit that the verdict asks for as a diff; --write makes it
    Apply(crate::apply::ApplyArgs),
    /// Run a program, or look at a running one; say where the wall time of each thread went
    Observe(ObserveArgs),
    /// Show a recording that `observe --record` has kept, or export it
    Report(ReportArgs),
    /// What every thread of a live program does and waits for, and its share of the GIL
    Top(crate::top::TopArgs),
    /// Answer a few questions, get the API, the reasons and the code (no program needed)
    Choose(crate::choose::Args),
    /// This machine: usable cores, Pythons found, permissions, measured costs
    Doctor(DoctorArgs),
    /// One page on an API, a step of the procedure, or the time ledger's rows
    Explain(ExplainArgs),
    /// The JSON schema of `--format json`
    Schema(SchemaArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// The program to look at.
///
/// What follows SCRIPT or MODULE belongs to the program, `--format` and `--` included; see
/// `crate::split`.
#[derive(Debug, Args)]
pub(crate) struct ProgramArgs {
    /// The program's file
    #[arg(value_name = "SCRIPT", required_unless_present_any = ["module", "pid"])]
    pub(crate) script: Option<PathBuf>,
    /// The program's arguments, passed on as they are
    #[arg(value_name = "ARGS")]
    pub(crate) arguments: Vec<OsString>,
    /// Run a module as `python -m` does
    #[arg(short = 'm', long, value_name = "MODULE")]
    pub(crate) module: Option<String>,
    /// Look at a running program instead; it is neither stopped nor changed nor ended
    #[arg(short = 'p', long, value_name = "PID", conflicts_with_all = ["script", "module", "python"])]
    pub(crate) pid: Option<u32>,
    /// The Python to run the program with: a path, a command or a version
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<OsString>,
}

/// `rightlane advise`.
#[derive(Debug, Args)]
#[command(
    override_usage = "rightlane advise [OPTIONS] SCRIPT [ARGS]...\n       \
                      rightlane advise [OPTIONS] -m MODULE [ARGS]...\n       \
                      rightlane advise [OPTIONS] --pid PID",
    after_help = EXIT_CODES,
)]
pub(crate) struct AdviseArgs {
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
    /// How to report; text goes to stderr, json to stdout after the program's own output
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write the report to a file instead
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Stop after this long, end the program gently and advise from what was seen (30s, 2m);
    /// with --pid 10s where nothing else is said, and the program goes on
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Samples per second
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rate: Option<u32>,
    /// Observe from inside only
    #[arg(long, conflicts_with = "pid")]
    pub(crate) no_sampling: bool,
    /// Do not run the program: advise from its source alone
    #[arg(long, conflicts_with_all = ["duration", "rate", "no_sampling", "pid"])]
    pub(crate) no_observe: bool,
    /// Measure this machine's costs anew
    #[arg(long)]
    pub(crate) recalibrate: bool,
    /// Record the arguments of the calls of a function of the program (`convert`, `tools.convert`), for
    /// `rightlane prove FILE:FUNCTION --items FILE.jsonl`: the first 1,000, one a line
    #[arg(long, value_name = "FUNCTION=FILE.jsonl", conflicts_with_all = ["pid", "no_observe"])]
    pub(crate) capture: Option<OsString>,
    /// Say nothing but the report and errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) told: ToldArgs,
}

/// The program to edit or to race: like [`ProgramArgs`], but it is started by us.
#[derive(Debug, Args)]
pub(crate) struct ScriptArgs {
    /// The program's file, with a line of it where one loop is meant (`report.py:31`)
    #[arg(value_name = "SCRIPT[:LINE]", required_unless_present = "module")]
    pub(crate) script: Option<PathBuf>,
    /// The program's arguments, passed on as they are
    #[arg(value_name = "ARGS")]
    pub(crate) arguments: Vec<OsString>,
    /// Run a module as `python -m` does
    #[arg(short = 'm', long, value_name = "MODULE")]
    pub(crate) module: Option<String>,
    /// The Python to run the program with: a path, a command or a version
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<OsString>,
}

impl ScriptArgs {
    /// The program as other commands name it, and the line where one is given.
    pub(crate) fn program(&self) -> (ProgramArgs, Option<u32>) {
        let (script, line) = match &self.script {
            Some(path) => with_line(path),
            None => (None, None),
        };
        let program = ProgramArgs {
            script,
            arguments: self.arguments.clone(),
            module: self.module.clone(),
            pid: None,
            python: self.python.clone(),
        };
        (program, line)
    }
}

/// `report.py:31` is line 31 of `report.py`, unless there is a file of that name.
fn with_line(path: &Path) -> (Option<PathBuf>, Option<u32>) {
    let whole = (Some(path.to_owned()), None);
    if path.exists() {
        return whole;
    }
    let text = path.to_string_lossy();
    let Some((file, line)) = text.rsplit_once(':') else {
        return whole;
    };
    match line.parse::<u32>() {
        Ok(line) if line > 0 => (Some(PathBuf::from(file)), Some(line)),
        _ => whole,
    }
}

impl AdviseArgs {
    /// Those of other commands that observe a program first.
    pub(crate) fn of(program: ProgramArgs, quiet: bool, told: &ToldArgs) -> Self {
        Self {
            program,
            format: Format::Text,
            output: None,
            duration: None,
            rate: None,
            no_sampling: false,
            no_observe: false,
            recalibrate: false,
            capture: None,
            quiet,
            told: told.clone(),
        }
    }
}

/// `rightlane observe`.
#[derive(Debug, Args)]
#[command(
    override_usage = "rightlane observe [OPTIONS] SCRIPT [ARGS]...\n       \
                      rightlane observe [OPTIONS] -m MODULE [ARGS]...\n       \
                      rightlane observe [OPTIONS] --pid PID",
    after_help = EXIT_CODES,
)]
pub(crate) struct ObserveArgs {
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
    /// Keep the whole recording in a file, for `rightlane report`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Stop after this long: a program that was started for it is ended gently, one looked at by
    /// --pid goes on (30s, 2m)
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Samples per second; held even where that takes up to 15 % of a core. Without it: 100, and 250 in
    /// the first half second
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rate: Option<u32>,
    /// Leave out the processes that the program starts
    #[arg(long)]
    pub(crate) no_children: bool,
    /// Say nothing but the report and errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// How to show a recording.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// How to report
    #[arg(long, value_enum, default_value_t = ViewFormat::Text, value_name = "FORMAT")]
    pub(crate) format: ViewFormat,
    /// Write the report to a file instead
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// Collapsed stacks, for flame graphs (inferno, flamegraph.pl)
    Collapsed,
    /// For <https://www.speedscope.app>
    Speedscope,
    /// For pprof and what reads its form
    Pprof,
    /// Trace events, for <https://ui.perfetto.dev>
    Perfetto,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// What `observe --record` wrote
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// The Python to measure: a path, a command or a version
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<OsString>,
    /// Measure this machine's costs anew
    #[arg(long)]
    pub(crate) recalibrate: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// An API (`ThreadPool`), a family (`asyncio`), a step (`step-3`), a rule (`RL204`), `rules` or `ledger`; without one, the list
    pub(crate) topic: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Whose object
    #[arg(value_enum, default_value_t = SchemaOf::Advise, value_name = "COMMAND")]
    pub(crate) object: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// What `advise --format json` prints
    Advise,
    /// What `check --format json` prints
    Check,
    /// What `prove --format json` prints
    Prove,
    /// What `observe --format json` and `report --format json` print
    Observe,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = duration_or_seconds(text)?;
    if parsed.is_zero() {
        return Err(
            "it has to be longer than nothing; leave --for out to observe to the end".into(),
        );
    }
    Ok(parsed)
}

/// `2m`, `500ms`. A bare number means seconds: that is what everybody types first.
pub(crate) fn duration_or_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(seconds) => Ok(Duration::from_secs(u64::from(seconds))),
        Err(_) => humantime::parse_duration(text).map_err(|error| error.to_string()),
    }
}
