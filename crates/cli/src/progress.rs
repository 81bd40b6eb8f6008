//! The progress line while the program runs.
//!
//! The program writes to the same terminal, and nobody knows in which column it left the cursor:
//! a line that is redrawn would tear its output (and a pseudo-terminal between the two would
//! change what the program sees). So a live line is drawn only where the program's own stdout
//! goes elsewhere; otherwise one line says, before the program's first byte, what goes on.

use crate::terminal::{self, Stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A line that is gone from the terminal when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    line: Option<ProgressBar>,
}

impl Progress {
    /// Says that `program` is being observed, on stderr, if that is a terminal.
    pub(crate) fn observing(program: &str, quiet: bool) -> Self {
        if quiet || !terminal::is_terminal(Stream::Err) {
            return Self { line: None };
        }
        if terminal::is_terminal(Stream::Out) {
            terminal::say(&format!(
                "rightlane: observing {program} (Ctrl-C ends it and advises from what was seen)"
            ));
            return Self { line: None };
        }
        Self::spinning(format!("observing {program}; Ctrl-C ends it and advises"))
    }

    /// Says that this machine is being measured.
    pub(crate) fn measuring(quiet: bool) -> Self {
        if quiet || !terminal::is_terminal(Stream::Err) {
            return Self { line: None };
        }
        Self::spinning("measuring what this machine and this Python cost (once)".into())
    }

    fn spinning(message: String) -> Self {
        // Two draws a second: the machine is measuring, and drawing costs CPU.
        let line = ProgressBar::new_spinner()
            .with_style(style())
            .with_message(message);
        line.set_draw_target(ProgressDrawTarget::stderr_with_hz(2));
        line.enable_steady_tick(Duration::from_millis(500));
        Self { line: Some(line) }
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
    ProgressStyle::with_template("{spinner} rightlane: {wide_msg} {elapsed:>5}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}
