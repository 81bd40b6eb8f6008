//! The engine of the pools: who has which task. No Python, no processes, no clock.
//!
//! A task is in one place at a time: queued, with a worker, or gone (it ended as a result, an exception,
//! cancelled, or by its worker's death, and its ticket was handed out). [`Board`] keeps that for workers that
//! are sent tasks ahead of time, [`Queue`] orders the waiting ones.

mod board;
mod queue;
mod shared;

pub use board::{Board, Lost, TaskId, WorkerId};
pub use queue::Queue;
pub use shared::{Next, Shared};
