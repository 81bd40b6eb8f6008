//! Why a file could not be read as a recording.

use rightlane_facts::{RECORDING_VERSION, words};
use std::fmt::{self, Display, Formatter};

/// Why a file is no recording that can be read. The message says what was seen and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    NotRecording,
    Version,
    Damaged,
    TooLarge,
}

impl LoadError {
    /// Whether the file is something else.
    #[must_use]
    pub fn is_not_recording(&self) -> bool {
        self.kind == Kind::NotRecording
    }

    /// Whether another version of Rightlane made it.
    #[must_use]
    pub fn is_other_version(&self) -> bool {
        self.kind == Kind::Version
    }

    /// Whether it is cut short or its parts do not fit together.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.kind == Kind::Damaged
    }

    /// Whether it unpacks to more than is read.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    pub(super) fn not_gzip(file: &[u8]) -> Self {
        let seen = match beginning(file) {
            seen if seen.is_empty() => "is empty".to_owned(),
            seen => format!("begins with \"{seen}\""),
        };
        Self::not_recording(&format!(
            "a recording is JSON compressed with gzip, and this file {seen}"
        ))
    }

    pub(super) fn json(error: &serde_json::Error) -> Self {
        Self::not_recording(&format!(
            "a recording is JSON compressed with gzip, and what is compressed in this file is no JSON object ({error})"
        ))
    }

    pub(super) fn no_version() -> Self {
        Self::not_recording(
            "a recording names its version under \"recording\", and the JSON in this file does not",
        )
    }

    fn not_recording(seen: &str) -> Self {
        Self {
            kind: Kind::NotRecording,
            message: format!("{seen}; name a file that `rightlane observe` made"),
        }
    }

    pub(super) fn version(seen: &str) -> Self {
        let seen = crate::page::shortened(seen, 20);
        Self {
            kind: Kind::Version,
            message: format!(
                "this recording has version {seen}, and this Rightlane reads version {RECORDING_VERSION}; \
                 read it with the Rightlane that made it, or observe the program again"
            ),
        }
    }

    pub(super) fn gzip(error: &std::io::Error) -> Self {
        let seen = match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "the file is cut short".to_owned(),
            _ => format!("it cannot be decompressed: {error}"),
        };
        Self::damaged(&seen)
    }

    pub(super) fn damaged(seen: &impl Display) -> Self {
        Self {
            kind: Kind::Damaged,
            message: format!(
                "this recording is damaged ({seen}); copy it anew from where it was made, or observe the program again"
            ),
        }
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let limit = words::bytes(limit as f64);
        Self {
            kind: Kind::TooLarge,
            message: format!(
                "this file holds more than {limit}, which no recording does; observe the program for a shorter time"
            ),
        }
    }
}

/// The first few characters of a file, fit to be shown.
fn beginning(file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file.get(..16).unwrap_or(file));
    crate::page::clean(text.trim()).into_owned()
}

impl Display for LoadError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        // serde quotes what it read.
        formatter.write_str(&crate::page::clean(&self.message))
    }
}

impl std::error::Error for LoadError {}
