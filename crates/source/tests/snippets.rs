//! Runs the snippets of `cases/*.md`: everyday Python with the expected answers beside it.
//!
//! Each snippet is a heading and one or more fenced blocks; a block's info string may name its
//! file (```` ```py helpers.py ````), the first is the script. A line with a comment
//! `# expect: key=value; …` is the first line of a site. Keys:
//!
//! - `independent`: the suggested call's answer, or the body's if no call is suggested
//! - `body`: the whole body's answer · `callee`: the suggested call as written, `-` for none
//! - `carrier`, `effect`, `doubt`, `captured`, `stale`: one that must be among them (`-`: none)
//! - `later`: statements of the body which may follow the call, as `[0]`
//! - `result`: as `Appended rows` · `sockets`, `shared`, `twin`, `importable`, `exit`, `kind`
//! - `lazy`: whether what it goes through makes its items meanwhile
//! - `members`: of a run, how many · `dep`: as `0>1 Stream rows` · `nodep`: as `0>2`

mod shared;

use rightlane_facts::{CallSpot, ProgramSource, Site, SiteKind};
use shared::{Snippet, answer, read, snippets};
use std::path::{Path, PathBuf};

#[test]
fn every_snippet_is_judged_as_its_comments_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let (mut count, mut failures) = (0, Vec::new());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for snippet in snippets(&text) {
            count += 1;
            failures.extend(
                check(&snippet)
                    .into_iter()
                    .map(|failure| format!("{file}: {}: {failure}", snippet.name)),
            );
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count >= 120, "only {count} snippets found");
}

fn check(snippet: &Snippet) -> Vec<String> {
    let source = match read(&snippet.files) {
        Ok(source) => source,
        Err(error) => return vec![error.to_string()],
    };
    let mut failures = Vec::new();
    let mut expectations = 0;
    for (name, text) in &snippet.files {
        for (at, line) in text.lines().enumerate() {
            let Some((_, wanted)) = line.split_once("# expect: ") else {
                continue;
            };
            expectations += 1;
            for failure in check_line(&source, name, at as u32 + 1, wanted) {
                failures.push(format!("{name}:{}: {failure}", at + 1));
            }
        }
    }
    if expectations == 0 {
        failures.push("expects nothing".to_owned());
    }
    failures
}

fn check_line(source: &ProgramSource, file: &str, line: u32, wanted: &str) -> Vec<String> {
    let is_run = ["members=", "dep="].iter().any(|key| wanted.contains(key));
    let here = |site: &&Site| {
        site.file == file && site.span.line == line && (site.kind == SiteKind::Run) == is_run
    };
    let sites: Vec<&Site> = source.sites.iter().filter(here).collect();
    // Of several on a line, the one with a suggested call is meant, else the first.
    let Some(site) = sites
        .iter()
        .find(|site| site.callee.is_some())
        .or(sites.first())
    else {
        return vec![format!("no site here (wanted {wanted})")];
    };
    wanted
        .split("; ")
        .filter_map(|pair| check_pair(site, pair.trim()))
        .collect()
}

#[expect(
    clippy::too_many_lines,
    reason = "one arm for each key of an expectation"
)]
fn check_pair(site: &Site, pair: &str) -> Option<String> {
    let (key, value) = pair.split_once('=')?;
    let call = site.callee.map(|at| &site.calls[at]);
    let independence = call.map_or(&site.independence, |call| &call.independence);
    let carriers: Vec<String> = independence
        .carriers
        .iter()
        .map(|carrier| format!("{} ({})", carrier.name, carrier.why))
        .collect();
    let effects = call.map_or(&site.effects, |call| &call.effects);
    let crossing = call.map_or(&site.crossing, |call| &call.crossing);
    let actual = match key {
        "independent" => format!("{} {}", answer(independence.answer), carriers.join(", ")),
        "body" => format!(
            "{} {:?}",
            answer(site.independence.answer),
            site.independence.carriers
        ),
        "callee" => call.map_or("-", |call| &call.name).to_owned(),
        "carrier" => {
            return among(
                key,
                value,
                independence
                    .carriers
                    .iter()
                    .map(|carrier| carrier.name.clone())
                    .collect(),
            );
        }
        "why" => return among_parts(key, value, &carriers),
        "effect" => {
            return among(
                key,
                value,
                effects
                    .iter()
                    .map(|effect| format!("{:?}", effect.kind))
                    .collect(),
            );
        }
        "detail" => {
            return among_parts(
                key,
                value,
                &effects
                    .iter()
                    .map(|effect| effect.detail.clone())
                    .collect::<Vec<_>>(),
            );
        }
        "doubt" => return among_parts(key, value, &crossing.doubts),
        "captured" => return among(key, value, crossing.captured.clone()),
        "stale" => return among(key, value, crossing.stale_globals.clone()),
        "importable" => answer(crossing.importable).to_owned(),
        "kind" => format!("{:?}", site.kind),
        "lazy" => format!("{}", site.iterable.as_ref().is_some_and(|it| it.lazy)),
        "later" => format!(
            "{:?}",
            site.text.as_ref().map_or(&[][..], |text| &text.later)
        ),
        "exit" => site
            .early_exit
            .as_ref()
            .map_or("-".to_owned(), |place| place.line.to_string()),
        "calls" => {
            return among(
                key,
                value,
                site.calls.iter().map(|call| call.name.clone()).collect(),
            );
        }
        "members" => site.members.len().to_string(),
        "dep" => return among(key, value, dependencies(site)),
        "nodep" => {
            return dependencies(site)
                .iter()
                .any(|held| held.starts_with(value))
                .then(|| format!("dependency {value} in {:?}", dependencies(site)));
        }
        _ => match call {
            Some(call) => of_call(call, key)?,
            None => return Some(format!("no callee for {pair}")),
        },
    };
    (actual.split(' ').next() != Some(value) && actual != value)
        .then(|| format!("wanted {pair}, got {actual}"))
}

fn of_call(call: &CallSpot, key: &str) -> Option<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    Some(match key {
        "result" => format!("{:?}", call.result)
            .replace(['(', '"'], " ")
            .replace(")", "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        "sockets" => text(&call.sockets.library),
        "shared" => text(&call.sockets.shared),
        "twin" => text(&call.sockets.async_twin),
        "uses" => if call.uses_target { "yes" } else { "no" }.to_owned(),
        "external" => text(&call.external),
        "target" => call.target.as_ref().map_or("-".to_owned(), |place| {
            format!("{}:{}", place.file, place.line)
        }),
        "arguments" => call.arguments.join(" | "),
        _ => format!("unknown key {key}"),
    })
}

fn dependencies(site: &Site) -> Vec<String> {
    site.dependencies
        .iter()
        .map(|held| {
            format!(
                "{}>{} {:?} {}",
                held.earlier, held.later, held.kind, held.name
            )
        })
        .collect()
}

fn among(key: &str, value: &str, actual: Vec<String>) -> Option<String> {
    let fine = if value == "-" {
        actual.is_empty()
    } else {
        actual.iter().any(|held| held == value)
    };
    (!fine).then(|| format!("wanted {key}={value}, got {actual:?}"))
}

fn among_parts(key: &str, value: &str, actual: &[String]) -> Option<String> {
    let fine = if value == "-" {
        actual.is_empty()
    } else {
        actual.iter().any(|held| held.contains(value))
    };
    (!fine).then(|| format!("wanted {key}={value}, got {actual:?}"))
}
