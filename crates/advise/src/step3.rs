//! Step 3: parallel for-loops (a Pool), or tasks managed as a collection (an executor)?

use crate::candidate::Candidate;
use crate::guide::{Choice, Need, Shape, pool_or_executor};
use rightlane_facts::{Effect, EffectKind, Evidence, EvidenceSource, Step};

/// The answer with its reasons.
pub(crate) struct PoolOrExecutor {
    pub(crate) choice: Choice,
    pub(crate) step: Step,
}

/// Step 3 for a loop, from what its tasks may do and what the person needs.
pub(crate) fn decide(candidate: &Candidate<'_>, told: &[Need]) -> PoolOrExecutor {
    let mut needs = told.to_vec();
    let mut evidence: Vec<Evidence> = told
        .iter()
        .map(|need| Evidence::new(EvidenceSource::Told, format!("needed: {}", need.words())))
        .collect();
    if let Some(effect) = may_fail(candidate) {
        needs.push(Need::Exceptions);
        evidence.push(Evidence::at(
            EvidenceSource::Read,
            format!(
                "a single task may fail ({}): its exception must be at hand",
                effect.detail
            ),
            effect.place.clone(),
        ));
    } else {
        evidence.push(Evidence::new(
            EvidenceSource::Read,
            "one function over the items of one loop, results in order",
        ));
    }
    let (choice, reasons) = pool_or_executor(&needs, Shape::ForLoop);
    let words = match choice {
        Choice::Pool => "a parallel for-loop: a Pool",
        Choice::Executor => "tasks with exceptions of their own: an executor",
    };
    evidence.extend(
        reasons
            .into_iter()
            .map(|why| Evidence::new(EvidenceSource::Assumed, why)),
    );
    let step = Step {
        step: "3".to_owned(),
        question: "Parallel for-loops, or tasks managed as a collection?".to_owned(),
        answer: words.to_owned(),
        evidence,
    };
    PoolOrExecutor { choice, step }
}

/// The effect that can fail for one task and not for the next: networks, files, children.
fn may_fail<'a>(candidate: &'a Candidate<'_>) -> Option<&'a Effect> {
    candidate
        .part
        .effects(candidate.site)
        .iter()
        .find(|effect| {
            matches!(
                effect.kind,
                EffectKind::Network
                    | EffectKind::ReadsFile
                    | EffectKind::WritesFile
                    | EffectKind::ChildProcess
                    | EffectKind::Database
            )
        })
}
