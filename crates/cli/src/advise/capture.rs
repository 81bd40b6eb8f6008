//! `--capture FUNCTION=FILE.jsonl`: the arguments of a function's real calls, for `prove FILE:FUNCTION`.

use crate::failure::Failure;
use crate::output::OutputFile;
use crate::terminal;
use rightlane_facts::{ProgramSource, words};
use rightlane_observe::run::Capture;
use rightlane_source::syntax::File;
use rightlane_source::syntax::ast::Stmt;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// More was not written by the agent.
const MOST_BYTES: u64 = 80 << 20;

/// A function whose calls are being recorded.
pub(crate) struct Capturing {
    file: String,
    function: String,
    /// Where the program writes them, and the person's file, which gets them in the end.
    folder: TempDir,
    path: PathBuf,
    output: OutputFile,
    shown: PathBuf,
}

impl Capturing {
    /// What `FUNCTION=FILE` means.
    pub(crate) fn find(asked: &OsStr, source: &ProgramSource) -> Result<Self, Failure> {
        let text = asked.to_string_lossy();
        let parts = text
            .split_once('=')
            .filter(|(function, file)| !function.is_empty() && !file.is_empty());
        let (name, to) = parts.ok_or_else(|| {
            Failure::usage(format!("--capture {text}: no function and file"))
                .instead("write --capture FUNCTION=FILE.jsonl, such as tools.convert=calls.jsonl")
        })?;
        let (file, function) = place(name, source)?;
        let shown = PathBuf::from(to);
        let output = OutputFile::new("--capture", &shown)?;
        let folder = tempfile::Builder::new()
            .prefix("rightlane-")
            .tempdir()
            .map_err(|error| Failure::not_here(format!("no folder for the calls: {error}")))?;
        let path = folder.path().join("calls");
        Ok(Self {
            file,
            function,
            folder,
            path,
            output,
            shown,
        })
    }

    /// For the observer.
    pub(super) fn request(&self) -> Capture<'_> {
        Capture {
            file: &self.file,
            function: &self.function,
            to: &self.path,
        }
    }

    /// Writes the person's file, after the run.
    pub(super) fn keep(self, quiet: bool) -> Result<(), Failure> {
        let calls = read(&self.path);
        let failed = read(&self.folder.path().join("calls.failed"));
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.output.write(&calls)?;
        let mut said = format!(
            "rightlane: {} of {} recorded in {}",
            words::count(count(&calls), "call"),
            self.function,
            self.shown.display()
        );
        if let Some(first) = failed
            .split(|byte| *byte == b'\n')
            .find(|line| !line.is_empty())
        {
            let first: String = String::from_utf8_lossy(first)
                .chars()
                .filter(|one| !one.is_control())
                .take(200)
                .collect();
            said += &format!(
                "; {} could not be pickled: {first}",
                words::count(count(&failed), "call")
            );
        }
        if !quiet || !failed.is_empty() {
            terminal::say(&said);
        }
        Ok(())
    }
}

fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        drop(file.take(MOST_BYTES).read_to_end(&mut bytes));
    }
    bytes
}

/// The file and name of `function` or `module.function`: the script's own first, then any module's.
fn place(name: &str, source: &ProgramSource) -> Result<(String, String), Failure> {
    let (module, function) = match name.rsplit_once('.') {
        Some((module, function)) => (Some(module.replace('.', "/")), function),
        None => (None, name),
    };
    let is_meant = |path: &str| match &module {
        None => true,
        Some(module) => [format!("/{module}.py"), format!("/{module}/__init__.py")]
            .iter()
            .any(|end| path.ends_with(end)),
    };
    let defining: Vec<&String> = source
        .files
        .iter()
        .filter(|path| is_meant(path) && functions(path).iter().any(|one| one == function))
        .collect();
    let script = source.files.first();
    match defining.as_slice() {
        [first, ..] if module.is_none() && Some(*first) == script => {
            Ok(((*first).clone(), function.to_owned()))
        }
        [only] => Ok(((*only).clone(), function.to_owned())),
        [] => Err(Failure::usage(format!(
            "--capture: the program has no function {name} at the top level of a module"
        ))
        .instead(known(script))),
        several => {
            let files: Vec<&str> = several.iter().map(|file| file.as_str()).collect();
            Err(Failure::usage(format!(
                "--capture: {name} is in {}",
                files.join(" and in ")
            ))
            .instead(format!("name its module, too: MODULE.{function}")))
        }
    }
}

fn known(script: Option<&String>) -> String {
    match script.map(|script| functions(script)).unwrap_or_default() {
        names if names.is_empty() => "write FUNCTION, or MODULE.FUNCTION".to_owned(),
        names => format!("functions of the script: {}", names.join(", ")),
    }
}

/// The functions at a file's top level.
fn functions(path: &str) -> Vec<String> {
    let Some(file) = std::fs::read(path)
        .ok()
        .and_then(|bytes| File::of_bytes(&bytes).ok())
    else {
        return Vec::new();
    };
    let name = |stmt: &Stmt| match stmt {
        Stmt::FunctionDef(def) => Some(def.name.to_string()),
        _ => None,
    };
    file.module().body.iter().filter_map(name).collect()
}
