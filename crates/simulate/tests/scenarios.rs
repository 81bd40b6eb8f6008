//! Workloads whose wall time can be told by hand.

mod common;

use common::{machine, python, waiting, workload};
use rightlane_facts::{
    Api, Dependency, DependencyKind, Figure, KernelWork, Machine, StartMethod, TaskSample, Workload,
};
use rightlane_simulate::{Plan, RunMember, RunPlan, predict, predict_run, what_if};

const FORK: StartMethod = StartMethod::Fork;

fn seconds(workload: &Workload, machine: &Machine, plan: Plan) -> f64 {
    predict(workload, machine, &plan, 1).seconds
}

fn threads(workers: u32) -> Plan {
    Plan::Threads { workers }
}

fn processes(workers: u32, chunksize: u64) -> Plan {
    Plan::Processes {
        workers,
        chunksize,
        start: FORK,
    }
}

#[track_caller]
fn about(got: f64, expected: f64, tolerance: f64) {
    assert!(
        (got / expected - 1.0).abs() <= tolerance,
        "{got} is not within {tolerance} of {expected}"
    );
}

#[test]
fn sequential_is_the_sum_with_what_stays_in_the_body() {
    let mut work = workload(1000, python(0.001));
    work.sequential_part = 0.0005;
    about(seconds(&work, &machine(), Plan::Sequential), 1.5, 1e-9);
}

#[test]
fn tasks_that_wait_take_their_share_of_the_threads() {
    let work = workload(400, waiting(0.02));
    for workers in [2, 8, 40] {
        about(
            seconds(&work, &machine(), threads(workers)),
            8.0 / f64::from(workers),
            0.05,
        );
    }
}

#[test]
fn tasks_that_wait_longer_towards_the_end_are_not_told_from_the_first_ones() {
    let mut work = workload(3000, waiting(0.0));
    work.samples = (0..3000)
        .map(|task| waiting(if task < 2000 { 0.0002 } else { 0.01 }))
        .collect();
    let in_turns = 2000.0 * 0.0002 + 1000.0 * 0.01;
    for workers in [2, 8] {
        for chunksize in [1, 3] {
            let got = seconds(&work, &machine(), processes(workers, chunksize));
            about(got, in_turns / f64::from(workers), 0.2);
        }
    }
}

#[test]
fn all_coroutines_wait_at_once_and_a_limit_holds_them_back() {
    let work = workload(500, waiting(0.1));
    let all = seconds(&work, &machine(), Plan::Asyncio { limit: None });
    about(all, 0.1, 0.1);
    let limited = seconds(&work, &machine(), Plan::Asyncio { limit: Some(50) });
    about(limited, 1.0, 0.05);
}

#[test]
fn a_string_crosses_for_what_one_object_costs_however_long_it_is() {
    let mut work = workload(200_000, python(10.0e-6));
    (work.argument_pickle, work.result_pickle) = (0.0, 0.0);
    (work.argument_bytes, work.result_bytes) = (60.0, 200.0);
    let pool = Plan::Pool {
        workers: 2,
        chunksize: None,
        start: FORK,
    };
    let mut measured = machine();
    measured.costs.transport.plain_dumps = Some(Figure::measured(1e-7, 1e-7, 1e-7));
    let by_size = seconds(&work, &machine(), pool);
    let by_object = seconds(&work, &measured, pool);
    assert!(by_object < 0.8 * by_size, "{by_object} {by_size}");
    // What had to be timed was no plain value.
    work.result_pickle = 1e-9;
    let timed = seconds(&work, &measured, pool);
    assert!(timed > by_object, "{timed} {by_object}");
}

#[test]
fn tasks_seen_on_idling_cores_take_less_when_many_keep_the_cores_awake() {
    let task = TaskSample {
        gil_cpu: 0.000_5,
        waiting: 0.02,
        ..TaskSample::default()
    };
    let work = workload(1000, task);
    let mut cold = machine();
    cold.costs.cores.cold_start = Some(Figure::measured(0.000_2, 0.000_2, 0.000_2));
    let unlimited = Plan::Asyncio { limit: None };
    // The loop is busy all the time: 1000 tasks of 0.3 ms instead of 0.5 ms.
    let (kept, fewer) = (
        seconds(&work, &machine(), unlimited),
        seconds(&work, &cold, unlimited),
    );
    about(kept - fewer, 0.2, 0.05);
    // One at a time finds its core cold each time, as when it was observed.
    let alone = Plan::Asyncio { limit: Some(1) };
    about(
        seconds(&work, &cold, alone),
        seconds(&work, &machine(), alone),
        0.002,
    );
    about(seconds(&work, &cold, threads(1)), 20.5, 0.02);
}

#[test]
fn the_loop_runs_everything_but_waiting_one_after_the_other() {
    let task = TaskSample {
        gil_cpu: 0.001,
        waiting: 0.05,
        ..TaskSample::default()
    };
    let work = workload(1000, task);
    about(
        seconds(&work, &machine(), Plan::Asyncio { limit: None }),
        1.05,
        0.05,
    );
}

#[test]
fn python_in_threads_gains_nothing_and_pays_for_switching() {
    let work = workload(500, python(0.004));
    let with_threads = seconds(&work, &machine(), threads(2));
    assert!(with_threads >= 2.0, "{with_threads}");
    about(with_threads, 2.04, 0.03);
}

#[test]
fn native_code_that_keeps_the_gil_is_not_switched() {
    let mut work = workload(16, python(0.15));
    work.ledger.native_gil = 16.0 * 0.15;
    work.ledger.python_gil = 0.0;
    about(seconds(&work, &machine(), threads(8)), 2.4, 0.01);
}

#[test]
fn python_in_two_processes_takes_half_and_the_start() {
    let work = workload(500, python(0.004));
    about(
        seconds(&work, &machine(), processes(2, 10)),
        1.0 + 0.011,
        0.04,
    );
}

#[test]
fn more_processes_than_cores_gain_nothing_more() {
    let work = workload(400, python(0.01));
    let two = seconds(&work, &machine(), processes(2, 1));
    let eight = seconds(&work, &machine(), processes(8, 1));
    about(eight, two, 0.05);
}

#[test]
fn a_quota_of_one_and_a_half_cores_binds() {
    let work = workload(400, python(0.01));
    let limited = what_if::with_cores(&machine(), 1.5);
    about(seconds(&work, &limited, processes(2, 1)), 4.0 / 1.5, 0.05);
}

#[test]
fn cores_that_slow_each_other_down_do_so() {
    let work = workload(400, python(0.01));
    let mut slow = machine();
    slow.costs.cores.process_slowdown.value = 1.5;
    slow.costs.cores.process_slowdown.spread = None;
    about(seconds(&work, &slow, processes(2, 10)), 3.0, 0.04);
}

#[test]
fn tiny_tasks_one_by_one_take_what_the_parent_needs_per_chunk() {
    let work = workload(50_000, python(1e-6));
    about(
        seconds(&work, &machine(), processes(2, 1)),
        50_000.0 * 100e-6,
        0.15,
    );
    // in chunks, that all but vanishes
    let chunked = seconds(&work, &machine(), processes(2, 5000));
    assert!(chunked < 0.2, "{chunked}");
}

#[test]
fn tiny_tasks_in_an_executor_of_threads_take_its_cost_per_task() {
    let work = workload(1_000_000, python(1e-6));
    about(seconds(&work, &machine(), threads(2)), 17.0, 0.1);
}

#[test]
fn a_task_of_a_crowd_under_gather_costs_twice_as_much_as_one_of_a_few() {
    let each = |tasks: u64| {
        let work = workload(tasks, python(0.0));
        seconds(&work, &machine(), Plan::ToThread { workers: 6 }) / tasks as f64
    };
    about(each(300_000) / each(1_000), 2.1, 0.1);
}

#[test]
fn large_buffers_are_limited_by_the_pipe() {
    let task = python(0.000_1);
    let mut work = workload(200, task);
    work.argument_bytes = 8e6;
    work.argument_buffer_bytes = 8e6;
    work.argument_pickle = 8e6 * 0.2e-9;
    let predicted = seconds(&work, &machine(), processes(2, 1));
    // 8 ms on the pipe per task, one after the other
    about(predicted, 200.0 * 0.008, 0.05);
}

#[test]
fn children_are_bounded_by_the_cores() {
    let task = TaskSample {
        child_cpu: 0.07,
        gil_cpu: 0.0005,
        ..TaskSample::default()
    };
    let work = workload(40, task);
    for plan in [
        threads(2),
        threads(32),
        processes(2, 1),
        Plan::Asyncio { limit: Some(8) },
    ] {
        about(seconds(&work, &machine(), plan), 40.0 * 0.0705 / 2.0, 0.06);
    }
}

#[test]
fn native_code_without_the_gil_runs_on_all_cores_in_threads() {
    let task = TaskSample {
        free_cpu: 0.1,
        gil_cpu: 0.0002,
        ..TaskSample::default()
    };
    let work = workload(20, task);
    about(seconds(&work, &machine(), threads(2)), 1.0, 0.03);
    about(seconds(&work, &machine(), threads(1)), 2.0, 0.03);
}

#[test]
fn native_threads_of_the_task_leave_nothing_to_gain() {
    let task = TaskSample {
        free_cpu: 0.1,
        ..TaskSample::default()
    };
    let mut work = workload(20, task);
    // each second of the task already uses two cores
    work.native_thread_cpu = 0.1;
    about(seconds(&work, &machine(), threads(2)), 2.0, 0.03);
}

#[test]
fn many_short_calls_in_threads_make_a_convoy() {
    let task = TaskSample {
        gil_cpu: 60e-6,
        kernel_cpu: 7e-6,
        ..TaskSample::default()
    };
    let work = workload(30_000, task);
    let alone = seconds(&work, &machine(), Plan::Sequential);
    let plan = |workers| Plan::ThreadPool {
        workers,
        chunksize: None,
    };
    let two = seconds(&work, &machine(), plan(2));
    let eight = seconds(&work, &machine(), plan(8));
    // ten releases per task, 2 µs each with one other, 8 µs with seven
    about(two, alone + 30_000.0 * 10.0 * 2e-6, 0.1);
    about(eight, alone + 30_000.0 * 10.0 * 8e-6, 0.1);
}

/// Kernel CPU of which nothing is known can be short calls; counted page faults or long reads are
/// none, and leave threads alone.
#[test]
fn page_faults_and_long_reads_in_threads_make_no_convoy() {
    let machine = machine();
    let task = TaskSample {
        gil_cpu: 0.002,
        kernel_cpu: 0.02,
        ..TaskSample::default()
    };
    let mut work = workload(100, task);
    let convoy = seconds(&work, &machine, threads(8));
    let kernel = machine.costs.kernel.as_ref().unwrap();
    work.kernel = KernelWork {
        page_faults: 0.02 / kernel.page_fault.value,
        ..KernelWork::default()
    };
    about(seconds(&work, &machine, threads(8)), 1.1, 0.1);
    work.kernel = KernelWork {
        file_calls: 20.0,
        file_bytes: 20.0 * f64::from(1 << 20),
        ..KernelWork::default()
    };
    about(seconds(&work, &machine, threads(8)), 1.1, 0.1);
    work.kernel = KernelWork {
        file_calls: 10_000.0,
        file_bytes: 10_000.0 * 100.0,
        ..KernelWork::default()
    };
    about(seconds(&work, &machine, threads(8)), convoy, 0.1);
}

#[test]
fn an_asyncio_twin_takes_the_place_of_the_library() {
    let machine = machine();
    let mut work = workload(1000, python(0.002));
    work.sockets.library = Some("requests".to_owned());
    work.sockets.async_twin = Some("aiohttp".to_owned());
    let plan = Plan::Asyncio { limit: Some(32) };
    about(seconds(&work, &machine, plan), 2.0, 0.2);
    work.client_cpu = 0.0018;
    let price = 0.0002 + 1.5 * machine.costs.asyncio.exchange.value;
    about(seconds(&work, &machine, plan), 1000.0 * price, 0.1);
    work.sockets.async_twin = Some("httpx.AsyncClient".to_owned());
    about(
        seconds(&work, &machine, plan),
        1000.0 * (0.0002 + 4.9 * 0.0018),
        0.1,
    );
}

#[test]
fn without_a_gil_threads_share_the_cores() {
    let work = workload(500, python(0.004));
    let free = what_if::without_gil(&machine());
    about(seconds(&work, &free, threads(2)), 1.0, 0.03);
}

#[test]
fn the_last_long_task_keeps_one_worker_busy() {
    let mut work = workload(11, python(0.1));
    work.samples[10] = python(1.0);
    about(seconds(&work, &machine(), processes(2, 1)), 0.5 + 1.0, 0.05);
    // known to come first, it is no obstacle
    work.samples.rotate_right(1);
    about(seconds(&work, &machine(), processes(2, 1)), 1.0, 0.05);
}

#[test]
fn chunks_of_unequal_tasks_leave_a_worker_idle_at_the_end() {
    let mut work = workload(100, python(0.001));
    for sample in work.samples.iter_mut().step_by(10) {
        *sample = python(0.1);
    }
    let one_by_one = seconds(&work, &machine(), processes(2, 1));
    let halves = seconds(&work, &machine(), processes(2, 40));
    assert!(halves > 1.1 * one_by_one, "{halves} {one_by_one}");
}

#[test]
fn each_entry_waits_for_its_last_task_but_the_pool_starts_once() {
    let mut work = workload(30, waiting(0.1));
    work.entries = 10;
    // three tasks on two threads: two rounds each time
    about(seconds(&work, &machine(), threads(2)), 10.0 * 0.2, 0.05);
    let spawned = Plan::Processes {
        workers: 2,
        chunksize: 1,
        start: StartMethod::Spawn,
    };
    about(seconds(&work, &machine(), spawned), 10.0 * 0.2 + 0.06, 0.05);
}

#[test]
fn spawned_workers_import_what_the_program_imports() {
    let mut work = workload(100, python(0.001));
    let spawned = Plan::Pool {
        workers: 2,
        chunksize: None,
        start: StartMethod::Spawn,
    };
    let before = seconds(&work, &machine(), spawned);
    work.import_seconds = 0.5;
    about(seconds(&work, &machine(), spawned) - before, 0.5, 0.05);
    let forked = Plan::Pool {
        workers: 2,
        chunksize: None,
        start: FORK,
    };
    assert!(seconds(&work, &machine(), forked) < 0.1);
}

#[test]
fn what_the_machine_does_not_have_takes_for_ever() {
    let work = workload(10, python(0.01));
    let mut without = machine();
    without.costs.interpreters = None;
    without.costs.spawn = None;
    let interpreters = Plan::Interpreters { workers: 2 };
    assert!(seconds(&work, &without, interpreters).is_infinite());
    let spawned = Plan::Processes {
        workers: 2,
        chunksize: 1,
        start: StartMethod::Spawn,
    };
    assert!(seconds(&work, &without, spawned).is_infinite());
    about(seconds(&work, &machine(), interpreters), 0.05 + 0.03, 0.1);
}

#[test]
fn the_same_seed_gives_the_same_prediction_and_the_interval_holds_it() {
    let mut work = workload(5000, python(0.001));
    work.samples = (1..50).map(|n| python(f64::from(n) * 1e-4)).collect();
    let plan = processes(2, 50);
    let first = predict(&work, &machine(), &plan, 7);
    assert_eq!(first, predict(&work, &machine(), &plan, 7));
    assert!(first.low < first.seconds && first.seconds < first.high);
}

#[test]
fn nonsense_from_an_observation_neither_panics_nor_hangs() {
    let mut work = workload(1000, python(f64::NAN));
    work.samples.push(python(f64::INFINITY));
    work.samples.push(waiting(-3.0));
    work.argument_bytes = f64::NAN;
    work.argument_pickle = -1.0;
    work.result_bytes = f64::INFINITY;
    work.sequential_part = f64::NAN;
    work.import_seconds = f64::INFINITY;
    work.tasks = u64::MAX;
    work.entries = u64::MAX;
    for plan in [
        Plan::Sequential,
        threads(0),
        threads(u32::MAX),
        processes(0, 0),
        processes(3, u64::MAX),
        Plan::ThreadPool {
            workers: 0,
            chunksize: Some(0),
        },
        Plan::Asyncio { limit: Some(0) },
        Plan::ToThread { workers: 1 },
    ] {
        let _ = predict(&work, &machine(), &plan, 0);
    }
    work.samples.clear();
    work.tasks = 0;
    assert!(seconds(&work, &machine(), threads(4)) < 0.01);
}

#[test]
fn plans_name_their_api_and_settings() {
    let (api, settings) = Plan::Processes {
        workers: 4,
        chunksize: 20,
        start: StartMethod::Spawn,
    }
    .alternative();
    assert_eq!(api, Api::ProcessPoolExecutor);
    assert_eq!(settings.workers, Some(4));
    assert_eq!(settings.chunksize, Some(20));
    assert_eq!(settings.start_method, Some(StartMethod::Spawn));
}

fn member(work: TaskSample, items: u64) -> RunMember {
    RunMember {
        work,
        items,
        yields: true,
        sockets: false,
    }
}

fn needs(earlier: usize, later: usize, kind: DependencyKind) -> Dependency {
    Dependency {
        earlier,
        later,
        kind,
        name: "batches".to_owned(),
    }
}

#[test]
fn a_run_of_waiting_activities_takes_as_long_as_the_longest() {
    let members = [member(waiting(1.0), 10), member(waiting(0.4), 10)];
    let run = |plan| predict_run(&members, &[], &machine(), plan, 1).seconds;
    about(run(RunPlan::Sequential), 1.4, 1e-9);
    about(run(RunPlan::Threads), 1.0, 0.01);
    about(run(RunPlan::Processes(FORK)), 1.0, 0.02);
}

#[test]
fn a_needed_value_serialises_and_a_stream_pipelines() {
    let members = [member(waiting(1.0), 50), member(python(1.0), 50)];
    let run = |kind| {
        let needs = [needs(0, 1, kind)];
        predict_run(&members, &needs, &machine(), RunPlan::Processes(FORK), 1).seconds
    };
    about(run(DependencyKind::Value), 2.0, 0.02);
    about(run(DependencyKind::Stream), 1.02, 0.03);
}

#[test]
fn a_thread_that_returns_from_waiting_waits_again_for_one_that_computes() {
    let members = [member(waiting(0.5), 50), member(python(1.0), 50)];
    let run = predict_run(&members, &[], &machine(), RunPlan::Threads, 1);
    // the computing one is stopped fifty times, and takes its time all the same
    about(run.seconds, 1.0, 0.03);
    let slow_reader = [member(waiting(0.9), 50), member(python(1.0), 50)];
    let run = predict_run(&slow_reader, &[], &machine(), RunPlan::Threads, 1);
    // fifty times the switch interval on top of its own waiting, the last ones in peace
    assert!(run.seconds > 1.05, "{}", run.seconds);
}

#[test]
fn computing_activities_share_the_gil_in_threads_and_the_cores_in_processes() {
    let members = [member(python(1.0), 10); 3];
    let run = |plan| predict_run(&members, &[], &machine(), plan, 1).seconds;
    about(run(RunPlan::Threads), 3.06, 0.03);
    about(run(RunPlan::Processes(FORK)), 1.5, 0.03);
}

#[test]
fn dependencies_that_lead_nowhere_or_in_a_circle_do_not_hang() {
    let members = [member(waiting(0.1), 0), member(waiting(0.1), u64::MAX)];
    let circle = [
        needs(0, 1, DependencyKind::Value),
        needs(1, 0, DependencyKind::Value),
        needs(7, 0, DependencyKind::Stream),
        needs(0, 9, DependencyKind::Stream),
        needs(1, 1, DependencyKind::Value),
    ];
    let run = predict_run(&members, &circle, &machine(), RunPlan::Threads, 1);
    assert!(run.seconds.is_finite());
}

#[test]
fn a_cluster_is_bounded_by_its_scheduler_and_by_its_cores() {
    let long = workload(100, python(2.0));
    let ten = what_if::cluster(&long, &machine(), 10, what_if::Cluster::Dask);
    about(ten.seconds, 10.0, 0.01);
    let tiny = workload(1_000_000, python(1e-5));
    let many = what_if::cluster(&tiny, &machine(), 100, what_if::Cluster::Ray);
    assert!(many.seconds >= 100.0);
}
