//! How long predictions take: `cargo run --release --example cost -- MACHINE.json`.

use rightlane_facts::{
    Answer, Independence, KernelWork, Ledger, Machine, SocketUse, StartMethod, TaskSample, Workload,
};
use rightlane_simulate::{Plan, predict};
use std::hint::black_box;
use std::time::Instant;

fn workload(tasks: u64) -> Workload {
    let sample = |index: u32| TaskSample {
        gil_cpu: 1e-5 * f64::from(index % 17 + 1),
        kernel_cpu: 2e-6 * f64::from(index % 5),
        waiting: 1e-3 * f64::from(index % 3),
        ..TaskSample::default()
    };
    Workload {
        tasks,
        entries: 1,
        samples: (0..5000).map(sample).collect(),
        sequential_part: 1e-6,
        argument_bytes: 100.0,
        argument_buffer_bytes: 0.0,
        argument_pickle: 1e-6,
        result_bytes: 100.0,
        result_buffer_bytes: 0.0,
        result_pickle: 1e-6,
        picklable: Answer::Yes,
        pickle_error: None,
        independence: Independence::default(),
        ledger: Ledger::default(),
        sockets: SocketUse::default(),
        client_cpu: 0.0,
        child_cpu: 0.0,
        native_thread_cpu: 0.0,
        import_seconds: 0.1,
        memory: 100 << 20,
        kernel: KernelWork::default(),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("which machine?")?;
    let machine: Machine = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let start = StartMethod::Fork;
    let plans = [
        Plan::Threads { workers: 2 },
        Plan::Threads { workers: 64 },
        Plan::ThreadPool {
            workers: 8,
            chunksize: None,
        },
        Plan::Processes {
            workers: 2,
            chunksize: 1,
            start,
        },
        Plan::Processes {
            workers: 16,
            chunksize: 100,
            start,
        },
        Plan::Pool {
            workers: 2,
            chunksize: None,
            start,
        },
        Plan::ToThread { workers: 6 },
        Plan::Asyncio { limit: None },
    ];
    for tasks in [100, 5_000, 10_000_000] {
        for plan in &plans {
            let workload = workload(tasks);
            let begun = Instant::now();
            black_box(predict(&workload, &machine, plan, 1));
            println!(
                "{tasks:9} tasks {:7.2} ms  {plan:?}",
                begun.elapsed().as_secs_f64() * 1e3
            );
        }
    }
    Ok(())
}
