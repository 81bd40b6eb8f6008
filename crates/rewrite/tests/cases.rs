//! Rewrite cases as readable Markdown: program, site, API → diff, grade. See `cases/README.md`.
//!
//! `UPDATE_EXPECT=1` writes diffs and grades anew.

mod case;

use case::{Case, Document, Run};
use rightlane_facts::Grade;
use std::path::{Path, PathBuf};

fn documents() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = std::fs::read_dir(folder).expect("the cases");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .filter(|path| path.file_name().is_some_and(|name| name != "README.md"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_case_gives_the_diff_and_the_grade_that_it_shows() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in documents() {
        let mut document = Document::read(&path);
        for case in &mut document.cases {
            count += 1;
            let now = case.rewritten().shown(case);
            if now != case.expected {
                wrong.push(format!("{}: {}\n{now}", path.display(), case.title));
                case.expected = now;
            }
        }
        if update {
            document.write();
        }
    }
    assert!(
        update || wrong.is_empty(),
        "{} of {count} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_edited_program_prints_what_the_program_printed() {
    let mut wrong = Vec::new();
    for path in documents() {
        for case in Document::read(&path).cases {
            if let Err(why) = same_output(&case) {
                wrong.push(format!("{}: {}: {why}", path.display(), case.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn same_output(case: &Case) -> Result<(), String> {
    let Some(files) = case.rewritten().files(case) else {
        return Ok(());
    };
    if case.run == Run::No {
        return Ok(());
    }
    let before = case.run_files(&case.files);
    let after = case.run_files(&files);
    match case.run {
        Run::Sorted if sorted(&before) == sorted(&after) => Ok(()),
        Run::Exact if before == after => Ok(()),
        _ => Err(format!("before:\n{before}\nafter:\n{after}")),
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn comments_survive() {
    for path in documents() {
        for case in Document::read(&path).cases {
            let Some(files) = case.rewritten().files(&case) else {
                continue;
            };
            for (name, text) in &case.files {
                for comment in text
                    .lines()
                    .filter_map(|line| line.split_once("# "))
                    .map(|(_, rest)| rest)
                {
                    assert!(
                        files[name].contains(comment),
                        "{}: {}: the comment {comment:?} is gone",
                        path.display(),
                        case.title
                    );
                }
            }
        }
    }
}

/// What was a task is no longer called by the loop: there is nothing left to make concurrent.
#[test]
fn applying_twice_changes_nothing() {
    for path in documents() {
        for case in Document::read(&path).cases {
            let rewritten = case.rewritten();
            let Some(files) = rewritten.files(&case) else {
                continue;
            };
            if matches!(rewritten.grade(), Some(Grade::ShowOnly(_))) {
                continue;
            }
            let again = case.again(&files);
            assert!(
                again.is_none(),
                "{}: {}: {}",
                path.display(),
                case.title,
                again.unwrap_or_default()
            );
        }
    }
}
