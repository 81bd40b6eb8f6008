//! Step 1: CPU-bound or IO-bound, and does the CPU part hold the GIL? Step 1.1: many sockets,
//! an async codebase, or a preference?

use crate::candidate::Candidate;
use crate::plans::Option_;
use rightlane_facts::words::{percent, seconds, thousands};
use rightlane_facts::{Evidence, EvidenceSource, Family, Ledger, Machine, Step, WaitCause};
use rightlane_simulate::Plan;

/// What bounds the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// CPU that needs the GIL.
    GilCpu,
    /// CPU in native code that releases the GIL.
    FreeCpu,
    /// CPU of child processes.
    ChildCpu,
    /// Waiting.
    Io,
}

/// What takes most of a task's time.
pub(crate) fn bound(candidate: &Candidate<'_>) -> Bound {
    let ledger = &candidate.workload.ledger;
    let child_cpu = candidate.workload.child_cpu * candidate.workload.tasks as f64;
    let waiting = (ledger.waiting() - child_cpu).max(0.0);
    let parts = [
        (Bound::GilCpu, ledger.gil_cpu()),
        (Bound::FreeCpu, ledger.free_cpu()),
        (Bound::ChildCpu, child_cpu),
        (Bound::Io, waiting),
    ];
    // Half of a child's wait is start-up and idling; it counts as CPU when the children were busy.
    parts
        .into_iter()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(Bound::GilCpu, |(bound, _)| bound)
}

/// Step 1 as it stands in the verdict.
pub(crate) fn step(candidate: &Candidate<'_>, machine: &Machine) -> Step {
    let ledger = &candidate.workload.ledger;
    let answer = match bound(candidate) {
        Bound::GilCpu if machine.python.gil => {
            "CPU-bound, holding the GIL: threads would take turns, processes run side by side"
        }
        Bound::GilCpu => "CPU-bound, and this Python has no GIL: threads run side by side",
        Bound::FreeCpu => "CPU-bound in code that releases the GIL: threads run side by side",
        Bound::ChildCpu => {
            "it waits for child processes that use the CPU: threads are enough to wait"
        }
        Bound::Io => "IO-bound: threads or coroutines wait side by side",
    };
    Step {
        step: "1".to_owned(),
        question: "CPU-bound or IO-bound?".to_owned(),
        answer: answer.to_owned(),
        evidence: ledger_evidence(ledger, machine),
    }
}

fn ledger_evidence(ledger: &Ledger, machine: &Machine) -> Vec<Evidence> {
    let total = ledger.total();
    let mut rows: Vec<(WaitCause, f64)> = ledger
        .rows()
        .filter(|(_, part)| total > 0.0 && *part / total >= 0.05)
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut evidence: Vec<Evidence> = rows
        .into_iter()
        .map(|(cause, part)| {
            let fact = format!(
                "{} {} ({})",
                percent(part / total),
                cause.words(),
                seconds(part)
            );
            Evidence::new(EvidenceSource::Observed, fact)
        })
        .collect();
    if evidence.is_empty() {
        evidence.push(Evidence::new(
            EvidenceSource::Assumed,
            "too few samples to tell where the time went",
        ));
    }
    let (major, minor, _) = machine.python.version;
    let gil = if machine.python.gil { "on" } else { "off" };
    let fact = format!("Python {major}.{minor} with the GIL {gil}");
    evidence.push(Evidence::new(EvidenceSource::Observed, fact));
    evidence
}

/// From this many tasks in flight on, a thread each costs more than a coroutine each (memory for
/// stacks, switches) and the guide says asyncio: on two cores 200 threads were slower than 32
/// (port_survey, fetch_avatars in corpus/truth.json), asyncio was not.
pub(crate) const MANY_SOCKETS: u32 = 100;

/// Whether step 1.1 leads to asyncio.
pub(crate) fn many_sockets(candidate: &Candidate<'_>, options: &[Option_]) -> bool {
    candidate.workload.sockets.async_twin.is_some() && useful_threads(options) >= MANY_SOCKETS
}

/// The fewest threads that are within 5 % of the fastest.
pub(crate) fn useful_threads(options: &[Option_]) -> u32 {
    let threads = options.iter().filter_map(|option| match option.plan {
        Plan::Threads { workers } => Some((workers, option.prediction.seconds)),
        _ => None,
    });
    let best = threads
        .clone()
        .map(|(_, seconds)| seconds)
        .fold(f64::INFINITY, f64::min);
    threads
        .filter(|(_, seconds)| *seconds <= best * 1.05)
        .map(|(workers, _)| workers)
        .min()
        .unwrap_or(1)
}

/// The least that a family is predicted to take, if the task may use it.
fn least_seconds(options: &[Option_], family: Family) -> Option<f64> {
    options
        .iter()
        .filter(|option| option.family() == family && option.ruled_out.is_none())
        .map(|option| option.prediction.seconds)
        .min_by(f64::total_cmp)
}

/// Step 1.1 as it stands in the verdict.
pub(crate) fn async_step(
    candidate: &Candidate<'_>,
    options: &[Option_],
    async_codebase: bool,
    chosen: Family,
) -> Step {
    let sockets = &candidate.workload.sockets;
    let mut evidence = Vec::new();
    let useful = useful_threads(options);
    let fact = format!(
        "more than {} tasks in flight gain nothing more",
        thousands(u64::from(useful))
    );
    evidence.push(Evidence::new(EvidenceSource::Observed, fact));
    if let (Family::Asyncio, Some(coroutines), Some(threads)) = (
        chosen,
        least_seconds(options, Family::Asyncio),
        least_seconds(options, Family::Thread),
    ) {
        let fact = format!(
            "predicted: {} with coroutines, {} with threads",
            seconds(coroutines),
            seconds(threads)
        );
        evidence.push(Evidence::new(EvidenceSource::Measured, fact));
    }
    if let Some(library) = &sockets.library {
        let twin = sockets.async_twin.as_deref().map_or_else(
            || format!("{library} has no asyncio twin that would do"),
            |twin| format!("{library} would have to become {twin}"),
        );
        evidence.push(Evidence::new(EvidenceSource::Read, twin));
    }
    if async_codebase {
        evidence.push(Evidence::new(
            EvidenceSource::Read,
            "the program already uses async code",
        ));
    }
    let answer = match chosen {
        Family::Asyncio => "yes: coroutines",
        _ if sockets.library.is_none() => {
            "no sockets: threads (waiting for files or children is no reason for asyncio)"
        }
        _ => "few enough for threads, which keep the code as it is",
    };
    Step {
        step: "1.1".to_owned(),
        question: "Many socket connections, or an async codebase?".to_owned(),
        answer: answer.to_owned(),
        evidence,
    }
}
