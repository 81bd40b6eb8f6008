//! Rewrite cases as readable Markdown: program, site, API → diff, grade. See `cases/README.md`.
//!
//! `UPDATE_EXPECT=1` writes diffs and grades anew; `PYTHON=python3.10` runs the programs with another Python.

mod case;

use case::{Case, Document, Rewritten, Run, run_files};
use rightlane_facts::Grade;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

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

/// All cases with what became of them, made once for all tests.
fn rewritten() -> &'static [(Case, Rewritten)] {
    static ALL: OnceLock<Vec<(Case, Rewritten)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let paths = documents();
        let documents = paths.iter().map(|path| Document::read(path));
        let cases = documents
            .flat_map(|document| document.programs)
            .flat_map(|program| program.cases);
        let made = cases.map(|case| {
            let rewritten = case.rewritten();
            (case, rewritten)
        });
        made.collect()
    })
}

#[test]
fn every_case_gives_the_diff_and_the_grade_that_it_shows() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    let mut missing = Vec::new();
    let mut count = 0;
    for path in documents() {
        let mut document = Document::read(&path);
        for case in document
            .programs
            .iter_mut()
            .flat_map(|program| &mut program.cases)
        {
            count += 1;
            let now = case.rewritten().shown(case);
            if now.contains("NO SUCH SITE") {
                missing.push(format!("{}: {}: {now}", path.display(), case.title));
            }
            if now != case.expected {
                wrong.push(format!("{}: {}\n{now}", path.display(), case.title));
                case.expected = now;
            }
        }
        if update {
            document.write();
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(count >= 160, "only {count} cases");
    let shown = wrong.join("\n");
    assert!(
        update || wrong.is_empty(),
        "{} of {count} cases differ:\n{shown}",
        wrong.len()
    );
}

#[test]
fn every_edited_program_prints_what_the_program_printed() {
    let all = rewritten();
    let at = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let outputs = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((case, rewritten)) = all.get(at.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = same_output(case, rewritten, &outputs) {
                        wrong
                            .lock()
                            .expect("the list")
                            .push(format!("{}: {why}", case.title));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What programs print, as they are.
type Outputs<'c> = Mutex<BTreeMap<&'c BTreeMap<String, String>, String>>;

fn same_output<'c>(
    case: &'c Case,
    rewritten: &Rewritten,
    outputs: &Outputs<'c>,
) -> Result<(), String> {
    let Some(files) = rewritten.files(case) else {
        return Ok(());
    };
    // What is only shown may be another program.
    if case.run == Run::No || matches!(rewritten.grade(), Some(Grade::ShowOnly(_))) {
        return Ok(());
    }
    let known = outputs
        .lock()
        .expect("the outputs")
        .get(&case.files)
        .cloned();
    let before = known.unwrap_or_else(|| run_files(&case.files));
    outputs
        .lock()
        .expect("the outputs")
        .insert(&case.files, before.clone());
    let after = run_files(&files);
    match case.run {
        Run::Sorted if sorted(&before) == sorted(&after) => Ok(()),
        Run::Exact if before == after => Ok(()),
        Run::Differs if before != after && rewritten.grade() != Some(&Grade::Safe) => Ok(()),
        _ => Err(format!("before:\n{before}\nafter:\n{after}")),
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// The oldest Python that is supported compiles everything that is written.
#[test]
fn every_edited_program_is_one_for_python_3_10() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, (case, rewritten)) in rewritten().iter().enumerate() {
        for (name, text) in rewritten.files(case).into_iter().flatten() {
            let name = format!("{number:03} {}", name.replace('/', "-"));
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
    }
    let program = "import ast, pathlib, sys\n\
                   for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n    \
                   compile(ast.parse(path.read_bytes(), feature_version=(3, 10)), path.name, 'exec')\n";
    let output = Command::new("python3")
        .args(["-c", program])
        .arg(folder.path())
        .output()
        .expect("python3 runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn comments_survive() {
    for (case, rewritten) in rewritten() {
        let Some(files) = rewritten.files(case) else {
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
                    "{}: the comment {comment:?} is gone",
                    case.title
                );
            }
        }
    }
}

/// A file keeps its line ends, its byte order mark and what it is indented by.
#[test]
fn files_keep_their_form() {
    for (case, rewritten) in rewritten() {
        for (name, after) in rewritten.files(case).into_iter().flatten() {
            let before = &case.files[&name];
            let bare = after.replace("\r\n", "").contains('\n');
            assert_eq!(
                before.starts_with('\u{feff}'),
                after.starts_with('\u{feff}'),
                "{}",
                case.title
            );
            assert!(
                !(before.contains("\r\n") && bare),
                "{}: mixed line ends",
                case.title
            );
            let spaces = after.lines().any(|line| line.starts_with(' '));
            assert!(
                !(before.contains("\n\t") && spaces),
                "{}: mixed indentation",
                case.title
            );
        }
    }
}

/// What was a task is no longer called by the loop: there is nothing left to make concurrent.
#[test]
fn applying_twice_changes_nothing() {
    for (case, rewritten) in rewritten() {
        let Some(files) = rewritten.files(case) else {
            continue;
        };
        if matches!(rewritten.grade(), Some(Grade::ShowOnly(_))) {
            continue;
        }
        let again = case.again(&files);
        assert!(
            again.is_none(),
            "{}: {}",
            case.title,
            again.unwrap_or_default()
        );
    }
}
