//! What the objects are that tasks and coroutines wait for, told by their types' names.

use crate::reader::attach::Target;
use crate::reader::batch::Batch;
use crate::reader::layout::Layout;
use crate::reader::memory::{Memory, at, word};
use crate::reader::objects::{self, ObjectsLayout};
use crate::reader::{Fault, Read};
use std::collections::HashMap;
use std::sync::Arc;

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A coroutine, a generator or an asynchronous generator: it has a frame.
    Coroutine,
    /// Stands for another object, to which its first field points.
    Wrapper,
    /// A task of the module `_asyncio`, or of a class derived from it.
    Task,
    /// Something else: the class's name without its module.
    Other(Arc<str>),
}

/// The kinds of types by their addresses, of one look: a class can be gone at the next one, and
/// another one be at its address.
#[derive(Default)]
pub(super) struct Kinds {
    known: HashMap<u64, Kind>,
}

/// Types told apart at most; a program's futures are of a handful.
const MOST_TYPES: usize = 256;

/// Longest name believed, in bytes.
const LONGEST: usize = 128;

/// Base classes followed at most.
const MOST_BASES: usize = 16;

/// `tp_base`, from `tp_name`.
const BASE: usize = 232;

/// Smallest page.
const PAGE: u64 = 4096;

impl Kinds {
    /// The attributes of an instance that are of the class `class` and none derived from it.
    pub(super) fn attributes(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        objects: &ObjectsLayout,
        instance: u64,
        class: &str,
    ) -> Read<Vec<u64>> {
        let (layout, kind) = (&target.layout, target.layout.object.kind);
        let mut values = objects::attributes(memory, objects, &layout.object, instance)?;
        let heads = Batch::read(memory, &values, kind + 8)?;
        let mut heads = heads.blocks();
        values.retain(|_| {
            let kind = heads
                .next()
                .flatten()
                .and_then(|head| word(head, kind).ok());
            let kind = kind.and_then(|kind| self.get(memory, layout, kind).ok());
            kind.is_some_and(|kind| matches!(kind, Kind::Other(name) if &*name == class))
        });
        Ok(values)
    }

    /// Forgets all types.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }

    /// The kind of the objects whose type is at `address`.
    pub(super) fn get(
        &mut self,
        memory: &impl Memory,
        layout: &Layout,
        address: u64,
    ) -> Read<Kind> {
        if let Some(kind) = self.known.get(&address) {
            return Ok(kind.clone());
        }
        if self.known.len() >= MOST_TYPES {
            return Err(Fault::Torn);
        }
        let kind = read(memory, layout, address)?;
        self.known.insert(address, kind.clone());
        Ok(kind)
    }
}

fn read(memory: &impl Memory, layout: &Layout, address: u64) -> Read<Kind> {
    let (name, mut base) = name_and_base(memory, layout, address)?;
    let kind = match &*name {
        "coroutine" | "generator" | "async_generator" => Kind::Coroutine,
        "coroutine_wrapper"
        | "async_generator_asend"
        | "async_generator_athrow"
        | "anext_awaitable" => Kind::Wrapper,
        "_asyncio.Task" => Kind::Task,
        _ => {
            for _ in 0..MOST_BASES {
                if base == 0 {
                    break;
                }
                let (name, next) = name_and_base(memory, layout, base)?;
                if name == "_asyncio.Task" {
                    return Ok(Kind::Task);
                }
                base = next;
            }
            Kind::Other(name.rsplit('.').next().unwrap_or_default().into())
        }
    };
    Ok(kind)
}

fn name_and_base(memory: &impl Memory, layout: &Layout, address: u64) -> Read<(String, u64)> {
    let block = memory.block(at(address, layout.object.type_name)?, BASE + 8)?;
    Ok((c_string(memory, word(&block, 0)?)?, word(&block, BASE)?))
}

/// The text at `address` up to its zero byte: not read beyond the page that it ends in.
fn c_string(memory: &impl Memory, mut address: u64) -> Read<String> {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST {
        let length = (PAGE - address % PAGE).min(32) as usize;
        let block = memory.block(address, length)?;
        if let Some(end) = block.iter().position(|byte| *byte == 0) {
            bytes.extend_from_slice(&block[..end]);
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        bytes.extend_from_slice(&block);
        address = at(address, length)?;
    }
    Err(Fault::Torn)
}
