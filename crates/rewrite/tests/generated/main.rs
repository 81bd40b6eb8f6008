//! Programs made by a small grammar: the program and what becomes of it print the same.
//!
//! `SEED=17` runs one of them and prints it; `PROGRAMS=1000` runs more.

mod grammar;

use rightlane_facts::{Api, Grade, ProgramSource, Settings, TaskPart};
use rightlane_rewrite::{Coroutines, Request, Texts, rewrite};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const IN_THREADS: &[Api] = &[
    Api::ThreadPoolExecutor,
    Api::ThreadPool,
    Api::Thread,
    Api::TaskGroup,
];
const IN_PROCESSES: &[Api] = &[Api::ProcessPoolExecutor, Api::Pool, Api::Process];

/// A program that was rewritten.
struct Variant {
    seed: u64,
    what: String,
    text: String,
    grade: Grade,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn generated_programs_print_what_they_printed() {
    let seeds: Vec<u64> = match number("SEED") {
        Some(seed) => vec![seed],
        None => (0..number("PROGRAMS").unwrap_or(200)).collect(),
    };
    let programs: BTreeMap<u64, String> = seeds
        .iter()
        .map(|seed| (*seed, grammar::program(*seed)))
        .collect();
    let mut refused = BTreeMap::new();
    let variants: Vec<Variant> = programs
        .iter()
        .flat_map(|(seed, text)| variants(*seed, text, &mut refused))
        .collect();
    let asked = programs
        .iter()
        .map(|(seed, text)| (format!("{seed}"), text))
        .chain(
            variants
                .iter()
                .enumerate()
                .map(|(at, one)| (format!("variant {at}"), &one.text)),
        );
    let answers = run(asked);
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (at, variant) in variants.iter().enumerate() {
        let (before, after) = (
            &answers[&format!("{}", variant.seed)],
            &answers[&format!("variant {at}")],
        );
        let Some(same) = same(before, after, &variant.grade) else {
            continue;
        };
        compared += 1;
        if !same {
            wrong.push(format!(
                "SEED={} {} {:?}\n{}\n--- becomes\n{}\n--- before {before}\n--- after {after}\n",
                variant.seed, variant.what, variant.grade, programs[&variant.seed], variant.text
            ));
        }
    }
    println!(
        "{} programs, {} edits, {compared} compared, refused: {refused:#?}",
        programs.len(),
        variants.len()
    );
    assert!(
        wrong.is_empty(),
        "{} of {compared} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        seeds.len() == 1 || compared >= seeds.len(),
        "only {compared} were compared"
    );
}

/// Whether the edited program does what its grade promises; `None` if it promises nothing of the output.
fn same(before: &Value, after: &Value, grade: &Grade) -> Option<bool> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let equal =
        text(before, "out") == text(after, "out") && text(before, "end") == text(after, "end");
    match grade {
        Grade::Safe => Some(equal),
        Grade::ShowOnly(_) => None,
        Grade::ChangesBehaviour(reasons)
            if reasons.iter().any(|reason| promises_nothing(reason)) =>
        {
            None
        }
        // A task of a later item may fail that nobody would have asked for.
        Grade::ChangesBehaviour(_)
            if text(after, "end") != "done"
                && text(after, "end").starts_with("ValueError: not") =>
        {
            None
        }
        // What is done early, or side by side, is seen where something fails.
        Grade::ChangesBehaviour(_) if text(before, "end") != "done" => None,
        Grade::ChangesBehaviour(_) => {
            let (before, after) = (text(before, "out"), text(after, "out"));
            Some(sorted(&before) == sorted(&after))
        }
    }
}

/// Whether a reason says that the output may be another one.
fn promises_nothing(reason: &str) -> bool {
    reason.contains("may depend")
        || reason.contains("has been changed for later items")
        || reason.contains("more items have been taken")
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// The program for every API that takes one of its calls.
fn variants(seed: u64, text: &str, refused: &mut BTreeMap<String, usize>) -> Vec<Variant> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().canonicalize().expect("the folder");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("program.py");
    std::fs::write(&path, text).expect("a file");
    let source = rightlane_source::read_program(
        Path::new("program.py"),
        &folder,
        std::slice::from_ref(&folder),
    )
    .unwrap_or_else(|error| panic!("SEED={seed} is no program: {error}\n{text}"));
    let texts: Texts = [(path.to_string_lossy().into_owned(), text.to_owned())].into();
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    let mut all = Vec::new();
    for api in apis(seed) {
        for (site, part, what) in sites(&source) {
            let request = Request {
                source: &source,
                texts: &texts,
                site: &source.sites[site],
                part: &part,
                api,
                coroutines: Coroutines::ToThread,
                settings: Settings {
                    workers: Some(2),
                    ..Settings::default()
                },
                python: (3, 11),
            };
            match rewrite(&request) {
                Ok(edit) => {
                    let edited = edit.texts(&texts).expect("the edits fit");
                    let text = edited.into_values().next().expect("the program");
                    let what = format!("{} {what}", api.name());
                    all.push(Variant {
                        seed,
                        what,
                        text,
                        grade: edit.grade,
                    });
                }
                Err(why) => {
                    assert!(
                        !why.contains("would not be Python"),
                        "SEED={seed} {what} {}: {why}\n{text}",
                        api.name()
                    );
                    let kind = why
                        .split(['`', ':', '('])
                        .next()
                        .unwrap_or_default()
                        .to_owned();
                    *refused.entry(kind).or_default() += 1;
                }
            }
        }
    }
    all
}

/// Threads for each program, processes for some: they take long to start.
fn apis(seed: u64) -> Vec<Api> {
    let number = usize::try_from(seed).expect("a small number");
    let mut apis = vec![IN_THREADS[0], IN_THREADS[1 + number % 3]];
    if number % 3 == 0 {
        apis.push(IN_PROCESSES[number / 3 % 3]);
    }
    apis
}

/// Every call of every site, up to four.
fn sites(source: &ProgramSource) -> Vec<(usize, TaskPart, String)> {
    let mut all = Vec::new();
    for (at, site) in source.sites.iter().enumerate() {
        for (index, call) in site.calls.iter().enumerate() {
            let known = ["work", "shaky", "both", "maker.scale"];
            if known.contains(&call.name.as_str())
                && site.members.is_empty()
                && site.function != "made_by"
            {
                let what = format!("{:?} line {} {}", site.kind, site.span.line, call.name);
                all.push((at, TaskPart::Call(index), what));
            }
        }
    }
    all.truncate(4);
    all
}

/// What each program does, by its name.
fn run<'t>(programs: impl Iterator<Item = (String, &'t String)>) -> BTreeMap<String, Value> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generated/driver.py");
    let mut child = Command::new("python3")
        .arg(driver)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let lines: Vec<String> = programs
        .map(|(name, text)| json!({"name": name, "text": text}).to_string())
        .collect();
    let mut stdin = child.stdin.take().expect("the driver's input");
    let writer = std::thread::spawn(move || {
        for line in lines {
            // A driver that is gone has said why on stderr.
            if writeln!(stdin, "{line}").is_err() {
                break;
            }
        }
    });
    let output = child.wait_with_output().expect("the driver ends");
    writer.join().expect("the writer ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let answers = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    answers
        .map(|answer| {
            (
                answer["name"].as_str().unwrap_or_default().to_owned(),
                answer,
            )
        })
        .collect()
}
