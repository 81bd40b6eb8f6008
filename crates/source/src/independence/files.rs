//! Files that the tasks use: whether two tasks may use one and the same.

use super::conflicts::{Finding, Question};
use super::{LoopView, Part};
use crate::apart::{self, Key, Of, Parts};
use crate::knowledge::FileUse;
use crate::trace::{Act, Event};
use rightlane_facts::Answer;

/// What a task does with a file.
struct Use<'e> {
    usage: FileUse,
    keys: &'e [Key],
    event: &'e Event,
}

impl LoopView<'_, '_> {
    /// Whether a value with these keys is another one in every iteration.
    pub fn is_another(&self, keys: &[Key]) -> bool {
        let made_here = |key: &Key| matches!(key.of, Of::Unique(at) if self.is_inside(at));
        if keys.iter().any(made_here) {
            return true;
        }
        let told = |item: u32| {
            let apart = |of| match of {
                Of::Item(at, place) if at == item => self.trace.apart.get(&(at, place)).copied(),
                _ => None,
            };
            apart::told_apart(keys, apart).is_some()
        };
        !self.info.items.is_empty() && self.info.items.iter().all(|item| told(*item))
    }
}

impl Question<'_, '_, '_> {
    /// The task uses a file.
    pub(super) fn used_file(&self, event: &Event, findings: &mut Vec<Finding>) {
        let Act::File {
            usage,
            from,
            keys,
            literal,
        } = &event.act
        else {
            return;
        };
        let varies = self.view.varies(from);
        if !varies {
            return self.same_file(*usage, literal.as_deref(), event, findings);
        }
        if *usage == FileUse::Read {
            self.read_ahead(event, findings);
        }
        let changes = matches!(usage, FileUse::Write | FileUse::Delete | FileUse::Fill);
        if changes && !self.view.is_another(keys) {
            let why = "two tasks may write the same file: nothing tells that its name is another one for every item";
            self.push(findings, Answer::Unknown, "file", event, why.to_owned());
        } else if changes && self.may_be_anothers(*usage, keys, event) {
            let why =
                "the file that one task makes may be the one that another task reads or moves";
            self.push(findings, Answer::Unknown, "file", event, why.to_owned());
        }
    }

    /// A file is read for a task, or by it, before what follows the tasks of earlier items.
    pub(super) fn read_ahead(&self, event: &Event, findings: &mut Vec<Finding>) {
        let Act::File {
            usage: FileUse::Read,
            from,
            literal,
            ..
        } = &event.act
        else {
            return;
        };
        let rewritten = if self.view.varies(from) {
            self.may_be_rewritten()
        } else {
            self.rewrites_file(literal.as_deref())
        };
        if rewritten {
            let why = "what follows the call may write the file that is read for a later task";
            self.push(findings, Answer::Unknown, "file", event, why.to_owned());
        }
    }

    /// Whether what follows the task may write files of later items: it writes some by names that
    /// items may share.
    fn may_be_rewritten(&self) -> bool {
        self.events.iter().any(|(at, part, _)| {
            *part == Part::After
                && match &self.view.trace.events[*at].act {
                    Act::File {
                        usage: FileUse::Write | FileUse::Delete,
                        from,
                        keys,
                        ..
                    } => self.view.varies(from) && !self.view.is_another(keys),
                    _ => false,
                }
        })
    }

    /// Whether the file, another one for every item, may be what another task uses under its own
    /// name: numbers moved by one (`part.3` becomes `part.4`), files of a folder renamed to names
    /// that do not come from theirs.
    fn may_be_anothers(&self, usage: FileUse, keys: &[Key], event: &Event) -> bool {
        let moves = |used: &Use<'_>| {
            let here = used.event.line == event.line && used.event.module == event.module;
            here && usage == FileUse::Write && used.usage == FileUse::Delete
        };
        self.uses().any(|used| {
            let names = |key: &&Key| key.mine.meets(Parts::NAME) && key.its.meets(Parts::STEM);
            let mut named = keys.iter().filter(names);
            let related = named.any(|key| used.keys.iter().any(|other| other.of == key.of));
            let shifted = used.keys.iter().any(|other| {
                let same = keys.iter().filter(|key| key.of == other.of);
                let mut same = same.filter(|key| key.its.meets(other.its));
                same.any(|key| key.moved != other.moved)
            });
            shifted || moves(&used) && !related
        })
    }

    /// The task's uses of files that are not the same each time.
    fn uses(&self) -> impl Iterator<Item = Use<'_>> {
        self.events.iter().filter_map(|(at, part, _)| {
            let event = &self.view.trace.events[*at];
            match &event.act {
                Act::File { usage, keys, .. } if *part == Part::Task => Some(Use {
                    usage: *usage,
                    keys,
                    event,
                }),
                _ => None,
            }
        })
    }

    /// The task uses a file that is the same for every task.
    fn same_file(
        &self,
        usage: FileUse,
        literal: Option<&str>,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) {
        let name = literal.unwrap_or("the file");
        let (answer, why) = match usage {
            FileUse::Write => (Answer::No, "every task writes the same file"),
            FileUse::Delete => (Answer::No, "every task deletes the same file"),
            FileUse::Fill => (
                Answer::Unknown,
                "every task puts files into the same folder, which may have the same names",
            ),
            FileUse::Read if self.rewrites_file(literal) => (
                Answer::Unknown,
                "every task reads a file that the loop writes anew",
            ),
            FileUse::Read | FileUse::MakeDirectory | FileUse::Temporary => return,
        };
        self.push(findings, answer, name, event, why.to_owned());
    }

    /// Whether some part of the loop outside the task writes one and the same file each time,
    /// which may be the one of this name.
    fn rewrites_file(&self, name: Option<&str>) -> bool {
        self.events.iter().any(|(at, part, _)| {
            let Act::File {
                usage: FileUse::Write,
                from,
                literal,
                ..
            } = &self.view.trace.events[*at].act
            else {
                return false;
            };
            let same = match (name, literal.as_deref()) {
                (Some(name), Some(literal)) => name == literal,
                _ => true,
            };
            *part != Part::Task && same && !self.view.varies(from)
        })
    }
}
