//! Which parts of an arena are in use. Numbers only: the memory is [`crate::Arena`]'s.

use std::collections::{BTreeMap, BTreeSet};

/// A part of an arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block {
    /// Where it starts, in bytes.
    pub offset: u64,
    /// Its length in bytes, a multiple of a page.
    pub length: u64,
}

/// Blocks start and end at pages, so that a page belongs to one of them.
pub(crate) const PAGE: u64 = 4096;

/// The free parts and the used ones. The smallest free part that is long enough is used, the lower one of two
/// equals: what was used lately lies low and its pages are there.
#[derive(Debug)]
pub struct Blocks {
    size: u64,
    /// Free parts by length, then by place, and by place alone; neighbours are one.
    by_length: BTreeSet<(u64, u64)>,
    by_place: BTreeMap<u64, u64>,
    used: BTreeMap<u64, u64>,
    in_use: u64,
}

impl Blocks {
    /// All of an arena of `size` bytes, free.
    #[must_use]
    pub fn new(size: u64) -> Self {
        let size = size / PAGE * PAGE;
        let mut blocks = Self {
            size,
            by_length: BTreeSet::new(),
            by_place: BTreeMap::new(),
            used: BTreeMap::new(),
            in_use: 0,
        };
        blocks.insert(0, size);
        blocks
    }

    /// A block of at least `length` bytes; `None` where there is none.
    pub fn allocate(&mut self, length: u64) -> Option<Block> {
        let length = length.max(1).checked_next_multiple_of(PAGE)?;
        let (found, offset) = *self.by_length.range((length, 0)..).next()?;
        self.remove(offset, found);
        if found > length {
            self.insert(offset + length, found - length);
        }
        self.used.insert(offset, length);
        self.in_use += length;
        Some(Block { offset, length })
    }

    /// Gives the block at `offset` back; `None` where there is none, which a peer that cannot be trusted may say.
    pub fn free(&mut self, offset: u64) -> Option<Block> {
        let length = self.used.remove(&offset)?;
        self.in_use -= length;
        let (mut start, mut whole) = (offset, length);
        if let Some((&before, &its)) = self.by_place.range(..offset).next_back()
            && before + its == offset
        {
            self.remove(before, its);
            (start, whole) = (before, whole + its);
        }
        if let Some(&after) = self.by_place.get(&(offset + length)) {
            self.remove(offset + length, after);
            whole += after;
        }
        self.insert(start, whole);
        Some(Block { offset, length })
    }

    /// Bytes in use.
    #[must_use]
    pub fn in_use(&self) -> u64 {
        self.in_use
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    fn insert(&mut self, offset: u64, length: u64) {
        if length > 0 {
            self.by_length.insert((length, offset));
            self.by_place.insert(offset, length);
        }
    }

    fn remove(&mut self, offset: u64, length: u64) {
        self.by_length.remove(&(length, offset));
        self.by_place.remove(&offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_apart_and_come_back_as_one() {
        let mut blocks = Blocks::new(16 * PAGE);
        let all: Vec<Block> = (0..4).map(|_| blocks.allocate(4 * PAGE).unwrap()).collect();
        assert_eq!(blocks.allocate(1), None);
        assert_eq!(blocks.in_use(), 16 * PAGE);
        for index in [1, 3, 0, 2] {
            assert_eq!(blocks.free(all[index].offset), Some(all[index]));
        }
        assert_eq!(
            blocks.allocate(16 * PAGE).map(|block| block.offset),
            Some(0)
        );
    }

    #[test]
    fn what_was_used_lately_is_used_again() {
        let mut blocks = Blocks::new(1 << 30);
        let first = blocks.allocate(8 << 20).unwrap();
        let second = blocks.allocate(8 << 20).unwrap();
        blocks.free(first.offset);
        assert_eq!(blocks.allocate(8 << 20), Some(first));
        assert_ne!(first, second);
    }

    #[test]
    fn what_is_not_in_use_cannot_be_freed() {
        let mut blocks = Blocks::new(1 << 20);
        let block = blocks.allocate(100).unwrap();
        assert_eq!(block.length, PAGE);
        assert_eq!(blocks.free(block.offset + 1), None);
        assert!(blocks.free(block.offset).is_some());
        assert_eq!(blocks.free(block.offset), None);
        assert_eq!(blocks.in_use(), 0);
    }

    #[test]
    fn too_much_is_refused() {
        let mut blocks = Blocks::new(1 << 20);
        assert_eq!(blocks.allocate(2 << 20), None);
        assert_eq!(blocks.allocate(u64::MAX), None);
        assert_eq!(blocks.size(), 1 << 20);
    }
}
