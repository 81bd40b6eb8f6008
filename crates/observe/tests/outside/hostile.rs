//! Programs that lie, crash, stop or crowd under the sampler: it ends, says what it saw, and
//! charges nobody else for it.

use crate::common::{Run, ledger_of, program, run, show};
use crate::pythons::{Python, pythons};
use rightlane_observe::sampler::{Options, Recorder, Sampled};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

fn hostile(python: &Python, mode: &str) -> Command {
    let mut command = Command::new(&python.path);
    command.arg(program("hostile.py")).arg(mode);
    command
}

/// What can be said of whatever was seen: times are times, and belong to the program.
fn assert_sane(python: &Python, sampled: &Sampled, wall: f64) {
    for sample in &sampled.samples {
        assert!(sample.seconds >= 0.0 && sample.seconds < wall + 1.0);
        assert!(sample.frames.len() <= 512);
        for frame in &sample.frames {
            assert!(frame.file.chars().count() <= 4096 && frame.function.chars().count() <= 4096);
        }
    }
    let main = sampled.samples.iter().filter(|sample| sample.main);
    let seconds: f64 = main.map(|sample| sample.seconds).sum();
    assert!(seconds < wall + 1.0, "3.{}: {seconds}", python.minor);
}

fn run_hostile(python: &Python, mode: &str) -> Run {
    let seen = run(&mut hostile(python, mode));
    assert_sane(python, &seen.sampled, seen.wall);
    seen
}

#[test]
fn a_program_that_lies_about_its_code_objects_is_sampled_and_left_alone() {
    for python in pythons() {
        let seen = run_hostile(python, "lie");
        let status = &seen.sampled.status;
        assert_eq!(seen.output, "done\n", "3.{}: {status:?}", python.minor);
        assert!(status.rounds > 0, "3.{}: {status:?}", python.minor);
        let honest = ledger_of(&seen.sampled.samples, "lie");
        assert!(honest.total() > 0.0, "3.{}: {status:?}", python.minor);
    }
}

#[test]
fn a_program_that_scribbles_over_its_thread_state_ends_and_so_does_the_sampler() {
    for python in pythons() {
        for _ in 0..3 {
            // However it ends: by a crash at any moment, or by its own alarm.
            let seen = run_hostile(python, "scribble");
            let status = &seen.sampled.status;
            assert_eq!(status.refused.is_some(), status.rounds == 0, "{status:?}");
        }
    }
}

#[test]
fn a_program_that_crashes_keeps_what_was_seen() {
    for python in pythons() {
        let seen = run_hostile(python, "crash");
        assert_eq!(seen.output, "", "3.{}: it did not crash", python.minor);
        let ledger = ledger_of(&seen.sampled.samples, "before");
        let name = format!("3.{}: {}", python.minor, show(&ledger));
        assert!(ledger.sleep > 0.2 && ledger.sleep < 0.6, "{name}");
    }
}

#[test]
fn a_program_that_executes_something_else_is_followed_up_to_there() {
    for python in pythons() {
        let seen = run_hostile(python, "execute");
        let ledger = ledger_of(&seen.sampled.samples, "before");
        let name = format!("3.{}: {}", python.minor, show(&ledger));
        assert!(ledger.sleep > 0.2 && ledger.sleep < 0.9, "{name}");
        let doubts = seen.sampled.doubts.join("; ");
        assert!(doubts.contains("sampling ended early"), "{name}: {doubts}");
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until the kernel says that the process is stopped.
fn wait_until_stopped(child: &Child) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let path = format!("/proc/{}/stat", child.id());
    while !std::fs::read_to_string(&path).unwrap().contains(") T ") {
        assert!(Instant::now() < deadline, "it does not stop");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn read_lines(output: &mut BufReader<ChildStdout>, count: usize) {
    let mut line = String::new();
    for _ in 0..count {
        output.read_line(&mut line).unwrap();
    }
}

#[test]
fn a_program_that_is_stopped_and_goes_on_is_sampled_before_and_after() {
    for python in pythons() {
        let mut command = hostile(python, "tick");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        read_lines(&mut output, 1);
        let start = Instant::now();
        let sampler = Recorder::start(child.id(), Options::at(100.0));
        read_lines(&mut output, 10);
        signal(&child, "-STOP");
        wait_until_stopped(&child);
        // How long it stands still is part of the scenario.
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, "-CONT");
        read_lines(&mut output, 30);
        let sampled = Sampled::from(&sampler.stop());
        let wall = start.elapsed().as_secs_f64();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_sane(python, &sampled, wall);
        let ledger = ledger_of(&sampled.samples, "tick");
        let name = format!("3.{}: {} of {wall}", python.minor, show(&ledger));
        assert!(ledger.sleep > 0.1, "{name}");
        assert!(ledger.total() > 0.5, "{name}");
        assert!(ledger.gil_cpu() < 0.5 * ledger.total(), "{name}");
    }
}

#[test]
fn two_thousand_threads_are_all_seen() {
    let python = pythons().last().unwrap();
    let seen = run_hostile(python, "crowd");
    let name = format!("3.{}: {:?}", python.minor, seen.sampled.status);
    if seen.output != "2000\n" {
        eprintln!("skipped: this machine does not allow 2,000 threads");
        return;
    }
    assert!(seen.sampled.process.peak_threads >= 2000, "{name}");
    assert!(seen.sampled.doubts.is_empty(), "{:?}", seen.sampled.doubts);
}

#[test]
fn a_thousand_children_are_not_taken_for_the_program() {
    for python in [&pythons()[0], pythons().last().unwrap()] {
        let seen = run_hostile(python, "fork");
        let sampled = &seen.sampled;
        assert_eq!(seen.output, "1000\n");
        assert!(sampled.samples.iter().all(|sample| sample.main));
        let children = ledger_of(&sampled.samples, "only_in_child");
        assert_eq!(show(&children), "", "3.{}", python.minor);
        assert!(ledger_of(&sampled.samples, "fork").total() > 0.0);
        assert_eq!(sampled.process.peak_threads, 1, "3.{}", python.minor);
    }
}

#[test]
fn recursion_too_deep_for_one_reading_is_sampled_with_a_doubt_or_whole() {
    let Some(python) = pythons().iter().find(|python| python.minor == 10) else {
        return;
    };
    let seen = run(Command::new(&python.path).arg(program("deep.py")));
    assert_sane(python, &seen.sampled, seen.wall);
    let bottom = ledger_of(&seen.sampled.samples, "bottom");
    assert!(bottom.total() > 0.2, "{}", show(&bottom));
    let whole = ledger_of(&seen.sampled.samples, "outermost").total() >= bottom.total();
    let doubts = seen.sampled.doubts.join("; ");
    assert!(whole || doubts.contains("recursion so deep"), "{doubts}");
}
