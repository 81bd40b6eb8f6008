//! What `rightlane check` finds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the JSON that `check --format json` prints.
pub const CHECK_SCHEMA_VERSION: u32 = 1;

/// What the source of some files alone says: the places where concurrency is used wrongly, or where
/// another API would serve better.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// Version of this schema.
    pub schema: u32,
    /// How many files were checked.
    pub files: u32,
    /// By file, then by place.
    pub findings: Vec<Finding>,
    /// Files that could not be checked.
    pub errors: Vec<FileError>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule's code, such as `RL204`.
    pub code: String,
    /// The rule's name, such as `dropped-future`.
    pub rule: String,
    /// What was seen and why it matters.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The file, as it was named.
    pub file: String,
    /// The notebook's cell, from 1; lines are counted within it.
    pub cell: Option<u32>,
    /// First line, from 1.
    pub line: u32,
    /// First column in characters, from 1.
    pub column: u32,
    /// Last line, from 1.
    pub end_line: u32,
    /// Column after the last, in characters from 1.
    pub end_column: u32,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// The lines around it, for showing.
    #[serde(skip)]
    pub excerpt: Excerpt,
}

/// An edit of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// Whether behaviour stays what it was meant to be: only these are made by `--fix`.
    pub safe: bool,
    /// Not overlapping, in order.
    pub edits: Vec<Edit>,
    /// Mark of the text that the edits are of: another text must not be edited by them.
    #[serde(skip)]
    pub text_mark: u64,
    /// Whether places in that text are places in the file's bytes: not after a byte order mark, nor in
    /// another encoding, nor in a notebook.
    #[serde(skip)]
    pub in_bytes: bool,
}

/// The replacement of a stretch of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// Where it starts: UTF-8 bytes from the start of the decoded file (of a notebook: of its code
    /// cells one after the other, each with a line end).
    pub start: u32,
    /// Where it ends, exclusive.
    pub end: u32,
    /// What stands there then.
    pub text: String,
}

impl Edit {
    /// A text with edits made that are in order; `None` if one does not fit it or overlaps another.
    pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for edit in edits {
            let (start, end) = (edit.start as usize, edit.end as usize);
            let fits = start <= end && text.is_char_boundary(end);
            out.push_str(text.get(at..start).filter(|_| fits)?);
            out.push_str(&edit.text);
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        Some(out)
    }
}

/// Some lines of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// The lines, each with its line end.
    pub text: String,
    /// The finding's place in it, in bytes.
    pub start: usize,
    /// Its end, exclusive.
    pub end: usize,
}

/// A file that could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileError {
    /// The file, as it was named.
    pub file: String,
    /// The notebook's cell, from 1.
    pub cell: Option<u32>,
    /// Line, from 1, where the trouble is at a line.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// What is wrong with it.
    pub message: String,
}
