//! The exception handlers around an instruction: CPython's exception tables (from 3.11).
//!
//! A handler's depth is how much of the value stack outlives an exception. It is the only word
//! the frame of a running thread has on which of its values are live: what lies above may be left
//! over from an earlier statement.

/// A handler around an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handler {
    /// First instruction that it covers: the one after the lock was taken, for a `with`.
    pub(super) first: i32,
    /// Values on the stack that are live in all that it covers.
    pub(super) depth: usize,
}

/// A stretch of instructions with the same handler.
struct Entry {
    first: u64,
    end: u64,
    target: u64,
    depth: u64,
}

/// Handlers followed outwards: a function has at most 20 blocks inside each other, with up to
/// three handlers each.
const MOST_HANDLERS: usize = 64;

/// Entries of one table believed.
const MOST_ENTRIES: usize = 1 << 14;

/// The handlers of instruction `index`, inside out: the one that covers it, the one that covers
/// that one's own code, and so on. The body of a `with` has the handler of this `with` among
/// them; its clean-up, in which the lock may be released already, does not.
///
/// A handler cuts the stack to its depth and puts the exception on top. What then handles *its*
/// exceptions may count these in: such depths say nothing of the stack as it is now.
pub(super) fn around(table: &[u8], index: i32) -> Vec<Handler> {
    let entries = entries(table);
    let mut handlers = Vec::new();
    let Ok(mut at) = u64::try_from(index) else {
        return handlers;
    };
    let mut live = u64::MAX;
    for _ in 0..MOST_HANDLERS {
        let covers = |entry: &&Entry| (entry.first..entry.end).contains(&at);
        let Some(entry) = entries.iter().find(covers) else {
            break;
        };
        // A `try` in the body cuts the stretch of a `with` in two.
        let same = entries.iter().filter(|other| other.target == entry.target);
        let first = same.map(|other| other.first).min().unwrap_or(entry.first);
        if entry.depth <= live {
            live = entry.depth;
            handlers.push(Handler {
                first: i32::try_from(first).unwrap_or(index),
                depth: usize::try_from(entry.depth).unwrap_or(usize::MAX),
            });
        }
        at = entry.target;
    }
    handlers
}

fn entries(table: &[u8]) -> Vec<Entry> {
    let mut bytes = table.iter().copied();
    let mut entries = Vec::new();
    while entries.len() < MOST_ENTRIES {
        let Some(entry) = entry(&mut bytes) else {
            break;
        };
        entries.push(entry);
    }
    entries
}

fn entry(bytes: &mut impl Iterator<Item = u8>) -> Option<Entry> {
    let first = number(bytes)?;
    let end = first.checked_add(number(bytes)?)?;
    let target = number(bytes)?;
    // The lowest bit says whether the instruction's own number is pushed as well.
    let depth = number(bytes)? >> 1;
    Some(Entry {
        first,
        end,
        target,
        depth,
    })
}

/// Six bits a byte, most significant first; bit 6 says that more follow (bit 7 marks the start of
/// an entry).
fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut value = 0_u64;
    for _ in 0..8 {
        let byte = bytes.next()?;
        value = value << 6 | u64::from(byte & 0x3f);
        if byte & 0x40 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `first, length, target, depth << 1` of each entry.
    fn table(entries: &[[u8; 4]]) -> Vec<u8> {
        let start = |[first, rest @ ..]: [u8; 4]| {
            let [length, target, depth] = rest;
            [first | 0x80, length, target, depth << 1]
        };
        entries.iter().copied().flat_map(start).collect()
    }

    fn depths(table: &[u8], index: i32) -> Vec<(i32, usize)> {
        let handlers = around(table, index);
        handlers.iter().map(|one| (one.first, one.depth)).collect()
    }

    /// `with lock:` (10 to 30, cut by a `try` at 15) whose clean-up is at 40 and ends at 45.
    fn with_and_try() -> Vec<u8> {
        table(&[
            [10, 5, 40, 1],
            [15, 5, 30, 1],
            [20, 10, 40, 1],
            [30, 4, 36, 4],
            [34, 4, 40, 1],
            [40, 5, 46, 3],
        ])
    }

    #[test]
    fn the_body_of_a_with_has_its_handler_also_inside_of_a_try_and_its_clean_up() {
        let table = with_and_try();
        assert_eq!(depths(&table, 12), [(10, 1)]);
        assert_eq!(depths(&table, 16), [(15, 1), (10, 1)]);
        assert_eq!(depths(&table, 31), [(30, 4), (10, 1)]);
    }

    #[test]
    fn before_the_body_and_in_the_clean_up_of_a_with_its_handler_is_not_there() {
        let table = with_and_try();
        assert_eq!(depths(&table, 9), []);
        assert_eq!(depths(&table, 41), [(40, 3)]);
        assert_eq!(depths(&table, 46), []);
        assert_eq!(depths(&table, -1), []);
    }

    #[test]
    fn damaged_tables_end_early_and_rings_of_handlers_are_cut() {
        assert_eq!(depths(&[0x8a, 0x05, 0x28], 10), []);
        assert_eq!(depths(&[0xff; 100], 10), []);
        assert_eq!(
            depths(&table(&[[0, 9, 3, 1]]), 3).len(),
            MOST_HANDLERS,
            "it covers itself"
        );
    }
}
