//! Calibrations kept per interpreter build and machine, in a directory that the caller names.
//!
//! Several runs may use the directory at once: a file appears whole (written beside, then
//! renamed) and never changes. What cannot be read, is of another version or belongs to another
//! interpreter or machine counts as absent.

use crate::calibrate::{Calibration, program};
use rightlane_facts::{ApiCosts, PythonFacts};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file larger than this is not ours.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Stored {
    key: Key,
    disturbance: f64,
    failures: Vec<String>,
    costs: ApiCosts,
}

/// What a calibration belongs to.
#[derive(PartialEq, Serialize, Deserialize)]
struct Key {
    /// Of the calibration itself: with other measurements, or another layout, the old ones do
    /// not count.
    calibration: String,
    executable: String,
    build: String,
    gil: bool,
    processor: String,
    cores: f64,
}

impl Key {
    fn new(python: &PythonFacts) -> Self {
        let calibration = fnv(format!("{}{}", env!("CARGO_PKG_VERSION"), program()).as_bytes());
        Self {
            calibration: format!("{calibration:016x}"),
            executable: python.executable.clone(),
            build: python.build.clone(),
            gil: python.gil,
            processor: processor(),
            cores: crate::limits().cores,
        }
    }

    fn file(&self, directory: &Path) -> PathBuf {
        let text = format!(
            "{}\0{}\0{}\0{}\0{}",
            self.executable, self.build, self.gil, self.processor, self.cores
        );
        directory.join(format!("costs-{:016x}.json", fnv(text.as_bytes())))
    }
}

/// The calibration kept for this interpreter on this machine, if there is one.
#[must_use]
pub fn load_cached(directory: &Path, python: &PythonFacts) -> Option<Calibration> {
    let key = Key::new(python);
    let file = key.file(directory);
    if std::fs::metadata(&file).ok()?.len() > MOST_BYTES {
        return None;
    }
    let stored: Stored = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    (stored.key == key).then_some(Calibration {
        costs: stored.costs,
        disturbance: stored.disturbance,
        failures: stored.failures,
    })
}

/// Keeps a calibration, in place of one kept before. Makes the directory if need be.
///
/// # Errors
/// If the directory cannot be made or written; nothing half-written is left under the final name.
pub fn store(
    directory: &Path,
    python: &PythonFacts,
    calibration: &Calibration,
) -> std::io::Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    std::fs::create_dir_all(directory)?;
    let key = Key::new(python);
    let file = key.file(directory);
    let stored = Stored {
        key,
        disturbance: calibration.disturbance,
        failures: calibration.failures.clone(),
        costs: calibration.costs.clone(),
    };
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let beside = file.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let written = write_new(&beside, &stored).and_then(|()| std::fs::rename(&beside, &file));
    if written.is_err() {
        // the rename may have happened, or nothing may have been written: then there is nothing
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn write_new(file: &Path, stored: &Stored) -> std::io::Result<()> {
    let mut out = std::fs::File::create(file)?;
    out.write_all(&serde_json::to_vec_pretty(stored)?)?;
    out.sync_all()
}

/// The processor's name, or nothing where it cannot be told.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let wanted = ["model name", "CPU part", "Model"];
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| wanted.contains(&name.trim()))
        .map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

/// FNV-1a: stable from one build of ours to the next, unlike the standard library's hasher.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
