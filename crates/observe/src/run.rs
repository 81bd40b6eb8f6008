//! Running a program observed, unchanged in behaviour.
//!
//! The program is our child and shares our standard streams, working directory and environment.
//! It is watched from inside (see [`crate::calls`]) and from outside (see [`crate::sampler`]),
//! and cut short when asked: then neither it nor anything it started is left behind. A program
//! that ends by itself leaves behind what it would have left in a plain run.

mod ahead;
mod child;
mod cut;
mod error;
mod family;
mod interrupt;
mod probe;
mod record;
mod request;
mod sampling;
mod start;

pub use error::ObserveError;
pub use interrupt::{Interrupt, InterruptSource};
pub use probe::probe;
pub use record::{AttachRequest, attach, observe_running, record};
pub use request::{Capture, Progress, RunRequest, State, Streams, Target};

use crate::calls::{self, CallLedger};
use child::Child;
use cut::Cut;
use rightlane_facts::{IterationRecord, Observation, SiteLedger};
use sampling::Sampling;
use start::Started;
use std::path::Path;
use std::time::Duration;

/// Between two calls of the progress function, and two looks whether to go on.
const TICK: Duration = Duration::from_millis(200);

/// Runs the program and observes it to its end, or until the time limit or an interrupt.
///
/// `progress` is called about ten times a second, from this thread.
///
/// # Errors
/// If the interpreter cannot be used or started, or there is no room for our files. Whatever the
/// program itself does is an observation, not an error.
pub fn run(
    request: &RunRequest<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Observation, ObserveError> {
    let python = match request.facts {
        Some(facts) => facts.clone(),
        None => probe(request.python)?,
    };
    let Started {
        mut child,
        folder,
        plan,
    } = start::start(request, &python.build)?;
    let sampling = Sampling::start(&child, request);
    let cut_short = watch(&mut child, request, folder.path(), progress);
    // The child is a zombie now: the kernel still knows what it used.
    let seen = sampling.stop();
    let (outcome, wall) = child.reap();
    let wall_seconds = wall.as_secs_f64();
    let inside = if request.instrument {
        read_ledger(folder.path(), &plan)
    } else {
        CallLedger::default()
    };
    let ledger = seen.main_ledger(wall_seconds);
    let mut doubts = inside.doubts;
    doubts.extend(seen.sampled.doubts);
    Ok(Observation {
        python: inside.python.unwrap_or(python),
        wall_seconds,
        outcome,
        cut_short,
        import_seconds: seen.sampled.import_seconds,
        ledger,
        other_threads: seen.others,
        iterations: with_times(inside.iterations, &seen.sites),
        site_ledgers: seen.sites,
        calls: inside.calls,
        process: seen.sampled.process,
        waits: seen.waits,
        stalls: seen.stalls,
        sampling: seen.sampled.status,
        doubts,
    })
}

/// Waits for the program's end; yields whether it was cut short.
fn watch(
    child: &mut Child,
    request: &RunRequest<'_>,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> bool {
    let mut seen = TasksSeen::default();
    let mut cut: Option<Cut> = None;
    loop {
        let patience = match (&cut, request.time_limit) {
            (Some(cut), _) => cut.patience(),
            (None, Some(limit)) => TICK.min(limit.saturating_sub(child.elapsed())),
            (None, None) => TICK,
        };
        if child.wait(patience) {
            break;
        }
        let state = if cut.is_some() {
            State::Ending
        } else {
            State::Running
        };
        let elapsed = child.elapsed();
        progress(Progress {
            elapsed,
            tasks_seen: seen.now(elapsed, folder),
            state,
        });
        let over = request.time_limit.is_some_and(|limit| elapsed >= limit);
        match &mut cut {
            Some(cut) => cut.go_on(child, request.interrupt),
            None if over || request.interrupt.count() > 0 => {
                cut = Some(Cut::begin(child, request.interrupt));
            }
            None => {}
        }
    }
    let was_cut = cut.is_some();
    if let Some(cut) = cut {
        cut.finish(request.interrupt);
    }
    was_cut
}

fn read_ledger(folder: &Path, plan: &calls::Plan) -> CallLedger {
    match calls::agent::ledger(folder) {
        Ok(bytes) => calls::read(&bytes, plan),
        Err(_) => CallLedger {
            doubts: vec![
                "the program could not be watched from inside, so tasks were not counted".into(),
            ],
            ..CallLedger::default()
        },
    }
}

/// Iterations as last written, looked up once a second: the file may be long.
#[derive(Default)]
struct TasksSeen {
    count: u64,
    looked: Duration,
}

impl TasksSeen {
    fn now(&mut self, elapsed: Duration, folder: &Path) -> u64 {
        if elapsed >= self.looked + Duration::from_secs(1) {
            self.looked = elapsed;
            let bytes = calls::agent::ledger(folder).unwrap_or_default();
            self.count = calls::count_iterations(&bytes);
        }
        self.count
    }
}

/// Of loops that were only counted from some entry on, the samples know how long they took.
fn with_times(mut records: Vec<IterationRecord>, sites: &[SiteLedger]) -> Vec<IterationRecord> {
    for record in records.iter_mut().filter(|record| record.wall_estimated) {
        let ledger = sites.iter().find(|ledger| ledger.site == record.site);
        let sampled = ledger.map_or(0.0, |ledger| ledger.ledger.total());
        if sampled > 0.0 {
            record.wall_seconds = sampled;
        }
    }
    records
}
