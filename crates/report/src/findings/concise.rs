//! One line for each finding, as editors and `grep` read them.

use super::{error_place, is_fixable, place};
use crate::look::{Look, Role};
use crate::page::clean;
use rightlane_facts::CheckReport;
use std::fmt::Write as _;

/// `file:line:column: CODE message`, one line each; `[*]` marks what `--fix` can mend.
#[must_use]
pub fn concise(report: &CheckReport, look: Look) -> String {
    let mut text = String::new();
    for error in &report.errors {
        let place = look.paint(Role::Strong, &clean(&error_place(error)));
        let _ = writeln!(text, "{place}: {}", clean(&error.message));
    }
    for finding in &report.findings {
        let place = look.paint(Role::Strong, &clean(&place(finding)));
        let code = look.paint(Role::Bad, &finding.code);
        let mark = if is_fixable(finding) { " [*]" } else { "" };
        let _ = writeln!(text, "{place}: {code}{mark} {}", clean(&finding.message));
    }
    text
}
