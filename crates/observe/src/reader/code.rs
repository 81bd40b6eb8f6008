//! Code objects of the target, read once and checked against reuse of their address.

use crate::reader::layout::{CodeLayout, Layout};
use crate::reader::memory::{Memory, at, half, word};
use crate::reader::position::{self, Position};
use crate::reader::{Fault, Read, text};
use crate::sys::Part;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A code object.
pub(crate) struct Code {
    /// Number of its own; an address used for another code object gets another number.
    pub(crate) id: u64,
    /// `co_filename`.
    pub(crate) file: Arc<str>,
    /// `co_qualname` (3.10: `co_name`).
    pub(crate) function: Arc<str>,
    /// Where its bytecode starts.
    pub(crate) bytecode: u64,
    /// Code units of two bytes.
    pub(crate) units: u64,
    first_line: i32,
    lines: Vec<u8>,
    /// How many values lie below the value stack in its frames (from 3.11).
    pub(crate) locals: usize,
    /// Its handlers of exceptions (from 3.11).
    pub(crate) handlers: Vec<u8>,
    /// Address of `co_names`.
    pub(crate) names: u64,
}

impl Code {
    /// Bytes of memory that it takes, about.
    pub(crate) fn weight(&self) -> usize {
        size_of::<Code>() + self.file.len() + self.function.len() + self.lines.len()
    }

    /// Whether `index` is one of its instructions (negative: not started yet).
    pub(crate) fn holds(&self, index: i64) -> bool {
        index < self.units.cast_signed()
    }

    /// Line and expression of instruction `index`.
    pub(crate) fn position(&self, minor: u8, index: i32) -> Position {
        position::find(minor, &self.lines, self.first_line, index)
    }
}

/// The fields that tell one code object from the next one at the same address.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    file: u64,
    name: u64,
    lines: u64,
    first_line: u32,
}

struct Cached {
    code: Rc<Code>,
    identity: Identity,
}

/// Code objects by address.
///
/// A code object can be freed and another one put at its address at any time: module bodies are,
/// as soon as the import is over. So what [`get`](Self::get) yields is only a guess until
/// [`still_there`](Self::still_there) has looked.
#[derive(Default)]
pub(crate) struct CodeCache {
    codes: FxHashMap<u64, Cached>,
    /// The address of the type `code`, once seen.
    code_type: Option<u64>,
    next: u64,
    /// Bytes that the code objects take.
    weight: usize,
    buffer: Vec<u8>,
}

/// Code objects kept; a program that makes more is generating code, and starts over.
const MOST_CODES: usize = 1 << 16;

/// Bytes that they may take: a thousand times what those of the standard library's largest module
/// do, and a thousandth of what as many of the longest tables would.
const MOST_WEIGHT: usize = 64 << 20;

/// Longest line table believed, in bytes.
const LONGEST_TABLE: u64 = 1 << 20;

impl CodeCache {
    /// For the process with this number among those that share a frame table: code objects of
    /// different processes never have the same number.
    pub(crate) fn new(process: u32) -> Self {
        CodeCache {
            next: u64::from(process) << 32,
            ..CodeCache::default()
        }
    }

    /// Forgets all code objects but not their numbers, which frames go by.
    pub(crate) fn forget(&mut self) {
        self.clear();
        self.code_type = None;
    }

    fn clear(&mut self) {
        self.codes.clear();
        self.weight = 0;
    }

    /// The code object at `address`, which may be one that was there before.
    pub(crate) fn get(
        &mut self,
        memory: &impl Memory,
        layout: &Layout,
        address: u64,
    ) -> Read<Rc<Code>> {
        if let Some(cached) = self.codes.get(&address) {
            return Ok(Rc::clone(&cached.code));
        }
        let block = memory.block(address, layout.code.size)?;
        let kind = word(&block, layout.object.kind)?;
        match self.code_type {
            Some(known) if known != kind => return Err(Fault::Torn),
            Some(_) => {}
            None => self.code_type = Some(check_type(memory, layout, kind)?),
        }
        let code = Rc::new(decode(memory, layout, address, &block, self.next)?);
        self.next = self.next.wrapping_add(1);
        self.weight += code.weight();
        if self.codes.len() >= MOST_CODES || self.weight > MOST_WEIGHT {
            self.clear();
            self.weight = code.weight();
        }
        let cached = Cached {
            code: Rc::clone(&code),
            identity: identity(&block, &layout.code)?,
        };
        self.codes.insert(address, cached);
        Ok(code)
    }

    /// Whether the code objects at `addresses` are those that `get` yielded, by one system call
    /// for all of them. Those that are not are forgotten.
    pub(crate) fn still_there(
        &mut self,
        memory: &impl Memory,
        layout: &Layout,
        addresses: &[u64],
    ) -> Read<bool> {
        if addresses.is_empty() {
            return Ok(true);
        }
        let size = layout.code.size;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(addresses.len() * size, 0);
        let blocks = buffer.chunks_exact_mut(size);
        let mut parts: Vec<Part<'_>> = addresses
            .iter()
            .zip(blocks)
            .map(|(address, bytes)| Part {
                address: *address,
                bytes,
            })
            .collect();
        let got = memory.read_parts(&mut parts)?;
        let mut all = true;
        for (index, address) in addresses.iter().enumerate() {
            let end = (index + 1) * size;
            let block = buffer.get(end - size..end).filter(|_| end <= got);
            all &= self.is_still(layout, *address, block)?;
        }
        self.buffer = buffer;
        Ok(all)
    }

    /// Whether `block`, read at `address` just now, is the code object that `get` yielded. One that
    /// is not is forgotten.
    pub(crate) fn is_still(
        &mut self,
        layout: &Layout,
        address: u64,
        block: Option<&[u8]>,
    ) -> Read<bool> {
        let same = match (block, self.codes.get(&address)) {
            (Some(block), Some(cached)) => {
                self.code_type == Some(word(block, layout.object.kind)?)
                    && cached.identity == identity(block, &layout.code)?
            }
            _ => false,
        };
        if !same && let Some(cached) = self.codes.remove(&address) {
            self.weight = self.weight.saturating_sub(cached.code.weight());
        }
        Ok(same)
    }
}

fn identity(block: &[u8], layout: &CodeLayout) -> Read<Identity> {
    Ok(Identity {
        file: word(block, layout.file)?,
        name: word(block, layout.name)?,
        lines: word(block, layout.lines)?,
        first_line: half(block, layout.first_line)?,
    })
}

/// Whether the type at `address` is called `code`; without this check a torn first frame would
/// fix a wrong type for good.
fn check_type(memory: &impl Memory, layout: &Layout, address: u64) -> Read<u64> {
    let name = memory.word(at(address, layout.object.type_name)?)?;
    let mut text = [0; 5];
    memory.read(name, &mut text)?;
    if &text == b"code\0" {
        Ok(address)
    } else {
        Err(Fault::Torn)
    }
}

fn decode(
    memory: &impl Memory,
    layout: &Layout,
    address: u64,
    block: &[u8],
    id: u64,
) -> Read<Code> {
    let fields = &layout.code;
    let name = fields.qualified_name.unwrap_or(fields.name);
    let (bytecode, units) = if layout.minor == 10 {
        let bytes = word(block, fields.bytecode)?;
        let length = memory.word(at(bytes, layout.object.count)?)?;
        (at(bytes, layout.object.bytes_content)?, length / 2)
    } else {
        (
            at(address, fields.bytecode)?,
            word(block, layout.object.count)?,
        )
    };
    if units > 1 << 32 {
        return Err(Fault::Torn);
    }
    let (handlers, locals) = match fields.handlers {
        Some(place) => (
            table(memory, layout, word(block, place.table)?)?,
            half(block, place.locals)? as usize,
        ),
        None => (Vec::new(), 0),
    };
    Ok(Code {
        id,
        file: text::read(memory, &layout.object, word(block, fields.file)?)?,
        function: text::read(memory, &layout.object, word(block, name)?)?,
        bytecode,
        units,
        first_line: half(block, fields.first_line)?.cast_signed(),
        lines: table(memory, layout, word(block, fields.lines)?)?,
        locals,
        handlers,
        names: word(block, fields.names)?,
    })
}

/// The content of the `bytes` at `address`.
fn table(memory: &impl Memory, layout: &Layout, address: u64) -> Read<Vec<u8>> {
    let length = memory.word(at(address, layout.object.count)?)?;
    if length > LONGEST_TABLE {
        return Err(Fault::Torn);
    }
    memory.block(at(address, layout.object.bytes_content)?, length as usize)
}
