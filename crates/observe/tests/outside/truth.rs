//! Real programs of known truth on every CPython found: the sampler names what dominates them,
//! and its times add up.

use crate::common::{Run, dominant, ledger_of, program, run, show};
use crate::pythons::pythons;
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
    pythons()
        .iter()
        .map(|python| {
            let run = run(Command::new(&python.path)
                .arg("-B")
                .arg(program("workloads.py"))
                .args([workload, &SECONDS.to_string()])
                .env("RIGHTLANE_TEST_DISK", env!("CARGO_TARGET_TMPDIR")));
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
        })
        .collect()
}

/// Runs the workload; what dominates the main thread must be `cause`, and its time must add up.
fn dominated_by(workload: &str, cause: WaitCause) {
    for truth in each(workload) {
        let Truth {
            ledger, wall, name, ..
        } = &truth;
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
        let calm = truth.ledger.total() - truth.ledger.cpu_wait;
        assert!(
            file + truth.ledger.free_cpu() > 0.6 * calm,
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

#[test]
fn four_computing_threads_wait_for_the_gil_where_there_is_one() {
    for truth in each("four_threads") {
        assert_eq!(dominant(&truth.ledger), WaitCause::Lock, "{}", truth.name);
        let others = truth
            .run
            .sampled
            .samples
            .iter()
            .filter(|sample| !sample.main);
        let ledger = ledger_of(others, "pure_loop");
        let shown = format!("{}: {}", truth.name, show(&ledger));
        let calm = ledger.total() - ledger.cpu_wait;
        if truth.free_threaded {
            assert!(ledger.python_gil > 0.9 * calm, "{shown}");
            assert_eq!(ledger.gil_wait, 0.0, "{shown}");
        } else {
            assert_eq!(dominant(&ledger), WaitCause::GilWait, "{shown}");
            assert!(ledger.python_gil > 0.12 * calm, "{shown}");
        }
        assert!(ledger.free_cpu() < 0.08 * calm, "{shown}");
        assert!(truth.run.sampled.process.peak_threads >= 5, "{shown}");
    }
}

#[test]
fn waits_shorter_than_the_step_keep_cpu_and_waiting_apart() {
    for truth in each("quick_server") {
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
