//! Programs that already use concurrency, and programs with nothing to gain.

use crate::judge::Context;
use crate::report::{Input, is_empty};
use rightlane_facts::words::{percent, seconds};
use rightlane_facts::{
    Api, Evidence, EvidenceSource, ExistingConcurrency, Family, Ledger, Settings, Step, Verdict,
};

/// The API of the vocabulary that a dotted name stands for.
fn api_of(existing: &ExistingConcurrency) -> Option<Api> {
    let last = existing.api.rsplit('.').next().unwrap_or_default();
    let module = existing.api.split('.').next().unwrap_or_default();
    match last {
        "ThreadPoolExecutor" => Some(Api::ThreadPoolExecutor),
        "ProcessPoolExecutor" => Some(Api::ProcessPoolExecutor),
        "InterpreterPoolExecutor" => Some(Api::InterpreterPoolExecutor),
        "ThreadPool" => Some(Api::ThreadPool),
        "Pool" => Some(Api::Pool),
        "Thread" => Some(Api::Thread),
        "Process" => Some(Api::Process),
        "create_task" | "ensure_future" => Some(Api::AsyncioTask),
        "gather" | "TaskGroup" | "as_completed" if module == "asyncio" => Some(Api::TaskGroup),
        _ => None,
    }
}

/// The program's own pool or loop, where the run shows that it carries the work: the main thread
/// mostly waits for it.
pub(crate) fn verdict(input: &Input<'_>, context: &Context<'_>) -> Option<Verdict> {
    let existing = input
        .source
        .existing
        .iter()
        .find(|existing| api_of(existing).is_some())?;
    let api = api_of(existing)?;
    let ledger = &input.observation.ledger;
    let handed_over = ledger.lock + ledger.gil_wait + ledger.loop_idle + ledger.pipe;
    if is_empty(ledger) || handed_over < 0.3 * ledger.total() {
        return None;
    }
    let threads_take_turns = api.family() == Family::Thread
        && context.machine.python.gil
        && take_turns(&input.observation.other_threads);
    let better = if threads_take_turns {
        Api::ProcessPoolExecutor
    } else {
        api
    };
    Some(keep_or_change(input, context, existing, api, better))
}

/// Whether threads mostly wait for the GIL to do work that mostly needs it.
fn take_turns(threads: &Ledger) -> bool {
    let work = threads.gil_cpu() + threads.free_cpu() + threads.waiting() - threads.lock;
    threads.gil_wait > threads.gil_cpu() && threads.gil_cpu() > 0.5 * work
}

fn keep_or_change(
    input: &Input<'_>,
    context: &Context<'_>,
    existing: &ExistingConcurrency,
    api: Api,
    better: Api,
) -> Verdict {
    let wall = context.wall_seconds;
    let gil = input.observation.other_threads.gil_cpu() + input.observation.ledger.gil_cpu();
    let cores = context.machine.cores.max(1.0);
    let predicted = if better == api {
        wall
    } else {
        (wall - gil + gil / cores).max(wall / cores)
    };
    let answer = if better == api {
        format!("the program already uses {}, which fits", existing.api)
    } else {
        format!(
            "the threads of {} take turns at the GIL: processes run side by side",
            existing.api
        )
    };
    let mut verdict = sequential(input, context, answer);
    verdict.api = better;
    verdict.family = better.family();
    verdict.place = Some(existing.place.clone());
    if better != api {
        verdict.settings.workers = Some(crate::plans::whole_cores(context.machine));
        verdict.predicted_seconds = predicted;
        verdict.predicted_interval = (wall / cores, wall);
        verdict.predicted_speedup = wall / predicted.max(1e-9);
        verdict.predicted_program_seconds = predicted;
    }
    verdict.flips_if = Some(if better == api {
        "the pool's tasks needed something else than what the ledger shows".to_owned()
    } else {
        "this ran on a free-threaded Python (no GIL): then keep the threads".to_owned()
    });
    verdict
}

/// The verdict of a program without a site worth changing.
pub(crate) fn nothing_to_gain(input: &Input<'_>, context: &Context<'_>) -> Verdict {
    let wall = context.wall_seconds;
    let answer = if wall < crate::step0::LEAST_SECONDS {
        format!("no: the program takes only {}", seconds(wall))
    } else {
        format!(
            "no: no loop or run of calls takes {} of the time or more",
            percent(crate::step0::LEAST_SHARE)
        )
    };
    let mut verdict = sequential(input, context, answer);
    verdict.flips_if = Some("one loop took most of the time".to_owned());
    verdict
}

fn sequential(input: &Input<'_>, context: &Context<'_>, answer: String) -> Verdict {
    let wall = context.wall_seconds;
    let fact = format!(
        "the program took {}",
        seconds(input.observation.wall_seconds)
    );
    Verdict {
        api: Api::Sequential,
        family: Family::Sequential,
        settings: Settings::default(),
        predicted_seconds: wall,
        predicted_interval: (wall, wall),
        predicted_speedup: 1.0,
        predicted_program_seconds: wall,
        steps: vec![Step {
            step: "0".to_owned(),
            question: "Is it legal and worth it?".to_owned(),
            answer,
            evidence: vec![Evidence::new(EvidenceSource::Observed, fact)],
        }],
        runner_up: None,
        flips_if: None,
        caveats: Vec::new(),
        code: None,
        alternatives: Vec::new(),
        place: None,
        target: None,
    }
}
