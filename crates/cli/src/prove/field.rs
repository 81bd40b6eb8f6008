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
use rightlane_facts::{Api, Family, Grade, RaceEnd, Settings};
use rightlane_race::{Measured, Progress, Race, RaceError, Rehearsal, Settled, Variant};
use rightlane_rewrite::Texts;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    pythons: Vec<(String, PathBuf)>,
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
        pythons: Vec<(String, PathBuf)>,
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
        let mut search = search::Search::new(self.seen.machine.cores);
        while end == RaceEnd::Done {
            let next = search.next(&self.known(), self.candidates.tasks);
            if next.is_empty() {
                break;
            }
            for choice in next {
                let choice = self.candidates.choice(choice.api, choice.settings);
                if !self.entrants.iter().any(|one| one.choice == choice)
                    && let Ok(candidate) = self.candidates.written(choice, self.predicted(&choice))
                {
                    self.enter(candidate);
                }
            }
            end = self.round(interrupts)?;
        }
        if end != RaceEnd::Interrupted && !self.pythons.is_empty() {
            self.enter_other_pythons();
            end = self.round(interrupts)?;
        }
        self.line.finish_and_clear();
        Ok(end)
    }

    fn round(&mut self, interrupts: &Interrupts) -> Result<RaceEnd, RaceError> {
        let line = self.line.clone();
        let mut show = |seen: &Progress<'_>| {
            let seconds = seen.seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.2} s"));
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
        let sequential = Choice { api: Api::Sequential, settings: Settings::default() };
        let now = self.candidates.verdict.alternatives.iter().find(|one| one.api == Api::Sequential);
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
        let one = |(path, text): (&String, &String)| (self.seen.place.in_tree(Path::new(path)), text.clone());
        texts.iter().map(one).collect()
    }

    /// The program as it is and the best variant of each family, with the other Pythons.
    fn enter_other_pythons(&mut self) {
        let known = self.known();
        let mut best: Vec<usize> = vec![0];
        for family in [Family::Thread, Family::Process, Family::Asyncio, Family::Interpreter] {
            let of_family = known.iter().filter(|one| one.choice.api.family() == family);
            best.extend(of_family.min_by(|a, b| a.seconds.total_cmp(&b.seconds)).map(|one| one.index));
        }
        for (version, python) in self.pythons.clone() {
            for index in &best {
                let mut variant = self.reference.clone();
                variant.name = format!("{} {version}", named(&self.entrants[*index].choice));
                variant.python = python.clone();
                variant.overlay = self.overlay(&self.texts[*index]);
                self.race.add(variant);
                self.texts.push(Texts::new());
                let one = &self.entrants[*index];
                self.entrants.push(Entrant {
                    choice: one.choice,
                    grade: one.grade.clone(),
                    predicted: None,
                    python: Some(version.clone()),
                });
            }
        }
    }

    /// The variants that have a time.
    pub(crate) fn known(&self) -> Vec<Known> {
        let measured = self.race.measured();
        let mut known = Vec::new();
        for (index, (one, entrant)) in measured.iter().zip(&self.entrants).enumerate() {
            if let Some(seconds) = one.seconds.filter(|_| entrant.python.is_none()) {
                known.push(Known { index, choice: entrant.choice, seconds });
            }
        }
        known
    }

    pub(crate) fn measured(&self) -> Vec<Measured> {
        self.race.measured()
    }

    fn predicted(&self, choice: &Choice) -> Option<f64> {
        let mut all = self.candidates.verdict.alternatives.iter();
        all.find(|one| one.api == choice.api && self.candidates.choice(one.api, one.settings) == *choice)
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
    let name = if choice.is_to_thread() { "asyncio.to_thread" } else { choice.api.name() };
    if settings.is_empty() { name.to_owned() } else { format!("{name} ({settings})") }
}

/// The Pythons of `--pythons`, by their versions.
///
/// # Errors
/// If one is not there: known before the race rather than after it.
pub(crate) fn other_pythons(wanted: &[OsString]) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    for wanted in wanted {
        let facts = crate::python::find(Some(wanted), None, None).and_then(|path| crate::machine::probe(&path))?;
        let (major, minor, micro) = facts.version;
        let mark = if facts.gil { "" } else { "t" };
        found.push((format!("{major}.{minor}.{micro}{mark}"), PathBuf::from(facts.executable)));
    }
    Ok(found)
}

fn progress(quiet: bool) -> ProgressBar {
    if quiet || !terminal::is_terminal(Stream::Err) {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("rightlane: {msg} {wide_bar} {elapsed}, Ctrl-C gives the result so far")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr_with_hz(2)).with_style(style)
}
