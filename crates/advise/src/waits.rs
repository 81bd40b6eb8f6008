//! What the run's waits say beside their causes: who was waited for.

use rightlane_facts::words::{count, percent, seconds};
use rightlane_facts::{Family, Observation, StallReport, Verdict, WaitCause, WaitDetail, Waited};

/// A wait for a lock with a smaller share of the wall time is not worth a word: what a site needs
/// to be shown at all (`report::LEAST_SHOWN`) five times over.
const LEAST_LOCK: f64 = 0.1;

/// One peer with this share of all waiting for sockets is "the far end".
const MOST_OF_IT: f64 = 0.8;

/// What to mind, for the program's verdict.
pub(crate) fn notes(observation: &Observation, verdict: &Verdict) -> Vec<String> {
    let mut notes: Vec<String> = stalled(&observation.stalls).into_iter().collect();
    if matches!(verdict.family, Family::Thread | Family::Asyncio) {
        notes.extend(far_end(&observation.waits));
    }
    notes.extend(held(observation));
    notes
}

fn stalled(stalls: &[StallReport]) -> Option<String> {
    let worst = stalls.first()?;
    let file = worst.file.rsplit('/').next().unwrap_or(&worst.file);
    Some(format!(
        "{} ({file}:{}) kept the event loop from everything else {}, up to {} ({}): await an \
         asynchronous twin of it, or asyncio.to_thread",
        worst.function,
        worst.line,
        count(u64::from(worst.count), "time"),
        seconds(worst.longest),
        worst.cause.words(),
    ))
}

fn far_end(waits: &[Waited]) -> Option<String> {
    let sockets = waits
        .iter()
        .filter(|waited| waited.cause == WaitCause::Socket);
    let total: f64 = sockets.clone().map(|waited| waited.seconds).sum();
    let mut peers: Vec<(&str, f64)> = Vec::new();
    for waited in sockets {
        let WaitDetail::Socket {
            peer: Some(peer), ..
        } = &waited.detail
        else {
            continue;
        };
        match peers.iter_mut().find(|(known, _)| known == peer) {
            Some((_, seconds)) => *seconds += waited.seconds,
            None => peers.push((peer, waited.seconds)),
        }
    }
    let (peer, waited) = peers.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let share = waited / total;
    (share >= MOST_OF_IT).then(|| {
        format!(
            "{} of the waiting for sockets was for {peer}",
            percent(share)
        )
    })
}

fn held(observation: &Observation) -> Option<String> {
    let waited = observation.waits.iter().find(|waited| {
        let known = matches!(
            waited.detail,
            WaitDetail::Lock {
                holder: Some(_),
                ..
            }
        );
        known && waited.seconds >= LEAST_LOCK * observation.wall_seconds
    })?;
    Some(format!(
        "threads waited {} for {}: more workers would wait there, too",
        seconds(waited.seconds),
        waited.detail.words()
    ))
}
