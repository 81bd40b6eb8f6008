//! Verdicts for people ([`text`]) and for programs ([`json`]).
//!
//! Pure: facts in, `String` out. Nothing here decides what to do, prints, or asks what the
//! terminal can do; the caller says so in a [`Look`].

mod doctor;
mod json;
mod ledger_text;
mod look;
mod page;
mod text;

pub use doctor::{DoctorReport, SamplingReport, doctor_text};
pub use json::{json, schema};
pub use ledger_text::ledger_text;
pub use look::Look;
pub use page::Page;
pub use text::{settings_words, text};

/// Columns that `text` takes in a terminal.
pub use textwrap::core::display_width;
