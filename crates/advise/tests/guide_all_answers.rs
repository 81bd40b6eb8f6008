//! All combinations of answers: each has a verdict, and what the guide promises holds in each.

use rightlane_advise::guide::{
    Answers, Bound, Build, Choice, CpuCode, Dependence, FileIo, Lifetime, Machines, Need,
    Preference, QUESTIONS, QuestionId, Tasks, Total, choose_api, contradictions, decide,
};
use rightlane_facts::{Api, EvidenceSource, Family};

/// Calls `check` with every combination of answers (no answer included) to `questions`.
fn for_all(questions: &[QuestionId], answers: &mut Answers, check: &mut impl FnMut(&Answers)) {
    let Some((question, rest)) = questions.split_first() else {
        check(answers);
        return;
    };
    answers.answer(*question, None);
    for_all(rest, answers, check);
    let rows = question.row().answers.len();
    let sets: Vec<Vec<usize>> = match question {
        QuestionId::Needs => needs_sets(),
        _ => (0..rows).map(|row| vec![row]).collect(),
    };
    for set in sets {
        answers.answer(*question, Some(&set));
        for_all(rest, answers, check);
    }
    answers.answer(*question, None);
}

/// No needs, each alone, and the mixtures that matter.
fn needs_sets() -> Vec<Vec<usize>> {
    let index = |need: Need| need as usize;
    let mut sets: Vec<Vec<usize>> = Need::ALL.iter().map(|need| vec![index(*need)]).collect();
    sets.push(Vec::new());
    sets.push(vec![index(Need::Cancel), index(Need::Terminate)]);
    sets.push(vec![index(Need::SeveralMaps), index(Need::Callbacks)]);
    sets.push(Need::ALL.map(index).to_vec());
    sets
}

fn every(questions: &[QuestionId], mut check: impl FnMut(&Answers)) -> usize {
    let mut seen = 0;
    for_all(questions, &mut Answers::default(), &mut |answers| {
        seen += 1;
        check(answers);
    });
    seen
}

/// The questions that bear on the API, without the two whose answers end the procedure at once.
const DECIDING: [QuestionId; 11] = [
    QuestionId::Bound,
    QuestionId::CpuCode,
    QuestionId::Build,
    QuestionId::Sockets,
    QuestionId::FileIo,
    QuestionId::Codebase,
    QuestionId::Preference,
    QuestionId::Tasks,
    QuestionId::Lifetime,
    QuestionId::State,
    QuestionId::Shape,
];

fn is_pool(api: Api) -> bool {
    matches!(api, Api::Pool | Api::ThreadPool)
}

fn is_pool_or_executor(api: Api) -> bool {
    is_pool(api) || matches!(api, Api::ProcessPoolExecutor | Api::ThreadPoolExecutor)
}

/// What must hold for the API, whatever else is answered.
fn hold(answers: &Answers, api: Api) {
    let family = api.family();
    if answers.bound == Some(Bound::Cpu) {
        assert_ne!(family, Family::Asyncio, "CPU-bound: {answers:?}");
        let free = answers.build == Some(Build::FreeThreaded)
            || answers.cpu_code == Some(CpuCode::ReleasesGil);
        let expected = if free {
            Family::Thread
        } else {
            Family::Process
        };
        assert_eq!(family, expected, "{answers:?}");
    }
    if answers.bound == Some(Bound::Io) {
        assert_ne!(family, Family::Process, "IO-bound: {answers:?}");
    }
    if answers.preference == Some(Preference::AgainstAsync) {
        assert_ne!(family, Family::Asyncio, "against async: {answers:?}");
    }
    if answers.lifetime == Some(Lifetime::LongLived) || answers.tasks == Some(Tasks::One) {
        assert!(
            matches!(api, Api::Thread | Api::Process | Api::AsyncioTask),
            "a worker of its own: {answers:?}"
        );
    } else if answers.tasks == Some(Tasks::Many) {
        assert!(
            is_pool_or_executor(api) || api == Api::TaskGroup,
            "many tasks share workers: {answers:?}"
        );
    }
}

/// What must hold for Pool against Executor.
fn hold_needs(answers: &Answers, api: Api) {
    let needs = answers.needs.as_deref().unwrap_or_default();
    let wants = |side| needs.iter().any(|need| need.row().side == Some(side));
    if wants(Choice::Executor) {
        assert!(!is_pool(api), "needs of an Executor: {answers:?}");
    } else if wants(Choice::Pool) && answers.codebase.is_none() {
        assert!(
            is_pool(api) || !is_pool_or_executor(api),
            "needs of a Pool only: {answers:?}"
        );
    }
}

#[test]
fn every_combination_that_decides_holds_what_the_guide_promises() {
    let seen = every(&DECIDING, |answers| {
        let api = choose_api(answers);
        hold(answers, api);
        if answers.file_io == Some(FileIo::Yes) && api.family() == Family::Asyncio {
            let without = Answers {
                file_io: None,
                ..answers.clone()
            };
            assert_eq!(
                choose_api(&without),
                api,
                "file IO is no reason: {answers:?}"
            );
        }
    });
    assert_eq!(seen, 3_usize.pow(10) * 4);
}

#[test]
fn every_combination_of_needs_holds_what_the_table_says() {
    let questions = [
        QuestionId::Bound,
        QuestionId::CpuCode,
        QuestionId::Codebase,
        QuestionId::Tasks,
        QuestionId::Lifetime,
        QuestionId::State,
        QuestionId::Shape,
        QuestionId::Needs,
    ];
    every(&questions, |answers| {
        hold_needs(answers, choose_api(answers))
    });
}

#[test]
fn dependent_tasks_stay_sequential_and_more_machines_are_a_cluster_whatever_else_is_said() {
    for answers in [
        Answers {
            dependence: Some(Dependence::Dependent),
            ..Answers::default()
        },
        Answers {
            machines: Some(Machines::More),
            ..Answers::default()
        },
        Answers {
            total: Some(Total::Tiny),
            ..Answers::default()
        },
    ] {
        let expected = choose_api(&answers).family();
        let mut answers = answers;
        for_all(&DECIDING[2..], &mut answers, &mut |answers| {
            let live_on = answers.lifetime == Some(Lifetime::LongLived);
            if !(live_on && answers.total.is_some()) {
                assert_eq!(choose_api(answers).family(), expected, "{answers:?}");
            }
        });
    }
}

/// Enough of the questions for the full verdict with all of its words.
const WORDED: [QuestionId; 8] = [
    QuestionId::Dependence,
    QuestionId::Bound,
    QuestionId::CpuCode,
    QuestionId::Sockets,
    QuestionId::Codebase,
    QuestionId::Tasks,
    QuestionId::Lifetime,
    QuestionId::Shape,
];

#[test]
fn every_verdict_accounts_for_each_answer_and_each_open_question() {
    every(&WORDED, |answers| {
        let verdict = decide(answers);
        let evidence = || verdict.steps.iter().flat_map(|step| &step.evidence);
        for question in &QUESTIONS {
            let open = verdict
                .unanswered
                .iter()
                .any(|one| one.question == question.id);
            let Some(rows) = answers.rows(question.id) else {
                assert_eq!(open, question.asked(answers), "{question:?} {answers:?}");
                continue;
            };
            assert!(!open, "answered: {question:?} {answers:?}");
            let fact = question.answers[rows[0]].fact;
            let stated =
                evidence().any(|one| one.source == EvidenceSource::Told && one.fact == fact);
            let unused = verdict.unused.contains(&question.id);
            assert!(stated != unused, "{question:?} {answers:?}\n{verdict:#?}");
        }
        assert!(verdict.steps.iter().all(|step| !step.question.is_empty()));
        assert!(
            verdict
                .steps
                .iter()
                .all(|step| !step.answer.ends_with(": "))
        );
        assert!(!verdict.code.is_empty());
    });
}

#[test]
fn every_alternative_is_what_its_answer_leads_to() {
    every(&WORDED[1..], |answers| {
        for other in decide(answers).alternatives {
            let Some(question) = other.question else {
                continue;
            };
            let row = (0..question.row().answers.len())
                .find(|row| other.flag.as_deref() == Some(&*question.row().flag_for(*row)));
            let mut with = answers.clone();
            with.answer(question, row.as_ref().map(std::slice::from_ref));
            let verdict = decide(&with);
            assert_eq!(verdict.api, other.api, "{answers:?} {other:?}");
            assert_eq!(verdict.code, other.code, "{answers:?} {other:?}");
            assert!(contradictions(&with).is_empty());
        }
    });
}

#[test]
fn every_single_answer_machines_and_python_included_gives_a_verdict() {
    let rest = [
        QuestionId::Total,
        QuestionId::Bound,
        QuestionId::Build,
        QuestionId::State,
        QuestionId::Needs,
        QuestionId::Machines,
        QuestionId::Python,
    ];
    every(&rest, |answers| {
        let verdict = decide(answers);
        let needs = answers.needs.as_ref().map_or(0, Vec::len);
        assert!(verdict.needs.len() <= needs);
    });
}
