//! Independence of the iterations when the whole body is the task.

use super::{LoopView, Part, ask, keeps_time, may_stop};
use crate::call_spot::call_range;
use crate::callee::is_consumer;
use crate::knowledge::Cost;
use crate::summary::outside_cost;
use crate::trace::{Act, CallInfo, CallNode, LoopNode};
use crate::value::Kind;
use rightlane_facts::{Answer, Carrier, Independence, Place};
use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextSize};

/// Asks for the whole body; where that is not independent, for as much of its start as is worth
/// being a task, the rest following in order.
pub(crate) fn whole_body(view: &LoopView<'_, '_>) -> Independence {
    let found = of_body(view);
    match view.info.node {
        LoopNode::While(_) => of_while(view, found),
        _ => keeps_time(view, found),
    }
}

fn of_body(view: &LoopView<'_, '_>) -> Independence {
    let start = first_event(view);
    let asked = |part: &dyn Fn(usize) -> Part| {
        may_stop(view, TextSize::default(), part, ask(view, part, None, true))
    };
    let whole = asked(&|at| if at < start { Part::Before } else { Part::Task });
    if whole.answer == Answer::Yes || matches!(view.info.node, LoopNode::While(_)) {
        return whole;
    }
    let body = view.body();
    for keep in (1..body.len()).rev() {
        let (work, rest) = body.split_at(keep);
        if rest.iter().any(has_loop) {
            break;
        }
        if !work.iter().any(|stmt| is_work(view, stmt)) {
            break;
        }
        let cut = event_of(view, rest.first());
        let part = |at: usize| match at {
            _ if at < start => Part::Before,
            _ if at < cut => Part::Task,
            _ => Part::After,
        };
        let split = asked(&part);
        if split.answer == Answer::Yes {
            return split;
        }
    }
    whole
}

/// How often a `while` loop goes round shows as it runs: never more than perhaps.
pub(crate) fn of_while(view: &LoopView<'_, '_>, found: Independence) -> Independence {
    if found.answer != Answer::Yes {
        return found;
    }
    let LoopNode::While(stmt) = view.info.node else {
        return found;
    };
    let module = view
        .program
        .module(view.program.function(view.function).module);
    let carrier = Carrier {
        name: module.text.slice(stmt.test.range()).to_owned(),
        place: Place {
            file: module.shown.clone(),
            line: module.text.line(stmt.test.start()),
        },
        why: "how often the loop goes round shows only as it runs".to_owned(),
        change: Some("collect the items in a list first, and loop over that".to_owned()),
    };
    Independence {
        answer: Answer::Unknown,
        carriers: vec![carrier],
    }
}

/// The first event after the loop has got its item.
pub(super) fn first_event(view: &LoopView<'_, '_>) -> usize {
    match view.info.node {
        LoopNode::For(stmt) => event_of(view, stmt.body.first()),
        LoopNode::While(_) | LoopNode::Block => view.info.body.start,
        LoopNode::Comprehension { .. } => {
            let target = |at: &usize| match &view.trace.events[*at].act {
                Act::WriteCell { cell, .. } => view.info.targets.contains(cell),
                _ => false,
            };
            let mut body = view.info.body.clone().skip_while(|at| !target(at));
            body.find(|at| !target(at)).unwrap_or(view.info.body.end)
        }
        LoopNode::Map { .. } => {
            let call = view.trace.calls.iter().find(|call| {
                view.info.body.contains(&call.args.start)
                    && matches!(call.node, CallNode::MapFunction { .. })
            });
            call.map_or(view.info.body.start, |call| call.args.start)
        }
    }
}

fn event_of(view: &LoopView<'_, '_>, stmt: Option<&Stmt>) -> usize {
    let infos = &view.trace.stmts;
    let found = stmt.and_then(|stmt| infos.iter().find(|info| info.stmt.range() == stmt.range()));
    found.map_or(view.info.body.end, |info| info.events.start)
}

fn has_loop(stmt: &Stmt) -> bool {
    use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
    struct Finder(bool);
    impl<'a> StatementVisitor<'a> for Finder {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::For(_) | Stmt::While(_) => self.0 = true,
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, stmt),
            }
        }
    }
    let mut finder = Finder(false);
    finder.visit_stmt(stmt);
    finder.0
}

/// Whether a statement may be worth a task: it loops, or calls something that is more than a
/// look at a value.
fn is_work(view: &LoopView<'_, '_>, stmt: &Stmt) -> bool {
    let trace = view.trace;
    let mut loops = trace.loops.iter();
    let mut calls = trace.calls.iter();
    loops.any(|info| stmt.range().contains_range(info.range))
        || calls.any(|call| stmt.range().contains_range(call_range(call)) && is_worth_it(call))
}

fn is_worth_it(call: &CallInfo<'_>) -> bool {
    call.callee.is_unknown()
        || call.callee.kinds.iter().any(|kind| match kind {
            Kind::Func(_) | Kind::Method(..) => true,
            // As much work as making the elements is, which is seen for itself.
            Kind::ExtName(name) if is_consumer(name) => false,
            other => outside_cost(other) >= Cost::Call,
        })
}
