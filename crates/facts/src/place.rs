//! Places in source files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A line of a file.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Place {
    /// Path as the person would write it: relative to the working directory where possible.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// A stretch of source text, in the units of CPython's `ast`: lines from 1, columns in UTF-8
/// bytes from 0, the end column exclusive.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Span {
    /// First line, from 1.
    pub line: u32,
    /// First column, in UTF-8 bytes from 0.
    pub column: u32,
    /// Last line, from 1.
    pub end_line: u32,
    /// Column after the last, in UTF-8 bytes from 0.
    pub end_column: u32,
}

impl Span {
    /// Whether `line` lies within the span.
    #[must_use]
    pub fn holds_line(&self, line: u32) -> bool {
        self.line <= line && line <= self.end_line
    }

    /// Whether `other` lies within the span.
    #[must_use]
    pub fn holds(&self, other: &Span) -> bool {
        (self.line, self.column) <= (other.line, other.column)
            && (other.end_line, other.end_column) <= (self.end_line, self.end_column)
    }
}
