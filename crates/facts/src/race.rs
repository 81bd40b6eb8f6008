//! What a race of variants showed.

use crate::{AdviceReport, Api, Family, Grade, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The one JSON object that `rightlane prove --format json` prints: that of `advise`, and the race.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProveReport {
    /// The advice, after the race.
    #[serde(flatten)]
    pub advice: AdviceReport,
    /// The variants, the program as it is first.
    pub race: Vec<RaceRow>,
    /// Index in `race` of the fastest that does the same; `None` where nothing was raced.
    pub best: Option<usize>,
    /// Whether the best is faster than the program as it is by more than the noise.
    pub gain: bool,
    /// What could have been raced and was not, with the reason.
    pub not_raced: Vec<NotRaced>,
    /// What the program does besides computing, as sentences.
    pub effects: Vec<String>,
    /// Whether every run had a copy of the working tree of its own.
    pub in_copy: bool,
    /// Wall seconds of all runs.
    pub race_seconds: f64,
    /// Why the race ended.
    pub ended: RaceEnd,
    /// What to bear in mind.
    pub race_doubts: Vec<String>,
    /// Wall seconds of the program besides the site's work: what is measured less what the work takes.
    pub rest_seconds: f64,
    /// Median of |predicted − measured| / measured over the variants that have both; before the race.
    pub prediction_error: Option<f64>,
}

/// Why a race ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RaceEnd {
    /// Nobody had to run any more.
    Done,
    /// The time budget was over.
    OutOfBudget,
    /// Ctrl-C.
    Interrupted,
    /// There was nothing to race.
    NothingToRace,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RaceRow {
    /// The Python that it ran with, where several were asked for: its version (`3.13.0t`).
    pub python: String,
    /// The API.
    pub api: Api,
    /// Its family.
    pub family: Family,
    /// Its settings.
    pub settings: Settings,
    /// How far its edit may be trusted.
    #[serde(flatten)]
    pub grade: Grade,
    /// Median wall seconds of the whole program; `None` where its output is not the same.
    pub seconds: Option<f64>,
    /// Where that median is, with 95 %.
    pub interval: Option<(f64, f64)>,
    /// The program's seconds as it is / `seconds`.
    pub speedup: Option<f64>,
    /// Median CPU seconds, those of its children included.
    pub cpu_seconds: Option<f64>,
    /// Most memory that its largest process had.
    pub peak_bytes: Option<u64>,
    /// Seconds from the start to the program's first line.
    pub startup_seconds: Option<f64>,
    /// Whether it did the same; `None` where it was not run.
    pub output_equal: Option<bool>,
    /// Where it did not.
    pub differs: Option<String>,
    /// Runs.
    pub runs: usize,
    /// Wall seconds of each run that counts, in their order.
    pub samples: Vec<f64>,
    /// Whether it was clearly slower and not run again.
    pub dropped: bool,
    /// Wall seconds of the whole program that were predicted before the race.
    pub predicted_seconds: Option<f64>,
}

/// A variant that was not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotRaced {
    /// The API.
    pub api: Api,
    /// Its settings.
    pub settings: Settings,
    /// Why.
    pub reason: String,
}

/// A race as it is kept: for the same program, its measurements stand above the simulation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Raced {
    /// The site that it was about; `None`: a pool of the program's own, at `place`.
    pub target: Option<crate::Target>,
    /// The line that it was about.
    pub place: Option<crate::Place>,
    /// Tasks of the site.
    pub tasks: u64,
    /// When, in seconds since 1970.
    pub made: u64,
    /// Wall seconds of the program besides the site's work.
    pub rest: f64,
    /// The variants that ran with the program's own Python, the program as it is first.
    pub rows: Vec<RaceRow>,
    /// Index in `rows` of the fastest that does the same.
    pub best: Option<usize>,
    /// Whether it is faster than the program as it is by more than the noise.
    pub gain: bool,
}
