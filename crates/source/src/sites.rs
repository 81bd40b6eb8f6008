//! Puts the sites of the program together.

use crate::call_spot::{call_range, call_spot};
use crate::callee::{makes_iterator, promise};
use crate::crossing::{Stale, of_body};
use crate::early_exit::early_exit;
use crate::effects::effects;
use crate::facts::Facts;
use crate::independence::{LoopView, Split, whole_body};
use crate::loop_text::loop_text;
use crate::program::{Function, Program};
use crate::trace::{CallInfo, LoopInfo, LoopNode, Trace};
use crate::value::FuncId;
use rightlane_facts::{Answer, CallSpot, Independence, Iterable, Place, Site, SiteKind};
use ruff_text_size::{Ranged, TextRange};

/// Most calls listed of one site.
const MOST_CALLS: usize = 32;

/// How promising a call of outside code is that may be next to nothing.
const SMALL: u32 = 3;

/// The loops, comprehensions and `map`s of one function.
pub(crate) fn loop_sites(
    program: &Program<'_>,
    facts: &mut Facts,
    stale: &Stale,
    function: FuncId,
    trace: &Trace<'_>,
) -> Vec<Site> {
    let mut sites = Vec::with_capacity(trace.loops.len());
    for (at, info) in trace.loops.iter().enumerate() {
        let view = LoopView::new(program, trace, function, info);
        let calls: Vec<&CallInfo<'_>> = trace
            .calls
            .iter()
            .filter(|call| call.within == Some(at))
            .take(MOST_CALLS)
            .collect();
        let spots: Vec<CallSpot> = calls
            .iter()
            .map(|call| call_spot(&view, facts, stale, call))
            .collect();
        let whole = whole_body(&view);
        let callee = suggested(program, facts, trace, &calls, &spots)
            .filter(|(at, rank)| is_better_than_body(&spots[*at], *rank, &whole))
            .map(|(at, _)| at);
        let mut site = frame(program, function, info.kind, info.range);
        // Numbers within the function for now; the caller renumbers.
        site.id = u32::try_from(at).unwrap_or(u32::MAX);
        site.parent = info.parent.and_then(|parent| u32::try_from(parent).ok());
        site.iterable = iterable(program, function, trace, info);
        site.independence = whole;
        site.effects = effects(&view, info.body.clone());
        site.crossing = of_body(&view, facts, stale);
        site.early_exit = early_exit(info).map(|at| place(program, function, at));
        let text = &program.module(program.function(function).module).text;
        site.text = Some(loop_text(
            text,
            trace,
            info,
            callee.map(|at| call_range(calls[at])),
            &callee
                .map(|at| Split::new(&view, calls[at]).later)
                .unwrap_or_default(),
        ));
        site.calls = spots;
        site.callee = callee;
        sites.push(site);
    }
    sites
}

/// Whether the call makes the better task than the whole body. It does not where it only does a
/// part of something that the body does for itself: `model.fit(x)` on a model made in the body;
/// nor where it is a small part of iterations that need each other: `re.sub(…)` before the search
/// for a name that is free.
fn is_better_than_body(spot: &CallSpot, rank: u32, body: &Independence) -> bool {
    let is_small = spot.target.is_none() && rank <= SMALL;
    if is_small && spot.independence.answer == Answer::Yes && body.answer == Answer::No {
        return false;
    }
    spot.target.is_some()
        || spot.independence.answer != Answer::Unknown
        || body.answer != Answer::Yes
}

/// The call that promises most; among equals one that is independent and depends on the item.
fn suggested(
    program: &Program<'_>,
    facts: &mut Facts,
    trace: &Trace<'_>,
    calls: &[&CallInfo<'_>],
    spots: &[CallSpot],
) -> Option<(usize, u32)> {
    let mut best: Option<(u32, bool, bool, usize)> = None;
    for (at, (call, spot)) in calls.iter().zip(spots).enumerate() {
        let Some(rank) = promise(program, facts, trace, call) else {
            continue;
        };
        let entry = (
            rank,
            spot.uses_target,
            spot.independence.answer == Answer::Yes,
            at,
        );
        // Of a call and one of its arguments, the call has both in it.
        let encloses =
            |held: usize| spot.span != spots[held].span && spot.span.holds(&spots[held].span);
        let better = |(rank, uses, yes, held): (u32, bool, bool, usize)| {
            let (new, old) = ((entry.0, entry.1, entry.2), (rank, uses, yes));
            new > old || new == old && encloses(held)
        };
        if best.is_none_or(better) {
            best = Some(entry);
        }
    }
    best.map(|(rank, _, _, at)| (at, rank))
}

/// A site with what is said of every kind.
pub(crate) fn frame(
    program: &Program<'_>,
    function: FuncId,
    kind: SiteKind,
    range: TextRange,
) -> Site {
    let here: &Function<'_> = program.function(function);
    let module = program.module(here.module);
    Site {
        id: 0,
        kind,
        file: module.shown.clone(),
        path: module.absolute.clone(),
        span: module.text.span(range),
        function: here.name.to_string(),
        function_line: here.first_line,
        parent: None,
        in_async: here.is_async,
        iterable: None,
        calls: Vec::new(),
        callee: None,
        independence: Default::default(),
        effects: Vec::new(),
        crossing: Default::default(),
        early_exit: None,
        text: None,
        members: Vec::new(),
        dependencies: Vec::new(),
    }
}

fn iterable(
    program: &Program<'_>,
    function: FuncId,
    trace: &Trace<'_>,
    info: &LoopInfo<'_>,
) -> Option<Iterable> {
    let range = match info.node {
        LoopNode::For(stmt) => stmt.iter.range(),
        LoopNode::Comprehension { generators, .. } => generators.first()?.iter.range(),
        LoopNode::Map { call, .. } => call.arguments.args.get(1)?.range(),
        LoopNode::While(_) | LoopNode::Block => return None,
    };
    let text = &program.module(program.function(function).module).text;
    Some(Iterable {
        span: text.span(range),
        text: text.dedented(range),
        lazy: trace
            .calls
            .iter()
            .any(|call| call_range(call) == range && makes_iterator(program, &call.callee)),
    })
}

fn place(program: &Program<'_>, function: FuncId, at: ruff_text_size::TextSize) -> Place {
    let module = program.module(program.function(function).module);
    Place {
        file: module.shown.clone(),
        line: module.text.line(at),
    }
}
