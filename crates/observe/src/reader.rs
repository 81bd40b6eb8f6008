//! Reads the Python stacks of another process, CPython 3.10 to 3.15, with the GIL or free-threaded,
//! without stopping it.
//!
//! One code path for every version: [`layout`] holds the places of the fields as a table, fixed
//! for 3.10 to 3.12, and published by the target itself from 3.13 on ([`offsets`]). [`attach`]
//! finds the runtime, [`roster`] lists its threads, [`stack`] walks their frames, [`code`] and
//! [`position`] turn a frame into file, function, line and expression. [`locks`] tells who holds the
//! lock that a thread waits for, by the values of all threads' frames ([`locals`], [`handlers`]),
//! [`tasks`] what the asyncio tasks await, which are on no stack.
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

mod along;
pub(crate) mod attach;
mod batch;
pub(crate) mod code;
pub(crate) mod elf;
mod frame;
pub(crate) mod frames;
mod gil;
mod handlers;
pub(crate) mod layout;
#[cfg(test)]
mod lies;
mod locals;
pub(crate) mod locks;
pub(crate) mod memory;
mod objects;
pub(crate) mod offsets;
pub(crate) mod opcodes;
pub(crate) mod position;
pub(crate) mod roster;
mod snapshot;
pub(crate) mod stack;
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
