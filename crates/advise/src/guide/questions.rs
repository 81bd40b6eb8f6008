//! The questions: one table. The prompts, the command's flags with their help, the chart and the
//! page `docs/choose.md` come from it.

mod table;

pub use table::QUESTIONS;

use super::answers::{Answers, Bound};
use super::route::{FamilyReason, Worker, route};
use rightlane_facts::Family;

/// A step of the procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRow {
    /// Its number: `1.1`.
    pub number: &'static str,
    /// Its question.
    pub question: &'static str,
    /// Both: `Step 1.1: Threads or asyncio?`.
    pub heading: &'static str,
}

macro_rules! step {
    ($number:literal, $question:literal) => {
        StepRow {
            number: $number,
            question: $question,
            heading: concat!("Step ", $number, ": ", $question),
        }
    };
}

/// The steps.
pub const STEPS: [StepRow; 6] = [
    step!("0", "Is it legal and worth it?"),
    step!("1", "CPU-bound or IO-bound?"),
    step!("1.1", "Threads or asyncio?"),
    step!("2", "A pool of workers or a worker of its own?"),
    step!("3", "Pool or Executor?"),
    step!("4", "Settings, and how many machines?"),
];

/// Names a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the row of the same name")]
pub enum QuestionId {
    Dependence,
    Total,
    Bound,
    CpuCode,
    Build,
    Sockets,
    FileIo,
    Codebase,
    Preference,
    Tasks,
    Lifetime,
    State,
    Shape,
    Needs,
    Machines,
    Python,
}

impl QuestionId {
    /// The question's row.
    #[must_use]
    pub fn row(self) -> &'static Question {
        &QUESTIONS[self as usize]
    }

    /// The question's key in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.row().key
    }
}

/// How a question is answered on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// A switch for each answer: `--cpu-bound`.
    Switches,
    /// A value of one option: `--tasks many`.
    Value(&'static str),
    /// Values of one option: `--needs cancel,wait`; `none` says that there are none.
    Values(&'static str),
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Its name.
    pub id: QuestionId,
    /// Its key in JSON.
    pub key: &'static str,
    /// The step that asks it.
    pub step: &'static str,
    /// How a command line answers it.
    pub flag: Flag,
    /// The question.
    pub text: &'static str,
    /// What helps to answer it.
    pub help: &'static str,
    /// The answers.
    pub answers: &'static [AnswerRow],
}

/// An answer to a question.
#[derive(Debug, Clone, Copy)]
pub struct AnswerRow {
    /// The switch without its dashes, or the option's value.
    pub word: &'static str,
    /// The answer, as an answer.
    pub label: &'static str,
    /// The answer, as a fact: a sentence without a full stop.
    pub fact: &'static str,
}

impl Question {
    /// What to type for the answer in row `index`; empty if there is no such row.
    #[must_use]
    pub fn flag_for(&self, index: usize) -> String {
        let Some(row) = self.answers.get(index) else {
            return String::new();
        };
        match self.flag {
            Flag::Switches => format!("--{}", row.word),
            Flag::Value(option) | Flag::Values(option) => format!("--{option} {}", row.word),
        }
    }

    /// The heading of the step that asks it.
    #[must_use]
    pub fn heading(&self) -> &'static str {
        STEPS
            .iter()
            .find(|step| step.number == self.step)
            .map_or("", |step| step.heading)
    }

    /// What can be typed, in short: `--cpu-bound or --io-bound`, `--tasks many|few|one`,
    /// `--needs cancel,exceptions,...`.
    #[must_use]
    pub fn flags(&self) -> String {
        let words: Vec<_> = self.answers.iter().map(|row| row.word).collect();
        match self.flag {
            Flag::Switches => format!("--{}", words.join(" or --")),
            Flag::Value(option) => format!("--{option} {}", words.join("|")),
            Flag::Values(option) => format!("--{option} {},...", words[..2].join(",")),
        }
    }

    /// Whether the answers so far leave the question open to ask: it belongs to the branch that
    /// they lead into. It may already be answered.
    #[must_use]
    pub fn asked(&self, answers: &Answers) -> bool {
        let route = route(answers);
        let pooled = route.worker == Worker::Pool;
        let local = !matches!(route.family, Family::Sequential | Family::Cluster);
        match self.id {
            QuestionId::Dependence => true,
            QuestionId::Total => route.family_reason != FamilyReason::Dependent,
            _ if route.family == Family::Sequential => false,
            QuestionId::Bound | QuestionId::Machines => true,
            QuestionId::CpuCode | QuestionId::Build => local && route.bound == Bound::Cpu,
            QuestionId::Sockets
            | QuestionId::FileIo
            | QuestionId::Codebase
            | QuestionId::Preference => local && route.bound == Bound::Io,
            QuestionId::Tasks | QuestionId::Lifetime | QuestionId::State => true,
            QuestionId::Shape | QuestionId::Needs => {
                pooled && matches!(route.family, Family::Thread | Family::Process)
            }
            QuestionId::Python => local,
        }
    }
}
