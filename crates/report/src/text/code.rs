//! The code to write, last: it is what is copied.

use crate::page::Page;
use rightlane_facts::Verdict;

pub(super) fn write(page: &mut Page, verdict: &Verdict) {
    let Some(code) = &verdict.code else { return };
    page.heading("What to write");
    page.blank();
    // At the margin, so that it can be pasted: indented Python would not run.
    page.verbatim(0, code);
}
