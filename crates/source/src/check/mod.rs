//! `rightlane check`: what is wrong or slow about a program's concurrency, by its source alone.
//!
//! Each file is parsed and indexed once ([`model`]), the rules read the index ([`rules`]), and only an
//! outline of its functions is kept ([`outline`]): findings that depend on functions of other files
//! wait for it. So a million lines need no more memory than the largest files among them.

mod attributes;
mod awaited;
mod blocking;
mod blocks;
mod branches;
mod canonical;
mod classes;
mod code_file;
mod concern;
mod event_loops;
mod expected;
pub mod fix;
mod found;
mod guards;
mod handlers;
mod handles;
mod imports;
mod limits;
mod locks;
mod lost;
mod model;
mod names;
mod numbers;
mod outline;
mod pools;
mod project;
mod races;
mod reached;
mod repeats;
mod rules;
pub(crate) mod scope;
mod sizes;
mod started;
mod starts;
mod suppress;
mod tasks;
mod threads;
pub(crate) mod tree;
mod types;
mod uses;
mod work;
mod work_names;
mod writes;

pub use rules::{GROUPS, Group, RULES, Rule, rule, rules_named};

use code_file::CodeFile;
use concern::is_concerned;
use expected::failures_expected;
use found::{Condition, Draft, Found};
use model::Model;
use outline::FileOutline;
use project::Project;
use rayon::prelude::*;
use rightlane_facts::{CHECK_SCHEMA_VERSION, CheckReport, Edit, Excerpt, FileError, Finding, Fix};
use ruff_text_size::{TextRange, TextSize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use suppress::Suppressions;

/// Stack of each thread: the walk recurses with the nesting of the source, which is capped.
const STACK: usize = 256 * 1024 * 1024;
/// Lines shown before and after a finding.
const AROUND: u32 = 2;
/// Longest line that is shown as a whole, in bytes.
const LONGEST_LINE: u32 = 1_000;

/// Checks files, on as many threads as there are usable cores. They are read from disk; what cannot be
/// read or parsed is among the report's errors. A defect in a rule is an error of the file it happened
/// in, not a panic.
#[must_use]
pub fn check(files: &[PathBuf]) -> CheckReport {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let one = |path: &PathBuf| check_file(path);
    match pool {
        Ok(pool) => pool.install(|| finish(files.par_iter().map(one).collect())),
        // No threads to be had: one after the other, on our own.
        Err(_) => finish(files.iter().map(one).collect()),
    }
}

/// What is found in one file; a panic is not caught.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn check_or_panic(path: &Path) -> Vec<Finding> {
    let checked = check_readable(path);
    checked
        .map(|checked| finish(vec![checked]).findings)
        .unwrap_or_default()
}

/// A file after its own rules have run.
struct Checked {
    shown: String,
    root: String,
    /// Each with what it waits for.
    findings: Vec<(Option<Condition>, Finding)>,
    outline: FileOutline,
    /// Its name as a module, if there is no outline of it: it will be read when others lead to it.
    module: Option<String>,
    error: Option<FileError>,
}

impl Checked {
    fn nothing(shown: String, root: String) -> Self {
        Self {
            shown,
            root,
            findings: Vec::new(),
            outline: FileOutline::default(),
            module: None,
            error: None,
        }
    }
}

fn check_file(path: &Path) -> Checked {
    let run = || check_readable(path);
    let outcome = std::panic::catch_unwind(run).unwrap_or_else(|_| {
        let message = "the check failed on it: a defect of Rightlane, please report it";
        Err(error(path, message))
    });
    outcome.unwrap_or_else(|error| Checked {
        error: Some(error),
        ..Checked::nothing(path.to_string_lossy().into_owned(), String::new())
    })
}

fn error(path: &Path, message: impl Into<String>) -> FileError {
    FileError {
        file: path.to_string_lossy().into_owned(),
        cell: None,
        line: None,
        column: None,
        message: message.into(),
    }
}

fn check_readable(path: &Path) -> Result<Checked, FileError> {
    let code = CodeFile::read(path).map_err(|why| error(path, why))?;
    let text = &code.text;
    let parsed = code.parse().map_err(|trouble| {
        let (cell, line) = code.cell_of(trouble.line);
        FileError {
            cell,
            line: Some(line),
            column: Some(trouble.column),
            ..error(path, format!("syntax error: {}", trouble.message))
        }
    })?;
    let place = ModulePlace::of(path);
    let shown = path.to_string_lossy().into_owned();
    if !is_concerned(text.as_str()) {
        return Ok(Checked {
            module: Some(place.name),
            ..Checked::nothing(shown, place.root)
        });
    }
    let model = Model::new(text, parsed.syntax(), place.name, place.is_package);
    let mut found = Found::new();
    for rule in RULES {
        found.for_rule(rule);
        (rule.check)(&model, &mut found);
    }
    let mut drafts = found.drafts;
    drafts.retain(|draft| {
        let waits_for = draft.waits_for.as_ref();
        waits_for.is_none_or(|condition| model.is_of_project(&condition.function))
    });
    // Most files have none, and need not be gone through for what excuses them.
    if !drafts.is_empty() {
        let suppressions = Suppressions::of(text, parsed.tokens());
        let expected = failures_expected(&model);
        drafts.retain(|draft| {
            let mut around = expected.iter();
            let on_purpose = around.any(|with| with.contains_range(draft.range));
            !on_purpose && !suppressions.covers(draft, text)
        });
    }
    let finding = |draft: Draft| {
        let finding = finding(&draft, &shown, &code);
        (draft.waits_for, finding)
    };
    Ok(Checked {
        findings: drafts.into_iter().map(finding).collect(),
        outline: FileOutline::of(&model, &place.root),
        ..Checked::nothing(shown, place.root)
    })
}

/// A file's name as a module.
struct ModulePlace {
    /// The folder that its dotted name starts at.
    root: String,
    name: String,
    is_package: bool,
}

impl ModulePlace {
    /// By the `__init__.py` of the folders around it. A path that starts within a package is looked at from
    /// the root of the file system.
    fn of(path: &Path) -> Self {
        let starts_inside = path.is_relative() && Path::new("__init__.py").is_file();
        let absolute = starts_inside
            .then(|| std::path::absolute(path).ok())
            .flatten();
        let path = absolute.as_deref().unwrap_or(path);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_package = stem == "__init__";
        let mut parts = Vec::new();
        if !is_package {
            parts.push(stem.into_owned());
        }
        let mut folder = path.parent();
        while let Some(here) = folder {
            let Some(name) = here.file_name() else { break };
            if !here.join("__init__.py").is_file() {
                break;
            }
            parts.push(name.to_string_lossy().into_owned());
            folder = here.parent();
        }
        parts.reverse();
        Self {
            root: folder
                .unwrap_or(Path::new(""))
                .to_string_lossy()
                .into_owned(),
            name: parts.join("."),
            is_package,
        }
    }
}

fn finding(draft: &Draft, shown: &str, code: &CodeFile) -> Finding {
    let (start, end) = (draft.range.start(), draft.range.end());
    let text = &code.text;
    let (cell, line) = code.cell_of(text.line(start));
    let (_, end_line) = code.cell_of(text.line(end));
    Finding {
        code: draft.rule.code.to_owned(),
        rule: draft.rule.name(),
        message: draft.message.clone(),
        help: draft.help.clone(),
        file: shown.to_owned(),
        cell,
        line,
        column: text.character_column(start) + 1,
        end_line,
        end_column: text.character_column(end) + 1,
        fix: draft.fix.as_ref().map(|fix| Fix {
            title: fix.title.clone(),
            safe: fix.safe,
            edits: fix.edits.iter().map(edit).collect(),
            text_mark: code.mark(),
            in_bytes: code.is_in_bytes(Path::new(shown)),
        }),
        excerpt: excerpt(draft.range, code),
    }
}

fn edit((range, text): &(TextRange, String)) -> Edit {
    Edit {
        start: range.start().to_u32(),
        end: range.end().to_u32(),
        text: text.clone(),
    }
}

/// The lines around a finding, of its own cell in a notebook.
fn excerpt(range: TextRange, code: &CodeFile) -> Excerpt {
    let text = &code.text;
    let (line, end_line) = (text.line(range.start()), text.line(range.end()));
    let cell = code.cell_of(line).0;
    let is_here = |line: u32| line >= 1 && code.cell_of(line).0 == cell;
    // Lines without an end in sight (data, minified code) are not shown, but for the finding itself.
    if text.line_start(line + 1) - text.line_start(line) > TextSize::from(LONGEST_LINE) {
        return of_long_line(range, code);
    }
    let mut first = line;
    while first > line.saturating_sub(AROUND) && is_here(first - 1) {
        first -= 1;
    }
    let mut after = end_line + 1;
    while after <= end_line + AROUND && is_here(after) {
        after += 1;
    }
    let start = text.line_start(first);
    let end = text.line_start(after);
    let at = |offset: TextSize| (offset - start).to_usize();
    Excerpt {
        first_line: code.cell_of(first).1,
        text: text.slice(TextRange::new(start, end)).to_owned(),
        start: at(range.start()),
        end: at(range.end()),
    }
}

/// A piece of a long line with the start of a finding.
fn of_long_line(range: TextRange, code: &CodeFile) -> Excerpt {
    let text = code.text.as_str();
    let start = range.start().to_usize();
    let limit = (start + 80).min(range.end().to_usize());
    let end = (start..=limit).rev().find(|at| text.is_char_boundary(*at));
    let end = end.unwrap_or(start);
    Excerpt {
        first_line: code.cell_of(code.text.line(range.start())).1,
        text: text.get(start..end).unwrap_or("").to_owned(),
        start: 0,
        end: end - start,
    }
}

/// Answers what findings wait for, and puts everything in order.
fn finish(checked: Vec<Checked>) -> CheckReport {
    let mut project = Project::new(outline_of);
    let mut report = CheckReport {
        schema: CHECK_SCHEMA_VERSION,
        files: u32::try_from(checked.len()).unwrap_or(u32::MAX),
        ..CheckReport::default()
    };
    let mut waiting = Vec::new();
    for file in checked {
        match file.module {
            Some(module) => project.could_read(module, &file.root, &file.shown),
            None => project.add(&file.shown, file.outline),
        }
        report.errors.extend(file.error);
        let root: Arc<str> = Arc::from(file.root);
        for (condition, finding) in file.findings {
            match condition {
                Some(condition) => waiting.push((root.clone(), condition, finding)),
                None => report.findings.push(finding),
            }
        }
    }
    for (root, condition, mut finding) in waiting {
        if let Some(why) = project.why(&condition, &root) {
            finding.message = finding.message.replace("{why}", &why);
            report.findings.push(finding);
        }
    }
    report.findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.cell, f.line, f.column);
        (&a.file, key(a), &a.code).cmp(&(&b.file, key(b), &b.code))
    });
    report
}

/// The outline of a file that is only read for what others ask of it.
fn outline_of(path: &Path) -> Option<FileOutline> {
    let read = || {
        let code = CodeFile::read(path).ok()?;
        let parsed = code.parse().ok()?;
        let place = ModulePlace::of(path);
        let model = Model::new(&code.text, parsed.syntax(), place.name, place.is_package);
        Some(FileOutline::of(&model, &place.root))
    };
    // A defect of ours there is none of the file that asks.
    std::panic::catch_unwind(read).ok().flatten()
}
