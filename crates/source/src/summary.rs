//! What calling a function does, for its callers: the events that reach beyond the function.

use crate::facts::Facts;
use crate::knowledge::{Cost, external, external_method};
use crate::load::ModId;
use crate::program::Program;
use crate::trace::{Act, Cell, Event, Trace};
use crate::value::{Base, ClassId, FuncId, Kind, Path};
use crate::walk::Walker;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Most events kept; beyond it the rest is one doubt.
const MOST_EVENTS: usize = 400;
/// Longest chain of callees followed.
const DEEPEST_CHAIN: usize = 60;

/// What calling a function does.
#[derive(Debug)]
pub(crate) struct Summary {
    pub events: Vec<Event>,
    /// How much work a call is, as far as the source says.
    pub cost: Cost,
    /// Whether it calls itself, directly or through others.
    pub recursive: bool,
}

/// The summaries found so far.
pub(crate) struct Summaries {
    done: Vec<Option<Rc<Summary>>>,
    /// Functions whose summary is being made, innermost last.
    open: Vec<FuncId>,
    /// Functions of an unfinished circle, as this pass and the pass before found them; with the
    /// outermost open function (by depth) that they depend on.
    partial: HashMap<FuncId, (Rc<Summary>, usize)>,
    before: HashMap<FuncId, Rc<Summary>>,
    /// The outermost open function (by depth) that was asked for again.
    circle: Option<usize>,
    /// What all methods of a class together do; `None` while that is being found out.
    classes: HashMap<ClassId, Option<Rc<Summary>>>,
}

impl Summaries {
    pub fn new(count: usize) -> Self {
        Self {
            done: vec![None; count],
            open: Vec::new(),
            partial: HashMap::new(),
            before: HashMap::new(),
            circle: None,
            classes: HashMap::new(),
        }
    }

    /// What is known of a function without walking it (again).
    fn known(&mut self, id: FuncId) -> Option<Rc<Summary>> {
        if let Some(done) = &self.done[id.0 as usize] {
            return Some(done.clone());
        }
        if let Some(depth) = self.open.iter().position(|open| *open == id) {
            self.depends_on(depth);
            let before = self.before.get(&id).cloned();
            return Some(before.unwrap_or_else(|| Rc::new(nothing(true))));
        }
        let (summary, depth) = self.partial.get(&id).cloned()?;
        self.depends_on(depth);
        Some(summary)
    }

    /// Takes out the partial summaries that depend on nothing further out than `depth`.
    fn take_circle(&mut self, depth: usize) -> Vec<(FuncId, Rc<Summary>)> {
        let members: Vec<FuncId> = self
            .partial
            .iter()
            .filter(|(_, (_, start))| *start >= depth)
            .map(|(id, _)| *id)
            .collect();
        members
            .into_iter()
            .filter_map(|id| self.partial.remove(&id).map(|(summary, _)| (id, summary)))
            .collect()
    }

    fn depends_on(&mut self, depth: usize) {
        self.circle = Some(self.circle.map_or(depth, |held| held.min(depth)));
    }
}

/// What calling `id` does.
///
/// Functions that call each other in a circle are walked twice: the second time with what the
/// first found of the others, so that each knows what all of them do.
pub(crate) fn summary(program: &Program<'_>, facts: &mut Facts, id: FuncId) -> Rc<Summary> {
    if let Some(known) = facts.summaries.known(id) {
        return known;
    }
    let depth = facts.summaries.open.len();
    if depth >= DEEPEST_CHAIN {
        return Rc::new(too_deep(program, id));
    }
    let outer = facts.summaries.circle.take();
    let mut summary = walk(program, facts, id);
    match facts.summaries.circle {
        Some(start) if start < depth => {
            facts.summaries.partial.insert(id, (summary.clone(), start));
        }
        Some(_) => {
            let first = facts.summaries.take_circle(depth);
            facts.summaries.before.extend(first.iter().cloned());
            facts.summaries.before.insert(id, summary.clone());
            summary = walk(program, facts, id);
            for (member, summary) in facts.summaries.take_circle(depth) {
                facts.summaries.done[member.0 as usize] = Some(summary);
            }
            first
                .iter()
                .for_each(|(member, _)| drop(facts.summaries.before.remove(member)));
            facts.summaries.before.remove(&id);
            facts.summaries.done[id.0 as usize] = Some(summary.clone());
            facts.summaries.circle = None;
        }
        None => facts.summaries.done[id.0 as usize] = Some(summary.clone()),
    }
    if let Some(outer) = outer {
        facts.summaries.depends_on(outer);
    }
    summary
}

/// What all methods of a class together do, for code outside that may call any of them. `None`
/// while it is being found out: a method of the class leads back to such code.
pub(crate) fn class_summary(
    program: &Program<'_>,
    facts: &mut Facts,
    class: ClassId,
) -> Option<Rc<Summary>> {
    if let Some(known) = facts.summaries.classes.get(&class) {
        return known.clone();
    }
    facts.summaries.classes.insert(class, None);
    let mut methods: Vec<FuncId> = program
        .class(class)
        .methods
        .iter()
        .filter(|(name, _)| !name.starts_with("__"))
        .map(|(_, id)| *id)
        .collect();
    methods.sort();
    let mut all = nothing(false);
    let mut seen: HashSet<Act> = HashSet::new();
    for id in methods {
        let summary = summary(program, facts, id);
        all.cost = all.cost.max(summary.cost);
        for event in &summary.events {
            // Of the arguments nothing is known: only what concerns the object or the world.
            if all.events.len() < MOST_EVENTS
                && concerns_receiver(&event.act)
                && seen.insert(event.act.clone())
            {
                all.events.push(event.clone());
            }
        }
    }
    let all = Rc::new(all);
    facts.summaries.classes.insert(class, Some(all.clone()));
    Some(all)
}

fn concerns_receiver(act: &Act) -> bool {
    match act {
        Act::Read { path, .. }
        | Act::Change { path, .. }
        | Act::Doubt {
            path: Some(path), ..
        } => !matches!(path.base, Base::Param(at) if at > 0),
        Act::CallParam { .. } => false,
        _ => true,
    }
}

fn walk(program: &Program<'_>, facts: &mut Facts, id: FuncId) -> Rc<Summary> {
    facts.summaries.open.push(id);
    let trace = Walker::new(program, facts, id, true).run();
    facts.summaries.open.pop();
    Rc::new(summarise(facts, program, &trace, id))
}

fn nothing(recursive: bool) -> Summary {
    Summary {
        events: Vec::new(),
        cost: Cost::Call,
        recursive,
    }
}

fn too_deep(program: &Program<'_>, id: FuncId) -> Summary {
    let function = program.function(id);
    let act = Act::Doubt {
        path: None,
        what: "calls go too deep to follow".into(),
    };
    let event = at(act, function.module, function.line);
    Summary {
        events: vec![event],
        ..nothing(false)
    }
}

fn summarise(facts: &Facts, program: &Program<'_>, trace: &Trace<'_>, id: FuncId) -> Summary {
    let mut events: Vec<Event> = Vec::new();
    let mut seen: HashSet<Act> = HashSet::new();
    for event in trace.events.iter().filter(|event| !event.inferred) {
        for act in outward(&event.act, trace, id) {
            // The same thing on another line says nothing new.
            if seen.insert(without_details(&act)) {
                events.push(at(act, event.module, event.line));
            }
        }
    }
    if events.len() > MOST_EVENTS {
        let function = program.function(id);
        events.truncate(MOST_EVENTS);
        let act = Act::Doubt {
            path: None,
            what: "it does too many things to follow".into(),
        };
        events.push(at(act, function.module, function.line));
    }
    let recursive = trace.calls.iter().any(|call| calls(&call.callee.kinds, id));
    let cost = cost(facts, trace, id);
    Summary {
        events,
        cost,
        recursive,
    }
}

fn at(act: Act, module: ModId, line: u32) -> Event {
    Event {
        act,
        module,
        line,
        stmt: 0,
        in_callee: true,
        inferred: false,
    }
}

/// The act without what may differ between two that say the same.
fn without_details(act: &Act) -> Act {
    match act {
        Act::CallParam { path, .. } => Act::CallParam {
            path: path.clone(),
            args: Vec::new(),
            otherwise: Rc::new([]),
            known: true,
        },
        other => other.clone(),
    }
}

/// An act in terms that the callers understand; none if it concerns only the function itself.
fn outward(act: &Act, trace: &Trace<'_>, id: FuncId) -> Vec<Act> {
    match act {
        Act::ReadCell(cell) | Act::WriteCell { cell, .. } => match cell {
            Cell::Local(_) | Cell::Comprehension(..) => Vec::new(),
            Cell::Free(owner, _) if *owner == id => Vec::new(),
            Cell::Global(..) | Cell::Free(..) => vec![act.clone()],
        },
        Act::Read { path, deep } => {
            let outward = outward_paths(path, trace, 0).into_iter();
            outward
                .map(|path| Act::Read { path, deep: *deep })
                .collect()
        }
        Act::Change { path, how } => {
            let outward = outward_paths(path, trace, 0).into_iter();
            outward
                .map(|path| Act::Change {
                    path,
                    how: how.clone(),
                })
                .collect()
        }
        Act::Doubt {
            path: Some(path),
            what,
        } => {
            let outward = outward_paths(path, trace, 0).into_iter();
            outward
                .map(|path| Act::Doubt {
                    path: Some(path),
                    what: what.clone(),
                })
                .collect()
        }
        Act::Socket { library, path } => {
            let path = path
                .as_ref()
                .and_then(|path| outward_paths(path, trace, 0).into_iter().next());
            vec![Act::Socket { library, path }]
        }
        Act::Fork | Act::NextArm | Act::Join | Act::Leave => Vec::new(),
        other => vec![other.clone()],
    }
}

fn outward_paths(path: &Path, trace: &Trace<'_>, depth: usize) -> Vec<Path> {
    match &path.base {
        Base::Alloc(_) => Vec::new(),
        Base::Item(_) if depth > 4 => Vec::new(),
        Base::Item(at) => {
            let origins = trace.origins.get(at).map_or(&[][..], Vec::as_slice);
            let mut all: Vec<Path> = Vec::new();
            for origin in origins {
                for path in outward_paths(&origin.extended(&path.fields), trace, depth + 1) {
                    if !all.contains(&path) {
                        all.push(path);
                    }
                }
            }
            all
        }
        _ => vec![path.clone()],
    }
}

fn calls(kinds: &[Kind], id: FuncId) -> bool {
    kinds
        .iter()
        .any(|kind| matches!(kind, Kind::Func(called) | Kind::Method(called, _) if *called == id))
}

fn cost(facts: &Facts, trace: &Trace<'_>, id: FuncId) -> Cost {
    let mut cost = if trace.loops.is_empty() {
        Cost::Low
    } else {
        Cost::Cpu
    };
    for call in &trace.calls {
        for kind in &call.callee.kinds {
            cost = cost.max(match kind {
                Kind::Func(called) | Kind::Method(called, _) if *called != id => {
                    known_cost(facts, *called)
                }
                other => outside_cost(other),
            });
        }
    }
    cost
}

/// The cost of a project function which has been summarised by now (its call was replayed).
fn known_cost(facts: &Facts, id: FuncId) -> Cost {
    facts.summaries.done[id.0 as usize]
        .as_ref()
        .map_or(Cost::Call, |summary| summary.cost)
}

/// Whether a method of something unknown may be worth a task, by its name: not what strings and
/// containers have.
fn may_be_work(name: &str) -> bool {
    let heavy = [
        "predict",
        "predict_proba",
        "transform",
        "render",
        "query",
        "search",
        "score",
        "resize",
        "filter",
        "convert",
        "save",
        "to_csv",
        "to_parquet",
        "execute",
        "run",
        "fit",
        "fit_transform",
        "send",
        "publish",
        "push",
        "sendmail",
        "interpolate",
        "apply",
        "evaluate",
    ];
    heavy.contains(&name) || crate::knowledge::verb(name) == crate::knowledge::Verb::Unknown
}

/// How much work a call of something outside the project is.
pub(crate) fn outside_cost(kind: &Kind) -> Cost {
    match kind {
        Kind::ExtName(name) => external(name).map_or(Cost::Call, |row| row.cost),
        Kind::Bound(receiver, name) => {
            let typed = receiver.kinds.iter().filter_map(|kind| match kind {
                Kind::Ext(of) => external_method(of, name).map(|row| row.cost),
                Kind::Plain | Kind::Seq(_) | Kind::Map(_) => Some(Cost::Cheap),
                _ => None,
            });
            typed.max().unwrap_or_else(|| {
                if may_be_work(name) {
                    Cost::Call
                } else {
                    Cost::Low
                }
            })
        }
        Kind::Class(_) | Kind::Instance(_) | Kind::Partial(..) => Cost::Call,
        _ => Cost::Low,
    }
}
