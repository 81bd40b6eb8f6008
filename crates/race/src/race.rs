//! The race itself.

mod entry;
mod judge;
mod rehearse;

use crate::effects::Effect;
use crate::error::{At, RaceError};
use crate::keeper::{Ended, Keeper, Limits};
use crate::measured::{How, Measured, Output};
use crate::run::{self, Run};
use crate::schedule::{Progress, Runner, Runs, Settled, is_loser, round};
use crate::scratch::{Change, Scratch};
use crate::setup::{Setup, Variant};
use crate::statistics::median;
use entry::Entry;
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a race may last when nothing is told, however short the program is: starting Python some
/// dozens of times.
const SHORTEST_BUDGET: Duration = Duration::from_secs(2);

/// Said once: every run of such a program differs from the one before.
const UNSTABLE: &str = "the unchanged program's own runs differ";

/// Output that every variant may have, whatever the reference's.
const LEAST_OUTPUT: u64 = 64 << 20;

/// A race: see the [crate] for what it guarantees. Dropping it kills what is left, removes its
/// folder and waits until that is done.
pub struct Race<'a> {
    pub(crate) setup: Setup<'a>,
    keeper: Keeper,
    pub(crate) scratch: Option<Scratch>,
    reference: Option<Reference>,
    entries: Vec<Entry>,
    /// Interpreters that have run once: their compiled modules are there.
    warm: BTreeSet<PathBuf>,
    spent: Duration,
    runs: usize,
    rounds: usize,
    doubts: BTreeSet<String>,
}

/// What the unchanged program did.
#[derive(Debug)]
struct Reference {
    status: Status,
    wall: Duration,
    /// Bytes on stdout or stderr, whichever had more.
    output: u64,
    /// What it changed in the copy.
    changes: Vec<(PathBuf, Change)>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Status {
    fn of(status: i32) -> Self {
        match status & 0x7f {
            0 => Self::Code((status >> 8) & 0xff),
            signal => Self::Signal(signal),
        }
    }
}

impl Display for Status {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// What the rehearsal showed.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// What the program did beyond computing, sorted.
    pub effects: Vec<Effect>,
    /// How it ended. A program that fails can be raced; whether that makes sense is the caller's.
    pub status: Status,
    /// Wall time; with cold caches.
    pub seconds: f64,
    /// Whether the race takes place in a copy of the tree.
    pub in_copy: bool,
    /// The last lines of stderr, cleaned of control characters.
    pub stderr: String,
}

/// A variant of a race, as [`Race::add`] numbers them; the reference is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariantId(pub usize);

impl<'a> Race<'a> {
    /// Starts the keeper, which makes the race's folder, and clears up after races whose keepers were
    /// killed.
    ///
    /// # Errors
    /// When this is not Linux, the working directory is not in the tree, an interpreter does not start, or the folder
    /// cannot be made.
    pub fn open(mut setup: Setup<'a>) -> Result<Self, RaceError> {
        if !cfg!(target_os = "linux") {
            return Err(RaceError::unsupported());
        }
        for path in [&mut setup.directory, &mut setup.root, &mut setup.temporary] {
            *path = fs::canonicalize(&*path).at(path)?;
        }
        if !setup.directory.starts_with(&setup.root) {
            let (directory, root) = (setup.directory.display(), setup.root.display());
            return Err(RaceError::setup(format!("{directory} is not below {root}")));
        }
        let keeper = Keeper::start(&setup.python, &setup.temporary)?;
        run::settle(&keeper.folder)?;
        let mut doubts = BTreeSet::new();
        if keeper.landlock == 0 {
            doubts.insert(
                "this kernel has no Landlock: writes by C libraries are not seen".to_owned(),
            );
        }
        Ok(Self {
            setup,
            keeper,
            scratch: None,
            reference: None,
            entries: Vec::new(),
            warm: BTreeSet::new(),
            spent: Duration::ZERO,
            runs: 0,
            rounds: 0,
            doubts,
        })
    }

    /// Gives every run this on stdin; without it, stdin is empty.
    ///
    /// # Errors
    /// When it cannot be read, or kept in the race's folder.
    pub fn feed(&mut self, input: &mut dyn Read) -> Result<(), RaceError> {
        let path = self.input();
        let mut file = File::create(&path).at(&path)?;
        io::copy(input, &mut file).at(&path).map(drop)
    }

    /// Where the keeper looks for what a run gets on stdin.
    pub(crate) fn input(&self) -> PathBuf {
        self.keeper.folder.join("input")
    }

    /// Adds a variant; the first is the reference. More may be added between calls of
    /// [`run`](Self::run).
    pub fn add(&mut self, variant: Variant) -> VariantId {
        self.entries.push(Entry::new(variant));
        VariantId(self.entries.len() - 1)
    }

    /// Runs the variants in turns until everything is settled, the budget over, or the interrupt
    /// says so. What was measured stays in every case, errors too; it may be called again.
    ///
    /// # Errors
    /// When there was no rehearsal, the keeper was killed, or somebody changed the tree.
    pub fn run(&mut self, progress: &mut dyn FnMut(&Progress<'_>)) -> Result<Settled, RaceError> {
        let Some(budget) = self.budget() else {
            return Err(RaceError::setup("a race begins with a rehearsal"));
        };
        loop {
            let next = round(&self.runners(), self.rules(), self.rounds);
            if next.is_empty() {
                return Ok(Settled::Done);
            }
            self.rounds += 1;
            let mut ran = false;
            for index in next {
                if (self.setup.interrupt)() {
                    return Ok(Settled::Interrupted);
                }
                if !self.may_run(index, budget) {
                    continue;
                }
                ran = true;
                if self.turn(index, budget)? == Ended::Interrupted {
                    return Ok(Settled::Interrupted);
                }
                self.drop_losers();
                self.tell(index, budget, progress);
            }
            if !ran {
                let settled = self
                    .entries
                    .iter()
                    .all(|entry| entry.is_out() || entry.samples().len() >= self.setup.min_runs);
                return Ok(if settled {
                    Settled::Done
                } else {
                    Settled::OutOfBudget
                });
            }
        }
    }

    /// Gives the race more time, for variants that are added now.
    pub fn extend(&mut self, more: Duration) {
        let budget = self.budget().unwrap_or_default();
        self.setup.budget = Some(budget + more);
    }

    /// What is known of each variant, in the order in which they were added.
    #[must_use]
    pub fn measured(&self) -> Vec<Measured> {
        self.entries
            .iter()
            .map(|entry| entry.measured(self.setup.seed))
            .collect()
    }

    /// What to bear in mind about the race as a whole, each once.
    #[must_use]
    pub fn doubts(&self) -> Vec<String> {
        self.doubts.iter().cloned().collect()
    }

    /// Wall time of all runs after the rehearsal, in seconds.
    #[must_use]
    pub fn spent(&self) -> f64 {
        self.spent.as_secs_f64()
    }

    /// The race's own folder; it is gone with the race.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.keeper.folder
    }

    /// What all runs may take; none before the rehearsal.
    #[must_use]
    pub fn budget(&self) -> Option<Duration> {
        let reference = self.reference.as_ref()?;
        let usual = (reference.wall * 5).max(SHORTEST_BUDGET);
        Some(self.setup.budget.unwrap_or(usual))
    }

    fn rules(&self) -> Runs {
        Runs {
            least: self.setup.min_runs.max(1),
            most: self.setup.max_runs.max(self.setup.min_runs),
            seed: self.setup.seed,
        }
    }

    fn runners(&self) -> Vec<Runner<'_>> {
        let runner =
            |(index, entry): (usize, &'_ Entry)| -> (usize, bool) { (index, entry.is_out()) };
        self.entries
            .iter()
            .enumerate()
            .map(|one| (runner(one), one.1))
            .map(|((index, out), entry)| Runner {
                samples: entry.samples(),
                out,
                is_reference: index == 0,
            })
            .collect()
    }

    /// Whether the budget has room for one more run. The reference is always run once.
    fn may_run(&self, index: usize, budget: Duration) -> bool {
        let Some(entry) = self.entries.get(index) else {
            return false;
        };
        if entry.is_out() {
            return false;
        }
        if index == 0 && entry.samples().is_empty() {
            return true;
        }
        let expected = median(entry.samples()).unwrap_or(0.0);
        self.spent + Duration::from_secs_f64(expected) < budget
    }

    /// One run of one variant, and what it shows.
    fn turn(&mut self, index: usize, budget: Duration) -> Result<Ended, RaceError> {
        let (Some(entry), Some(reference)) = (self.entries.get(index), &self.reference) else {
            return Ok(Ended::ByItself);
        };
        let left = budget.saturating_sub(self.spent);
        let hung = (reference.wall * 3).max(Duration::from_secs(10));
        // The reference gets its run even if the budget is shorter.
        let limit = if index == 0 { hung } else { hung.min(left) };
        let variant = entry.variant.clone();
        let limits = Limits {
            time: Some(limit),
            output: Some(reference.output.saturating_mul(4).max(LEAST_OUTPUT)),
        };
        let run = self.once(&variant, limits)?;
        self.runs += 1;
        self.spent += Duration::from_nanos(run.ran.wall);
        let ended = run.ended;
        if ended != Ended::Interrupted {
            let output = self.judge(&run, limit < hung)?;
            let cold = self.warm.insert(variant.python);
            self.note(index, run, output, cold);
        }
        Ok(ended)
    }

    fn once(&mut self, variant: &Variant, limits: Limits) -> Result<Run, RaceError> {
        run::run(
            &self.setup,
            &mut self.keeper,
            self.scratch.as_mut(),
            variant,
            limits,
        )
    }

    /// Keeps what a run showed. Cold runs, in which an interpreter compiles what it imports, count
    /// for the output only.
    fn note(&mut self, index: usize, run: Run, output: Output, cold: bool) {
        if index == 0 {
            if let Output::Differs(difference) = &output
                && !self.doubts.iter().any(|known| known.starts_with(UNSTABLE))
            {
                self.doubts.insert(format!("{UNSTABLE}: {difference}"));
            }
            // What it did is right by definition, as long as it ends.
            let output = match output {
                Output::Differs(_) => Output::Equal,
                other => other,
            };
            if let Some(entry) = self.entries.first_mut() {
                entry.add(run, output, cold);
            }
        } else if let Some(entry) = self.entries.get_mut(index) {
            entry.add(run, output, cold);
        }
    }

    fn drop_losers(&mut self) {
        let medians = self
            .entries
            .iter()
            .filter(|entry| !entry.is_wrong())
            .filter_map(|entry| median(entry.samples()));
        let best = medians.fold(f64::INFINITY, f64::min);
        let losers: Vec<bool> = self
            .runners()
            .into_iter()
            .map(|runner| is_loser(runner, best))
            .collect();
        for (entry, is_loser) in self.entries.iter_mut().zip(losers) {
            entry.dropped |= is_loser && !entry.is_wrong();
        }
    }

    fn tell(&self, index: usize, budget: Duration, progress: &mut dyn FnMut(&Progress<'_>)) {
        if let Some(entry) = self.entries.get(index) {
            progress(&Progress {
                variant: &entry.variant.name,
                seconds: entry.last(),
                runs: self.runs,
                spent: self.spent(),
                budget: budget.as_secs_f64(),
            });
        }
    }
}

/// Why a stopped run has no output.
fn stopped(effect: &Effect) -> Output {
    Output::Failed(How::Stopped(effect.clone()))
}
