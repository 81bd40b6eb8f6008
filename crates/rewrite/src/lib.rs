//! The edit of a program's source for a site and a concurrency API.
//!
//! Texts in, edits out: nothing is read from disk or written to it. Edits are replacements of stretches of
//! the real text, so comments and formatting around them stay.

mod apply;
mod bodies;
mod changes;
mod comprehensions;
mod consumers;
mod coroutines;
mod endless;
mod existing;
mod fed;
mod guard;
mod hoist;
mod imports;
mod items;
mod judge;
mod lanes;
mod loops;
mod names;
pub mod native;
mod outcome;
mod place;
mod raised;
mod request;
mod rewrite;
mod risks;
mod runs;
mod segments;
mod sheet;
mod tasks;

pub use apply::apply;
pub use request::{Coroutines, PoolRequest, Request, Rewrite, Texts};
pub use rewrite::{rewrite, rewrite_pool};
