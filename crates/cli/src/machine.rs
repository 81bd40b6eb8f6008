//! What this machine and an interpreter cost: measured once, then kept.

use crate::failure::Failure;
use crate::progress::Progress;
use rightlane_doctor::{Calibration, cache, calibrate, is_calm};
use rightlane_facts::{Machine, PythonFacts};
use std::path::{Path, PathBuf};

/// What `python` is.
pub(crate) fn probe(python: &Path) -> Result<PythonFacts, Failure> {
    rightlane_observe::run::probe(python).map_err(|error| {
        if error.is_python_not_found() {
            Failure::usage(error.to_string())
        } else {
            Failure::not_here(error.to_string())
        }
    })
}

/// This machine with `python`; measures (about four seconds, with a note on stderr) what was not
/// measured before, or only while the machine was busy which it is no longer, or everything where
/// `anew`.
pub(crate) fn measured(python: PythonFacts, anew: bool, quiet: bool) -> Result<Machine, Failure> {
    let directory = cache();
    let known = directory
        .as_deref()
        .filter(|_| !anew)
        .and_then(|directory| cache::load_cached(directory, &python));
    let calibration = match known {
        Some(known) if !known.is_rough() || !is_calm() => known,
        _ => measure(&python, directory.as_deref(), quiet)?,
    };
    Ok(rightlane_doctor::machine(python, calibration.costs))
}

/// The folder that measured costs are kept in.
pub(crate) fn cache() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("rightlane"))
}

fn measure(
    python: &PythonFacts,
    directory: Option<&Path>,
    quiet: bool,
) -> Result<Calibration, Failure> {
    let progress = Progress::measuring(quiet);
    let calibration = calibrate(Path::new(&python.executable)).map_err(|error| {
        Failure::not_here(format!("this machine could not be measured: {error}"))
            .instead("name another interpreter with --python")
    })?;
    drop(progress);
    if calibration.is_rough() {
        let busy = calibration.disturbance;
        note(
            quiet,
            &format!(
                "rightlane: others use {busy:.1} cores: rough costs, measured again when it is calm"
            ),
        );
    }
    if let Some(directory) = directory
        && let Err(error) = cache::store(directory, python, &calibration)
    {
        let shown = directory.display();
        note(
            quiet,
            &format!("rightlane: measured costs cannot be kept in {shown}: {error}"),
        );
    }
    Ok(calibration)
}

fn note(quiet: bool, text: &str) {
    if !quiet {
        crate::terminal::say(text);
    }
}
