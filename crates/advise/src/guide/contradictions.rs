//! Answers that cannot both be true.

use super::answers::{Answers, Build, Lifetime, Total};
use super::questions::QuestionId;

/// Two answers that cannot both be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The two questions.
    pub questions: (QuestionId, QuestionId),
    /// What is wrong and what to write instead, as a sentence without a full stop.
    pub text: String,
}

/// What contradicts itself across questions (two answers to one question cannot be held by
/// [`Answers`]). [`super::decide`] gives a verdict all the same.
#[must_use]
pub fn contradictions(answers: &Answers) -> Vec<Contradiction> {
    let mut found = Vec::new();
    if answers.build == Some(Build::FreeThreaded) && answers.older_than(13) {
        found.push(Contradiction {
            questions: (QuestionId::Build, QuestionId::Python),
            text: "--free-threaded needs Python 3.13 or newer: write --python 3.14, or --with-gil"
                .to_owned(),
        });
    }
    if answers.total == Some(Total::Tiny) && answers.lifetime == Some(Lifetime::LongLived) {
        found.push(Contradiction {
            questions: (QuestionId::Total, QuestionId::Lifetime),
            text: "--long-lived tasks go on until they are told to stop, so --total under-0.1s \
                   cannot be: leave one of the two out"
                .to_owned(),
        });
    }
    found
}
