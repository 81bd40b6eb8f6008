//! The report for people: the verdict first, then where the time goes, then how it was decided,
//! last the code to write.

pub(crate) mod bar;
mod code;
mod headline;
mod settings;
mod sites;
mod steps;

pub(crate) use headline::refusal;
pub use settings::settings_words;
pub(crate) use settings::{api_words, speedup};

use crate::look::{Look, Role};
use crate::page::Page;
use rightlane_facts::AdviceReport;

/// What `report` says, in the order in which a person needs it.
#[must_use]
pub fn text(report: &AdviceReport, look: Look) -> String {
    let mut page = Page::new(look);
    headline::write(&mut page, report);
    sites::write(&mut page, report);
    steps::write(&mut page, &report.verdict);
    steps::alternatives(&mut page, &report.verdict);
    notes(&mut page, "Mind", &report.verdict.caveats);
    notes(&mut page, "Not seen", &report.doubts);
    code::write(&mut page, &report.verdict);
    page.finish()
}

/// Its first lines: what to do, what it gives, why, and what would change the answer.
#[must_use]
pub fn headline_text(report: &AdviceReport, look: Look) -> String {
    let mut page = Page::new(look);
    headline::write(&mut page, report);
    page.finish()
}

fn notes(page: &mut Page, heading: &str, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    page.heading(heading);
    for note in notes {
        page.labelled_as(1, 2, ("•", Role::Quiet), (note, Role::Plain));
    }
}
