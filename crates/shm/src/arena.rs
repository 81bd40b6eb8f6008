//! Room for what is too long for a lane: a sparse memfd from which one process allocates.

use crate::{Block, Blocks};
use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, ftruncate, memfd_create};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Free memory that is kept for the next block: fresh pages cost more than the copy (1.5 µs each where this was
/// measured, `rightlane doctor`: 3 ms for 8 MiB).
const KEPT: u64 = 64 << 20;

/// An arena, for the process that allocates from it.
///
/// Its length is address space only: pages are there for the blocks in use and for [`KEPT`] bytes of those that
/// were. It has no name and is gone with the last process that has its descriptor.
#[derive(Debug)]
pub struct Arena {
    file: OwnedFd,
    blocks: Blocks,
    /// Bytes of free blocks that have pages.
    kept: u64,
}

impl Arena {
    /// An arena of `length` bytes of address space.
    ///
    /// # Errors
    /// Whatever the kernel says.
    pub fn new(name: &str, length: u64) -> io::Result<Self> {
        let file = memfd_create(name, MemfdFlags::CLOEXEC)?;
        ftruncate(&file, length)?;
        Ok(Self::of(file, length))
    }

    /// To allocate from an arena that another process made and does not allocate from.
    #[must_use]
    pub fn of(file: OwnedFd, length: u64) -> Self {
        Self {
            file,
            blocks: Blocks::new(length),
            kept: 0,
        }
    }

    /// The file, to be mapped and handed on.
    #[must_use]
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// A block with its pages. Where memory is short this is the error, rather than a SIGBUS for who writes.
    ///
    /// # Errors
    /// `OutOfMemory` where the arena is full, or whatever the kernel says.
    pub fn allocate(&mut self, length: u64) -> io::Result<Block> {
        let block = self
            .blocks
            .allocate(length)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        if let Err(error) = fallocate(
            &self.file,
            FallocateFlags::empty(),
            block.offset,
            block.length,
        ) {
            self.blocks.free(block.offset);
            return Err(error.into());
        }
        self.kept = self.kept.saturating_sub(block.length);
        Ok(block)
    }

    /// Gives a block back; `false` where there is none at `offset`.
    pub fn free(&mut self, offset: u64) -> bool {
        let Some(block) = self.blocks.free(offset) else {
            return false;
        };
        self.kept += block.length;
        if self.kept > KEPT {
            let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            if fallocate(&self.file, hole, block.offset, block.length).is_ok() {
                self.kept -= block.length;
            }
        }
        true
    }

    /// Bytes in use.
    #[must_use]
    pub fn in_use(&self) -> u64 {
        self.blocks.in_use()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_free_goes_back_to_the_machine_beyond_what_is_kept() {
        let mut arena = Arena::new("test", 1 << 36).unwrap();
        let pages = |arena: &Arena| rustix::fs::fstat(arena.file()).unwrap().st_blocks as u64 * 512;
        let blocks: Vec<Block> = (0..20).map(|_| arena.allocate(8 << 20).unwrap()).collect();
        assert_eq!(pages(&arena), 160 << 20);
        for block in blocks {
            assert!(arena.free(block.offset));
        }
        assert_eq!(arena.in_use(), 0);
        assert_eq!(pages(&arena), KEPT);
        assert!(!arena.free(0));
    }
}
