//! What the tasks do to the world outside, beside files and programs: databases, servers, the clock.

use super::conflicts::{Finding, Question};
use super::{Part, Sharing};
use crate::apart::Key;
use crate::trace::{Act, Event};
use crate::value::{Path, Source};
use rightlane_facts::Answer;

impl Question<'_, '_, '_> {
    /// The task stores something in a database.
    pub(super) fn stored(&self, keys: &[Key], event: &Event, findings: &mut Vec<Finding>) {
        if !self.view.is_another(keys) {
            let why = "every task changes what the database holds: one may see, or come before, what another stores";
            self.push(findings, Answer::Unknown, "database", event, why.to_owned());
        }
    }

    /// The task sends something that the other side acts upon.
    pub(super) fn sent(&self, path: Option<&Path>, event: &Event, findings: &mut Vec<Finding>) {
        let shared = |path: &Path| {
            let mut all = self.view.resolved(path).into_iter();
            all.any(|path| self.view.sharing(&path) >= Sharing::Disjoint)
        };
        let Some(path) = path.filter(|path| shared(path)) else {
            return;
        };
        let another = self.events.iter().any(|(at, part, _)| {
            let other = &self.view.trace.events[*at];
            let place = (other.module, other.line);
            matches!(&other.act, Act::Socket { path: Some(held), .. } if held == path)
                && *part == Part::Task
                && place != (event.module, event.line)
        });
        if another {
            let why = "every task sends several requests over it, which may belong together";
            self.push(findings, Answer::Unknown, "session", event, why.to_owned());
        }
    }

    /// The task compares the clock with something.
    pub(super) fn met_deadline(
        &self,
        from: &[Source],
        against: Option<&[Source]>,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) {
        let clock = |inside: bool| {
            let is_it = |source: &Source| matches!(source, Source::Clock(at) if self.view.is_inside(*at) == inside);
            from.iter().any(is_it)
        };
        let answer = if clock(true) && clock(false) {
            Answer::No
        } else if against.is_some_and(|from| !self.view.varies(from)) {
            Answer::Unknown
        } else {
            return;
        };
        let why = "the tasks share one deadline: the time that one takes, another one lacks";
        self.push(findings, answer, "deadline", event, why.to_owned());
    }
}
