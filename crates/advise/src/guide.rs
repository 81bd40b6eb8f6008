//! The guide without a program: a person answers some questions, or none, and gets the API, the
//! reasons and code to start from.
//!
//! Two tables say it all: the questions ([`QUESTIONS`]) and the differences between Pool and
//! Executor ([`DIFFERENCES`]). Prompts, flags, help, explanations, JSON and the decision page are
//! generated from them and from [`decide`], so that none of them can say something else than what
//! the procedure does. Everything here is pure.

mod answers;
mod caveats;
mod chart;
mod code;
mod contradictions;
mod differences;
mod examples;
mod explain;
mod questions;
mod route;

pub use answers::{
    Answers, Bound, Build, Codebase, CpuCode, Dependence, FileIo, Lifetime, Machines, Preference,
    Shape, Sockets, State, Tasks, Total, Version,
};
pub use chart::{Branch, chart};
pub use contradictions::{Contradiction, contradictions};
pub use differences::{Choice, DIFFERENCES, Difference, Need};
pub use examples::{EXAMPLES, Example};
pub use questions::{AnswerRow, Flag, QUESTIONS, Question, QuestionId, STEPS, StepRow};
pub use route::{Reason, Worker, api_for, pool_or_executor};

use rightlane_facts::{Api, Family, Step};
use route::{Route, route};

/// What the answers come to.
#[derive(Debug, Clone, PartialEq)]
pub struct GuideVerdict {
    /// The API.
    pub api: Api,
    /// What it would be with one more answer, where that changes it.
    pub alternatives: Vec<GuideAlternative>,
    /// The steps that led here.
    pub steps: Vec<Step>,
    /// Questions of this branch that nobody answered, in the order of asking.
    pub unanswered: Vec<Unanswered>,
    /// Answers that play no part in this branch.
    pub unused: Vec<QuestionId>,
    /// How the API meets each need that was named.
    pub needs: Vec<NeedMet>,
    /// A program that runs as it is.
    pub code: String,
    /// What to mind, as sentences.
    pub caveats: Vec<String>,
}

/// Another API, and the one answer that leads to it.
#[derive(Debug, Clone, PartialEq)]
pub struct GuideAlternative {
    /// The question whose answer leads there; `None`: no question asks for it.
    pub question: Option<QuestionId>,
    /// What to add on the command line, where a question asks for it.
    pub flag: Option<String>,
    /// What must be true, as a sentence without a full stop.
    pub condition: String,
    /// The API then.
    pub api: Api,
    /// A program that runs as it is.
    pub code: String,
}

/// A question that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// The question.
    pub question: QuestionId,
    /// Whether an answer to it alone could change the API.
    pub decides: bool,
}

/// How an API meets a need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedMet {
    /// The need.
    pub need: Need,
    /// How.
    pub how: &'static str,
    /// Whether the Python that was told is too old for it.
    pub too_old: bool,
}

/// The verdict on any answers, contradictory ones included.
#[must_use]
pub fn decide(answers: &Answers) -> GuideVerdict {
    let route = route(answers);
    let alternatives = alternatives(answers, &route);
    let unanswered = QUESTIONS
        .iter()
        .filter(|question| answers.rows(question.id).is_none() && question.asked(answers))
        .map(|question| Unanswered {
            question: question.id,
            decides: alternatives
                .iter()
                .any(|other| other.question == Some(question.id)),
        })
        .collect();
    let needs = needs_met(answers, &route);
    GuideVerdict {
        api: route.api,
        alternatives,
        steps: explain::explain(answers, &route),
        unanswered,
        unused: unused(answers, &needs),
        needs,
        code: code::code(route.api, answers),
        caveats: caveats::caveats(answers, &route),
    }
}

/// The API alone: [`decide`] without its words.
#[must_use]
pub fn choose_api(answers: &Answers) -> Api {
    route(answers).api
}

fn alternatives(answers: &Answers, route: &Route) -> Vec<GuideAlternative> {
    let mut found: Vec<GuideAlternative> = Vec::new();
    for question in &QUESTIONS {
        if answers.rows(question.id).is_some() || !question.asked(answers) {
            continue;
        }
        for (index, row) in question.answers.iter().enumerate() {
            let mut with = answers.clone();
            with.answer(question.id, Some(&[index]));
            let api = choose_api(&with);
            let known =
                |other: &GuideAlternative| other.question == Some(question.id) && other.api == api;
            if api != route.api && contradictions(&with).is_empty() && !found.iter().any(known) {
                found.push(GuideAlternative {
                    question: Some(question.id),
                    flag: Some(question.flag_for(index)),
                    condition: condition(question.id, row),
                    api,
                    code: code::code(api, &with),
                });
            }
        }
    }
    found.extend(interpreters(answers, route));
    found
}

fn condition(question: QuestionId, row: &AnswerRow) -> String {
    match question {
        QuestionId::Needs => format!("you need to {}", row.fact),
        _ => row.fact.to_owned(),
    }
}

/// Interpreters do what processes do at less cost, where every import allows it; that is nothing
/// that people know by heart, so no question asks for it.
fn interpreters(answers: &Answers, route: &Route) -> Option<GuideAlternative> {
    let new_enough = answers.python.is_some_and(|version| version.minor() >= 14);
    let api = Api::InterpreterPoolExecutor;
    (new_enough && route.api == Api::ProcessPoolExecutor).then(|| GuideAlternative {
        question: None,
        flag: None,
        condition: "every module that the tasks import works in subinterpreters".to_owned(),
        api,
        code: code::code(api, answers),
    })
}

/// Answered questions that this branch does not ask.
fn unused(answers: &Answers, needs: &[NeedMet]) -> Vec<QuestionId> {
    QUESTIONS
        .iter()
        .filter(|question| answers.rows(question.id).is_some() && !question.asked(answers))
        .map(|question| question.id)
        // Step 3 looks at it whatever the tasks do: only an Executor's futures can be awaited.
        .filter(|id| *id != QuestionId::Codebase || !awaited_from_pool(answers))
        // The verdict says how they are met, even where they decided nothing.
        .filter(|id| *id != QuestionId::Needs || needs.is_empty())
        .collect()
}

fn awaited_from_pool(answers: &Answers) -> bool {
    route::awaited_from_asyncio(answers) && QuestionId::Shape.row().asked(answers)
}

fn needs_met(answers: &Answers, route: &Route) -> Vec<NeedMet> {
    let met = |need: &Need| {
        let row = need.row();
        let how = match (route.family, route.worker, route.choice) {
            (Family::Sequential | Family::Cluster, _, _) => return None,
            (Family::Asyncio, _, _) => row.asyncio,
            (_, Worker::Own, _) => row.own,
            (_, Worker::Pool, Choice::Pool) => row.pool,
            (_, Worker::Pool, Choice::Executor) => row.executor,
        };
        let (_, minor) = row.since;
        let by_side = row.side.is_none_or(|side| side == route.choice);
        Some(NeedMet {
            need: *need,
            how,
            too_old: by_side && route.worker == Worker::Pool && answers.older_than(minor),
        })
    };
    answers.needs().iter().filter_map(met).collect()
}
