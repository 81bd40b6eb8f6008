//! From the race to the report.

use super::field::Field;
use super::observed::Seen;
use rightlane_facts::{Api, Grade, NotRaced, ProveReport, RaceEnd, RaceRow, Raced};
use rightlane_race::{How, Measured, Output, Workplace};
use serde_json::Value;

/// The best has to save at least this share: below that, two medians of a few runs are the same.
const GAIN: f64 = 0.95;

/// The whole report; the race ends here, and with it its folder and its children.
pub(crate) fn report(field: Field<'_>, seen: &Seen, ended: RaceEnd) -> ProveReport {
    let measured = field.measured();
    let now = measured.first().and_then(|one| one.seconds);
    // What the program does besides the site's work, as far as that is known.
    let work = field.entrants.first().and_then(|one| one.predicted);
    let rest = now.zip(work).map(|(now, work)| (now - work).max(0.0));
    let version = &seen.report.python.version;
    let rows: Vec<RaceRow> = field
        .entrants
        .iter()
        .zip(&measured)
        .map(|(entrant, one)| RaceRow {
            python: entrant.python.clone().unwrap_or_else(|| version.clone()),
            api: entrant.choice.api,
            family: entrant.choice.api.family(),
            settings: entrant.choice.settings,
            grade: entrant.grade.clone(),
            seconds: one.seconds,
            interval: one.interval,
            speedup: now.zip(one.seconds).map(|(now, seconds)| now / seconds),
            cpu_seconds: one.cpu_seconds,
            peak_bytes: one.peak_bytes,
            startup_seconds: one.startup_seconds,
            output_equal: output_equal(one),
            differs: differs(one),
            runs: one.runs,
            samples: one.samples.clone(),
            dropped: one.dropped,
            predicted_seconds: entrant
                .predicted
                .zip(rest)
                .map(|(predicted, rest)| predicted + rest),
        })
        .collect();
    let best = best_of(&rows, version);
    let gain = best.is_some_and(|best| is_gain(&rows[best], rows.first()));
    let mut doubts = field.race.doubts();
    for one in &measured {
        doubts.extend(
            one.doubts
                .iter()
                .map(|doubt| format!("{}: {doubt}", one.name)),
        );
    }
    let report = ProveReport {
        advice: advice(&field, seen),
        prediction_error: prediction_error(&rows),
        rest_seconds: rest.unwrap_or(0.0),
        race: rows,
        best: best.filter(|_| ended != RaceEnd::NothingToRace),
        gain,
        not_raced: not_raced(&field),
        effects: field.effects.clone(),
        in_copy: field.in_copy,
        race_seconds: field.race.spent(),
        ended,
        race_doubts: doubts,
    };
    in_tree(report, &seen.place)
}

/// Medians within this share of the fastest are as fast: then what changes less and needs less wins.
const AS_FAST: f64 = 1.03;

/// The fastest of the program's own Python; among those that are as fast the safest edit, then the fewest
/// workers.
fn best_of(rows: &[RaceRow], version: &str) -> Option<usize> {
    let own = |(index, row): (usize, &RaceRow)| {
        row.seconds
            .filter(|_| row.python == version)
            .map(|seconds| (index, seconds))
    };
    let known: Vec<(usize, f64)> = rows.iter().enumerate().filter_map(own).collect();
    let fastest = known
        .iter()
        .map(|(_, seconds)| *seconds)
        .fold(f64::INFINITY, f64::min);
    let order = |index: &usize| {
        let row = &rows[*index];
        let most = row.settings.workers.or(row.settings.limit).unwrap_or(0);
        (
            row.grade != Grade::Safe,
            most,
            (rows[*index].seconds.unwrap_or(0.0) * 1e6) as u64,
        )
    };
    let near = known
        .iter()
        .filter(|(_, seconds)| *seconds <= fastest * AS_FAST)
        .map(|(index, _)| *index);
    near.min_by_key(order)
}

fn output_equal(one: &Measured) -> Option<bool> {
    match one.output.as_ref()? {
        Output::Equal => Some(true),
        // What was not done in time was not seen.
        Output::Failed(How::OutOfBudget) => None,
        Output::Differs(_) | Output::Failed(_) => Some(false),
    }
}

fn differs(one: &Measured) -> Option<String> {
    match one.output.as_ref()? {
        Output::Equal | Output::Failed(How::OutOfBudget) => None,
        Output::Differs(difference) => Some(difference.to_string()),
        Output::Failed(how) => Some(how.to_string()),
    }
}

/// Whether the best is faster than the program as it is by more than the noise.
fn is_gain(best: &RaceRow, now: Option<&RaceRow>) -> bool {
    let Some((best_seconds, now)) = best.seconds.zip(now.and_then(|now| now.seconds)) else {
        return false;
    };
    best.api != Api::Sequential && best_seconds < now * GAIN
}

/// How far the predictions were off, at the median, the program as it is left out.
fn prediction_error(rows: &[RaceRow]) -> Option<f64> {
    let off = |row: &RaceRow| {
        let (predicted, measured) = row.predicted_seconds.zip(row.seconds)?;
        Some((predicted - measured).abs() / measured)
    };
    let mut errors: Vec<f64> = rows.iter().skip(1).filter_map(off).collect();
    errors.sort_by(f64::total_cmp);
    errors.get(errors.len() / 2).copied()
}

/// The race as it is kept.
pub(crate) fn kept(
    report: &ProveReport,
    target: Option<rightlane_facts::Target>,
    tasks: u64,
) -> Raced {
    let version = &report.advice.python.version;
    let own: Vec<usize> = (0..report.race.len())
        .filter(|index| report.race[*index].python == *version)
        .collect();
    Raced {
        target,
        place: report.advice.verdict.place.clone(),
        tasks,
        made: crate::now(),
        rest: report.rest_seconds,
        rows: own
            .iter()
            .map(|index| report.race[*index].clone())
            .collect(),
        best: report
            .best
            .and_then(|best| own.iter().position(|index| *index == best)),
        gain: report.gain,
    }
}

/// The advice, its verdict being the one that was raced.
fn advice(field: &Field<'_>, seen: &Seen) -> rightlane_facts::AdviceReport {
    let mut advice = seen.report.clone();
    advice.verdict = field.candidates.verdict.clone();
    advice
}

/// What could not be raced, and what there was no time for.
fn not_raced(field: &Field<'_>) -> Vec<NotRaced> {
    let fastest = field.candidates.verdict.predicted_seconds;
    let late = field
        .candidates
        .later
        .iter()
        .map(|(choice, predicted)| NotRaced {
            api: choice.api,
            settings: choice.settings,
            reason: match predicted / fastest.max(1e-9) {
                times if times > 1.3 => {
                    format!("predicted {times:.1} times as slow; there was no time for it")
                }
                _ => "another of its family was raced; there was no time for it".to_owned(),
            },
        });
    field
        .candidates
        .not_raced
        .iter()
        .cloned()
        .chain(late)
        .collect()
}

/// The report with the tree's paths: the source was read in the race's place, which is gone by now.
fn in_tree(report: ProveReport, place: &Workplace) -> ProveReport {
    fn mend(value: &mut Value, place: &Workplace) {
        match value {
            Value::String(text) => {
                let driver = format!("{}/{}/", place.folder.display(), super::function::FOLDER);
                *text = place.told_of_tree(text).replace(&driver, "");
            }
            Value::Array(all) => all.iter_mut().for_each(|one| mend(one, place)),
            Value::Object(all) => all.values_mut().for_each(|one| mend(one, place)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let Ok(mut value) = serde_json::to_value(&report) else {
        return report;
    };
    mend(&mut value, place);
    // As it was, should a number be none in JSON.
    serde_json::from_value(value).unwrap_or(report)
}
