//! What can go wrong with another program.

use std::path::{Path, PathBuf};

/// An interpreter that did not do what it was asked.
#[derive(Debug)]
pub struct Error {
    python: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Start(std::io::Error),
    Failed(String),
    TooLong,
    Unreadable(String),
}

impl Error {
    pub(crate) fn start(python: &Path, error: std::io::Error) -> Self {
        Self::new(python, Problem::Start(error))
    }

    pub(crate) fn failed(python: &Path, message: String) -> Self {
        Self::new(python, Problem::Failed(message))
    }

    pub(crate) fn too_long(python: &Path) -> Self {
        Self::new(python, Problem::TooLong)
    }

    pub(crate) fn unreadable(python: &Path, what: impl Into<String>) -> Self {
        Self::new(python, Problem::Unreadable(what.into()))
    }

    fn new(python: &Path, problem: Problem) -> Self {
        Self {
            python: python.to_owned(),
            problem,
        }
    }

    /// Whether the interpreter could not even be started: it is missing or not executable.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.problem, Problem::Start(_))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let python = self.python.display();
        match &self.problem {
            Problem::Start(error) => write!(formatter, "cannot start {python}: {error}"),
            Problem::Failed(message) => write!(formatter, "{python} failed: {message}"),
            Problem::TooLong => write!(formatter, "{python} did not answer in time"),
            Problem::Unreadable(what) => write!(formatter, "{python}: {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Start(error) => Some(error),
            _ => None,
        }
    }
}
