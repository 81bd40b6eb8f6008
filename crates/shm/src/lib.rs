//! What two processes share: one mapping, a lane of records in each direction, a bell.
//!
//! # The protocol
//!
//! A [`Lane`] carries records from one process (the sender) to one other (the receiver). A record lies in a
//! slot, its bytes in the lane's byte ring, in one piece. `tail` counts the records that were sent, `head`
//! those that were given back; both only grow, and each has one writer. A slot's `state` goes
//!
//! ```text
//! sender:   READY ──► WITHDRAWN    (the sender wants it back)
//! receiver: READY ──► TAKEN        (the receiver begins it)
//! ```
//!
//! by compare-and-swap, so that exactly one of the two has it. Slots are given back in order: a record that was
//! withdrawn is passed over. When the receiver is killed at any point, the sender still knows from `head` and
//! the states which record was being worked on (TAKEN) and which were not touched (READY).
//!
//! The receiver sleeps on a word in the lane (an eventcount): it announces that it sleeps, looks once more,
//! and only then sleeps; the sender publishes first and then looks whether somebody sleeps. Both have a
//! sequentially consistent fence in between, so one of the two sees the other (model-checked in `tests/loom.rs`).
//!
//! What is too long for a lane lies in a block of an [`Arena`], which only its owner allocates from; the record
//! says where, and a record in the other direction gives it back.
//!
//! Nothing in the mapping is trusted: positions and lengths that a peer wrote are checked against the lane's
//! size before use; what does not fit is [`Broken`].

#[cfg(not(loom))]
mod arena;
mod bell;
mod blocks;
mod kill;
#[expect(unsafe_code, reason = "bytes in memory that another process writes")]
mod lane;
#[cfg(not(loom))]
#[expect(unsafe_code, reason = "mapping memory")]
mod map;
mod wait;
mod word;

#[cfg(not(loom))]
pub use arena::Arena;
pub use bell::{Bell, Heard};
pub use blocks::{Block, Blocks};
pub use kill::POINTS;
#[cfg(feature = "kill-points")]
pub use kill::kill_at;
pub use lane::{Broken, Lane, Receiver, Record, Sender};
#[cfg(not(loom))]
pub use map::Mapping;
#[cfg(not(loom))]
pub use wait::look;
pub use wait::{sleep, wake};
