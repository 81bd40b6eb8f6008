//! The progress line while the program runs.
//!
//! The program writes to the same terminal, and nobody knows in which column it left the cursor:
//! a line that is redrawn would tear its output (and a pseudo-terminal between the two would
//! change what the program sees). So a live line is drawn only where the program's own stdout
//! goes elsewhere; otherwise one line says, before the program's first byte, what goes on.

use crate::terminal::{self, Stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rightlane_facts::words;
use rightlane_observe::run::{Progress as Seen, State};
use std::cell::Cell;
use std::time::Duration;

/// A program that is over sooner needs no progress line.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line that is gone from the terminal when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    line: Option<ProgressBar>,
    /// Whether there is still to say, once, that the program is being ended.
    ending: Cell<bool>,
}

impl Progress {
    fn silent() -> Self {
        Self {
            line: None,
            ending: Cell::new(false),
        }
    }

    fn live(line: ProgressBar) -> Self {
        Self {
            line: Some(line),
            ending: Cell::new(false),
        }
    }

    /// Says that `program` is being observed, on stderr, if that is a terminal.
    pub(crate) fn observing(program: &str, quiet: bool) -> Self {
        if quiet || !terminal::is_terminal(Stream::Err) {
            return Self::silent();
        }
        if terminal::is_terminal(Stream::Out) {
            terminal::say(&format!(
                "rightlane: observing {program} (Ctrl-C ends it and advises)"
            ));
            return Self {
                line: None,
                ending: Cell::new(true),
            };
        }
        let line = ProgressBar::hidden().with_style(style());
        line.set_message(format!("observing {program}"));
        Self::live(line)
    }

    /// Shows how far the run is.
    pub(crate) fn show(&self, seen: Seen) {
        let Some(line) = &self.line else {
            if seen.state == State::Ending && self.ending.take() {
                terminal::say("\nrightlane: ending the program (Ctrl-C again ends everything)");
            }
            return;
        };
        if seen.elapsed >= PATIENCE && line.is_hidden() {
            // Two draws a second: drawing costs CPU, and the program is being measured.
            line.set_draw_target(ProgressDrawTarget::stderr_with_hz(2));
        }
        let tasks = words::count(seen.tasks_seen, "task");
        line.set_prefix(match seen.state {
            State::Running => format!("{tasks}, Ctrl-C ends it and advises"),
            State::Ending => "ending the program".to_owned(),
        });
        line.tick();
    }

    /// Says that this machine is being measured.
    pub(crate) fn measuring(quiet: bool) -> Self {
        const TEXT: &str = "measuring what this machine and this Python cost (4 s, once)";
        if quiet || !terminal::is_terminal(Stream::Err) {
            if !quiet {
                terminal::say(&format!("rightlane: {TEXT}"));
            }
            return Self::silent();
        }
        let line = ProgressBar::new_spinner().with_style(style());
        line.set_message(TEXT);
        line.enable_steady_tick(Duration::from_millis(250));
        Self::live(line)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} rightlane: {msg}  {elapsed}  {prefix}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}
