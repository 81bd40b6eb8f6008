//! The program that the command line names.

use crate::failure::Failure;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A program whose source is there.
#[derive(Debug)]
pub(crate) struct Target {
    /// The file to read.
    pub(crate) file: PathBuf,
    /// The module's name, where it is run with `-m`.
    pub(crate) module: Option<String>,
}

impl Target {
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
        return Err(Failure::usage("a program on standard input cannot be read twice")
            .instead("save it to a file and name the file"));
    }
    if path.is_dir() {
        let module = path.file_name().unwrap_or_default().to_string_lossy();
        let remedy = if path.join("__main__.py").is_file() {
            format!("run it as a module: rightlane advise -m {module}")
        } else {
            "name the script inside it that you run".to_owned()
        };
        return Err(Failure::usage(format!("{shown} is a directory, not a script")).instead(remedy));
    }
    readable_text(path)?;
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
        return Err(Failure::usage(format!("{name} is not a module's name"))
            .instead("write it with dots and without .py (-m package.module), or name the script"));
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
    readable_text(&file)?;
    Ok(Target {
        file,
        module: Some(name.to_owned()),
    })
}

/// Checks what would otherwise surface as a puzzling syntax error.
fn readable_text(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let mut start = [0_u8; 4096];
    let read = File::open(path).and_then(|mut file| file.read(&mut start));
    let length = match read {
        Ok(length) => length,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Failure::usage(format!("there is no file {shown}"))
                .instead("name the Python script to run; its arguments follow it"));
        }
        Err(error) => {
            return Err(Failure::usage(format!("{shown} cannot be read: {error}"))
                .instead("its source has to be readable, not only runnable"));
        }
    };
    if start[..length].contains(&0) {
        return Err(Failure::usage(format!("{shown} is a binary file, not Python source"))
            .instead("name the .py file; for a console script, the module: rightlane advise -m NAME"));
    }
    Ok(())
}
