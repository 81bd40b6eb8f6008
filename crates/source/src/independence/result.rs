//! What derives from a call's result.

use super::{LoopView, Part};
use crate::trace::{Act, CallInfo, Cell};
use crate::value::Path;
use std::collections::HashSet;

/// The statements after the call that have to do with its result.
pub(crate) struct ResultFlow {
    stmts: HashSet<u32>,
}

impl ResultFlow {
    /// Follows the result through variables, objects and conditions.
    pub fn of(view: &LoopView<'_, '_>, call: &CallInfo<'_>, part: &dyn Fn(usize) -> Part) -> Self {
        let mut flow = Following {
            view,
            cells: HashSet::new(),
            paths: Vec::new(),
            stmts: HashSet::from([call.stmt]),
            ended: false,
        };
        for at in view.info.body.clone() {
            if part(at) == Part::After {
                flow.step(at, call);
            }
        }
        Self { stmts: flow.stmts }
    }

    pub fn concerns(&self, stmt: u32) -> bool {
        self.stmts.contains(&stmt)
    }
}

struct Following<'f, 'v, 'a> {
    view: &'f LoopView<'v, 'a>,
    cells: HashSet<Cell>,
    paths: Vec<Path>,
    stmts: HashSet<u32>,
    /// Whether the loop may have been left, depending on the result.
    ended: bool,
}

impl Following<'_, '_, '_> {
    fn step(&mut self, at: usize, call: &CallInfo<'_>) {
        let event = &self.view.trace.events[at];
        let own = event.stmt == call.stmt;
        if self.ended || self.under_result(event.stmt) {
            self.stmts.insert(event.stmt);
        }
        match &event.act {
            Act::ReadCell(cell) if self.cells.contains(cell) => {
                self.stmts.insert(event.stmt);
            }
            Act::Read { path, .. }
                if self.paths.iter().any(|held| self.view.may_meet(held, path)) =>
            {
                self.stmts.insert(event.stmt);
            }
            Act::WriteCell { cell, .. } if self.stmts.contains(&event.stmt) => {
                self.cells.insert(cell.clone());
            }
            Act::Change { path, .. } if self.stmts.contains(&event.stmt) || own => {
                self.paths.push(path.clone())
            }
            Act::Leave if self.stmts.contains(&event.stmt) => self.ended = true,
            _ => {}
        }
    }

    /// Whether a statement around this one has to do with the result: a condition on it.
    fn under_result(&self, stmt: u32) -> bool {
        let mut parent = self
            .view
            .trace
            .stmts
            .get(stmt as usize)
            .and_then(|info| info.parent);
        while let Some(at) = parent {
            if at == self.view.info.stmt {
                return false;
            }
            if self.stmts.contains(&at) {
                return true;
            }
            parent = self
                .view
                .trace
                .stmts
                .get(at as usize)
                .and_then(|info| info.parent);
        }
        false
    }
}
