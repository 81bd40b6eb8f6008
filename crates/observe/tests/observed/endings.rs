//! Ends before the program's own: time limits and interrupts, and nothing left behind.

use crate::support::{How, Place, Python, trial};
use libtest_mimic::{Failed, Trial};
use rightlane_facts::Outcome;
use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) fn trials(python: &Python) -> Vec<Trial> {
    let mut trials = vec![trial(
        python,
        "ends: a time limit interrupts like Ctrl-C",
        limited,
    )];
    if python.thorough {
        trials.extend([
            trial(
                python,
                "ends: an interrupt ends a program that never would",
                interrupted,
            ),
            trial(
                python,
                "ends: a program that ignores SIGINT and SIGTERM",
                stubborn,
            ),
            trial(
                python,
                "ends: children and orphans of a cut program",
                family,
            ),
            trial(
                python,
                "ends: what a program leaves running by itself stays",
                leaves,
            ),
            trial(
                python,
                "ends: the terminal's own Ctrl-C is not sent twice",
                once,
            ),
            trial(python, "ends: started plainly", plainly),
        ]);
    }
    trials
}

const ENDLESS: &[u8] = b"import time\nprint('up', flush=True)\nx = 0\nwhile True:\n    for y in range(5):\n        time.sleep(0.01)\n";

fn check(what: bool, message: impl Into<Failed>) -> Result<(), Failed> {
    if what { Ok(()) } else { Err(message.into()) }
}

fn limited(python: &Python) -> Result<(), Failed> {
    let place = Place::with("endless.py", ENDLESS);
    let how = How {
        seconds: Some(0.6),
        ..How::default()
    };
    let (output, seen) = place.observed(python, &how);
    check(
        seen.cut_short && seen.outcome == Outcome::Signalled(2),
        format!("{:?}", seen.outcome),
    )?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    check(
        stderr.ends_with("KeyboardInterrupt\n") && !stderr.contains("rightlane"),
        stderr.to_string(),
    )?;
    check(
        seen.iterations.iter().any(|record| record.iterations >= 10),
        format!("{:?}", seen.iterations),
    )?;
    check(place.left_behind().is_empty(), "a folder is left")
}

fn interrupted(python: &Python) -> Result<(), Failed> {
    let place = Place::with("endless.py", ENDLESS);
    let (mut child, mut stdout) = place.observe_slowly(python);
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    std::fs::write(place.notes().join("interrupt"), "!")?;
    child.0.wait()?;
    let seen = place.observation();
    check(
        line == "up\n" && seen.cut_short && seen.outcome == Outcome::Signalled(2),
        format!("{:?}", seen.outcome),
    )
}

fn stubborn(python: &Python) -> Result<(), Failed> {
    let place = Place::with(
        "stubborn.py",
        b"import signal, time\nsignal.signal(2, signal.SIG_IGN)\nsignal.signal(15, signal.SIG_IGN)\nprint('up', flush=True)\nwhile True: time.sleep(1)\n",
    );
    let (mut child, mut stdout) = place.observe_slowly(python);
    stdout.read_line(&mut String::new())?;
    // Three requests: SIGINT, SIGTERM, SIGKILL without waiting in between.
    std::fs::write(place.notes().join("interrupt"), "!!!")?;
    let asked = Instant::now();
    child.0.wait()?;
    let seen = place.observation();
    check(
        seen.outcome == Outcome::Signalled(9),
        format!("{:?}", seen.outcome),
    )?;
    check(
        asked.elapsed() < Duration::from_secs(3),
        "it waited although it was asked to hurry",
    )
}

const FAMILY: &str = r#"
import os, signal, subprocess, sys, time
sleeper = "import signal, time, sys; signal.signal(2, signal.SIG_IGN); print('x', flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", sleeper], stdout=subprocess.PIPE)
child.stdout.readline()
# A child whose own child outlives it, in a session of its own.
between = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True, stdout=subprocess.PIPE); p.stdout.readline(); print(p.pid, flush=True); input()"
parent = subprocess.Popen([sys.executable, "-c", between, sleeper], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
grandchild = int(parent.stdout.readline())
print(child.pid, parent.pid, grandchild, flush=True)
while True:
    time.sleep(1)
"#;

fn family(python: &Python) -> Result<(), Failed> {
    let place = Place::with("family.py", FAMILY.as_bytes());
    let (mut child, mut stdout) = place.observe_slowly(python);
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    let pids: Vec<u32> = line
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    check(
        pids.len() == 3 && pids.iter().all(|pid| runs(*pid)),
        format!("{line:?}"),
    )?;
    std::fs::write(place.notes().join("interrupt"), "!")?;
    child.0.wait()?;
    let left: Vec<&u32> = pids.iter().filter(|pid| runs(**pid)).collect();
    check(
        left.is_empty() && place.observation().cut_short,
        format!("left behind: {left:?}"),
    )
}

fn leaves(python: &Python) -> Result<(), Failed> {
    let place = Place::with(
        "leaves.py",
        b"import os, subprocess\np = subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\nprint(p.pid, flush=True)\nos._exit(0)\n",
    );
    let (output, seen) = place.observed(python, &How::default());
    let pids = String::from_utf8_lossy(&output.stdout).into_owned();
    let pids: Vec<u32> = pids
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let alive = pids.iter().filter(|pid| runs(**pid)).count();
    for pid in &pids {
        end(*pid);
    }
    check(
        alive == 1 && !seen.cut_short,
        format!("{alive} of {pids:?}"),
    )
}

fn once(python: &Python) -> Result<(), Failed> {
    let place = Place::with(
        "tidy.py",
        b"import time\ntry:\n    print('up', flush=True)\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    time.sleep(0.5)\n    print('tidied', flush=True)\n",
    );
    let (mut child, mut stdout) = place.observe_slowly(python);
    stdout.read_line(&mut String::new())?;
    let program = child_of(child.0.id()).ok_or("no child")?;
    // As the terminal would: the program has its signal, we are told.
    std::fs::write(place.notes().join("delivered"), "")?;
    signal(program, "INT");
    std::fs::write(place.notes().join("interrupt"), "!")?;
    let mut rest = String::new();
    stdout.read_to_string(&mut rest)?;
    child.0.wait()?;
    let seen = place.observation();
    check(
        rest == "tidied\n" && seen.outcome == Outcome::Exited(0),
        format!("{rest:?} {:?}", seen.outcome),
    )
}

fn plainly(python: &Python) -> Result<(), Failed> {
    let place = Place::with(
        "plain.py",
        b"for x in range(3): print(x)\nraise SystemExit(5)\n",
    );
    let how = How {
        plainly: true,
        ..How::default()
    };
    let (output, seen) = place.observed(python, &how);
    check(
        output.stdout == b"0\n1\n2\n" && seen.outcome == Outcome::Exited(5),
        format!("{seen:?}"),
    )?;
    check(
        seen.iterations.is_empty() && seen.python.version == python.version,
        format!("{seen:?}"),
    )
}

fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

fn child_of(pid: u32) -> Option<u32> {
    let listing = std::fs::read_dir(Path::new("/proc").join(pid.to_string()).join("task")).ok()?;
    listing.flatten().find_map(|task| {
        let children = std::fs::read_to_string(task.path().join("children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    })
}

fn end(pid: u32) {
    signal(pid, "KILL");
}

fn signal(pid: u32, name: &str) {
    let _ = std::process::Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status();
}
