//! One frame as it lies in the target's memory.

use crate::reader::attach::Target;
use crate::reader::code::Code;
use crate::reader::layout::FrameLayout;
use crate::reader::memory::{Memory, at, half, word};
use crate::reader::{Fault, Read};

/// Owner of a frame on the thread's data stack.
pub(super) const OWNED_BY_THREAD: u8 = 0;

/// Highest owner of a frame in any version; a larger one is no frame.
const LAST_OWNER: u8 = 4;

/// The fields of a frame.
pub(super) struct RawFrame {
    pub(super) previous: u64,
    pub(super) code: u64,
    instruction: u64,
    pub(super) owner: u8,
    own_bytecode: u64,
    /// Whether `instruction` is an address; in 3.10 it is an index.
    address_field: bool,
}

impl RawFrame {
    pub(super) fn decode(bytes: &[u8], layout: &FrameLayout) -> Read<RawFrame> {
        let owner = match layout.owner {
            Some(offset) => *bytes.get(offset).ok_or(Fault::Torn)?,
            None => OWNED_BY_THREAD,
        };
        if owner > LAST_OWNER {
            return Err(Fault::Torn);
        }
        let address_field = layout.owner.is_some();
        Ok(RawFrame {
            previous: word(bytes, layout.previous)?,
            // From 3.14 the low bits of references say how they are counted.
            code: word(bytes, layout.code)? & !7,
            instruction: if address_field {
                word(bytes, layout.instruction)?
            } else {
                u64::from(half(bytes, layout.instruction)?)
            },
            owner,
            own_bytecode: match layout.own_bytecode {
                Some(offset) => u64::from(half(bytes, offset)?),
                None => 0,
            },
            address_field,
        })
    }

    /// Number of the instruction in its code object.
    pub(super) fn index(&self, memory: &impl Memory, target: &Target, code: &Code) -> Read<i32> {
        let index = if self.address_field {
            let start = self.bytecode(memory, target, code)?;
            self.instruction.wrapping_sub(start).cast_signed() >> 1
        } else {
            i64::from((self.instruction as u32).cast_signed())
        };
        if index < -1 || !code.holds(index) {
            return Err(Fault::Torn);
        }
        i32::try_from(index).map_err(|_| Fault::Torn)
    }

    /// Where the bytecode under way starts: free-threaded builds give each thread its own copy.
    fn bytecode(&self, memory: &impl Memory, target: &Target, code: &Code) -> Read<u64> {
        let Some(copies) = target.layout.code.own_bytecodes else {
            return Ok(code.bytecode);
        };
        if self.own_bytecode == 0 {
            return Ok(code.bytecode);
        }
        if self.own_bytecode > u64::from(u16::MAX) {
            return Err(Fault::Torn);
        }
        let array = memory.word(at(self.code, copies)?)?;
        memory.word(at(array, 8 + self.own_bytecode as usize * 8)?)
    }

    pub(super) fn instruction_address(&self, code: &Code) -> u64 {
        if self.address_field {
            self.instruction
        } else {
            code.bytecode.wrapping_add(self.instruction * 2)
        }
    }
}
