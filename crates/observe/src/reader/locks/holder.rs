//! Who holds a lock.
//!
//! Not believed to hold a plain lock, although its frame is in the body of a `with` of it:
//! * a thread whose `with` is not there any more when it is looked at again, or whose lock is free;
//! * one that may have let it go by hand: from the `with` on inwards a function mentions `release`
//!   or `__exit__`, or a program's own function waits for a condition, which may be that lock's;
//! * one of two that are left then: at least one of them has let the lock go.

use super::kind;
use super::object::{self, Lock, LockType};
use super::{Holder, MOST_THREADS, Reader, is_held};
use crate::reader::code::Code;
use crate::reader::frames::{FrameId, FrameTable};
use crate::reader::handlers::Handler;
use crate::reader::locals::{self, Frame, Stack};
use crate::reader::memory::{self, Memory, at, word};
use crate::reader::{Fault, Read};
use std::collections::HashSet;
use std::rc::Rc;

/// Names of a function looked at.
const MOST_NAMES: usize = 256;

/// Names by which locks are released, and the length of the longest.
const RELEASES: [&[u8]; 3] = [b"release\0", b"__exit__\0", b"release_lock\0"];
const LONGEST_RELEASE: usize = 13;

/// `SETUP_WITH`, `SETUP_ASYNC_WITH` and `EXTENDED_ARG` of 3.10.
const SETUP_WITH_3_10: [u8; 2] = [143, 154];
const EXTENDED_3_10: u8 = 144;

/// Longest code of a function looked through, in instructions of two bytes.
const LONGEST_CODE: u64 = 1 << 16;

/// A `with` of a lock that a frame is in.
struct With {
    code: Rc<Code>,
    handler: Handler,
}

impl<M: Memory> Reader<'_, M> {
    /// Who holds `lock`.
    pub(super) fn holder(&mut self, lock: Lock, table: &mut FrameTable) -> Option<Holder> {
        if !is_held(lock.kind) {
            return None;
        }
        let states = self.states();
        let stacks = locals::stacks(
            self.memory,
            self.waiting.target,
            &states,
            locals::MOST_FRAMES,
        );
        let exits = self.exits(&stacks, lock);
        let holder = match lock.kind {
            LockType::RLock => self.owner(lock, &stacks, &exits, table),
            _ => self.inside(lock, &stacks, &exits, table),
        }?;
        let layout = &self.waiting.target.layout;
        let same = self.codes.still_there(self.memory, layout, &self.used);
        same.unwrap_or(false).then_some(holder)
    }

    /// The waiter first: of very many threads the last ones are left out.
    fn states(&self) -> Vec<u64> {
        let waiter = self.waiting.waiter;
        let all = self.waiting.threads.iter().map(|thread| thread.state);
        let others = all.filter(|state| *state != waiter);
        std::iter::once(waiter)
            .chain(others)
            .take(MOST_THREADS)
            .collect()
    }

    /// The values that stand for a `with` of the lock.
    fn exits(&self, stacks: &[Stack], lock: Lock) -> HashSet<u64> {
        let target = self.waiting.target;
        if target.layout.minor >= object::APART {
            return HashSet::from([lock.address]);
        }
        let frames = stacks.iter().flat_map(|stack| &stack.frames);
        let values: Vec<u64> = frames.flat_map(|frame| frame.values.clone()).collect();
        object::bound_exits(self.memory, target, &values, lock.address)
    }

    /// The thread that an `RLock` names.
    fn owner(
        &mut self,
        lock: Lock,
        stacks: &[Stack],
        exits: &HashSet<u64>,
        table: &mut FrameTable,
    ) -> Option<Holder> {
        let owner = lock.owner(self.memory, &self.waiting.target.layout).ok()?;
        let mut owners = stacks.iter().filter(|stack| stack.ident == owner);
        let stack = owners.find(|stack| owner != 0 && stack.state != self.waiting.waiter)?;
        let withs = stack.frames.iter().rev();
        let mut found = withs.filter_map(|frame| self.with(frame, exits).ok().flatten());
        let with = found.next();
        Some(Holder {
            state: stack.state,
            frame: with.and_then(|with| self.place(&with, table).ok()),
        })
    }

    /// The thread in whose `with` of the plain lock a frame is.
    fn inside(
        &mut self,
        lock: Lock,
        stacks: &[Stack],
        exits: &HashSet<u64>,
        table: &mut FrameTable,
    ) -> Option<Holder> {
        let mut found = None;
        for stack in stacks {
            for (depth, frame) in stack.frames.iter().enumerate() {
                let Some(with) = self.with(frame, exits).ok()? else {
                    continue;
                };
                let inwards = stack.frames.get(..=depth)?;
                if self.may_release(inwards).ok()? {
                    continue;
                }
                if found.replace((stack.state, frame, with)).is_some() {
                    return None;
                }
            }
        }
        let (state, frame, with) = found?;
        let still = self.still(lock, frame, exits).ok()?;
        still.then(|| Holder {
            state,
            frame: self.place(&with, table).ok(),
        })
    }

    /// The outermost `with` of the lock in whose body the frame is.
    fn with(&mut self, frame: &Frame, exits: &HashSet<u64>) -> Read<Option<With>> {
        if !frame.values.iter().any(|value| exits.contains(value)) {
            return Ok(None);
        }
        let code = self.code(frame)?;
        let target = self.waiting.target;
        let index = frame.head.index(self.memory, target, &code)?;
        for handler in frame.handlers(&code, index).into_iter().rev() {
            let Some(top) = handler.depth.checked_sub(1) else {
                continue;
            };
            let value = frame.values.get(top).copied().unwrap_or(0);
            if exits.contains(&value) && self.is_with(frame, top) {
                return Ok(Some(With { code, handler }));
            }
        }
        Ok(None)
    }

    /// From 3.14 on a lock on the stack is a `with` only if its `__exit__` lies below.
    fn is_with(&self, frame: &Frame, top: usize) -> bool {
        let layout = &self.waiting.target.layout;
        if layout.minor < object::APART {
            return true;
        }
        let below = top.checked_sub(1).and_then(|below| frame.values.get(below));
        below.is_some_and(|method| {
            object::is_exit_method(self.memory, layout, *method).unwrap_or(false)
        })
    }

    /// Whether the frame, read again, still is in a `with` of the lock, and the lock locked.
    fn still(&mut self, lock: Lock, frame: &Frame, exits: &HashSet<u64>) -> Read<bool> {
        let layout = &self.waiting.target.layout;
        let again = frame.again(self.memory, &layout.frame)?;
        let locked = lock.is_locked(self.memory, layout)?;
        let same = again.head.code == frame.head.code;
        Ok(locked && same && self.with(&again, exits)?.is_some())
    }

    /// Whether one of the frames, the innermost first and the one with the `with` last, may have
    /// released the lock.
    fn may_release(&mut self, frames: &[Frame]) -> Read<bool> {
        let marker = self.waiting.target.layout.frame.marker_owner;
        let mut in_condition = false;
        for frame in frames {
            if frame.head.owner >= marker || frame.head.code == 0 {
                continue;
            }
            let code = self.code(frame)?;
            if kind::waits_on_condition(&code) {
                in_condition = true;
            } else if !kind::is_trusted(&code) {
                if in_condition || self.mentions_release(&code)? {
                    return Ok(true);
                }
                in_condition = false;
            } else {
                in_condition = false;
            }
        }
        Ok(false)
    }

    /// Whether the code uses a name by which locks are released.
    fn mentions_release(&mut self, code: &Code) -> Read<bool> {
        if let Some(known) = self.releases.get(&code.id) {
            return Ok(*known);
        }
        let mentions = self.read_names(code)?;
        self.releases.insert(code.id, mentions);
        Ok(mentions)
    }

    fn read_names(&self, code: &Code) -> Read<bool> {
        let object = &self.waiting.target.layout.object;
        let kind = self.memory.word(at(code.names, object.kind)?)?;
        // A tuple's items are the last of its basic size, less one item that this counts in.
        let size = self.memory.word(at(kind, object.type_name + 8)?)?;
        let count = self.memory.word(at(code.names, object.count)?)?;
        if size > 64 || count as usize > MOST_NAMES {
            return Err(Fault::Torn);
        }
        let items = at(code.names, size as usize)?;
        let items = self.memory.block(items, count as usize * 8)?;
        let heads: Vec<_> = items
            .chunks_exact(8)
            .filter_map(|item| word(item, 0).ok())
            .map(|name| (name, object.text_ascii + LONGEST_RELEASE))
            .collect();
        let names = memory::blocks(self.memory, &heads);
        Ok(names.iter().any(|name| {
            let name = name.get(object.text_ascii..).unwrap_or_default();
            RELEASES.iter().any(|release| name.starts_with(release))
        }))
    }

    /// Where the `with` stands.
    fn place(&self, with: &With, table: &mut FrameTable) -> Read<FrameId> {
        let layout = &self.waiting.target.layout;
        let code = &with.code;
        let index = match layout.code.handlers {
            Some(_) => with.handler.first,
            None => self.setup_with(code, with.handler.first)?,
        };
        Ok(table.id(code.id, index, || {
            let position = code.position(layout.minor, index);
            (code.file.clone(), code.function.clone(), position)
        }))
    }

    /// 3.10: the instruction that made `handler` the one in charge.
    fn setup_with(&self, code: &Code, handler: i32) -> Read<i32> {
        let units = code.units.min(LONGEST_CODE) as usize;
        let bytecode = self.memory.block(code.bytecode, units * 2)?;
        let mut extended = 0_u32;
        for (index, unit) in (0_i32..).zip(bytecode.chunks_exact(2)) {
            let [operation, argument] = *unit else {
                break;
            };
            let argument = extended << 8 | u32::from(argument);
            extended = if operation == EXTENDED_3_10 {
                argument
            } else {
                0
            };
            let leads = index.saturating_add(1).saturating_add_unsigned(argument);
            if SETUP_WITH_3_10.contains(&operation) && leads == handler {
                return Ok(index);
            }
        }
        Err(Fault::Torn)
    }
}
