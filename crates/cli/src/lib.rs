//! The `rightlane` command: arguments, terminal, exit codes. The only crate that prints, exits
//! or reads the environment.

mod advise;
mod apply;
mod args;
mod check;
mod choose;
mod diff;
mod doctor;
mod editor;
mod explain;
mod failure;
mod interrupt;
mod machine;
mod observe;
mod outcome;
mod output;
mod program;
mod progress;
mod prove;
mod python;
mod races;
mod split;
mod target;
mod terminal;
mod told;
mod top;

use args::{Cli, Command, SchemaOf};
use clap::{CommandFactory, FromArgMatches};
use failure::{Failure, exit};
use std::ffi::OsString;
use std::path::PathBuf;
use terminal::Stream;

/// `check` makes a tree for every file on every core: measured on django and twisted (a million lines),
/// it takes a fifth less CPU with this than with glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the command `line` (the program's name first) and returns the exit code.
///
/// `default_python` is the interpreter to use where none is asked for: the one that Rightlane is
/// installed in. Nothing panics and nothing exits on the way, with one exception: SIGINT and
/// SIGTERM end the process as usual while no program is being observed.
pub fn main_with(line: impl IntoIterator<Item = OsString>, default_python: Option<PathBuf>) -> i32 {
    let (head, program_arguments) = split::split(Cli::command(), line);
    let cli = Cli::command()
        .try_get_matches_from(head)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let mut cli = match cli {
        Ok(cli) => cli,
        Err(message) => return usage_message(&message),
    };
    match &mut cli.command {
        Command::Advise(advise) => advise.program.arguments = program_arguments,
        Command::Apply(apply) => apply.program.arguments = program_arguments,
        Command::Prove(prove) => prove.program.arguments = program_arguments,
        Command::Observe(observe) => observe.program.arguments = program_arguments,
        Command::Top(top) => top.arguments = program_arguments,
        _ => {}
    }
    match run(&cli, default_python) {
        Ok(code) => code,
        Err(failure) => {
            terminal::say(&failure.to_string());
            failure.code
        }
    }
}

fn run(cli: &Cli, default_python: Option<PathBuf>) -> Result<i32, Failure> {
    let default = default_python.as_deref();
    match &cli.command {
        Command::Advise(args) => advise::run(args, cli.color, default),
        Command::Apply(args) => apply::run(args, cli.color, default),
        Command::Prove(args) => prove::run(args, cli.color, default),
        Command::Check(args) => check::run(args, cli.color),
        Command::Observe(args) => observe::run(args, cli.color, default),
        Command::Report(args) => observe::report(args, cli.color),
        Command::Top(args) => top::run(args, cli.color, default),
        Command::Choose(args) => Ok(choose::run(args)),
        Command::Doctor(args) => doctor::run(args, cli.color, default),
        Command::Explain(args) => {
            explain::run(args.topic.as_deref(), cli.color).map(|()| exit::DONE)
        }
        Command::Schema(args) => {
            let schema = match args.object {
                SchemaOf::Advise => rightlane_report::schema(),
                SchemaOf::Check => rightlane_report::check_schema(),
                SchemaOf::Prove => rightlane_report::prove_schema(),
                SchemaOf::Observe => rightlane_report::ledger_schema(),
            };
            terminal::write(Stream::Out, &schema);
            Ok(exit::DONE)
        }
    }
}

/// clap's own words: help and version to stdout, errors to stderr.
fn usage_message(message: &clap::Error) -> i32 {
    // A reader that went away is no error of ours.
    drop(message.print());
    message.exit_code()
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
