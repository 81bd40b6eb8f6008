//! Real programs of known truth on every CPython found: the sampler names what dominates them,
//! and its times add up.

use crate::common::{Run, dominant, ledger_of, program, run, show};
use crate::pythons::{Python, pythons};
use rightlane_facts::{Ledger, WaitCause};
use std::process::Command;

/// Seconds that each workload takes.
const SECONDS: f64 = 0.6;

struct Truth {
    run: Run,
    ledger: Ledger,
    wall: f64,
    cpu: f64,
    name: String,
    free_threaded: bool,
}

/// Runs the workload on every interpreter.
fn each(workload: &str) -> Vec<Truth> {
    let run = |python| on(python, workload, &[]);
    pythons().iter().map(run).collect()
}

/// Runs the workload with more variables in its environment.
fn on(python: &Python, workload: &str, environment: &[(&str, &str)]) -> Truth {
    let run = run(Command::new(&python.path)
        .arg("-B")
        .arg(program("workloads.py"))
        .args([workload, &SECONDS.to_string()])
        .env("RIGHTLANE_TEST_DISK", env!("CARGO_TARGET_TMPDIR"))
        .envs(environment.iter().copied()));
    let mut numbers = run
        .output
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    let (wall, cpu) = (numbers.next().unwrap(), numbers.next().unwrap());
    assert_eq!(run.sampled.status.refused, None, "{}", python.name);
    let main = run.sampled.samples.iter().filter(|sample| sample.main);
    let ledger = ledger_of(main, "work");
    let name = format!("{workload} on {}", python.name);
    println!("{name}: {wall:.3} s, CPU {cpu:.3} s: {}", show(&ledger));
    Truth {
        run,
        ledger,
        wall,
        cpu,
        name,
        free_threaded: python.free_threaded,
    }
}

/// Runs the workload; what dominates the main thread must be `cause`, and its time must add up.
fn dominated_by(workload: &str, cause: WaitCause) {
    for truth in each(workload) {
        let Truth {
            ledger, wall, name, ..
        } = &truth;
        let cause = match cause {
            // It holds none, and keeps nobody from running.
            WaitCause::NativeGil if truth.free_threaded => WaitCause::NativeReleased,
            cause => cause,
        };
        assert_eq!(dominant(ledger), cause, "{name}: {}", show(ledger));
        assert!(
            // On a busy machine the looks are late, at both ends of `work`, too.
            (ledger.total() - wall).abs() < 0.1 + wall * 0.1 + ledger.cpu_wait,
            "{name}: {} of {wall} s: {}",
            ledger.total(),
            show(ledger)
        );
        let unusable = truth.run.sampled.status.unusable as f64;
        assert!(
            unusable <= truth.run.sampled.status.samples as f64 * 0.1,
            "{name}: {:?}",
            truth.run.sampled.status
        );
    }
}

/// All time but that which the machine was busy.
fn calm(ledger: &Ledger) -> f64 {
    ledger.total() - ledger.cpu_wait
}

/// CPU of any kind.
fn cpu(ledger: &Ledger) -> f64 {
    ledger.gil_cpu() + ledger.free_cpu()
}

#[test]
fn a_loop_in_python_holds_the_gil_in_bytecode() {
    dominated_by("pure_loop", WaitCause::PythonGil);
}

#[test]
fn json_holds_the_gil_in_native_code() {
    dominated_by("json_text", WaitCause::NativeGil);
}

#[test]
fn regular_expressions_hold_the_gil_in_native_code() {
    dominated_by("regular_expression", WaitCause::NativeGil);
}

#[test]
fn sorting_holds_the_gil_in_native_code() {
    dominated_by("sort_numbers", WaitCause::NativeGil);
}

#[test]
fn hashing_releases_the_gil() {
    dominated_by("hash_blocks", WaitCause::NativeReleased);
}

#[test]
fn compressing_releases_the_gil() {
    dominated_by("compress", WaitCause::NativeReleased);
}

#[test]
fn reading_warm_files_is_the_kernel() {
    dominated_by("warm_files", WaitCause::Kernel);
}

#[test]
fn writing_with_sync_waits_for_the_disk() {
    for truth in each("write_and_sync") {
        // In memory or on a fast disk the wait is shorter than the copying: both together.
        let file = truth.ledger.file_write;
        assert!(
            file + truth.ledger.free_cpu() > 0.6 * calm(&truth.ledger),
            "{}: {}",
            truth.name,
            show(&truth.ledger)
        );
        assert!(
            file > 2.0 * truth.ledger.file_read,
            "{}: {}",
            truth.name,
            show(&truth.ledger)
        );
    }
}

#[test]
fn a_slow_server_is_a_socket_wait() {
    dominated_by("slow_server", WaitCause::Socket);
}

#[test]
fn a_name_lookup_is_told_from_other_sockets() {
    dominated_by("name_lookup", WaitCause::NameLookup);
}

#[test]
fn waiting_for_a_child_is_a_child_wait() {
    dominated_by("child_process", WaitCause::Child);
}

#[test]
fn waiting_for_a_child_with_a_timeout_is_a_child_wait() {
    dominated_by("child_with_timeout", WaitCause::Child);
}

#[test]
fn waiting_for_a_childs_output_is_a_pipe_wait() {
    dominated_by("child_output", WaitCause::Pipe);
}

#[test]
fn sleeping_is_sleep() {
    dominated_by("sleep", WaitCause::Sleep);
}

#[test]
fn an_empty_queue_is_a_lock_wait() {
    dominated_by("queue_get", WaitCause::Lock);
}

#[test]
fn a_taken_lock_is_a_lock_wait() {
    dominated_by("lock", WaitCause::Lock);
}

#[test]
fn an_event_loop_without_work_is_idle() {
    dominated_by("asyncio_idle", WaitCause::LoopIdle);
}

#[test]
fn a_sleep_that_blocks_the_event_loop_is_sleep() {
    dominated_by("asyncio_blocked", WaitCause::Sleep);
}

/// What the four threads do together; checks what holds with a GIL and without one.
fn computing_threads(truth: &Truth) -> (Ledger, String) {
    // The main thread waits for them, and for the GIL each time it goes on.
    let waits = truth.ledger.lock + truth.ledger.gil_wait;
    let shown = format!("{}: {}", truth.name, show(&truth.ledger));
    assert!(waits > 0.8 * calm(&truth.ledger), "{shown}");
    let samples = truth.run.sampled.samples.iter();
    let ledger = ledger_of(samples.filter(|sample| !sample.main), "pure_loop");
    let shown = format!("{}: {}", truth.name, show(&ledger));
    assert!(ledger.free_cpu() < 0.08 * calm(&ledger), "{shown}");
    assert!(truth.run.sampled.process.peak_threads >= 5, "{shown}");
    (ledger, shown)
}

fn wait_for_the_gil(truth: &Truth) {
    let (ledger, shown) = computing_threads(truth);
    assert_eq!(dominant(&ledger), WaitCause::GilWait, "{shown}");
    // On a busy machine the one that holds it waits for a CPU most of the time.
    let holding = ledger.python_gil + ledger.cpu_wait;
    assert!(
        ledger.python_gil > 0.0 && holding > 0.12 * ledger.total(),
        "{shown}"
    );
}

#[test]
fn four_computing_threads_wait_for_the_gil_where_there_is_one() {
    for truth in each("four_threads") {
        if truth.free_threaded {
            let (ledger, shown) = computing_threads(&truth);
            assert!(ledger.python_gil > 0.9 * calm(&ledger), "{shown}");
            assert!(ledger.gil_wait == 0.0, "{shown}");
        } else {
            wait_for_the_gil(&truth);
        }
    }
}

#[test]
fn a_free_threaded_build_that_was_given_a_gil_waits_for_it() {
    for python in pythons().iter().filter(|python| python.free_threaded) {
        wait_for_the_gil(&on(python, "four_threads", &[("PYTHON_GIL", "1")]));
    }
}

/// A run in which the sampler got the CPU that it needs: on a machine that is busy with other things it may
/// see nothing for a tenth of a second, about which no ledger can say anything.
fn seen_throughout(python: &Python, program: &str) -> Truth {
    let mut truth = on(python, program, &[]);
    for _ in 0..4 {
        if truth.ledger.total() > 0.93 * truth.wall {
            break;
        }
        truth = on(python, program, &[]);
    }
    truth
}

#[test]
fn waits_shorter_than_the_step_keep_cpu_and_waiting_apart() {
    for python in pythons() {
        let truth = seen_throughout(python, "quick_server");
        let shown = format!(
            "{}: CPU {:.3} of {:.3} s: {}",
            truth.name,
            truth.cpu,
            truth.wall,
            show(&truth.ledger)
        );
        // The clocks are exact; attributing the edges of `work` costs a little.
        assert!(
            (cpu(&truth.ledger) - truth.cpu).abs() < 0.05 + 0.15 * truth.cpu,
            "{shown}"
        );
        let idle = truth.wall - truth.cpu - truth.ledger.cpu_wait;
        assert!(
            (truth.ledger.socket - idle).abs() < 0.07 + 0.2 * idle,
            "{shown}"
        );
    }
}

#[test]
fn the_sizes_of_the_process_are_collected() {
    for truth in each("slow_server") {
        let process = truth.run.sampled.process;
        assert!(process.peak_memory > 4_000_000, "{process:?}");
        assert!(
            process.cpu_seconds > 0.0 && process.cpu_seconds < 5.0,
            "{process:?}"
        );
        assert!(process.peak_sockets >= 1, "{process:?}");
        assert_eq!(process.peak_threads, 1, "{process:?}");
    }
}
