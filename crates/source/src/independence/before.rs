//! Which statements have to run before the call, and which may wait until after it.

use super::{LoopView, Part};
use crate::trace::{Act, CallInfo, Cell, Change, Event, LoopNode};
use crate::value::{Base, Path, World};
use ruff_python_ast::Stmt;
use std::collections::HashSet;

/// Most statements before a call that are looked at one by one.
const MOST_STATEMENTS: usize = 80;

/// The body of a loop split around one call.
pub(crate) struct Split<'s, 'v, 'a> {
    view: &'s LoopView<'v, 'a>,
    call: &'s CallInfo<'a>,
    /// Statements that stand before the call, but need not run before it.
    pub later: HashSet<u32>,
}

impl<'s, 'v, 'a> Split<'s, 'v, 'a> {
    pub fn new(view: &'s LoopView<'v, 'a>, call: &'s CallInfo<'a>) -> Self {
        let mut split = Self {
            view,
            call,
            later: HashSet::new(),
        };
        split.later = split.unneeded();
        split
    }

    /// Where the event belongs.
    pub fn part(&self, at: usize) -> Part {
        let part = self.part_by_position(at);
        let stmt = self.view.trace.events[at].stmt;
        if part == Part::Before && self.later.contains(&stmt) {
            Part::After
        } else {
            part
        }
    }

    fn part_by_position(&self, at: usize) -> Part {
        let call = self.call;
        if call.body.contains(&at) {
            return Part::Task;
        }
        if call.args.contains(&at) || call.guards.iter().any(|guard| guard.contains(&at)) {
            return Part::Before;
        }
        let event = &self.view.trace.events[at];
        if event.stmt == call.stmt && !self.in_order() {
            // `total = total + f(x)`, `groups[f(x)].append(x)`: the rest of the call's own
            // statement may just as well be evaluated once the result is there.
            return Part::After;
        }
        if at < call.args.start {
            Part::Before
        } else {
            Part::After
        }
    }

    /// Whether the call's own statement is one whose parts before the call must come first.
    fn in_order(&self) -> bool {
        let comprehension = matches!(
            self.view.info.node,
            LoopNode::Comprehension { .. } | LoopNode::Map { .. }
        );
        let stmt = self
            .view
            .trace
            .stmts
            .get(self.call.stmt as usize)
            .map(|info| info.stmt);
        comprehension || matches!(stmt, Some(Stmt::With(_) | Stmt::For(_) | Stmt::While(_)))
    }

    /// Statements before the call which neither it nor its conditions need, and which do nothing
    /// that the task might notice.
    fn unneeded(&self) -> HashSet<u32> {
        let candidates = self.statements_before();
        if candidates.len() > MOST_STATEMENTS {
            return HashSet::new();
        }
        let mut needs = Needs::default();
        for at in self.view.info.body.clone() {
            match self.part_by_position(at) {
                Part::Task => needs.add_paths(&self.view.trace.events[at]),
                Part::Before if !candidates.contains(&self.view.trace.events[at].stmt) => {
                    needs.add(&self.view.trace.events[at])
                }
                _ => {}
            }
        }
        let mut needed: HashSet<u32> = HashSet::new();
        loop {
            let before = needed.len();
            for stmt in candidates.iter().rev() {
                if !needed.contains(stmt) && self.is_needed(*stmt, &needs, &needed, &candidates) {
                    needed.insert(*stmt);
                    self.own_events(*stmt).for_each(|event| needs.add(event));
                    self.need_parents(*stmt, &candidates, &mut needed, &mut needs);
                }
            }
            if needed.len() == before {
                break;
            }
        }
        candidates
            .into_iter()
            .filter(|stmt| !needed.contains(stmt))
            .collect()
    }

    /// Statements of the body that start before the call, without those around it (their
    /// conditions decide about it).
    fn statements_before(&self) -> Vec<u32> {
        let own = self.view.info.stmt;
        let comprehension = self.view.body().is_empty();
        let last = self.call.stmt;
        let before = |stmt: &u32| {
            !comprehension
                && *stmt != own
                && self.view.is_within(*stmt, own)
                && !self.view.is_within(last, *stmt)
        };
        (own..last).filter(before).collect()
    }

    fn own_events(&self, stmt: u32) -> impl Iterator<Item = &'s Event> {
        let view: &'s LoopView<'v, 'a> = self.view;
        let range = view
            .trace
            .stmts
            .get(stmt as usize)
            .map_or(0..0, |info| info.events.clone());
        view.trace.events[range]
            .iter()
            .filter(move |event| event.stmt == stmt)
    }

    fn is_needed(
        &self,
        stmt: u32,
        needs: &Needs,
        needed: &HashSet<u32>,
        candidates: &[u32],
    ) -> bool {
        self.own_events(stmt)
            .any(|event| needs.is_served_by(event, self.view))
            || self.would_see_change(stmt, needed, candidates)
    }

    /// Whether a needed statement further down changes what this one reads: waiting, it would
    /// see another value.
    fn would_see_change(&self, stmt: u32, needed: &HashSet<u32>, candidates: &[u32]) -> bool {
        let mut reads = Needs::default();
        self.own_events(stmt).for_each(|event| reads.add(event));
        let later = candidates
            .iter()
            .filter(|other| **other > stmt && needed.contains(other));
        later
            .flat_map(|other| self.own_events(*other))
            .any(|event| match &event.act {
                Act::WriteCell { cell, .. } => reads.cells.contains(cell),
                Act::Change { path, .. } => reads
                    .paths
                    .iter()
                    .any(|read| self.view.may_meet(read, path)),
                _ => false,
            })
    }

    fn need_parents(
        &self,
        stmt: u32,
        candidates: &[u32],
        needed: &mut HashSet<u32>,
        needs: &mut Needs,
    ) {
        let mut parent = self.view.trace.stmts[stmt as usize].parent;
        while let Some(at) = parent.filter(|at| candidates.contains(at)) {
            if needed.insert(at) {
                self.own_events(at).for_each(|event| needs.add(event));
            }
            parent = self.view.trace.stmts[at as usize].parent;
        }
    }
}

/// What the call and the statements needed for it read.
#[derive(Default)]
struct Needs {
    cells: HashSet<Cell>,
    paths: Vec<Path>,
}

impl Needs {
    fn add(&mut self, event: &Event) {
        if let Act::ReadCell(cell) = &event.act {
            self.cells.insert(cell.clone());
        }
        self.add_paths(event);
    }

    fn add_paths(&mut self, event: &Event) {
        match &event.act {
            Act::ReadCell(cell @ (Cell::Global(..) | Cell::Free(..))) => {
                self.cells.insert(cell.clone());
            }
            Act::Read { path, .. } | Act::Change { path, .. } if !self.paths.contains(path) => {
                self.paths.push(path.clone())
            }
            _ => {}
        }
    }

    /// Whether an event provides what is needed, or does something else that must stay put.
    fn is_served_by(&self, event: &Event, view: &LoopView<'_, '_>) -> bool {
        match &event.act {
            Act::WriteCell { cell, .. } => self.cells.contains(cell),
            // Printing may wait: in the order of the iterations it comes out the same.
            Act::Change { path, .. } if path.base == Base::World(World::Stdout) => false,
            Act::Change {
                path,
                how: Change::Use(_),
            } => {
                self.paths.iter().any(|needed| view.may_meet(needed, path))
                    || matches!(path.base, Base::World(_))
            }
            Act::Change { path, .. } => {
                matches!(path.base, Base::World(_))
                    || self.paths.iter().any(|needed| view.may_meet(needed, path))
            }
            Act::Leave
            | Act::File { .. }
            | Act::Waits { .. }
            | Act::Doubt { path: None, .. }
            | Act::CallParam { known: false, .. } => true,
            Act::Does(kind, _) => *kind != rightlane_facts::EffectKind::Logs,
            _ => false,
        }
    }
}
