//! The tasks that the guide names, and what it says to each.

use rightlane_advise::guide::{
    Answers, Bound, Build, Choice, Codebase, CpuCode, Dependence, FileIo, Lifetime, Machines, Need,
    Preference, QuestionId, Shape, Sockets, State, Tasks, Total, Version, Worker, api_for, decide,
    pool_or_executor,
};
use rightlane_facts::{Api, EvidenceSource, Family};

/// `answers! { bound: Bound::Cpu, … }`: everything else is not answered.
macro_rules! answers {
    ($($field:ident: $answer:expr),* $(,)?) => {
        Answers { $($field: Some($answer),)* ..Answers::default() }
    };
}

#[track_caller]
fn says(api: Api, answers: &Answers) {
    let verdict = decide(answers);
    assert_eq!(verdict.api, api, "{answers:?}\n{:#?}", verdict.steps);
}

#[test]
fn a_loop_over_a_computing_function_is_a_pool() {
    says(
        Api::Pool,
        &answers! { bound: Bound::Cpu, tasks: Tasks::Many, shape: Shape::ForLoop },
    );
}

#[test]
fn a_loop_over_a_waiting_function_is_a_thread_pool() {
    says(
        Api::ThreadPool,
        &answers! { bound: Bound::Io, tasks: Tasks::Many, shape: Shape::ForLoop },
    );
}

#[test]
fn a_background_monitor_is_a_thread() {
    let monitor = answers! {
        bound: Bound::Io,
        tasks: Tasks::One,
        lifetime: Lifetime::LongLived,
        sockets: Sockets::Few,
    };
    says(Api::Thread, &monitor);
    assert!(decide(&monitor).code.contains("def monitor("));
}

#[test]
fn a_script_that_downloads_many_files_is_a_thread_pool_of_either_kind() {
    let mut script = answers! {
        bound: Bound::Io,
        tasks: Tasks::Many,
        lifetime: Lifetime::Short,
        sockets: Sockets::Few,
        file_io: FileIo::Yes,
    };
    let verdict = decide(&script);
    assert_eq!(verdict.api, Api::ThreadPoolExecutor);
    assert!(
        verdict
            .alternatives
            .iter()
            .any(|other| other.api == Api::ThreadPool)
    );

    script.shape = Some(Shape::ForLoop);
    says(Api::ThreadPool, &script);
    script.shape = Some(Shape::AdHoc);
    says(Api::ThreadPoolExecutor, &script);
}

#[test]
fn a_one_off_task_with_state_is_a_class_of_its_own() {
    for (bound, api, class) in [
        (Bound::Io, Api::Thread, "class Worker(threading.Thread)"),
        (
            Bound::Cpu,
            Api::Process,
            "class Worker(multiprocessing.Process)",
        ),
    ] {
        let task = answers! { bound: bound, tasks: Tasks::One, state: State::Yes };
        says(api, &task);
        assert!(decide(&task).code.contains(class));
    }
}

#[test]
fn many_socket_connections_are_asyncio() {
    says(
        Api::TaskGroup,
        &answers! { bound: Bound::Io, sockets: Sockets::Many, tasks: Tasks::Many },
    );
}

#[test]
fn file_io_is_threads() {
    let files = answers! {
        bound: Bound::Io,
        file_io: FileIo::Yes,
        tasks: Tasks::Many,
        shape: Shape::ForLoop,
    };
    says(Api::ThreadPool, &files);
    assert!(decide(&files).code.contains("read_text"));
}

#[test]
fn an_async_codebase_and_a_wish_for_async_are_reasons_for_asyncio() {
    says(
        Api::TaskGroup,
        &answers! { bound: Bound::Io, codebase: Codebase::Async },
    );
    says(
        Api::AsyncioTask,
        &answers! { bound: Bound::Io, preference: Preference::ForAsync, tasks: Tasks::One },
    );
}

#[test]
fn a_wish_against_async_wins_over_many_sockets() {
    says(
        Api::ThreadPoolExecutor,
        &answers! {
            bound: Bound::Io,
            sockets: Sockets::Many,
            preference: Preference::AgainstAsync,
        },
    );
}

#[test]
fn computing_that_needs_no_gil_is_threads() {
    for answers in [
        answers! { bound: Bound::Cpu, cpu_code: CpuCode::ReleasesGil, shape: Shape::ForLoop },
        answers! { bound: Bound::Cpu, build: Build::FreeThreaded, shape: Shape::ForLoop },
    ] {
        says(Api::ThreadPool, &answers);
    }
}

#[test]
fn computing_in_an_async_program_is_a_process_pool_that_can_be_awaited() {
    let answers = answers! {
        bound: Bound::Cpu,
        codebase: Codebase::Async,
        tasks: Tasks::Many,
        shape: Shape::ForLoop,
    };
    says(Api::ProcessPoolExecutor, &answers);
    let verdict = decide(&answers);
    assert!(verdict.code.contains("run_in_executor"));
    assert_eq!(verdict.unused, []);
}

#[test]
fn dependent_or_tiny_work_stays_sequential_and_says_why() {
    let dependent = decide(&answers! { bound: Bound::Cpu, dependence: Dependence::Dependent });
    assert_eq!(dependent.api, Api::Sequential);
    assert!(dependent.steps[0].answer.contains("cannot run beside"));
    assert!(
        dependent.caveats[0].contains("queue.Queue"),
        "what would make it possible"
    );
    says(Api::Sequential, &answers! { total: Total::Tiny });
}

#[test]
fn more_than_one_machine_is_a_cluster() {
    let machines = Machines::More;
    says(
        Api::Dask,
        &answers! { bound: Bound::Cpu, machines: machines },
    );
    says(
        Api::Ray,
        &answers! { bound: Bound::Cpu, machines: machines, tasks: Tasks::One, state: State::Yes },
    );
}

#[test]
fn both_branches_are_shown_when_nobody_says_cpu_or_io() {
    let verdict = decide(&answers! { tasks: Tasks::Many });
    let steps: Vec<_> = verdict
        .steps
        .iter()
        .filter(|step| step.step == "1")
        .collect();
    assert_eq!(steps[0].evidence[0].source, EvidenceSource::Assumed);
    let cpu = verdict
        .alternatives
        .iter()
        .find(|other| other.flag.as_deref() == Some("--cpu-bound"));
    assert_eq!(cpu.map(|other| other.api), Some(Api::ProcessPoolExecutor));
    assert!(cpu.is_some_and(|other| other.code.contains("ProcessPoolExecutor")));
}

#[test]
fn interpreters_are_offered_where_python_has_them() {
    let mut answers = answers! { bound: Bound::Cpu, python: Version::V3_14 };
    let offers = |answers: &Answers| {
        decide(answers)
            .alternatives
            .iter()
            .any(|other| other.api == Api::InterpreterPoolExecutor)
    };
    assert!(offers(&answers));
    answers.python = Some(Version::V3_13);
    assert!(!offers(&answers));
}

#[test]
fn python_3_10_gets_gather_because_it_has_no_task_group() {
    let verdict = decide(&answers! { sockets: Sockets::Many, python: Version::V3_10 });
    assert_eq!(verdict.api, Api::TaskGroup);
    assert!(verdict.code.contains("asyncio.gather("));
    assert!(
        verdict
            .caveats
            .iter()
            .any(|caveat| caveat.contains("has no asyncio.TaskGroup"))
    );
}

#[test]
fn needs_decide_before_the_shape_and_executor_needs_before_pool_needs() {
    let cases: [(&[Need], Option<Shape>, Choice); 8] = [
        (&[], None, Choice::Executor),
        (&[], Some(Shape::ForLoop), Choice::Pool),
        (&[], Some(Shape::AdHoc), Choice::Executor),
        (&[Need::Cancel], Some(Shape::ForLoop), Choice::Executor),
        (&[Need::Terminate], Some(Shape::AdHoc), Choice::Pool),
        (&[Need::SeveralMaps], None, Choice::Pool),
        (&[Need::Terminate, Need::Cancel], None, Choice::Executor),
        (&[Need::Callbacks], Some(Shape::ForLoop), Choice::Pool),
    ];
    for (needs, shape, expected) in cases {
        let (style, reasons) = pool_or_executor(needs, shape);
        assert_eq!(style, expected, "{needs:?} {shape:?}");
        let deciding = reasons.iter().any(|reason| reason.side == Some(style));
        assert!(deciding, "{needs:?} {shape:?}: {reasons:?}");
    }
}

#[test]
fn a_reason_that_speaks_for_the_other_side_says_what_the_chosen_one_has_instead() {
    let (_, reasons) = pool_or_executor(&[Need::Cancel, Need::Terminate], None);
    assert!(
        reasons[1]
            .text
            .contains("Pool is made to end all tasks at once, running ones too; Executor has")
    );
    assert!(reasons[1].text.contains("terminate_workers()"));
}

#[test]
fn a_need_newer_than_the_python_told_is_marked() {
    let mut answers = answers! {
        bound: Bound::Io,
        needs: vec![Need::Backpressure, Need::Cancel],
        python: Version::V3_12,
    };
    let too_old = |answers: &Answers| -> Vec<bool> {
        decide(answers)
            .needs
            .iter()
            .map(|met| met.too_old)
            .collect()
    };
    assert_eq!(too_old(&answers), [true, false]);
    answers.python = Some(Version::V3_14);
    assert_eq!(too_old(&answers), [false, false]);
}

#[test]
fn every_family_has_an_api_for_every_worker_and_style() {
    for worker in [Worker::Own, Worker::Pool] {
        for style in [Choice::Pool, Choice::Executor] {
            for family in [
                Family::Sequential,
                Family::Thread,
                Family::Process,
                Family::Interpreter,
                Family::Asyncio,
                Family::Cluster,
            ] {
                assert_eq!(api_for(family, worker, style).family(), family);
            }
        }
    }
}

#[test]
fn needs_are_met_without_a_pool_too_and_then_they_are_not_in_vain() {
    let verdict = decide(&answers! {
        bound: Bound::Io,
        tasks: Tasks::One,
        shape: Shape::ForLoop,
        needs: vec![Need::Cancel],
    });
    assert_eq!(verdict.api, Api::Thread);
    assert!(verdict.needs[0].how.contains("Event"));
    assert_eq!(verdict.unused, [QuestionId::Shape]);
}
