//! What to race: the alternatives that can be written, the most promising first.

use super::ProveArgs;
use super::observed::Seen;
use crate::editor::{Choice, Editor, with_chunks};
use crate::failure::Failure;
use rightlane_facts::{Alternative, Api, Family, Grade, NotRaced, Settings, Verdict};
use rightlane_rewrite::{Rewrite, Texts};
use std::rc::Rc;

/// Predicted to be slower than the fastest by more than this, a family comes last: the predictions' 90th
/// percentile of error on the corpus is 85 % (`make regret`).
const HOPELESS: f64 = 1.85;

/// A variant that can be run.
pub(crate) struct Candidate {
    pub(crate) choice: Choice,
    pub(crate) rewrite: Rewrite,
    pub(crate) edited: Texts,
    /// Predicted wall seconds of the site's work.
    pub(crate) predicted: Option<f64>,
}

/// The site, and what can be written for it.
pub(crate) struct Candidates<'a> {
    editor: Rc<Editor<'a>>,
    pub(crate) verdict: Verdict,
    pub(crate) tasks: u64,
    pub(crate) first: Vec<Candidate>,
    /// What is predicted to be far slower, or like another of its family: run once if there is time.
    pub(crate) later: Vec<(Choice, f64)>,
    pub(crate) not_raced: Vec<NotRaced>,
}

impl<'a> Candidates<'a> {
    /// Those of the verdict's site; where none can be written, of the next site that gains.
    pub(crate) fn of(args: &ProveArgs, seen: &'a Seen) -> Result<Self, Failure> {
        let verdicts = crate::apply::verdicts_at(&seen.report, &seen.source, args.line())?;
        let editor = Rc::new(Editor::new(
            &seen.source,
            &seen.contents,
            &seen.machine.python,
        ));
        let mut first = None;
        for verdict in verdicts {
            let candidates = Self::at(verdict, seen, Rc::clone(&editor));
            if !candidates.first.is_empty() {
                return Ok(candidates);
            }
            first.get_or_insert(candidates);
        }
        first.ok_or_else(|| Failure::not_here("there is nothing to race"))
    }

    fn at(verdict: Verdict, seen: &Seen, editor: Rc<Editor<'a>>) -> Self {
        let mut sites = seen.report.sites.iter();
        let tasks = sites
            .find(|site| site.verdict.target == verdict.target)
            .map_or(0, |site| site.tasks);
        let mut all = Self {
            editor,
            verdict,
            tasks,
            first: Vec::new(),
            later: Vec::new(),
            not_raced: Vec::new(),
        };
        all.fill();
        all
    }

    /// The fastest predicted setting of each family, and of the fastest family each API: every variant costs
    /// runs.
    fn fill(&mut self) {
        let all = self.alternatives();
        let mut best: Vec<Alternative> = Vec::new();
        for one in all {
            if !best.iter().any(|known| kind(known) == kind(&one)) {
                best.push(one);
            }
        }
        let usable = |one: &&Alternative| one.ruled_out.is_none();
        let fastest = best
            .iter()
            .filter(usable)
            .min_by(|a, b| a.predicted_seconds.total_cmp(&b.predicted_seconds))
            .cloned();
        let mut families: Vec<(Family, bool)> = Vec::new();
        for one in best {
            let choice = self.choice(one.api, one.settings);
            let lead = fastest
                .as_ref()
                .map_or(one.predicted_seconds, |fastest| fastest.predicted_seconds);
            let leads = fastest.as_ref().is_some_and(|fastest| {
                kind(fastest).1 == kind(&one).1 && fastest.family == one.family
            });
            let lane = (one.family, kind(&one).1);
            let unlikely =
                one.predicted_seconds > HOPELESS * lead || !leads && families.contains(&lane);
            match &one.ruled_out {
                Some(reason) => self.not_raced.push(NotRaced {
                    api: one.api,
                    settings: choice.settings,
                    reason: reason.clone(),
                }),
                None if unlikely => self.later.push((choice, one.predicted_seconds)),
                None => {
                    let written = self.first.len();
                    self.try_one(choice, Some(one.predicted_seconds));
                    if self.first.len() > written {
                        families.push(lane);
                    }
                }
            }
        }
    }

    /// What was simulated, the verdict's own first, then the fastest.
    fn alternatives(&self) -> Vec<Alternative> {
        let verdict = &self.verdict;
        let mut all: Vec<Alternative> = Vec::new();
        if verdict.api != Api::Sequential {
            all.push(Alternative {
                api: verdict.api,
                family: verdict.family,
                settings: verdict.settings,
                predicted_seconds: verdict.predicted_seconds,
                predicted_interval: verdict.predicted_interval,
                ruled_out: None,
            });
        }
        let others = verdict
            .alternatives
            .iter()
            .filter(|one| one.family != Family::Sequential);
        all.extend(others.cloned());
        all
    }

    fn try_one(&mut self, choice: Choice, predicted: Option<f64>) {
        match self.written(choice, predicted) {
            Ok(candidate) => self.first.push(candidate),
            Err(reason) => self.not_raced.push(NotRaced {
                api: choice.api,
                settings: choice.settings,
                reason,
            }),
        }
    }

    pub(crate) fn choice(&self, api: Api, settings: Settings) -> Choice {
        Choice {
            api,
            settings: with_chunks(api, settings, self.tasks),
        }
    }

    /// The program with this choice.
    pub(crate) fn written(
        &self,
        choice: Choice,
        predicted: Option<f64>,
    ) -> Result<Candidate, String> {
        let (target, place) = (self.verdict.target.as_ref(), self.verdict.place.as_ref());
        let rewrite = self.editor.edit(target, place, &choice)?;
        if let Grade::ShowOnly(reasons) = &rewrite.grade {
            return Err(reasons.join("; "));
        }
        let edited = self.editor.edited(&rewrite)?;
        if edited
            .iter()
            .all(|(path, text)| self.editor.text(path) == text)
        {
            return Err("the program is written so already".to_owned());
        }
        Ok(Candidate {
            choice,
            rewrite,
            edited,
            predicted,
        })
    }
}

/// APIs that are raced by themselves: asyncio in threads and by itself are two.
pub(crate) fn kind(one: &Alternative) -> (Api, bool) {
    kind_of(one.api, &one.settings)
}

pub(crate) fn kind_of(api: Api, settings: &Settings) -> (Api, bool) {
    (
        api,
        api.family() == Family::Asyncio && settings.workers.is_some(),
    )
}
