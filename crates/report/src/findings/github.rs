//! Workflow commands of GitHub Actions: they show findings in the pull request, at their lines.
//!
//! Source: GitHub's documentation, "Workflow commands for GitHub Actions".

use super::{error_place, place};
use rightlane_facts::{CheckReport, FileError, Finding};
use std::fmt::Write as _;

/// One `::error` line each.
#[must_use]
pub fn github(report: &CheckReport) -> String {
    let mut text = String::new();
    for error in &report.errors {
        text.push_str(&unreadable(error));
    }
    for finding in &report.findings {
        text.push_str(&annotation(finding));
    }
    text
}

fn unreadable(error: &FileError) -> String {
    let mut place = format!("file={}", property(&error.file));
    if let Some(line) = error.line {
        let _ = write!(place, ",line={line}");
    }
    let message = format!("{}: {}", error_place(error), error.message);
    format!("::error title=Rightlane,{place}::{}\n", data(&message))
}

fn annotation(finding: &Finding) -> String {
    // Lines of a notebook's cell are no lines of its file.
    let lines = match finding.cell {
        Some(_) => ",line=1".to_owned(),
        None => format!(
            ",line={},col={},endLine={},endColumn={}",
            finding.line, finding.column, finding.end_line, finding.end_column
        ),
    };
    let title = property(&format!("Rightlane ({})", finding.code));
    let file = property(&finding.file);
    let message = format!("{}: {} {}", place(finding), finding.code, finding.message);
    format!(
        "::error title={title},file={file}{lines}::{}\n",
        data(&message)
    )
}

/// What stands after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
