//! Dictionaries, sets, weak references and instances in the target's memory.
//!
//! Only as much of them as leads to objects that can be reached in no other way: entries looked
//! up once and for all may take a walk through a whole table, so nothing here hashes.

use crate::reader::batch::Batch;
use crate::reader::layout::ObjectLayout;
use crate::reader::memory::{Memory, at, half, word};
use crate::reader::{Fault, Read, text};

/// What the readers of objects need to know of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ObjectsLayout {
    pub(super) minor: u8,
    /// Bytes of an object's head (`PyObject`).
    pub(super) head: usize,
    /// How far before an instance the pointer to its dictionary lies (from 3.11).
    pub(super) managed_dict: usize,
}

/// Entries of a dictionary or set read at most.
const MOST_ENTRIES: u64 = 1 << 17;

/// Where the entries of a dictionary are.
struct Keys {
    entries: u64,
    count: usize,
    /// Bytes of an entry; those with a hash have it first.
    stride: usize,
}

impl Keys {
    fn read(memory: &impl Memory, layout: &ObjectsLayout, address: u64) -> Read<Keys> {
        let header = memory.block(address, 40)?;
        let (indices, count, general) = if layout.minor == 10 {
            let size = word(&header, 8)?;
            let width = match size {
                0..=0xff => 1,
                0x100..=0xffff => 2,
                _ => 4,
            };
            let indices = size.checked_mul(width).ok_or(Fault::Torn)?;
            (40 + indices, word(&header, 32)?, true)
        } else {
            let (log, kind) = (header[9], header[10]);
            let indices = 1_u64.checked_shl(log.into()).ok_or(Fault::Torn)?;
            (32 + indices, word(&header, 24)?, kind == 0)
        };
        if count > MOST_ENTRIES || indices > MOST_ENTRIES * 16 {
            return Err(Fault::Torn);
        }
        Ok(Keys {
            entries: at(address, indices as usize)?,
            count: count as usize,
            stride: if general { 24 } else { 16 },
        })
    }
}

/// The values of the entries of `dict` whose keys are `names`, in the order of `names`.
pub(super) fn lookup<const N: usize>(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    object: &ObjectLayout,
    dict: u64,
    names: [&str; N],
) -> Read<[Option<u64>; N]> {
    let keys = Keys::read(memory, layout, memory.word(at(dict, layout.head + 16)?)?)?;
    let entries = memory.block(keys.entries, keys.count * keys.stride)?;
    let (mut texts, mut values) = (Vec::new(), Vec::new());
    for entry in entries.chunks_exact(keys.stride) {
        let (text, value) = (
            word(entry, keys.stride - 16)?,
            word(entry, keys.stride - 8)?,
        );
        if text != 0 && value != 0 {
            texts.push(at(text, object.text_length)?);
            values.push(value);
        }
    }
    let mut found = [None; N];
    for (index, length) in Batch::read(memory, &texts, 8)?.blocks().enumerate() {
        let Some(length) = length.and_then(|block| word(block, 0).ok()) else {
            continue;
        };
        if !names.iter().any(|name| name.len() as u64 == length) {
            continue;
        }
        let text = texts[index] - object.text_length as u64;
        let Ok(text) = text::read(memory, object, text) else {
            continue;
        };
        if let Some(place) = names.iter().position(|name| *name == &*text) {
            found[place] = values.get(index).copied();
        }
    }
    Ok(found)
}

/// Attributes of an instance read at most.
const MOST_ATTRIBUTES: usize = 16;

/// The values of an instance's first attributes, in no order: from 3.13 on it is not the order in
/// which they were set. A value can be garbage where the instance has fewer.
pub(super) fn attributes(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    object: &ObjectLayout,
    instance: u64,
) -> Read<Vec<u64>> {
    let (first, stride, count) = attribute_places(memory, layout, object, instance)?;
    let places: Read<Vec<u64>> = (0..count.min(MOST_ATTRIBUTES))
        .map(|number| at(first, number * stride))
        .collect();
    let values = Batch::read(memory, &places?, 8)?;
    let values = values.blocks().flatten();
    Ok(values.filter_map(|value| word(value, 0).ok()).collect())
}

/// Where the pointer to an instance's first value is, how far the next one is, and how many there
/// may be.
fn attribute_places(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    object: &ObjectLayout,
    instance: u64,
) -> Read<(u64, usize, usize)> {
    let array = |first| Ok((first, 8, MOST_ATTRIBUTES));
    let kind = memory.word(at(instance, object.kind)?)?;
    let place = memory.word(at(kind, object.type_name + DICT_OFFSET)?)?;
    let place = place.cast_signed();
    if place == 0 {
        return Err(Fault::Torn);
    }
    if place > 0 {
        let dict = memory.word(at(instance, place as usize)?)?;
        return value_places(memory, layout, dict);
    }
    let before = instance
        .checked_sub(layout.managed_dict as u64)
        .ok_or(Fault::Torn)?;
    let dict = memory.word(before)?;
    match layout.minor {
        // Next to the dictionary is the array of values of an instance that has none.
        11 if dict == 0 => array(memory.word(before.wrapping_sub(8))?),
        // One place for either, told apart by the lowest bit.
        12 if dict & 1 == 1 => array(at(dict, 1)?),
        // The values follow the instance.
        13.. if dict == 0 => {
            let size = memory.word(at(kind, object.type_name + BASIC_SIZE)?)?;
            let size = usize::try_from(size).map_err(|_| Fault::Torn)?;
            array(at(at(instance, size)?, VALUES)?)
        }
        _ => value_places(memory, layout, dict),
    }
}

/// `tp_basicsize`, from `tp_name`.
const BASIC_SIZE: usize = 8;

/// `tp_dictoffset`, from `tp_name`.
const DICT_OFFSET: usize = 264;

/// From 3.13: the first value in a `PyDictValues`.
const VALUES: usize = 8;

/// The places of the values of an instance's dictionary.
fn value_places(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    dict: u64,
) -> Read<(u64, usize, usize)> {
    let block = memory.block(at(dict, layout.head)?, 32)?;
    let (keys, values) = (word(&block, 16)?, word(&block, 24)?);
    if values != 0 {
        let first = if layout.minor < 13 { 0 } else { VALUES };
        return Ok((at(values, first)?, 8, MOST_ATTRIBUTES));
    }
    let keys = Keys::read(memory, layout, keys)?;
    Ok((at(keys.entries, keys.stride - 8)?, keys.stride, keys.count))
}

/// The members of the set, and how many it has, which can be more.
pub(super) fn members(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    set: u64,
) -> Read<(Vec<u64>, usize)> {
    let block = memory.block(at(set, layout.head)?, 32)?;
    let (used, mask, table) = (word(&block, 8)?, word(&block, 16)?, word(&block, 24)?);
    if used > mask || mask > u64::from(u32::MAX) {
        return Err(Fault::Torn);
    }
    let entries = memory.block(table, (mask + 1).min(MOST_ENTRIES) as usize * 16)?;
    let mut members = Vec::with_capacity(used.min(MOST_ENTRIES) as usize);
    for entry in entries.chunks_exact(16) {
        let (key, hash) = (word(entry, 0)?, word(entry, 8)?);
        // A removed member leaves a dummy, which alone has this hash.
        if key != 0 && hash != u64::MAX {
            members.push(key);
        }
    }
    Ok((members, used as usize))
}

/// The items of a list, `most` at most, and how many it has.
pub(super) fn items(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    list: u64,
    most: usize,
) -> Read<(Vec<u64>, usize)> {
    let block = memory.block(at(list, layout.head)?, 16)?;
    let (count, first) = (word(&block, 0)?, word(&block, 8)?);
    let count = usize::try_from(count).map_err(|_| Fault::Torn)?;
    let shown = memory.block(first, count.min(most) * 8)?;
    let items = shown.chunks_exact(8).map(|item| word(item, 0));
    Ok((items.collect::<Read<_>>()?, count))
}

/// What the weak references refer to, in no order.
pub(super) fn referents(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    references: &[u64],
) -> Read<Vec<u64>> {
    let places: Read<Vec<u64>> = references
        .iter()
        .map(|reference| at(*reference, layout.head))
        .collect();
    let batch = Batch::read(memory, &places?, 8)?;
    let found = batch
        .blocks()
        .flatten()
        .filter_map(|block| word(block, 0).ok());
    Ok(found.collect())
}

/// The value of an `int` that is small and not negative (from 3.12).
pub(super) fn small_integer(
    memory: &impl Memory,
    layout: &ObjectsLayout,
    address: u64,
) -> Read<u64> {
    let block = memory.block(at(address, layout.head)?, 16)?;
    let (digits, low, high) = (word(&block, 0)? >> 3, half(&block, 8)?, half(&block, 12)?);
    match digits {
        0 | 1 => Ok(low.into()),
        2 => Ok(u64::from(high) << 30 | u64::from(low)),
        _ => Err(Fault::Torn),
    }
}
