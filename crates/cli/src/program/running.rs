//! The program in a running process: its source and its interpreter, by its command line.

use super::{Program, environment_path};
use crate::failure::Failure;
use crate::machine;
use crate::target::{self, Target};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// What a command line of Python runs.
#[derive(Debug, PartialEq, Eq)]
enum Runs {
    Script(PathBuf),
    Module(String),
    /// Source on the command line, on standard input, or typed in.
    NoFile,
}

impl Program {
    /// The program that process `pid` runs, and its arguments.
    pub(crate) fn running(pid: u32) -> Result<(Self, Vec<String>), Failure> {
        let line = command_line(pid)?;
        let working_directory =
            std::fs::read_link(format!("/proc/{pid}/cwd")).map_err(|error| {
                Failure::not_here(format!("process {pid} cannot be read: {error}"))
                    .instead("run as its user or as root")
            })?;
        let (runs, arguments) = parse(&line);
        let (target, folder) = match runs {
            Runs::Script(path) => {
                let file = working_directory.join(path);
                let folder = file.parent().unwrap_or(&working_directory).to_owned();
                (Target { file, module: None }, folder)
            }
            Runs::Module(name) => {
                let mut path = vec![working_directory.clone()];
                path.extend(environment_path());
                (target::module(&name, &path)?, working_directory.clone())
            }
            Runs::NoFile => {
                return Err(Failure::usage(format!(
                    "process {pid} runs no source file (python -c, standard input or a prompt), and \
                     advice is on the loops in one"
                ))
                .instead(format!("see where its time goes: rightlane observe --pid {pid}")));
            }
        };
        let python = interpreter(pid, &line, &working_directory);
        let mut search = vec![folder];
        search.extend(environment_path());
        let arguments = arguments.iter();
        let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
        let program = Self {
            target,
            python: machine::probe(&python)?,
            search,
            working_directory,
        };
        Ok((program, arguments.collect()))
    }
}

fn command_line(pid: u32) -> Result<Vec<OsString>, Failure> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline"))
        .map_err(|error| Failure::usage(format!("process {pid} cannot be read: {error}")))?;
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    Ok(bytes
        .split(|byte| *byte == 0)
        .map(|part| OsString::from_vec(part.to_vec()))
        .collect())
}

/// What Python makes of a command line (`python --help`), and what is left for the program.
fn parse(line: &[OsString]) -> (Runs, &[OsString]) {
    let mut index = 1;
    while let Some(argument) = line.get(index) {
        let rest = line.get(index + 1..).unwrap_or_default();
        let bytes = argument.as_bytes();
        if !bytes.starts_with(b"-") {
            return (Runs::Script(PathBuf::from(argument)), rest);
        }
        if bytes == b"-" || bytes == b"--" {
            return (Runs::NoFile, rest);
        }
        if bytes.starts_with(b"--") {
            // `--check-hash-based-pycs always`, the only long option with a value.
            index += if bytes == b"--check-hash-based-pycs" {
                2
            } else {
                1
            };
            continue;
        }
        // A cluster: the first letter that takes a value takes the rest, or what follows.
        let letter = bytes
            .iter()
            .skip(1)
            .position(|letter| b"cmWX".contains(letter));
        let Some(at) = letter.map(|at| at + 1) else {
            index += 1;
            continue;
        };
        let own = bytes.get(at + 1..).filter(|own| !own.is_empty());
        match bytes.get(at) {
            Some(b'c') => return (Runs::NoFile, rest),
            Some(b'm') => {
                let (name, rest) = match own {
                    Some(own) => (OsStr::from_bytes(own), rest),
                    None => match rest.split_first() {
                        Some((name, rest)) => (name.as_os_str(), rest),
                        None => return (Runs::NoFile, rest),
                    },
                };
                return (Runs::Module(name.to_string_lossy().into_owned()), rest);
            }
            _ => index += if own.is_some() { 1 } else { 2 },
        }
    }
    (Runs::NoFile, &[])
}

/// As the process was started: a virtual environment's Python is a link, and leads to its packages
/// only by that name.
fn interpreter(pid: u32, line: &[OsString], working_directory: &Path) -> PathBuf {
    let named = line.first().map(Path::new);
    let named = named.filter(|path| path.components().count() > 1);
    named
        .map(|path| working_directory.join(path))
        .filter(|path| path.is_file())
        .or_else(|| std::fs::read_link(format!("/proc/{pid}/exe")).ok())
        .unwrap_or_else(|| PathBuf::from("python3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (Runs, usize) {
        let line: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let (runs, rest) = parse(&line);
        (runs, rest.len())
    }

    #[test]
    fn command_lines_are_read_as_python_reads_them() {
        let script = |path: &str| Runs::Script(PathBuf::from(path));
        let module = |name: &str| Runs::Module(name.to_owned());
        assert_eq!(parsed("python app.py -m x"), (script("app.py"), 2));
        assert_eq!(parsed("python -u -X dev -Wd app.py"), (script("app.py"), 0));
        assert_eq!(parsed("python -W d -bb app.py a"), (script("app.py"), 1));
        assert_eq!(parsed("python -m pkg.app a b"), (module("pkg.app"), 2));
        assert_eq!(parsed("python -um pkg"), (module("pkg"), 0));
        assert_eq!(parsed("python -mpkg a"), (module("pkg"), 1));
        assert_eq!(parsed("python -c pass a"), (Runs::NoFile, 2));
        assert_eq!(parsed("python"), (Runs::NoFile, 0));
        assert_eq!(parsed("python -m"), (Runs::NoFile, 0));
        assert_eq!(parsed("python -"), (Runs::NoFile, 0));
    }
}
