//! Whether a run did the same as the reference.

use super::{Race, Status, stopped};
use crate::compare::{Difference, Where, exact, outputs};
use crate::effects::{Effect, Stop};
use crate::error::RaceError;
use crate::keeper::Ended;
use crate::measured::{How, Output};
use crate::run::{Run, tail};
use crate::scratch::Change;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

impl Race<'_> {
    /// Compares the run that just ended with the rehearsal. `short`: its limit was the budget's end.
    pub(super) fn judge(&self, run: &Run, short: bool) -> Result<Output, RaceError> {
        let Some(reference) = &self.reference else {
            return Ok(Output::Equal);
        };
        if let Some(why) = &run.ran.failure {
            return Ok(Output::Failed(How::NotStarted(why.clone())));
        }
        match &run.report.stopped {
            Some(Stop::Refused(effect)) => return Ok(stopped(effect)),
            Some(Stop::NeedsCopy(what)) => return Ok(stopped(&Effect::Written(what.into()))),
            None => {}
        }
        if run.ended == Ended::AtLimit {
            let how = if short { How::OutOfBudget } else { How::Hung };
            return Ok(Output::Failed(how));
        }
        if run.ended == Ended::TooMuchOutput {
            return Ok(Output::Failed(How::TooMuchOutput));
        }
        let status = Status::of(run.ran.status);
        if status != reference.status {
            return Ok(Output::Failed(How::Status {
                difference: Difference {
                    place: Where::Status,
                    line: None,
                    reference: Some(reference.status.to_string()),
                    variant: Some(status.to_string()),
                },
                stderr: tail(&self.keeper.folder.join("run/stderr"), 4000),
            }));
        }
        let (expected, found) = (self.kept(), self.keeper.folder.join("run"));
        let difference = outputs(&self.setup.equal, &expected, &found, &self.setup.directory)?;
        let difference = match difference {
            None if self.setup.compare_files => self.files()?,
            other => other,
        };
        Ok(difference.map_or(Output::Equal, Output::Differs))
    }

    /// Where the rehearsal's output is kept.
    pub(super) fn kept(&self) -> PathBuf {
        self.keeper.folder.join("reference")
    }

    /// Compares what the run changed in the copy with what the rehearsal did.
    fn files(&self) -> Result<Option<Difference>, RaceError> {
        let (Some(scratch), Some(reference)) = (&self.scratch, &self.reference) else {
            return Ok(None);
        };
        let expected: BTreeMap<&PathBuf, Change> = reference
            .changes
            .iter()
            .map(|(path, change)| (path, *change))
            .collect();
        let changes = scratch.changes()?;
        let found: BTreeMap<&PathBuf, Change> = changes
            .iter()
            .map(|(path, change)| (path, *change))
            .collect();
        let mut paths: Vec<&PathBuf> = expected.keys().chain(found.keys()).copied().collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let place = Where::File(path.clone());
            let (left, right) = (expected.get(path), found.get(path));
            if left != right {
                return Ok(Some(Difference {
                    place,
                    line: None,
                    reference: left.map(|change| word(*change)),
                    variant: right.map(|change| word(*change)),
                }));
            }
            let (kept, now) = (
                self.kept().join("files").join(path),
                scratch.copy.join(path),
            );
            if is_plain(&kept)
                && is_plain(&now)
                && let Some(difference) = exact(&place, &kept, &now)?
            {
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }
}

fn is_plain(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_file())
}

fn word(change: Change) -> String {
    match change {
        Change::Created => "created",
        Change::Changed => "changed",
        Change::Deleted => "deleted",
    }
    .to_owned()
}
