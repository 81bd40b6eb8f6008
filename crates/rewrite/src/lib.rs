//! The edit of a program's source for a site and a concurrency API.
//!
//! Texts in, edits out: nothing is read from disk or written to it. Edits are replacements of stretches of
//! the real text, so comments and formatting around them stay.

mod apply;
pub mod native;

pub use apply::apply;
