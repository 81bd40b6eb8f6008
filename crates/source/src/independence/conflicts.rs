//! What stands in the way of running the tasks at the same time.

use super::change;
use super::result::ResultFlow;
use super::why::{self, path_text};
use super::{LoopView, Part, Sharing};
use crate::trace::{Act, Cell, Change, Event};
use crate::value::{Base, Field, Path, Sym, World};
use rightlane_facts::{Answer, Carrier, Independence, Place};
use std::collections::{HashMap, HashSet};

/// Most events compared with each other.
const MOST_EVENTS: usize = 6_000;
/// Most carriers named.
const MOST_CARRIERS: usize = 8;

/// One thing in the way, or perhaps.
pub(super) struct Finding {
    pub(super) answer: Answer,
    pub(super) carrier: Carrier,
}

/// A way to split a loop's body, and the question whether its tasks are independent.
pub(super) struct Question<'q, 'v, 'a> {
    pub(super) view: &'q LoopView<'v, 'a>,
    /// What derives from the task's result, if a call is the task.
    pub(super) result: Option<ResultFlow>,
    /// Whether the body's own additions to accumulators may be part of the task (its result can
    /// carry what to add).
    pub(super) adds: bool,
    pub(super) events: Vec<(usize, Part, &'q [Path])>,
    /// Indices in `events` by where their paths start: only those can meet.
    pub(super) by_base: HashMap<&'q Base, Vec<usize>>,
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
        change: Some("move the body into a function of fewer steps".to_owned()),
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

/// Whether it is something of the process that any code may depend on without naming it.
fn is_everywhere(path: &Path) -> bool {
    matches!(
        path.base,
        Base::World(World::WorkingDirectory | World::Environment | World::Settings)
    )
}

impl<'q> Question<'q, '_, '_> {
    /// The events whose paths start where this one does.
    pub(super) fn near(&self, path: &Path) -> impl Iterator<Item = &(usize, Part, &'q [Path])> {
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
                Act::Doubt { path: Some(_), .. } if part != Part::Task => {
                    self.perhaps_changed(index, &mut findings);
                }
                Act::Doubt { .. } | Act::CallParam { .. } if part != Part::Task => {
                    self.beside_task(event, &mut findings);
                }
                Act::File { .. } if part == Part::Before => {
                    self.read_ahead(event, &mut findings);
                }
                _ => {}
            }
        }
        findings
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
    pub(super) fn judge_write(&self, event: &Event, name: &str) -> (Answer, String) {
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

    /// An object that may change beside the task, for all that can be told.
    fn perhaps_changed(&self, index: usize, findings: &mut Vec<Finding>) {
        let mut perhaps = Vec::new();
        self.changed_object(index, &Change::Method(Sym::new("?")), &mut perhaps);
        findings.extend(perhaps.into_iter().map(|finding| Finding {
            answer: Answer::Unknown,
            ..finding
        }));
    }

    fn changed_object(&self, index: usize, how: &Change, findings: &mut Vec<Finding>) {
        let (at, part, paths) = &self.events[index];
        let event = &self.view.trace.events[*at];
        for path in *paths {
            if self.is_read_by_link(path) {
                let why = "it is set, and read of another object that the item leads to, which may be an item too".to_owned();
                self.push(
                    findings,
                    Answer::Unknown,
                    &path_text(self.view, path),
                    event,
                    why,
                );
            }
            if *part != Part::Task && is_everywhere(path) {
                let why =
                    "it changes for the whole process while tasks run, whatever they do with it"
                        .to_owned();
                self.push(
                    findings,
                    Answer::No,
                    &path_text(self.view, path),
                    event,
                    why,
                );
            }
            match part {
                Part::Task => self.changed_by_task(path, how, event, findings),
                Part::Before => self.changed_before(path, how, event, findings),
                Part::After => self.changed_after(path, how, event, findings),
            }
        }
    }

    /// Whether an attribute of the item is set (`node.depth`) that is read of something which the
    /// item leads to as well (`node.parent.depth`).
    fn is_read_by_link(&self, path: &Path) -> bool {
        let (Sharing::Item, Some(last @ Field::Attr(_))) =
            (self.view.sharing(path), path.fields.last())
        else {
            return false;
        };
        self.near(path).any(|(at, part, paths)| {
            let is_read = matches!(self.view.trace.events[*at].act, Act::Read { .. });
            is_read
                && *part != Part::After
                && paths.iter().any(|read| {
                    read.fields.len() > path.fields.len() && read.fields.last() == Some(last)
                })
        })
    }

    pub(super) fn push(
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
            change: change::of(event, name),
        };
        findings.push(Finding { answer, carrier });
    }
}
