//! Programs that end, change or grow under the sampler: it yields what it saw, and ends.

use crate::common::{dominant, ledger_of, program, run, show, wait_for_end};
use crate::pythons::{Python, pythons};
use rightlane_facts::WaitCause;
use rightlane_observe::sampler::{Options, Recorder, Sampled};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

fn newest() -> &'static Python {
    pythons().last().expect("at least one")
}

fn code(python: &Python, text: &str) -> Command {
    let mut command = Command::new(&python.path);
    command.args(["-c", text]);
    command
}

/// Starts the program and waits until it says that it is ready.
fn ready(python: &Python, text: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = code(python, text).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, output)
}

/// Samples for `rounds` looks of the process's own 50 ms sleeps' worth of time, then stops.
fn sample_until_lines(
    child: &mut Child,
    output: &mut BufReader<std::process::ChildStdout>,
    lines: usize,
) -> Sampled {
    let sampler = Recorder::start(child.id(), Options::at(100.0));
    let mut line = String::new();
    for _ in 0..lines {
        line.clear();
        output.read_line(&mut line).unwrap();
    }
    let sampled = Sampled::from(&sampler.stop());
    child.kill().unwrap();
    child.wait().unwrap();
    sampled
}

#[test]
fn a_program_that_ends_at_once_is_no_error() {
    for python in pythons() {
        let seen = run(&mut code(python, "pass")).sampled;
        // It may have been too quick to be seen; then that is said.
        assert_eq!(seen.status.refused.is_some(), seen.status.rounds == 0);
        let seen = run(&mut code(python, "raise SystemExit(3)")).sampled;
        assert!(seen.samples.iter().all(|sample| sample.seconds >= 0.0));
    }
    let seen = run(&mut Command::new("true")).sampled;
    assert!(seen.status.refused.is_some());
}

#[test]
fn a_process_that_does_not_exist_is_refused() {
    let seen = Sampled::from(&Recorder::start(u32::MAX - 1, Options::at(100.0)).stop());
    assert!(seen.status.refused.is_some());
    assert!(seen.samples.is_empty());
}

#[test]
fn a_process_without_python_is_refused_with_its_reason() {
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let sampler = Recorder::start(child.id(), Options::at(100.0));
    // Longer than the sampler waits for Python to appear.
    std::thread::sleep(std::time::Duration::from_millis(3500));
    let seen = Sampled::from(&sampler.stop());
    child.kill().unwrap();
    child.wait().unwrap();
    let why = seen.status.refused.unwrap();
    assert!(why.contains("does not run a CPython"), "{why}");
    assert!(
        seen.process.peak_memory > 0,
        "still counted: {:?}",
        seen.process
    );
}

#[test]
fn a_killed_program_keeps_what_was_seen() {
    for python in pythons() {
        let text = "import time, sys\nprint('ready', flush=True)\nwhile True:\n    time.sleep(0.05)\n    print(flush=True)";
        let (mut child, mut output) = ready(python, text);
        let sampler = Recorder::start(child.id(), Options::at(100.0));
        let mut line = String::new();
        for _ in 0..15 {
            output.read_line(&mut line).unwrap();
        }
        child.kill().unwrap();
        wait_for_end(&child);
        let seen = Sampled::from(&sampler.stop());
        child.wait().unwrap();
        let ledger = ledger_of(&seen.samples, "<module>");
        assert_eq!(
            dominant(&ledger),
            WaitCause::Sleep,
            "{}: {}",
            python.name,
            show(&ledger)
        );
    }
}

#[test]
fn dropping_the_sampler_and_stopping_early_leave_the_program_alone() {
    let python = newest();
    let text = "import time\nprint('ready', flush=True)\nwhile True:\n    time.sleep(0.02)\n    print(flush=True)";
    let (mut child, mut output) = ready(python, text);
    drop(Recorder::start(child.id(), Options::at(100.0)));
    let seen = sample_until_lines(&mut child, &mut output, 20);
    assert!(seen.status.rounds > 0, "{:?}", seen.status);
}

#[test]
fn a_program_that_executes_another_python_is_followed() {
    for (first, second) in pythons().iter().zip(pythons().iter().rev()) {
        let inner = "import time\ndef second():\n    time.sleep(0.5)\nsecond()";
        let outer = format!(
            "import os, time\ndef first():\n    time.sleep(0.3)\nfirst()\nos.execv({path:?}, [{path:?}, '-c', {inner:?}])",
            path = second.path.to_str().unwrap()
        );
        let seen = run(&mut code(first, &outer)).sampled;
        let names = format!("{} then {}", first.name, second.name);
        for (function, wanted) in [("first", 0.3), ("second", 0.5)] {
            let ledger = ledger_of(&seen.samples, function);
            assert!(
                ledger.sleep > 0.5 * wanted && ledger.sleep < 1.4 * wanted,
                "{names}, {function}: {}; {:?}",
                show(&ledger),
                seen.status
            );
        }
    }
}

#[test]
fn forking_many_children_does_not_disturb() {
    for python in pythons() {
        let text = "import os, time\ndef work():\n    for _ in range(50):\n        if os.fork() == 0:\n            for _ in range(50_000): pass\n            os._exit(0)\n        os.wait()\n    time.sleep(0.5)\nwork()";
        let seen = run(&mut code(python, text)).sampled;
        let ledger = ledger_of(&seen.samples, "work");
        let name = format!("{}: {}; {seen:?}", python.name, show(&ledger));
        assert!(ledger.sleep > 0.4, "{name}");
        assert!(ledger.child > 0.0, "{name}");
        assert!(seen.process.child_cpu > 0.0, "{name}");
    }
}

#[test]
fn deep_recursion_keeps_both_ends_of_the_stack() {
    for python in pythons() {
        // 3.10 puts each call on the C stack and its frames all over the heap: 10,000 of them
        // take more reading than is spent on one stack.
        if python.minor == 10 {
            continue;
        }
        let seen = run(Command::new(&python.path).arg(program("deep.py"))).sampled;
        let ledger = ledger_of(&seen.samples, "bottom");
        let deep = seen
            .samples
            .iter()
            .filter(|sample| sample.frames.len() > 1 && &*sample.frames[0].function == "bottom");
        let kept: Vec<_> = deep.collect();
        assert!(!kept.is_empty(), "{}: {:?}", python.name, seen.status);
        for sample in kept {
            assert!(sample.frames.len() <= 512);
            let outermost = sample
                .frames
                .iter()
                .any(|frame| &*frame.function == "outermost");
            assert!(outermost, "{}", python.name);
        }
        // Without a GIL a call of native code is no GIL row.
        let computing = ledger.gil_cpu() + ledger.native_released;
        assert!(
            computing > 0.6 * (ledger.total() - ledger.cpu_wait),
            "{}: {}; {:?}",
            python.name,
            show(&ledger),
            seen.status
        );
    }
}

#[test]
fn two_hundred_threads_are_all_accounted_for() {
    for python in pythons() {
        let text = "import threading, time\ndef nap():\n    time.sleep(1)\nthreads = [threading.Thread(target=nap) for _ in range(200)]\nfor thread in threads: thread.start()\nfor thread in threads: thread.join()";
        let seen = run(&mut code(python, text)).sampled;
        let ledger = ledger_of(&seen.samples, "nap");
        let name = format!("{}: {}; {:?}", python.name, show(&ledger), seen.status);
        assert!(seen.process.peak_threads > 195, "{name}");
        assert!((ledger.sleep - 200.0).abs() < 40.0, "{name}");
    }
}

#[test]
fn time_spent_importing_is_told() {
    for python in pythons() {
        let seen = run(Command::new(&python.path)
            .arg("-B")
            .arg(program("imports_slowly.py")));
        let imports = seen.sampled.import_seconds;
        assert!(
            imports > 0.35 && imports < seen.wall,
            "{}: {imports}",
            python.name
        );
    }
}
