//! Writing an edit, and taking it back.

use super::receipt::{self, EditedFile, Receipt, SCHEMA, hash};
use super::{ApplyArgs, Ground, Proposal, verify};
use crate::editor::{Editor, shown};
use crate::failure::{Failure, exit};
use crate::output::OutputFile;
use crate::terminal;
use rightlane_facts::Verdict;
use rightlane_source::syntax::marked_like;
use std::path::{Path, PathBuf};

/// Writes the files and the receipt; all of them or none. Returns the receipt's path.
pub(super) fn write(
    args: &ApplyArgs,
    ground: &Ground,
    editor: &Editor<'_>,
    verdict: Option<&Verdict>,
    proposal: &Proposal,
) -> Result<PathBuf, Failure> {
    if let Some(command) = &args.verify_with {
        verify::by_command(command, "before the edit")?;
    }
    let files = contents(editor, proposal);
    for file in &files {
        unchanged(&file.path, &file.before)?;
    }
    let script = ground
        .source
        .files
        .first()
        .map(PathBuf::from)
        .unwrap_or_default();
    let path = receipt::next(&script);
    keep(&path, &made(ground, verdict, proposal, &files))?;
    let mut done: Vec<&Content> = Vec::new();
    for file in &files {
        let written = unchanged(&file.path, &file.before)
            .and_then(|()| OutputFile::new("apply", Path::new(&file.path)))
            .and_then(|out| out.write(&file.after));
        if let Err(failure) = written {
            put_back(&done);
            drop(std::fs::remove_file(&path));
            return Err(failure);
        }
        done.push(file);
    }
    if let Some(command) = &args.verify_with
        && let Err(failure) = verify::by_command(command, "after the edit")
    {
        put_back(&done);
        drop(std::fs::remove_file(&path));
        return Err(failure.instead("the edit was taken back"));
    }
    let names: Vec<String> = files.iter().map(|file| shown(&file.path)).collect();
    if !args.quiet {
        terminal::say(&format!(
            "rightlane: wrote {}; `rightlane apply --undo {}` takes it back",
            names.join(", "),
            shown(&script.to_string_lossy())
        ));
    }
    Ok(path)
}

/// A file's bytes before and after.
struct Content {
    path: String,
    before: Vec<u8>,
    after: Vec<u8>,
}

fn contents(editor: &Editor<'_>, proposal: &Proposal) -> Vec<Content> {
    let one = |(path, text): (&String, &String)| {
        let before = editor.bytes(path).to_vec();
        let after = marked_like(&before, text);
        Content {
            path: path.clone(),
            before,
            after,
        }
    };
    proposal.edited.iter().map(one).collect()
}

/// An editor may have saved it meanwhile.
fn unchanged(path: &str, known: &[u8]) -> Result<(), Failure> {
    match std::fs::read(path) {
        Ok(now) if now == known => Ok(()),
        Ok(_) => Err(Failure::usage(format!(
            "{} has changed since it was read: nothing was written",
            shown(path)
        ))
        .instead("run the command again")),
        Err(error) => Err(Failure::usage(format!("{}: {error}", shown(path)))),
    }
}

fn put_back(done: &[&Content]) {
    for file in done {
        let back =
            OutputFile::new("apply", Path::new(&file.path)).and_then(|out| out.write(&file.before));
        if let Err(failure) = back {
            terminal::say(&failure.to_string());
        }
    }
}

fn made(
    ground: &Ground,
    verdict: Option<&Verdict>,
    proposal: &Proposal,
    files: &[Content],
) -> Receipt {
    let edited = |file: &Content| EditedFile {
        path: file.path.clone(),
        before: String::from_utf8_lossy(&file.before).into_owned(),
        before_hash: hash(&file.before),
        after_hash: hash(&file.after),
    };
    Receipt {
        schema: SCHEMA.to_owned(),
        program: ground.program.target.shown(),
        arguments: ground.arguments.clone(),
        made: crate::now(),
        rightlane: env!("CARGO_PKG_VERSION").to_owned(),
        python: ground.machine.python.clone(),
        cores: ground.machine.cores,
        api: proposal.choice.api,
        settings: proposal.choice.settings,
        grade: proposal.rewrite.grade.clone(),
        verdict: verdict.cloned(),
        wall_seconds: ground.report.as_ref().map(|report| report.wall_seconds),
        race: ground.raced.clone(),
        files: files.iter().map(edited).collect(),
    }
}

fn keep(path: &Path, receipt: &Receipt) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let trouble =
        |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(|error| trouble(&error))?;
    let json = serde_json::to_string_pretty(receipt).map_err(|error| trouble(&error))?;
    OutputFile::new("receipt", path)?.write(json.as_bytes())
}

/// Takes back the last edit of the program.
pub(super) fn undo(args: &ApplyArgs, default_python: Option<&Path>) -> Result<i32, Failure> {
    let (asked, _) = args.program.program();
    let script = match &asked.module {
        Some(_) => {
            crate::program::Program::find(&asked, default_python)?
                .target
                .file
        }
        None => asked.script.unwrap_or_default(),
    };
    let script = std::path::absolute(&script).unwrap_or(script);
    let Some(path) = receipt::known(&script).pop() else {
        return Err(Failure::usage(format!(
            "{} has no edit that could be taken back",
            shown(&script.to_string_lossy())
        ))
        .instead(
            "edits made by `rightlane apply --write` are kept in .rightlane beside the script",
        ));
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let receipt: Receipt = serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{} is no receipt of ours: {error}", path.display()))
    })?;
    for file in &receipt.files {
        let now = std::fs::read(&file.path)
            .map_err(|error| Failure::usage(format!("{}: {error}", file.path)))?;
        if hash(&now) != file.after_hash && hash(&now) != file.before_hash {
            return Err(Failure::usage(format!(
                "{} was changed after the edit: nothing was taken back",
                shown(&file.path)
            ))
            .instead(format!("its text before the edit is in {}", path.display())));
        }
    }
    for file in &receipt.files {
        OutputFile::new("apply", Path::new(&file.path))?.write(file.before.as_bytes())?;
    }
    // Kept, but no longer the last edit.
    let undone = path.with_extension("json.undone");
    drop(std::fs::rename(&path, undone));
    let names: Vec<String> = receipt.files.iter().map(|file| shown(&file.path)).collect();
    terminal::say(&format!(
        "rightlane: took the edit of {} back",
        names.join(", ")
    ));
    Ok(exit::DONE)
}
