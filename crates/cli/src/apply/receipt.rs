//! What an edit was made on: kept beside the program, so that it can be understood and taken back.

use super::{Ground, Proposal};
use rightlane_facts::{Api, FileEdit, Raced, Settings, Verdict};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of both objects.
pub(super) const SCHEMA: &str = "1.0";

/// What `apply --format json` prints.
#[derive(Debug, Serialize)]
pub(super) struct ApplyReport<'a> {
    schema: &'static str,
    program: String,
    arguments: &'a [String],
    verdict: Option<&'a Verdict>,
    race: Option<&'a Raced>,
    api: Api,
    settings: Settings,
    #[serde(flatten)]
    grade: &'a rightlane_facts::Grade,
    notes: &'a [String],
    diff: &'a str,
    files: &'a [FileEdit],
    written: bool,
    receipt: Option<String>,
}

impl<'a> ApplyReport<'a> {
    pub(super) fn new(
        ground: &'a Ground,
        verdict: Option<&'a Verdict>,
        proposal: &'a Proposal,
        diff: &'a str,
        receipt: Option<&Path>,
    ) -> Self {
        Self {
            schema: SCHEMA,
            program: ground.program.target.shown(),
            arguments: &ground.arguments,
            verdict,
            race: ground.raced.as_ref(),
            api: proposal.choice.api,
            settings: proposal.choice.settings,
            grade: &proposal.rewrite.grade,
            notes: &proposal.rewrite.notes,
            diff,
            files: &proposal.rewrite.files,
            written: receipt.is_some(),
            receipt: receipt.map(|path| path.to_string_lossy().into_owned()),
        }
    }
}

/// The record of an edit that was made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) schema: String,
    /// The program as it was named.
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
    /// When, in seconds since 1970.
    pub(super) made: u64,
    pub(super) rightlane: String,
    pub(super) python: rightlane_facts::PythonFacts,
    /// Cores usable by the program.
    pub(super) cores: f64,
    pub(super) api: Api,
    pub(super) settings: Settings,
    #[serde(flatten)]
    pub(super) grade: rightlane_facts::Grade,
    pub(super) verdict: Option<Verdict>,
    /// Wall seconds of the observed run that the verdict rests on.
    pub(super) wall_seconds: Option<f64>,
    /// The race that it rests on.
    pub(super) race: Option<Raced>,
    pub(super) files: Vec<EditedFile>,
}

/// A file before and after.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EditedFile {
    pub(super) path: String,
    /// Its whole text before: what `--undo` writes back.
    pub(super) before: String,
    pub(super) before_hash: String,
    pub(super) after_hash: String,
}

/// The folder of receipts beside a program.
pub(super) fn folder(script: &Path) -> PathBuf {
    script.parent().unwrap_or(Path::new(".")).join(".rightlane")
}

/// The receipts of a program that are not taken back, the newest last.
pub(super) fn known(script: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder(script)) else {
        return Vec::new();
    };
    let mut all: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            Some((
                number(script, &entry.file_name().to_string_lossy())?,
                entry.path(),
            ))
        })
        .collect();
    all.sort();
    all.into_iter().map(|(_, path)| path).collect()
}

/// Where the next receipt goes.
pub(super) fn next(script: &Path) -> PathBuf {
    let last = known(script)
        .last()
        .and_then(|path| number(script, &path.file_name()?.to_string_lossy()));
    folder(script).join(format!("{}.{}.json", stem(script), last.unwrap_or(0) + 1))
}

fn number(script: &Path, name: &str) -> Option<u32> {
    name.strip_prefix(&format!("{}.", stem(script)))?
        .strip_suffix(".json")?
        .parse()
        .ok()
}

fn stem(script: &Path) -> String {
    script
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Tells whether a text is still the same.
pub(super) fn hash(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    crate::hex(&Sha256::digest(bytes))
}
