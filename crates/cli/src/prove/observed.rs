//! The observed run of the program, in the race's own place.

use crate::advise;
use crate::args::AdviseArgs;
use crate::editor::Contents;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::program::Program;
use rightlane_facts::{AdviceReport, Machine, ProgramSource};
use rightlane_race::{Race, Workplace};
use std::path::Path;

/// What the run showed; paths of `source` are those of the place.
pub(crate) struct Seen {
    pub(crate) source: ProgramSource,
    pub(crate) contents: Contents,
    pub(crate) report: AdviceReport,
    pub(crate) machine: Machine,
    pub(crate) place: Workplace,
}

/// Runs it observed; `None` where a signal ended it all.
pub(crate) fn observed(
    args: &AdviseArgs,
    program: &Program,
    arguments: Vec<String>,
    machine: &Machine,
    race: &mut Race<'_>,
    interrupts: &Interrupts,
) -> Result<Option<Seen>, Failure> {
    let place = race.workplace().map_err(super::failure)?;
    let there = program.moved(&|path: &Path| place.here(path));
    let source = there.read()?;
    let contents = Contents::of(&source)?;
    let observation = advise::observation(args, &there, &source, Some(&place), None, interrupts)?;
    if interrupts.quitting().is_some() {
        return Ok(None);
    }
    let report = rightlane_advise::advise(&rightlane_advise::Input {
        program: program.target.shown(),
        arguments,
        source: &source,
        observation: &observation,
        machine,
        told: &args.told.told(),
        raced: None,
        seed: advise::SEED,
    });
    Ok(Some(Seen {
        source,
        contents,
        report,
        machine: machine.clone(),
        place,
    }))
}
