//! Who runs next.
//!
//! Variants take turns, in an order that moves on by one each round, so that what changes on the
//! machine in the course of time meets all of them. First everybody gets `min_runs`; then those that
//! cannot be told from the best go on, up to `max_runs`.

use crate::statistics::{interval, median};

/// Told after each run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// Which variant ran.
    pub variant: &'a str,
    /// Its wall time in seconds; none if it counts for nothing.
    pub seconds: Option<f64>,
    /// How many runs there were in all.
    pub runs: usize,
    /// Wall time of all runs so far, in seconds.
    pub spent: f64,
    /// The budget, in seconds.
    pub budget: f64,
}

/// Why a race ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Nobody had to run any more.
    Done,
    /// The time budget was over.
    OutOfBudget,
    /// The interrupt.
    Interrupted,
}

/// A variant whose best run is slower than the best median by this factor is not run again. The
/// machine's noise between runs seldom exceeds a few tens of per cent.
const CLEARLY: f64 = 1.5;

/// What the schedule knows of a variant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Runner<'a> {
    pub(crate) samples: &'a [f64],
    /// Whether it is out: wrong, failed, dropped.
    pub(crate) out: bool,
    pub(crate) is_reference: bool,
}

/// The fewest and most runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Runs {
    pub(crate) least: usize,
    pub(crate) most: usize,
    pub(crate) seed: u64,
}

/// Whom the next round consists of, in order. Empty: settled.
pub(crate) fn round(runners: &[Runner<'_>], runs: Runs, number: usize) -> Vec<usize> {
    let fewest = |index: &usize| {
        let runner = runners.get(*index);
        runner.is_some_and(|one| !one.out && one.samples.len() < runs.least)
    };
    let mut next: Vec<usize> = (0..runners.len()).filter(fewest).collect();
    if next.is_empty() {
        next = close(runners, runs);
    }
    if !next.is_empty() {
        let shift = number % next.len();
        next.rotate_left(shift);
    }
    // Its time is what everything else is held against.
    if number == 0
        && let Some(at) = next
            .iter()
            .position(|index| runners.get(*index).is_some_and(|one| one.is_reference))
    {
        next.swap(0, at);
    }
    next
}

/// Those that cannot be told from the best and may run again; nobody if the best stands alone.
fn close(runners: &[Runner<'_>], runs: Runs) -> Vec<usize> {
    let live = || runners.iter().enumerate().filter(|(_, runner)| !runner.out);
    let seconds = |runner: &Runner<'_>| median(runner.samples).unwrap_or(f64::INFINITY);
    let Some((best, leader)) = live().min_by(|a, b| seconds(a.1).total_cmp(&seconds(b.1))) else {
        return Vec::new();
    };
    let Some((_, high)) = interval(leader.samples, runs.seed) else {
        return Vec::new();
    };
    let reaches = |runner: &Runner<'_>| {
        interval(runner.samples, runs.seed).is_some_and(|(low, _)| low <= high)
    };
    let near: Vec<usize> = live()
        .filter(|(index, runner)| *index == best || reaches(runner))
        .map(|(index, _)| index)
        .collect();
    if near.len() < 2 {
        return Vec::new();
    }
    near.into_iter()
        .filter(|index| {
            runners
                .get(*index)
                .is_some_and(|one| one.samples.len() < runs.most)
        })
        .collect()
}

/// Whether a variant is clearly slower than the best. The reference is run twice at least: it is
/// what all gains are told against.
pub(crate) fn is_loser(runner: Runner<'_>, best_median: f64) -> bool {
    let enough = if runner.is_reference { 2 } else { 1 };
    let best = runner.samples.iter().copied().fold(f64::INFINITY, f64::min);
    runner.samples.len() >= enough && best > CLEARLY * best_median
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: Runs = Runs {
        least: 3,
        most: 5,
        seed: 1,
    };

    fn runner(samples: &[f64]) -> Runner<'_> {
        Runner {
            samples,
            out: false,
            is_reference: false,
        }
    }

    #[test]
    fn all_take_turns_in_an_order_that_moves_on() {
        let three = [runner(&[]), runner(&[]), runner(&[])];
        assert_eq!(round(&three, RUNS, 0), [0, 1, 2]);
        assert_eq!(round(&three, RUNS, 1), [1, 2, 0]);
        assert_eq!(round(&three, RUNS, 2), [2, 0, 1]);
    }

    #[test]
    fn after_the_least_runs_only_the_close_ones_go_on() {
        let (a, b, c) = ([1.0, 1.1, 1.2], [1.05, 1.1, 1.3], [2.0, 2.1, 2.2]);
        assert_eq!(
            round(&[runner(&a), runner(&b), runner(&c)], RUNS, 0),
            [0, 1]
        );
        assert!(round(&[runner(&a), runner(&c)], RUNS, 0).is_empty());
        let five = [1.0, 1.1, 1.2, 1.0, 1.1];
        assert!(round(&[runner(&five), runner(&five)], RUNS, 0).is_empty());
    }

    #[test]
    fn a_clear_loser_is_one_after_its_first_run_the_reference_after_its_second() {
        assert!(is_loser(runner(&[1.6]), 1.0));
        assert!(!is_loser(runner(&[1.4]), 1.0));
        assert!(!is_loser(runner(&[9.0, 1.4]), 1.0));
        let reference = |samples| Runner {
            is_reference: true,
            ..runner(samples)
        };
        assert!(!is_loser(reference(&[2.0]), 1.0));
        assert!(is_loser(reference(&[2.0, 2.0]), 1.0));
    }
}
