//! The questions, one at a time.

use rightlane_advise::guide::{Answers, Flag, QUESTIONS, Question, QuestionId};
use rightlane_report::{Look, Page};
use std::io::{BufRead, ErrorKind};

/// Longest line that is read, in bytes; the rest of a longer one is dropped. A terminal hands over
/// no longer ones.
const LONGEST_LINE: usize = 4096;

/// Why the questions did not come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Ctrl-C, where the process that we run in has a handler of its own for it (Python has).
    Interrupted,
    /// No more input.
    InputEnded,
}

/// What a line says.
enum Reply {
    Rows(Vec<usize>),
    NotKnown,
    Help,
    Back,
    Unclear,
}

/// Asks what `answers` leave open, as far as earlier answers do not settle it, and returns all
/// answers. Prompts go through `say`.
pub(super) fn ask(
    mut answers: Answers,
    look: Look,
    input: &mut impl BufRead,
    say: &mut impl FnMut(&str),
) -> Result<Answers, Stopped> {
    let mut asked: Vec<QuestionId> = Vec::new();
    let mut shown: Option<&Question> = None;
    say("Enter: I don't know.  ?: help.  b: back.  Ctrl-C: stop.\n");
    while let Some(question) = next(&answers, &asked) {
        if shown.map(|shown| shown.id) != Some(question.id) {
            say(&wording(question, shown, look));
            shown = Some(question);
        }
        say(&format!("{}? ", choices(question)));
        match reply(question, &line(input)?) {
            Reply::Rows(rows) => {
                answers.answer(question.id, Some(&rows));
                asked.push(question.id);
            }
            Reply::NotKnown => asked.push(question.id),
            Reply::Back => match asked.pop() {
                Some(before) => answers.answer(before, None),
                None => say("This is the first question.\n"),
            },
            Reply::Help => say(&help(question, look)),
            Reply::Unclear => say(&format!("Please type {}.\n", choices(question))),
        }
    }
    say("\n");
    Ok(answers)
}

/// The next question that is open. Questions stand in the table in the order of asking, but an
/// answer can open one that stands before those already asked.
fn next(answers: &Answers, asked: &[QuestionId]) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| {
        !asked.contains(&question.id)
            && answers.rows(question.id).is_none()
            && question.asked(answers)
    })
}

/// The question with its answers, under the heading of its step where that is a new one.
fn wording(question: &Question, before: Option<&Question>, look: Look) -> String {
    let mut page = Page::new(look);
    if before.map(|before| before.step) != Some(question.step) {
        page.heading(question.heading());
        page.blank();
    }
    page.paragraph(0, 2, question.text);
    for (index, row) in question.answers.iter().enumerate() {
        page.labelled(2, 4, &(index + 1).to_string(), row.label);
    }
    if matches!(question.flag, Flag::Values(_)) {
        page.labelled(2, 4, "0", "nothing of this");
    }
    // A page does not begin with an empty line, but here it follows the last answer.
    format!("\n{}", page.finish())
}

fn choices(question: &Question) -> String {
    let count = question.answers.len();
    match question.flag {
        Flag::Values(_) => format!("numbers from 1 to {count}, or 0"),
        _ if count == 2 => "1 or 2".to_owned(),
        _ => format!("1 to {count}"),
    }
}

fn help(question: &Question, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(2, 0, question.help);
    page.verbatim(2, &format!("By flag: {}", question.flags()));
    page.finish()
}

fn reply(question: &Question, line: &str) -> Reply {
    let line = line.trim();
    match line {
        "" => return Reply::NotKnown,
        "?" | "h" | "help" => return Reply::Help,
        "b" | "back" => return Reply::Back,
        _ => {}
    }
    let several = matches!(question.flag, Flag::Values(_));
    if several && matches!(line, "0" | "none") {
        return Reply::Rows(Vec::new());
    }
    let words = line
        .split([' ', ',', '\t'])
        .filter(|word| !word.is_empty())
        .map(|word| row(question, word));
    match words.collect::<Option<Vec<usize>>>() {
        Some(rows) if several && !rows.is_empty() => Reply::Rows(rows),
        Some(rows) if rows.len() == 1 => Reply::Rows(rows),
        _ => Reply::Unclear,
    }
}

/// A row by its number, or by the word that its flag has.
fn row(question: &Question, word: &str) -> Option<usize> {
    if let Some(row) = question.answers.iter().position(|row| row.word == word) {
        return Some(row);
    }
    let number: usize = word.parse().ok()?;
    let row = number.checked_sub(1)?;
    (row < question.answers.len()).then_some(row)
}

/// One line without its end. Not [`BufRead::read_line`]: that goes on after a signal, and Ctrl-C
/// would have to wait for Enter.
fn line(input: &mut impl BufRead) -> Result<String, Stopped> {
    let mut bytes = Vec::new();
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                return Err(Stopped::Interrupted);
            }
            Err(_) => return Err(Stopped::InputEnded),
        };
        if chunk.is_empty() {
            return Err(Stopped::InputEnded);
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end + 1);
        let room = LONGEST_LINE.saturating_sub(bytes.len());
        bytes.extend(chunk[..taken].iter().take(room));
        input.consume(taken);
        if end.is_some() {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}
