//! The contract for programs.

use rightlane_facts::{AdviceReport, CheckReport, LedgerReport, ProveReport};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// `value` as JSON on one line with its line end: after a program's own output, the last line of
/// stdout is then the whole object.
///
/// Figures that are not finite become `null`.
///
/// # Errors
///
/// Where `value`'s own `Serialize` fails; those of `rightlane_facts` do not.
pub fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    Ok(text)
}

/// The JSON schema of [`AdviceReport`], indented, with its line end.
#[must_use]
pub fn schema() -> String {
    schema_of::<AdviceReport>()
}

/// The JSON schema of [`LedgerReport`], indented, with its line end.
#[must_use]
pub fn ledger_schema() -> String {
    schema_of::<LedgerReport>()
}

/// The JSON schema of [`CheckReport`], indented, with its line end.
#[must_use]
pub fn check_schema() -> String {
    schema_of::<CheckReport>()
}

/// The JSON schema of [`ProveReport`], indented, with its line end.
#[must_use]
pub fn prove_schema() -> String {
    schema_of::<ProveReport>()
}

fn schema_of<Report: JsonSchema>() -> String {
    // The contract of what we write (not of what we would read): every key that is always there
    // is required.
    let schema = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report>();
    let mut text = String::new();
    // `Value`'s alternate form indents and cannot fail into a `String`.
    let _ = writeln!(text, "{:#}", schema.to_value());
    text
}
