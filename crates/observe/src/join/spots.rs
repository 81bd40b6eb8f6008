//! Which of a site's calls is under way.

use rightlane_facts::{SampleFrame, Site, SiteKind, Span};

/// How many calls (of a run: members) the site has.
pub(super) fn count(site: &Site) -> usize {
    if site.members.is_empty() {
        site.calls.len()
    } else {
        site.members.len()
    }
}

/// The call (of a run: the member) that the frame, which lies in the site, is executing.
pub(super) fn running(site: &Site, frame: &SampleFrame) -> Option<usize> {
    if site.kind == SiteKind::Map {
        return site.callee.or((!site.calls.is_empty()).then_some(0));
    }
    let spots: Vec<Span> = if site.members.is_empty() {
        site.calls.iter().map(|call| call.span).collect()
    } else {
        site.members.iter().map(|member| member.span).collect()
    };
    match &frame.span {
        Some(span) => by_span(&spots, span).or_else(|| awaited(site, span)),
        None => by_line(site, &spots, frame.line),
    }
}

/// The innermost spot around the expression.
fn by_span(spots: &[Span], span: &Span) -> Option<usize> {
    smallest(spots, |spot| spot.holds(span))
}

/// `await f(x)` is one expression around the call: while it waits, the call is under way.
fn awaited(site: &Site, span: &Span) -> Option<usize> {
    let mut inside = site
        .calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.awaited && span.holds(&call.span));
    inside.next().map(|(index, _)| index)
}

/// 3.10 knows lines only: of several calls on one the suggested task, else the outermost.
fn by_line(site: &Site, spots: &[Span], line: u32) -> Option<usize> {
    let on_line = |spot: &Span| spot.holds_line(line);
    if let Some(callee) = site.callee
        && site.members.is_empty()
        && spots.get(callee).is_some_and(on_line)
    {
        return Some(callee);
    }
    // A call's line is that of its start: one that starts here is nearer than one around it.
    let starts = |spot: &Span| spot.line == line;
    largest(spots, starts).or_else(|| smallest(spots, on_line))
}

fn smallest(spots: &[Span], fits: impl Fn(&Span) -> bool) -> Option<usize> {
    let fitting = spots.iter().enumerate().filter(|(_, spot)| fits(spot));
    fitting
        .min_by_key(|(_, spot)| size(spot))
        .map(|(index, _)| index)
}

fn largest(spots: &[Span], fits: impl Fn(&Span) -> bool) -> Option<usize> {
    let fitting = spots.iter().enumerate().filter(|(_, spot)| fits(spot));
    fitting
        .max_by_key(|(_, spot)| size(spot))
        .map(|(index, _)| index)
}

/// Orders spans of which one holds the other.
fn size(span: &Span) -> (u32, u32) {
    (
        span.end_line.saturating_sub(span.line),
        span.end_column.wrapping_sub(span.column),
    )
}
