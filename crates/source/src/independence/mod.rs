//! Whether the iterations of a loop are independent.
//!
//! The loop's body is seen in three parts, for each call that could be the task:
//!
//! - *before*: what the call needs. It runs first, for all iterations, in order.
//! - *task*: the call itself. The tasks run at the same time, in any order.
//! - *after*: everything else. It runs when the task is done, in order.
//!
//! Independent means: no task changes what another task or a part *before* reads, no part *after*
//! changes what a task or a part *before* of a later iteration reads, and no part *before*
//! changes an object that a task of an earlier iteration still reads.

mod before;
mod change;
mod children;
mod conflicts;
mod drawn;
mod files;
mod order;
mod outside;
mod pace;
mod result;
mod sharing;
mod stop;
mod task;
mod whole;
mod why;

pub(crate) use before::Split;
pub(crate) use conflicts::ask;
pub(crate) use drawn::drawn_in_order;
pub(crate) use pace::keeps_time;
pub(crate) use result::ResultFlow;
pub(crate) use sharing::Sharing;
pub(crate) use stop::may_stop;
use whole::first_event;
pub(crate) use whole::{of_while, whole_body};
pub(crate) use why::path_text;

use crate::program::Program;
use crate::trace::{Act, Cell, Event, LoopInfo, LoopNode, Trace};
use crate::value::{FuncId, Kind, Path, Source, Sym};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};
use std::collections::{HashMap, HashSet};

/// Where an event belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Before,
    Task,
    After,
}

/// A loop, and what all questions about it need.
pub(crate) struct LoopView<'v, 'a> {
    pub program: &'v Program<'a>,
    pub trace: &'v Trace<'a>,
    pub function: FuncId,
    pub info: &'v LoopInfo<'a>,
    /// Reads in the body which may see what an earlier iteration wrote, as event indices.
    pub exposed: HashSet<usize>,
    /// Variables written in the body.
    pub written: HashSet<Cell>,
    /// The paths of the body's events, with the items of inner loops resolved.
    resolved: Vec<Vec<Path>>,
    /// For each of the body's events a number that is the same for the same act.
    acts: Vec<u32>,
    /// The text of what happens at every iteration (the iterable of a `for` is not of it).
    pub body_ranges: Vec<TextRange>,
    /// Targets that nothing else in the body binds, and those which never repeat.
    varying: HashSet<Sym>,
    unique: HashSet<Sym>,
}

impl<'v, 'a> LoopView<'v, 'a> {
    pub fn new(
        program: &'v Program<'a>,
        trace: &'v Trace<'a>,
        function: FuncId,
        info: &'v LoopInfo<'a>,
    ) -> Self {
        let mut view = Self {
            program,
            trace,
            function,
            info,
            exposed: HashSet::new(),
            written: HashSet::new(),
            resolved: Vec::new(),
            acts: Vec::new(),
            body_ranges: body_ranges(&info.node),
            varying: HashSet::new(),
            unique: HashSet::new(),
        };
        view.find_written();
        view.find_exposed();
        view.varying = view.varying_names();
        view.unique = view.unique_names();
        view.acts = number_acts(&trace.events[info.body.clone()]);
        view.resolved = info.body.clone().map(|at| view.resolve_event(at)).collect();
        view
    }

    fn find_written(&mut self) {
        for event in &self.trace.events[self.info.body.clone()] {
            if let Act::WriteCell { cell, .. } = &event.act {
                self.written.insert(cell.clone());
            }
        }
    }

    /// Definite assignment over the body: a read is exposed unless every way to it through this
    /// iteration writes the variable first.
    fn find_exposed(&mut self) {
        let mut flow = Flow {
            assigned: Some(HashSet::new()),
            forks: Vec::new(),
        };
        for at in self.info.body.clone() {
            match &self.trace.events[at].act {
                Act::WriteCell { cell, .. } => {
                    if let Some(assigned) = &mut flow.assigned {
                        assigned.insert(cell.clone());
                    }
                }
                Act::ReadCell(cell) if self.written.contains(cell) => {
                    if flow
                        .assigned
                        .as_ref()
                        .is_some_and(|assigned| !assigned.contains(cell))
                    {
                        self.exposed.insert(at);
                    }
                }
                act => flow.step(act),
            }
        }
    }

    /// Names of the loop's targets that nothing else in the body binds.
    fn varying_names(&self) -> HashSet<Sym> {
        let mut writes: HashMap<&Cell, usize> = HashMap::new();
        for event in &self.trace.events[self.info.body.clone()] {
            if let Act::WriteCell { cell, .. } = &event.act {
                *writes.entry(cell).or_default() += 1;
            }
        }
        let once = self
            .info
            .targets
            .iter()
            .filter(|cell| writes.get(cell).copied().unwrap_or(0) <= 1);
        once.map(|cell| cell.name().clone()).collect()
    }

    /// Those of them that never have the same value twice.
    fn unique_names(&self) -> HashSet<Sym> {
        let (target, iterable) = match self.info.node {
            LoopNode::For(stmt) => (&*stmt.target, &*stmt.iter),
            LoopNode::Comprehension {
                generators: [only], ..
            } => (&only.target, &only.iter),
            _ => return HashSet::new(),
        };
        let first = match target {
            Expr::Tuple(tuple) => tuple.elts.first(),
            other => Some(other),
        };
        let Some(name) = first.and_then(|expr| expr.as_name_expr()) else {
            return HashSet::new();
        };
        let single = target.is_name_expr();
        let map = !self.info.iterable.open
            && matches!(self.info.iterable.kinds.as_slice(), [Kind::Map(_)]);
        let unique = match iterable {
            Expr::Call(call) => match &*call.func {
                Expr::Name(func) => match func.id.as_str() {
                    "range" => single,
                    "enumerate" => !single,
                    "sorted" | "list" | "reversed" => {
                        single && call.arguments.args.first().is_some_and(is_range_call)
                    }
                    _ => false,
                },
                Expr::Attribute(func) => match func.attr.as_str() {
                    "items" => !single,
                    "keys" => single,
                    _ => false,
                },
                _ => false,
            },
            _ => single && map,
        };
        if unique && self.varying.contains(&name.id) {
            HashSet::from([name.id.clone()])
        } else {
            HashSet::new()
        }
    }

    /// Whether the offset lies in what happens at every iteration.
    pub fn is_inside(&self, offset: u32) -> bool {
        self.body_ranges
            .iter()
            .any(|range| range.contains(offset.into()) || u32::from(range.start()) == offset)
    }

    /// The loop's own body, statement by statement; empty for comprehensions.
    pub fn body(&self) -> &'a [Stmt] {
        match self.info.node {
            LoopNode::For(stmt) => &stmt.body,
            LoopNode::While(stmt) => &stmt.body,
            LoopNode::Comprehension { .. } | LoopNode::Map { .. } | LoopNode::Block => &[],
        }
    }

    /// Whether the event is written in the loop itself, not in a function that it calls.
    #[expect(clippy::unused_self, reason = "reads better at the uses")]
    pub fn is_own(&self, event: &Event) -> bool {
        !event.in_callee
    }

    /// Whether a value of these sources differs from iteration to iteration.
    pub fn varies(&self, from: &[Source]) -> bool {
        from.iter().any(|source| match source {
            Source::Item(at) => self.info.items.contains(at) || self.is_inside(*at),
            Source::Unique(at) | Source::Clock(at) => self.is_inside(*at),
            Source::Local(name) => self.written.iter().any(|cell| cell.name() == name),
            Source::Param(_) => false,
        })
    }

    /// Whether the statement is `ancestor` or lies in it.
    pub fn is_within(&self, stmt: u32, ancestor: u32) -> bool {
        let mut at = Some(stmt);
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self
                .trace
                .stmts
                .get(id as usize)
                .and_then(|info| info.parent);
        }
        false
    }
}

/// The state of the walk for definite assignment; `None` where control does not come.
struct Flow {
    assigned: Option<HashSet<Cell>>,
    forks: Vec<Forked>,
}

struct Forked {
    start: Option<HashSet<Cell>>,
    merged: Option<HashSet<Cell>>,
}

impl Flow {
    fn step(&mut self, act: &Act) {
        match act {
            Act::Fork => self.forks.push(Forked {
                start: self.assigned.clone(),
                merged: None,
            }),
            Act::NextArm => {
                if let Some(fork) = self.forks.last_mut() {
                    fork.merged = merge(fork.merged.take(), self.assigned.take());
                    self.assigned = fork.start.clone();
                }
            }
            Act::Join => {
                if let Some(fork) = self.forks.pop() {
                    self.assigned = merge(fork.merged, self.assigned.take());
                }
            }
            Act::Leave => self.assigned = None,
            _ => {}
        }
    }
}

/// What is assigned whichever of two ways control came; ways that it does not come do not count.
fn merge(a: Option<HashSet<Cell>>, b: Option<HashSet<Cell>>) -> Option<HashSet<Cell>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.intersection(&b).cloned().collect()),
        (a, b) => a.or(b),
    }
}

fn body_ranges(node: &LoopNode<'_>) -> Vec<TextRange> {
    let cover = |stmts: &[Stmt]| match (stmts.first(), stmts.last()) {
        (Some(first), Some(last)) => Some(TextRange::new(first.start(), last.end())),
        _ => None,
    };
    match node {
        LoopNode::For(stmt) => cover(&stmt.body).into_iter().collect(),
        LoopNode::While(stmt) => {
            let mut ranges: Vec<TextRange> = cover(&stmt.body).into_iter().collect();
            ranges.push(stmt.test.range());
            ranges
        }
        LoopNode::Comprehension {
            key,
            element,
            generators,
        } => {
            let mut ranges = vec![element.range()];
            ranges.extend(key.map(Ranged::range));
            for (at, generator) in generators.iter().enumerate() {
                ranges.extend(generator.ifs.iter().map(Ranged::range));
                if at > 0 {
                    ranges.push(generator.iter.range());
                }
            }
            ranges
        }
        // What the function makes is named by the whole `map` call.
        LoopNode::Map { call, .. } => vec![TextRange::empty(call.start())],
        LoopNode::Block => Vec::new(),
    }
}

fn is_range_call(expr: &Expr) -> bool {
    expr.as_call_expr()
        .and_then(|call| call.func.as_name_expr())
        .is_some_and(|name| name.id == "range")
}

fn number_acts(events: &[Event]) -> Vec<u32> {
    let mut numbers: HashMap<&Act, u32> = HashMap::new();
    events
        .iter()
        .map(|event| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(&event.act).or_insert(next)
        })
        .collect()
}
