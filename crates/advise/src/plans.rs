//! Which APIs and settings to simulate at a site, and which of them the facts rule out.

use crate::candidate::Candidate;
use crate::judge::Context;
use rightlane_facts::{Alternative, Answer, Family, Machine, StartMethod};
use rightlane_simulate::{Plan, Prediction, predict};

/// A plan with its prediction.
#[derive(Debug, Clone)]
pub(crate) struct Option_ {
    pub(crate) plan: Plan,
    pub(crate) prediction: Prediction,
    pub(crate) ruled_out: Option<String>,
}

impl Option_ {
    pub(crate) fn family(&self) -> Family {
        self.plan.alternative().0.family()
    }

    pub(crate) fn alternative(&self) -> Alternative {
        let (api, settings) = self.plan.alternative();
        Alternative {
            api,
            family: api.family(),
            settings,
            predicted_seconds: self.prediction.seconds,
            predicted_interval: (self.prediction.low, self.prediction.high),
            ruled_out: self.ruled_out.clone(),
        }
    }
}

/// Thread counts worth trying: each about a third more than the one before, so that the best of
/// them is within a few per cent of the best of all; and a thread for each task, if they are few.
const THREADS: [u32; 14] = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 150, 200];
/// Limits of coroutines in flight worth trying.
const LIMITS: [u32; 5] = [32, 64, 100, 256, 1000];

/// Every plan worth simulating, simulated. `Sequential` is always the first.
pub(crate) fn options(candidate: &Candidate<'_>, context: &Context<'_>) -> Vec<Option_> {
    let (machine, seed) = (context.machine, context.seed);
    // Where the answer is known already, the alternatives are not worth the time it takes to
    // replay them: the advice is to be there at once.
    let plans = match crate::step0::obstacle(candidate) {
        Some(_) => vec![Plan::Sequential],
        None => plans(candidate, machine),
    };
    plans
        .into_iter()
        .map(|plan| Option_ {
            prediction: predict(&candidate.workload, machine, &plan, seed),
            ruled_out: ruled_out(candidate, machine, &plan).or_else(|| unfit(context, &plan)),
            plan,
        })
        .collect()
}

fn plans(candidate: &Candidate<'_>, machine: &Machine) -> Vec<Plan> {
    let workload = &candidate.workload;
    let per_entry = (workload.tasks / workload.entries.max(1)).max(1);
    let most = u32::try_from(per_entry).unwrap_or(u32::MAX);
    let cores = whole_cores(machine);
    let mut plans = vec![Plan::Sequential];
    let mut threads: Vec<u32> = THREADS.into_iter().filter(|count| *count < most).collect();
    threads.push(most.clamp(2, THREADS[THREADS.len() - 1]));
    threads.dedup();
    plans.extend(threads.into_iter().map(|workers| Plan::Threads { workers }));
    plans.push(Plan::ThreadPool {
        workers: cores,
        chunksize: None,
    });
    plans.push(Plan::ToThread {
        workers: default_threads(cores),
    });
    let start = machine.python.default_start_method;
    for workers in process_counts(candidate, machine) {
        for chunksize in chunk_sizes(per_entry, workers) {
            plans.push(Plan::Processes {
                workers,
                chunksize,
                start,
            });
        }
        plans.push(Plan::Pool {
            workers,
            chunksize: None,
            start,
        });
    }
    if candidate.workload.sockets.async_twin.is_some() {
        for limit in LIMITS
            .into_iter()
            .filter(|limit| *limit < most.saturating_mul(2))
        {
            plans.push(Plan::Asyncio { limit: Some(limit) });
        }
    }
    if machine.python.version >= (3, 14, 0) {
        plans.push(Plan::Interpreters { workers: cores });
    }
    plans
}

/// `ThreadPoolExecutor`'s own default: min(32, CPUs + 4)
/// (<https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor>).
pub(crate) fn default_threads(cores: u32) -> u32 {
    (cores + 4).min(32)
}

/// Cores as a worker count: a quota of 1.5 cores is worth two workers, one of 1.2 is not.
pub(crate) fn whole_cores(machine: &Machine) -> u32 {
    (machine.cores.round() as u32).max(1)
}

/// Process counts worth trying: the cores, more only for tasks that wait, fewer only where
/// memory for copies of the program would run out.
fn process_counts(candidate: &Candidate<'_>, machine: &Machine) -> Vec<u32> {
    let cores = whole_cores(machine).max(2);
    let ledger = &candidate.workload.ledger;
    let waits = ledger.waiting() > 0.3 * ledger.total();
    let affordable = affordable_workers(candidate, machine);
    let mut counts = if waits {
        vec![cores, cores * 4]
    } else {
        vec![cores]
    };
    for count in &mut counts {
        *count = (*count).min(affordable).min(61);
    }
    counts.dedup();
    counts
}

/// Workers whose memory fits: in the worst case each grows as large as the program was.
pub(crate) fn affordable_workers(candidate: &Candidate<'_>, machine: &Machine) -> u32 {
    let each = candidate.workload.memory.max(1);
    u32::try_from(machine.memory / each)
        .unwrap_or(u32::MAX)
        .max(1)
}

/// Chunk sizes worth trying: 1, powers of four, and those that give each worker 4 to 32 chunks.
fn chunk_sizes(per_entry: u64, workers: u32) -> Vec<u64> {
    let workers = u64::from(workers.max(1));
    let mut sizes: Vec<u64> = std::iter::successors(Some(1u64), |size| size.checked_mul(4))
        .take_while(|size| size * workers * 2 <= per_entry.max(2))
        .collect();
    for chunks_each in [4, 8, 32] {
        sizes.push((per_entry / (workers * chunks_each)).max(1));
    }
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// Why the plan cannot be used at this site, if it cannot.
fn ruled_out(candidate: &Candidate<'_>, machine: &Machine, plan: &Plan) -> Option<String> {
    let family = plan.alternative().0.family();
    if family == Family::Sequential {
        return None;
    }
    if let Some(reason) = crate::step0::dependence(candidate) {
        return Some(reason);
    }
    if candidate.part.awaited(candidate.site) && !matches!(plan, Plan::Asyncio { .. }) {
        return Some("the task is a coroutine: it runs on the event loop".to_owned());
    }
    match family {
        Family::Process | Family::Interpreter => cannot_cross(candidate).or_else(|| {
            (machine.python.default_start_method != StartMethod::Fork)
                .then(|| stale(candidate))
                .flatten()
        }),
        Family::Asyncio
            if matches!(plan, Plan::Asyncio { .. })
                && candidate.workload.sockets.async_twin.is_none() =>
        {
            Some("nothing in the task has an asyncio twin".to_owned())
        }
        _ => None,
    }
}

/// Why an import keeps interpreters of their own from being used, if one does.
fn unfit(context: &Context<'_>, plan: &Plan) -> Option<String> {
    if plan.alternative().0.family() != Family::Interpreter {
        return None;
    }
    let mut imports = context.source.import_facts.iter();
    let import = imports.find(|import| import.subinterpreters == Answer::No)?;
    Some(format!(
        "{} does not load in subinterpreters ({}:{})",
        import.module, import.place.file, import.place.line
    ))
}

/// Why the task cannot go to another process, if it cannot.
pub(crate) fn cannot_cross(candidate: &Candidate<'_>) -> Option<String> {
    let workload = &candidate.workload;
    if workload.picklable != Answer::No {
        return None;
    }
    let why = workload
        .pickle_error
        .clone()
        .unwrap_or_else(|| "it cannot be pickled".to_owned());
    Some(format!("the task cannot be sent to another process: {why}"))
}

/// Why a worker that does not inherit the parent's memory would see other values, if it would.
fn stale(candidate: &Candidate<'_>) -> Option<String> {
    let names = &candidate.part.crossing(candidate.site).stale_globals;
    let name = names.first()?;
    Some(format!(
        "the task reads the module-level name {name}, which the program sets at run time: a \
         worker that does not inherit the parent's memory would not see it"
    ))
}
