//! Pieces of the target's memory, copied at one moment, looked up by the target's addresses.

use crate::reader::Read;
use crate::reader::memory::Memory;
use crate::sys::Part;
use rustc_hash::FxHashMap;

struct Block {
    address: u64,
    start: usize,
    length: usize,
}

impl Block {
    /// Where the `length` bytes at `address` lie in the buffer, if the block holds them.
    fn find(&self, address: u64, length: usize) -> Option<usize> {
        let into = usize::try_from(address.checked_sub(self.address)?).ok()?;
        let room = self.length.checked_sub(length)?;
        (into <= room).then(|| self.start + into)
    }
}

/// The pieces. Keeps its memory from one use to the next.
#[derive(Default)]
pub(crate) struct Window {
    /// Its first `used` bytes are the blocks, back to back. It only grows: clearing what is filled
    /// anyway took as long as reading a small stack.
    buffer: Vec<u8>,
    used: usize,
    blocks: Vec<Block>,
    /// Blocks by their first address: frames outside the data stack are blocks of their own.
    by_address: FxHashMap<u64, usize>,
    /// Blocks that hold many frames: few.
    large: Vec<usize>,
    /// Large block of the last hit.
    hit: usize,
}

/// From this length on a block is looked through, not only looked up.
const LARGE: usize = 1024;

impl Window {
    /// Forgets all pieces.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
        self.blocks.clear();
        self.by_address.clear();
        self.large.clear();
        self.hit = 0;
    }

    /// Makes room for a piece, to be filled through [`parts`](Self::parts).
    pub(crate) fn reserve(&mut self, address: u64, length: usize) {
        let start = self.used;
        self.make_room(length);
        self.push(Block {
            address,
            start,
            length,
        });
    }

    /// Bytes of all pieces together.
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    fn make_room(&mut self, length: usize) {
        self.used += length;
        if self.buffer.len() < self.used {
            self.buffer.resize(self.used, 0);
        }
    }

    fn push(&mut self, block: Block) {
        let index = self.blocks.len();
        if block.length >= LARGE {
            self.large.push(index);
        }
        self.by_address.insert(block.address, index);
        self.blocks.push(block);
    }

    /// Every reserved piece, to be read.
    pub(crate) fn parts(&mut self) -> impl Iterator<Item = Part<'_>> {
        let mut rest = self.buffer.as_mut_slice();
        self.blocks.iter().map(move |block| {
            // Blocks are reserved back to back, so each begins where the one before ends.
            let (bytes, after) = std::mem::take(&mut rest).split_at_mut(block.length);
            rest = after;
            Part {
                address: block.address,
                bytes,
            }
        })
    }

    /// Reads one more piece.
    pub(crate) fn load(&mut self, memory: &impl Memory, address: u64, length: usize) -> Read<()> {
        let start = self.used;
        self.make_room(length);
        if let Err(fault) = memory.read(address, &mut self.buffer[start..self.used]) {
            self.used = start;
            return Err(fault);
        }
        self.push(Block {
            address,
            start,
            length,
        });
        Ok(())
    }

    /// The `length` bytes at `address`, if one piece holds them.
    pub(crate) fn get(&mut self, address: u64, length: usize) -> Option<&[u8]> {
        let exact = self.by_address.get(&address);
        let exact = exact.and_then(|index| self.blocks[*index].find(address, length));
        if let Some(start) = exact {
            return self.buffer.get(start..start + length);
        }
        // From the last hit on: frames follow each other, and the next chunk comes next.
        let count = self.large.len();
        for step in 0..count {
            let turn = (self.hit + step) % count;
            let block = &self.blocks[self.large[turn]];
            if let Some(start) = block.find(address, length) {
                self.hit = turn;
                return self.buffer.get(start..start + length);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::memory::ProcessMemory;

    #[test]
    fn pieces_are_found_by_address_and_only_whole() {
        let mut window = Window::default();
        window.reserve(1000, LARGE);
        window.reserve(5000, 8);
        for (fill, part) in (1..).zip(window.parts()) {
            part.bytes.fill(fill);
        }
        assert_eq!(window.get(1008, 8), Some(&[1; 8][..]));
        assert_eq!(window.get(5000, 8), Some(&[2; 8][..]));
        for (address, length) in [
            (1000 + LARGE as u64 - 7, 8),
            (999, 1),
            (5008, 1),
            (u64::MAX, 8),
            (5000, 9),
        ] {
            assert_eq!(window.get(address, length), None, "{address}");
        }
        window.clear();
        assert_eq!(window.get(1000, 1), None);
    }

    #[test]
    fn a_piece_that_cannot_be_read_leaves_the_others() {
        let memory = ProcessMemory::new(std::process::id());
        let number = 77_u64;
        let address = (&raw const number).addr() as u64;
        let mut window = Window::default();
        window.load(&memory, address, 8).unwrap();
        assert!(window.load(&memory, 8, 8).is_err());
        assert_eq!(window.get(address, 8), Some(&number.to_ne_bytes()[..]));
    }
}
