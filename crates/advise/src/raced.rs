//! A race that was held: what it measured stands above the simulation, and corrects what it did not run.

use crate::candidate::Candidate;
use crate::plans::Option_;
use rightlane_facts::words::seconds;
use rightlane_facts::{
    Alternative, Api, Evidence, EvidenceSource, Family, RaceRow, Raced, Settings, StartMethod,
    Target, map_chunksize,
};
use rightlane_simulate::{Plan, Prediction};

/// Work that takes no longer than this cannot be told from the noise of a program's other parts.
const LEAST_WORK: f64 = 0.001;

/// Whether the race was about this candidate.
pub(crate) fn is_about(raced: &Raced, candidate: &Candidate<'_>) -> bool {
    let target = Target {
        site: candidate.site.id,
        part: candidate.part.task_part(),
    };
    raced.target.as_ref() == Some(&target)
}

/// Puts what was measured in place of what was predicted; what was not raced is corrected by what the raced
/// ones of its kind were off, or all of them where none of its kind was. Gives the index of the option that
/// won, if it gained.
pub(crate) fn overrule(
    options: &mut Vec<Option_>,
    raced: &Raced,
    start: StartMethod,
) -> Option<usize> {
    let errors = Errors::of(options, raced);
    let mut winner = None;
    for option in options.iter_mut() {
        let alternative = option.alternative();
        let kind = Kind::of(alternative.api, &alternative.settings);
        let old = option.prediction;
        let factor = errors.corrected(kind, old.seconds) / old.seconds.max(f64::MIN_POSITIVE);
        option.prediction = Prediction {
            seconds: old.seconds * factor,
            low: old.low * factor,
            high: old.high * factor,
        };
    }
    for (at, row) in raced.rows.iter().enumerate() {
        let Some(measured) = measured(raced, row) else {
            continue;
        };
        let index = match options
            .iter()
            .position(|option| is_row(&option.alternative(), row, raced.tasks))
        {
            Some(index) => index,
            None => {
                let Some(plan) = plan(row, start) else {
                    continue;
                };
                options.push(Option_ {
                    plan,
                    prediction: measured,
                    ruled_out: None,
                });
                options.len() - 1
            }
        };
        options[index].prediction = measured;
        if raced.gain && raced.best == Some(at) {
            options[index].ruled_out = None;
            winner = Some(index);
        }
    }
    winner
}

/// What a step says of the race.
pub(crate) fn evidence(raced: &Raced) -> Evidence {
    let time = |row: Option<&RaceRow>| {
        row.and_then(|row| row.seconds)
            .map_or_else(|| "?".to_owned(), seconds)
    };
    let best = raced.best.and_then(|best| raced.rows.get(best));
    let fact = match best.filter(|_| raced.gain) {
        Some(row) => format!(
            "in a race of {} variants the program took {} with {} and {} as it is",
            raced.rows.len(),
            time(Some(row)),
            row.api.name(),
            time(raced.rows.first())
        ),
        None => format!(
            "in a race of {} variants none was faster by more than the noise",
            raced.rows.len()
        ),
    };
    Evidence::new(EvidenceSource::Measured, fact)
}

/// The site's work in a variant: the program's time without what it does besides.
fn measured(raced: &Raced, row: &RaceRow) -> Option<Prediction> {
    let work = |whole: f64| (whole - raced.rest).max(LEAST_WORK);
    let middle = work(row.seconds?);
    let (low, high) = row
        .interval
        .map_or((middle, middle), |(low, high)| (work(low), work(high)));
    Some(Prediction {
        seconds: middle,
        low,
        high,
    })
}

/// Variants whose predictions err alike: an API's, asyncio in threads apart, or else a family's.
#[derive(Clone, Copy, PartialEq)]
struct Kind {
    api: Api,
    family: Family,
    in_threads: bool,
}

impl Kind {
    fn of(api: Api, settings: &Settings) -> Self {
        let family = api.family();
        Self {
            api,
            family,
            in_threads: family == Family::Asyncio && settings.workers.is_some(),
        }
    }

    fn is_kin(self, other: Self) -> bool {
        self.family == other.family && self.in_threads == other.in_threads
    }
}

/// What was predicted of the raced variants and what they took, by kind.
struct Errors(Vec<(Kind, Vec<(f64, f64)>)>);

impl Errors {
    fn of(options: &[Option_], raced: &Raced) -> Self {
        let mut kinds: Vec<(Kind, Vec<(f64, f64)>)> = Vec::new();
        for row in &raced.rows {
            let option = options
                .iter()
                .find(|option| is_row(&option.alternative(), row, raced.tasks));
            let (Some(option), Some(measured)) = (option, measured(raced, row)) else {
                continue;
            };
            let both = (option.prediction.seconds, measured.seconds);
            if both.0 <= 0.0 {
                continue;
            }
            let kind = Kind::of(row.api, &row.settings);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, all)) => all.push(both),
                None => kinds.push((kind, vec![both])),
            }
        }
        Self(kinds)
    }

    /// A prediction, corrected by the raced variants of its API (threads that take chunks err otherwise than threads
    /// that take tasks); by those of its family where its API was not raced; by all kinds alike where its family was
    /// not, the program as it is being one.
    fn corrected(&self, kind: Kind, predicted: f64) -> f64 {
        let by = |is_like: &dyn Fn(Kind) -> bool| {
            let like = self.0.iter().filter(|(known, _)| is_like(*known));
            let of_kind = |(_, all): &(Kind, Vec<(f64, f64)>)| {
                median(all.iter().map(|both| corrected(predicted, *both)).collect())
            };
            median(like.filter_map(of_kind).collect())
        };
        by(&|known| known == kind)
            .or_else(|| by(&|known| known.is_kin(kind)))
            .or_else(|| by(&|_| true))
            .unwrap_or(predicted)
    }
}

/// A prediction, given what was predicted of another variant and what that took: off by as many seconds, or by
/// as many times, whichever is less. What a fast variant has to do besides (an import, a start) is not more in
/// a slow one, and what a slow one loses is not as much in a fast one: with the ratio alone the predictions'
/// 90th percentile of error on the corpus's own programs was 35 % (`make prove-corpus`).
fn corrected(predicted: f64, (other, took): (f64, f64)) -> f64 {
    let by_ratio = predicted * took / other;
    let by_shift = predicted + took - other;
    match (by_ratio - predicted).abs() < (by_shift - predicted).abs() {
        true => by_ratio,
        false => by_shift,
    }
}

/// The middle one; of two, what lies between them.
fn median(mut all: Vec<f64>) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let upper = *all.get(all.len() / 2)?;
    let lower = all[(all.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}

/// Whether an option is what a row ran. A pool without a chunk size takes `map`'s own, which is written out
/// where `imap` is used.
fn is_row(option: &Alternative, row: &RaceRow, tasks: u64) -> bool {
    let (a, b) = (&option.settings, &row.settings);
    let own = |settings: &Settings| {
        settings.chunksize.unwrap_or(match option.api {
            Api::Pool | Api::ThreadPool => map_chunksize(tasks, settings.workers),
            _ => 1,
        })
    };
    option.api == row.api && a.workers == b.workers && a.limit == b.limit && own(a) == own(b)
}

fn plan(row: &RaceRow, start: StartMethod) -> Option<Plan> {
    let settings = &row.settings;
    let workers = settings.workers.unwrap_or(1);
    let start = settings.start_method.unwrap_or(start);
    Some(match (row.api, settings.workers) {
        (Api::ThreadPoolExecutor, _) => Plan::Threads { workers },
        (Api::ThreadPool, _) => Plan::ThreadPool {
            workers,
            chunksize: settings.chunksize,
        },
        (Api::ProcessPoolExecutor, _) => Plan::Processes {
            workers,
            chunksize: settings.chunksize.unwrap_or(1),
            start,
        },
        (Api::Pool, _) => Plan::Pool {
            workers,
            chunksize: settings.chunksize,
            start,
        },
        (Api::InterpreterPoolExecutor, _) => Plan::Interpreters { workers },
        (Api::TaskGroup, Some(_)) => Plan::ToThread { workers },
        (Api::TaskGroup, None) => Plan::Asyncio {
            limit: settings.limit,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rightlane_facts::Grade;

    const AS_PREDICTED: Prediction = Prediction {
        seconds: 1.0,
        low: 0.5,
        high: 2.0,
    };

    fn option(plan: Plan) -> Option_ {
        Option_ {
            plan,
            prediction: AS_PREDICTED,
            ruled_out: None,
        }
    }

    /// What ran this plan, and how long it took.
    fn row(plan: Plan, seconds: f64) -> RaceRow {
        let alternative = option(plan).alternative();
        RaceRow {
            python: "3.13.0".to_owned(),
            api: alternative.api,
            family: alternative.family,
            settings: alternative.settings,
            grade: Grade::Safe,
            seconds: Some(seconds),
            interval: None,
            speedup: None,
            cpu_seconds: None,
            peak_bytes: None,
            startup_seconds: None,
            output_equal: Some(true),
            differs: None,
            runs: 1,
            samples: vec![seconds],
            dropped: false,
            predicted_seconds: None,
        }
    }

    fn race(rows: Vec<RaceRow>) -> Raced {
        Raced {
            target: None,
            place: None,
            tasks: 4,
            made: 0,
            rest: 0.0,
            rows,
            best: None,
            gain: false,
        }
    }

    /// Predicted seconds of each plan after the race; before it, one for each.
    fn corrected_by(plans: &[Plan], rows: Vec<RaceRow>) -> Vec<f64> {
        let mut options: Vec<Option_> = plans.iter().copied().map(option).collect();
        assert_eq!(
            overrule(&mut options, &race(rows), StartMethod::Fork),
            None,
            "nobody won"
        );
        options
            .iter()
            .map(|option| option.prediction.seconds)
            .collect()
    }

    const THREADS: Plan = Plan::Threads { workers: 4 };
    const MORE_THREADS: Plan = Plan::Threads { workers: 8 };
    const PROCESSES: Plan = Plan::Processes {
        workers: 2,
        chunksize: 1,
        start: StartMethod::Fork,
    };

    #[test]
    fn a_kind_that_was_not_raced_is_corrected_by_the_median_of_those_that_were() {
        let asyncio = Plan::Asyncio { limit: Some(32) };
        let rows = vec![
            row(Plan::Sequential, 0.75),
            row(THREADS, 0.5),
            row(asyncio, 3.0),
        ];
        let plans = [Plan::Sequential, THREADS, MORE_THREADS, asyncio, PROCESSES];
        assert_eq!(corrected_by(&plans, rows), [0.75, 0.5, 0.5, 3.0, 0.75]);
        // Of two kinds, what lies between them.
        let rows = vec![row(Plan::Sequential, 1.0), row(THREADS, 2.0)];
        assert_eq!(
            corrected_by(&[Plan::Sequential, THREADS, PROCESSES], rows)[2],
            1.5
        );
    }

    #[test]
    fn a_slower_variant_is_off_by_as_many_seconds_and_a_faster_one_by_as_many_times() {
        assert_eq!(corrected(8.0, (1.0, 1.5)), 8.5);
        assert_eq!(corrected(0.5, (1.0, 1.5)), 0.75);
        assert_eq!(corrected(8.0, (1.0, 0.5)), 7.5);
        assert_eq!(corrected(0.5, (1.0, 0.5)), 0.25);
    }

    #[test]
    fn a_race_in_which_nothing_ended_corrects_nothing() {
        assert_eq!(corrected_by(&[THREADS, PROCESSES], Vec::new()), [1.0, 1.0]);
    }
}
