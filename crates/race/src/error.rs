//! Why a race could not be held.

use crate::effects::Effect;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::Path;

/// Why a race could not go on. The message says what was seen and what to do.
#[derive(Debug)]
pub struct RaceError {
    kind: Kind,
    message: String,
    effects: Vec<Effect>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Effects,
    TooLarge,
    TreeChanged,
    Interrupted,
    Unsupported,
    Setup,
    Keeper,
    Folder,
}

impl RaceError {
    /// The effects for which the program was stopped, each before it happened; empty for any other
    /// error.
    #[must_use]
    pub fn refused(&self) -> &[Effect] {
        &self.effects
    }

    /// Whether the program was stopped for its effects.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == Kind::Effects
    }

    /// Whether the tree would have to be copied and is too large for it.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// Whether somebody else changed the tree while the race was on.
    #[must_use]
    pub fn is_tree_changed(&self) -> bool {
        self.kind == Kind::TreeChanged
    }

    /// Whether the interrupt ended the rehearsal.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.kind == Kind::Interrupted
    }

    /// Whether what the race was told cannot be: paths that are not there, a rehearsal left out.
    #[must_use]
    pub fn is_setup(&self) -> bool {
        self.kind == Kind::Setup
    }

    /// Whether races are not supported on this system.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.kind == Kind::Unsupported
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            effects: Vec::new(),
        }
    }

    pub(crate) fn effects(effects: Vec<Effect>) -> Self {
        let listed: Vec<String> = effects.iter().map(ToString::to_string).collect();
        let message = format!(
            "the program was stopped before an effect that cannot be undone: {}",
            listed.join("; ")
        );
        Self {
            effects,
            ..Self::new(Kind::Effects, message)
        }
    }

    pub(crate) fn too_large(root: &Path, what: &str) -> Self {
        let root = root.display();
        Self::new(
            Kind::TooLarge,
            format!(
                "the program writes below {root}, which has to be copied for it and has more than {what}; run it in a smaller folder"
            ),
        )
    }

    pub(crate) fn tree_changed(path: &Path) -> Self {
        let path = path.display();
        Self::new(
            Kind::TreeChanged,
            format!("{path} changed while the race was on; run it again"),
        )
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    pub(crate) fn unsupported() -> Self {
        Self::new(
            Kind::Unsupported,
            "programs can be raced on Linux only: nothing else here keeps them from writing",
        )
    }

    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self::new(Kind::Setup, message)
    }

    pub(crate) fn keeper(message: impl Display) -> Self {
        Self::new(Kind::Keeper, format!("the keeper of the race: {message}"))
    }

    pub(crate) fn folder(path: &Path, error: &io::Error) -> Self {
        Self::new(Kind::Folder, format!("{}: {error}", path.display()))
    }
}

impl Display for RaceError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RaceError {}

/// Errors of files, with the path.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, RaceError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, RaceError> {
        self.map_err(|error| RaceError::folder(path, &error))
    }
}
