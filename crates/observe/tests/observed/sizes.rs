//! What the call ledger says of arguments, results and callees.

use crate::support::{How, Place, Python, trial};
use libtest_mimic::{Failed, Trial};
use rightlane_facts::{CallRecord, PickleFacts};

pub(crate) fn trials(python: &Python) -> Vec<Trial> {
    let mut trials = vec![trial(python, "sizes: small and large values", values)];
    if python.thorough {
        trials.extend([
            trial(
                python,
                "sizes: what cannot be pickled, in CPython's words",
                errors,
            ),
            trial(
                python,
                "sizes: calls are timed without what stands before them",
                times,
            ),
            trial(
                python,
                "sizes: a call that raises every other time",
                raising,
            ),
            trial(python, "sizes: the function of map", mapped),
            trial(python, "sizes: looking at huge values takes no time", quick),
        ]);
    }
    trials
}

fn check(what: bool, message: impl Into<Failed>) -> Result<(), Failed> {
    if what { Ok(()) } else { Err(message.into()) }
}

/// What was seen of the call written as `text` in `program`.
fn call(python: &Python, program: &str, text: &str) -> Result<CallRecord, Failed> {
    call_in(&Place::with("program.py", program.as_bytes()), python, text)
}

fn call_in(place: &Place, python: &Python, text: &str) -> Result<CallRecord, Failed> {
    let (output, seen) = place.observed(python, &How::default());
    let source = place.source(python);
    let record = seen.calls.into_iter().find(|record| {
        let site = source.sites.get(record.site as usize);
        site.and_then(|site| site.calls.get(record.call))
            .is_some_and(|spot| spot.text == text)
    });
    record.ok_or_else(|| {
        format!(
            "{text} was not seen: {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into()
    })
}

fn near(facts: &PickleFacts, bytes: f64) -> Result<(), Failed> {
    check(
        (0.8 * bytes..1.3 * bytes).contains(&facts.bytes),
        format!("{facts:?} for {bytes} bytes"),
    )?;
    check(
        facts.largest >= facts.bytes && facts.error.is_none() && facts.tried > 0,
        format!("{facts:?}"),
    )
}

fn values(python: &Python) -> Result<(), Failed> {
    let program = "\
def work(*values, **named):
    return values[0]
blob = b'x' * 10_000_000
numbers = list(range(1_000_000, 1_200_000))
for x in range(10):
    work(blob, 1)
    work(numbers, named=x)
for x in range(10):
    work(f'{x:050d}')
";
    let blob = call(python, program, "work(blob, 1)")?;
    near(&blob.arguments, 1e7)?;
    check(blob.arguments.buffer_bytes == 1e7, format!("{blob:?}"))?;
    near(&blob.result, 1e7)?;
    // Each of them takes five bytes in a pickle.
    let numbers = call(python, program, "work(numbers, named=x)")?;
    near(&numbers.arguments, 1e6)?;
    check(
        numbers.arguments.buffer_bytes == 0.0 && numbers.arguments.seconds > 1e-4,
        format!("{numbers:?}"),
    )?;
    let text = call(python, program, "work(f'{x:050d}')")?;
    near(&text.arguments, 66.0)?;
    check(
        text.callee.error.is_none() && text.callee.tried == 1,
        format!("{text:?}"),
    )
}

fn errors(python: &Python) -> Result<(), Failed> {
    let program = "\
import threading
def work(value):
    return value
class Holder:
    def method(self, x):
        return lambda: x
def outer():
    def inner(x):
        return x
    return inner
local, holder, lock = outer(), Holder(), threading.Lock()
holder.kept = lock
for x in range(3):
    work(lock)
    holder.method(x)
for x in range(3):
    local(x)
    (lambda y: y)(x)
";
    let lock = call(python, program, "work(lock)")?;
    for facts in [&lock.arguments, &lock.result] {
        check(
            facts.error.as_deref() == Some("cannot pickle '_thread.lock' object"),
            format!("{facts:?}"),
        )?;
    }
    check(lock.callee.error.is_none(), format!("{:?}", lock.callee))?;
    let method = call(python, program, "holder.method(x)")?;
    check(method.arguments.error.is_none(), format!("{method:?}"))?;
    check(
        method
            .callee
            .error
            .is_some_and(|error| error.contains("lock")),
        "the lock goes with the object",
    )?;
    check(
        method
            .result
            .error
            .is_some_and(|error| error.contains("lambda")),
        "a lambda",
    )?;
    let local = call(python, program, "local(x)")?;
    check(
        local
            .callee
            .error
            .is_some_and(|error| error.contains("outer.<locals>.inner")),
        "a local function",
    )?;
    let lambda = call(python, program, "(lambda y: y)(x)")?;
    check(
        lambda
            .callee
            .error
            .is_some_and(|error| error.contains("<lambda>")),
        "a lambda",
    )
}

fn times(python: &Python) -> Result<(), Failed> {
    let program = "\
import time
def prepare(x):
    time.sleep(0.02)
    return x
def work(x, *, y=0):
    time.sleep(0.004)
for x in range(25):
    work(prepare(x), y=prepare(x))
";
    let record = call(python, program, "work(prepare(x), y=prepare(x))")?;
    let least = record
        .samples
        .iter()
        .map(|sample| sample.0)
        .fold(f64::MAX, f64::min);
    let mean =
        record.samples.iter().map(|sample| sample.0).sum::<f64>() / record.samples.len() as f64;
    check(
        record.samples.len() == 25,
        format!("{} samples", record.samples.len()),
    )?;
    check(least >= 0.004 && mean < 0.015, format!("{least} {mean}"))
}

fn mapped(python: &Python) -> Result<(), Failed> {
    let program = "\
import time
def work(x):
    time.sleep(0.002)
    return 'y' * 1000
def items():
    for x in range(50):
        time.sleep(0.001)
        yield x
seen = list(map(work, items()))
assert len(seen) == 50
";
    let record = call(python, program, "work")?;
    near(&record.result, 1015.0)?;
    check(
        record.arguments.tried >= 4 && record.callee.error.is_none(),
        format!("{record:?}"),
    )?;
    let least = record
        .samples
        .iter()
        .map(|sample| sample.0)
        .fold(f64::MAX, f64::min);
    check(
        record.samples.len() == 32 && (0.002..0.0029).contains(&least),
        format!("{least} {}", record.samples.len()),
    )
}

fn raising(python: &Python) -> Result<(), Failed> {
    let program = "\
def work(x):
    if x % 2:
        raise ValueError(x)
    return x
for x in range(300):
    try:
        work(x)
    except ValueError:
        pass
";
    let record = call(python, program, "work(x)")?;
    check(
        (20..=150).contains(&record.samples.len()),
        format!("{}", record.samples.len()),
    )?;
    check(
        record.arguments.tried >= 4 && record.result.tried >= 2,
        format!("{record:?}"),
    )
}

fn quick(python: &Python) -> Result<(), Failed> {
    let program = "\
import time
class Node:
    def __init__(self, x):
        self.x = [x] * 3
def work(*values):
    pass
nodes = {x: [Node(x)] for x in range(200_000)}
many = [[Node(y) for y in range(1000)] for x in range(200)]
start = time.perf_counter()
for x in range(100):
    work(nodes, many)
open('took', 'w').write(str(time.process_time() - start))
";
    let program = program.replace("perf_counter", "process_time");
    let place = Place::with("program.py", program.as_bytes());
    let record = call_in(&place, python, "work(nodes, many)")?;
    let took: f64 = std::fs::read_to_string(place.work().join("took"))?.parse()?;
    // The bound is generous: pickling them whole would take seconds.
    check(took < 0.5, format!("{took} s"))?;
    let facts = &record.arguments;
    check(
        (6e6..6e7).contains(&facts.bytes) && facts.error.is_none(),
        format!("{facts:?}"),
    )
}
