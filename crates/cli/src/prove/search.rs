//! Looking for better settings: from the best one so far, and from the best of each other API that is not far
//! behind, a step up and a step down in workers and chunk size, as long as that helps.

use super::candidates::kind_of;
use super::field::Known;
use crate::editor::Choice;
use rightlane_facts::{Api, Family, map_chunksize};

/// Rounds of looking around.
const ROUNDS: u32 = 3;
/// Only who is faster than the best by this is worth another look around: the noise between medians.
const BETTER: f64 = 0.97;
/// Within this of the best, another API may win with other settings: in resolve_hosts of the corpus 100 coroutines
/// take 1.12 times as long as 64 threads, and as many as there are tasks 0.6 times.
const NEAR: f64 = 1.25;

/// The search, with what it knows.
pub(crate) struct Search {
    cores: u32,
    rounds: u32,
    last: Option<f64>,
}

impl Search {
    pub(crate) fn new(cores: f64) -> Self {
        Self {
            cores: cores.max(1.0).floor() as u32,
            rounds: 0,
            last: None,
        }
    }

    /// What to try next; nothing, once it no longer helps.
    pub(crate) fn next(&mut self, known: &[Known], tasks: u64) -> Vec<Choice> {
        let best = known
            .iter()
            .filter(|one| one.choice.api != Api::Sequential)
            .min_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let Some(best) = best.filter(|_| self.rounds < ROUNDS) else {
            return Vec::new();
        };
        if self.last.is_some_and(|last| best.seconds > last * BETTER) {
            return Vec::new();
        }
        self.rounds += 1;
        self.last = Some(best.seconds);
        let around = near(known, best.seconds).into_iter();
        around
            .flat_map(|one| [self.workers(&one, tasks), chunks(&one, tasks)].concat())
            .collect()
    }

    fn workers(&self, choice: &Choice, tasks: u64) -> Vec<Choice> {
        let settings = choice.settings;
        let most = u32::try_from(tasks.max(1)).unwrap_or(u32::MAX).min(512);
        let mut counts = Vec::new();
        match choice.api.family() {
            Family::Thread => {
                let now = settings.workers.unwrap_or(1);
                counts.extend([now * 2, now / 2]);
            }
            // More processes than cores only help where they wait.
            Family::Process | Family::Interpreter => {
                let now = settings.workers.unwrap_or(self.cores);
                counts.push(if now <= self.cores { now * 2 } else { now / 2 });
            }
            Family::Asyncio => {
                let now = settings.workers.or(settings.limit).unwrap_or(64);
                counts.extend([now * 2, now / 2]);
            }
            Family::Sequential | Family::Cluster => {}
        }
        let with = |count: u32| {
            let mut choice = *choice;
            match choice.settings.limit {
                Some(_) => choice.settings.limit = Some(count),
                None => choice.settings.workers = Some(count),
            }
            choice
        };
        counts
            .into_iter()
            .map(|count| count.min(most))
            .filter(|count| *count > 1)
            .map(with)
            .filter(|next| next != choice)
            .collect()
    }
}

/// The fastest settings of each API that is not far behind the best, the best first.
fn near(known: &[Known], best: f64) -> Vec<Choice> {
    let mut sorted: Vec<&Known> = known
        .iter()
        .filter(|one| one.choice.api != Api::Sequential)
        .collect();
    sorted.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let mut kinds = Vec::new();
    sorted.retain(|one| {
        let kind = kind_of(one.choice.api, &one.choice.settings);
        let is_first = !kinds.contains(&kind);
        kinds.push(kind);
        is_first && one.seconds <= best * NEAR
    });
    sorted.into_iter().map(|one| one.choice).collect()
}

/// Larger and smaller chunks, for processes: threads take every task by itself.
fn chunks(choice: &Choice, tasks: u64) -> Vec<Choice> {
    if choice.api.family() != Family::Process {
        return Vec::new();
    }
    let workers = u64::from(choice.settings.workers.unwrap_or(1).max(1));
    let now = choice.settings.chunksize.unwrap_or(1);
    let most = tasks.div_ceil(workers).max(1);
    // What `Pool.map` takes by itself is what people write: where arguments are the same in every task, a chunk
    // is pickled as one and large ones win by far (backtest_grid of the corpus: 75 tasks against 3, 1.2 times).
    let own = map_chunksize(tasks, choice.settings.workers);
    let sizes = [own, now.saturating_mul(4), now / 4];
    let with = |size: u64| {
        let mut choice = *choice;
        choice.settings.chunksize = Some(size);
        choice
    };
    sizes
        .into_iter()
        .filter(|size| *size >= 1 && *size <= most && *size != now)
        .map(with)
        .collect()
}
