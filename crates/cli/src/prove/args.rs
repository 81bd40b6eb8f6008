//! The command line of `prove`.

use crate::args::{AdviseArgs, EXIT_CODES, Format, ScriptArgs, duration_or_seconds};
use crate::told::ToldArgs;
use clap::Args;
use rightlane_race::OutputEqual;
use std::path::PathBuf;
use std::time::Duration;

/// `rightlane prove`.
#[derive(Debug, Args)]
#[command(
    override_usage = "rightlane prove [OPTIONS] SCRIPT[:LINE] [ARGS]...\n       \
                      rightlane prove [OPTIONS] -m MODULE [ARGS]...\n       \
                      rightlane prove [OPTIONS] FILE:FUNCTION --items FILE.jsonl",
    after_help = EXIT_CODES,
)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    pub(crate) program: ScriptArgs,
    /// Calls of the function that FILE:FUNCTION names, one a line: its argument as JSON, or
    /// {"args": […], "kwargs": {…}}
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) items: Option<PathBuf>,
    /// Wall time of all runs together (30s, 2m); without it five times the program's own
    #[arg(long, value_name = "DURATION", value_parser = duration_or_seconds)]
    pub(crate) time_budget: Option<Duration>,
    /// When two outputs count as equal: exact, sorted (lines), unordered, ignore, or a command that is given
    /// two files
    #[arg(long, value_name = "RULE", default_value = "exact", value_parser = output_equal)]
    pub(crate) output_equal: OutputEqual,
    /// Files that the program writes have to be the same, too
    #[arg(long)]
    pub(crate) compare_files: bool,
    /// Run the program several times even if it reaches other machines, servers that run already, or files
    /// elsewhere
    #[arg(long)]
    pub(crate) allow_effects: bool,
    /// The tree that must not change, and that is copied where the program writes in it; without it the
    /// working directory
    #[arg(long, value_name = "FOLDER")]
    pub(crate) root: Option<PathBuf>,
    /// Run the best variants with these Pythons, too (3.13,3.13t,3.15)
    #[arg(long, value_name = "PYTHON,…", value_delimiter = ',')]
    pub(crate) pythons: Vec<std::ffi::OsString>,
    /// How to report, on stdout; the program's own output is not shown
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write the report to a file instead
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Say nothing but the report and errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) told: ToldArgs,
}

impl ProveArgs {
    /// The same program for `advise`.
    pub(crate) fn advise_args(&self) -> AdviseArgs {
        AdviseArgs::of(self.program.program().0, self.quiet, &self.told)
    }

    /// The line that is meant, where one is given.
    pub(crate) fn line(&self) -> Option<u32> {
        self.program.program().1
    }
}

fn output_equal(text: &str) -> Result<OutputEqual, String> {
    Ok(match text {
        "exact" => OutputEqual::Exact,
        "sorted" => OutputEqual::Sorted,
        "unordered" => OutputEqual::Unordered,
        "ignore" => OutputEqual::Ignore,
        "" => return Err("name a rule, or a command that is given two files".to_owned()),
        command => OutputEqual::Command(command.to_owned()),
    })
}
