//! Whole recordings, with children, timeline and live views, of programs on every CPython found.

use crate::common::{program, wait_for_end};
use crate::pythons::{Python, pythons};
use rightlane_facts::{LiveView, LockKind, ProcessRecord, SampleFrame, WaitDetail};
use rightlane_observe::sampler::{Options, Recorded, Recorder};
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const OPTIONS: Options = Options {
    rate: 100.0,
    early: true,
    share: 1.0,
    children: true,
    timeline: true,
    turns: false,
    views: Some(Duration::from_millis(20)),
};

struct Run {
    recorded: Recorded,
    output: String,
    pid: u32,
}

/// The oldest and the newest, for what takes long and depends on the kernel rather than on Python.
fn ends() -> [&'static Python; 2] {
    let all = pythons();
    [&all[0], &all[all.len() - 1]]
}

fn command(python: &Python, file: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(&python.path);
    command.arg("-B").arg(program(file)).args(arguments);
    command
}

/// Records the command to its end.
fn record(command: &mut Command) -> Run {
    let child = command.stdout(Stdio::piped()).spawn().expect("starts");
    let pid = child.id();
    let recorder = Recorder::start(pid, OPTIONS);
    wait_for_end(&child);
    let recorded = recorder.stop();
    let output = child.wait_with_output().expect("can be waited for");
    assert!(output.status.success(), "{command:?}");
    is_sound(&recorded, pid);
    Run {
        recorded,
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        pid,
    }
}

fn family(python: &Python, arguments: &[&str]) -> Run {
    record(&mut command(python, "family.py", arguments))
}

fn frames(recorded: &Recorded, stack: u32) -> impl Iterator<Item = &SampleFrame> {
    let stack = recorded.stacks[stack as usize].iter();
    stack.map(|frame| &recorded.frames[*frame as usize])
}

/// Seconds of all threads of the process with `function` on the stack.
fn seconds_in(recorded: &Recorded, process: &ProcessRecord, function: &str) -> f64 {
    let within = |stack| frames(recorded, stack).any(|frame| &*frame.function == function);
    let times = process.times.iter().filter(|time| within(time.stack));
    times.map(|time| time.seconds).sum()
}

/// What holds of every recording.
fn is_sound(recorded: &Recorded, pid: u32) {
    let processes = &recorded.processes;
    assert_eq!((processes[0].pid, processes[0].parent), (pid, None));
    let ids: HashSet<(u32, u64)> = processes
        .iter()
        .map(|p| (p.pid, p.start.to_bits()))
        .collect();
    assert_eq!(ids.len(), processes.len(), "a process is there twice");
    for process in processes {
        let end = recorded.wall_seconds + 1e-6;
        assert!(0.0 <= process.start && process.start <= process.end && process.end <= end);
        if let Some(parent) = process.parent {
            let there = processes.iter().any(|process| process.pid == parent);
            let all = recorded.doubts.is_empty();
            assert!(there || !all, "{} has no parent {parent}", process.pid);
        }
        for (number, thread) in (0..).zip(&process.threads) {
            let ledger = process.ledger_of(number).total();
            let wall = thread.end - thread.start;
            assert!(
                thread.name == "more threads" || (ledger - wall).abs() < 0.03 + 0.02 * wall,
                "thread {} of {}: {ledger} of {wall} s",
                thread.tid,
                process.pid
            );
        }
        timeline_is_sound(process);
    }
}

fn timeline_is_sound(process: &ProcessRecord) {
    let mut ends: HashMap<u32, f64> = HashMap::new();
    let mut last = 0.0;
    for stretch in &process.timeline {
        assert!(stretch.start >= last, "not in the order of time");
        last = stretch.start;
        let end = ends.entry(stretch.thread).or_default();
        assert!(
            stretch.start >= *end - 1e-6,
            "{stretch:?} begins before {end}"
        );
        *end = stretch.start + stretch.seconds;
        assert!(
            *end <= process.end + 1e-6,
            "{stretch:?} ends after its process"
        );
    }
}

fn pool(method: &str) {
    for python in pythons() {
        let run = family(python, &["pool", method]);
        let name = format!("{method} on {}", python.name);
        let workers: Vec<(u32, u32)> = run
            .output
            .lines()
            .map(|line| {
                let mut ids = line.split(' ').skip(1).map(|id| id.parse().unwrap());
                (ids.next().unwrap(), ids.next().unwrap())
            })
            .collect();
        assert_eq!(workers.len(), 2, "{name}: {}", run.output);
        for (pid, parent) in workers {
            let mut found = run.recorded.processes.iter().filter(|one| one.pid == pid);
            let worker = found
                .next()
                .unwrap_or_else(|| panic!("{name}: {pid} is missing"));
            assert!(found.next().is_none(), "{name}: {pid} is there twice");
            assert_eq!(worker.parent, Some(parent), "{name}");
            assert_eq!(
                worker.python.map(|it| u32::from(it.minor)),
                Some(python.minor)
            );
            let seconds = seconds_in(&run.recorded, worker, "crunch");
            assert!(seconds > 0.1, "{name}: {seconds} s of {worker:?}");
            assert!(method == "forkserver" || parent == run.pid, "{name}");
        }
    }
}

#[test]
fn forked_workers_are_processes_of_their_own() {
    pool("fork");
}

#[test]
fn workers_of_a_fork_server_have_it_as_their_parent() {
    pool("forkserver");
}

#[test]
fn spawned_workers_are_processes_of_their_own() {
    pool("spawn");
}

#[test]
fn a_command_is_no_python_and_a_python_in_a_shell_is_one() {
    for python in pythons() {
        let run = family(python, &["commands"]);
        let children = &run.recorded.processes[1..];
        let commands = children
            .iter()
            .filter(|one| one.command.starts_with("sleep"));
        for command in commands {
            assert_eq!(command.python, None, "{}: {command:?}", python.name);
            assert_eq!(command.threads, [], "{}", python.name);
        }
        let inner: Vec<Option<u32>> = children
            .iter()
            .filter(|one| seconds_in(&run.recorded, one, "inner") > 0.05)
            .map(|one| one.parent)
            .collect();
        assert_eq!(inner.len(), 2, "{}: {children:?}", python.name);
        assert_eq!(inner[0], Some(run.pid));
        let shell = children.iter().find(|one| Some(one.pid) == inner[1]);
        let shell = shell.unwrap_or_else(|| panic!("{}: no shell", python.name));
        assert_eq!((shell.parent, shell.python), (Some(run.pid), None));
    }
}

#[test]
fn three_hundred_children_that_end_at_once_do_no_harm() {
    for python in ends() {
        let run = family(python, &["quick", "300"]);
        let processes = &run.recorded.processes;
        assert!(processes.len() <= 301);
        let parents = processes[1..].iter().all(|one| one.parent == Some(run.pid));
        assert!(parents, "{}", python.name);
    }
}

#[test]
fn of_more_children_than_are_sampled_at_once_there_is_a_doubt() {
    let python = pythons().last().unwrap();
    let mut command = command(python, "family.py", &["crowd", "300"]);
    let (mut child, _) = ready(command.stdin(Stdio::piped()), 1);
    let recorder = Recorder::start(child.id(), OPTIONS);
    let crowded = |views: &[LiveView]| views.last().is_some_and(|view| view.processes.len() > 256);
    let _ = views(&recorder, crowded);
    let behind = recorder.stop();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    is_sound(&behind, child.id());
    assert!(behind.doubts[0].contains("at once"), "{:?}", behind.doubts);
}

#[test]
fn three_thousand_short_threads_are_bounded_and_add_up() {
    for python in ends() {
        let run = family(python, &["threads", "3000"]);
        let program = &run.recorded.processes[0];
        assert!(program.threads.len() <= 3001, "{}", python.name);
        // They ran one after another, so together they took no longer than the program.
        let times = program.times.iter();
        let others = times.filter(|time| !program.threads[time.thread as usize].main);
        let total: f64 = others.map(|time| time.seconds).sum();
        assert!(
            total < run.recorded.wall_seconds * 1.2,
            "{}: {total}",
            python.name
        );
    }
}

#[test]
fn a_sleep_in_a_coroutine_is_a_stall_and_what_is_awaited_is_told() {
    let source = std::fs::read_to_string(program("family.py")).unwrap();
    let line_of = |mark: &str| {
        let place = source.lines().position(|line| line.ends_with(mark));
        u32::try_from(place.unwrap() + 1).unwrap()
    };
    for python in pythons() {
        let run = family(python, &["loop", "stuck"]);
        let program = &run.recorded.processes[0];
        let [stall] = program.stalls.as_slice() else {
            panic!("{}: {:?}", python.name, program.stalls);
        };
        let place = frames(&run.recorded, stall.stack).next().unwrap();
        assert_eq!(
            (&*place.function, place.line),
            ("stuck", line_of("# stall"))
        );
        assert!(stall.longest > 0.3, "{}: {stall:?}", python.name);
        let awaited = program
            .awaits
            .iter()
            .find(|one| one.names.iter().any(|name| name == "patience"));
        let awaited = awaited.unwrap_or_else(|| panic!("{}: {:?}", python.name, program.awaits));
        let mut places = frames(&run.recorded, awaited.stack);
        let line = line_of("# awaited");
        let there = places.any(|frame| (&*frame.function, frame.line) == ("patient", line));
        assert!(there, "{}: {awaited:?}", python.name);
    }
}

#[test]
fn many_short_callbacks_are_no_stall() {
    for python in pythons() {
        let run = family(python, &["loop", "busy"]);
        // On a busy machine a callback may have been long after all: then it says so.
        let longest: f64 = run.output.trim().parse().unwrap();
        let stalls = &run.recorded.processes[0].stalls;
        let real = stalls.iter().all(|stall| stall.longest < longest + 0.05);
        assert!(real, "{}: {longest} s, {stalls:?}", python.name);
    }
}

/// Starts the program and waits until it has said `lines` lines.
fn ready(command: &mut Command, lines: usize) -> (Child, Vec<String>) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let said = output.lines().take(lines).map(Result::unwrap).collect();
    (child, said)
}

/// Views until `enough`.
fn views(recorder: &Recorder, enough: impl Fn(&[LiveView]) -> bool) -> Vec<LiveView> {
    let mut views = Vec::new();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !enough(&views) {
        assert!(std::time::Instant::now() < deadline, "no views: {views:?}");
        views.extend(recorder.view());
        std::thread::sleep(Duration::from_millis(1));
    }
    views
}

#[test]
fn the_holder_of_a_lock_is_named_with_the_line_where_it_took_it() {
    let source = std::fs::read_to_string(program("locks.py")).unwrap();
    let taken: Vec<u32> = (1..)
        .zip(source.lines())
        .filter(|(_, line)| line.ends_with("# taken"))
        .map(|(number, _)| number)
        .collect();
    for python in pythons() {
        let (mut child, said) = ready(&mut command(python, "locks.py", &["lock_in_with"]), 2);
        let recorder = Recorder::start(child.id(), OPTIONS);
        let _ = views(&recorder, |views| views.len() > 10);
        let recorded = recorder.stop();
        child.kill().unwrap();
        child.wait().unwrap();
        let id = |start| {
            said.iter()
                .find_map(|line: &String| line.strip_prefix(start))
        };
        let holder: i32 = id("holder ").unwrap().trim().parse().unwrap();
        let found = recorded.details.iter().any(|detail| {
            matches!(detail, WaitDetail::Lock { lock: LockKind::Lock, holder: Some(it) }
                if it.thread == holder && taken.contains(&it.line))
        });
        assert!(found, "{}: {said:?}: {:?}", python.name, recorded.details);
    }
}

#[test]
fn live_views_go_on_and_their_ledgers_fill_their_window() {
    for python in pythons() {
        let text = "print('ready', flush=True)\nwhile True: pass";
        let mut command = Command::new(&python.path);
        let (mut child, _) = ready(command.args(["-c", text]), 1);
        let recorder = Recorder::start(child.id(), OPTIONS);
        let views = views(&recorder, |views| views.len() > 20);
        drop(recorder);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(views.windows(2).all(|pair| pair[0].at < pair[1].at));
        let last = views.last().unwrap();
        let [program] = last.processes.as_slice() else {
            panic!("{last:?}");
        };
        assert!(program.pid == child.id() && !program.ended);
        let total = program.threads[0].ledger.total();
        assert!(
            (total - last.window).abs() < 0.05 + 0.2 * last.window,
            "{}: {total} of {} s",
            python.name,
            last.window
        );
    }
}

#[test]
fn a_stopped_program_does_not_stop_the_recorder() {
    for python in pythons() {
        let text = "import os, signal\nprint('ready', flush=True)\n\
                    os.kill(os.getpid(), signal.SIGSTOP)";
        let mut command = Command::new(&python.path);
        let (mut child, _) = ready(command.args(["-c", text]), 1);
        let recorder = Recorder::start(child.id(), OPTIONS);
        let _ = views(&recorder, |views| views.len() > 5);
        let recorded = recorder.stop();
        child.kill().unwrap();
        child.wait().unwrap();
        is_sound(&recorded, child.id());
        assert!(recorded.processes[0].sampling.rounds > 0, "{}", python.name);
    }
}

#[test]
fn a_process_that_is_gone_or_ends_at_once_is_told_as_such() {
    let mut child = Command::new("true").spawn().unwrap();
    wait_for_end(&child);
    let zombie = Recorder::start(child.id(), OPTIONS).stop();
    child.wait().unwrap();
    let gone = Recorder::start(child.id(), OPTIONS).stop();
    let none = Recorder::start(u32::MAX, OPTIONS).stop();
    for recorded in [zombie, gone, none] {
        let [process] = recorded.processes.as_slice() else {
            panic!("{recorded:?}");
        };
        assert!(process.sampling.refused.is_some());
        assert_eq!((&*process.threads, process.python), (&[][..], None));
    }
    let at_once = record(&mut Command::new("true"));
    assert_eq!(at_once.recorded.processes.len(), 1);
}

#[test]
fn a_program_in_a_pid_namespace_of_its_own_is_seen() {
    let unshare = ["-Urpf", "--mount-proc"];
    let works = Command::new("unshare").args(unshare).arg("true").status();
    if !works.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no namespaces here");
        return;
    }
    for python in pythons() {
        let text = "print('ready', flush=True)\ndef inner():\n while True: pass\ninner()";
        let mut command = Command::new("unshare");
        command.args(unshare).arg("--kill-child").arg(&python.path);
        let (mut child, _) = ready(command.args(["-c", text]), 1);
        let recorder = Recorder::start(child.id(), OPTIONS);
        let seen = |views: &[LiveView]| {
            let processes = views.iter().flat_map(|view| &view.processes);
            processes.filter(|one| one.python.is_some()).count() > 10
        };
        let _ = views(&recorder, seen);
        let recorded = recorder.stop();
        child.kill().unwrap();
        child.wait().unwrap();
        let program = recorded.processes.iter().find(|one| one.python.is_some());
        let seconds = seconds_in(&recorded, program.unwrap(), "inner");
        assert!(seconds > 0.05, "{}: {recorded:?}", python.name);
    }
}
