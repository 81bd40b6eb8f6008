//! What `check` found, for people, for programs and for other tools: one file for each form.

mod concise;
mod full;
mod github;
mod sarif;

pub use concise::concise;
pub use full::full;
pub use github::github;
pub use sarif::{RuleText, sarif};

use rightlane_facts::{CheckReport, FileError, Finding};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The last line of the forms for people: how much was found, and what `--fix` would mend.
#[must_use]
pub fn closing(report: &CheckReport) -> String {
    let (findings, errors) = (report.findings.len(), report.errors.len());
    let checked = plural(report.files as usize, "file");
    let mut text = match findings {
        0 if errors == 0 => return format!("All well: {checked} checked.\n"),
        found => format!("Found {} in {checked}", plural(found, "finding")),
    };
    if errors > 0 {
        let _ = write!(text, "; {} could not be checked", plural(errors, "file"));
    }
    text.push_str(".\n");
    let fixable = report
        .findings
        .iter()
        .filter(|finding| is_fixable(finding))
        .count();
    if fixable > 0 {
        let _ = writeln!(
            text,
            "{fixable} can be mended by `--fix` (`--diff` shows how)."
        );
    }
    text
}

/// How often each rule was broken, most often first: one line each.
#[must_use]
pub fn statistics(report: &CheckReport) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry((&finding.code, &finding.rule)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let width = counts
        .first()
        .map_or(1, |(_, count)| count.to_string().len());
    let mut text = String::new();
    for ((code, rule), count) in counts {
        let _ = writeln!(text, "{count:>width$}  {code}  {rule}");
    }
    text
}

fn is_fixable(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.safe)
}

fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// `file:line:column`, of a notebook `file:cell 3:line:column`.
fn place(finding: &Finding) -> String {
    let cell = cell(finding.cell);
    format!("{}:{cell}{}:{}", finding.file, finding.line, finding.column)
}

fn error_place(error: &FileError) -> String {
    let mut text = format!("{}:{}", error.file, cell(error.cell));
    for number in [error.line, error.column].into_iter().flatten() {
        let _ = write!(text, "{number}:");
    }
    text.trim_end_matches(':').to_owned()
}

fn cell(number: Option<u32>) -> String {
    number.map_or_else(String::new, |number| format!("cell {number}:"))
}
