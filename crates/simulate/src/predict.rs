//! A plan's wall time with an interval.

use crate::case::Case;
use crate::plan::{Plan, Prediction};
use crate::rates::Draw;
use crate::tasks::{Random, Tasks};
use rightlane_facts::{Machine, Workload};

/// Units (tasks or chunks) simulated one by one; what goes beyond continues at the rate of the
/// second half, so that start and end count once.
const UNITS: usize = 500;
/// The same where only two sets of constants are compared.
const FEW_UNITS: usize = 200;
/// Draws of tasks, and draws of constants, for the interval.
const DRAWS: u64 = 3;
/// Standard deviation of ln(measured / predicted) over the validation programs that the spread
/// of the constants and of the tasks does not explain (see `tests/given_programs.rs`).
pub(crate) const MODEL_ERROR: f64 = 0.18;
/// Half the width, in standard deviations, of what holds nine times in ten.
pub(crate) const NINE_IN_TEN: f64 = 1.645;

/// Predicts the wall time of the site's work under `plan`: all entries, with the pool's start
/// and end and with the part of the body that stays sequential.
///
/// The same arguments give the same prediction; `seed` decides which tasks are drawn. Where the
/// machine has no figures for the plan (no worker processes, no interpreters), all three numbers
/// are infinite.
///
/// Cost: at most a few thousand simulated tasks, however many there are.
#[must_use]
pub fn predict(workload: &Workload, machine: &Machine, plan: &Plan, seed: u64) -> Prediction {
    let mut random = Random::new(seed);
    let tasks = Tasks::new(workload);
    let Some(case) = Case::new(workload, machine, &tasks, *plan, &mut Draw::Value) else {
        return Prediction::never();
    };
    let seconds = case.seconds(UNITS, &mut random.clone(), false);
    let spread = spread(workload, machine, &tasks, &case, &mut random);
    Prediction::around(seconds, spread)
}

/// Standard deviation of ln(seconds) when the constants are drawn from their spread (with the
/// same tasks), and when the tasks are drawn again (with the same constants).
fn spread(
    workload: &Workload,
    machine: &Machine,
    tasks: &Tasks,
    case: &Case<'_>,
    random: &mut Random,
) -> f64 {
    let (mut of_constants, mut of_tasks) = (0.0, 0.0);
    let usual = case.seconds(UNITS, &mut Random::new(random.next()), true);
    for _ in 0..DRAWS {
        let again = case.seconds(UNITS, &mut Random::new(random.next()), true);
        // the difference of two draws varies twice as much as one
        of_tasks += squared_ratio(again, usual) / 2.0;
    }
    let same = Random::new(random.next());
    let usual = case.seconds(FEW_UNITS, &mut same.clone(), true);
    for _ in 0..DRAWS {
        let mut own = Random::new(random.next());
        let mut draw = Draw::Spread(&mut own);
        if let Some(other) = Case::new(workload, machine, tasks, case.plan(), &mut draw) {
            let other = other.seconds(FEW_UNITS, &mut same.clone(), true);
            of_constants += squared_ratio(other, usual);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let draws = DRAWS as f64;
    ((of_constants + of_tasks) / draws).sqrt()
}

pub(crate) fn squared_ratio(one: f64, other: f64) -> f64 {
    let logarithm = (one / other).ln();
    if logarithm.is_finite() {
        logarithm * logarithm
    } else {
        0.0
    }
}

impl Prediction {
    /// What cannot be done on this machine.
    pub(crate) fn never() -> Self {
        Self {
            seconds: f64::INFINITY,
            low: f64::INFINITY,
            high: f64::INFINITY,
        }
    }

    /// `spread`: standard deviation of ln(seconds), without the model's own.
    pub(crate) fn around(seconds: f64, spread: f64) -> Self {
        let deviation = NINE_IN_TEN * spread.hypot(MODEL_ERROR);
        Self {
            seconds,
            low: seconds * (-deviation).exp(),
            high: seconds * deviation.exp(),
        }
    }
}
