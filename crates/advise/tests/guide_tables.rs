//! The two tables are what everything else is generated from, so they have to be sound.

use rightlane_advise::guide::{
    Answers, Branch, Build, Choice, DIFFERENCES, Flag, Lifetime, Need, QUESTIONS, QuestionId,
    STEPS, Total, Version, chart, choose_api, contradictions,
};
use std::collections::BTreeSet;

#[test]
fn rows_stand_at_the_index_of_their_name() {
    for (index, question) in QUESTIONS.iter().enumerate() {
        assert_eq!(question.id as usize, index, "{question:?}");
        assert!(STEPS.iter().any(|step| step.number == question.step));
    }
    for (index, difference) in DIFFERENCES.iter().enumerate() {
        assert_eq!(difference.need as usize, index, "{difference:?}");
        assert_eq!(Need::ALL[index], difference.need);
    }
}

#[test]
fn no_two_answers_are_typed_alike() {
    let mut seen = BTreeSet::new();
    for question in &QUESTIONS {
        assert!(question.answers.len() >= 2, "{question:?}");
        for row in 0..question.answers.len() {
            assert!(
                seen.insert(question.flag_for(row)),
                "{}",
                question.flag_for(row)
            );
        }
        assert_eq!(question.flag_for(99), "");
    }
    let keys: BTreeSet<_> = QUESTIONS.iter().map(|question| question.key).collect();
    assert_eq!(keys.len(), QUESTIONS.len());
}

#[test]
fn an_answer_comes_back_as_it_was_given() {
    for question in &QUESTIONS {
        for row in 0..question.answers.len() {
            let mut answers = Answers::default();
            answers.answer(question.id, Some(&[row]));
            assert_eq!(answers.rows(question.id), Some(vec![row]), "{question:?}");
            assert_eq!(answers.any(), question.id != QuestionId::Python);
            answers.answer(question.id, None);
            assert_eq!(answers, Answers::default());
        }
    }
}

#[test]
fn needs_can_be_none_or_several_and_each_counts_once() {
    let mut answers = Answers::default();
    answers.answer(QuestionId::Needs, Some(&[]));
    assert_eq!(answers.needs, Some(vec![]));
    answers.answer(QuestionId::Needs, Some(&[0, 9, 0, 77]));
    assert_eq!(answers.needs, Some(vec![Need::Cancel, Need::Terminate]));
}

#[test]
fn both_sides_of_the_differences_have_rows_and_each_row_names_its_source() {
    for side in [Some(Choice::Pool), Some(Choice::Executor), None] {
        assert!(DIFFERENCES.iter().any(|row| row.side == side));
    }
    for row in &DIFFERENCES {
        assert!(
            row.source.starts_with("https://docs.python.org/3/"),
            "{row:?}"
        );
        assert!(row.since >= (3, 0) && row.since <= (3, 15), "{row:?}");
        for text in [row.pool, row.executor, row.own, row.asyncio, row.what] {
            assert!(
                !text.is_empty() && !text.contains("  ") && !text.ends_with('.'),
                "{text}"
            );
        }
    }
}

#[test]
fn only_the_needs_take_several_values() {
    for question in &QUESTIONS {
        let several = matches!(question.flag, Flag::Values(_));
        assert_eq!(several, question.id == QuestionId::Needs);
    }
}

#[test]
fn contradictions_say_what_to_write() {
    let free = Answers {
        build: Some(Build::FreeThreaded),
        python: Some(Version::V3_12),
        ..Answers::default()
    };
    assert!(contradictions(&free)[0].text.contains("--python 3.14"));
    let tiny = Answers {
        total: Some(Total::Tiny),
        lifetime: Some(Lifetime::LongLived),
        ..Answers::default()
    };
    assert!(
        contradictions(&tiny)[0]
            .text
            .contains("leave one of the two out")
    );
    assert!(contradictions(&Answers::default()).is_empty());
}

fn leaves(branch: &Branch, answers: &Answers, seen: &mut usize) {
    match branch {
        Branch::Leaf(api) => {
            *seen += 1;
            assert_eq!(*api, choose_api(answers));
        }
        Branch::Fork(question, branches) => {
            for (row, branch) in branches {
                let mut with = answers.clone();
                with.answer(*question, Some(&[*row]));
                leaves(branch, &with, seen);
            }
        }
    }
}

#[test]
fn the_chart_says_what_the_procedure_says_and_fits_eighty_columns() {
    let chart = chart();
    let mut seen = 0;
    leaves(&chart, &Answers::default(), &mut seen);
    assert_eq!(seen, 12);
    for line in chart.to_string().lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
