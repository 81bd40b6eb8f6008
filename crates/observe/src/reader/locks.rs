//! What a thread that waits for a lock waits for, and who holds it.
//!
//! The waiter sleeps in a futex. This is the semaphore that a lock object points to (until 3.13), or
//! it lies on the waiter's own C stack, right behind the address of the mutex that it is parked at
//! (from 3.14 on, free-threaded from 3.13 on). Either way the lock is known *exactly*, not guessed
//! from what the frame holds.
//!
//! An `RLock` knows its owner. A plain `Lock` does not: its holder is the thread that is in the
//! body of a `with` of this very lock, told by the lock's `__exit__` at the depth of the `with` on
//! the value stack of a frame. Someone who called `acquire` leaves no trace: that holder is unknown.
//! Unknown is fine, a wrong holder is not; [`holder`] says what is therefore not believed.
//!
//! What waits on a lock of its own that nobody holds (a condition, an event, a queue) is told by
//! the standard library's frames on the waiter's stack ([`kind`]).

mod holder;
mod kind;
mod object;
#[cfg(test)]
mod tests;

use crate::reader::Read;
use crate::reader::attach::Target;
use crate::reader::code::{Code, CodeCache};
use crate::reader::frames::{FrameId, FrameTable};
use crate::reader::locals::{self, Frame, Stack};
use crate::reader::memory::{Memory, Rationed};
use crate::reader::roster::ThreadRef;
use object::{Lock, LockType};
use rightlane_facts::LockKind;
use std::collections::HashMap;
use std::rc::Rc;

/// What a thread waits for, and who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LockWait {
    pub(crate) kind: LockKind,
    /// `None` if it is unknown, and for what is not held.
    pub(crate) holder: Option<Holder>,
}

/// Who holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Its thread state.
    pub(crate) state: u64,
    /// Where it took the lock: the outermost `with` of it. An `RLock` may have been taken otherwise.
    pub(crate) frame: Option<FrameId>,
}

/// System calls spent on one answer.
const MOST_READS: usize = 200;

/// Innermost frames of the waiter that are looked at, the interpreter's own markers included.
const NEAR: usize = 10;

/// Threads looked at; in a program with more the holder may stay unknown.
const MOST_THREADS: usize = 512;

/// Who waits where.
#[derive(Clone, Copy)]
pub(crate) struct Waiting<'a> {
    pub(crate) target: &'a Target,
    /// Address of the waiter's thread state.
    pub(crate) waiter: u64,
    /// Address of the futex that it sleeps in.
    pub(crate) futex: u64,
    /// Every thread.
    pub(crate) threads: &'a [ThreadRef],
}

/// What the waiter waits for, and who holds it.
///
/// True of the moment at which it is asked. Whoever asks must look whether the waiter has run
/// meanwhile, and forget the answer if it has: it may have got the lock, and be the holder itself.
pub(super) fn find(
    memory: &impl Memory,
    waiting: Waiting<'_>,
    codes: &mut CodeCache,
    table: &mut FrameTable,
) -> LockWait {
    let memory = Rationed::new(memory, MOST_READS);
    let mut reader = Reader {
        memory: &memory,
        waiting,
        codes,
        used: Vec::new(),
        releases: HashMap::new(),
    };
    reader.find(table)
}

/// The reading of one answer.
struct Reader<'a, M> {
    memory: &'a M,
    waiting: Waiting<'a>,
    codes: &'a mut CodeCache,
    /// Addresses of the code objects that the answer rests on.
    used: Vec<u64>,
    /// Whether a code object, by number, mentions a name by which locks are released.
    releases: HashMap<u64, bool>,
}

impl<M: Memory> Reader<'_, M> {
    fn find(&mut self, table: &mut FrameTable) -> LockWait {
        let target = self.waiting.target;
        let stack = locals::stacks(self.memory, target, &[self.waiting.waiter], NEAR)
            .pop()
            .unwrap_or_default();
        let near = self.near(&stack);
        let lock = self.lock(&stack);
        let kind = kind::of(&near, lock.map(|lock| lock.kind));
        let holder = match (kind, lock) {
            (LockKind::Lock | LockKind::RLock, Some(lock)) => self.holder(lock, table),
            _ => None,
        };
        LockWait { kind, holder }
    }

    /// The waiter's innermost Python frames' code.
    fn near(&mut self, stack: &Stack) -> Vec<Rc<Code>> {
        let marker = self.waiting.target.layout.frame.marker_owner;
        let frames = stack.frames.iter();
        let python = frames.filter(|frame| frame.head.owner < marker && frame.head.code != 0);
        python.map_while(|frame| self.code(frame).ok()).collect()
    }

    fn code(&mut self, frame: &Frame) -> Read<Rc<Code>> {
        let address = frame.head.code;
        let code = self
            .codes
            .get(self.memory, &self.waiting.target.layout, address)?;
        if !self.used.contains(&address) {
            self.used.push(address);
        }
        Ok(code)
    }

    /// The lock whose futex the waiter sleeps in.
    fn lock(&self, stack: &Stack) -> Option<Lock> {
        let target = self.waiting.target;
        object::parked_at(self.memory, target, self.waiting.futex).or_else(|| {
            let frames = stack.frames.iter();
            let values: Vec<u64> = frames.flat_map(|frame| frame.values.clone()).collect();
            object::with_semaphore(self.memory, target, &values, self.waiting.futex)
        })
    }
}

/// Whether `kind` is a lock that a thread of this process holds.
fn is_held(kind: LockType) -> bool {
    matches!(kind, LockType::Lock | LockType::RLock)
}
