//! From source, observation and machine to the one report.

use crate::candidate::{self, share_of};
use crate::existing;
use crate::judge::{Context, Judged, Told, judge};
use crate::run_site::{self, JudgedRun};
use crate::waits;
use rightlane_facts::{
    AdviceReport, Family, Ledger, Machine, MachineReport, Observation, ProgramSource, PythonReport,
    Raced, SCHEMA_VERSION, SiteKind, SiteReport, TaskSpread, Verdict,
};

/// Sites with a smaller share of the wall time are not shown.
const LEAST_SHOWN: f64 = 0.02;
/// The hottest sites that are judged; the rest of a program matters less than the noise.
const MOST_JUDGED: usize = 12;

/// Everything that advice rests on.
pub struct Input<'a> {
    /// The program as the person named it.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What the source says.
    pub source: &'a ProgramSource,
    /// What the run showed.
    pub observation: &'a Observation,
    /// What this machine costs.
    pub machine: &'a Machine,
    /// What the person said.
    pub told: &'a Told,
    /// A race of this very program that was held before.
    pub raced: Option<&'a Raced>,
    /// Seed of the simulation.
    pub seed: u64,
}

/// The advice. The same input gives the same report.
#[must_use]
pub fn advise(input: &Input<'_>) -> AdviceReport {
    let context = Context {
        source: input.source,
        machine: input.machine,
        told: input.told,
        wall_seconds: input.observation.wall_seconds,
        raced: input.raced,
        seed: input.seed,
    };
    let (mut sites, mut verdict) = judged_sites(input, &context);
    let notes = waits::notes(input.observation, &verdict);
    verdict.caveats.extend(notes);
    // A stable sort, like the one below.
    sites.sort_by(|a, b| b.share.total_cmp(&a.share));
    AdviceReport {
        schema: SCHEMA_VERSION.to_owned(),
        program: input.program.clone(),
        arguments: input.arguments.clone(),
        python: python_report(input.machine),
        machine: MachineReport {
            cores: input.machine.cores,
        },
        wall_seconds: input.observation.wall_seconds,
        output_unchanged: true,
        outcome: Some(input.observation.outcome),
        cut_short: input.observation.cut_short,
        ledger: input.observation.ledger,
        sites,
        verdict,
        existing: input.source.existing.clone(),
        doubts: doubts(input),
    }
}

/// The sites worth showing, and the verdict of the one that saves most.
fn judged_sites(input: &Input<'_>, context: &Context<'_>) -> (Vec<SiteReport>, Verdict) {
    let loops = judged_loops(input, context);
    let runs: Vec<JudgedRun<'_>> = input
        .source
        .sites
        .iter()
        .filter(|site| site.kind == SiteKind::Run)
        .filter_map(|site| run_site::judge(site, input.observation, context))
        .collect();
    let best_loop = loops.iter().max_by(|a, b| a.saves().total_cmp(&b.saves()));
    let best_run = runs.iter().max_by(|a, b| a.saves().total_cmp(&b.saves()));
    let saved_by_loop = best_loop.map_or(0.0, Judged::saves);
    let saved_by_run = best_run.map_or(0.0, JudgedRun::saves);
    let own = existing::verdict(input, context)
        .filter(|own| own.family != Family::Asyncio || saved_by_loop <= 0.0);
    let verdict = own.unwrap_or_else(|| match (best_loop, best_run) {
        (_, Some(run)) if saved_by_run > saved_by_loop => run.verdict.clone(),
        (Some(found), _) if saved_by_loop > 0.0 => found.verdict.clone(),
        _ => hottest(&loops).unwrap_or_else(|| existing::nothing_to_gain(input, context)),
    });
    let mut reports: Vec<SiteReport> = loops.iter().map(loop_report).collect();
    reports.extend(runs.iter().filter(|run| run.saves() > 0.0).map(run_report));
    (reports, verdict)
}

fn judged_loops<'a>(input: &'a Input<'_>, context: &Context<'_>) -> Vec<Judged<'a>> {
    let (source, observation) = (input.source, input.observation);
    let mut hot: Vec<(f64, &rightlane_facts::Site)> = source
        .sites
        .iter()
        .filter(|site| site.kind != SiteKind::Run)
        .map(|site| (candidate::seconds_under(source, observation, site), site))
        .filter(|(seconds, _)| share_of(*seconds, observation) >= LEAST_SHOWN)
        .collect();
    // A loop stands before those that run inside it, also where one takes all its time.
    hot.sort_by_cached_key(|(_, site)| candidate::loops_around(observation, site));
    hot.sort_by(|a, b| b.0.total_cmp(&a.0));
    hot.truncate(MOST_JUDGED);
    hot.into_iter()
        .filter_map(|(_, site)| judged_site(input, site, context))
        .collect()
}

/// The best choice of task at a site: the one that saves most, the best founded one if none does.
fn judged_site<'a>(
    input: &'a Input<'_>,
    site: &'a rightlane_facts::Site,
    context: &Context<'_>,
) -> Option<Judged<'a>> {
    let mut judged = candidate::candidates(input.source, site, input.observation)
        .into_iter()
        .map(|candidate| judge(candidate, context));
    let first = judged.next()?;
    Some(judged.fold(first, |best, other| {
        if other.saves() > best.saves() * 1.05 {
            other
        } else {
            best
        }
    }))
}

/// The verdict of the hottest site: why it stays as it is.
fn hottest(loops: &[Judged<'_>]) -> Option<Verdict> {
    loops
        .iter()
        .max_by(|a, b| a.candidate.share.total_cmp(&b.candidate.share))
        .filter(|judged| judged.candidate.share >= crate::step0::LEAST_SHARE)
        .map(|judged| judged.verdict.clone())
}

fn loop_report(judged: &Judged<'_>) -> SiteReport {
    let candidate = &judged.candidate;
    let workload = &candidate.workload;
    let walls: Vec<f64> = workload
        .samples
        .iter()
        .map(|task| task.wall() + workload.sequential_part)
        .collect();
    SiteReport {
        file: candidate.site.file.clone(),
        line: candidate.site.span.line,
        kind: candidate.site.kind,
        callee: candidate.part.name(candidate.site),
        share: candidate.share,
        tasks: workload.tasks,
        task_seconds: candidate.seconds / workload.tasks.max(1) as f64,
        task_spread: spread(walls),
        ledger: workload.ledger,
        independent: workload.independence.answer.into(),
        independence: workload.independence.clone(),
        verdict: judged.verdict.clone(),
    }
}

fn run_report(run: &JudgedRun<'_>) -> SiteReport {
    let callees: Vec<&str> = run
        .site
        .members
        .iter()
        .map(|member| member.callee.as_str())
        .collect();
    SiteReport {
        file: run.site.file.clone(),
        line: run.site.span.line,
        kind: SiteKind::Run,
        callee: candidate::one_line(&callees.join("; "), 60),
        share: run.share,
        tasks: run.members,
        task_seconds: run.seconds / run.members.max(1) as f64,
        task_spread: TaskSpread::default(),
        ledger: run.ledger,
        independent: run.site.independence.answer.into(),
        independence: run.site.independence.clone(),
        verdict: run.verdict.clone(),
    }
}

fn spread(mut walls: Vec<f64>) -> TaskSpread {
    walls.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (walls.len().saturating_sub(1) as f64 * share).round() as usize;
        walls.get(index).copied().unwrap_or(0.0)
    };
    TaskSpread {
        p10: at(0.1),
        p50: at(0.5),
        p90: at(0.9),
    }
}

fn python_report(machine: &Machine) -> PythonReport {
    let (major, minor, micro) = machine.python.version;
    PythonReport {
        version: format!("{major}.{minor}.{micro}"),
        gil: machine.python.gil,
        default_start_method: machine.python.default_start_method.name().to_owned(),
    }
}

fn doubts(input: &Input<'_>) -> Vec<String> {
    let read = input
        .source
        .doubts
        .iter()
        .map(|doubt| format!("{}:{}: {}", doubt.place.file, doubt.place.line, doubt.doubt));
    let refused = input
        .observation
        .sampling
        .refused
        .iter()
        .map(|why| format!("no samples from outside: {why}"));
    read.chain(input.observation.doubts.iter().cloned())
        .chain(refused)
        .collect()
}

/// Whether the ledger shows anything at all.
pub(crate) fn is_empty(ledger: &Ledger) -> bool {
    ledger.total() <= 0.0
}
