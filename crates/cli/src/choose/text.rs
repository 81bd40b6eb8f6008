//! The verdict for people.

use super::flags::command;
use rightlane_advise::guide::{Answers, GuideVerdict, QuestionId};
use rightlane_facts::{Api, Evidence, EvidenceSource, Step};
use rightlane_report::Page;

/// Columns for flags and needs, so that what follows them lines up.
const FLAG_COLUMN: usize = 24;

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
    open(page, verdict);
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
        page.paragraph(1, 2, &command(answers));
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
            format!(" (from Python {major}.{minor} on)")
        } else {
            String::new()
        };
        page.labelled(1, 15, row.word, &format!("{}{late}", met.how));
    }
}

/// What was not answered, and what was answered in vain.
fn open(page: &mut Page, verdict: &GuideVerdict) {
    if !verdict.alternatives.is_empty() {
        page.heading("Not answered: it would be another API with");
        for other in &verdict.alternatives {
            let flag = other.flag.as_deref().unwrap_or("(no flag)");
            let text = format!("{}: {}", other.api.name(), other.condition);
            page.labelled(1, FLAG_COLUMN, flag, &text);
        }
    }
    let open = |decides: bool| -> Vec<String> {
        verdict
            .unanswered
            .iter()
            .filter(|one| one.decides == decides)
            .map(|one| one.question.row().flags())
            .collect()
    };
    let without_effect = open(false);
    if !without_effect.is_empty() {
        let text = format!("Not answered, the API stays: {}", without_effect.join("; "));
        page.blank();
        page.paragraph(0, 2, &text);
    }
    if !verdict.unused.is_empty() {
        let unused: Vec<_> = verdict.unused.iter().map(|id| question(*id)).collect();
        page.blank();
        page.paragraph(
            0,
            2,
            &format!("Answered, plays no part here: {}", unused.join("; ")),
        );
    }
}

fn question(id: QuestionId) -> String {
    let row = id.row();
    format!("{} (step {})", row.flags(), row.step)
}
