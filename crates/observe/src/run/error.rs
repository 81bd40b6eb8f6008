//! Why a run could not be observed.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

/// Why a program could not be run observed. The message says what was seen, why it matters and
/// what to do.
#[derive(Debug)]
pub struct ObserveError {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    NotFound,
    NotExecutable,
    NotPython,
    TooOld,
    Spawn,
    Folder,
}

impl ObserveError {
    /// Whether there is no such interpreter.
    #[must_use]
    pub fn is_python_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// Whether the interpreter is there but may not be executed.
    #[must_use]
    pub fn is_not_executable(&self) -> bool {
        self.kind == Kind::NotExecutable
    }

    /// Whether what was started is not CPython.
    #[must_use]
    pub fn is_not_python(&self) -> bool {
        self.kind == Kind::NotPython
    }

    /// Whether the interpreter is older than 3.10.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        self.kind == Kind::TooOld
    }

    /// Whether the system refused to start the program.
    #[must_use]
    pub fn is_spawn_failure(&self) -> bool {
        self.kind == Kind::Spawn
    }

    /// Whether the temporary folder could not be used.
    #[must_use]
    pub fn is_folder_unusable(&self) -> bool {
        self.kind == Kind::Folder
    }

    pub(super) fn spawn(python: &Path, error: &std::io::Error) -> Self {
        let shown = python.display();
        match error.kind() {
            std::io::ErrorKind::NotFound => Self {
                kind: Kind::NotFound,
                message: format!(
                    "there is no interpreter {shown}, so the program cannot be run; name another one with --python"
                ),
            },
            std::io::ErrorKind::PermissionDenied => Self {
                kind: Kind::NotExecutable,
                message: format!(
                    "{shown} may not be executed, so the program cannot be run; name an interpreter with --python, or make this one executable"
                ),
            },
            _ => Self {
                kind: Kind::Spawn,
                message: format!(
                    "{shown} could not be started ({error}), so there is nothing to observe; free some processes or memory and run again"
                ),
            },
        }
    }

    pub(super) fn not_python(python: &Path, seen: &str) -> Self {
        let shown = python.display();
        Self {
            kind: Kind::NotPython,
            message: format!(
                "{shown} is not CPython ({seen}), whose insides the observation relies on; name a CPython 3.10 or later with --python"
            ),
        }
    }

    pub(super) fn too_old(python: &Path, version: (u32, u32, u32)) -> Self {
        let shown = python.display();
        let (major, minor, micro) = version;
        Self {
            kind: Kind::TooOld,
            message: format!(
                "{shown} is Python {major}.{minor}.{micro}, and programs can be observed from 3.10 on; name a later one with --python"
            ),
        }
    }

    pub(super) fn folder(error: &std::io::Error) -> Self {
        let place = std::env::temp_dir();
        let shown = place.display();
        Self {
            kind: Kind::Folder,
            message: format!(
                "no files can be written under {shown} ({error}), where the observation keeps its notes; free some room there or set TMPDIR"
            ),
        }
    }
}

impl Display for ObserveError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ObserveError {}
