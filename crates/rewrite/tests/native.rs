//! The async twins of functions, as cases to read: `native/*.md`.
//!
//! The last statement of a case's program holds the call. What stands after `## Twin` is written anew by
//! `UPDATE_EXPECT=1 cargo test -p rightlane-rewrite --test native`.

use rightlane_rewrite::native::{Libraries, Twin, twin};
use rightlane_source::syntax::ast::{AnyNodeRef, ExprCall};
use rightlane_source::syntax::{File, NodeId, Tree};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

const RESULT: &str = "## Twin\n";

#[test]
fn twins_are_as_in_the_cases() {
    let cases = cases();
    assert!(cases.len() >= 25, "there are {} cases", cases.len());
    let mut wrong = Vec::new();
    for (path, text) in cases {
        let (input, expected) = text.split_once(RESULT).unwrap_or((&text, ""));
        let found = answer(input);
        if found == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let input = input.trim_end();
            std::fs::write(&path, format!("{input}\n\n{RESULT}{found}")).unwrap();
        } else {
            wrong.push(format!("{}\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_is_there_is_not_written_again() {
    for (path, input) in cases() {
        let file = File::parse(program(&input).to_owned()).unwrap();
        let Ok(first) = twin_of_last(&file, &libraries(&input)) else {
            continue;
        };
        let edited = rightlane_rewrite::apply(file.text(), &first.edits).unwrap();
        let again = File::parse(edited).unwrap();
        let second = twin_of_last(&again, &libraries(&input)).unwrap();
        assert!(
            second.edits.is_empty(),
            "{}: {:?}",
            path.display(),
            second.edits
        );
        assert_eq!(second.name, first.name, "{}", path.display());
        assert_eq!(second.contexts, first.contexts, "{}", path.display());
    }
}

#[test]
fn line_ends_stay_what_they_are() {
    for (path, input) in cases() {
        let text = program(&input).replace('\n', "\r\n");
        let file = File::parse(text).unwrap();
        if let Ok(twin) = twin_of_last(&file, &libraries(&input)) {
            let edited = rightlane_rewrite::apply(file.text(), &twin.edits).unwrap();
            assert!(
                !edited.replace("\r\n", "").contains('\n'),
                "{}",
                path.display()
            );
        }
    }
}

/// In each Python that is there: of a call in `run/everything.py`, with and without failures.
#[test]
fn sockets_and_child_processes_do_what_they_did() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/native/run");
    let source = std::fs::read_to_string(folder.join("everything.py")).unwrap();
    let file = File::parse(source).unwrap();
    let mut tried = 0;
    for (minor, python) in pythons() {
        let libraries = Libraries {
            python: (3, minor),
            ..Libraries::default()
        };
        let view = file.view();
        let call = view
            .tree
            .within(NodeId(0))
            .find_map(|id| match view.tree.node(id) {
                AnyNodeRef::ExprCall(call) if file.slice(&*call.func) == "everything" => Some(call),
                _ => None,
            });
        let twin = twin(&file, &view, call.unwrap(), &libraries).unwrap();
        let edited = rightlane_rewrite::apply(file.text(), &twin.edits).unwrap();
        let imports = twin.imports.join("\n");
        let program = format!("{imports}\nTWIN = {:?}\n{edited}", twin.name);
        let run = Command::new(&python).args(["-c", &program]).output();
        let run = run.unwrap();
        let shown = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{}: {shown}", python.display());
        tried += 1;
    }
    eprintln!("in {tried} Pythons");
}

/// Pythons on `PATH` and under pyenv, one of each version.
fn pythons() -> Vec<(u32, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Some(home) = std::env::var_os("HOME") {
        let versions = std::fs::read_dir(PathBuf::from(home).join(".pyenv/versions"));
        let versions = versions.into_iter().flatten().flatten();
        folders.extend(versions.map(|version| version.path().join("bin")));
    }
    let works = |python: &PathBuf| {
        let version = Command::new(python).arg("--version").output();
        version.is_ok_and(|version| version.status.success())
    };
    let of = |minor: u32| {
        let name = format!("python3.{minor}");
        let found = folders.iter().map(|folder| folder.join(&name)).find(works);
        found.map(|python| (minor, python))
    };
    (10..=15).filter_map(of).collect()
}

fn cases() -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/native");
    let files = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

fn program(input: &str) -> &str {
    let program = input.split("```python\n").nth(1).unwrap();
    program.split("```").next().unwrap()
}

/// What is written after the input of a case.
fn answer(input: &str) -> String {
    let program = program(input);
    let file = File::parse(program.to_owned()).unwrap();
    match twin_of_last(&file, &libraries(input)) {
        Ok(twin) => shown(program, &twin),
        Err(why) => format!("\nRefused: {why}\n"),
    }
}

/// The line `libraries: python3.13 aiohttp`.
fn libraries(input: &str) -> Libraries {
    let line = input
        .lines()
        .find_map(|line| line.strip_prefix("libraries:"));
    let words: Vec<&str> = line.unwrap_or("aiohttp").split_whitespace().collect();
    let minor = words.iter().find_map(|word| word.strip_prefix("python3."));
    let has = |word| words.contains(&word);
    Libraries {
        python: (3, minor.map_or(13, |minor| minor.parse().unwrap())),
        httpx: has("httpx"),
        aiohttp: has("aiohttp"),
        aiosmtplib: has("aiosmtplib"),
        redis_asyncio: has("redis"),
    }
}

fn twin_of_last(file: &File, libraries: &Libraries) -> Result<Twin, String> {
    let view = file.view();
    let last = file.module().body.last().unwrap();
    let id = Tree::id(last);
    let mut nodes = view.tree.within(id).map(|id: NodeId| view.tree.node(id));
    let call: &ExprCall = nodes
        .find_map(|node| match node {
            AnyNodeRef::ExprCall(call) => Some(call),
            _ => None,
        })
        .unwrap();
    twin(file, &view, call, libraries)
}

fn shown(program: &str, twin: &Twin) -> String {
    let edited = rightlane_rewrite::apply(program, &twin.edits).unwrap();
    File::parse(edited.clone()).unwrap();
    let diff = similar::TextDiff::from_lines(program, &edited);
    let mut out = String::from("\n```diff\n");
    for change in diff.iter_all_changes() {
        if change.tag() != similar::ChangeTag::Equal {
            write!(out, "{}{}", change.tag(), change.value()).unwrap();
        }
    }
    let mut arguments = twin.lead.clone();
    arguments.push("…".to_owned());
    arguments.extend(twin.tail.clone());
    let call = format!("await {}({})", twin.name, arguments.join(", "));
    let call = if twin.attribute.is_empty() {
        call
    } else {
        format!("({call}){}", twin.attribute)
    };
    write!(out, "```\n\ncall: `{call}`\n").unwrap();
    for (name, expression) in &twin.contexts {
        write!(out, "\ncontext: `async with {expression} as {name}`\n").unwrap();
    }
    if !twin.imports.is_empty() {
        write!(out, "\nimports: `{}`\n", twin.imports.join("`, `")).unwrap();
    }
    if !twin.changes.is_empty() {
        out.push_str("\nchanges:\n\n");
        for change in &twin.changes {
            writeln!(out, "- {change}").unwrap();
        }
    }
    out
}
