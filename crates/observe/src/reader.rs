//! Reads the Python stacks of another process, CPython 3.10 to 3.15, with the GIL or free-threaded,
//! without stopping it.
//!
//! One code path for every version: [`layout`] holds the places of the fields as a table, fixed
//! for 3.10 to 3.12, and published by the target itself from 3.13 on ([`offsets`]). [`attach`]
//! finds the runtime, [`roster`] lists its threads, [`stack`] walks their frames, [`code`] and
//! [`position`] turn a frame into file, function, line and expression. [`tasks`] tells what the
//! asyncio tasks await, which are on no stack.
//!
//! What does not work, and was tried:
//! * Stopping the target for a consistent view (ptrace): it costs call-heavy programs 10 to 50 %.
//! * Following the frame chain pointer by pointer: the target runs on, and a third of the stacks
//!   of a call-heavy program come out torn. Thread state, its C frame, the GIL and the used part
//!   of the data stack are therefore read in *one* system call, at the addresses of the last
//!   sample, and the addresses are checked against what was read.
//! * Trusting a value because it was plausible a moment ago. Every length is capped, every
//!   pointer is read again, every text is decoded lossily; what does not add up is
//!   [`Fault::Torn`], retried, and in the end counted as unusable.

pub(crate) mod attach;
mod batch;
pub(crate) mod code;
mod elf;
mod frame;
pub(crate) mod frames;
mod gil;
pub(crate) mod layout;
#[cfg(test)]
mod lies;
pub(crate) mod memory;
mod objects;
mod offsets;
pub(crate) mod opcodes;
mod position;
pub(crate) mod roster;
pub(crate) mod stack;
#[cfg_attr(not(test), expect(dead_code, reason = "the sampler is to call it"))]
pub(crate) mod tasks;
mod text;
mod window;

use std::io;

/// Why something could not be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The memory itself: gone, unmapped or forbidden.
    Memory(io::Error),
    /// The bytes arrived but do not fit together: the target changed them meanwhile.
    Torn,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Memory(error)
    }
}

/// What reading yields.
pub(crate) type Read<T> = Result<T, Fault>;
