//! Which files the rules have to look at.
//!
//! Most files of most projects have nothing to do with concurrency. They are parsed, for their syntax
//! errors, and left; if a name leads to one of them it is read again for its outline (`project.rs`).

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// A finding of any rule needs one of these words in its file. A test holds that each labelled file has
/// one, so a rule about something else fails there first.
const WORDS: &[&str] = &[
    "async",
    "await",
    "thread",
    "multiprocess",
    "concurrent",
    "subprocess",
    "fork(",
    "joblib",
    "interpreters",
    "checkinterval",
    "switchinterval",
    "requests",
    "acquire(",
    "Popen",
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(WORDS).ok());

/// Whether a rule might find something in a text.
pub(super) fn is_concerned(text: &str) -> bool {
    FINDER.as_ref().is_none_or(|finder| finder.is_match(text))
}
