//! `--fix` and `--diff`.

use super::checked;
use super::files::Files;
use super::settings::Settings;
use crate::args::ColorWhen;
use crate::failure::Failure;
use crate::output::OutputFile;
use crate::terminal::{self, Stream};
use rightlane_facts::{CheckReport, Finding, Fix};
use rightlane_source::check::fix::{Mended, mend};
use std::path::Path;

/// Fixes that overlap are made in rounds; each makes at least one, so this is only a guard.
const ROUNDS: usize = 20;

/// Makes the safe edits; the report is then about the files as they are.
pub(super) fn fix(
    files: &Files,
    settings: &mut Settings,
    report: &mut CheckReport,
) -> Result<(), Failure> {
    let mut made = 0;
    for _ in 0..ROUNDS {
        let mut round = 0;
        for (file, fixes) in by_file(report) {
            round += write(&file, &fixes);
        }
        if round == 0 {
            break;
        }
        made += round;
        *report = checked(files, settings)?;
    }
    if made > 0 {
        let noun = if made == 1 { "finding" } else { "findings" };
        terminal::say(&format!("rightlane: mended {made} {noun}"));
    }
    Ok(())
}

/// How many fixes were made in the file; says so if it cannot be written, and goes on with the others.
fn write(file: &str, fixes: &[Fix]) -> usize {
    let Some(mended) = mended(file, fixes) else {
        return 0;
    };
    let path = Path::new(file);
    // An editor may have saved it meanwhile.
    if std::fs::read(path).ok().as_ref() != Some(&mended.old) {
        return 0;
    }
    let written = OutputFile::new("--fix", path).and_then(|file| file.write(&mended.bytes()));
    match written {
        Ok(()) => mended.fixes,
        Err(failure) => {
            terminal::say(&failure.to_string());
            0
        }
    }
}

/// Says on stderr why a file is not edited.
fn mended(file: &str, fixes: &[Fix]) -> Option<Mended> {
    let fixes: Vec<&Fix> = fixes.iter().collect();
    match mend(Path::new(file), &fixes) {
        Ok(mended) => Some(mended),
        Err(why) => {
            terminal::say(&format!("rightlane: {file}: {why}"));
            None
        }
    }
}

/// Prints what `--fix` would change, as a unified diff; whether there is anything.
pub(super) fn diff(
    files: &Files,
    settings: &mut Settings,
    color: ColorWhen,
) -> Result<bool, Failure> {
    let report = checked(files, settings)?;
    for error in &report.errors {
        terminal::say(&format!("rightlane: {}: {}", error.file, error.message));
    }
    let colored = terminal::is_colored(Stream::Out, color);
    let mut any = !report.errors.is_empty();
    for (file, fixes) in by_file(&report) {
        let Some(mended) = mended(&file, &fixes) else {
            continue;
        };
        let text = crate::diff::unified(&file, &mended.before, &mended.after, colored);
        any |= !text.is_empty();
        terminal::write(Stream::Out, &text);
    }
    Ok(any)
}

/// The safe fixes of each file.
fn by_file(report: &CheckReport) -> Vec<(String, Vec<Fix>)> {
    let mut files: Vec<(String, Vec<Fix>)> = Vec::new();
    let safe = |finding: &Finding| finding.fix.clone().filter(|fix| fix.safe);
    for finding in &report.findings {
        let Some(fix) = safe(finding) else { continue };
        match files.last_mut() {
            Some((file, fixes)) if *file == finding.file => fixes.push(fix),
            _ => files.push((finding.file.clone(), vec![fix])),
        }
    }
    files
}
