//! A recording in the forms that other people's tools read.
//!
//! Every form shows the same times: the totals agree with the recording's to within rounding, and
//! each wait is named by its cause. A name that would break a form (a semicolon in a collapsed
//! stack, a line end anywhere) is made harmless; an index that leads nowhere shows nothing.

mod collapsed;
mod names;
mod parts;
mod perfetto;
mod pprof;
mod profile_proto;
mod room;
mod speedscope;

use rightlane_facts::Recording;
use std::fmt::{self, Display, Formatter};

/// A form that other tools read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Export {
    /// Collapsed stacks, one line each with its microseconds: `flamegraph.pl`, `inferno-flamegraph`.
    Collapsed,
    /// <https://www.speedscope.app>: one profile for each thread, as JSON.
    Speedscope,
    /// `go tool pprof` and what reads its files: `profile.proto`, gzip'ed.
    Pprof,
    /// <https://ui.perfetto.dev> and `chrome://tracing`: the timeline as JSON trace events.
    Perfetto,
}

/// Why there is no export: it would be larger than its readers can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportError {
    limit: usize,
}

impl Display for ExportError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let limit = rightlane_facts::words::bytes(self.limit as f64);
        write!(
            formatter,
            "the export would be larger than {limit}, which its readers cannot open; observe for a shorter time"
        )
    }
}

impl std::error::Error for ExportError {}

/// `recording` in the form `export`, as the bytes of a file. The same recording gives the same
/// bytes.
///
/// # Errors
///
/// If the file would be larger than its readers can open.
pub fn export(recording: &Recording, export: Export) -> Result<Vec<u8>, ExportError> {
    match export {
        Export::Collapsed => collapsed::collapsed(recording),
        Export::Speedscope => speedscope::speedscope(recording),
        Export::Pprof => pprof::pprof(recording),
        Export::Perfetto => perfetto::perfetto(recording),
    }
}
