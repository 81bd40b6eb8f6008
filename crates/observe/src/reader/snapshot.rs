//! A thread's state, GIL and frames, copied at one moment by one system call, from where they were at
//! the last look.

use crate::reader::along::{Along, Places};
use crate::reader::attach::Target;
use crate::reader::gil::{self, Gil};
use crate::reader::layout::FramePlace;
use crate::reader::memory::at;
use crate::reader::roster::ThreadRef;
use crate::reader::window::Window;
use crate::reader::{Fault, Read};
use crate::sys::Part;

/// Where a thread's stack was at its last look.
#[derive(Default)]
pub(super) struct Guess {
    pub(super) c_frame: u64,
    /// The newest chunk of its data stack, and how many bytes of it to read.
    pub(super) chunk: u64,
    pub(super) length: usize,
    /// Frames elsewhere.
    pub(super) extras: Vec<u64>,
    pub(super) codes: Places,
}

/// The copy. Keeps its buffers from one look to the next.
#[derive(Default)]
pub(super) struct Snapshot {
    /// The thread state.
    pub(super) thread: Vec<u8>,
    gil: Vec<u8>,
    c_frame: [u8; 8],
    /// Chunk and frames.
    pub(super) window: Window,
    /// Code objects.
    pub(super) along: Along,
}

/// What a copy says that does not depend on the guess being right.
pub(super) struct Head {
    /// Who holds the GIL.
    pub(super) gil: Gil,
    /// The innermost frame according to the guessed C frame.
    pub(super) top: u64,
    /// Whether everything at the guessed places arrived.
    pub(super) whole: bool,
}

impl Snapshot {
    /// What to read, in this order.
    pub(super) fn parts(
        &mut self,
        target: &Target,
        thread: ThreadRef,
        guess: &Guess,
    ) -> Read<Vec<Part<'_>>> {
        let layout = &target.layout;
        self.thread.resize(layout.thread.size, 0);
        self.gil.resize(gil::size(&layout.gil), 0);
        self.window.clear();
        if guess.chunk != 0 {
            self.window.reserve(guess.chunk, guess.length);
        }
        for address in &guess.extras {
            self.window.reserve(*address, layout.frame.size);
        }
        self.along.prepare(&guess.codes);
        let mut parts = Vec::with_capacity(8 + guess.extras.len());
        parts.push(Part {
            address: thread.state,
            bytes: &mut self.thread,
        });
        parts.push(Part {
            address: thread.gil,
            bytes: &mut self.gil,
        });
        if let Some(address) = c_frame(target, guess)? {
            parts.push(Part {
                address,
                bytes: &mut self.c_frame,
            });
        }
        parts.extend(self.window.parts());
        // After the frames that they belong to: that is when they have to be what they were.
        parts.extend(self.along.parts());
        Ok(parts)
    }

    /// Makes sense of the first `got` bytes of those parts.
    pub(super) fn decode(&mut self, target: &Target, guess: &Guess, got: usize) -> Read<Head> {
        let layout = &target.layout;
        let head = self.thread.len() + self.gil.len();
        if got < head {
            return Err(Fault::Torn);
        }
        let (top, size) = match c_frame(target, guess)? {
            Some(_) => (u64::from_ne_bytes(self.c_frame), self.c_frame.len()),
            None => (0, 0),
        };
        let wanted = head + size + self.window.len();
        self.along.arrived(got.saturating_sub(wanted));
        Ok(Head {
            gil: gil::decode(&self.gil, &layout.gil)?,
            top,
            whole: got >= wanted,
        })
    }
}

/// Where the guessed C frame keeps the innermost frame, in versions that have C frames.
fn c_frame(target: &Target, guess: &Guess) -> Read<Option<u64>> {
    match target.layout.thread.frame {
        FramePlace::CFrame { frame, .. } if guess.c_frame != 0 => {
            at(guess.c_frame, frame).map(Some)
        }
        _ => Ok(None),
    }
}
