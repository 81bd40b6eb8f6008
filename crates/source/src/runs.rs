//! Statements in a row which each do something worth a worker of its own.

use crate::call_spot::{call_spot, callee_text};
use crate::callee::promise;
use crate::crossing::Stale;
use crate::effects::effects;
use crate::facts::Facts;
use crate::independence::LoopView;
use crate::program::{Code, Program};
use crate::run_dependencies::{Touches, depend, touches};
use crate::sites::frame;
use crate::trace::{CallInfo, LoopInfo, LoopNode, Trace};
use crate::value::{FuncId, Kind, Value};
use rightlane_facts::{Answer, Dependency, DependencyKind, Independence, Member, Site, SiteKind};
use ruff_python_ast::{ExceptHandler, Stmt};
use ruff_text_size::{Ranged, TextRange};
use std::collections::HashMap;

/// Longest run taken as one site.
const LONGEST_RUN: usize = 24;
/// What a call must promise for its statement to be a member: any project function, or something
/// outside that is known to take time.
const LEAST_PROMISE: u32 = 4;

/// The runs of one function.
pub(crate) fn run_sites(
    program: &Program<'_>,
    facts: &mut Facts,
    stale: &Stale,
    function: FuncId,
    trace: &Trace<'_>,
) -> Vec<Site> {
    let body: &[Stmt] = match program.function(function).code {
        Code::Module(body) => body,
        Code::Def(def) => &def.body,
        Code::Class(_) | Code::Lambda(_) => return Vec::new(),
    };
    let mut blocks = Vec::new();
    collect_blocks(body, &mut blocks);
    let by_range: HashMap<TextRange, usize> = trace
        .stmts
        .iter()
        .enumerate()
        .map(|(at, info)| (info.stmt.range(), at))
        .collect();
    let mut sites = Vec::new();
    for block in blocks {
        let stmts: Vec<usize> = block
            .iter()
            .filter_map(|stmt| by_range.get(&stmt.range()).copied())
            .collect();
        for run in runs_in(program, facts, trace, &stmts) {
            sites.extend(run_site(program, facts, stale, function, trace, &run));
        }
    }
    sites
}

/// Blocks whose statements run once each: not those of loops.
fn collect_blocks<'a>(body: &'a [Stmt], blocks: &mut Vec<&'a [Stmt]>) {
    blocks.push(body);
    for stmt in body {
        match stmt {
            Stmt::With(stmt) => collect_blocks(&stmt.body, blocks),
            Stmt::If(stmt) => {
                collect_blocks(&stmt.body, blocks);
                stmt.elif_else_clauses
                    .iter()
                    .for_each(|clause| collect_blocks(&clause.body, blocks));
            }
            Stmt::Try(stmt) => {
                collect_blocks(&stmt.body, blocks);
                for handler in &stmt.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    collect_blocks(&handler.body, blocks);
                }
                collect_blocks(&stmt.orelse, blocks);
                collect_blocks(&stmt.finalbody, blocks);
            }
            _ => {}
        }
    }
}

/// One statement of a run, a member or something trivial in between.
struct Step {
    stmt: usize,
    /// Index in `Trace::calls` of the call that makes it a member.
    hot: Option<usize>,
}

fn runs_in(
    program: &Program<'_>,
    facts: &mut Facts,
    trace: &Trace<'_>,
    stmts: &[usize],
) -> Vec<Vec<Step>> {
    let mut runs = Vec::new();
    let mut current: Vec<Step> = Vec::new();
    for &stmt in stmts {
        let hot = hot_call(program, facts, trace, stmt);
        let info = &trace.stmts[stmt];
        let breaks = match info.stmt {
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_) => true,
            // What is in there is a block of its own.
            Stmt::If(_) | Stmt::With(_) | Stmt::Try(_) | Stmt::Match(_) => hot.is_some(),
            _ => false,
        };
        if breaks || current.len() >= LONGEST_RUN {
            runs.push(std::mem::take(&mut current));
        }
        if !breaks {
            current.push(Step { stmt, hot });
        }
    }
    runs.push(current);
    for run in &mut runs {
        let first = run
            .iter()
            .position(|step| step.hot.is_some())
            .unwrap_or(run.len());
        let last = run
            .iter()
            .rposition(|step| step.hot.is_some())
            .map_or(first, |at| at + 1);
        run.truncate(last);
        run.drain(..first);
    }
    runs.retain(|run| run.iter().filter(|step| step.hot.is_some()).count() >= 2);
    runs
}

/// The most promising call of a statement, if it makes the statement a member.
fn hot_call(
    program: &Program<'_>,
    facts: &mut Facts,
    trace: &Trace<'_>,
    stmt: usize,
) -> Option<usize> {
    if matches!(
        trace.stmts[stmt].stmt,
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_)
    ) {
        return None;
    }
    let events = trace.stmts[stmt].events.clone();
    let mut best: Option<(u32, usize)> = None;
    for (at, call) in trace.calls.iter().enumerate() {
        let inside = events.contains(&call.args.start)
            || (call.args.start == events.end && call.body.start < events.end);
        if !inside || !counts(&call.callee) {
            continue;
        }
        if let Some(rank) =
            promise(program, facts, trace, call).filter(|rank| *rank >= LEAST_PROMISE)
            && best.is_none_or(|(held, _)| rank > held)
        {
            best = Some((rank, at));
        }
    }
    best.map(|(_, at)| at)
}

/// Making an object of a class is seldom work.
fn counts(callee: &Value) -> bool {
    !callee
        .kinds
        .iter()
        .all(|kind| matches!(kind, Kind::Class(_)))
}

fn run_site(
    program: &Program<'_>,
    facts: &mut Facts,
    stale: &Stale,
    function: FuncId,
    trace: &Trace<'_>,
    run: &[Step],
) -> Option<Site> {
    let (first, last) = (
        &trace.stmts[run.first()?.stmt],
        &trace.stmts[run.last()?.stmt],
    );
    let range = TextRange::new(first.stmt.start(), last.stmt.end());
    let events = first.events.start..last.events.end;
    let info = LoopInfo {
        kind: SiteKind::Run,
        node: LoopNode::Block,
        range,
        stmt: u32::try_from(run.first()?.stmt).ok()?,
        parent: None,
        body: events.clone(),
        items: Vec::new(),
        targets: Vec::new(),
        iterable: Value::default(),
        stopped_by: None,
    };
    let view = LoopView::new(program, trace, function, &info);
    let all: Vec<Touches> = run
        .iter()
        .map(|step| touches(&view, &trace.stmts[step.stmt]))
        .collect();
    let positions: Vec<usize> = (0..run.len()).filter(|at| run[*at].hot.is_some()).collect();
    let dependencies = member_dependencies(&view, &all, &positions);
    let mut site = frame(program, function, SiteKind::Run, range);
    for (index, &at) in positions.iter().enumerate() {
        let call = &trace.calls[run[at].hot?];
        site.members
            .push(member(&view, call, run[at].stmt, &all[at]));
        let mut spot = call_spot(&view, facts, stale, call);
        spot.independence = of_member(index, &dependencies, &site, &spot.name);
        site.calls.push(spot);
    }
    site.independence = of_run(&site, &dependencies);
    site.effects = effects(&view, events);
    site.dependencies = dependencies;
    Some(site)
}

fn member(view: &LoopView<'_, '_>, call: &CallInfo<'_>, stmt: usize, touches: &Touches) -> Member {
    let module = view
        .program
        .module(view.program.function(view.function).module);
    let info = &view.trace.stmts[stmt];
    Member {
        span: module.text.span(info.stmt.range()),
        text: module.text.dedented(info.stmt.range()),
        callee: callee_text(&module.text, call),
        reads: touches.read_names(view),
        writes: touches.written_names(view),
        effects: effects(view, info.events.clone()),
    }
}

/// Which member needs which, trivial statements in between passing on what they read.
fn member_dependencies(
    view: &LoopView<'_, '_>,
    all: &[Touches],
    positions: &[usize],
) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    for (later, &at) in positions.iter().enumerate() {
        // Statements whose doing reaches this member, by way of trivial ones.
        let mut reached = vec![(at, None::<String>)];
        let mut next = 0;
        while let Some((user, via)) = reached.get(next).cloned() {
            next += 1;
            for source in (0..user).rev() {
                let Some((kind, name)) = depend(view, &all[source], &all[user]) else {
                    continue;
                };
                let through = via.clone().unwrap_or_else(|| name.clone());
                match positions.iter().position(|position| *position == source) {
                    Some(earlier) => {
                        let kind = if via.is_some() {
                            DependencyKind::Value
                        } else {
                            kind
                        };
                        let same =
                            |held: &Dependency| held.earlier == earlier && held.later == later;
                        if !found.iter().any(same) {
                            found.push(Dependency {
                                earlier,
                                later,
                                kind,
                                name: through,
                            });
                        }
                    }
                    None if !reached.iter().any(|(held, _)| *held == source) => {
                        reached.push((source, Some(through)))
                    }
                    None => {}
                }
            }
        }
    }
    found.sort_by_key(|dependency| (dependency.later, dependency.earlier));
    found
}

/// A member is independent if it needs no other and no other needs it.
fn of_member(index: usize, dependencies: &[Dependency], site: &Site, name: &str) -> Independence {
    let place = rightlane_facts::Place {
        file: site.file.clone(),
        line: site.members[index].span.line,
    };
    let carriers: Vec<_> = dependencies
        .iter()
        .filter(|dependency| dependency.later == index)
        .map(|dependency| rightlane_facts::Carrier {
            name: dependency.name.clone(),
            place: place.clone(),
            why: format!("`{name}` needs what an earlier statement does"),
            change: None,
        })
        .collect();
    let answer = if carriers.is_empty() {
        Answer::Yes
    } else {
        Answer::No
    };
    Independence { answer, carriers }
}

/// A run is worth looking at if two of its members need not wait for each other.
fn of_run(site: &Site, dependencies: &[Dependency]) -> Independence {
    let count = site.members.len();
    let mut needs = vec![vec![false; count]; count];
    for dependency in dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Value)
    {
        needs[dependency.later][dependency.earlier] = true;
    }
    for middle in 0..count {
        for later in 0..count {
            for earlier in 0..count {
                needs[later][earlier] |= needs[later][middle] && needs[middle][earlier];
            }
        }
    }
    let free = (0..count).any(|later| (0..later).any(|earlier| !needs[later][earlier]));
    if free {
        return Independence {
            answer: Answer::Yes,
            carriers: Vec::new(),
        };
    }
    let carriers = dependencies
        .iter()
        .map(|dependency| rightlane_facts::Carrier {
            name: dependency.name.clone(),
            place: rightlane_facts::Place {
                file: site.file.clone(),
                line: site.members[dependency.later].span.line,
            },
            why: "each statement needs what the one before it does".to_owned(),
            change: None,
        });
    Independence {
        answer: Answer::No,
        carriers: carriers.take(8).collect(),
    }
}
