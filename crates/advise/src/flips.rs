//! The one fact that would change the answer.

use crate::candidate::Candidate;
use crate::judge::Context;
use crate::plans::Option_;
use crate::step1::{Bound, bound};
use rightlane_facts::words::{percent, seconds};
use rightlane_facts::{Answer, Family, Workload};
use rightlane_simulate::{Plan, predict};

/// Factors tried when looking for the point at which the answer changes.
const FACTORS: [f64; 8] = [1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0];

pub(crate) fn flips_if(
    candidate: &Candidate<'_>,
    options: &[Option_],
    chosen: usize,
    stopped: Option<&str>,
    context: &Context<'_>,
) -> Option<String> {
    if stopped.is_some() {
        return sequential_flips(candidate, options, context);
    }
    match options[chosen].family() {
        Family::Sequential => sequential_flips(candidate, options, context),
        Family::Thread if bound(candidate) == Bound::Io => io_threads_flip(candidate, options, chosen, context),
        Family::Thread => Some("the tasks ran Python code instead of native code that releases the GIL: then processes".to_owned()),
        Family::Process => process_flips(candidate, options, chosen, context),
        Family::Asyncio => Some("fewer than a hundred connections at once were enough: then threads, with the code as it is".to_owned()),
        _ => None,
    }
}

fn sequential_flips(
    candidate: &Candidate<'_>,
    options: &[Option_],
    context: &Context<'_>,
) -> Option<String> {
    let independence = &candidate.workload.independence;
    if independence.answer != Answer::Yes {
        return Some(independence.carriers.first().map_or_else(
            || "it were certain that no task needs what another one leaves behind".to_owned(),
            |carrier| {
                let place = format!("{}:{}", carrier.place.file, carrier.place.line);
                let words = format!(
                    "{} did not carry state from one task to the next ({place})",
                    carrier.name
                );
                match &carrier.change {
                    Some(change) => format!("{words}; to that end: {change}"),
                    None => words,
                }
            },
        ));
    }
    if candidate.site.early_exit.is_some() {
        return Some("the loop always went through all items".to_owned());
    }
    if let Some(error) = &candidate.workload.pickle_error {
        return Some(format!("the task could be pickled ({error})"));
    }
    if candidate.share < crate::step0::LEAST_SHARE {
        return Some(format!(
            "the site took more than {} of the run",
            percent(crate::step0::LEAST_SHARE)
        ));
    }
    let mean = candidate.seconds / candidate.workload.tasks.max(1) as f64;
    let factor = FACTORS.into_iter().find(|factor| {
        let longer = stretched(&candidate.workload, |task| *task * *factor);
        let now = candidate.seconds * factor;
        options[1..]
            .iter()
            .filter(|option| option.ruled_out.is_none())
            .any(|option| {
                let plan = &option.plan;
                predict(&longer, context.machine, plan, context.seed).seconds
                    < now * (1.0 - 2.0 * crate::step0::LEAST_GAIN)
            })
    })?;
    Some(format!(
        "one task took about {} instead of {}",
        seconds(mean * factor),
        seconds(mean)
    ))
}

/// How much Python CPU per task would make processes win over threads that wait.
fn io_threads_flip(
    candidate: &Candidate<'_>,
    options: &[Option_],
    chosen: usize,
    context: &Context<'_>,
) -> Option<String> {
    let process = fastest(options, Family::Process)?;
    let tasks = candidate.workload.tasks.max(1) as f64;
    let now = candidate.workload.ledger.gil_cpu() / tasks;
    let factor = FACTORS.into_iter().find(|factor| {
        let mut heavier = candidate.workload.clone();
        for task in &mut heavier.samples {
            task.gil_cpu *= factor;
        }
        let seconds = |plan: &Plan| predict(&heavier, context.machine, plan, context.seed).seconds;
        seconds(&process.plan) < seconds(&options[chosen].plan)
    })?;
    (now > 0.0).then(|| {
        format!(
            "a task needed about {} of Python CPU instead of {}: then processes",
            seconds(now * factor),
            seconds(now)
        )
    })
}

fn process_flips(
    candidate: &Candidate<'_>,
    options: &[Option_],
    chosen: usize,
    context: &Context<'_>,
) -> Option<String> {
    let mut free = context.machine.clone();
    free.python.gil = false;
    let threads = Plan::Threads {
        workers: crate::plans::whole_cores(context.machine),
    };
    let without_gil = predict(&candidate.workload, &free, &threads, context.seed).seconds;
    if context.machine.python.gil && without_gil < options[chosen].prediction.seconds * 1.1 {
        return Some(
            "this ran on a free-threaded Python (no GIL): then threads, without pickling"
                .to_owned(),
        );
    }
    let shorter = FACTORS.into_iter().find(|factor| {
        let brief = stretched(&candidate.workload, |task| *task / *factor);
        predict(&brief, context.machine, &options[chosen].plan, context.seed).seconds
            > candidate.seconds / factor
    })?;
    let mean = candidate.seconds / candidate.workload.tasks.max(1) as f64;
    Some(format!(
        "one task took about {} instead of {}: then stay sequential",
        seconds(mean / shorter),
        seconds(mean)
    ))
}

fn fastest(options: &[Option_], family: Family) -> Option<&Option_> {
    options
        .iter()
        .filter(|option| option.family() == family && option.ruled_out.is_none())
        .min_by(|a, b| a.prediction.seconds.total_cmp(&b.prediction.seconds))
}

fn stretched(workload: &Workload, stretch: impl Fn(&f64) -> f64) -> Workload {
    let mut other = workload.clone();
    for task in &mut other.samples {
        for part in [
            &mut task.gil_cpu,
            &mut task.free_cpu,
            &mut task.kernel_cpu,
            &mut task.child_cpu,
            &mut task.waiting,
        ] {
            *part = stretch(part);
        }
    }
    other.ledger = workload.ledger.scaled(stretch(&1.0));
    other
}
