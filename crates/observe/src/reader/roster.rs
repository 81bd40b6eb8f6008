//! Which interpreters and threads the target has.

use crate::reader::attach::Target;
use crate::reader::layout::{GilPlace, LARGEST_STRUCTURE};
use crate::reader::memory::{Memory, at, half, word};
use crate::reader::{Fault, Read};
use crate::sys::Part;
use std::collections::HashSet;

/// A thread of the target that runs Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadRef {
    /// Address of its state.
    pub(crate) state: u64,
    /// The kernel's id; 0 if it cannot be told.
    pub(crate) tid: i32,
    /// Address of its interpreter's GIL.
    pub(crate) gil: u64,
}

/// Most interpreters and threads followed; of a longer list the first ones, which are the newest.
const MOST_INTERPRETERS: usize = 64;
pub(crate) const MOST_THREADS: usize = 4096;

/// Where glibc's `struct pthread` keeps the kernel's thread id. Only for 3.10, which does not
/// store it itself.
const PTHREAD_TID: usize = if cfg!(target_arch = "x86_64") {
    0x2d0
} else {
    0xd0
};

/// Addresses of an interpreter and its thread states, in the lists' order.
#[derive(Default, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) interpreter: u64,
    pub(super) threads: Vec<u64>,
    /// Whether the list goes on behind the last of `threads`.
    cut: bool,
}

/// The target's threads, found anew each round. The addresses of the last round are read in one
/// system call and the links between them checked; only when those do not hold is the list walked.
#[derive(Default)]
pub(crate) struct Roster {
    known: Vec<Known>,
    buffer: Vec<u8>,
    threads: Vec<ThreadRef>,
}

impl Roster {
    /// The threads of this moment.
    pub(crate) fn refresh(&mut self, memory: &impl Memory, target: &Target) -> Read<&[ThreadRef]> {
        self.refresh_with(memory, target, Vec::new())?;
        Ok(&self.threads)
    }

    /// As [`refresh`](Self::refresh), and reads `more` by the same system call; yields how many
    /// bytes of that arrived (0 if the list had changed).
    pub(crate) fn refresh_with(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        mut more: Vec<Part<'_>>,
    ) -> Read<usize> {
        for _ in 0..4 {
            match self.snapshot(memory, target, std::mem::take(&mut more)) {
                Ok(got) => {
                    if target.layout.thread.native_id.is_none() {
                        self.ask_glibc(memory, target);
                    }
                    return Ok(got);
                }
                Err(_) => self.known = walk(memory, target)?,
            }
        }
        Err(Fault::Torn)
    }

    /// The threads of the last refresh.
    pub(crate) fn threads(&self) -> &[ThreadRef] {
        &self.threads
    }

    /// Reads everything at the known addresses, then `more`, and checks that the lists still are
    /// what they were; yields how many bytes of `more` arrived.
    fn snapshot(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        more: Vec<Part<'_>>,
    ) -> Read<usize> {
        let layout = &target.layout;
        let stride = layout.thread.size.min(LARGEST_STRUCTURE);
        let count: usize = self.known.iter().map(|known| known.threads.len()).sum();
        if count == 0 {
            return Err(Fault::Torn);
        }
        let length = 8 + self.known.len() * 24 + count * stride;
        self.buffer.resize(length, 0);
        let mut parts = places(target, &self.known, &mut self.buffer, stride)?;
        // Neighbours are read as one.
        parts.sort_unstable_by_key(|part| part.address);
        parts.extend(more);
        let got = memory.read_parts(&mut parts)?;
        let rest_got = got.checked_sub(length).ok_or(Fault::Torn)?;
        self.threads.clear();
        let (head, mut rest) = self.buffer.split_at(8);
        let mut expected = word(head, 0)?;
        for known in &self.known {
            let (fields, states) = rest.split_at(24);
            let (threads, after) = states.split_at(known.threads.len() * stride);
            rest = after;
            if expected != known.interpreter {
                return Err(Fault::Torn);
            }
            expected = word(fields, 0)?;
            let gil = match layout.gil.place {
                GilPlace::Runtime(offset) => at(target.runtime, offset)?,
                GilPlace::Interpreter(_) => word(fields, 16)?,
            };
            let mut next = word(fields, 8)?;
            for (state, block) in known.threads.iter().zip(threads.chunks_exact(stride)) {
                let back = word(block, layout.thread.interpreter)?;
                if next != *state || back != known.interpreter {
                    return Err(Fault::Torn);
                }
                next = word(block, layout.thread.next)?;
                self.threads.push(thread(target, *state, block, gil)?);
            }
            if next != 0 && !known.cut {
                return Err(Fault::Torn);
            }
        }
        if expected == 0 || self.known.len() >= MOST_INTERPRETERS {
            Ok(rest_got)
        } else {
            Err(Fault::Torn)
        }
    }

    /// Whether there are more threads than are followed.
    pub(crate) fn is_cut(&self) -> bool {
        self.known.iter().any(|known| known.cut)
    }

    /// Fills in the thread ids that glibc keeps behind each `pthread_t`.
    fn ask_glibc(&mut self, memory: &impl Memory, target: &Target) {
        for thread in &mut self.threads {
            thread.tid = at(thread.state, target.layout.thread.ident)
                .and_then(|place| memory.word(place))
                .and_then(|ident| at(ident, PTHREAD_TID))
                .and_then(|place| memory.word(place))
                .map_or(0, |word| (word as u32).cast_signed());
        }
    }
}

/// The head, each interpreter's three fields and each thread state, to be read into `buffer`.
fn places<'a>(
    target: &Target,
    known: &[Known],
    buffer: &'a mut [u8],
    stride: usize,
) -> Read<Vec<Part<'a>>> {
    let layout = &target.layout;
    let gil = match layout.gil.place {
        GilPlace::Interpreter(offset) => offset,
        // Not used; any readable word of the interpreter does.
        GilPlace::Runtime(_) => layout.interpreter.next,
    };
    let mut parts = Vec::with_capacity(1 + known.len() * 3);
    let (head, mut rest) = buffer.split_at_mut(8);
    parts.push(Part {
        address: at(target.runtime, layout.runtime_interpreters)?,
        bytes: head,
    });
    for known in known {
        for offset in [layout.interpreter.next, layout.interpreter.threads, gil] {
            let (bytes, after) = rest.split_at_mut(8);
            rest = after;
            parts.push(Part {
                address: at(known.interpreter, offset)?,
                bytes,
            });
        }
        for state in &known.threads {
            let (bytes, after) = rest.split_at_mut(stride);
            rest = after;
            parts.push(Part {
                address: *state,
                bytes,
            });
        }
    }
    Ok(parts)
}

fn thread(target: &Target, state: u64, block: &[u8], gil: u64) -> Read<ThreadRef> {
    let fields = &target.layout.thread;
    let tid = match fields.native_id {
        Some(offset) => half(block, offset)?.cast_signed(),
        None => 0,
    };
    Ok(ThreadRef { state, tid, gil })
}

/// Follows the lists pointer by pointer.
pub(super) fn walk(memory: &impl Memory, target: &Target) -> Read<Vec<Known>> {
    let layout = &target.layout;
    let mut found = Vec::new();
    let mut threads_left = MOST_THREADS;
    let mut interpreter = memory.word(at(target.runtime, layout.runtime_interpreters)?)?;
    while interpreter != 0 && found.len() < MOST_INTERPRETERS {
        let mut threads = Vec::new();
        let mut state = memory.word(at(interpreter, layout.interpreter.threads)?)?;
        while state != 0 && threads_left > 0 {
            threads_left -= 1;
            threads.push(state);
            state = memory.word(at(state, layout.thread.next)?)?;
        }
        let cut = state != 0;
        if cut && rings(&threads) {
            return Err(Fault::Torn);
        }
        found.push(Known {
            interpreter,
            threads,
            cut,
        });
        interpreter = memory.word(at(interpreter, layout.interpreter.next)?)?;
    }
    Ok(found)
}

/// Whether the list meets itself: what is that long may be a ring of nodes read at different
/// moments.
fn rings(list: &[u64]) -> bool {
    let distinct: HashSet<u64> = list.iter().copied().collect();
    distinct.len() < list.len()
}
