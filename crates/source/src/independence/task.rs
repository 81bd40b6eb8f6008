//! What a task does that another task would notice.

use super::conflicts::{Finding, Question};
use super::order::conflicts;
use super::why::{self, path_text};
use super::{Part, Sharing};
use crate::trace::{Act, Cell, Change, Event, IN_PLACE, LoopNode};
use crate::value::{Base, Path, Sym, World};
use rightlane_facts::Answer;

impl Question<'_, '_, '_> {
    pub(super) fn task_event(&self, index: usize, event: &Event, findings: &mut Vec<Finding>) {
        match &event.act {
            Act::Doubt { path: None, what } => {
                self.push(findings, Answer::Unknown, "?", event, what.to_string());
            }
            // `total += x` of the loop itself, whatever `total` is.
            Act::Doubt { what, .. }
                if self.adds && self.view.is_own(event) && &**what == IN_PLACE => {}
            Act::Doubt { what, .. } => {
                let why = format!("every task uses it, and {what}");
                let paths = self.events[index].2.iter();
                for path in paths.filter(|path| self.view.sharing(path) >= Sharing::Disjoint) {
                    let text = path_text(self.view, path);
                    self.push(findings, Answer::Unknown, &text, event, why.clone());
                }
            }
            Act::CallParam {
                path, known: false, ..
            } => {
                let why = "what the parameter calls is up to the callers".to_owned();
                let text = path_text(self.view, path);
                self.push(findings, Answer::Unknown, &text, event, why);
            }
            Act::File { .. } => self.used_file(event, findings),
            Act::Child { .. } => self.ran_program(event, findings),
            Act::Stores { keys } => self.stored(keys, event, findings),
            Act::Sends { path } => self.sent(path.as_ref(), event, findings),
            Act::Deadline { from, against } => {
                self.met_deadline(from, against.as_deref(), event, findings);
            }
            _ => {}
        }
    }

    /// Code that cannot be told, before or after the task: it may change what the tasks use.
    pub(super) fn beside_task(&self, event: &Event, findings: &mut Vec<Finding>) {
        let (name, what) = match &event.act {
            Act::Doubt { path: None, what } => ("?".to_owned(), what.to_string()),
            Act::CallParam {
                path, known: false, ..
            } => {
                let why = "what the parameter calls is up to the callers".to_owned();
                (path_text(self.view, path), why)
            }
            _ => return,
        };
        self.push(findings, Answer::Unknown, &name, event, what);
    }

    pub(super) fn changed_by_task(
        &self,
        path: &Path,
        how: &Change,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) {
        let text = path_text(self.view, path);
        match self.view.sharing(path) {
            Sharing::Shared if self.adds && self.is_own_addition(path, how, event) => {}
            Sharing::Shared => {
                let why =
                    why::changed(self.view.program, path, how, self.is_memo(path, how, event));
                self.push(findings, Answer::No, &text, event, why);
            }
            Sharing::Disjoint if self.adds && self.is_own_addition(path, how, event) => {}
            Sharing::Disjoint if self.is_looked_at(path, how) => {
                let why =
                    why::changed(self.view.program, path, how, self.is_memo(path, how, event));
                self.push(findings, Answer::No, &text, event, why);
            }
            Sharing::Disjoint => {
                let why = "every task sets an element of its own; other processes would set that of a copy".to_owned();
                self.push(findings, Answer::Unknown, &text, event, why);
            }
            Sharing::Elsewhere => {
                self.push(
                    findings,
                    Answer::Unknown,
                    &text,
                    event,
                    "the task changes something that a caller gave it".to_owned(),
                );
            }
            Sharing::Item if self.items_are_fresh() && !self.is_used_after(path) => {}
            Sharing::Item => {
                let why = "the task changes the item itself; other processes would change a copy"
                    .to_owned();
                self.push(findings, Answer::Unknown, &text, event, why);
            }
            Sharing::Own if self.is_used_after(path) && self.is_made_before(path) => {
                let why = "the task changes an object which is used after it; other processes would change a copy".to_owned();
                self.push(findings, Answer::Unknown, &text, event, why);
            }
            Sharing::Own => {}
        }
    }

    /// Whether the loop itself adds to an object that it never looks at otherwise.
    fn is_own_addition(&self, path: &Path, how: &Change, event: &Event) -> bool {
        if !matches!(how, Change::Adds | Change::Item) || !self.view.is_own(event) {
            return false;
        }
        if let Base::World(world) = path.base {
            return world == World::Stdout;
        }
        !self.near(path).any(|(at, _, paths)| {
            let reader = &self.view.trace.events[*at];
            let Act::Read { deep, .. } = reader.act else {
                return false;
            };
            // `groups[key].append(x)` looks up what it appends to.
            let receiver = |read: &Path| {
                reader.stmt == event.stmt
                    && !deep
                    && *how == Change::Adds
                    && read.fields == path.fields
            };
            paths.iter().any(|read| {
                !receiver(read) && reads_into(read, path) && self.view.may_meet(read, path)
            })
        })
    }

    /// Whether some task reads what another one sets.
    fn is_looked_at(&self, path: &Path, how: &Change) -> bool {
        self.near(path).any(|(at, part, paths)| {
            let Act::Read { deep, .. } = self.view.trace.events[*at].act else {
                return false;
            };
            *part == Part::Task
                && paths
                    .iter()
                    .any(|read| self.view.may_meet(read, path) && conflicts(read, deep, path, how))
        })
    }

    /// Whether the object is looked up in the task as well as filled: a memo.
    fn is_memo(&self, path: &Path, how: &Change, change: &Event) -> bool {
        change.in_callee
            && *how == Change::Item
            && self.near(path).any(|(at, part, paths)| {
                let event = &self.view.trace.events[*at];
                *part == Part::Task
                    && event.module == change.module
                    && matches!(event.act, Act::Read { .. })
                    && paths
                        .iter()
                        .any(|read| read.base == path.base && reads_into(read, path))
            })
    }

    /// Whether the items are made one by one for the loop and nobody else holds them.
    fn items_are_fresh(&self) -> bool {
        let iterable = match self.view.info.node {
            LoopNode::For(stmt) => &*stmt.iter,
            LoopNode::Comprehension {
                generators: [first, ..],
                ..
            } => &first.iter,
            _ => return false,
        };
        let origins = self
            .view
            .info
            .items
            .iter()
            .filter_map(|item| self.view.trace.origins.get(item))
            .flatten();
        iterable.is_call_expr()
            && origins.clone().all(|path| {
                matches!(path.base, Base::Alloc(_))
                    && !self.view.trace.names.contains_key(&alloc(path))
            })
    }

    fn is_made_before(&self, path: &Path) -> bool {
        matches!(&path.base, Base::Alloc(at) if self.view.trace.names.contains_key(at))
    }

    /// Whether the object (by its base) is used after the task, or kept somewhere before it.
    fn is_used_after(&self, path: &Path) -> bool {
        let names: Vec<&Sym> = match &path.base {
            Base::Alloc(at) => self.view.trace.names.get(at).into_iter().collect(),
            Base::Item(_) => self.view.info.targets.iter().map(Cell::name).collect(),
            _ => Vec::new(),
        };
        self.events.iter().any(|(at, part, _)| {
            *part == Part::After
                && match &self.view.trace.events[*at].act {
                    Act::ReadCell(cell) => names.contains(&cell.name()),
                    _ => false,
                }
        })
    }
}

fn alloc(path: &Path) -> u32 {
    match path.base {
        Base::Alloc(at) => at,
        _ => u32::MAX,
    }
}

/// Whether a read looks at what the path holds, not merely at where it leads.
fn reads_into(read: &Path, changed: &Path) -> bool {
    read.base == changed.base
        && (read.fields.len() >= changed.fields.len()
            || read.fields == changed.fields[..read.fields.len()])
}
