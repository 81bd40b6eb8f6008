//! Where the time under each site went: samples meet the source.
//!
//! A sample belongs to a site if one of its frames executes something inside the site's text:
//! file, function and position agree. It belongs to every such site, so a nested loop's time
//! counts for the outer loop, too; recursion counts once.

mod client;
mod files;
mod spots;

use files::Files;
use rightlane_facts::{
    IterationRecord, Ledger, ProgramSource, Sample, SampleFrame, Site, SiteKind, SiteLedger,
};
use std::collections::HashMap;

/// Where the time under each site went, in the order of the sites.
///
/// Files are compared as canonical absolute paths where they exist; a relative `co_filename` is
/// taken for the one file of the program that ends like it.
#[must_use]
pub fn site_ledgers(source: &ProgramSource, samples: &[Sample]) -> Vec<SiteLedger> {
    let mut ledgers: Vec<SiteLedger> = source
        .sites
        .iter()
        .map(|site| SiteLedger {
            site: site.id,
            ledger: Ledger::default(),
            repeated: 0.0,
            around: Vec::new(),
            calls: vec![Ledger::default(); spots::count(site)],
            client: Ledger::default(),
        })
        .collect();
    let mut places = Places::new(source);
    for sample in samples {
        let hits = places.of_stack(&sample.frames);
        for hit in &hits {
            let ledger = &mut ledgers[hit.site];
            ledger.ledger.add(sample.cause, sample.seconds);
            let mut around = hits
                .iter()
                .filter(|other| places.is_loop_around(other, hit))
                .peekable();
            if around.peek().is_some() {
                ledger.repeated += sample.seconds;
            }
            for other in around {
                add_around(ledger, source.sites[other.site].id, sample.seconds);
            }
            let inner = &sample.frames[..hit.depth];
            if client::is_under_way(&source.sites[hit.site], inner) {
                ledger.client.add(sample.cause, sample.seconds);
            }
            if let Some(call) = hit.spot.and_then(|spot| ledger.calls.get_mut(spot)) {
                call.add(sample.cause, sample.seconds);
            }
        }
    }
    ledgers
}

fn add_around(ledger: &mut SiteLedger, site: u32, seconds: f64) {
    match ledger.around.iter_mut().find(|(other, _)| *other == site) {
        Some((_, total)) => *total += seconds,
        None => ledger.around.push((site, seconds)),
    }
}

/// The main thread's time.
#[must_use]
pub fn main_ledger(samples: &[Sample]) -> Ledger {
    let mut ledger = Ledger::default();
    for sample in samples.iter().filter(|sample| sample.main) {
        ledger.add(sample.cause, sample.seconds);
    }
    ledger
}

/// All other Python threads' time together.
#[must_use]
pub fn others_ledger(samples: &[Sample]) -> Ledger {
    let mut ledger = Ledger::default();
    for sample in samples.iter().filter(|sample| !sample.main) {
        ledger.add(sample.cause, sample.seconds);
    }
    ledger
}

/// Iterations of each site that had time, from frames with how often something had changed in them:
/// at least that many.
#[must_use]
pub fn iterations(
    source: &ProgramSource,
    ledgers: &[SiteLedger],
    turns: &[(&SampleFrame, u64)],
) -> Vec<IterationRecord> {
    let mut counts: HashMap<usize, u64> = HashMap::new();
    let mut places = Places::new(source);
    for (frame, count) in turns {
        for hit in places.of_stack(std::slice::from_ref(*frame)) {
            *counts.entry(hit.site).or_default() += count;
        }
    }
    let sites = source.sites.iter().zip(ledgers).enumerate();
    sites
        .filter(|(_, (_, ledger))| ledger.ledger.total() > 0.0)
        .map(|(index, (site, ledger))| IterationRecord {
            site: site.id,
            entered: 1,
            iterations: counts.get(&index).copied().unwrap_or(1),
            exact: false,
            wall_seconds: ledger.ledger.total(),
            wall_estimated: false,
            samples: Vec::new(),
        })
        .collect()
}

/// A site that a stack is in.
#[derive(Clone, Copy)]
struct Hit {
    /// Its index.
    site: usize,
    /// Which of its calls is under way.
    spot: Option<usize>,
    /// The frame, counted from the innermost.
    depth: usize,
}

/// The sites, by file, and which frames lie in them. Frames repeat from sample to sample, so what
/// was found for one is kept.
struct Places<'a> {
    source: &'a ProgramSource,
    by_file: HashMap<usize, Vec<usize>>,
    files: Files,
    /// (site, spot) of each frame seen.
    known: HashMap<SampleFrame, Vec<(usize, Option<usize>)>>,
}

impl<'a> Places<'a> {
    fn new(source: &'a ProgramSource) -> Self {
        let mut files = Files::default();
        let mut by_file: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, site) in source.sites.iter().enumerate() {
            by_file
                .entry(files.add(&site.path))
                .or_default()
                .push(index);
        }
        Places {
            source,
            by_file,
            files,
            known: HashMap::new(),
        }
    }

    /// The sites that the stack is in, each once: of recursion the innermost frame counts.
    fn of_stack(&mut self, frames: &[SampleFrame]) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for (depth, frame) in frames.iter().enumerate() {
            if !self.known.contains_key(frame) {
                let found = self.of_frame(frame);
                self.known.insert(frame.clone(), found);
            }
            for (site, spot) in self.known.get(frame).into_iter().flatten().copied() {
                if hits.iter().all(|hit| hit.site != site) {
                    hits.push(Hit { site, spot, depth });
                }
            }
        }
        hits
    }

    /// Whether `outer` is a loop that `inner` runs inside of.
    fn is_loop_around(&self, outer: &Hit, inner: &Hit) -> bool {
        let (around, site) = (
            &self.source.sites[outer.site],
            &self.source.sites[inner.site],
        );
        let further_out = outer.depth > inner.depth
            || outer.depth == inner.depth
                && outer.site != inner.site
                && around.span.holds(&site.span)
                && around.span != site.span;
        further_out && around.kind != SiteKind::Run
    }

    fn of_frame(&mut self, frame: &SampleFrame) -> Vec<(usize, Option<usize>)> {
        let Some(file) = self.files.find(&frame.file) else {
            return Vec::new();
        };
        let sites = self.by_file.get(&file).into_iter().flatten();
        sites
            .filter(|index| holds(&self.source.sites[**index], frame))
            .map(|index| (*index, spots::running(&self.source.sites[*index], frame)))
            .collect()
    }
}

/// Whether what the frame executes lies in the site.
fn holds(site: &Site, frame: &SampleFrame) -> bool {
    let inside = match frame.span {
        // `list(map(f, xs))` is executing the outer call while it goes through the inner one.
        Some(span) => {
            site.span.holds(&span) || site.kind == SiteKind::Map && span.holds(&site.span)
        }
        None => site.span.holds_line(frame.line),
    };
    inside && is_function(site, &frame.function)
}

/// Compares leniently: the qualified name's last part is `co_name`, and a comprehension runs in a
/// frame of its own (before 3.12, generator expressions always).
fn is_function(site: &Site, function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or(function);
    name == site.function
        || matches!(
            name,
            "<genexpr>" | "<listcomp>" | "<setcomp>" | "<dictcomp>"
        )
        || site.kind == SiteKind::Map && name == "<lambda>"
}
