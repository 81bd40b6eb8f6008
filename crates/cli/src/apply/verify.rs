//! Trying an edit before it is kept.

use super::{ApplyArgs, Ground};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use rightlane_race::{Output, Race, Settled};
use rightlane_rewrite::Texts;
use std::io::stderr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Runs the program as it is and as it would be, under the guard of a race; the outputs have to be the same.
pub(super) fn by_running(
    args: &ApplyArgs,
    ground: &Ground,
    edited: &Texts,
    interrupts: &Interrupts,
) -> Result<(), Failure> {
    let asked = || interrupts.asked();
    let mut setup = crate::prove::plain_setup(&ground.program, &asked);
    // One run of each is enough to compare them.
    (setup.min_runs, setup.max_runs) = (1, 1);
    setup.budget = Some(Duration::from_secs(24 * 3600));
    let mut race = Race::open(setup).map_err(crate::prove::failure)?;
    let reference = crate::prove::reference(&ground.program, &args.program.arguments);
    crate::prove::input::feed(&mut race, &ground.source)?;
    interrupts
        .while_observing(|_| race.rehearse(&reference))
        .map_err(crate::prove::failure)?;
    let mut variant = reference.clone();
    // The first is by definition right; its own difference from the rehearsal is a doubt.
    race.add(reference);
    variant.name = "edited".to_owned();
    variant.overlay = edited
        .iter()
        .map(|(path, text)| (PathBuf::from(path), text.clone()))
        .collect();
    race.add(variant);
    let settled = interrupts
        .while_observing(|_| race.run(&mut |_| ()))
        .map_err(crate::prove::failure)?;
    if settled == Settled::Interrupted {
        return Err(Failure::interrupted());
    }
    let why = match race
        .measured()
        .into_iter()
        .nth(1)
        .and_then(|one| one.output)
    {
        Some(Output::Equal) => return Ok(()),
        Some(Output::Differs(difference)) => difference.to_string(),
        Some(Output::Failed(how)) => how.to_string(),
        None => "it was not run".to_owned(),
    };
    let doubts: String = race
        .doubts()
        .iter()
        .map(|doubt| format!("\nMind: {doubt}"))
        .collect();
    Err(Failure::not_here(format!(
        "not written: the edited program does something else: {why}{doubts}"
    ))
    .instead("`rightlane prove` has --output-equal for programs whose output may differ"))
}

/// Runs the person's own command; it has to succeed.
pub(super) fn by_command(command: &str, when: &str) -> Result<(), Failure> {
    let status = Command::new("sh")
        .args(["-c", command])
        // stdout is for the diff or the report.
        .stdout(stderr())
        .status()
        .map_err(|error| Failure::not_here(format!("`{command}` could not be run: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::not_here(format!(
            "`{command}` fails {when} ({status})"
        ))),
    }
}
