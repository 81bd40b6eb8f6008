//! Step 2: many short tasks, or one or a few long-lived ones?

use crate::candidate::Candidate;
use rightlane_facts::words::{count, seconds};
use rightlane_facts::{Evidence, EvidenceSource, Step};

/// Step 2 for a loop: its tasks are many and alike, which is what a pool is for.
pub(crate) fn step(candidate: &Candidate<'_>) -> Step {
    let workload = &candidate.workload;
    let mean = candidate.seconds / workload.tasks.max(1) as f64 - workload.sequential_part;
    Step {
        step: "2".to_owned(),
        question: "Many short tasks, or a few long-lived ones?".to_owned(),
        answer: "many alike: a pool of reusable workers".to_owned(),
        evidence: vec![Evidence::new(
            EvidenceSource::Observed,
            format!(
                "{} of {} on average",
                count(workload.tasks, "task"),
                seconds(mean.max(0.0))
            ),
        )],
    }
}

/// Step 2 for a run of different activities: each is a worker of its own.
pub(crate) fn run_step(members: &[(String, f64)]) -> Step {
    Step {
        step: "2".to_owned(),
        question: "Many short tasks, or a few long-lived ones?".to_owned(),
        answer: "a few long ones that differ: a worker of its own for each".to_owned(),
        evidence: members
            .iter()
            .map(|(name, time)| {
                Evidence::new(
                    EvidenceSource::Observed,
                    format!("{name}: {}", seconds(*time)),
                )
            })
            .collect(),
    }
}
