//! A drawn machine with round figures, and drawn workloads.

use rightlane_facts::{
    Answer, ApiCosts, AsyncioCosts, CoreCosts, Figure, GilCosts, Independence, InterpreterCosts,
    KernelCosts, KernelWork, Ledger, Machine, PythonFacts, SocketUse, StartCosts, StartMethod,
    TaskSample, ThreadCosts, TransportCosts, WorkerCosts, Workload,
};

const US: f64 = 1e-6;

fn exactly(value: f64) -> Figure {
    Figure::measured(value, value, value)
}

fn feeding(chunk: f64) -> WorkerCosts {
    WorkerCosts {
        chunk: exactly(chunk),
        chunk_parent_cpu: exactly(chunk * 0.7),
        chunk_worker_cpu: exactly(chunk * 0.3),
        busy_parent_cpu: exactly(chunk),
        busy_worker_cpu: exactly(chunk),
        lost_overlap_short: exactly(0.0),
        lost_overlap_long: exactly(0.0),
        item_parent_cpu: exactly(0.3 * US),
        item_worker_cpu: exactly(0.1 * US),
        round_trip: exactly(2.0 * chunk),
        shutdown: exactly(0.003),
    }
}

/// A machine with two cores on which nothing slows anything else down.
pub fn machine() -> Machine {
    Machine {
        cores: 2.0,
        cores_limit: "cores online".to_owned(),
        memory: 8 << 30,
        python: PythonFacts {
            executable: "/usr/bin/python3".to_owned(),
            version: (3, 13, 0),
            gil: true,
            default_start_method: StartMethod::Fork,
            build: "drawn".to_owned(),
        },
        costs: costs(),
    }
}

fn start(first: f64, following: f64) -> Option<StartCosts> {
    Some(StartCosts {
        first: exactly(first),
        following: exactly(following),
    })
}

fn costs() -> ApiCosts {
    ApiCosts {
        threads: ThreadCosts {
            start: exactly(80.0 * US),
            submit: exactly(5.0 * US),
            task: exactly(16.0 * US),
            round_trip: exactly(40.0 * US),
            pool_item: exactly(0.03 * US),
            pool_chunk: exactly(3.0 * US),
            python_slowdown: None,
        },
        gil: Some(GilCosts {
            interval: exactly(0.005),
            switch: exactly(100.0 * US),
            release_two: exactly(2.0 * US),
            release_eight: exactly(8.0 * US),
            short_call: exactly(0.7 * US),
            socket_call: exactly(4.0 * US),
            short_call_gil: exactly(0.7 * US),
        }),
        process_executor: Some(feeding(100.0 * US)),
        process_pool: Some(feeding(25.0 * US)),
        interpreters: Some(InterpreterCosts {
            first: exactly(0.02),
            following: exactly(0.01),
            task: exactly(60.0 * US),
        }),
        fork: start(0.006, 0.002),
        forkserver: start(0.06, 0.005),
        spawn: start(0.05, 0.01),
        transport: transport(),
        asyncio: AsyncioCosts {
            loop_start: exactly(100.0 * US),
            task: exactly(4.0 * US),
            to_thread: exactly(40.0 * US),
            exchange: exactly(120.0 * US),
            blocking_exchange: exactly(35.0 * US),
        },
        cores: CoreCosts {
            process_slowdown: exactly(1.0),
            thread_slowdown: exactly(1.0),
            idle_wake: exactly(5.0 * US),
            busy_wake: exactly(10.0 * US),
            cold_start: None,
        },
        kernel: Some(KernelCosts {
            page_fault: exactly(1.0 * US),
            copy: exactly(2e-10),
        }),
    }
}

fn transport() -> TransportCosts {
    TransportCosts {
        to_worker: Some(exactly(1e-9)),
        to_worker_cpu: Some(exactly(0.6e-9)),
        from_worker: Some(exactly(1e-9)),
        from_worker_cpu: Some(exactly(0.6e-9)),
        buffer_dumps: exactly(0.2e-9),
        graph_dumps: exactly(8e-9),
        plain_dumps: None,
        loads_per_dumps: exactly(1.5),
        fork_memory: Some(exactly(1e-11)),
        copy_on_write: Some(exactly(1e-10)),
    }
}

/// So many equal tasks.
pub fn workload(tasks: u64, sample: TaskSample) -> Workload {
    Workload {
        tasks,
        entries: 1,
        samples: vec![sample; usize::try_from(tasks).unwrap().min(200)],
        sequential_part: 0.0,
        argument_bytes: 50.0,
        argument_buffer_bytes: 0.0,
        argument_pickle: 1.0 * US,
        result_bytes: 30.0,
        result_buffer_bytes: 0.0,
        result_pickle: 0.5 * US,
        picklable: Answer::Yes,
        pickle_error: None,
        independence: Independence::default(),
        ledger: Ledger {
            python_gil: sample.gil_cpu,
            ..Ledger::default()
        },
        sockets: SocketUse::default(),
        client_cpu: 0.0,
        child_cpu: sample.child_cpu,
        native_thread_cpu: 0.0,
        import_seconds: 0.0,
        memory: 20 << 20,
        kernel: KernelWork::default(),
    }
}

/// A task that only computes in Python.
pub fn python(seconds: f64) -> TaskSample {
    TaskSample {
        gil_cpu: seconds,
        ..TaskSample::default()
    }
}

/// A task that only waits.
pub fn waiting(seconds: f64) -> TaskSample {
    TaskSample {
        waiting: seconds,
        ..TaskSample::default()
    }
}
