//! The decisions in words: one [`Step`] each, with the evidence that it rests on.

use super::answers::{Answers, Bound};
use super::questions::{QuestionId, STEPS};
use super::route::{
    Basis, FamilyReason, Reason, Route, Worker, WorkerReason, awaited_from_asyncio,
    pool_or_executor,
};
use rightlane_facts::{Evidence, EvidenceSource, Family, Step};

/// The steps that were walked, in order.
pub(super) fn explain(answers: &Answers, route: &Route) -> Vec<Step> {
    let mut steps = vec![worth(answers, route)];
    if route.family == Family::Sequential {
        return steps;
    }
    steps.push(bound(answers, route));
    let local = route.family != Family::Cluster;
    if local && route.bound == Bound::Io {
        steps.push(threads_or_asyncio(answers, route));
    }
    steps.push(worker(answers, route));
    if route.worker == Worker::Pool && matches!(route.family, Family::Thread | Family::Process) {
        steps.push(pool_or_executor_step(answers, route));
    }
    steps.push(settings(answers, route));
    steps
}

fn step(number: &str, answer: String, evidence: Vec<Evidence>) -> Step {
    let row = STEPS.iter().find(|row| row.number == number);
    Step {
        step: number.to_owned(),
        question: row.map(|row| row.question).unwrap_or_default().to_owned(),
        answer,
        evidence,
    }
}

/// The facts that the answers to `questions` state; unanswered ones give none.
fn told(answers: &Answers, questions: &[QuestionId]) -> Vec<Evidence> {
    let mut facts = Vec::new();
    for question in questions {
        for row in answers.rows(*question).unwrap_or_default() {
            if let Some(row) = question.row().answers.get(row) {
                facts.push(Evidence::new(EvidenceSource::Told, row.fact));
            }
        }
    }
    facts
}

/// Adds `fact` as assumed, if none of `questions` was answered.
fn assume(facts: &mut Vec<Evidence>, answers: &Answers, questions: &[QuestionId], fact: &str) {
    if questions
        .iter()
        .all(|question| answers.rows(*question).is_none())
    {
        facts.push(Evidence::new(EvidenceSource::Assumed, fact));
    }
}

fn worth(answers: &Answers, route: &Route) -> Step {
    let mut evidence = told(answers, &[QuestionId::Dependence, QuestionId::Total]);
    let answer = match route.family_reason {
        FamilyReason::Dependent => {
            "no: a task that needs another one's result cannot run beside it"
        }
        FamilyReason::Tiny => "no: starting workers and sending tasks to them would cost more",
        _ => "yes, go on",
    };
    if route.family != Family::Sequential {
        let independent = "the tasks are independent";
        assume(
            &mut evidence,
            answers,
            &[QuestionId::Dependence],
            independent,
        );
        let long = "the work takes long enough to gain something";
        assume(&mut evidence, answers, &[QuestionId::Total], long);
    }
    step("0", answer.to_owned(), evidence)
}

fn bound(answers: &Answers, route: &Route) -> Step {
    let mut evidence = told(answers, &[QuestionId::Bound]);
    let (name, fact) = match route.bound {
        Bound::Cpu => (
            "CPU-bound",
            "the other answers only make sense for CPU-bound tasks",
        ),
        Bound::Io => (
            "IO-bound",
            "the other answers only make sense for IO-bound tasks",
        ),
    };
    match route.bound_basis {
        Basis::Told => {}
        Basis::Implied => evidence.push(Evidence::new(EvidenceSource::Assumed, fact)),
        Basis::Assumed => evidence.push(Evidence::new(
            EvidenceSource::Assumed,
            "the tasks are IO-bound: where that is wrong, threads gain nothing but break nothing",
        )),
    }
    if route.family == Family::Cluster {
        return step(
            "1",
            format!("{name}; either way the cluster's workers are processes"),
            evidence,
        );
    }
    if route.bound == Bound::Io {
        return step("1", format!("{name}: threads or asyncio"), evidence);
    }
    evidence.extend(told(answers, &[QuestionId::CpuCode, QuestionId::Build]));
    let answer = match route.family_reason {
        FamilyReason::FreeThreaded => "threads, which compute side by side without a GIL",
        FamilyReason::ReleasesGil => {
            "threads, because native code that releases the GIL computes side by side"
        }
        _ => {
            let holds = "the computing holds the GIL";
            assume(&mut evidence, answers, &[QuestionId::CpuCode], holds);
            let gil = "this Python has a GIL";
            assume(&mut evidence, answers, &[QuestionId::Build], gil);
            "processes, because the GIL lets only one thread compute at a time"
        }
    };
    step("1", format!("{name}: {answer}"), evidence)
}

fn threads_or_asyncio(answers: &Answers, route: &Route) -> Step {
    let questions = [
        QuestionId::Sockets,
        QuestionId::FileIo,
        QuestionId::Codebase,
        QuestionId::Preference,
    ];
    let mut evidence = told(answers, &questions);
    let answer = match route.family_reason {
        FamilyReason::PreferAsync => "asyncio: async/await is wanted",
        FamilyReason::AvoidAsync => "threads: async/await is to be avoided",
        FamilyReason::AsyncCodebase => "asyncio: the program around the tasks uses it",
        FamilyReason::ManySockets => "asyncio: a connection costs less than with a thread each",
        _ => {
            let reasons = [
                QuestionId::Sockets,
                QuestionId::Codebase,
                QuestionId::Preference,
            ];
            let none = "nothing speaks for asyncio: few sockets, no async code, no preference";
            assume(&mut evidence, answers, &reasons, none);
            "threads: ordinary code and libraries, no reason for asyncio"
        }
    };
    step("1.1", answer.to_owned(), evidence)
}

fn worker(answers: &Answers, route: &Route) -> Step {
    let questions = [QuestionId::Tasks, QuestionId::Lifetime, QuestionId::State];
    let mut evidence = told(answers, &questions);
    let answer = match route.worker_reason {
        WorkerReason::LongLived => {
            "a worker of its own: a task that lives on would never give a pool's worker back"
        }
        WorkerReason::OneTask => "a worker of its own: there is nothing to use a worker again for",
        WorkerReason::OwnState => "a worker of its own: it holds the task's state, used once",
        WorkerReason::FewComplex => "a worker of its own for each of the few tasks",
        WorkerReason::ManyTasks => "a pool: many tasks use the same workers again and again",
        WorkerReason::ShortTasks => "a pool: short tasks use the same workers again and again",
        WorkerReason::IssuedAsCollection => {
            "a pool: tasks from a loop, or managed together, are many"
        }
        WorkerReason::Assumed => "a pool: it suits many short tasks, which is the usual case",
    };
    match route.worker_reason {
        WorkerReason::FewComplex => {
            let complex = "the few tasks are long or differ from each other";
            assume(&mut evidence, answers, &[QuestionId::Lifetime], complex);
        }
        WorkerReason::IssuedAsCollection | WorkerReason::Assumed => {
            assume(
                &mut evidence,
                answers,
                &[QuestionId::Tasks],
                "there are many tasks",
            );
        }
        _ => {}
    }
    step("2", answer.to_owned(), evidence)
}

fn pool_or_executor_step(answers: &Answers, route: &Route) -> Step {
    let (_, reasons) = pool_or_executor(answers.needs(), answers.shape);
    let mut evidence = told(answers, &[QuestionId::Shape]);
    if answers.needs.as_ref().is_some_and(Vec::is_empty) {
        evidence.push(Evidence::new(
            EvidenceSource::Told,
            "nothing special is needed",
        ));
    }
    for need in answers.needs() {
        evidence.push(Evidence::new(
            EvidenceSource::Told,
            format!("needed: {}", need.row().what),
        ));
    }
    if awaited_from_asyncio(answers) {
        let fact = "the program is written with async/await";
        evidence.push(Evidence::new(EvidenceSource::Told, fact));
    }
    let questions = [QuestionId::Shape, QuestionId::Needs];
    assume(
        &mut evidence,
        answers,
        &questions,
        "no needs, and no loop that has to stay a loop",
    );
    let name = route.choice.name();
    let answer = if awaited_from_asyncio(answers) {
        format!("{name}: an event loop can await its futures")
    } else {
        let why = deciding(&reasons, route);
        match why.strip_prefix(name) {
            Some(can) => format!("{name}{can}"),
            None => format!("{name}: {why}"),
        }
    };
    step("3", answer, evidence)
}

/// The reason that decided: the first need that speaks for the chosen side, else the shape.
fn deciding<'a>(reasons: &'a [Reason], route: &Route) -> &'a str {
    reasons
        .iter()
        .find(|reason| reason.side == Some(route.choice))
        .map_or("", |reason| reason.text.as_str())
}

fn settings(answers: &Answers, route: &Route) -> Step {
    let mut evidence = told(answers, &[QuestionId::Machines, QuestionId::Python]);
    let answer = match (route.family, route.worker) {
        (Family::Cluster, Worker::Pool) => {
            "a cluster: Dask, whose client issues tasks much as an Executor does"
        }
        (Family::Cluster, Worker::Own) => "a cluster: Ray, whose actors live on and hold state",
        (Family::Asyncio, Worker::Pool) => {
            "as many connections at once as the other side bears (a Semaphore)"
        }
        (_, Worker::Own) => "one worker per task",
        (Family::Process, _) => "as many workers as usable cores; chunks if tasks are short",
        (_, Worker::Pool) if route.bound == Bound::Cpu => "as many workers as usable cores",
        _ => "as many workers as the other side bears: try 16, then measure",
    };
    if route.family != Family::Cluster {
        assume(
            &mut evidence,
            answers,
            &[QuestionId::Machines],
            "one machine is enough",
        );
    }
    step("4", answer.to_owned(), evidence)
}
