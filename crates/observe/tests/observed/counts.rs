//! What the call ledger says of programs whose counts and times are known.

use crate::support::{How, Place, Python, trial};
use libtest_mimic::{Failed, Trial};
use rightlane_facts::{Answer, IterationRecord, Observation, Outcome, ProgramSource};
use rightlane_observe::calls::Plan;

pub(crate) fn trials(python: &Python) -> Vec<Trial> {
    let mut trials = vec![
        trial(python, "counts: every kind of loop, exactly", exact),
        trial(
            python,
            "counts: each iteration of a slow loop is timed",
            all_timed,
        ),
        trial(python, "counts: what a SIGKILL leaves", killed),
        trial(
            python,
            "counts: threads that end blocks while another one writes",
            crowded,
        ),
    ];
    if python.thorough {
        trials.extend([
            trial(
                python,
                "counts: ten million short iterations, evenly sampled",
                many,
            ),
            trial(python, "counts: a pace that changes is noticed", changing),
            trial(
                python,
                "counts: loops entered very often are given up, honestly",
                entered_often,
            ),
            trial(python, "counts: threads and recursion", overlapping),
            trial(python, "counts: modules of the project", modules),
            trial(
                python,
                "counts: a generator's own time is not its consumer's",
                producer,
            ),
            trial(python, "counts: forked children are not counted", forked),
            trial(
                python,
                "counts: calls that need the iteration before are not watched",
                dependent,
            ),
            trial(python, "counts: what os._exit leaves", left_by_exit),
        ]);
    }
    trials
}

/// Observes `text`; yields what was seen with the source.
fn observe(python: &Python, text: &str) -> (Observation, ProgramSource, Place) {
    let place = Place::with("program.py", text.as_bytes());
    let (output, seen) = place.observed(python, &How::default());
    assert!(
        output.stderr.is_empty() || !matches!(seen.outcome, Outcome::Exited(0)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let source = place.source(python);
    (seen, source, place)
}

/// The record of the loop whose iterable stands on `line`.
fn record<'a>(
    seen: &'a Observation,
    source: &ProgramSource,
    line: u32,
) -> Result<&'a IterationRecord, Failed> {
    let site = source
        .sites
        .iter()
        .find(|site| {
            site.iterable
                .as_ref()
                .is_some_and(|iterable| iterable.span.line == line)
        })
        .ok_or_else(|| format!("no loop on line {line}"))?;
    let record = seen.iterations.iter().find(|record| record.site == site.id);
    record.ok_or_else(|| format!("line {line} was not counted: {:?}", seen.doubts).into())
}

fn check(what: bool, message: impl Into<Failed>) -> Result<(), Failed> {
    if what { Ok(()) } else { Err(message.into()) }
}

fn exact(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(python, EXACT);
    for (line, entered, iterations) in [
        (6, 1, 1234),
        (8, 1, 6),
        (11, 3, 13),
        (14, 1, 5000),
        (15, 1, 700),
        (16, 1, 10),
        (17, 1, 9),
        (18, 1, 40),
        (20, 1, 4),
        (23, 1, 8),
        (26, 2, 3),
        (30, 1, 2000),
        (33, 1, 1),
        (37, 1, 5),
        (41, 300, 900),
        (43, 1, 3),
    ] {
        let record = record(&seen, &source, line)?;
        let counted = (record.entered, record.iterations, record.exact);
        check(
            counted == (entered, iterations, true),
            format!("line {line}: {record:?}"),
        )?;
    }
    Ok(())
}

const EXACT: &str = r#"
def numbers(n):
    yield from range(n)


for x in range(1234): pass

for x in numbers(100):
    if x == 5: break
def function(n):
    for x in [0] * n:
        if x: return
function(3), function(0), function(10)
a = [x for x in numbers(5000)]
b = sum(x for x in numbers(700))
c = {x for x in range(10)}
d = {x: x for x in "abcdefghi"}
e = list(map(str, range(40)))
it = iter(range(20))
for x in it:
    if x == 3: break

for x in it:
    if x == 11: break
for again in range(2):
    for x in it:
        if not again: break
        if x == 14: break
items = list(range(1000))
for x in items:
    if x < 1000: items.append(x + 1000)
try:
    for x in items: raise ValueError
except ValueError: pass
table = {1: 1}
try:
    for x in table, table, table, table, 1: len(x)
except TypeError: pass

for again in range(300):
    for x in range(1 << 40):
        if x == 2: break
for x in range(1 << 70):
    if x == 2: break
"#;

fn all_timed(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(
        python,
        "import time\n\n\nfor x in range(120):\n    time.sleep(0.002 if x % 2 else 0.004)\n",
    );
    let record = record(&seen, &source, 4)?;
    check(
        record.samples.len() == 120,
        format!("{} samples", record.samples.len()),
    )?;
    let slow = record
        .samples
        .iter()
        .step_by(2)
        .map(|sample| sample.0)
        .sum::<f64>()
        / 60.0;
    let fast = record
        .samples
        .iter()
        .skip(1)
        .step_by(2)
        .map(|sample| sample.0)
        .sum::<f64>()
        / 60.0;
    check(
        slow > 0.004 && fast > 0.002 && fast < slow,
        format!("{slow} {fast}"),
    )?;
    let timed: f64 = record.samples.iter().map(|sample| sample.0).sum();
    let cpu: f64 = record.samples.iter().map(|sample| sample.1).sum();
    check(
        timed <= record.wall_seconds && timed > 0.9 * record.wall_seconds,
        format!("{timed} of {}", record.wall_seconds),
    )?;
    check(cpu < 0.5 * timed, format!("{cpu} s of CPU"))?;
    check(
        record.wall_seconds < seen.wall_seconds,
        "longer than the run",
    )
}

fn many(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(
        python,
        "def numbers(n):\n    yield from range(n)\n\n\ntotal = 0\nfor x in numbers(10_000_000):\n    total += 1\n",
    );
    let record = record(&seen, &source, 6)?;
    check(
        record.iterations == 10_000_000 && record.exact,
        format!("{}", record.iterations),
    )?;
    check(
        (100..=10_000).contains(&record.samples.len()),
        format!("{} samples", record.samples.len()),
    )
}

fn changing(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(
        python,
        "import time\n\n\nfor x in range(2_500):\n    if x > 1_500:\n        time.sleep(0.001)\n\nfor x in range(6_000):\n    if x > 5_000:\n        time.sleep(0.001)\n",
    );
    let early = record(&seen, &source, 4)?;
    let slow = early
        .samples
        .iter()
        .filter(|sample| sample.0 > 0.0009)
        .count();
    let share = slow as f64 / early.samples.len() as f64;
    check(
        early.iterations == 2_500 && (0.05..0.95).contains(&share),
        format!("{share} of {}", early.samples.len()),
    )?;
    // So late that nobody looks any more: then no samples are better than wrong ones.
    let late = record(&seen, &source, 8)?;
    let wrong = late
        .samples
        .iter()
        .filter(|sample| sample.0 < 0.0001)
        .count();
    check(
        late.iterations == 6_000 && wrong < late.samples.len().max(1),
        format!("{wrong} of {}", late.samples.len()),
    )?;
    check(late.wall_seconds > 0.999, format!("{}", late.wall_seconds))
}

fn entered_often(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(
        python,
        "total = 0\nfor x in range(200_000):\n    for y in (1, 2):\n        total += y\n    for y in iter((1, 2)):\n        total += y\n",
    );
    let outer = record(&seen, &source, 2)?;
    check(
        outer.iterations == 200_000 && outer.exact,
        format!("{outer:?}"),
    )?;
    for line in [3, 5] {
        let inner = record(&seen, &source, line)?;
        let honest = inner.exact && inner.iterations == 400_000
            || !inner.exact && inner.iterations < 400_000;
        check(
            honest && inner.entered > 30,
            format!(
                "line {line}: {} {} {}",
                inner.entered, inner.iterations, inner.exact
            ),
        )?;
    }
    Ok(())
}

fn dependent(python: &Python) -> Result<(), Failed> {
    let place = Place::with(
        "program.py",
        b"def step(state): return state + 1\nstate = 0\nfor x in range(9): state = step(state)\n",
    );
    let mut source = place.source(python);
    let watched = |source: &ProgramSource| Plan::new(source, true).calls.len();
    check(watched(&source) == 1, "a call that may be a task")?;
    for call in source.sites.iter_mut().flat_map(|site| &mut site.calls) {
        call.independence.answer = Answer::No;
    }
    check(watched(&source) == 0, "nobody sends it to a worker")?;
    check(Plan::new(&source, true).loops.len() == 1, "the loop stays")
}

fn overlapping(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(python, OVERLAPPING);
    let recursive = record(&seen, &source, 6)?;
    check(
        recursive.iterations == 2 + 4 + 8 + 16 && recursive.entered == 31,
        format!("{recursive:?}"),
    )?;
    check(
        recursive.wall_seconds < seen.wall_seconds,
        "recursion counts its time once",
    )?;
    let threads = record(&seen, &source, 12)?;
    check(
        threads.iterations == 4 * 300 && threads.entered == 4 && threads.exact,
        format!("{threads:?}"),
    )
}

const OVERLAPPING: &str = r#"
import threading, time


def tree(depth):
    for side in (0, 1) if depth else ():
        time.sleep(0.001)
        tree(depth - 1)


def work():
    for x in range(300):
        time.sleep(0.0001)


tree(4)
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"#;

fn crowded(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(python, CROWDED);
    check(
        matches!(seen.outcome, Outcome::Exited(0)),
        format!("{:?}", seen.outcome),
    )?;
    let outer = record(&seen, &source, 8)?;
    check(
        outer.entered == 128 && outer.iterations == 128 * 4_000 && outer.exact,
        format!("{outer:?}"),
    )
}

/// Before the fix every other run of this ended with `deque mutated during iteration`.
const CROWDED: &str = r#"
import sys, threading

sys.setswitchinterval(1e-6)
def work():
    for again in range(8):
        total = 0
        for x in range(4_000):
            for y in range(30): total += y


threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"#;

fn modules(python: &Python) -> Result<(), Failed> {
    let place = Place::with(
        "main.py",
        b"import helper\nfor x in range(7): helper.work(x)\n",
    );
    std::fs::write(
        place.work().join("helper.py"),
        "def work(n):\n    for x in range(n): pass\n",
    )?;
    for module in [None, Some("main".to_owned())] {
        let (_, seen) = place.observed(
            python,
            &How {
                module,
                ..How::default()
            },
        );
        let counts: Vec<u64> = seen
            .iterations
            .iter()
            .map(|record| record.iterations)
            .collect();
        check(
            counts.len() == 2 && counts.contains(&7) && counts.contains(&21),
            format!("{counts:?}"),
        )?;
        check(seen.calls.len() == 1, format!("{:?}", seen.calls))?;
        let cached = place.work().join("__pycache__").exists();
        check(!cached, "instrumented code must not be cached")?;
    }
    Ok(())
}

fn producer(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(
        python,
        "import time\ndef slowly():\n    for x in range(30):\n        time.sleep(0.004)\n        yield x\nfor x in slowly():\n    time.sleep(0.001)\n",
    );
    let consumer = record(&seen, &source, 6)?;
    let mean =
        consumer.samples.iter().map(|sample| sample.0).sum::<f64>() / consumer.samples.len() as f64;
    check(
        (0.001..0.003).contains(&mean),
        format!("{mean} s for a body of 1 ms"),
    )?;
    check(consumer.wall_seconds > 0.14, format!("{consumer:?}"))
}

fn forked(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(
        python,
        "import os\npid = os.fork()\nfor x in range(5 if pid else 9): pass\nif pid: os.waitpid(pid, 0)\n",
    );
    check(
        record(&seen, &source, 3)?.iterations == 5,
        format!("{:?}", seen.iterations),
    )
}

fn killed(python: &Python) -> Result<(), Failed> {
    let (seen, source, place) = observe(
        python,
        "import os, signal, time\n\nfor x in range(1000):\n    time.sleep(0.001)\n    if x == 700: os.kill(os.getpid(), signal.SIGKILL)\n",
    );
    let record = record(&seen, &source, 3)?;
    check(
        seen.outcome == Outcome::Signalled(9),
        format!("{:?}", seen.outcome),
    )?;
    check(
        (100..=701).contains(&record.iterations),
        format!("{record:?}"),
    )?;
    check(place.left_behind().is_empty(), "a folder is left")
}

fn left_by_exit(python: &Python) -> Result<(), Failed> {
    let (seen, source, _place) = observe(
        python,
        "import os, time\n\nfor x in range(400):\n    time.sleep(0.001)\nos._exit(4)\n",
    );
    check(
        seen.outcome == Outcome::Exited(4),
        format!("{:?}", seen.outcome),
    )?;
    check(
        record(&seen, &source, 3)?.iterations >= 40,
        format!("{:?}", seen.iterations),
    )
}
