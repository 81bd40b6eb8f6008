//! What stands before and after the tasks, and changes in between what they read.

use super::conflicts::{Finding, Question};
use super::why::path_text;
use super::{Part, Sharing};
use crate::trace::{Act, Change, Event};
use crate::value::{Base, Path, World};
use rightlane_facts::Answer;

impl Question<'_, '_, '_> {
    /// Something that is needed for the calls changes while earlier tasks may still read it.
    pub(super) fn changed_before(
        &self,
        path: &Path,
        how: &Change,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) {
        if self.view.sharing(path) < Sharing::Item {
            return;
        }
        let text = path_text(self.view, path);
        // The item itself is another one for every task.
        let own = usize::from(self.view.sharing(path) == Sharing::Item);
        for path in &self.with_origins(path)[own..] {
            if self.met_after_change(path, how, event, &text, findings) {
                return;
            }
        }
    }

    fn met_after_change(
        &self,
        path: &Path,
        how: &Change,
        event: &Event,
        text: &str,
        findings: &mut Vec<Finding>,
    ) -> bool {
        for (at, part, paths) in self.near(path) {
            let other = &self.view.trace.events[*at];
            for used in *paths {
                if !self.view.may_meet(used, path) {
                    continue;
                }
                match (&other.act, part) {
                    (Act::Read { deep, .. }, Part::Task) if conflicts(used, *deep, path, how) => {
                        let why = "it changes from iteration to iteration while the tasks of earlier iterations read it".to_owned();
                        self.push(findings, Answer::No, text, event, why);
                        return true;
                    }
                    (Act::Change { .. }, Part::After) => {
                        self.changed_twice(path, how, other, findings);
                        return true;
                    }
                    (Act::Read { deep, .. }, Part::After) if conflicts(used, *deep, path, how) => {
                        let why = "it changes before the call and is read after it".to_owned();
                        self.push(findings, Answer::Unknown, text, event, why);
                        return true;
                    }
                    _ => {}
                }
            }
        }
        false
    }

    /// The path, and where the iteration's item comes from: the others may reach it there.
    fn with_origins(&self, path: &Path) -> Vec<Path> {
        let mut all = vec![path.clone()];
        if let Base::Item(at) = path.base {
            for origin in self.view.trace.origins.get(&at).into_iter().flatten() {
                all.extend(self.view.resolved(&origin.extended(&path.fields)));
            }
        }
        all
    }

    fn changed_twice(&self, path: &Path, how: &Change, other: &Event, findings: &mut Vec<Finding>) {
        let text = path_text(self.view, path);
        let ordered = matches!(
            path.base,
            Base::World(World::Random | World::NumpyRandom | World::Stdin)
        ) || matches!(how, Change::Use(_));
        let answer = if ordered { Answer::No } else { Answer::Unknown };
        self.push(
            findings,
            answer,
            &text,
            other,
            "it is used both before the call and after it, in turn".to_owned(),
        );
    }

    /// Something changes after the task which a later task, or the way to it, reads.
    pub(super) fn changed_after(
        &self,
        path: &Path,
        how: &Change,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) {
        if self.view.sharing(path) < Sharing::Item {
            return;
        }
        let own = usize::from(self.view.sharing(path) == Sharing::Item);
        for path in &self.with_origins(path)[own..] {
            if self.read_after_change(path, how, event, findings) {
                return;
            }
        }
    }

    fn read_after_change(
        &self,
        path: &Path,
        how: &Change,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) -> bool {
        for (at, part, paths) in self.near(path) {
            if *part == Part::After {
                continue;
            }
            let Act::Read { deep, .. } = &self.view.trace.events[*at].act else {
                continue;
            };
            for read in *paths {
                if !self.view.may_meet(read, path) || !conflicts(read, *deep, path, how) {
                    continue;
                }
                let text = path_text(self.view, path);
                let (mut answer, mut why) = self.judge_write(event, &text);
                if answer == Answer::No
                    && read.fields == path.fields
                    && self.view.is_likely_own_index(path)
                {
                    answer = Answer::Unknown;
                    why = "iterations of the same key would need each other".to_owned();
                }
                self.push(findings, answer, &text, event, why);
                return true;
            }
        }
        false
    }
}

/// Whether a read notices a change. A shallow read notices that something above it, or it
/// itself, is set anew; a deep one also what happens below.
pub(super) fn conflicts(read: &Path, deep: bool, changed: &Path, how: &Change) -> bool {
    let (read, changed) = (read.fields.len(), changed.fields.len());
    match how {
        Change::Rebind | Change::Item => deep || changed <= read,
        Change::Adds | Change::Method(_) | Change::Use(_) => deep || changed < read,
    }
}
