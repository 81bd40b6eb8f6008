//! The decision chart, drawn from the procedure itself: each leaf is what [`super::choose_api`]
//! says to the answers on the way to it.

use super::answers::Answers;
use super::choose_api;
use super::questions::QuestionId;
use rightlane_facts::Api;
use std::fmt;

/// The questions that matter most, in the order of the steps. All sixteen would make a chart that
/// nobody reads.
const SPINE: [QuestionId; 6] = [
    QuestionId::Dependence,
    QuestionId::Bound,
    QuestionId::CpuCode,
    QuestionId::Sockets,
    QuestionId::Lifetime,
    QuestionId::Shape,
];

/// A part of the chart. It displays as a tree of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Branch {
    /// An answer.
    Leaf(Api),
    /// A question, and for each answer (row index) where it leads.
    Fork(QuestionId, Vec<(usize, Branch)>),
}

/// The whole chart.
#[must_use]
pub fn chart() -> Branch {
    grow(&Answers::default(), &SPINE)
}

fn grow(answers: &Answers, questions: &[QuestionId]) -> Branch {
    let Some((question, rest)) = questions.split_first() else {
        return Branch::Leaf(choose_api(answers));
    };
    if !question.row().asked(answers) {
        return grow(answers, rest);
    }
    let branches = (0..question.row().answers.len())
        .map(|row| {
            let mut with = answers.clone();
            with.answer(*question, Some(&[row]));
            (row, grow(&with, rest))
        })
        .collect();
    Branch::Fork(*question, branches)
}

impl Branch {
    fn title(&self) -> &'static str {
        match self {
            Branch::Leaf(api) => api.name(),
            Branch::Fork(question, _) => question.row().text,
        }
    }

    fn draw(&self, out: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        let Branch::Fork(question, branches) = self else {
            return Ok(());
        };
        for (index, (row, branch)) in branches.iter().enumerate() {
            let last = index + 1 == branches.len();
            let (corner, below) = if last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let flag = question.row().flag_for(*row);
            writeln!(out, "{indent}{corner}{flag}: {}", branch.title())?;
            branch.draw(out, &format!("{indent}{below}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.title())?;
        self.draw(out, "")
    }
}
