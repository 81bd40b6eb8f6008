//! What is shown where nothing is answered and nobody can be asked.

use rightlane_advise::guide::{Answers, Flag, QUESTIONS, STEPS, chart, decide};
use rightlane_report::Page;

pub(super) fn write(page: &mut Page) {
    page.paragraph(
        0,
        0,
        "Answer by flags what you know, and leave out the rest, for example:",
    );
    page.verbatim(
        2,
        "rightlane choose --cpu-bound --tasks many --needs cancel",
    );
    for step in STEPS {
        page.heading(step.heading);
        for question in QUESTIONS
            .iter()
            .filter(|question| question.step == step.number)
        {
            page.paragraph(1, 0, question.text);
            page.verbatim(3, &question.flags());
            if matches!(question.flag, Flag::Values(_)) {
                for row in question.answers {
                    page.labelled(5, 15, row.word, row.label);
                }
            }
        }
    }
    page.heading("The chart");
    page.verbatim(0, &chart().to_string());
    let verdict = decide(&Answers::default());
    page.heading(&format!("With nothing known: {}", verdict.api.name()));
    for fact in verdict.steps.iter().flat_map(|step| &step.evidence) {
        page.labelled(1, 9, "assumed", &fact.fact);
    }
    if let Some(caveat) = verdict.caveats.first() {
        page.blank();
        page.paragraph(0, 0, caveat);
    }
}
