//! How well the rules of `rightlane check` find what they are about: the labelled snippets and files of
//! `quality/`, and each rule's own example. `make check-quality` prints the figures.
//!
//! `# expect: RL204, RL301` at the end of a line: findings of these rules have to start there. A line
//! without one must have none.

mod shared;

use rightlane_source::check::{GROUPS, RULES, check};
use shared::{Files, projects};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Share of findings that are labelled, over all rules: a ratchet, what is reached; the aim is 0.95, and
/// 0.85 of each rule.
const LEAST_PRECISION: f64 = 0.99;
const LEAST_OF_A_RULE: f64 = 0.9;
/// Share of labels that are found.
const LEAST_RECALL: f64 = 0.98;

/// A finding or a label: file, line, code.
type Spot = (String, u32, String);

#[derive(Default)]
struct Count {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Count {
    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.wrong).max(1))
    }

    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.missed).max(1))
    }
}

#[test]
fn labelled_places_are_found_as_well_as_before() {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut trouble = String::new();
    for (name, files) in projects(&["rules", "files"]) {
        let (expected, found) = (labels(&files), findings(&files));
        for spot in expected.union(&found) {
            let count = counts.entry(spot.2.clone()).or_default();
            let what = match (expected.contains(spot), found.contains(spot)) {
                (true, true) => {
                    count.right += 1;
                    continue;
                }
                (true, false) => {
                    count.missed += 1;
                    "missed"
                }
                _ => {
                    count.wrong += 1;
                    "wrong"
                }
            };
            writeln!(trouble, "  {} {what}: {name} {}:{}", spot.2, spot.0, spot.1).unwrap();
        }
    }
    println!("{trouble}");
    let mut all = Count::default();
    let built: BTreeSet<&str> = RULES.iter().map(|rule| rule.code).collect();
    for (code, count) in &counts {
        println!(
            "{code}  right {:3}  wrong {:3}  missed {:3}  precision {:.2}{}",
            count.right,
            count.wrong,
            count.missed,
            count.precision(),
            if built.contains(&**code) {
                ""
            } else {
                "  (no such rule)"
            },
        );
        all.right += count.right;
        all.wrong += count.wrong;
        all.missed += count.missed;
    }
    let (precision, recall) = (all.precision(), all.recall());
    println!("rules: precision {precision:.3} (aim 0.95), recall {recall:.3}");
    let worst = counts
        .values()
        .filter(|count| count.right + count.wrong > 0);
    let worst = worst.map(Count::precision).fold(1.0, f64::min);
    assert!(precision >= LEAST_PRECISION && recall >= LEAST_RECALL && worst >= LEAST_OF_A_RULE);
}

#[test]
fn each_rule_finds_its_own_example_and_nothing_in_what_to_write_instead() {
    for rule in RULES {
        let manual = rule.manual();
        let example = block(&manual, "## Example");
        let instead = block(&manual, "## Write instead");
        for heading in [
            "## What it sees",
            "## Why it matters",
            "## When it is wrong",
        ] {
            assert!(manual.contains(heading), "{}: no {heading}", rule.code);
        }
        let hits = |files: &Files| findings(files).iter().any(|spot| spot.2 == rule.code);
        assert!(hits(&example), "{} does not find its example", rule.code);
        assert!(!hits(&instead), "{} finds what it says to write", rule.code);
    }
}

#[test]
fn the_list_of_rules_in_the_documentation_is_what_the_rules_say() {
    let mut text = String::from(
        "# Rules\n\nWritten by `UPDATE_EXPECT=1 cargo test -p rightlane-source --test rules` from the rules' own pages.\n\n",
    );
    for group in GROUPS {
        writeln!(
            text,
            "- {} ({}xx): {}",
            group.name, group.prefix, group.about
        )
        .unwrap();
    }
    for rule in RULES {
        let manual = rule.manual().replace("\n## ", "\n### ");
        writeln!(
            text,
            "\n## {} {}\n\n{}",
            rule.code,
            rule.name(),
            manual.trim_end()
        )
        .unwrap();
    }
    expect_test::expect_file!["../../../docs/rules.md"].assert_eq(&text);
}

/// The files of the fenced blocks under a heading of a manual page.
fn block(manual: &str, heading: &str) -> Files {
    let after = manual
        .split(&format!("{heading}\n"))
        .nth(1)
        .unwrap_or_default();
    let section = after.split("\n## ").next().unwrap_or_default();
    let found = shared::snippets(&format!("## {heading}\n{section}\n"));
    found
        .into_iter()
        .next()
        .map(|snippet| snippet.files)
        .unwrap_or_default()
}

fn labels(files: &Files) -> BTreeSet<Spot> {
    let mut found = BTreeSet::new();
    for (file, text) in files {
        for (index, line) in text.lines().enumerate() {
            let Some((_, codes)) = line.split_once("# expect: ") else {
                continue;
            };
            for code in codes
                .split([',', ' ', ';'])
                .filter(|code| code.starts_with("RL"))
            {
                let line = u32::try_from(index).unwrap() + 1;
                found.insert((file.clone(), line, code.to_owned()));
            }
        }
    }
    found
}

fn findings(files: &Files) -> BTreeSet<Spot> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        paths.push(path);
    }
    let report = check(&paths);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let name = |file: &str| {
        let inside = file.strip_prefix(&*folder.path().to_string_lossy());
        inside.unwrap_or(file).trim_start_matches('/').to_owned()
    };
    let spot =
        |finding: rightlane_facts::Finding| (name(&finding.file), finding.line, finding.code);
    report.findings.into_iter().map(spot).collect()
}
