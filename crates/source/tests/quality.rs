//! How well independence is judged: the labelled loops of `quality/`, which were written without a
//! look at what the program says of them. `make check-quality` prints the figures.
//!
//! A label stands at the end of a loop's first line: `# loop: yes` (its iterations can run
//! concurrently with the same results), `# loop: no NAME` (what they clash on), `# loop: unknown`,
//! `# loop: split CALL NAME` (they need each other by NAME, but this call, which is most of the work,
//! can be made for all of them at once, with what follows it left in order).
//! A snippet is a heading and one or more fenced blocks, as in `snippets.rs`; a whole file is a
//! project of its own.

mod shared;

use rightlane_facts::{ProgramSource, Site, SiteKind};
use shared::{Files, answer, projects, read};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Share of the loops called independent that must be so, and of the independent ones that must be
/// called so. Ratchets: what is reached; the aim is 0.98 and 0.85.
const LEAST_PRECISION: f64 = 0.99;
const LEAST_RECALL: f64 = 0.91;

/// Every labelled loop: (label, answer), each how often.
#[derive(Default)]
struct Counts(BTreeMap<(String, &'static str), usize>);

impl Counts {
    fn of(&self, held: impl Fn(&str, &str) -> bool) -> usize {
        let matching = self.0.iter().filter(|((label, said), _)| held(label, said));
        matching.map(|(_, count)| count).sum()
    }

    fn precision(&self) -> f64 {
        let right = self.of(|label, said| matches!(label, "yes" | "split") && said == "yes");
        right as f64 / self.of(|_, said| said == "yes").max(1) as f64
    }

    fn recall(&self) -> f64 {
        let right = self.of(|label, said| label == "yes" && said == "yes");
        right as f64 / self.of(|label, _| label == "yes").max(1) as f64
    }
}

#[test]
fn labelled_loops_are_judged_as_well_as_before() {
    let (mut counts, mut wrong, mut missed) = (Counts::default(), String::new(), String::new());
    for (name, project) in projects(&["independence", "files"]) {
        for (place, label, said) in judged(&project) {
            *counts.0.entry((label.clone(), said)).or_default() += 1;
            match (label.as_str(), said) {
                ("yes" | "split", "yes") => {}
                (_, "yes") => writeln!(wrong, "  {name} {place}: {label}").unwrap(),
                ("yes", _) => writeln!(missed, "  {name} {place}: {said}").unwrap(),
                _ => {}
            }
        }
    }
    println!("called independent, labelled otherwise:\n{wrong}");
    println!("independent, called otherwise:\n{missed}");
    for ((label, said), count) in &counts.0 {
        println!("labelled {label:8} called {said:8} {count}");
    }
    let (precision, recall) = (counts.precision(), counts.recall());
    println!("independent: precision {precision:.3} (aim 0.98), recall {recall:.3} (aim 0.85)");
    assert!(precision >= LEAST_PRECISION && recall >= LEAST_RECALL);
    assert!(counts.of(|_, _| true) >= 200, "too few labelled loops");
}

/// Of each labelled loop: its place, its label and the answer (`absent` if it is not seen at all).
fn judged(project: &Files) -> Vec<(String, String, &'static str)> {
    let source = read(project);
    let source = source.unwrap_or_else(|error| panic!("{}: {error}", project[0].0));
    let mut found = Vec::new();
    for (file, text) in project {
        for (index, line) in text.lines().enumerate() {
            if let Some(label) = label(line) {
                let number = u32::try_from(index).unwrap() + 1;
                let (said, callee) = said(&source, file, number);
                let place = format!("{file}:{number} {callee}");
                found.push((place, label.to_owned(), said));
            }
        }
    }
    found
}

/// `yes`, `no` or `unknown` of a label.
fn label(line: &str) -> Option<&str> {
    let comment = line.rsplit_once('#')?.1;
    let label = comment.rsplit_once("loop: ")?.1;
    label.split([' ', ';']).next()
}

/// What is said of the loop on this line, and of which call: of the one to be made concurrent, where
/// there is one.
fn said<'a>(source: &'a ProgramSource, file: &str, line: u32) -> (&'static str, &'a str) {
    let here =
        |site: &&Site| site.file == file && site.span.line == line && site.kind != SiteKind::Run;
    let sites: Vec<&Site> = source.sites.iter().filter(here).collect();
    let called = sites.iter().find(|site| site.callee.is_some());
    let Some(site) = called.or(sites.first()) else {
        return ("absent", "");
    };
    let call = site.callee.and_then(|at| site.calls.get(at));
    let independence = call.map_or(&site.independence, |call| &call.independence);
    let name = call.map_or("(the whole body)", |call| &call.name);
    (answer(independence.answer), name)
}
