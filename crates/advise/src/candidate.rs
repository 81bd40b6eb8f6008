//! What could become the task at a site: one call of its body, or the whole body.

use crate::workload::{self, Seen};
use rightlane_facts::{
    Crossing, Effect, Independence, Observation, ProgramSource, Site, SiteKind, SiteLedger,
    SocketUse, TaskPart, Workload,
};
use std::collections::HashSet;

/// The part of a loop's body that becomes the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The call with this index in `Site::calls`; the rest of the body stays sequential.
    Call(usize),
    /// The whole body.
    Body,
}

/// A call with less than this share of the site's time is not worth being the task while the
/// rest stays sequential: by Amdahl's law it could not even save a third.
const LEAST_SHARE_OF_SITE: f64 = 0.3;

/// A call with at least this share of the site's time is the task: nothing had to be weighed to
/// know what the whole body would send and return, while the call was.
const CARRIES: f64 = 0.6;

/// A loop with at least this part of its samples inside another one runs inside it: samples on the
/// border of the two are taken for either.
const MOSTLY: f64 = 0.9;

static NO_SOCKETS: SocketUse = SocketUse {
    library: None,
    shared: None,
    async_twin: None,
};

impl Part {
    pub(crate) fn independence(self, site: &Site) -> &Independence {
        match self {
            Part::Call(call) => &site.calls[call].independence,
            Part::Body => &site.independence,
        }
    }

    pub(crate) fn effects(self, site: &Site) -> &[Effect] {
        match self {
            Part::Call(call) => &site.calls[call].effects,
            Part::Body => &site.effects,
        }
    }

    pub(crate) fn crossing(self, site: &Site) -> &Crossing {
        match self {
            Part::Call(call) => &site.calls[call].crossing,
            Part::Body => &site.crossing,
        }
    }

    pub(crate) fn sockets(self, site: &Site) -> SocketUse {
        let found = match self {
            Part::Call(call) => Some(&site.calls[call].sockets),
            Part::Body => site
                .calls
                .iter()
                .map(|call| &call.sockets)
                .find(|sockets| sockets.library.is_some()),
        };
        let mut sockets = found.unwrap_or(&NO_SOCKETS).clone();
        if self.awaited(site) {
            sockets.async_twin = Some("itself".to_owned());
        }
        sockets
    }

    pub(crate) fn task_part(self) -> TaskPart {
        match self {
            Part::Call(call) => TaskPart::Call(call),
            Part::Body => TaskPart::Body,
        }
    }

    /// Whether the task is a coroutine already.
    pub(crate) fn awaited(self, site: &Site) -> bool {
        matches!(self, Part::Call(call) if site.calls[call].awaited)
    }

    /// The task as people read it.
    pub(crate) fn name(self, site: &Site) -> String {
        match self {
            Part::Call(call) if site.kind == SiteKind::Map => {
                format!("map({}, …)", site.calls[call].name)
            }
            Part::Call(call) => one_line(&site.calls[call].text, 60),
            Part::Body => "(the loop's body)".to_owned(),
        }
    }
}

/// A site with a choice of task and what is known of it.
pub(crate) struct Candidate<'a> {
    pub(crate) site: &'a Site,
    pub(crate) part: Part,
    pub(crate) workload: Workload,
    /// Wall seconds under the site.
    pub(crate) seconds: f64,
    /// Share of the program's wall time, 0 to 1.
    pub(crate) share: f64,
}

/// Every reasonable choice of task at `site`, the best founded first.
pub(crate) fn candidates<'a>(
    source: &'a ProgramSource,
    site: &'a Site,
    observation: &'a Observation,
) -> Vec<Candidate<'a>> {
    let seen = Seen::of(source, observation, site);
    let seconds = seen.seconds();
    let share = share_of(seconds_under(source, observation, site), observation);
    parts(source, site, &seen)
        .into_iter()
        .map(|part| Candidate {
            site,
            part,
            workload: workload::build(site, part, &seen),
            seconds,
            share,
        })
        .collect()
}

/// Wall seconds under the site, never less than under a loop that runs inside it: one may have been
/// stamped and the other sampled.
pub(crate) fn seconds_under(source: &ProgramSource, observation: &Observation, site: &Site) -> f64 {
    // From the ledgers, of which few have loops around them: programs have thousands of sites.
    let inside: Vec<u32> = observation
        .site_ledgers
        .iter()
        .filter(|ledger| outer_loops(ledger).any(|outer| outer == site.id))
        .map(|ledger| ledger.site)
        .collect();
    let sites = source.sites.iter();
    sites
        .filter(|other| {
            let within = other.parent == Some(site.id) || inside.contains(&other.id);
            other.id == site.id || within && other.kind != SiteKind::Run
        })
        .map(|other| Seen::of(source, observation, other).seconds())
        .fold(0.0, f64::max)
}

/// How many loops the site runs inside.
pub(crate) fn loops_around(observation: &Observation, site: &Site) -> usize {
    let mut ledgers = observation.site_ledgers.iter();
    let ledger = ledgers.find(|ledger| ledger.site == site.id);
    let seen = ledger.into_iter().flat_map(outer_loops);
    let outer: HashSet<u32> = seen.chain(site.parent).collect();
    outer.len()
}

/// The loops that the ledger's site runs inside, as far as samples tell.
fn outer_loops(ledger: &SiteLedger) -> impl Iterator<Item = u32> {
    let around = ledger.around.iter();
    around
        .filter(|(_, seconds)| *seconds > MOSTLY * ledger.ledger.total())
        .map(|(outer, _)| *outer)
}

pub(crate) fn share_of(seconds: f64, observation: &Observation) -> f64 {
    let wall = observation.wall_seconds;
    if wall > 0.0 {
        (seconds / wall).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// The calls that carry the site's time, the whole body last.
fn parts(source: &ProgramSource, site: &Site, seen: &Seen<'_>) -> Vec<Part> {
    let whole = seen.seconds();
    let mut calls: Vec<(usize, f64)> = (0..site.calls.len())
        .filter(|call| once_per_iteration(source, site, *call))
        .map(|call| (call, seen.call_seconds(site, call)))
        .filter(|(_, seconds)| whole > 0.0 && seconds / whole >= LEAST_SHARE_OF_SITE)
        .collect();
    calls.sort_by(|a, b| b.1.total_cmp(&a.1));
    let carried = calls
        .first()
        .is_some_and(|(_, seconds)| *seconds >= CARRIES * whole);
    let mut parts: Vec<Part> = calls
        .into_iter()
        .map(|(call, _)| Part::Call(call))
        .collect();
    if parts.is_empty()
        && let Some(callee) = site.callee.filter(|callee| *callee < site.calls.len())
    {
        parts.push(Part::Call(callee));
    }
    if site.kind != SiteKind::Map && !carried {
        parts.push(Part::Body);
    }
    parts
}

/// Whether the call runs at most once in each iteration: one inside a nested loop belongs to
/// that loop's site. So does the time of a lazy iterable: a nested loop that takes its next item
/// executes, by its position in the source, the call that made the iterator.
fn once_per_iteration(source: &ProgramSource, site: &Site, call: usize) -> bool {
    let span = site.calls[call].span;
    !source.sites.iter().any(|other| {
        other.id != site.id
            && other.kind != SiteKind::Run
            && other.path == site.path
            && site.span.holds(&other.span)
            && other.span != site.span
            && other.span.holds(&span)
            && other.iterable.as_ref().is_none_or(|iterable| {
                !iterable.span.holds(&span) || iterable.lazy && iterable.span == span
            })
    })
}

pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > most {
        line = line
            .chars()
            .take(most.saturating_sub(1))
            .collect::<String>()
            + "…";
    }
    line
}
