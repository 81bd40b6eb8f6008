//! The program that the command line names.

use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// A program's source file; whether it can be read is the source reader's matter.
#[derive(Debug)]
pub(crate) struct Target {
    /// The file to read.
    pub(crate) file: PathBuf,
    /// The module's name, where it is run with `-m`.
    pub(crate) module: Option<String>,
}

impl Target {
    /// The same file in another place.
    pub(crate) fn moved(&self, place: &dyn Fn(&Path) -> PathBuf) -> Self {
        Self {
            file: place(&self.file),
            module: self.module.clone(),
        }
    }

    /// The program as the person named it.
    pub(crate) fn shown(&self) -> String {
        match &self.module {
            Some(module) => format!("-m {module}"),
            None => self.file.display().to_string(),
        }
    }
}

/// The script at `path`, if it is one.
pub(crate) fn script(path: &Path) -> Result<Target, Failure> {
    let shown = path.display();
    if path == Path::new("-") {
        return Err(
            Failure::usage("a program on standard input cannot be read twice")
                .instead("save it to a file and name the file"),
        );
    }
    if path.is_dir() {
        let module = path.file_name().unwrap_or_default().to_string_lossy();
        let remedy = if path.join("__main__.py").is_file() {
            format!("run it as a module: rightlane advise -m {module}")
        } else {
            "name the script inside it that you run".to_owned()
        };
        return Err(
            Failure::usage(format!("{shown} is a directory, not a script")).instead(remedy),
        );
    }
    Ok(Target {
        file: path.to_owned(),
        module: None,
    })
}

/// The module `name`, searched for in the folders of `path` as `python -m` would.
pub(crate) fn module(name: &str, path: &[PathBuf]) -> Result<Target, Failure> {
    let well_formed = name
        .split('.')
        .all(|part| !part.is_empty() && !part.contains(['/', '\\']));
    if !well_formed {
        return Err(
            Failure::usage(format!("{name} is not a module's name")).instead(
                "write it with dots and without .py (-m package.module), or name the script",
            ),
        );
    }
    let relative: PathBuf = name.split('.').collect();
    let file = path
        .iter()
        .flat_map(|folder| {
            let base = folder.join(&relative);
            [base.join("__main__.py"), base.with_extension("py")]
        })
        .find(|file| file.is_file());
    let Some(file) = file else {
        return Err(
            Failure::usage(format!("no source file of a module named {name} was found"))
                .instead("run from the folder that holds it, or name its script instead"),
        );
    };
    Ok(Target {
        file,
        module: Some(name.to_owned()),
    })
}
