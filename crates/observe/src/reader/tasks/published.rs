//! The table of offsets that the module `_asyncio` publishes from 3.14 on, in a section of its
//! own (`Py_AsyncioModuleDebugOffsets`).

use crate::reader::attach;
use crate::reader::layout::LARGEST_STRUCTURE;
use crate::reader::memory::Memory;
use crate::reader::tasks::layout::{Registry, TaskFields, offset};
use crate::reader::{Fault, Read};

/// The section of the module, or of the program that the module is built into.
const SECTION: &str = ".AsyncioDebug";

/// What the table tells.
pub(super) struct Published {
    pub(super) task: TaskFields,
    pub(super) registry: Registry,
}

// Positions in the table, in words of 8 bytes.
const TASK_SIZE: usize = 0;
const TASK_NAME: usize = 1;
const TASK_COROUTINE: usize = 5;
const TASK_NODE: usize = 6;
const INTERPRETER_HEAD: usize = 8;
const THREAD_HEAD: usize = 12;
const WORDS: usize = 13;

/// The table of process `pid`; `None` while the module has not been loaded.
pub(super) fn find(memory: &impl Memory, pid: u32) -> Read<Option<Published>> {
    let Some(address) = attach::section(pid, "_asyncio", SECTION) else {
        return Ok(None);
    };
    decode(&memory.block(address, WORDS * 8)?).map(Some)
}

fn decode(table: &[u8]) -> Read<Published> {
    let size = offset(table, TASK_SIZE)?;
    let (name, node) = (offset(table, TASK_NAME)?, offset(table, TASK_NODE)?);
    let coroutine = offset(table, TASK_COROUTINE)?;
    // `PyObject *task_fut_waiter, *task_coro, *task_name`: the first has no place in the table.
    let waiter = coroutine.checked_sub(8).ok_or(Fault::Torn)?;
    let last = name.max(node).max(coroutine);
    if size > LARGEST_STRUCTURE || last + 8 > size {
        return Err(Fault::Torn);
    }
    Ok(Published {
        task: TaskFields {
            size,
            state: None,
            waiter,
            coroutine,
            name,
        },
        registry: Registry::Lists {
            thread: offset(table, THREAD_HEAD)?,
            interpreter: offset(table, INTERPRETER_HEAD)?,
            node,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: [u64; WORDS]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn a_table_of_impossible_offsets_is_refused() {
        let good = [
            200, 136, 96, 108, 109, 128, 152, 9000, 8000, 500, 300, 308, 316,
        ];
        let Published { task, .. } = decode(&table(good)).unwrap();
        assert_eq!((task.waiter, task.coroutine, task.name), (120, 128, 136));
        for (position, value) in [(0, u64::MAX), (0, 140), (5, 0), (6, 1 << 40), (12, 1 << 40)] {
            let mut bad = good;
            bad[position] = value;
            assert!(decode(&table(bad)).is_err(), "{position}");
        }
        assert!(decode(&[0; 16]).is_err());
    }
}
