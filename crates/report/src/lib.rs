//! Verdicts for people ([`text`]) and for programs ([`json`]), and recordings as other tools read
//! them ([`export()`]) and as we do ([`recording`]).
//!
//! Pure: facts in, text or bytes out. Nothing here decides what to do, prints, or asks what the
//! terminal can do; the caller says so in a [`Look`].

mod doctor;
mod export;
mod findings;
mod json;
mod ledger_text;
mod look;
mod page;
mod race_text;
pub mod recording;
mod text;

pub use doctor::{DoctorReport, SamplingReport, doctor_text};
pub use export::{Export, ExportError, export};
pub use findings::{RuleText, closing, concise, full, github, sarif, statistics};
pub use json::{check_schema, json, ledger_schema, prove_schema, schema};
pub use ledger_text::ledger_text;
pub use look::Look;
pub use page::Page;
pub use race_text::{prove_text, raced_text};
pub use text::{headline_text, settings_words, text};

/// Columns that `text` takes in a terminal.
pub use textwrap::core::display_width;
