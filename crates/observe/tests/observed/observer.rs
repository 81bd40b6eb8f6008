//! Observing one program: `observe PLAN`, where PLAN is a JSON file of [`Order`].

use rightlane_facts::ProgramSource;
use rightlane_observe::run::{Interrupt, InterruptSource, RunRequest, State, Streams, Target, run};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// What to observe, and where to put what was seen.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) python: PathBuf,
    pub(crate) flags: Vec<String>,
    pub(crate) module: Option<String>,
    pub(crate) script: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) source: ProgramSource,
    pub(crate) seconds: Option<f64>,
    /// When this file appears, the run is interrupted; when it grows, once more.
    pub(crate) interrupt: Option<PathBuf>,
    pub(crate) instrument: bool,
    pub(crate) sample: bool,
    pub(crate) output: PathBuf,
}

pub(crate) fn main() -> ! {
    let path = std::env::args_os().nth(2).expect("an order");
    let order: Order =
        serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("an order");
    let interrupt = Interrupt::new();
    let flags: Vec<_> = order.flags.iter().map(Into::into).collect();
    let arguments: Vec<_> = order.arguments.iter().map(Into::into).collect();
    let request = RunRequest {
        python: &order.python,
        facts: None,
        python_flags: &flags,
        target: order
            .module
            .map_or(Target::Script(order.script), Target::Module),
        arguments: &arguments,
        source: &order.source,
        rate: 100.0,
        time_limit: order.seconds.map(Duration::from_secs_f64),
        interrupt: &interrupt,
        sample: order.sample,
        instrument: order.instrument,
        directory: None,
        scratch: None,
        capture: None,
        environment: &[],
        streams: Streams::Shared,
    };
    let mut raised = 0;
    let result = run(&request, &mut |progress| {
        let length = order.interrupt.as_ref().map_or(0, |path| {
            std::fs::metadata(path).map_or(0, |data| data.len())
        });
        while raised < length {
            raised += 1;
            let delivered = order
                .interrupt
                .as_ref()
                .is_some_and(|path| path.with_file_name("delivered").exists());
            interrupt.raise(if delivered {
                InterruptSource::Terminal
            } else {
                InterruptSource::Elsewhere
            });
        }
        assert!(
            raised == 0 || progress.elapsed > Duration::ZERO || progress.state == State::Running
        );
    });
    let seen = result.map_err(|error| error.to_string());
    std::fs::write(&order.output, serde_json::to_vec(&seen).expect("JSON")).expect("writable");
    std::process::exit(0);
}
