//! Doors for the fuzz targets in `fuzz/`, and for replaying without a fuzzer what they found. No
//! part of the crate's interface: behind the feature `fuzzing`, which nothing that people run
//! turns on.
//!
//! [`stack`] hands the walkers a recorded process whose memory changes from read to read as the
//! input says; [`tables`] hands the parsers raw bytes. Both panic on what must never happen: a
//! read too large, too many reads, more frames than are kept.

mod mutant;
mod record;
mod snapshot;
mod stack;
mod tables;
#[cfg(test)]
mod tests;

pub use record::record;
pub use snapshot::{Snapshot, snapshots};
pub use stack::stack;
pub use tables::tables;
