//! The verdict of a run of long-lived activities: steps 0, 1 and 2 lead to a worker of its own
//! for each.

use crate::candidate::share_of;
use crate::judge::Context;
use crate::workload::Seen;
use crate::{code, step0, step2, step4};
use rightlane_facts::words::{percent, seconds};
use rightlane_facts::{
    Alternative, Answer, Api, Dependency, DependencyKind, EffectKind, Evidence, EvidenceSource,
    Ledger, Member, Observation, Place, Settings, Site, Step, Target, TaskPart, TaskSample,
    Verdict,
};
use rightlane_simulate::{RunMember, RunPlan, predict_run};

/// An activity with a smaller share of the run than this gets no worker of its own.
const LEAST_MEMBER_SHARE: f64 = 0.08;

/// A run of calls with its verdict.
pub(crate) struct JudgedRun<'a> {
    pub(crate) site: &'a Site,
    pub(crate) seconds: f64,
    pub(crate) share: f64,
    pub(crate) ledger: Ledger,
    pub(crate) members: u64,
    pub(crate) verdict: Verdict,
}

impl JudgedRun<'_> {
    pub(crate) fn saves(&self) -> f64 {
        if self.verdict.api == Api::Sequential {
            return 0.0;
        }
        (self.verdict.predicted_speedup - 1.0).max(0.0) * self.verdict.predicted_seconds
    }
}

struct Activities<'a> {
    site: &'a Site,
    /// Indices of the members that are long enough to count.
    long: Vec<usize>,
    ledgers: Vec<Ledger>,
    /// Items that each goes through one by one, as far as its own loop was counted.
    items: Vec<u64>,
    seconds: f64,
}

/// The verdict of a run; `None` where fewer than two of its members take a share that counts.
pub(crate) fn judge<'a>(
    site: &'a Site,
    observation: &Observation,
    context: &Context<'_>,
) -> Option<JudgedRun<'a>> {
    let activities = Activities::of(site, observation, context)?;
    let options: Vec<(RunPlan, Alternative)> = [
        RunPlan::Threads,
        RunPlan::Processes(context.machine.python.default_start_method),
    ]
    .into_iter()
    .map(|plan| (plan, activities.predict(plan, context)))
    .collect();
    let fastest = options
        .iter()
        .min_by(|a, b| a.1.predicted_seconds.total_cmp(&b.1.predicted_seconds))
        .map(|(_, alternative)| alternative.predicted_seconds)?;
    // Threads where at most one activity computes (nobody to take turns with), or where they are
    // about as fast: no pickling, no guard, results at hand.
    let tolerated = if activities.computing() <= 1 {
        f64::INFINITY
    } else {
        fastest * 1.25
    };
    let chosen = options
        .iter()
        .map(|(_, alternative)| alternative)
        .find(|alternative| alternative.predicted_seconds <= tolerated)?;
    // Replayed, the time that other programs took away is gone: compare with the replay.
    let now = activities.predict(RunPlan::Sequential, context);
    let gain = chosen.predicted_seconds <= now.predicted_seconds * (1.0 - step0::LEAST_GAIN);
    let stopped = activities.obstacle().or_else(|| {
        (!gain).then(|| "the activities wait for each other or for the same cores".to_owned())
    });
    let ledger = activities.ledger();
    let verdict = activities.verdict(chosen, &options, now, stopped, context);
    Some(JudgedRun {
        site,
        seconds: activities.seconds,
        share: share_of(activities.seconds, observation),
        ledger,
        members: activities.long.len() as u64,
        verdict,
    })
}

impl<'a> Activities<'a> {
    fn of(site: &'a Site, observation: &Observation, context: &Context<'_>) -> Option<Self> {
        let seen = Seen::of(context.source, observation, site).ledger?;
        // Inside a loop the loop is what to look at: a worker per pass would be one per call.
        if seen.repeated > 0.5 * seen.ledger.total() {
            return None;
        }
        let wall = observation.wall_seconds;
        let time = |member: usize| seen.calls.get(member).map_or(0.0, Ledger::total);
        let long: Vec<usize> = (0..site.members.len())
            .filter(|member| wall > 0.0 && time(*member) / wall >= LEAST_MEMBER_SHARE)
            .collect();
        let (first, last) = (*long.first()?, *long.last()?);
        if long.len() < 2 {
            return None;
        }
        // What stands between the first and the last long member runs with its neighbours.
        let seconds = (first..=last).map(time).sum();
        let ledgers = long.iter().map(|member| seen.calls[*member]).collect();
        let items = long
            .iter()
            .map(|member| items(&site.members[*member], site, observation, context))
            .collect();
        Some(Self {
            site,
            long,
            ledgers,
            items,
            seconds,
        })
    }

    fn ledger(&self) -> Ledger {
        let mut whole = Ledger::default();
        for ledger in &self.ledgers {
            whole.merge(ledger);
        }
        whole
    }

    /// How many of the activities mostly need the GIL.
    fn computing(&self) -> usize {
        let computes =
            |ledger: &&Ledger| ledger.gil_cpu() > 0.5 * (ledger.total() - ledger.cpu_wait);
        self.ledgers.iter().filter(computes).count()
    }

    /// Why the activities may not run side by side, if they may not.
    fn obstacle(&self) -> Option<String> {
        if self.site.independence.answer == Answer::No {
            let why = self.site.independence.carriers.first();
            return Some(why.map_or_else(
                || "the activities depend on each other".to_owned(),
                |carrier| format!("{}: {}", carrier.name, carrier.why),
            ));
        }
        let members: Vec<&Member> = self.long.iter().map(|m| &self.site.members[*m]).collect();
        for (index, earlier) in members.iter().enumerate() {
            for later in &members[index + 1..] {
                if let Some(kind) = clash(earlier, later) {
                    return Some(format!("{} and {} {kind}", earlier.callee, later.callee));
                }
            }
        }
        None
    }

    /// The dependencies between the long members, as positions among them; what a long member
    /// needs through short ones counts as needing it whole.
    fn dependencies(&self) -> Vec<Dependency> {
        let position = |member: usize| self.long.iter().position(|long| *long == member);
        let mut found = Vec::new();
        for (later, member) in self.long.iter().enumerate() {
            for (through, dependency) in self.needs(*member) {
                let Some(earlier) = position(dependency.earlier) else {
                    continue;
                };
                let kind = if through {
                    DependencyKind::Value
                } else {
                    dependency.kind
                };
                found.push(Dependency {
                    earlier,
                    later,
                    kind,
                    name: dependency.name.clone(),
                });
            }
        }
        found
    }

    /// Everything that a member needs: (through a short member, the dependency).
    fn needs(&self, member: usize) -> Vec<(bool, &Dependency)> {
        let mut reached = vec![member];
        let mut found = Vec::new();
        let mut next = 0;
        while let Some(&current) = reached.get(next) {
            next += 1;
            for dependency in self.site.dependencies.iter().filter(|d| d.later == current) {
                found.push((current != member, dependency));
                let earlier = dependency.earlier;
                if !self.long.contains(&earlier) && !reached.contains(&earlier) {
                    reached.push(earlier);
                }
            }
        }
        found
    }

    fn predict(&self, plan: RunPlan, context: &Context<'_>) -> Alternative {
        let members: Vec<RunMember> = self
            .ledgers
            .iter()
            .zip(&self.items)
            .map(|(ledger, items)| RunMember {
                work: work(ledger),
                items: *items,
                yields: ledger.python_gil >= ledger.native_gil,
                sockets: ledger.socket > 0.5 * ledger.waiting(),
            })
            .collect();
        let prediction = predict_run(
            &members,
            &self.dependencies(),
            context.machine,
            plan,
            context.seed,
        );
        let api = match plan {
            RunPlan::Threads => Api::Thread,
            RunPlan::Processes(_) => Api::Process,
            RunPlan::Sequential => Api::Sequential,
        };
        let workers = match plan {
            RunPlan::Sequential => None,
            _ => u32::try_from(self.long.len()).ok(),
        };
        Alternative {
            api,
            family: api.family(),
            settings: Settings {
                workers,
                ..Settings::default()
            },
            predicted_seconds: prediction.seconds,
            predicted_interval: (prediction.low, prediction.high),
            ruled_out: None,
        }
    }

    fn verdict(
        &self,
        chosen: &Alternative,
        options: &[(RunPlan, Alternative)],
        sequential: Alternative,
        stopped: Option<String>,
        context: &Context<'_>,
    ) -> Verdict {
        let mut alternatives: Vec<Alternative> = options
            .iter()
            .map(|(_, alternative)| alternative.clone())
            .collect();
        alternatives.push(sequential.clone());
        alternatives.sort_by(|a, b| a.predicted_seconds.total_cmp(&b.predicted_seconds));
        let steps = self.steps(chosen, stopped.as_deref());
        let answer = if stopped.is_some() {
            &sequential
        } else {
            chosen
        };
        let runner_up = alternatives
            .iter()
            .find(|other| other.family != answer.family)
            .cloned();
        Verdict {
            api: answer.api,
            family: answer.family,
            settings: answer.settings,
            predicted_seconds: answer.predicted_seconds,
            predicted_interval: answer.predicted_interval,
            predicted_speedup: sequential.predicted_seconds / answer.predicted_seconds.max(1e-9),
            predicted_program_seconds: (context.wall_seconds - self.seconds
                + answer.predicted_seconds)
                .max(0.0),
            steps,
            runner_up,
            flips_if: Some(self.flips_if(stopped.is_some())),
            caveats: self.caveats(stopped.is_some()),
            code: stopped
                .is_none()
                .then(|| code::write_run(self.site, &self.groups(), answer.family)),
            alternatives,
            place: Some(Place {
                file: self.site.file.clone(),
                line: self.site.span.line,
            }),
            target: Some(Target {
                site: self.site.id,
                part: TaskPart::Groups(self.groups()),
            }),
        }
    }

    fn steps(&self, chosen: &Alternative, stopped: Option<&str>) -> Vec<Step> {
        let here = Place {
            file: self.site.file.clone(),
            line: self.site.span.line,
        };
        let fact = format!(
            "{} activities in a row, {}",
            self.long.len(),
            seconds(self.seconds)
        );
        let mut steps = vec![Step {
            step: "0".to_owned(),
            question: "Is it legal and worth it?".to_owned(),
            answer: stopped.map_or_else(|| "yes".to_owned(), |reason| format!("no: {reason}")),
            evidence: vec![Evidence::at(EvidenceSource::Observed, fact, here)],
        }];
        if stopped.is_none() {
            steps.push(self.bound_step());
            steps.push(step2::run_step(&self.named_times()));
            steps.push(Step {
                step: "4".to_owned(),
                question: "Which settings?".to_owned(),
                answer: step4::words(&chosen.settings),
                evidence: Vec::new(),
            });
        }
        steps
    }

    fn bound_step(&self) -> Step {
        let ledger = self.ledger();
        let total = ledger.total().max(1e-9);
        let facts = [
            ("waiting", ledger.waiting()),
            ("CPU holding the GIL", ledger.gil_cpu()),
            ("CPU without the GIL", ledger.free_cpu()),
        ];
        Step {
            step: "1".to_owned(),
            question: "CPU-bound or IO-bound?".to_owned(),
            answer: if ledger.waiting() > 0.5 * total {
                "mostly waiting: threads".to_owned()
            } else {
                "mostly CPU".to_owned()
            },
            evidence: facts
                .into_iter()
                .filter(|(_, part)| *part > 0.05 * total)
                .map(|(name, part)| {
                    let fact = format!("{} {name} ({})", percent(part / total), seconds(part));
                    Evidence::new(EvidenceSource::Observed, fact)
                })
                .collect(),
        }
    }

    fn named_times(&self) -> Vec<(String, f64)> {
        self.long
            .iter()
            .zip(&self.ledgers)
            .map(|(member, ledger)| (self.site.members[*member].callee.clone(), ledger.total()))
            .collect()
    }

    fn flips_if(&self, stopped: bool) -> String {
        if stopped {
            "the activities did not need each other's results".to_owned()
        } else {
            "one activity needed the finished result of another".to_owned()
        }
    }

    fn caveats(&self, stopped: bool) -> Vec<String> {
        if stopped {
            return Vec::new();
        }
        let mut caveats = vec![
            "an exception in a thread ends only that thread: hand it over and raise it after join"
                .to_owned(),
        ];
        let talkers = self.long.iter().filter(|member| {
            self.site.members[**member]
                .effects
                .iter()
                .any(|e| e.kind == EffectKind::Network)
        });
        if talkers.count() > 1 {
            caveats.push(
                "more than one activity uses the network: make sure that their order does not matter"
                    .to_owned(),
            );
        }
        caveats
    }

    /// Every long member by itself: those that wait for a value come after it in one worker.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for member in &self.long {
            let needs = self.site.dependencies.iter().find(|dependency| {
                dependency.later == *member && dependency.kind == DependencyKind::Value
            });
            let home = needs.and_then(|dependency| {
                groups
                    .iter()
                    .position(|group| group.contains(&dependency.earlier))
            });
            match home {
                Some(group) => groups[group].push(*member),
                None => groups.push(vec![*member]),
            }
        }
        groups
    }
}

/// What two activities do that forbids running them side by side.
fn clash(earlier: &Member, later: &Member) -> Option<&'static str> {
    let does = |member: &Member, kinds: &[EffectKind]| {
        member
            .effects
            .iter()
            .any(|effect| kinds.contains(&effect.kind))
    };
    use EffectKind as E;
    let files = [E::WritesFile, E::DeletesFile];
    let uses_files = [E::ReadsFile, E::WritesFile, E::DeletesFile, E::ChildProcess];
    if does(earlier, &files) && does(later, &uses_files) && !apart(earlier, later) {
        return Some("use files: the later may need what the earlier writes");
    }
    if does(earlier, &[E::ChildProcess])
        && does(later, &[E::ReadsFile, E::ChildProcess])
        && !apart(earlier, later)
    {
        return Some("use child processes and files: their order may matter");
    }
    if does(earlier, &[E::Database]) && does(later, &[E::Database]) {
        return Some("use a database: their order may matter");
    }
    let process_wide = [
        E::RandomState,
        E::Environment,
        E::WorkingDirectory,
        E::Signal,
    ];
    if does(earlier, &process_wide) && does(later, &process_wide) {
        return Some("change state of the whole process (random numbers, environment, directory)");
    }
    None
}

/// Whether two activities have names of files to themselves: each is given something, and nothing
/// is given to both.
fn apart(earlier: &Member, later: &Member) -> bool {
    let names = |member: &Member| -> Vec<String> {
        member.reads.iter().chain(&member.writes).cloned().collect()
    };
    let (first, second) = (names(earlier), names(later));
    !earlier.reads.is_empty()
        && !later.reads.is_empty()
        && first.iter().all(|name| !second.contains(name))
}

/// Items that a member goes through: the iterations of the loop that it is, or of the longest
/// loop of the function that it calls; 1 where nobody counted.
fn items(member: &Member, run: &Site, observation: &Observation, context: &Context<'_>) -> u64 {
    let called = member.callee.rsplit('.').next().unwrap_or_default();
    context
        .source
        .sites
        .iter()
        .filter(|site| site.kind != rightlane_facts::SiteKind::Run)
        .filter(|site| {
            (site.path == run.path && member.span.holds(&site.span)) || site.function == called
        })
        .filter_map(|site| Seen::of(context.source, observation, site).iterations)
        .filter(|record| record.entered == 1)
        .max_by(|a, b| a.wall_seconds.total_cmp(&b.wall_seconds))
        .map_or(1, |record| record.iterations.max(1))
}

/// A member's whole work as one task.
fn work(ledger: &Ledger) -> TaskSample {
    TaskSample {
        gil_cpu: ledger.gil_cpu(),
        free_cpu: ledger.native_released,
        kernel_cpu: ledger.kernel,
        child_cpu: 0.0,
        waiting: ledger.waiting() + ledger.unexplained,
    }
}
