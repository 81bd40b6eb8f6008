//! Loops that stop when a task's result says so.

use super::{LoopView, Part};
use crate::knowledge::FileUse;
use crate::trace::{Act, CallInfo};
use rightlane_facts::{Answer, Carrier, EffectKind, Independence, Place};
use ruff_python_ast::Stmt;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_text_size::{Ranged, TextSize};

/// Where the loop may be left after the call, what the items behind would have done must not have
/// happened: a payment, a file written, a mail. Looking something up for nothing does no harm, and
/// a `raise` says that all of it has failed.
pub(crate) fn may_stop(
    view: &LoopView<'_, '_>,
    call: &CallInfo<'_>,
    part: &dyn Fn(usize) -> Part,
    found: Independence,
) -> Independence {
    if found.answer != Answer::Yes {
        return found;
    }
    let Some(at) = exit_after(view, crate::call_spot::call_range(call).end()) else {
        return found;
    };
    let mut tasks = view.info.body.clone().filter(|at| part(*at) == Part::Task);
    if !tasks.any(|at| leaves_traces(&view.trace.events[at].act)) {
        return found;
    }
    let module = view
        .program
        .module(view.program.function(view.function).module);
    let line = module.text.line(at);
    let carrier = Carrier {
        name: module.text.line_text(line).trim().to_owned(),
        place: Place {
            file: module.shown.clone(),
            line,
        },
        why: "the loop may end here, and what the items behind would do outside must then not be done".to_owned(),
    };
    Independence {
        answer: Answer::No,
        carriers: vec![carrier],
    }
}

fn leaves_traces(act: &Act) -> bool {
    match act {
        Act::Does(EffectKind::Network, what) => *what == crate::trace::SENDS,
        Act::Does(EffectKind::Database | EffectKind::ChildProcess, _) => true,
        Act::File { usage, .. } => matches!(usage, FileUse::Write | FileUse::Delete),
        _ => false,
    }
}

/// The first `break` or `return` of the loop that stands behind `from`, or the consumer (`any`)
/// that may stop asking.
fn exit_after(view: &LoopView<'_, '_>, from: TextSize) -> Option<TextSize> {
    if let Some(at) = view.info.stopped_by {
        return Some(TextSize::from(at));
    }
    let mut finder = Finder {
        from,
        inner: 0,
        found: None,
    };
    finder.visit_body(view.body());
    finder.found
}

struct Finder {
    from: TextSize,
    /// Loops within the loop: their `break` is their own.
    inner: u32,
    found: Option<TextSize>,
}

impl<'a> StatementVisitor<'a> for Finder {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let leaves = match stmt {
            Stmt::Break(_) => self.inner == 0,
            Stmt::Return(_) => true,
            _ => false,
        };
        if leaves && stmt.start() > self.from && self.found.is_none() {
            self.found = Some(stmt.start());
        }
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::For(_) | Stmt::While(_) => {
                self.inner += 1;
                walk_stmt(self, stmt);
                self.inner -= 1;
            }
            _ => walk_stmt(self, stmt),
        }
    }
}
