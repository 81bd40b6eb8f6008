//! The variants in the race, and who they are.

use super::ProveArgs;
use super::candidates::{Candidate, Candidates};
use super::observed::Seen;
use super::search;
use crate::editor::Choice;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::program::Program;
use crate::terminal::{self, Stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rightlane_facts::{Api, Family, Grade, NotRaced, RaceEnd, Settings};
use rightlane_race::{Measured, Progress, Race, RaceError, Rehearsal, Settled, Variant};
use rightlane_rewrite::Texts;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A family predicted to take more times as long as the program as it is waits until there is time to spare: the
/// corpus's worst prediction of a whole family is 3 times too slow (processes of convert_readings).
const FAR: f64 = 4.0;

/// A variant that was added to the race.
pub(crate) struct Entrant {
    pub(crate) choice: Choice,
    pub(crate) grade: Grade,
    pub(crate) predicted: Option<f64>,
    /// Of another Python than the program's own: which.
    pub(crate) python: Option<String>,
}

/// The race with what is known of its variants.
pub(crate) struct Field<'a> {
    pub(crate) race: Race<'a>,
    pub(crate) entrants: Vec<Entrant>,
    pub(crate) candidates: Candidates<'a>,
    pub(crate) effects: Vec<String>,
    pub(crate) in_copy: bool,
    seen: &'a Seen,
    reference: Variant,
    line: ProgressBar,
    pythons: Vec<OtherPython>,
    /// Sources of the variants, for those that run with several Pythons.
    texts: Vec<Texts>,
}

impl<'a> Field<'a> {
    pub(crate) fn new(
        args: &ProveArgs,
        race: Race<'a>,
        program: &Program,
        seen: &'a Seen,
        candidates: Candidates<'a>,
        rehearsal: &Rehearsal,
        pythons: Vec<OtherPython>,
    ) -> Self {
        Self {
            race,
            entrants: Vec::new(),
            candidates,
            effects: rehearsal.effects.iter().map(ToString::to_string).collect(),
            in_copy: rehearsal.in_copy,
            seen,
            reference: super::reference(program, &args.program.arguments),
            line: progress(args.quiet),
            pythons,
            texts: Vec::new(),
        }
    }

    /// Races the candidates, then looks around the best for better settings.
    pub(crate) fn run(&mut self, interrupts: &Interrupts) -> Result<RaceEnd, RaceError> {
        if self.candidates.first.is_empty() {
            return Ok(RaceEnd::NothingToRace);
        }
        self.enter_reference();
        for candidate in std::mem::take(&mut self.candidates.first) {
            self.enter(candidate);
        }
        let mut end = self.round(interrupts)?;
        if end == RaceEnd::Done {
            end = self.try_families(interrupts)?;
        }
        end = self.look_around(interrupts, end)?;
        if end == RaceEnd::Done {
            end = self.try_unlikely(interrupts)?;
        }
        if end != RaceEnd::Interrupted && !self.pythons.is_empty() {
            let share = self.race.budget().unwrap_or_default();
            for python in self.pythons.clone() {
                self.enter_python(&python);
                self.race.extend(share);
                end = self.round(interrupts)?;
            }
        }
        self.line.finish_and_clear();
        Ok(end)
    }

    /// Better settings, from the best so far.
    fn look_around(
        &mut self,
        interrupts: &Interrupts,
        mut end: RaceEnd,
    ) -> Result<RaceEnd, RaceError> {
        let mut search = search::Search::new(self.seen.machine.cores);
        while end == RaceEnd::Done {
            let next = search.next(&self.known(), self.candidates.tasks);
            if next.is_empty() {
                break;
            }
            for choice in next {
                self.enter_choice(choice);
            }
            end = self.round(interrupts)?;
        }
        Ok(end)
    }

    /// One variant of each family of which nothing was raced: no mistake is dearer than a whole family's
    /// prediction, and a later simulation is corrected by what it shows. What is predicted to take far longer than
    /// the program as it is waits.
    fn try_families(&mut self, interrupts: &Interrupts) -> Result<RaceEnd, RaceError> {
        let now = self.entrants.first().and_then(|one| one.predicted);
        for (choice, predicted) in std::mem::take(&mut self.candidates.later) {
            let family = choice.api.family();
            let mut entered = self.entrants.iter().map(|one| one.choice.api.family());
            if entered.any(|one| one == family) || now.is_some_and(|now| predicted > FAR * now) {
                self.candidates.later.push((choice, predicted));
            } else {
                self.enter_choice(choice);
            }
        }
        self.round(interrupts)
    }

    /// What is unlikely to win, for predictions err: one run each, and a look around if it does.
    fn try_unlikely(&mut self, interrupts: &Interrupts) -> Result<RaceEnd, RaceError> {
        let before = self.best();
        for (choice, _) in std::mem::take(&mut self.candidates.later) {
            self.enter_choice(choice);
        }
        let end = self.round(interrupts)?;
        match self.best() == before {
            true => Ok(end),
            false => self.look_around(interrupts, end),
        }
    }

    fn enter_choice(&mut self, choice: Choice) {
        let choice = self.candidates.choice(choice.api, choice.settings);
        if self.entrants.iter().any(|one| one.choice == choice) {
            return;
        }
        let predicted = self.predicted(&choice);
        match self.candidates.written(choice, predicted) {
            Ok(candidate) => self.enter(candidate),
            Err(reason) => self.candidates.not_raced.push(NotRaced {
                api: choice.api,
                settings: choice.settings,
                reason,
            }),
        }
    }

    /// The fastest so far.
    fn best(&self) -> Option<usize> {
        let known = self.known();
        let best = known.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
        best.map(|one| one.index)
    }

    fn round(&mut self, interrupts: &Interrupts) -> Result<RaceEnd, RaceError> {
        let line = self.line.clone();
        let mut show = |seen: &Progress<'_>| {
            let seconds = seen
                .seconds
                .map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.2} s"));
            line.set_position((seen.spent * 10.0) as u64);
            line.set_length((seen.budget * 10.0) as u64);
            line.set_message(format!("run {}: {} {seconds}", seen.runs, seen.variant));
        };
        let race = &mut self.race;
        let settled = interrupts.while_observing(|_| race.run(&mut show))?;
        Ok(match settled {
            Settled::Done => RaceEnd::Done,
            Settled::OutOfBudget => RaceEnd::OutOfBudget,
            Settled::Interrupted => RaceEnd::Interrupted,
        })
    }

    fn enter_reference(&mut self) {
        let sequential = Choice {
            api: Api::Sequential,
            settings: Settings::default(),
        };
        let now = self
            .candidates
            .verdict
            .alternatives
            .iter()
            .find(|one| one.api == Api::Sequential);
        self.race.add(self.reference.clone());
        self.texts.push(Texts::new());
        self.entrants.push(Entrant {
            choice: sequential,
            grade: Grade::Safe,
            predicted: now.map(|now| now.predicted_seconds),
            python: None,
        });
    }

    fn enter(&mut self, candidate: Candidate) {
        let mut variant = self.reference.clone();
        variant.name = named(&candidate.choice);
        variant.overlay = self.overlay(&candidate.edited);
        self.race.add(variant);
        self.texts.push(candidate.edited);
        self.entrants.push(Entrant {
            choice: candidate.choice,
            grade: candidate.rewrite.grade,
            predicted: candidate.predicted,
            python: None,
        });
    }

    /// The edited files by their paths in the tree: the source was read in the race's place.
    fn overlay(&self, texts: &Texts) -> Vec<(PathBuf, String)> {
        let one = |(path, text): (&String, &String)| {
            (self.seen.place.in_tree(Path::new(path)), text.clone())
        };
        texts.iter().map(one).collect()
    }

    /// The program as it is and the best variant of each family, with another Python.
    fn enter_python(&mut self, python: &OtherPython) {
        let known = self.known();
        let mut best: Vec<usize> = vec![0];
        for family in [
            Family::Thread,
            Family::Process,
            Family::Asyncio,
            Family::Interpreter,
        ] {
            let of_family = known.iter().filter(|one| one.choice.api.family() == family);
            best.extend(
                of_family
                    .min_by(|a, b| a.seconds.total_cmp(&b.seconds))
                    .map(|one| one.index),
            );
        }
        for index in best {
            let one = &self.entrants[index];
            let (choice, grade) = (one.choice, one.grade.clone());
            let texts = self.texts[index].clone();
            self.enter_for(python, choice, grade, &texts);
        }
        for api in python.own_apis() {
            if known
                .iter()
                .any(|one| one.choice.api.family() == api.family())
            {
                continue;
            }
            let workers = Some(self.seen.machine.cores.max(1.0).floor() as u32);
            let choice = self.candidates.choice(
                api,
                Settings {
                    workers,
                    ..Settings::default()
                },
            );
            if let Ok(candidate) = self.candidates.written(choice, None) {
                self.enter_for(python, choice, candidate.rewrite.grade, &candidate.edited);
            }
        }
    }

    fn enter_for(&mut self, python: &OtherPython, choice: Choice, grade: Grade, texts: &Texts) {
        let mut variant = self.reference.clone();
        variant.name = format!("{} {}", named(&choice), python.version);
        variant.python.clone_from(&python.path);
        variant.overlay = self.overlay(texts);
        self.race.add(variant);
        self.texts.push(Texts::new());
        self.entrants.push(Entrant {
            choice,
            grade,
            predicted: None,
            python: Some(python.version.clone()),
        });
    }

    /// The variants that have a time.
    pub(crate) fn known(&self) -> Vec<Known> {
        let measured = self.race.measured();
        let mut known = Vec::new();
        for (index, (one, entrant)) in measured.iter().zip(&self.entrants).enumerate() {
            if let Some(seconds) = one.seconds.filter(|_| entrant.python.is_none()) {
                known.push(Known {
                    index,
                    choice: entrant.choice,
                    seconds,
                });
            }
        }
        known
    }

    pub(crate) fn measured(&self) -> Vec<Measured> {
        self.race.measured()
    }

    fn predicted(&self, choice: &Choice) -> Option<f64> {
        let mut all = self.candidates.verdict.alternatives.iter();
        all.find(|one| {
            one.api == choice.api && self.candidates.choice(one.api, one.settings) == *choice
        })
        .map(|one| one.predicted_seconds)
    }
}

/// A variant with its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) index: usize,
    pub(crate) choice: Choice,
    pub(crate) seconds: f64,
}

/// A variant's name in progress and errors.
fn named(choice: &Choice) -> String {
    let settings = rightlane_report::settings_words(&choice.settings);
    let name = if choice.is_to_thread() {
        "asyncio.to_thread"
    } else {
        choice.api.name()
    };
    if settings.is_empty() {
        name.to_owned()
    } else {
        format!("{name} ({settings})")
    }
}

/// A Python that was asked for besides the program's own.
#[derive(Debug, Clone)]
pub(crate) struct OtherPython {
    /// `3.13.0t`
    version: String,
    path: PathBuf,
    gil: bool,
    has_interpreters: bool,
}

impl OtherPython {
    /// APIs that may be worth it there and not with the program's own Python.
    fn own_apis(&self) -> Vec<Api> {
        let threads = (!self.gil).then_some(Api::ThreadPoolExecutor);
        let interpreters =
            (self.gil && self.has_interpreters).then_some(Api::InterpreterPoolExecutor);
        threads.into_iter().chain(interpreters).collect()
    }
}

/// The Pythons of `--pythons`, by their versions.
///
/// # Errors
/// If one is not there: known before the race rather than after it.
pub(crate) fn other_pythons(wanted: &[OsString]) -> Result<Vec<OtherPython>, Failure> {
    let mut found = Vec::new();
    for wanted in wanted {
        let facts = crate::python::find(Some(wanted), None, None)
            .and_then(|path| crate::machine::probe(&path))?;
        let (major, minor, micro) = facts.version;
        let mark = if facts.gil { "" } else { "t" };
        found.push(OtherPython {
            version: format!("{major}.{minor}.{micro}{mark}"),
            path: PathBuf::from(facts.executable),
            gil: facts.gil,
            has_interpreters: (major, minor) >= (3, 14),
        });
    }
    Ok(found)
}

fn progress(quiet: bool) -> ProgressBar {
    if quiet || !terminal::is_terminal(Stream::Err) {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "rightlane: {msg} {wide_bar} {elapsed}, Ctrl-C gives the result so far",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr_with_hz(2))
        .with_style(style)
}
