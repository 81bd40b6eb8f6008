//! Views of a program that runs now: one that top starts, or one that runs already.

use super::args::TopArgs;
use super::views::Views;
use crate::args::ProgramArgs;
use crate::failure::Failure;
use crate::observe::{SHARE, can_be_seen};
use crate::program::Program;
use rightlane_facts::{LiveView, Outcome, ProgramSource, Recording};
use rightlane_observe::run::{
    self, AttachRequest, Interrupt, InterruptSource, RunRequest, Streams,
};
use rightlane_observe::sampler::Options;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the first view may take: the first one comes with the first look.
const FIRST: Duration = Duration::from_secs(2);

/// A program under observation by a thread of its own. Dropping it ends a program that was
/// started for it.
pub(super) struct Live {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
    shown: bool,
}

#[derive(Default)]
struct State {
    interrupt: Interrupt,
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    view: Option<LiveView>,
    over: bool,
    outcome: Option<Outcome>,
    failure: Option<String>,
}

impl State {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, view: LiveView) {
        self.seen().view = Some(view);
        self.changed.notify_all();
    }

    fn end(&self, result: Result<Recording, String>) {
        let mut seen = self.seen();
        seen.over = true;
        match result {
            Ok(recording) => seen.outcome = recording.outcome,
            Err(failure) => seen.failure = Some(failure),
        }
        drop(seen);
        self.changed.notify_all();
    }
}

impl Live {
    /// Begins to watch what `args` name; yields its name, too.
    pub(super) fn open(
        args: &TopArgs,
        default_python: Option<&Path>,
    ) -> Result<(String, Self), Failure> {
        let state = Arc::new(State::default());
        let options = Options {
            rate: f64::from(args.rate),
            early: false,
            share: SHARE,
            children: true,
            timeline: false,
            turns: false,
            views: Some(
                (args.refresh / 4).clamp(Duration::from_millis(50), Duration::from_secs(1)),
            ),
        };
        let watched = Arc::clone(&state);
        let (name, thread) = match args.pid {
            Some(pid) => {
                can_be_seen(pid)?;
                let watch = move || watched.end(Ok(attach(pid, options, &watched)));
                (format!("process {pid}"), spawn(watch)?)
            }
            None => {
                let program = Program::find(&program(args), default_python)?;
                program.is_there()?;
                let name = program.target.shown();
                let output = args.output_to.as_deref().map(create).transpose()?;
                let arguments = args.arguments.clone();
                let watch = move || {
                    let ended = start(&program, &arguments, output, options, &watched);
                    watched.end(ended);
                };
                (name, spawn(watch)?)
            }
        };
        let live = Live {
            state,
            thread: Some(thread),
            shown: false,
        };
        live.wait_for_first()?;
        Ok((name, live))
    }

    fn wait_for_first(&self) -> Result<(), Failure> {
        let seen = self.state.seen();
        let waited = self
            .state
            .changed
            .wait_timeout_while(seen, FIRST, |seen| seen.view.is_none() && !seen.over);
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let refused = seen.view.as_ref().and_then(|view| {
            let hidden = |process: &rightlane_facts::LiveProcess| process.refused.clone();
            view.processes.first().and_then(hidden)
        });
        match seen.failure.clone().or(refused) {
            Some(failure) => Err(Failure::not_here(failure)),
            None => Ok(()),
        }
    }
}

impl Views for Live {
    fn view(&mut self) -> Option<LiveView> {
        let seen = self.state.seen();
        // Of a program that ended at once there is a view all the same: its last one.
        if seen.over && self.shown {
            return None;
        }
        let view = seen.view.clone().unwrap_or_default();
        drop(seen);
        self.shown = true;
        Some(view)
    }

    fn outcome(&self) -> Option<Outcome> {
        self.state.seen().outcome
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.state.interrupt.raise(InterruptSource::Elsewhere);
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked with anything left to clean up.
            drop(thread.join());
        }
    }
}

fn spawn(watch: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(watch)
        .map_err(|error| Failure::not_here(format!("no thread can be started: {error}")))
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| {
        Failure::usage(format!("--output-to {}: {error}", path.display()))
            .instead("name a file in a folder that exists and may be written to")
    })
}

fn program(args: &TopArgs) -> ProgramArgs {
    ProgramArgs {
        script: args.script.clone(),
        arguments: args.arguments.clone(),
        module: args.module.clone(),
        pid: None,
        python: args.python.clone(),
    }
}

fn attach(pid: u32, options: Options, state: &State) -> Recording {
    let request = AttachRequest {
        pid,
        time_limit: None,
        interrupt: &state.interrupt,
        options,
    };
    run::attach(&request, &mut |_| {}, &mut |view| state.show(view))
}

fn start(
    program: &Program,
    arguments: &[std::ffi::OsString],
    output: Option<File>,
    options: Options,
    state: &State,
) -> Result<Recording, String> {
    let request = RunRequest {
        python: Path::new(&program.python.executable),
        facts: Some(&program.python),
        python_flags: &[],
        target: program.to_run(),
        arguments,
        source: &ProgramSource::default(),
        rate: options.rate,
        time_limit: None,
        interrupt: &state.interrupt,
        sample: true,
        instrument: false,
        directory: None,
        scratch: None,
        capture: None,
        environment: &[],
        streams: Streams::Away(output.as_ref()),
    };
    run::record(&request, options, &mut |_| {}, &mut |view| state.show(view))
        .map_err(|error| error.to_string())
}
