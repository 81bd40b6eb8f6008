//! Why a program's source could not be read.

use std::fmt;
use std::path::{Path, PathBuf};

/// The script itself could not be read. Trouble in the modules that it imports is no error but a
/// doubt ([`rightlane_facts::SourceDoubt`]): advice is still possible without them.
#[derive(Debug)]
pub struct SourceError {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Missing,
    Directory,
    Unreadable(std::io::Error),
    TooLarge { limit: u64 },
    NotText(String),
    Syntax(SyntaxTrouble),
    Machinery(String),
}

/// Where and why the parser gave up.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxTrouble {
    pub message: String,
    pub line: u32,
    pub column: u32,
    pub text: String,
}

impl SourceError {
    fn new(path: &Path, kind: Kind) -> Self {
        Self {
            path: path.to_path_buf(),
            kind,
        }
    }

    pub(crate) fn from_io(path: &Path, error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Kind::Missing,
            std::io::ErrorKind::IsADirectory => Kind::Directory,
            _ => Kind::Unreadable(error),
        };
        Self::new(path, kind)
    }

    pub(crate) fn directory(path: &Path) -> Self {
        Self::new(path, Kind::Directory)
    }

    pub(crate) fn too_large(path: &Path, limit: u64) -> Self {
        Self::new(path, Kind::TooLarge { limit })
    }

    pub(crate) fn not_text(path: &Path, why: String) -> Self {
        Self::new(path, Kind::NotText(why))
    }

    pub(crate) fn syntax(path: &Path, trouble: SyntaxTrouble) -> Self {
        Self::new(path, Kind::Syntax(trouble))
    }

    pub(crate) fn machinery(path: &Path, why: String) -> Self {
        Self::new(path, Kind::Machinery(why))
    }

    /// The script's path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing)
    }

    /// Whether the path is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory)
    }

    /// Whether the file is not Python text: it holds NUL bytes or bytes that its encoding does
    /// not know, or it is far too large to be a script.
    #[must_use]
    pub fn is_not_text(&self) -> bool {
        matches!(self.kind, Kind::NotText(_) | Kind::TooLarge { .. })
    }

    /// Whether the file is text, but not valid Python.
    #[must_use]
    pub fn is_syntax(&self) -> bool {
        matches!(self.kind, Kind::Syntax(_))
    }

    /// Whether the analysis itself failed: a defect of this crate, or no memory for its thread.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        matches!(self.kind, Kind::Machinery(_))
    }

    /// Where the syntax error is: line from 1, column in characters from 1 (as Python's own
    /// `SyntaxError` counts them).
    #[must_use]
    pub fn location(&self) -> Option<(u32, u32)> {
        match &self.kind {
            Kind::Syntax(trouble) => Some((trouble.line, trouble.column)),
            _ => None,
        }
    }

    /// The line with the syntax error, without its line end.
    #[must_use]
    pub fn source_line(&self) -> Option<&str> {
        match &self.kind {
            Kind::Syntax(trouble) => Some(&trouble.text),
            _ => None,
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            Kind::Missing => write!(f, "{path}: there is no such file"),
            Kind::Directory => write!(f, "{path}: this is a directory, not a script"),
            Kind::Unreadable(error) => write!(f, "{path}: cannot be read: {error}"),
            Kind::TooLarge { limit } => {
                let mebibytes = limit / (1024 * 1024);
                write!(f, "{path}: larger than {mebibytes} MiB, which no script is")
            }
            Kind::NotText(why) => write!(f, "{path}: not a Python script: {why}"),
            Kind::Syntax(trouble) => write!(
                f,
                "{path}:{}:{}: syntax error: {}",
                trouble.line, trouble.column, trouble.message
            ),
            Kind::Machinery(why) => write!(f, "{path}: cannot be analysed: {why}"),
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}
