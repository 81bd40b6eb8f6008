//! Step 4: settings.

use crate::candidate::Candidate;
use crate::plans::{Option_, affordable_workers, whole_cores};
use crate::step1::{Bound, bound};
use rightlane_facts::words::{bytes, count, seconds};
use rightlane_facts::{Evidence, EvidenceSource, Family, Machine, Settings, Step};

/// The settings of the chosen plan, with why.
pub(crate) fn step(candidate: &Candidate<'_>, chosen: &Option_, machine: &Machine) -> Step {
    let alternative = chosen.alternative();
    let evidence = match alternative.family {
        Family::Sequential => Vec::new(),
        Family::Thread | Family::Asyncio => thread_evidence(candidate, machine),
        _ => process_evidence(candidate, &alternative.settings, machine),
    };
    Step {
        step: "4".to_owned(),
        question: "Which settings?".to_owned(),
        answer: words(&alternative.settings),
        evidence,
    }
}

/// Settings in words: `16 workers, chunksize 20, start method fork`.
pub(crate) fn words(settings: &Settings) -> String {
    let mut words = Vec::new();
    if let Some(workers) = settings.workers {
        words.push(count(u64::from(workers), "worker"));
    }
    if let Some(chunksize) = settings.chunksize {
        words.push(format!("chunksize {chunksize}"));
    }
    if let Some(method) = settings.start_method {
        words.push(format!("start method {}", method.name()));
    }
    if let Some(limit) = settings.limit {
        words.push(format!("at most {limit} in flight"));
    }
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

fn cores(machine: &Machine) -> Evidence {
    let fact = format!("{} usable", count(u64::from(whole_cores(machine)), "core"));
    Evidence::new(EvidenceSource::Measured, fact)
}

fn thread_evidence(candidate: &Candidate<'_>, machine: &Machine) -> Vec<Evidence> {
    let mut evidence = vec![cores(machine)];
    if bound(candidate) == Bound::Io {
        evidence.push(Evidence::new(
            EvidenceSource::Assumed,
            "whoever answers the tasks bears that many at once",
        ));
    }
    evidence
}

fn process_evidence(
    candidate: &Candidate<'_>,
    settings: &Settings,
    machine: &Machine,
) -> Vec<Evidence> {
    let workload = &candidate.workload;
    let mut evidence = vec![cores(machine)];
    let fact = format!(
        "a task's arguments pickle to {}, its result to {}",
        bytes(workload.argument_bytes),
        bytes(workload.result_bytes)
    );
    evidence.push(Evidence::new(EvidenceSource::Observed, fact));
    if settings.chunksize.is_some_and(|size| size > 1) {
        let each = candidate.seconds / workload.tasks.max(1) as f64;
        let fact = format!(
            "a task takes {}: sending them one by one would cost more",
            seconds(each)
        );
        evidence.push(Evidence::new(EvidenceSource::Observed, fact));
    }
    if affordable_workers(candidate, machine) <= settings.workers.unwrap_or(0) {
        let fact = format!("each worker may need {}", bytes(workload.memory as f64));
        evidence.push(Evidence::new(EvidenceSource::Observed, fact));
    }
    evidence
}
