//! The first lines: what to do, what it gives, why, and what would change the answer.

use super::settings::{range, settings_words, speedup};
use crate::look::Role;
use crate::page::Page;
use rightlane_facts::{AdviceReport, Api, Family, Outcome, Verdict, words};

const LABEL: usize = 10;

pub(super) fn write(page: &mut Page, report: &AdviceReport) {
    ending(page, report);
    let verdict = &report.verdict;
    what(page, report);
    gain(page, report);
    if let Some(why) = why(verdict) {
        page.labelled(2, LABEL, "Why", &why);
    }
    if let Some(flips) = &verdict.flips_if {
        page.labelled(2, LABEL, "Flips if", flips);
    }
}

/// How the program ended, where that is news.
fn ending(page: &mut Page, report: &AdviceReport) {
    if report.cut_short {
        let seen = words::seconds(report.wall_seconds);
        let text = format!("Observed for {seen}; what the program had left to do is not in here.");
        page.styled(0, 2, Role::Doubtful, &text);
    }
    match report.outcome {
        Some(Outcome::Exited(code)) if code != 0 && !report.cut_short => {
            let text = format!("The program ended with exit code {code}.");
            page.styled(0, 2, Role::Bad, &text);
        }
        Some(Outcome::Signalled(signal)) if !report.cut_short => {
            let text = format!("Signal {signal} ended the program.");
            page.styled(0, 2, Role::Bad, &text);
        }
        _ => {}
    }
    page.blank();
}

fn what(page: &mut Page, report: &AdviceReport) {
    let verdict = &report.verdict;
    let mut left = Vec::new();
    if verdict.api == Api::Sequential {
        left.push(("Leave it sequential".to_owned(), Role::Good));
    } else {
        let verb = if stays(report) { "Keep " } else { "Use " };
        left.push((verb.to_owned(), Role::Strong));
        left.push((verdict.api.name().to_owned(), Role::Good));
        let with = settings_words(&verdict.settings);
        if !with.is_empty() {
            left.push((format!(" with {with}"), Role::Strong));
        }
    }
    page.pieces(0, &left);
    if let Some(place) = &verdict.place {
        let callee = report
            .sites
            .iter()
            .find(|site| site.file == place.file && site.line == place.line)
            .map_or_else(String::new, |site| format!("  {}", site.callee));
        let text = format!("{}:{}{callee}", place.file, place.line);
        page.labelled_as(2, LABEL, ("Where", Role::Quiet), (&text, Role::Strong));
    }
}

fn gain(page: &mut Page, report: &AdviceReport) {
    let verdict = &report.verdict;
    if verdict.api == Api::Sequential || stays(report) {
        return;
    }
    let now = verdict.predicted_seconds * verdict.predicted_speedup;
    let gain = format!(
        "{} → {} predicted ({}), {} as fast",
        words::seconds(now),
        words::seconds(verdict.predicted_seconds),
        range(verdict.predicted_interval),
        speedup(verdict.predicted_speedup),
    );
    let program = format!(
        "{} → {}",
        words::seconds(report.wall_seconds),
        words::seconds(verdict.predicted_program_seconds),
    );
    page.labelled_as(2, LABEL, ("Gain", Role::Quiet), (&gain, Role::Good));
    page.labelled(2, LABEL, "Program", &program);
}

/// Why a verdict is sequential.
pub(crate) fn refusal(verdict: &Verdict) -> Option<&str> {
    let answer = verdict.steps.last()?.answer.as_str();
    Some(answer.strip_prefix("no: ").unwrap_or(answer))
}

/// Whether the verdict is what the program already does.
fn stays(report: &AdviceReport) -> bool {
    let verdict = &report.verdict;
    let there = |place| {
        report
            .existing
            .iter()
            .any(|existing| existing.place == place)
    };
    verdict.predicted_speedup < 1.005 && verdict.place.clone().is_some_and(there)
}

/// The answers that decided: of a sequential verdict the last step's, else those after step 0
/// that led to the API.
fn why(verdict: &Verdict) -> Option<String> {
    let steps = &verdict.steps;
    let answers: Vec<&str> = if verdict.api == Api::Sequential {
        refusal(verdict).into_iter().collect()
    } else {
        let decisive: &[&str] = match verdict.family {
            Family::Asyncio => &["1", "1.1", "2"],
            _ => &["1", "2"],
        };
        steps
            .iter()
            .filter(|step| decisive.contains(&step.step.as_str()))
            .map(|step| step.answer.as_str())
            .collect()
    };
    (!answers.is_empty()).then(|| answers.join("; "))
}
