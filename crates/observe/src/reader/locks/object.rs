//! Lock objects as they lie in the target's memory.

use crate::reader::Read;
use crate::reader::attach::Target;
use crate::reader::layout::Layout;
use crate::reader::memory::{self, Memory, at, half, word};
use crate::reader::text;
use std::collections::HashSet;

/// What an object that can be waited for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockType {
    Lock,
    RLock,
    /// `queue.SimpleQueue`, which has a lock of its own.
    SimpleQueue,
    /// A lock or semaphore of `multiprocessing`.
    Process,
}

const TYPES: [(&[u8], LockType); 4] = [
    (b"_thread.lock\0", LockType::Lock),
    (b"_thread.RLock\0", LockType::RLock),
    (b"_queue.SimpleQueue\0", LockType::SimpleQueue),
    (b"_multiprocessing.SemLock\0", LockType::Process),
];

/// Bytes of a type's name read: the longest name, with its end.
const LONGEST_NAME: usize = 25;

/// A lock object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) address: u64,
    pub(super) kind: LockType,
    /// Whether it is a mutex that is parked at, not a semaphore.
    parked: bool,
}

/// First version in which waiters park at the address of what they wait for.
const PARKING_LOT: u8 = 13;

/// First version whose `with` keeps the method and the object apart on the stack.
pub(super) const APART: u8 = 14;

/// Pointers followed at most, to find what they lead to.
const MOST_POINTERS: usize = 64 * 60;

impl Lock {
    /// Whether anybody holds it.
    pub(super) fn is_locked(&self, memory: &impl Memory, layout: &Layout) -> Read<bool> {
        let own = at(self.address, layout.object.count)?;
        if self.kind == LockType::RLock {
            return Ok(self.owner(memory, layout)? != 0);
        }
        // A mutex is its own first byte; else come the semaphore, the weak references, and whether
        // it is locked.
        let place = if self.parked { own } else { at(own, 16)? };
        let mut byte = [0];
        memory.read(place, &mut byte)?;
        Ok(byte[0] & 1 != 0)
    }

    /// An `RLock`'s owner: a `pthread_t`. It comes after the semaphore or mutex.
    pub(super) fn owner(&self, memory: &impl Memory, layout: &Layout) -> Read<u64> {
        memory.word(at(self.address, layout.object.count + 8)?)
    }
}

/// The object at whose mutex the thread is parked that sleeps in `futex`: a waiter of CPython's
/// parking lot has the mutex's address right before its semaphore. Which objects have mutexes is not
/// a matter of the version alone: a plain lock of a free-threaded 3.13 has one, an `RLock` not.
pub(super) fn parked_at(memory: &impl Memory, target: &Target, futex: u64) -> Option<Lock> {
    let layout = &target.layout;
    if layout.minor < PARKING_LOT {
        return None;
    }
    let mutex = memory.word(futex.checked_sub(8)?).ok()?;
    let object = mutex.checked_sub(layout.object.count as u64)?;
    let lock = typed(memory, layout, object)?;
    Some(Lock {
        parked: true,
        ..lock
    })
}

/// The object whose semaphore is at `futex` among those that `values` point to, themselves or as
/// their methods.
pub(super) fn with_semaphore(
    memory: &impl Memory,
    target: &Target,
    values: &[u64],
    futex: u64,
) -> Option<Lock> {
    let layout = &target.layout;
    let fields = own_fields(memory, layout, values);
    let direct = |fields: &[(u64, u64, u64)]| {
        let mut locks = fields.iter().filter(|(_, first, _)| *first == futex);
        locks.find_map(|(address, _, _)| typed(memory, layout, *address))
    };
    direct(&fields).or_else(|| {
        let owners: Vec<u64> = fields.iter().map(|(_, _, second)| *second).collect();
        direct(&own_fields(memory, layout, &owners))
    })
}

/// Which of `values` are the `__exit__` of this object, bound to it: what a `with` keeps on the
/// stack until 3.13.
pub(super) fn bound_exits(
    memory: &impl Memory,
    target: &Target,
    values: &[u64],
    object: u64,
) -> HashSet<u64> {
    let layout = &target.layout;
    let fields = own_fields(memory, layout, values);
    let bound = fields.iter().filter(|(_, _, owner)| *owner == object);
    let exits = bound.filter(|(_, definition, _)| is_exit(memory, *definition).unwrap_or(false));
    exits.map(|(address, _, _)| *address).collect()
}

/// Whether a `PyMethodDef` is that of `__exit__`.
fn is_exit(memory: &impl Memory, definition: u64) -> Read<bool> {
    let mut name = [0; 9];
    memory.read(memory.word(definition)?, &mut name)?;
    Ok(&name == b"__exit__\0")
}

/// Whether the object is the method descriptor `__exit__`: what a `with` keeps below the lock from
/// 3.14 on.
pub(super) fn is_exit_method(memory: &impl Memory, layout: &Layout, method: u64) -> Read<bool> {
    // Its type comes first, then its name.
    let name = memory.word(at(method, layout.object.count + 8)?)?;
    Ok(&*text::read(memory, &layout.object, name)? == "__exit__")
}

/// The first two fields of each object that is there: (address, first, second).
fn own_fields(memory: &impl Memory, layout: &Layout, values: &[u64]) -> Vec<(u64, u64, u64)> {
    let mut seen = HashSet::new();
    let plausible =
        |value: &&u64| **value >= 1 << 16 && **value < 1 << 47 && value.is_multiple_of(8);
    let objects: Vec<u64> = values
        .iter()
        .filter(plausible)
        .filter(|value| seen.insert(**value))
        .take(MOST_POINTERS)
        .copied()
        .collect();
    let own = layout.object.count as u64;
    let places: Vec<_> = objects.iter().map(|address| (address + own, 16)).collect();
    let blocks = memory::blocks(memory, &places);
    let both = |block: &[u8]| Some((word(block, 0).ok()?, word(block, 8).ok()?));
    objects
        .iter()
        .zip(blocks)
        .filter_map(|(address, block)| both(&block).map(|(one, two)| (*address, one, two)))
        .collect()
}

/// The object, if its type is one that can be waited for and it has not been freed: a value left
/// over may lead to a lock that is gone and whose semaphore is another one's by now.
fn typed(memory: &impl Memory, layout: &Layout, address: u64) -> Option<Lock> {
    let head = memory.block(address, layout.object.kind + 8).ok()?;
    // Free-threaded builds count in two places; there the semaphore alone must do.
    if half(&head, 0).ok()? == 0 && !layout.free_threaded {
        return None;
    }
    let kind = word(&head, layout.object.kind).ok()?;
    let name = memory.word(at(kind, layout.object.type_name).ok()?).ok()?;
    let name = memory.block(name, LONGEST_NAME).ok()?;
    let known = TYPES.iter().find(|(known, _)| name.starts_with(known));
    known.map(|(_, kind)| Lock {
        address,
        kind: *kind,
        parked: false,
    })
}
