//! The program to look at: where it is, who runs it, with what.

#[cfg(target_os = "linux")]
mod running;

use crate::args::ProgramArgs;
use crate::failure::Failure;
use crate::target::{self, Target};
use crate::{machine, python};
use rightlane_facts::{ProgramSource, PythonFacts};
use rightlane_observe::run;
use rightlane_source::SourceError;
use std::path::{Path, PathBuf};

/// A program with its interpreter.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) target: Target,
    pub(crate) python: PythonFacts,
    /// Folders that hold modules of its own.
    search: Vec<PathBuf>,
    pub(crate) working_directory: PathBuf,
}

impl Program {
    /// Finds what the command line names.
    pub(crate) fn find(args: &ProgramArgs, default: Option<&Path>) -> Result<Self, Failure> {
        let working_directory = std::env::current_dir().map_err(|error| {
            Failure::usage(format!("the working directory cannot be used: {error}"))
        })?;
        let asked = args.python.as_deref();
        let environment_path = environment_path();
        let (target, python, first) = match (&args.module, &args.script) {
            (Some(name), _) => {
                let python = python::find(asked, default, None)?;
                let mut path = vec![working_directory.clone()];
                path.extend(environment_path.iter().cloned());
                let target = target::module(name, &path)
                    .or_else(|_| target::module(name, &python::search_path(&python)))?;
                (target, python, working_directory.clone())
            }
            (None, script) => {
                let script = script.as_deref().unwrap_or(Path::new(""));
                let target = target::script(script)?;
                let python = python::find(asked, default, Some(script))?;
                let absolute = working_directory.join(script);
                let folder = absolute.parent().unwrap_or(&working_directory).to_owned();
                (target, python, folder)
            }
        };
        let mut search = vec![first];
        search.extend(environment_path);
        Ok(Self {
            target,
            python: machine::probe(&python)?,
            search,
            working_directory,
        })
    }

    /// Whether its file is there, for those who do not read it.
    pub(crate) fn is_there(&self) -> Result<(), Failure> {
        if self.target.file.is_file() {
            return Ok(());
        }
        let shown = self.target.file.display();
        Err(Failure::usage(format!("{shown}: no such file"))
            .instead("name the Python script to run; its arguments follow it"))
    }

    /// What its source says.
    pub(crate) fn read(&self) -> Result<ProgramSource, Failure> {
        rightlane_source::read_program(&self.target.file, &self.working_directory, &self.search)
            .map_err(|error| refusal(&error))
    }

    /// Another script in its place, which uses the modules in this folder.
    pub(crate) fn driven_by(&mut self, script: PathBuf, modules: &Path) {
        self.target = Target {
            file: script,
            module: None,
        };
        self.search = vec![modules.to_owned()];
        self.search.extend(environment_path());
    }

    /// The same program in another place; paths that were given from the working directory stay as they are.
    pub(crate) fn moved(&self, place: &dyn Fn(&Path) -> PathBuf) -> Self {
        Self {
            target: self.target.moved(place),
            python: self.python.clone(),
            search: self.search.iter().map(|folder| place(folder)).collect(),
            working_directory: place(&self.working_directory),
        }
    }

    /// It, as what observes it takes it.
    pub(crate) fn to_run(&self) -> run::Target {
        match &self.target.module {
            Some(name) => run::Target::Module(name.clone()),
            None => run::Target::Script(self.target.file.clone()),
        }
    }
}

fn environment_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PYTHONPATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect()
}

/// The one clear message on a script that cannot be read.
fn refusal(error: &SourceError) -> Failure {
    if let (Some((_, column)), Some(line)) = (error.location(), error.source_line()) {
        return Failure::usage(format!("{error}\n{}", caret(line, column)));
    }
    let remedy = if error.is_missing() {
        "name the Python script to run; its arguments follow it"
    } else if error.is_not_text() {
        "name the .py file; for a console script, its module: rightlane advise -m NAME"
    } else {
        "its source has to be readable, not only runnable"
    };
    Failure::usage(error.to_string()).instead(remedy)
}

/// The line with a caret below `column` (in characters, from 1).
fn caret(line: &str, column: u32) -> String {
    const WIDEST: usize = 100;
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    let indent = line
        .chars()
        .take_while(|letter| letter.is_whitespace())
        .count();
    let start = indent
        .max(column.saturating_sub(WIDEST / 2))
        .min(column.max(indent));
    let shown: String = line.chars().skip(start).take(WIDEST).collect();
    let shown = shown.replace(char::is_control, " ");
    // Characters of two columns before the caret move it; the terminal's own width counts.
    let before: String = shown.chars().take(column.saturating_sub(start)).collect();
    let pad = " ".repeat(rightlane_report::display_width(&before));
    format!("    {shown}\n    {pad}^")
}
