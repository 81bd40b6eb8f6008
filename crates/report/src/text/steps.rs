//! How it was decided, and what else was weighed.

use super::settings::{api_words, range};
use crate::look::Role;
use crate::page::Page;
use rightlane_facts::{Alternative, Evidence, EvidenceSource, Family, Verdict, words};

const EVIDENCE_SHOWN: usize = 4;
const ALTERNATIVES_SHOWN: usize = 6;

pub(super) fn write(page: &mut Page, verdict: &Verdict) {
    if verdict.steps.is_empty() {
        return;
    }
    page.heading("How it was decided");
    for step in &verdict.steps {
        let question = format!("{} → {}", step.question, step.answer);
        page.labelled_as(1, 5, (&step.step, Role::Quiet), (&question, Role::Plain));
        for evidence in step.evidence.iter().take(EVIDENCE_SHOWN) {
            self::evidence(page, evidence);
        }
        let rest = step.evidence.len().saturating_sub(EVIDENCE_SHOWN);
        if rest > 0 {
            let text = format!("{rest} more in --format json");
            page.labelled_as(6, 10, ("", Role::Quiet), (&text, Role::Quiet));
        }
    }
}

fn evidence(page: &mut Page, evidence: &Evidence) {
    let text = match &evidence.place {
        Some(place) => format!("{} ({}:{})", evidence.fact, place.file, place.line),
        None => evidence.fact.clone(),
    };
    let (tag, role) = match evidence.source {
        EvidenceSource::Told => ("told", Role::Strong),
        EvidenceSource::Measured => ("measured", Role::Good),
        EvidenceSource::Observed => ("observed", Role::Good),
        EvidenceSource::Read => ("read", Role::Code),
        EvidenceSource::Assumed => ("assumed", Role::Doubtful),
    };
    page.labelled_as(6, 10, (tag, role), (&text, Role::Plain));
}

/// The best of every family (of the verdict's own: what it chose), and the runner-up where it is
/// not among them.
pub(super) fn alternatives(page: &mut Page, verdict: &Verdict) {
    let mut families: Vec<Family> = Vec::new();
    let mut shown: Vec<&Alternative> = Vec::new();
    for alternative in &verdict.alternatives {
        if !families.contains(&alternative.family) {
            families.push(alternative.family);
            let own = alternative.family == verdict.family;
            shown.push(if own {
                chosen(verdict, alternative)
            } else {
                alternative
            });
        }
    }
    if let Some(runner_up) = &verdict.runner_up
        && !families.contains(&runner_up.family)
    {
        shown.push(runner_up);
    }
    if shown.len() < 2 && verdict.runner_up.is_none() {
        return;
    }
    page.heading("What else was weighed");
    for alternative in shown.into_iter().take(ALTERNATIVES_SHOWN) {
        line(page, alternative, verdict);
    }
}

/// What the verdict chose, among several settings that are about as fast.
fn chosen<'a>(verdict: &'a Verdict, fastest: &'a Alternative) -> &'a Alternative {
    let same =
        |other: &&Alternative| other.api == verdict.api && other.settings == verdict.settings;
    verdict.alternatives.iter().find(same).unwrap_or(fastest)
}

fn line(page: &mut Page, alternative: &Alternative, verdict: &Verdict) {
    let seconds = words::seconds(alternative.predicted_seconds);
    let name = api_words(alternative.api, &alternative.settings);
    let is_runner_up = verdict
        .runner_up
        .as_ref()
        .is_some_and(|runner_up| runner_up.family == alternative.family);
    let (text, role) = match &alternative.ruled_out {
        Some(why) => (format!("{name}: ruled out, {why}"), Role::Quiet),
        None if alternative.family == verdict.family => (format!("{name} (chosen)"), Role::Strong),
        None if is_runner_up => {
            let range = range(alternative.predicted_interval);
            (format!("{name} (runner-up, {range})"), Role::Plain)
        }
        None => (name, Role::Plain),
    };
    page.labelled_as(1, 12, (&seconds, Role::Plain), (&text, role));
}
