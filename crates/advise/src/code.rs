//! The code to write, with the program's own names.
//!
//! A loop is split: the part of the body up to and including the hot call becomes the task, what
//! follows stays where it is, in order. The text is for a person to read and paste; making the
//! edit in the file is another crate's work.

mod asyncio;
mod pool;
mod run;
mod task;

pub(crate) use run::write_run;

use crate::candidate::Candidate;
use crate::judge::Context;
use rightlane_facts::{Alternative, Family};

/// The code for this verdict; `None` when the program stays as it is.
pub(crate) fn write(
    candidate: &Candidate<'_>,
    chosen: &Alternative,
    context: &Context<'_>,
) -> Option<String> {
    let task = task::Task::of(candidate)?;
    match chosen.family {
        Family::Sequential => None,
        Family::Asyncio => Some(asyncio::write(candidate, &task, chosen)),
        _ => Some(pool::write(candidate, &task, chosen, context)),
    }
}

/// `text` with every line after the first `indent` deeper (strings that span lines included:
/// the text is shown, not run).
pub(crate) fn indented(text: &str, indent: &str) -> String {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{indent}{line}")
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}
