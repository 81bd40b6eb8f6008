//! Runs the calibration under an interpreter and reads what it prints.

use crate::Error;
use crate::interpreter::run_script;
use rightlane_facts::{
    ApiCosts, AsyncioCosts, CoreCosts, Figure, GilCosts, InterpreterCosts, KernelCosts, StartCosts,
    ThreadCosts, TransportCosts, WorkerCosts,
};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The calibration's modules in the order in which they are loaded.
const MODULES: [(&str, &str); 7] = [
    ("harness", include_str!("calibration/harness.py")),
    ("threads", include_str!("calibration/threads.py")),
    ("processes", include_str!("calibration/processes.py")),
    ("coroutines", include_str!("calibration/coroutines.py")),
    ("interpreters", include_str!("calibration/interpreters.py")),
    ("kernel", include_str!("calibration/kernel.py")),
    ("main", include_str!("calibration/main.py")),
];

/// It takes about four seconds; on a machine that is very busy, longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a calibration found.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The costs.
    pub costs: ApiCosts,
    /// Cores that other programs used meanwhile: see [`Calibration::is_rough`].
    pub disturbance: f64,
    /// Measurements that failed, with the reason: their figures are `None`.
    pub failures: Vec<String>,
}

impl Calibration {
    /// Whether other programs disturbed it so much that it is worth repeating when they are gone:
    /// threads that would run side by side then took turns.
    #[must_use]
    pub fn is_rough(&self) -> bool {
        self.disturbance > crate::calm::CALM
    }
}

/// Measures what concurrency costs under the interpreter `python` on this machine.
///
/// Takes about four seconds. Starts worker processes and threads, opens sockets on the loopback
/// interface, writes nothing.
///
/// # Errors
/// [`Error`] if the interpreter cannot be started, fails, or prints something else than the
/// calibration's object. Single measurements that fail are no error: see
/// [`Calibration::failures`].
pub fn calibrate(python: &Path) -> Result<Calibration, Error> {
    let text = run_script(python, &program(), PATIENCE)?;
    let line = text.lines().last().unwrap_or_default();
    let found: Value = serde_json::from_str(line)
        .map_err(|_| Error::unreadable(python, "the calibration printed no JSON"))?;
    let failures: Vec<String> = found["failures"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(step, why)| format!("{step}: {}", why.as_str().unwrap_or_default()))
        .collect();
    let costs = costs(&found).ok_or_else(|| {
        let why = failures.join("; ");
        Error::unreadable(
            python,
            format!("the calibration's figures are incomplete ({why})"),
        )
    })?;
    Ok(Calibration {
        costs,
        disturbance: found["others"].as_f64().unwrap_or(0.0).clamp(0.0, 1e6),
        failures,
    })
}

/// The modules as one text for `python -c`: worker processes that are spawned then have no main
/// module to import, which is what a bare start is.
pub(crate) fn program() -> String {
    let mut text = String::from(
        "import sys, types\n\
         def _load(name, source):\n    \
             module = types.ModuleType(name)\n    \
             sys.modules[name] = module\n    \
             exec(compile(source, name, 'exec'), module.__dict__)\n",
    );
    for (name, source) in MODULES {
        // a JSON string of plain text is a Python string too
        let quoted = Value::from(source);
        text.push_str(&format!("_load({:?}, {quoted})\n", name));
    }
    text.push_str("sys.modules['main'].main()\n");
    text
}

/// `[value, low, high]`, if all three are plausible.
fn figure(value: &Value) -> Option<Figure> {
    let numbers: Vec<f64> = value.as_array()?.iter().filter_map(Value::as_f64).collect();
    let [value, low, high] = numbers[..] else {
        return None;
    };
    let plausible = |number: f64| number.is_finite() && (0.0..1e4).contains(&number);
    (plausible(value) && plausible(low) && plausible(high) && low <= value && value <= high)
        .then(|| Figure::measured(value, low, high))
}

fn costs(found: &Value) -> Option<ApiCosts> {
    Some(ApiCosts {
        threads: threads(&found["threads"])?,
        gil: gil(&found["gil"]),
        process_executor: workers(&found["process_executor"]),
        process_pool: workers(&found["process_pool"]),
        interpreters: interpreters(&found["interpreters"]),
        fork: start(&found["fork"]),
        forkserver: start(&found["forkserver"]),
        spawn: start(&found["spawn"]),
        transport: transport(&found["transport"])?,
        asyncio: asyncio(&found["asyncio"])?,
        cores: cores(&found["cores"])?,
        kernel: kernel(&found["kernel"]),
    })
}

fn threads(found: &Value) -> Option<ThreadCosts> {
    Some(ThreadCosts {
        start: figure(&found["start"])?,
        submit: figure(&found["submit"])?,
        task: figure(&found["task"])?,
        round_trip: figure(&found["round_trip"])?,
        pool_item: figure(&found["pool_item"])?,
        pool_chunk: figure(&found["pool_chunk"])?,
        python_slowdown: figure(&found["python_slowdown"]),
    })
}

fn gil(found: &Value) -> Option<GilCosts> {
    Some(GilCosts {
        interval: figure(&found["interval"])?,
        switch: figure(&found["switch"])?,
        release_two: figure(&found["release_two"])?,
        release_eight: figure(&found["release_eight"])?,
        short_call: figure(&found["short_call"])?,
        socket_call: figure(&found["socket_call"])?,
        short_call_gil: figure(&found["short_call_gil"])?,
    })
}

fn workers(found: &Value) -> Option<WorkerCosts> {
    Some(WorkerCosts {
        chunk: figure(&found["chunk"])?,
        chunk_parent_cpu: figure(&found["chunk_parent_cpu"])?,
        chunk_worker_cpu: figure(&found["chunk_worker_cpu"])?,
        busy_parent_cpu: figure(&found["busy_parent_cpu"])?,
        busy_worker_cpu: figure(&found["busy_worker_cpu"])?,
        lost_overlap_short: figure(&found["lost_overlap_short"])?,
        lost_overlap_long: figure(&found["lost_overlap_long"])?,
        item_parent_cpu: figure(&found["item_parent_cpu"])?,
        item_worker_cpu: figure(&found["item_worker_cpu"])?,
        round_trip: figure(&found["round_trip"])?,
        shutdown: figure(&found["shutdown"])?,
    })
}

fn interpreters(found: &Value) -> Option<InterpreterCosts> {
    Some(InterpreterCosts {
        first: figure(&found["first"])?,
        following: figure(&found["following"])?,
        task: figure(&found["task"])?,
    })
}

fn start(found: &Value) -> Option<StartCosts> {
    Some(StartCosts {
        first: figure(&found["first"])?,
        following: figure(&found["following"])?,
    })
}

fn transport(found: &Value) -> Option<TransportCosts> {
    Some(TransportCosts {
        to_worker: figure(&found["to_worker"]),
        to_worker_cpu: figure(&found["to_worker_cpu"]),
        from_worker: figure(&found["from_worker"]),
        from_worker_cpu: figure(&found["from_worker_cpu"]),
        buffer_dumps: figure(&found["buffer_dumps"])?,
        graph_dumps: figure(&found["graph_dumps"])?,
        plain_dumps: figure(&found["plain_dumps"]),
        loads_per_dumps: figure(&found["loads_per_dumps"])?,
        fork_memory: figure(&found["fork_memory"]),
        copy_on_write: figure(&found["copy_on_write"]),
    })
}

fn asyncio(found: &Value) -> Option<AsyncioCosts> {
    Some(AsyncioCosts {
        loop_start: figure(&found["loop_start"])?,
        task: figure(&found["task"])?,
        to_thread: figure(&found["to_thread"])?,
        exchange: figure(&found["exchange"])?,
        blocking_exchange: figure(&found["blocking_exchange"])?,
    })
}

fn kernel(found: &Value) -> Option<KernelCosts> {
    Some(KernelCosts {
        page_fault: figure(&found["page_fault"])?,
        copy: figure(&found["copy"])?,
    })
}

fn cores(found: &Value) -> Option<CoreCosts> {
    Some(CoreCosts {
        process_slowdown: figure(&found["process_slowdown"])?,
        thread_slowdown: figure(&found["thread_slowdown"])?,
        idle_wake: figure(&found["idle_wake"])?,
        busy_wake: figure(&found["busy_wake"])?,
        cold_start: figure(&found["cold_start"]),
    })
}
