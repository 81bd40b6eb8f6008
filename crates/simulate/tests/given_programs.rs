//! Predictions against measured times: eleven real programs with every variant that was run by
//! hand, and one run of long-lived activities.
//!
//! `data/given_programs.json`: per program the tasks' phases (thread CPU time, its kernel share
//! and wall time of each task, taken in one sequential run on CPython 3.13.0 and scaled to the
//! sequential time that was measured with the variants; which CPU releases the GIL is known from
//! the callee: `hashlib` beyond 2 KiB, NumPy), pickled sizes and times of the first task, and the
//! medians of the measured variants on two cores. `data/machine_3.13.json`: the
//! calibration under the same interpreter on the same machine, its rounds going on for 25 s.

use rightlane_facts::{
    Answer, Dependency, DependencyKind, Independence, KernelWork, Ledger, Machine, SocketUse,
    StartMethod, TaskSample, Workload,
};
use rightlane_simulate::{Plan, RunMember, RunPlan, predict, predict_run};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Given {
    tasks: u64,
    sequential_part: f64,
    chunk: u64,
    native_gil: bool,
    independent: bool,
    sockets: bool,
    argument_bytes: f64,
    argument_buffer_bytes: f64,
    argument_pickle: f64,
    result_bytes: f64,
    result_pickle: f64,
    memory: u64,
    samples_us: Vec<[f64; 5]>,
    measured: BTreeMap<String, f64>,
}

fn programs() -> BTreeMap<String, Given> {
    serde_json::from_str(include_str!("data/given_programs.json")).unwrap()
}

fn machine() -> Machine {
    serde_json::from_str(include_str!("data/machine_3.13.json")).unwrap()
}

/// What `pickle.dumps` costs however little is in it, in seconds, on that machine: the stored times
/// hold it, a workload's do not.
const DUMPS_CALL: f64 = 1.3e-6;

fn workload(given: &Given) -> Workload {
    let samples: Vec<TaskSample> = given
        .samples_us
        .iter()
        .map(|[gil, free, kernel, child, waiting]| TaskSample {
            gil_cpu: gil * 1e-6,
            free_cpu: free * 1e-6,
            kernel_cpu: kernel * 1e-6,
            child_cpu: child * 1e-6,
            waiting: waiting * 1e-6,
        })
        .collect();
    let total: f64 = samples.iter().map(|sample| sample.gil_cpu).sum();
    Workload {
        tasks: given.tasks,
        entries: 1,
        samples,
        sequential_part: given.sequential_part,
        argument_bytes: given.argument_bytes,
        argument_buffer_bytes: given.argument_buffer_bytes,
        argument_pickle: (given.argument_pickle - DUMPS_CALL).max(0.0),
        result_bytes: given.result_bytes,
        result_buffer_bytes: 0.0,
        result_pickle: (given.result_pickle - DUMPS_CALL).max(0.0),
        picklable: Answer::Yes,
        pickle_error: None,
        independence: Independence::default(),
        ledger: Ledger {
            python_gil: if given.native_gil { 0.0 } else { total },
            native_gil: if given.native_gil { total } else { 0.0 },
            ..Ledger::default()
        },
        sockets: SocketUse {
            library: given.sockets.then(|| "socket".to_owned()),
            ..SocketUse::default()
        },
        client_cpu: 0.0,
        child_cpu: 0.0,
        native_thread_cpu: 0.0,
        import_seconds: 0.0,
        memory: given.memory,
        kernel: KernelWork::default(),
    }
}

/// The plan that a hand-made variant is; `None` for those that are something else.
fn plan(variant: &str, chunk: u64) -> Option<Plan> {
    let start = StartMethod::Fork;
    Some(match variant {
        "sequential" => Plan::Sequential,
        "threadpool" => Plan::ThreadPool {
            workers: 2,
            chunksize: None,
        },
        "procs2_c1" | "procs2_cK" => Plan::Processes {
            workers: 2,
            chunksize: if variant == "procs2_c1" { 1 } else { chunk },
            start,
        },
        "mp_pool" => Plan::Pool {
            workers: 2,
            chunksize: None,
            start,
        },
        // the loop's own executor: min(32, cores + 4)
        "to_thread" => Plan::ToThread { workers: 6 },
        "asyncio" => Plan::Asyncio { limit: None },
        _ => Plan::Threads {
            workers: variant.strip_prefix("threads")?.parse().ok()?,
        },
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn predictions_are_near_what_was_measured() {
    let machine = machine();
    let (mut errors, mut inside) = (Vec::new(), 0.0);
    for (name, given) in programs() {
        let workload = workload(&given);
        for (variant, measured) in &given.measured {
            let Some(plan) = plan(variant, given.chunk) else {
                continue;
            };
            if plan == Plan::Sequential {
                continue; // it is the observation itself
            }
            let predicted = predict(&workload, &machine, &plan, 1);
            let error = predicted.seconds / measured - 1.0;
            let within = predicted.low <= *measured && *measured <= predicted.high;
            println!(
                "{name:17} {variant:10} measured {measured:8.3} predicted {:8.3} [{:.3}, {:.3}] {:+.0} %{}",
                predicted.seconds,
                predicted.low,
                predicted.high,
                100.0 * error,
                if within { "" } else { " outside" }
            );
            errors.push(error.abs());
            inside += f64::from(u8::from(within));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let inside = inside / errors.len() as f64;
    let median = median(errors);
    println!(
        "median error {:.1} %, inside the interval {:.0} %",
        100.0 * median,
        100.0 * inside
    );
    assert!(median <= 0.15, "median error {median}");
}

#[test]
fn choosing_by_prediction_costs_little() {
    let machine = machine();
    let (mut product, mut count, mut worst) = (0.0, 0.0, 1.0_f64);
    for (name, given) in programs() {
        let workload = workload(&given);
        let choices = given.measured.iter().filter_map(|(variant, measured)| {
            let plan = plan(variant, given.chunk)?;
            (given.independent || plan == Plan::Sequential).then(|| {
                (
                    predict(&workload, &machine, &plan, 1).seconds,
                    measured,
                    variant,
                )
            })
        });
        let (_, measured, variant) = choices.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let best = if given.independent {
            given
                .measured
                .values()
                .copied()
                .fold(f64::INFINITY, f64::min)
        } else {
            given.measured["sequential"]
        };
        let regret = measured / best;
        println!("{name:17} {variant:10} regret {regret:.2}");
        product += regret.ln();
        count += 1.0;
        worst = worst.max(regret);
    }
    let mean = f64::exp(product / count);
    println!("geometric mean {mean:.3}, worst {worst:.2}");
    assert!(mean <= 1.15, "regret {mean}");
    assert!(worst <= 2.0, "worst {worst}");
}

/// The measuring station: reading batches from a device (60 times 21 ms of waiting), fitting
/// each (CPU profile: 1.03 s in all), and 30 health checks (a connection and 30 ms of sleep
/// each); the fits go through the batches one by one.
#[test]
fn a_run_of_activities_is_predicted_too() {
    let members = [
        RunMember {
            work: TaskSample {
                gil_cpu: 0.010,
                kernel_cpu: 0.004,
                waiting: 1.27,
                ..TaskSample::default()
            },
            items: 60,
            yields: true,
            sockets: true,
        },
        RunMember {
            work: TaskSample {
                gil_cpu: 1.22,
                ..TaskSample::default()
            },
            items: 60,
            yields: true,
            sockets: false,
        },
        RunMember {
            work: TaskSample {
                gil_cpu: 0.008,
                kernel_cpu: 0.005,
                waiting: 1.0,
                ..TaskSample::default()
            },
            items: 30,
            yields: true,
            sockets: true,
        },
    ];
    let needs = [Dependency {
        earlier: 0,
        later: 1,
        kind: DependencyKind::Stream,
        name: "batches".to_owned(),
    }];
    for (plan, measured) in [
        (RunPlan::Sequential, 3.527),
        (RunPlan::Threads, 1.649),
        (RunPlan::Processes(StartMethod::Fork), 1.329),
    ] {
        let predicted = predict_run(&members, &needs, &machine(), plan, 1).seconds;
        println!("{plan:?} measured {measured} predicted {predicted:.3}");
        assert!((predicted / measured - 1.0).abs() < 0.2);
    }
}
