//! The verdict for programs.

use super::flags::command;
use rightlane_advise::guide::{Answers, Flag, GuideVerdict, QUESTIONS, QuestionId};
use rightlane_facts::{Api, Family, Step};
use serde::Serialize;
use serde_json::{Map, Value};

/// Version of this object: the major number changes when a key changes its meaning or goes.
const SCHEMA: &str = "1.0";

#[derive(Serialize)]
struct Choice<'a> {
    schema: &'static str,
    command: String,
    answers: Map<String, Value>,
    api: Api,
    family: Family,
    steps: &'a [Step],
    needs: Vec<NeedMet>,
    unanswered: Vec<Unanswered>,
    alternatives: Vec<Alternative<'a>>,
    unused: Vec<&'static str>,
    caveats: &'a [String],
    code: &'a str,
}

#[derive(Serialize)]
struct NeedMet {
    need: &'static str,
    how: &'static str,
    /// The side that is made for it: `Pool`, `Executor`, or `null` for both.
    side: Option<&'static str>,
    since: String,
    too_old: bool,
    source: &'static str,
}

#[derive(Serialize)]
struct Unanswered {
    question: &'static str,
    step: &'static str,
    text: &'static str,
    flags: String,
    decides: bool,
}

#[derive(Serialize)]
struct Alternative<'a> {
    question: Option<&'static str>,
    flag: Option<&'a str>,
    condition: &'a str,
    api: Api,
    family: Family,
    code: &'a str,
}

/// One object on one line.
pub(super) fn json(answers: &Answers, verdict: &GuideVerdict) -> String {
    let choice = Choice {
        schema: SCHEMA,
        command: command(answers),
        answers: given(answers),
        api: verdict.api,
        family: verdict.api.family(),
        steps: &verdict.steps,
        needs: needs(verdict),
        unanswered: unanswered(verdict),
        alternatives: alternatives(verdict),
        unused: verdict
            .unused
            .iter()
            .map(|id| QuestionId::key(*id))
            .collect(),
        caveats: &verdict.caveats,
        code: &verdict.code,
    };
    // Strings, booleans and lists of them: nothing here can fail to be written.
    rightlane_report::json(&choice).unwrap_or_default()
}

fn given(answers: &Answers) -> Map<String, Value> {
    let mut given = Map::new();
    for question in &QUESTIONS {
        let Some(rows) = answers.rows(question.id) else {
            continue;
        };
        let words = rows.iter().filter_map(|row| question.answers.get(*row));
        let mut words: Vec<Value> = words.map(|row| row.word.into()).collect();
        let value = match question.flag {
            Flag::Values(_) => Value::Array(words),
            _ => words.pop().unwrap_or_default(),
        };
        given.insert(question.key.to_owned(), value);
    }
    given
}

fn needs(verdict: &GuideVerdict) -> Vec<NeedMet> {
    let met = |met: &rightlane_advise::guide::NeedMet| {
        let row = met.need.row();
        let (major, minor) = row.since;
        NeedMet {
            need: row.word,
            how: met.how,
            side: row.side.map(|side| side.name()),
            since: format!("{major}.{minor}"),
            too_old: met.too_old,
            source: row.source,
        }
    };
    verdict.needs.iter().map(met).collect()
}

fn unanswered(verdict: &GuideVerdict) -> Vec<Unanswered> {
    let open = verdict.unanswered.iter().map(|open| {
        let row = open.question.row();
        Unanswered {
            question: row.key,
            step: row.step,
            text: row.text,
            flags: row.flags(),
            decides: open.decides,
        }
    });
    open.collect()
}

fn alternatives(verdict: &GuideVerdict) -> Vec<Alternative<'_>> {
    let others = verdict.alternatives.iter().map(|other| Alternative {
        question: other.question.map(QuestionId::key),
        flag: other.flag.as_deref(),
        condition: &other.condition,
        api: other.api,
        family: other.api.family(),
        code: &other.code,
    });
    others.collect()
}
