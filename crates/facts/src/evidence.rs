//! Facts with their sources.

use crate::Place;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a fact comes from, from the strongest to the weakest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    /// The person said so.
    Told,
    /// A race or a calibration on this machine measured it.
    Measured,
    /// A run of the program showed it.
    Observed,
    /// The source text says so.
    Read,
    /// Nothing says so; the usual case is taken.
    Assumed,
}

/// One fact with its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Where the fact comes from.
    pub source: EvidenceSource,
    /// The fact, as a sentence without a full stop.
    pub fact: String,
    /// The line that shows it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Evidence {
    /// A fact without a place.
    #[must_use]
    pub fn new(source: EvidenceSource, fact: impl Into<String>) -> Self {
        Self {
            source,
            fact: fact.into(),
            place: None,
        }
    }

    /// A fact that a line of source shows.
    #[must_use]
    pub fn at(source: EvidenceSource, fact: impl Into<String>, place: Place) -> Self {
        Self {
            source,
            fact: fact.into(),
            place: Some(place),
        }
    }
}

/// A quantity with its source and, where known, its spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// The value, in the unit that the field's documentation names.
    pub value: f64,
    /// Where it comes from.
    pub source: EvidenceSource,
    /// Lowest and highest plausible value (of repeated measurements: their range).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<(f64, f64)>,
}

impl Figure {
    /// A measured figure with the range of its repetitions.
    #[must_use]
    pub fn measured(value: f64, low: f64, high: f64) -> Self {
        Self {
            value,
            source: EvidenceSource::Measured,
            spread: Some((low, high)),
        }
    }

    /// A figure that nothing measured.
    #[must_use]
    pub fn assumed(value: f64) -> Self {
        Self {
            value,
            source: EvidenceSource::Assumed,
            spread: None,
        }
    }
}
