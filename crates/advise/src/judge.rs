//! The verdict of one loop: the steps in order, the quantities from the simulation.

use crate::candidate::Candidate;
use crate::guide::{Choice, Need};
use crate::plans::{self, Option_};
use crate::{caveats, code, flips, raced, step0, step1, step2, step3, step4};
use rightlane_facts::{
    Alternative, Api, Family, Machine, Place, ProgramSource, Raced, Step, Target, Verdict,
};
use rightlane_simulate::Plan;

/// What the person said that overrules what was seen.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Wants (`Some(true)`) or avoids (`Some(false)`) async/await.
    pub prefer_async: Option<bool>,
    /// Only this family.
    pub family: Option<Family>,
    /// What the pool has to offer.
    pub needs: Vec<Need>,
    /// Most connections that the far end bears at once.
    pub server_limit: Option<u32>,
}

/// Everything that stays the same for all sites.
pub(crate) struct Context<'a> {
    pub(crate) source: &'a ProgramSource,
    pub(crate) machine: &'a Machine,
    pub(crate) told: &'a Told,
    pub(crate) wall_seconds: f64,
    pub(crate) raced: Option<&'a Raced>,
    pub(crate) seed: u64,
}

/// A family has to be this much faster than one that leaves the code simpler (threads need no
/// pickling, no guard and no copies): predictions err by about as much (make regret prints it).
const WORTH_A_HARDER_FAMILY: f64 = 0.93;

/// Tasks that wait are threads' own field: processes, which have to be copied, and coroutines,
/// which need another client library, have to be this much faster. (Corpus programs with a native
/// asyncio client, asyncio / threads, single runs on a noisy machine: fetch_avatars measured 0.27,
/// predicted 0.28; post_events 0.54 and 0.40; monthly_reports 0.5 and 0.73, for whose sake this is
/// not 0.7; index_pages 1.0 and 0.84; enrich_orders 1.0 and 0.28, since its service takes eight at
/// a time, which nobody predicts.)
const WORTH_ANOTHER_WAY_TO_WAIT: f64 = 0.75;

/// A candidate with its verdict.
pub(crate) struct Judged<'a> {
    pub(crate) candidate: Candidate<'a>,
    pub(crate) verdict: Verdict,
}

impl Judged<'_> {
    /// Wall seconds that the verdict is predicted to save.
    pub(crate) fn saves(&self) -> f64 {
        if self.verdict.api == Api::Sequential {
            return 0.0;
        }
        (self.verdict.predicted_speedup - 1.0).max(0.0) * self.verdict.predicted_seconds
    }
}

/// Walks the procedure for one candidate.
pub(crate) fn judge<'a>(candidate: Candidate<'a>, context: &Context<'_>) -> Judged<'a> {
    let mut options = plans::options(&candidate, context);
    let raced = context
        .raced
        .filter(|raced| raced::is_about(raced, &candidate));
    let start = context.machine.python.default_start_method;
    let won = raced.and_then(|raced| raced::overrule(&mut options, raced, start));
    apply_told(&mut options, context.told);
    let stopped = match raced {
        Some(raced) if won.is_none() && !raced.gain => {
            Some("a race showed nothing that is faster by more than the noise".to_owned())
        }
        _ if won.is_some() => None,
        _ => step0::stop(&candidate, &options),
    };
    let pool_or_executor = step3::decide(&candidate, &context.told.needs);
    let won = won.filter(|won| options[*won].ruled_out.is_none());
    let chosen = match (&stopped, won) {
        (Some(_), _) => 0,
        (None, Some(won)) => won,
        (None, None) => choose(&candidate, &options, pool_or_executor.choice, context),
    };
    let mut steps = vec![step0::step(&candidate, stopped.as_deref())];
    if stopped.is_none() {
        steps.extend(later_steps(&candidate, &options, &options[chosen], context));
        let at = steps.len() - 1;
        steps.insert(at, pool_or_executor.step);
    }
    if let (Some(raced), Some(last)) = (raced, steps.last_mut()) {
        last.evidence.push(raced::evidence(raced));
    }
    let verdict = verdict(
        &candidate,
        &options,
        chosen,
        steps,
        stopped.as_deref(),
        context,
    );
    Judged { candidate, verdict }
}

fn apply_told(options: &mut [Option_], told: &Told) {
    for option in options.iter_mut().skip(1) {
        let family = option.family();
        let refused = match told.family {
            Some(only) if only != family => Some(format!("you asked for {only:?} only")),
            _ => None,
        };
        let crowd = told
            .server_limit
            .filter(|limit| in_flight(&option.plan) > *limit);
        let crowded = crowd.map(|limit| format!("the far end bears only {limit} at once"));
        option.ruled_out = option.ruled_out.take().or(refused).or(crowded);
    }
}

fn in_flight(plan: &Plan) -> u32 {
    let (_, settings) = plan.alternative();
    settings.workers.or(settings.limit).unwrap_or(1)
}

fn later_steps(
    candidate: &Candidate<'_>,
    options: &[Option_],
    chosen: &Option_,
    context: &Context<'_>,
) -> Vec<Step> {
    let mut steps = vec![step1::step(candidate, context.machine)];
    if step1::bound(candidate) == step1::Bound::Io {
        let async_codebase = context.source.uses_async;
        steps.push(step1::async_step(
            candidate,
            options,
            async_codebase,
            chosen.family(),
        ));
    }
    steps.push(step2::step(candidate));
    steps.push(step4::step(candidate, chosen, context.machine));
    steps
}

/// The index of the chosen option: the fastest family, an easier one where it is about as fast;
/// in it the API of step 3 with the fewest workers that are about as fast as the best.
fn choose(
    candidate: &Candidate<'_>,
    options: &[Option_],
    pool_or_executor: Choice,
    context: &Context<'_>,
) -> usize {
    let asyncio = asyncio_wanted(candidate, options, context);
    let thread = best_of(candidate, options, Family::Thread, pool_or_executor);
    let process = best_of(candidate, options, Family::Process, pool_or_executor);
    let interpreter = best_of(candidate, options, Family::Interpreter, pool_or_executor);
    let coroutines = best_of(candidate, options, Family::Asyncio, pool_or_executor);
    if let Some(index) = coroutines.filter(|_| asyncio)
        && thread.is_none_or(|thread| {
            seconds(options, index) <= seconds(options, thread) / WORTH_A_HARDER_FAMILY
        })
    {
        return index;
    }
    let waits = step1::bound(candidate) == step1::Bound::Io;
    let coroutines = coroutines.filter(|_| waits && context.told.prefer_async != Some(false));
    let faster = |harder: usize, easier: usize| {
        seconds(options, harder) < seconds(options, easier) * WORTH_A_HARDER_FAMILY
    };
    let worth = |harder: &usize| match thread {
        Some(thread) if waits => {
            let (slow, fast) = (seconds(options, thread), seconds(options, *harder));
            fast < slow * WORTH_ANOTHER_WAY_TO_WAIT && slow - fast >= step0::LEAST_SECONDS
        }
        Some(thread) => faster(*harder, thread),
        None => true,
    };
    // Of the others the one that leaves the code simplest: coroutines are not copied.
    [coroutines, process, interpreter]
        .into_iter()
        .flatten()
        .filter(worth)
        .reduce(|easier, harder| {
            if faster(harder, easier) {
                harder
            } else {
                easier
            }
        })
        .or(thread)
        .unwrap_or(0)
}

fn seconds(options: &[Option_], index: usize) -> f64 {
    options[index].prediction.seconds
}

fn asyncio_wanted(candidate: &Candidate<'_>, options: &[Option_], context: &Context<'_>) -> bool {
    match context.told.prefer_async {
        Some(wanted) => wanted,
        None => {
            step1::many_sockets(candidate, options)
                || (candidate.site.in_async && context.source.uses_async)
        }
    }
}

/// Settings within this factor of the best are as good as the best: the fewest workers win.
const AS_GOOD: f64 = 1.05;

/// With so many chunks a worker, uneven tasks are spread well enough: a chunk more costs the parent
/// more than it evens out (prime_check in the corpus took 1.17 times as long with chunks of one task
/// in each of two measurements of three runs, where 2 % more were predicted). That it is 16 and not
/// 8 or 32 was not measured.
const CHUNKS_EACH: u64 = 16;

/// Orders chunk sizes that are predicted to be about as fast: the largest that leaves enough
/// chunks, then the smaller the better.
fn chunk_order(plan: &Plan, per_entry: u64) -> (bool, u64) {
    let settings = plan.alternative().1;
    let workers = u64::from(settings.workers.unwrap_or(1).max(1));
    let chunk = settings
        .chunksize
        .unwrap_or(per_entry / (4 * workers))
        .max(1);
    let few = per_entry / (workers * chunk) < CHUNKS_EACH;
    (few, if few { chunk } else { u64::MAX - chunk })
}

fn best_of(
    candidate: &Candidate<'_>,
    options: &[Option_],
    family: Family,
    preferred: Choice,
) -> Option<usize> {
    let workload = &candidate.workload;
    let per_entry = workload.tasks / workload.entries.max(1);
    let usable = |index: &usize| {
        let option = &options[*index];
        option.family() == family && option.ruled_out.is_none() && recommendable(&option.plan)
    };
    let best = (1..options.len())
        .filter(usable)
        .map(|index| seconds(options, index))
        .fold(f64::INFINITY, f64::min);
    (1..options.len())
        .filter(usable)
        .filter(|index| seconds(options, *index) <= best * AS_GOOD)
        .min_by_key(|index| {
            let plan = &options[*index].plan;
            // In steps of 2 %: below that the chunk decides.
            let slower = (seconds(options, *index) / best * 50.0) as u64;
            (
                in_flight(plan),
                is_pool(plan) != (preferred == Choice::Pool),
                slower,
                chunk_order(plan, per_entry),
            )
        })
}

/// `asyncio.to_thread` is simulated for comparison; as advice it would be threads with extra
/// steps.
fn recommendable(plan: &Plan) -> bool {
    !matches!(plan, Plan::ToThread { .. })
}

fn is_pool(plan: &Plan) -> bool {
    matches!(plan.alternative().0, Api::Pool | Api::ThreadPool)
}

fn verdict(
    candidate: &Candidate<'_>,
    options: &[Option_],
    chosen: usize,
    steps: Vec<Step>,
    stopped: Option<&str>,
    context: &Context<'_>,
) -> Verdict {
    let now = step0::sequential_seconds(candidate, options);
    let alternative = options[chosen].alternative();
    let (predicted_seconds, predicted_interval) = if chosen == 0 {
        (now, (now, now))
    } else {
        (
            alternative.predicted_seconds,
            alternative.predicted_interval,
        )
    };
    Verdict {
        api: alternative.api,
        family: alternative.family,
        settings: alternative.settings,
        predicted_seconds,
        predicted_interval,
        predicted_speedup: if predicted_seconds > 0.0 {
            now / predicted_seconds
        } else {
            1.0
        },
        predicted_program_seconds: (context.wall_seconds - candidate.seconds + predicted_seconds)
            .max(0.0),
        steps,
        runner_up: runner_up(options, chosen),
        flips_if: flips::flips_if(candidate, options, chosen, stopped, context),
        caveats: caveats::caveats(candidate, &alternative, context),
        code: code::write(candidate, &alternative, context),
        alternatives: ordered(options),
        place: Some(Place {
            file: candidate.site.file.clone(),
            line: candidate.site.span.line,
        }),
        target: Some(Target {
            site: candidate.site.id,
            part: candidate.part.task_part(),
        }),
    }
}

/// The fastest usable option of another family.
fn runner_up(options: &[Option_], chosen: usize) -> Option<Alternative> {
    options
        .iter()
        .filter(|option| option.family() != options[chosen].family() && option.ruled_out.is_none())
        .min_by(|a, b| a.prediction.seconds.total_cmp(&b.prediction.seconds))
        .map(Option_::alternative)
}

fn ordered(options: &[Option_]) -> Vec<Alternative> {
    let mut all: Vec<Alternative> = options.iter().map(Option_::alternative).collect();
    all.sort_by(|a, b| a.predicted_seconds.total_cmp(&b.predicted_seconds));
    all
}
