//! Questions to flags and flags to answers.

use super::Args;
use crate::args::{ColorWhen, Format};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches, value_parser};
use rightlane_advise::guide::{Answers, Flag, QUESTIONS, Question, contradictions};

/// The value of `--needs` that says that there are none.
const NO_NEEDS: &str = "none";

const AFTER_HELP: &str = "\
Leave out what you do not know: the answer says what it assumed, and which answer would change it.
Without any answer on a terminal, the questions are asked one at a time.

Exit codes:
  0    done
  2    wrong usage, answers that contradict each other, or the input ended while asking
  130  Ctrl-C while asking";

impl clap::Args for Args {
    fn augment_args(command: Command) -> Command {
        let mut command = command
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_parser(value_parser!(Format))
                    .default_value("text")
                    .value_name("FORMAT")
                    .help("How to report"),
            )
            .arg(
                Arg::new("markdown")
                    .long("markdown")
                    .action(ArgAction::SetTrue)
                    .help("Print the whole guide as a Markdown page instead"),
            )
            .after_help(AFTER_HELP);
        for question in &QUESTIONS {
            for flag in question_flags(question) {
                command = command.arg(flag.help_heading(heading(question)));
            }
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// clap puts a colon behind it.
fn heading(question: &Question) -> &'static str {
    question.heading().trim_end_matches('?')
}

fn question_flags(question: &'static Question) -> Vec<Arg> {
    let about = format!("{}\n\n{}", question.text, question.help);
    match question.flag {
        Flag::Switches => question
            .answers
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let fact = sentence(row.fact);
                let switch = Arg::new(row.word)
                    .long(row.word)
                    .action(ArgAction::SetTrue)
                    .help(fact.clone());
                // Once is enough: the help belongs to the question.
                if index == 0 {
                    switch.long_help(format!("{fact}\n\n{about}"))
                } else {
                    switch
                }
            })
            .collect(),
        Flag::Value(option) => vec![value(question, option, &[], &about)],
        Flag::Values(option) => {
            let none = PossibleValue::new(NO_NEEDS).help("nothing of this");
            let flag = value(question, option, &[none], &about);
            vec![flag.action(ArgAction::Append).value_delimiter(',')]
        }
    }
}

fn value(question: &Question, option: &'static str, more: &[PossibleValue], about: &str) -> Arg {
    let values = question
        .answers
        .iter()
        .map(|row| PossibleValue::new(row.word).help(row.label))
        .chain(more.iter().cloned());
    Arg::new(option)
        .long(option)
        .value_name("ANSWER")
        .value_parser(PossibleValuesParser::new(values))
        .help(question.text)
        .long_help(about.to_owned())
}

fn sentence(fact: &str) -> String {
    let mut letters = fact.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl FromArgMatches for Args {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut answers = Answers::default();
        for question in &QUESTIONS {
            read(question, matches, &mut answers)?;
        }
        if let Some(found) = contradictions(&answers).first() {
            return Err(conflict(&found.text));
        }
        let format = matches.get_one("format").copied();
        // The command's global option: clap hands it down into every subcommand's matches.
        let color = matches.try_get_one::<ColorWhen>("color").ok().flatten();
        Ok(Self {
            answers,
            format: format.unwrap_or(Format::Text),
            markdown: matches.get_flag("markdown"),
            color: color.copied().unwrap_or(ColorWhen::Auto),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn read(question: &Question, matches: &ArgMatches, answers: &mut Answers) -> Result<(), Error> {
    match question.flag {
        Flag::Switches => {
            let on = |index: &usize| matches.get_flag(question.answers[*index].word);
            let rows: Vec<usize> = (0..question.answers.len()).filter(on).collect();
            if let [first, second, ..] = rows[..] {
                return Err(both(question, first, second));
            }
            if !rows.is_empty() {
                answers.answer(question.id, Some(&rows));
            }
        }
        Flag::Value(option) | Flag::Values(option) => {
            let Some(words) = matches.get_many::<String>(option) else {
                return Ok(());
            };
            let words: Vec<&String> = words.collect();
            let position =
                |word: &&String| question.answers.iter().position(|row| row.word == **word);
            let rows: Vec<usize> = words.iter().filter_map(position).collect();
            if rows.len() < words.len() && !rows.is_empty() {
                return Err(conflict(&format!(
                    "--{option} {NO_NEEDS} says that nothing is needed: name the needs, or {NO_NEEDS} alone"
                )));
            }
            answers.answer(question.id, Some(&rows));
        }
    }
    Ok(())
}

fn both(question: &Question, first: usize, second: usize) -> Error {
    let (first, second) = (question.flag_for(first), question.flag_for(second));
    conflict(&format!(
        "{first} and {second} contradict each other: {}\n\n  \
         Write one of the two, or none if you do not know: the answer then shows both branches",
        question.text
    ))
}

fn conflict(text: &str) -> Error {
    Error::raw(
        ErrorKind::ArgumentConflict,
        format!("{text}\n\nFor more information, try 'rightlane choose --help'.\n"),
    )
}

/// The command line that gives these answers.
pub(super) fn command(answers: &Answers) -> String {
    let given = QUESTIONS.iter().filter_map(|row| given(answers, row));
    let line: Vec<String> = ["rightlane choose".to_owned()]
        .into_iter()
        .chain(given)
        .collect();
    line.join(" ")
}

/// The flag that gives the answer to `question`, if it was answered.
pub(super) fn given(answers: &Answers, question: &Question) -> Option<String> {
    let rows = answers.rows(question.id)?;
    let Flag::Values(option) = question.flag else {
        return rows.first().map(|row| question.flag_for(*row));
    };
    let words: Vec<_> = rows
        .iter()
        .filter_map(|row| question.answers.get(*row))
        .map(|row| row.word)
        .collect();
    if words.is_empty() {
        Some(format!("--{option} {NO_NEEDS}"))
    } else {
        Some(format!("--{option} {}", words.join(",")))
    }
}
