//! `rightlane check`: what is wrong or slow about a program's concurrency, by its source alone.
//!
//! Each file is parsed and indexed once ([`model`]), the rules read the index ([`rules`]), and only an
//! outline of its functions is kept ([`outline`]): findings that depend on functions of other files
//! wait for it. So a million lines need no more memory than the largest files among them.

mod attributes;
mod blocking;
mod branches;
mod canonical;
mod event_loops;
mod found;
mod lost;
mod model;
mod names;
mod outline;
mod pools;
mod rules;
mod scope;
mod suppress;
mod tasks;
mod threads;
mod tree;
mod uses;

pub use rules::{RULES, Rule, rule};

use crate::load::{parsed, read_text};
use crate::text::SourceText;
use found::{Draft, Found};
use model::Model;
use outline::{FileOutline, Project, Question};
use rayon::prelude::*;
use rightlane_facts::{CHECK_SCHEMA_VERSION, CheckReport, Edit, Excerpt, FileError, Finding, Fix};
use ruff_text_size::{TextRange, TextSize};
use std::path::{Path, PathBuf};
use suppress::Suppressions;

/// Stack of each thread: the walk recurses with the nesting of the source, which is capped.
const STACK: usize = 256 * 1024 * 1024;
/// Lines shown before and after a finding.
const AROUND: u32 = 2;

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// Codes of the rules that run; empty: all.
    pub rules: Vec<&'static str>,
    /// Number of threads; 0: as many as there are usable cores.
    pub threads: usize,
}

/// Checks files. They are read from disk; what cannot be read or parsed is among the report's errors.
///
/// # Panics
/// Never by what is in the files: a defect in a rule is an error of the file it happened in.
pub fn check(files: &[PathBuf], options: &CheckOptions) -> CheckReport {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .stack_size(STACK)
        .build();
    let one = |path: &PathBuf| check_file(path, options);
    let checked: Vec<Checked> = match pool {
        Ok(pool) => pool.install(|| files.par_iter().map(one).collect()),
        // No threads to be had: one after the other.
        Err(_) => files.iter().map(one).collect(),
    };
    finish(checked)
}

/// A file after its own rules have run.
struct Checked {
    shown: String,
    root: String,
    drafts: Vec<(Draft, Finding)>,
    outline: FileOutline,
    error: Option<FileError>,
}

fn check_file(path: &Path, options: &CheckOptions) -> Checked {
    let run = || check_readable(path, options);
    let outcome = std::panic::catch_unwind(run).unwrap_or_else(|_| {
        Err(error(
            path,
            "the check failed on it: a defect of rightlane; please report it",
        ))
    });
    outcome.unwrap_or_else(|error| Checked {
        shown: path.to_string_lossy().into_owned(),
        root: String::new(),
        drafts: Vec::new(),
        outline: FileOutline::default(),
        error: Some(error),
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

fn check_readable(path: &Path, options: &CheckOptions) -> Result<Checked, FileError> {
    let text = read_text(path, path).map_err(|why| error(path, why.to_string()))?;
    let parsed = parsed(&text).map_err(|trouble| FileError {
        line: Some(trouble.line),
        column: Some(trouble.column),
        ..error(path, format!("syntax error: {}", trouble.message))
    })?;
    let shown = path.to_string_lossy().into_owned();
    let place = ModulePlace::of(path);
    let model = Model::new(&text, parsed.syntax(), place.name, place.is_package);
    let mut found = Found::new();
    for rule in RULES {
        if options.rules.is_empty() || options.rules.contains(&rule.code) {
            found.for_rule(rule);
            (rule.check)(&model, &mut found);
        }
    }
    let suppressions = Suppressions::of(&text, parsed.tokens());
    let mut drafts = found.drafts;
    drafts.retain(|draft| !suppressions.covers(draft, &text));
    let finding = |draft: Draft| {
        let finding = finding(&draft, &shown, &text);
        (draft, finding)
    };
    Ok(Checked {
        drafts: drafts.into_iter().map(finding).collect(),
        outline: FileOutline::of(&model, &place.root),
        root: place.root,
        shown,
        error: None,
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
    /// By the `__init__.py` of the folders around it.
    fn of(path: &Path) -> Self {
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

fn finding(draft: &Draft, shown: &str, text: &SourceText) -> Finding {
    let (start, end) = (draft.range.start(), draft.range.end());
    Finding {
        code: draft.rule.code.to_owned(),
        rule: draft.rule.name(),
        message: draft.message.clone(),
        help: draft.help.clone(),
        file: shown.to_owned(),
        cell: None,
        line: text.line(start),
        column: text.character_column(start) + 1,
        end_line: text.line(end),
        end_column: text.character_column(end) + 1,
        fix: draft.fix.as_ref().map(|fix| Fix {
            title: fix.title.clone(),
            safe: fix.safe,
            edits: fix.edits.iter().map(edit).collect(),
        }),
        excerpt: excerpt(draft.range, text),
    }
}

fn edit((range, text): &(TextRange, String)) -> Edit {
    Edit {
        start: range.start().to_u32(),
        end: range.end().to_u32(),
        text: text.clone(),
    }
}

fn excerpt(range: TextRange, text: &SourceText) -> Excerpt {
    let first = text.line(range.start()).saturating_sub(AROUND).max(1);
    let last = text.line(range.end()).saturating_add(AROUND);
    let start = text.line_start(first);
    let end = text.line_start(last.saturating_add(1));
    let at = |offset: TextSize| (offset - start).to_usize();
    Excerpt {
        first_line: first,
        text: text.slice(TextRange::new(start, end)).to_owned(),
        start: at(range.start()),
        end: at(range.end()),
    }
}

/// Answers what findings wait for, and puts everything in order.
fn finish(checked: Vec<Checked>) -> CheckReport {
    let mut project = Project::default();
    let mut report = CheckReport {
        schema: CHECK_SCHEMA_VERSION,
        files: u32::try_from(checked.len()).unwrap_or(u32::MAX),
        ..CheckReport::default()
    };
    let mut waiting = Vec::new();
    for file in checked {
        project.add(&file.shown, file.outline);
        report.errors.extend(file.error);
        waiting.extend(
            file.drafts
                .into_iter()
                .map(|draft| (file.root.clone(), draft)),
        );
    }
    for (root, (draft, mut finding)) in waiting {
        if let Some(condition) = &draft.waits_for {
            let question = Question {
                root: &root,
                is: condition.is,
            };
            let Some(why) = project.why(&condition.function, question) else {
                continue;
            };
            finding.message = finding.message.replace("{why}", &why);
        }
        report.findings.push(finding);
    }
    report.findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.file.clone(), f.line, f.column, f.code.clone());
        key(a).cmp(&key(b))
    });
    report
}
