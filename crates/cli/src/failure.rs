//! What goes wrong, in words for the person who typed the command.

use std::fmt;

/// Exit codes, as documented in `--help` and the README.
pub(crate) mod exit {
    pub(crate) const DONE: i32 = 0;
    /// `check` has found something.
    pub(crate) const FOUND: i32 = 1;
    pub(crate) const USAGE: i32 = 2;
    pub(crate) const PROGRAM_FAILED: i32 = 3;
    pub(crate) const NOT_HERE: i32 = 4;
    /// What a shell reports for a command that Ctrl-C ended.
    pub(crate) const INTERRUPTED: i32 = 130;
    /// What a shell reports for a command that SIGTERM ended.
    pub(crate) const TERMINATED: i32 = 143;
}

/// One clear message with its exit code: what was seen, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: i32,
    seen: String,
    remedy: Option<String>,
}

impl Failure {
    /// The command line, or the program it names, cannot be used.
    pub(crate) fn usage(seen: impl Into<String>) -> Self {
        Self::new(exit::USAGE, seen)
    }

    /// This machine or its settings stand in the way.
    pub(crate) fn not_here(seen: impl Into<String>) -> Self {
        Self::new(exit::NOT_HERE, seen)
    }

    /// A signal ended it before there was a result.
    pub(crate) fn interrupted() -> Self {
        Self::new(exit::INTERRUPTED, "interrupted before there was a result")
    }

    fn new(code: i32, seen: impl Into<String>) -> Self {
        Self {
            code,
            seen: seen.into(),
            remedy: None,
        }
    }

    /// Adds what to write or do instead.
    pub(crate) fn instead(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rightlane: {}", self.seen)?;
        match &self.remedy {
            Some(remedy) => write!(out, "\n  {}", remedy.replace('\n', "\n  ")),
            None => Ok(()),
        }
    }
}
