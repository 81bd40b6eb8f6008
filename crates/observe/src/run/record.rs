//! Recording a program: one that we start, or one that is already running.

use super::{Interrupt, ObserveError, Progress, RunRequest, State, TICK, start};
use crate::join;
use crate::sampler::{Options, Recorded, Recorder, Sampled};
use crate::summary;
use rightlane_facts::{
    LiveView, Observation, Outcome, ProgramSource, PythonFacts, RECORDING_VERSION, Recording,
    SampleFrame,
};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Who observes a running program, and for how long.
#[derive(Debug)]
pub struct AttachRequest<'a> {
    /// Its process.
    pub pid: u32,
    /// After this long observing ends; the program goes on.
    pub time_limit: Option<Duration>,
    /// Ends observing sooner.
    pub interrupt: &'a Interrupt,
    /// How to sample.
    pub options: Options,
}

/// Runs the program and records it and its children, to its end or until the time limit or an
/// interrupt. Nothing of ours runs inside it. Live views, if `options` asks for them, go to `show`.
///
/// # Errors
/// If the interpreter cannot be used or started.
pub fn record(
    request: &RunRequest<'_>,
    options: Options,
    progress: &mut dyn FnMut(Progress),
    show: &mut dyn FnMut(LiveView),
) -> Result<Recording, ObserveError> {
    let started = seconds_since_1970();
    let start::Started {
        mut child, folder, ..
    } = start::start(request, "")?;
    let pid = child.pid().as_raw_nonzero().get().unsigned_abs();
    let recorder = Recorder::start(pid, options);
    let mut progress = |seen| {
        progress(seen);
        if let Some(view) = recorder.view() {
            show(view);
        }
    };
    let cut_short = super::watch(&mut child, request, folder.path(), &mut progress);
    // The child is a zombie now: the kernel still knows what it used.
    let recorded = recorder.stop();
    let (outcome, wall) = child.reap();
    // The sampler may notice the end some milliseconds after us; what it says of them is in the
    // ledger, which has to add up.
    let last_seen = recorded
        .processes
        .first()
        .map_or(0.0, |program| program.end);
    Ok(Recording {
        program: request.target.shown(),
        arguments: request
            .arguments
            .iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect(),
        started,
        wall_seconds: wall.as_secs_f64().max(last_seen),
        outcome: Some(outcome),
        cut_short,
        ..recording(recorded)
    })
}

/// Records a running program and its children until it ends or observing does. The program is
/// neither stopped nor changed nor ended.
///
/// Of a program that is not our child nobody tells us how it ended.
pub fn attach(
    request: &AttachRequest<'_>,
    progress: &mut dyn FnMut(Progress),
    show: &mut dyn FnMut(LiveView),
) -> Recording {
    let started = seconds_since_1970();
    let (recorded, cut_short) = follow(request, progress, show);
    Recording {
        program: format!("process {}", request.pid),
        arguments: Vec::new(),
        started,
        wall_seconds: recorded.wall_seconds,
        outcome: None,
        cut_short,
        ..recording(recorded)
    }
}

/// Samples the process until it ends or observing is to end; whether that came first.
fn follow(
    request: &AttachRequest<'_>,
    progress: &mut dyn FnMut(Progress),
    show: &mut dyn FnMut(LiveView),
) -> (Recorded, bool) {
    let begin = Instant::now();
    let recorder = Recorder::start(request.pid, request.options);
    let tick = request.options.views.map_or(TICK, |views| views.min(TICK));
    let over = |elapsed| request.time_limit.is_some_and(|limit| elapsed >= limit);
    while !recorder.is_over() && request.interrupt.count() == 0 && !over(begin.elapsed()) {
        let left = request
            .time_limit
            .map_or(tick, |limit| limit.saturating_sub(begin.elapsed()));
        std::thread::sleep(tick.min(left));
        progress(Progress {
            elapsed: begin.elapsed(),
            tasks_seen: 0,
            state: State::Running,
        });
        if let Some(view) = recorder.view() {
            show(view);
        }
    }
    let cut_short = !recorder.is_over();
    (recorder.stop(), cut_short)
}

/// What a running program shows to advise on: as [`attach`], together with its source. What only
/// the inside shows (sizes of arguments and results, exact counts) is not known; iterations are
/// counted where looks can tell them apart.
pub fn observe_running(
    request: &AttachRequest<'_>,
    source: &ProgramSource,
    python: &PythonFacts,
    progress: &mut dyn FnMut(Progress),
) -> Observation {
    let (recorded, cut_short) = follow(request, progress, &mut |_| {});
    let sampled = Sampled::from(&recorded);
    let sites = join::site_ledgers(source, &sampled.samples);
    let turns: Vec<(&SampleFrame, u64)> = recorded
        .turns
        .iter()
        .filter_map(|(frame, count)| Some((recorded.frames.get(*frame as usize)?, *count)))
        .collect();
    let iterations = join::iterations(source, &sites, &turns);
    let mut main = join::main_ledger(&sampled.samples);
    main.unexplained += (recorded.wall_seconds - main.total()).max(0.0);
    let recording = recording(recorded);
    let mut doubts = sampled.doubts;
    doubts.push(
        "the program was looked at from outside while it ran: iterations much shorter than the \
         time between two looks are counted too few, and nothing was pickled"
            .to_owned(),
    );
    Observation {
        python: python.clone(),
        wall_seconds: recording.wall_seconds,
        outcome: Outcome::Exited(0),
        cut_short,
        import_seconds: sampled.import_seconds,
        ledger: main,
        other_threads: join::others_ledger(&sampled.samples),
        iterations,
        site_ledgers: sites,
        calls: Vec::new(),
        process: sampled.process,
        waits: summary::waits(&recording),
        stalls: summary::stalls_of_program(&recording),
        sampling: sampled.status,
        doubts,
    }
}

/// The recording but for what the caller knows.
pub(super) fn recording(recorded: Recorded) -> Recording {
    Recording {
        recording: RECORDING_VERSION.to_owned(),
        program: String::new(),
        arguments: Vec::new(),
        started: 0.0,
        wall_seconds: recorded.wall_seconds,
        outcome: None::<Outcome>,
        cut_short: false,
        processes: recorded.processes,
        frames: recorded.frames,
        stacks: recorded.stacks,
        details: recorded.details,
        own_cpu: recorded.own_cpu,
        doubts: recorded.doubts,
    }
}

fn seconds_since_1970() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0.0, |since| since.as_secs_f64())
}
