//! Where our options end and the program's arguments begin.
//!
//! `python [OPTIONS] SCRIPT ARGS…` gives everything after SCRIPT (or after `-m MODULE`) to the
//! program, `--` and options that look like ours included; our commands that run one have to do
//! exactly the same. clap's `trailing_var_arg` does not: it takes options that it knows after
//! `-m MODULE`, and swallows a `--`. So the line is cut here, by clap's own table of options.

use clap::{ArgAction, Command};
use std::ffi::{OsStr, OsString};

/// Splits a command line into what clap shall parse and what belongs to the program.
pub(crate) fn split(
    mut root: Command,
    line: impl IntoIterator<Item = OsString>,
) -> (Vec<OsString>, Vec<OsString>) {
    // Hands the global options down to the subcommands.
    root.build();
    let mut head: Vec<OsString> = line.into_iter().collect();
    let Some(name) = positional(&root, &head, 1, false) else {
        return (head, Vec::new());
    };
    let Some(command) = root
        .find_subcommand(&head[name])
        .filter(|command| runs_a_program(command))
    else {
        return (head, Vec::new());
    };
    let Some(program) = positional(command, &head, name + 1, true) else {
        return (head, Vec::new());
    };
    if names_a_function(&head[program]) {
        return (head, Vec::new());
    }
    let tail = head.split_off(program + 1);
    if command.get_name() != MIXED {
        return (head, tail);
    }
    let (own, tail) = sorted_out(command, tail);
    head.extend(own);
    (head, tail)
}

/// The command whose own options may follow the program, too: `rightlane apply report.py --write`. It is not about
/// running the program, so that is what everybody types.
const MIXED: &str = "apply";

/// Our own options among what follows the program, up to a `--`; the rest is the program's.
fn sorted_out(command: &Command, line: Vec<OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    let mut line = line.into_iter();
    while let Some(argument) = line.next() {
        if argument == "--" {
            theirs.extend(line);
            break;
        }
        if !is_ours(command, &argument) {
            theirs.push(argument);
            continue;
        }
        let value_follows = OptionRead::of(command, &argument).value_follows;
        own.push(argument);
        own.extend(value_follows.then(|| line.next()).flatten());
    }
    (own, theirs)
}

/// Whether it is a long option of the command, written out.
fn is_ours(command: &Command, argument: &OsStr) -> bool {
    let text = argument.to_string_lossy();
    let Some(long) = text.strip_prefix("--").filter(|long| !long.is_empty()) else {
        return false;
    };
    let name = long.split('=').next().unwrap_or(long);
    command
        .get_arguments()
        .any(|known| known.get_long() == Some(name))
}

/// `tools.py:convert` is no program: what follows it is ours.
pub(crate) fn names_a_function(argument: &OsStr) -> bool {
    let text = argument.to_string_lossy();
    text.rsplit_once(':').is_some_and(|(file, name)| {
        file.ends_with(".py") && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
    })
}

/// Whether the command takes a program with its arguments: it has `-m MODULE`.
fn runs_a_program(command: &Command) -> bool {
    command
        .get_arguments()
        .any(|argument| argument.get_long() == Some("module"))
}

/// Index of the first argument from `start` on that is neither an option nor an option's value.
/// With `module`, the value of `-m` counts as it.
fn positional(command: &Command, line: &[OsString], start: usize, module: bool) -> Option<usize> {
    let mut index = start;
    while index < line.len() {
        let argument = line[index].as_encoded_bytes();
        if argument == b"--" {
            return (index + 1 < line.len()).then_some(index + 1);
        }
        if argument == b"-" || !argument.starts_with(b"-") {
            return Some(index);
        }
        let option = OptionRead::of(command, &line[index]);
        let last = index + usize::from(option.value_follows);
        if module && option.is_module {
            return (last < line.len()).then_some(last);
        }
        index = last + 1;
    }
    None
}

struct OptionRead {
    /// The next argument is this option's value.
    value_follows: bool,
    is_module: bool,
}

impl OptionRead {
    fn of(command: &Command, argument: &OsStr) -> Self {
        let text = argument.to_string_lossy();
        if let Some(long) = text.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, _)) => (name, true),
                None => (long, false),
            };
            return Self {
                value_follows: !value && takes_value(command, |arg| arg.get_long() == Some(name)),
                is_module: name == "module",
            };
        }
        // A cluster (`-qm`): the first letter that takes a value takes the rest of the cluster,
        // or the next argument where nothing is left.
        for (at, letter) in text.char_indices().skip(1) {
            if takes_value(command, |arg| arg.get_short() == Some(letter)) {
                return Self {
                    value_follows: at + letter.len_utf8() == text.len(),
                    is_module: letter == 'm',
                };
            }
        }
        Self {
            value_follows: false,
            is_module: false,
        }
    }
}

fn takes_value(command: &Command, wanted: impl Fn(&clap::Arg) -> bool) -> bool {
    command
        .get_arguments()
        .find(|arg| wanted(arg))
        .is_some_and(|arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    /// What the program gets of `rightlane LINE`.
    fn tail(line: &str) -> String {
        let line = std::iter::once("rightlane").chain(line.split_whitespace());
        let (head, tail) = split(Cli::command(), line.map(OsString::from));
        assert!(!head.is_empty());
        let tail: Vec<_> = tail.iter().map(|part| part.to_string_lossy()).collect();
        tail.join(" ")
    }

    #[test]
    fn what_follows_the_script_is_the_programs() {
        assert_eq!(tail("advise x.py"), "");
        assert_eq!(
            tail("advise x.py a --format json -m y"),
            "a --format json -m y"
        );
        assert_eq!(tail("advise x.py -- a --"), "-- a --");
        assert_eq!(tail("advise -- x.py -q"), "-q");
        assert_eq!(tail("advise - a"), "a");
    }

    #[test]
    fn what_follows_the_module_is_the_programs() {
        assert_eq!(tail("advise -m x --quiet -- a"), "--quiet -- a");
        assert_eq!(tail("advise --module x a"), "a");
        assert_eq!(tail("advise --module=x a"), "a");
        assert_eq!(tail("advise -mx a"), "a");
        assert_eq!(tail("advise -qm x a"), "a");
        assert_eq!(tail("advise -qmx a"), "a");
    }

    #[test]
    fn every_command_that_runs_programs_leaves_them_their_arguments() {
        assert_eq!(tail("top x.py --once"), "--once");
        assert_eq!(tail("top --once -m x --pid 3"), "--pid 3");
        assert_eq!(tail("top --pid 3"), "");
        assert_eq!(tail("top -p 3 --refresh 2s"), "");
    }

    #[test]
    fn values_of_our_options_are_not_the_script() {
        assert_eq!(tail("advise --format json x.py a"), "a");
        assert_eq!(tail("advise --format=json x.py a"), "a");
        assert_eq!(tail("advise -o out -q --for 3s x.py a"), "a");
        assert_eq!(tail("advise -oout x.py a"), "a");
        assert_eq!(tail("advise --color never x.py --color"), "--color");
        assert_eq!(tail("--color never advise x.py --color"), "--color");
    }

    #[test]
    fn every_command_that_runs_a_program_hands_it_its_arguments() {
        assert_eq!(tail("observe --rate 50 x.py --rate 5"), "--rate 5");
        assert_eq!(tail("observe -m x -o y"), "-o y");
        assert_eq!(tail("observe --pid 12"), "");
        assert_eq!(tail("report x.rec --format json"), "");
    }

    #[test]
    fn unknown_options_are_left_for_the_parser_to_refuse() {
        let line = ["rightlane", "advise", "--bogus", "x.py", "a"].map(OsString::from);
        let (head, _) = split(Cli::command(), line);
        assert!(Cli::command().try_get_matches_from(head).is_err());
    }

    #[test]
    fn what_follows_a_function_is_ours() {
        assert_eq!(tail("prove tools.py:convert --items calls.jsonl"), "");
        assert_eq!(tail("prove report.py:31 --items x"), "--items x");
    }

    #[test]
    fn options_of_apply_may_follow_the_script() {
        assert_eq!(tail("apply report.py --write"), "");
        assert_eq!(
            tail("apply report.py --month 5 --api Pool --write"),
            "--month 5"
        );
        assert_eq!(tail("apply report.py:31 --api=Pool x"), "x");
        assert_eq!(tail("apply --write report.py -- --write"), "--write");
        assert_eq!(tail("prove report.py --quiet"), "--quiet");
    }

    #[test]
    fn other_commands_keep_their_arguments() {
        assert_eq!(tail("explain x -m y"), "");
        assert_eq!(tail("advise"), "");
        assert_eq!(tail("advise -m"), "");
        assert_eq!(tail("advise --format"), "");
    }
}
