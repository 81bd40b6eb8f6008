//! The verdict for people.

use super::flags::{command, given};
use rightlane_advise::guide::{Answers, GuideVerdict};
use rightlane_facts::{Api, Evidence, EvidenceSource, Step};
use rightlane_report::Page;

/// Columns for flags and needs, so that what follows them lines up.
const FLAG_COLUMN: usize = 26;

/// Columns that every terminal has, less the indent.
const WIDEST_LINE: usize = 78;

pub(super) fn write(page: &mut Page, answers: &Answers, verdict: &GuideVerdict, asked: bool) {
    page.heading(&match verdict.api {
        Api::Sequential => "Leave it sequential".to_owned(),
        api => format!("Use {}", api.name()),
    });
    page.heading("How it was decided");
    for step in &verdict.steps {
        write_step(page, step);
    }
    needs(page, verdict);
    open(page, answers, verdict);
    if !verdict.caveats.is_empty() {
        page.heading("What to mind");
        for caveat in &verdict.caveats {
            page.labelled(1, 2, "-", caveat);
        }
    }
    page.heading("Code");
    page.verbatim(0, &verdict.code);
    if asked {
        page.heading("The same without questions");
        // Not wrapped: the next thing to do with it is to copy it.
        page.verbatim(1, &command(answers));
    }
}

fn write_step(page: &mut Page, step: &Step) {
    let text = format!("{} → {}", step.question, step.answer);
    page.labelled(1, 5, &step.step, &text);
    for (source, label) in [
        (EvidenceSource::Told, "told"),
        (EvidenceSource::Assumed, "assumed"),
    ] {
        let of_source = |one: &&Evidence| one.source == source;
        let facts: Vec<&str> = step
            .evidence
            .iter()
            .filter(of_source)
            .map(|one| one.fact.as_str())
            .collect();
        if !facts.is_empty() {
            page.labelled(6, 9, label, &facts.join("; "));
        }
    }
}

fn needs(page: &mut Page, verdict: &GuideVerdict) {
    if verdict.needs.is_empty() {
        return;
    }
    page.heading("What you need, and how it is done");
    for met in &verdict.needs {
        let row = met.need.row();
        let (major, minor) = row.since;
        let late = if met.too_old {
            format!(" (the Python told is older than {major}.{minor})")
        } else {
            String::new()
        };
        page.labelled(1, 15, row.word, &format!("{}{late}", met.how));
    }
}

/// What was not answered, and what was answered in vain.
fn open(page: &mut Page, answers: &Answers, verdict: &GuideVerdict) {
    if !verdict.alternatives.is_empty() {
        page.heading("Not answered: it would be another API with");
        for other in &verdict.alternatives {
            let flag = other.flag.as_deref().unwrap_or("(no flag)");
            let text = format!("{}: {}", other.api.name(), other.condition);
            page.labelled(1, FLAG_COLUMN, flag, &text);
        }
    }
    let open = verdict.unanswered.iter().filter(|one| !one.decides);
    let open: Vec<_> = open.map(|one| one.question.row().flags()).collect();
    flag_lines(
        page,
        "Not answered, but none of these alone changes the API",
        &open,
    );
    let unused = verdict.unused.iter();
    let unused: Vec<_> = unused.filter_map(|id| given(answers, id.row())).collect();
    flag_lines(page, "Answered, but not asked for on this way", &unused);
}

/// Flags, as many to a line as fit. Not as a paragraph: that would break them at their hyphens.
fn flag_lines(page: &mut Page, heading: &str, flags: &[String]) {
    if flags.is_empty() {
        return;
    }
    page.heading(heading);
    let mut line = String::new();
    for flag in flags {
        if !line.is_empty() && line.len() + 3 + flag.len() > WIDEST_LINE {
            page.verbatim(1, &line);
            line.clear();
        }
        if !line.is_empty() {
            line.push_str(",  ");
        }
        line.push_str(flag);
    }
    page.verbatim(1, &line);
}
