//! The first run of the unchanged program: what it does, and what it puts out.

use super::entry::left_running;
use super::{Race, Reference, Rehearsal, Status};
use crate::effects::{Effect, Stop};
use crate::error::{At, RaceError};
use crate::keeper::{Ended, Limits};
use crate::run::{Run, tail};
use crate::scratch::{Change, Scratch, remove};
use crate::setup::{Copying, Variant};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

impl Race<'_> {
    /// Runs the unchanged program once, guarded: in place at first (unless told otherwise), and in a
    /// copy of the tree when it shows that it writes there. Its output is what the variants' is
    /// compared with; it warms the caches up for them. There is no limit to its time but the
    /// interrupt.
    ///
    /// # Errors
    /// When the program was stopped before an effect that is refused
    /// ([`RaceError::refused`]), the tree is too large to be copied, the interrupt came, or the program
    /// could not be started.
    pub fn rehearse(&mut self, reference: &Variant) -> Result<Rehearsal, RaceError> {
        if self.setup.copying == Copying::Always {
            self.move_to_copy()?;
        }
        let mut run = self.attempt(reference)?;
        if self.scratch.is_none() {
            if let Some(Stop::NeedsCopy(_)) = &run.report.stopped {
                self.move_to_copy()?;
                run = self.attempt(reference)?;
            } else if run.ran.status != 0 && self.keeper.landlock > 0 {
                run = self.attempt_in_copy_too(reference, run)?;
            }
        }
        self.keep(run, reference)
    }

    /// A program that fails in place may do so because a C library could not write: if it ends
    /// otherwise in a copy, that is where it belongs.
    fn attempt_in_copy_too(&mut self, reference: &Variant, first: Run) -> Result<Run, RaceError> {
        match self.move_to_copy() {
            Err(error) if error.is_too_large() => return Ok(first),
            other => other?,
        }
        let (run, kept) = (
            self.keeper.folder.join("run"),
            self.keeper.folder.join("first"),
        );
        remove(&kept).at(&kept)?;
        fs::rename(&run, &kept).at(&run)?;
        let second = self.attempt(reference)?;
        if second.ran.status != first.ran.status {
            return Ok(second);
        }
        if let Some(scratch) = self.scratch.take() {
            remove(&scratch.copy).at(&scratch.copy)?;
        }
        remove(&run).at(&run)?;
        fs::rename(&kept, &run).at(&kept)?;
        Ok(first)
    }

    fn move_to_copy(&mut self) -> Result<(), RaceError> {
        let root = &self.setup.root;
        // The same name, for programs that look at it; the same place for every run, for those that
        // print it.
        let name = root
            .file_name()
            .map_or_else(|| "root".into(), PathBuf::from);
        let copy = self.keeper.folder.join("copy").join(name);
        self.scratch = Some(Scratch::make(root, copy, self.setup.copy_limit)?);
        Ok(())
    }

    /// A run without limit; errors where it was refused, interrupted or not started.
    fn attempt(&mut self, reference: &Variant) -> Result<Run, RaceError> {
        let run = self.once(reference, Limits::default())?;
        if run.ended == Ended::Interrupted {
            return Err(RaceError::interrupted());
        }
        if let Some(why) = &run.ran.failure {
            return Err(RaceError::setup(format!(
                "{} could not be started: {why}",
                reference.python.display()
            )));
        }
        if let Some(Stop::Refused(effect)) = &run.report.stopped {
            return Err(RaceError::effects(vec![effect.clone()]));
        }
        Ok(run)
    }

    /// Keeps the output, the changed files and what is known of them.
    fn keep(&mut self, run: Run, reference: &Variant) -> Result<Rehearsal, RaceError> {
        let (from, to) = (self.keeper.folder.join("run"), self.kept());
        remove(&to).at(&to)?;
        fs::create_dir_all(&to).at(&to)?;
        for name in ["stdout", "stderr"] {
            fs::rename(from.join(name), to.join(name)).at(&from.join(name))?;
        }
        let changes = match &self.scratch {
            Some(scratch) => scratch.changes()?,
            None => Vec::new(),
        };
        if let Some(scratch) = self.scratch.as_ref().filter(|_| self.setup.compare_files) {
            for (path, _) in &changes {
                keep_file(&scratch.copy.join(path), &to.join("files").join(path))?;
            }
        }
        self.doubts.extend(left_running(&run));
        let mut effects = run.report.seen;
        effects.extend(changes.iter().map(|(path, change)| effect(path, *change)));
        effects.sort();
        effects.dedup();
        self.warm.insert(reference.python.clone());
        let status = Status::of(run.ran.status);
        let wall = Duration::from_nanos(run.ran.wall);
        self.reference = Some(Reference {
            status,
            wall,
            output: ["stdout", "stderr"]
                .map(|name| fs::metadata(to.join(name)).map_or(0, |about| about.len()))
                .into_iter()
                .max()
                .unwrap_or(0),
            changes,
        });
        Ok(Rehearsal {
            effects,
            status,
            seconds: wall.as_secs_f64(),
            in_copy: self.scratch.is_some(),
            stderr: tail(&to.join("stderr"), 4000),
        })
    }
}

fn keep_file(from: &Path, to: &Path) -> Result<(), RaceError> {
    if !from.symlink_metadata().is_ok_and(|about| about.is_file()) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).at(folder)?;
    }
    fs::copy(from, to).at(from).map(drop)
}

fn effect(path: &Path, change: Change) -> Effect {
    match change {
        Change::Deleted => Effect::Deleted(path.to_owned()),
        Change::Created | Change::Changed => Effect::Written(path.to_owned()),
    }
}
