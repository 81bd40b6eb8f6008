//! What stands in the way of running the tasks at the same time.

use super::result::ResultFlow;
use super::why::{self, path_text};
use super::{LoopView, Part, Sharing};
use crate::knowledge::FileUse;
use crate::trace::{Act, Cell, Change, Event, IN_PLACE};
use crate::value::{Base, Path, World};
use rightlane_facts::{Answer, Carrier, Independence, Place};
use std::collections::{HashMap, HashSet};

/// Most events compared with each other.
const MOST_EVENTS: usize = 6_000;
/// Most carriers named.
const MOST_CARRIERS: usize = 8;

/// One thing in the way, or perhaps.
struct Finding {
    answer: Answer,
    carrier: Carrier,
}

/// A way to split a loop's body, and the question whether its tasks are independent.
struct Question<'q, 'v, 'a> {
    view: &'q LoopView<'v, 'a>,
    /// What derives from the task's result, if a call is the task.
    result: Option<ResultFlow>,
    /// Whether the body's own additions to accumulators may be part of the task (its result can
    /// carry what to add).
    adds: bool,
    events: Vec<(usize, Part, &'q [Path])>,
    /// Indices in `events` by where their paths start: only those can meet.
    by_base: HashMap<&'q Base, Vec<usize>>,
}

/// Whether the tasks are independent.
pub(crate) fn ask<'q>(
    view: &'q LoopView<'_, '_>,
    part: &'q dyn Fn(usize) -> Part,
    result: Option<ResultFlow>,
    adds: bool,
) -> Independence {
    let events = distinct_events(view, part);
    if events.len() > MOST_EVENTS {
        return too_much(view);
    }
    let by_base = group_by_base(&events);
    let question = Question {
        view,
        result,
        adds,
        events,
        by_base,
    };
    conclude(question.findings())
}

/// The events of the body, those that say the same once: functions called again and again repeat
/// theirs.
fn distinct_events<'q>(
    view: &'q LoopView<'_, '_>,
    part: &dyn Fn(usize) -> Part,
) -> Vec<(usize, Part, &'q [Path])> {
    let mut seen: HashSet<(u32, Part, u32, bool, bool)> = HashSet::new();
    let mut events = Vec::new();
    for at in view.info.body.clone() {
        let event = &view.trace.events[at];
        let says = matches!(
            event.act,
            Act::Fork
                | Act::NextArm
                | Act::Join
                | Act::Leave
                | Act::Does(..)
                | Act::Waits { .. }
                | Act::Unlisted
        );
        let part = part(at);
        if !says
            && seen.insert((
                view.acts[at - view.info.body.start],
                part,
                event.stmt,
                event.in_callee,
                view.exposed.contains(&at),
            ))
        {
            events.push((at, part, view.resolved_of(at)));
        }
    }
    events
}

fn group_by_base<'q>(events: &[(usize, Part, &'q [Path])]) -> HashMap<&'q Base, Vec<usize>> {
    let mut groups: HashMap<&'q Base, Vec<usize>> = HashMap::new();
    for (index, (_, _, paths)) in events.iter().enumerate() {
        for path in *paths {
            let group = groups.entry(&path.base).or_default();
            if group.last() != Some(&index) {
                group.push(index);
            }
        }
    }
    groups
}

fn too_much(view: &LoopView<'_, '_>) -> Independence {
    let module = view
        .program
        .module(view.program.function(view.function).module);
    let carrier = Carrier {
        name: "?".to_owned(),
        place: Place {
            file: module.shown.clone(),
            line: module.text.line(view.info.range.start()),
        },
        why: "the loop does too many things to compare them all".to_owned(),
    };
    Independence {
        answer: Answer::Unknown,
        carriers: vec![carrier],
    }
}

fn conclude(findings: Vec<Finding>) -> Independence {
    let worst = findings
        .iter()
        .map(|finding| finding.answer)
        .fold(Answer::Yes, |worst, answer| match (worst, answer) {
            (Answer::No, _) | (_, Answer::No) => Answer::No,
            (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
            _ => Answer::Yes,
        });
    let mut carriers: Vec<Carrier> = Vec::new();
    for finding in findings {
        let same = |held: &Carrier| {
            held.name == finding.carrier.name
                && (held.place == finding.carrier.place || held.why == finding.carrier.why)
        };
        if finding.answer == worst && carriers.len() < MOST_CARRIERS && !carriers.iter().any(same) {
            carriers.push(finding.carrier);
        }
    }
    Independence {
        answer: worst,
        carriers,
    }
}

impl LoopView<'_, '_> {
    /// The paths of an event of the body, with inner items resolved.
    fn resolved_of(&self, at: usize) -> &[Path] {
        self.resolved
            .get(at - self.info.body.start)
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn resolve_event(&self, at: usize) -> Vec<Path> {
        match &self.trace.events[at].act {
            Act::Read { path, .. }
            | Act::Change { path, .. }
            | Act::Doubt {
                path: Some(path), ..
            } => self.resolved(path),
            _ => Vec::new(),
        }
    }

    pub(super) fn place(&self, event: &Event) -> Place {
        Place {
            file: self.program.module(event.module).shown.clone(),
            line: event.line,
        }
    }
}

impl<'q> Question<'q, '_, '_> {
    /// The events whose paths start where this one does.
    fn near(&self, path: &Path) -> impl Iterator<Item = &(usize, Part, &'q [Path])> {
        let group = self.by_base.get(&path.base).map_or(&[][..], Vec::as_slice);
        group.iter().map(|index| &self.events[*index])
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for index in 0..self.events.len() {
            let (at, part, _) = self.events[index];
            let event = &self.view.trace.events[at];
            if part == Part::Task {
                self.task_event(index, event, &mut findings);
            }
            match &event.act {
                Act::WriteCell { cell, adds } => {
                    self.written_cell(at, part, cell, *adds, &mut findings)
                }
                Act::Change { how, .. } => self.changed_object(index, how, &mut findings),
                _ => {}
            }
        }
        findings
    }

    fn task_event(&self, index: usize, event: &Event, findings: &mut Vec<Finding>) {
        match &event.act {
            Act::Doubt { path: None, what } => {
                self.push(findings, Answer::Unknown, "?", event, what.to_string())
            }
            // `total += x` of the loop itself, whatever `total` is.
            Act::Doubt {
                path: Some(_),
                what,
            } if self.adds && self.view.is_own(event) && &**what == IN_PLACE => {}
            Act::Doubt {
                path: Some(_),
                what,
            } => {
                for path in self.events[index].2 {
                    if self.view.sharing(path) >= Sharing::Disjoint {
                        self.push(
                            findings,
                            Answer::Unknown,
                            &path_text(self.view, path),
                            event,
                            format!("every task uses it, and {what}"),
                        );
                    }
                }
            }
            Act::CallParam {
                path, known: false, ..
            } => {
                let why = "what the parameter calls is up to the callers".to_owned();
                self.push(
                    findings,
                    Answer::Unknown,
                    &path_text(self.view, path),
                    event,
                    why,
                );
            }
            Act::File {
                usage: usage @ (FileUse::Write | FileUse::Delete),
                from,
                literal,
            } if !self.view.varies(from) => {
                let name = literal.as_deref().unwrap_or("the file").to_owned();
                let verb = if *usage == FileUse::Write {
                    "writes"
                } else {
                    "deletes"
                };
                self.push(
                    findings,
                    Answer::No,
                    &name,
                    event,
                    format!("every task {verb} the same file"),
                );
            }
            _ => {}
        }
    }

    /// A variable that some part writes, against the reads of the others.
    fn written_cell(
        &self,
        at: usize,
        part: Part,
        cell: &Cell,
        adds: bool,
        findings: &mut Vec<Finding>,
    ) {
        let event = &self.view.trace.events[at];
        let module_level = matches!(cell, Cell::Global(..) | Cell::Free(..));
        // In a callee, or in the body when the whole body is the task.
        if part == Part::Task && module_level && !self.view.is_own(event) {
            return self.push(
                findings,
                Answer::No,
                cell.name(),
                event,
                why::global_written(cell),
            );
        }
        for (read_at, read_part, _) in &self.events {
            let Act::ReadCell(read) = &self.view.trace.events[*read_at].act else {
                continue;
            };
            if read != cell || *read_at == at {
                continue;
            }
            let reader = &self.view.trace.events[*read_at];
            let exposed = self.view.exposed.contains(read_at);
            let in_callee = *read_part == Part::Task && !self.view.is_own(reader);
            let carried = match (part, read_part) {
                (Part::Before, Part::Task) => in_callee,
                (Part::Before, _) | (_, Part::After) => false,
                (Part::After | Part::Task, _) => exposed || in_callee,
            };
            if !carried || (self.adds && adds && self.is_pure_addition(cell)) {
                continue;
            }
            let (answer, why) = match part {
                Part::Before => (Answer::No, "it changes from iteration to iteration while the tasks of earlier iterations read it".to_owned()),
                _ => self.judge_write(event, cell.name()),
            };
            return self.push(findings, answer, cell.name(), event, why);
        }
    }

    /// A write after the task that a later iteration's call needs: no, unless it has nothing to
    /// do with the result and could as well stand before the call.
    fn judge_write(&self, event: &Event, name: &str) -> (Answer, String) {
        match &self.result {
            Some(result) if !result.concerns(event.stmt) => (
                Answer::Unknown,
                format!(
                    "`{name}` changes after the call and is needed before the next one; the change could move in front of the call"
                ),
            ),
            Some(_) => (
                Answer::No,
                "every call needs what the call before it brought".to_owned(),
            ),
            None => (
                Answer::No,
                "every iteration needs what the iteration before it left".to_owned(),
            ),
        }
    }

    /// Whether every use of the variable in the body adds to it.
    fn is_pure_addition(&self, cell: &Cell) -> bool {
        let mut reads = Vec::new();
        let mut writes = HashSet::new();
        for (at, _, _) in &self.events {
            let event = &self.view.trace.events[*at];
            match &event.act {
                Act::ReadCell(read) if read == cell => reads.push(event.stmt),
                Act::WriteCell {
                    cell: written,
                    adds,
                } if written == cell => {
                    if !adds {
                        return false;
                    }
                    writes.insert(event.stmt);
                }
                _ => {}
            }
        }
        let once = reads.len() <= writes.len();
        once && reads.iter().all(|stmt| writes.contains(stmt))
    }

    fn changed_object(&self, index: usize, how: &Change, findings: &mut Vec<Finding>) {
        let (at, part, paths) = &self.events[index];
        let event = &self.view.trace.events[*at];
        for path in *paths {
            match part {
                Part::Task => self.changed_by_task(path, how, event, findings),
                Part::Before => self.changed_before(path, how, event, findings),
                Part::After => self.changed_after(path, how, event, findings),
            }
        }
    }

    fn changed_by_task(
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
        use crate::trace::LoopNode;
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
        let names: Vec<&crate::value::Sym> = match &path.base {
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

    /// Something that is needed for the calls changes while earlier tasks may still read it.
    fn changed_before(
        &self,
        path: &Path,
        how: &Change,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) {
        if self.view.sharing(path) < Sharing::Disjoint {
            return;
        }
        let text = path_text(self.view, path);
        for (at, part, paths) in self.near(path) {
            let other = &self.view.trace.events[*at];
            for used in *paths {
                if !self.view.may_meet(used, path) {
                    continue;
                }
                match (&other.act, part) {
                    (Act::Read { deep, .. }, Part::Task) if conflicts(used, *deep, path, how) => {
                        let why = "it changes from iteration to iteration while the tasks of earlier iterations read it".to_owned();
                        return self.push(findings, Answer::No, &text, event, why);
                    }
                    (
                        Act::Change {
                            how: Change::Use(_),
                            ..
                        },
                        Part::After,
                    )
                    | (Act::Change { .. }, Part::After) => {
                        return self.changed_twice(path, how, other, findings);
                    }
                    (Act::Read { deep, .. }, Part::After) if conflicts(used, *deep, path, how) => {
                        let why = "it changes before the call and is read after it".to_owned();
                        return self.push(findings, Answer::Unknown, &text, event, why);
                    }
                    _ => {}
                }
            }
        }
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
    fn changed_after(&self, path: &Path, how: &Change, event: &Event, findings: &mut Vec<Finding>) {
        if self.view.sharing(path) < Sharing::Item {
            return;
        }
        for (at, part, paths) in self.near(path) {
            if *part == Part::After {
                continue;
            }
            let Act::Read { deep, .. } = &self.view.trace.events[*at].act else {
                continue;
            };
            for read in *paths {
                let same_item = self.view.sharing(read) == Sharing::Item
                    && self.view.sharing(path) == Sharing::Item;
                if same_item
                    || !self.view.may_meet(read, path)
                    || !conflicts(read, *deep, path, how)
                {
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
                return self.push(findings, answer, &text, event, why);
            }
        }
    }

    fn push(
        &self,
        findings: &mut Vec<Finding>,
        answer: Answer,
        name: &str,
        event: &Event,
        why: String,
    ) {
        let carrier = Carrier {
            name: name.to_owned(),
            place: self.view.place(event),
            why,
        };
        findings.push(Finding { answer, carrier });
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

/// Whether a read notices a change. A shallow read notices that something above it, or it
/// itself, is set anew; a deep one also what happens below.
fn conflicts(read: &Path, deep: bool, changed: &Path, how: &Change) -> bool {
    let (read, changed) = (read.fields.len(), changed.fields.len());
    match how {
        Change::Rebind | Change::Item => deep || changed <= read,
        Change::Adds | Change::Method(_) | Change::Use(_) => deep || changed < read,
    }
}
