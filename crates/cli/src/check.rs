//! `rightlane check`: what the source alone says about a program's concurrency.
//!
//! Exit codes: 0 nothing found, 1 findings (or a file that is not Python), 2 wrong usage, settings that
//! cannot be read, a path that is not there.

mod files;
mod fixing;
mod settings;
mod watch;

use crate::args::ColorWhen;
use crate::failure::{Failure, exit};
use crate::output::OutputFile;
use crate::terminal::{self, Stream};
use clap::ValueEnum;
use files::Files;
use rightlane_facts::CheckReport;
use rightlane_report::{Look, RuleText};
use rightlane_source::check::{RULES, check};
use settings::Settings;
use std::path::PathBuf;

/// The command line of `rightlane check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes:
  0  nothing found
  1  findings, or files that are not Python
  2  wrong usage, settings that cannot be read, a path that is not there

Settings: [tool.rightlane.check] in pyproject.toml (select, ignore, exclude, per-file-ignores).
One line: # rightlane: ignore[RL204]. A whole file: # rightlane: ignore-file[RL204].
The rules: rightlane explain rules; one of them: rightlane explain RL204.")]
pub(crate) struct CheckArgs {
    /// Files and folders
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = CheckFormat::Full, value_name = "FORMAT")]
    format: CheckFormat,
    /// Where to put it instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these rules: codes (RL204), their beginnings (RL2), names, groups (leaks), ALL
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    select: Vec<String>,
    /// Not these rules
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    ignore: Vec<String>,
    /// Not these files and folders (patterns such as `old` or `docs/*.ipynb`)
    #[arg(long, value_delimiter = ',', value_name = "PATTERNS")]
    exclude: Vec<String>,
    /// Heed excludes also for files that are named on the command line
    #[arg(long)]
    force_exclude: bool,
    /// Check files that .gitignore excludes, too
    #[arg(long)]
    no_gitignore: bool,
    /// Take no settings from pyproject.toml
    #[arg(long)]
    isolated: bool,
    /// Make the edits that are safe
    #[arg(long)]
    fix: bool,
    /// Show the edits that --fix would make; change nothing. Exit code 1 if there are any
    #[arg(long, conflicts_with_all = ["watch", "output", "format"])]
    diff: bool,
    /// Check again whenever a file changes, until Ctrl-C
    #[arg(long, conflicts_with = "output")]
    watch: bool,
    /// How often each rule was broken, instead of each finding
    #[arg(long, conflicts_with_all = ["diff", "format"])]
    statistics: bool,
    /// Exit code 0 though there are findings
    #[arg(long)]
    exit_zero: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// With the lines around each finding
    Full,
    /// One line each
    Concise,
    /// One JSON object; see `rightlane schema check`
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// Runs `rightlane check` and returns the exit code.
pub(crate) fn run(args: &CheckArgs, color: ColorWhen) -> Result<i32, Failure> {
    let output = args.output.as_deref();
    let output = output
        .map(|path| OutputFile::new("--output", path))
        .transpose()?;
    if args.watch {
        return watch::watch(&args.paths, || once(args, color, None).map(drop));
    }
    once(args, color, output.as_ref())
}

/// Checks, mends and prints once.
fn once(args: &CheckArgs, color: ColorWhen, output: Option<&OutputFile>) -> Result<i32, Failure> {
    let mut settings = Settings::new(args)?;
    let files = Files::find(args, &mut settings)?;
    if files.paths.is_empty() {
        terminal::say("rightlane: no Python files there (what .gitignore excludes is left out)");
    }
    if args.diff {
        let found = fixing::diff(&files, &mut settings, color)?;
        return Ok(code(args, found));
    }
    let mut report = checked(&files, &mut settings)?;
    if args.fix {
        fixing::fix(&files, &mut settings, &mut report)?;
    }
    let look = match output {
        Some(_) => terminal::file_look(color),
        None => terminal::look(Stream::Out, color),
    };
    let text = shown(args, &report, look)?;
    match output {
        Some(output) => output.write(text.as_bytes())?,
        None => terminal::write(Stream::Out, &text),
    }
    let found = !report.findings.is_empty() || !report.errors.is_empty();
    Ok(code(args, found))
}

fn code(args: &CheckArgs, found: bool) -> i32 {
    match found && !args.exit_zero {
        true => exit::FOUND,
        false => exit::DONE,
    }
}

/// The report on the files, without what the settings ignore.
fn checked(files: &Files, settings: &mut Settings) -> Result<CheckReport, Failure> {
    let mut report = check(&files.paths);
    let mut kept = Vec::with_capacity(report.findings.len());
    for finding in report.findings {
        if settings.wants(&finding)? {
            kept.push(finding);
        }
    }
    report.findings = kept;
    Ok(report)
}

fn shown(args: &CheckArgs, report: &CheckReport, look: Look) -> Result<String, Failure> {
    let json = || {
        rightlane_report::json(report)
            .map_err(|error| Failure::usage(format!("the report as JSON: {error}")))
    };
    let with_closing = |text: String| text + &rightlane_report::closing(report);
    if args.statistics {
        return Ok(with_closing(rightlane_report::statistics(report)));
    }
    Ok(match args.format {
        CheckFormat::Full => with_closing(rightlane_report::full(report, look)),
        CheckFormat::Concise => with_closing(rightlane_report::concise(report, look)),
        CheckFormat::Json => json()?,
        CheckFormat::Sarif => {
            rightlane_report::sarif(report, &rule_texts(), env!("CARGO_PKG_VERSION"))
        }
        CheckFormat::Github => rightlane_report::github(report),
    })
}

fn rule_texts() -> Vec<RuleText> {
    let text = |rule: &rightlane_source::check::Rule| RuleText {
        code: rule.code.to_owned(),
        name: rule.name(),
        summary: rule.summary(),
        manual: rule.manual(),
    };
    RULES.iter().map(text).collect()
}
