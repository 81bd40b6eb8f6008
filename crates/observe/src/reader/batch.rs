//! Blocks of one size from many places of the target's memory, by few system calls.
//!
//! Objects of one kind lie side by side, and what a read costs is the places more than the bytes:
//! whole pages are read, each once, and the blocks cut out of them. (Reading just the blocks took
//! several times as long for hundreds of tasks.)

use crate::reader::memory::Memory;
use crate::reader::{Fault, Read};
use crate::sys::{PAGE, Part};

/// Pages held at once.
const MOST_PAGES: usize = 256;

/// Unreadable pages skipped at most; after more of them the rest counts as unreadable, too.
const MOST_SKIPPED: usize = 256;

/// One block for each address asked for.
pub(super) struct Batch {
    size: usize,
    bytes: Vec<u8>,
    readable: Vec<bool>,
}

impl Batch {
    /// Reads `size` bytes at each address. A place that cannot be read costs only its own block;
    /// it is a fault only if the process itself cannot be read.
    pub(super) fn read(memory: &impl Memory, addresses: &[u64], size: usize) -> Read<Batch> {
        let mut batch = Batch {
            size,
            bytes: vec![0; addresses.len() * size],
            readable: vec![false; addresses.len()],
        };
        let mut order: Vec<usize> = (0..addresses.len()).collect();
        order.sort_unstable_by_key(|index| addresses[*index]);
        let mut rest = order.as_slice();
        let mut pages = Pages::default();
        while !rest.is_empty() {
            let sorted = rest.iter().map(|index| addresses[*index]);
            let (now, later) = rest.split_at(pages.choose(sorted, size));
            pages.load(memory)?;
            for index in now {
                let block = &mut batch.bytes[index * size..][..size];
                batch.readable[*index] = pages.copy(addresses[*index], block);
            }
            rest = later;
        }
        Ok(batch)
    }

    /// Block number `index`; `None` if it could not be read.
    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        let readable = *self.readable.get(index)?;
        let start = index.checked_mul(self.size)?;
        self.bytes
            .get(start..start.checked_add(self.size)?)
            .filter(|_| readable)
    }

    /// Every block, in the order of the addresses.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.readable.len()).map(|index| self.get(index))
    }
}

/// Copies of pages.
#[derive(Default)]
struct Pages {
    /// Their addresses, ascending.
    starts: Vec<u64>,
    bytes: Vec<u8>,
    readable: Vec<bool>,
    skipped: usize,
}

impl Pages {
    /// Makes room for the pages that blocks of `size` bytes at `sorted` touch, as long as they
    /// are not too many; yields for how many blocks.
    fn choose(&mut self, sorted: impl Iterator<Item = u64>, size: usize) -> usize {
        self.starts.clear();
        let mut chosen = 0;
        for address in sorted {
            if self.starts.len() >= MOST_PAGES {
                break;
            }
            chosen += 1;
            let Some(last) = address.checked_add((size as u64).saturating_sub(1)) else {
                continue;
            };
            let mut page = address - address % PAGE;
            while page <= last {
                if self.starts.last().is_none_or(|start| *start < page) {
                    self.starts.push(page);
                }
                let Some(next) = page.checked_add(PAGE) else {
                    break;
                };
                page = next;
            }
        }
        chosen
    }

    fn load(&mut self, memory: &impl Memory) -> Read<()> {
        let size = PAGE as usize;
        self.bytes.resize(self.starts.len() * size, 0);
        self.readable.clear();
        self.readable.resize(self.starts.len(), false);
        let mut start = 0;
        while start < self.starts.len() && self.skipped < MOST_SKIPPED {
            let blocks = self.bytes[start * size..].chunks_exact_mut(size);
            let mut parts: Vec<Part<'_>> = self.starts[start..]
                .iter()
                .zip(blocks)
                .map(|(address, bytes)| Part {
                    address: *address,
                    bytes,
                })
                .collect();
            let whole = match memory.read_parts(&mut parts) {
                Ok(got) => got / size,
                Err(error) if error.raw_os_error() == Some(libc::EFAULT) => 0,
                Err(error) => return Err(Fault::Memory(error)),
            };
            let end = (start + whole).min(self.starts.len());
            self.readable[start..end].fill(true);
            self.skipped += usize::from(end < self.starts.len());
            start = end + 1;
        }
        Ok(())
    }

    /// Fills `block` from `address`; whether that was possible.
    fn copy(&self, address: u64, block: &mut [u8]) -> bool {
        let mut address = address;
        let mut rest = block;
        while !rest.is_empty() {
            let into = address % PAGE;
            let Ok(index) = self.starts.binary_search(&(address - into)) else {
                return false;
            };
            if !self.readable[index] {
                return false;
            }
            let length = rest.len().min((PAGE - into) as usize);
            let start = index * PAGE as usize + into as usize;
            let (now, later) = rest.split_at_mut(length);
            now.copy_from_slice(&self.bytes[start..start + length]);
            rest = later;
            let Some(next) = address.checked_add(length as u64) else {
                return rest.is_empty();
            };
            address = next;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::memory::ProcessMemory;

    #[test]
    fn an_unreadable_place_costs_only_its_own_block() {
        let memory = ProcessMemory::new(std::process::id());
        let numbers = [1_u64, 2, 3];
        let place = |index: usize| (&raw const numbers[index]).addr() as u64;
        let places = [place(0), 8, place(2), u64::MAX, place(1), u64::MAX - 7];
        let batch = Batch::read(&memory, &places, 8).unwrap();
        let read: Vec<Option<u64>> = batch
            .blocks()
            .map(|block| block.map(|bytes| u64::from_ne_bytes(bytes.try_into().unwrap())))
            .collect();
        assert_eq!(read, [Some(1), None, Some(3), None, Some(2), None]);
        assert!(batch.get(6).is_none());
        assert!(Batch::read(&memory, &[], 8).unwrap().get(0).is_none());
    }

    #[test]
    fn blocks_across_pages_and_of_more_pages_than_are_held_are_whole() {
        let memory = ProcessMemory::new(std::process::id());
        let bytes: Vec<u8> = (0..PAGE * 600).map(|index| (index / 7) as u8).collect();
        let steps = (0..bytes.len() - 5000).step_by(4000);
        let places: Vec<u64> = steps
            .clone()
            .map(|step| (&raw const bytes[step]).addr() as u64)
            .collect();
        let batch = Batch::read(&memory, &places, 5000).unwrap();
        for (step, block) in steps.zip(batch.blocks()) {
            assert!(block == Some(&bytes[step..step + 5000]), "{step}");
        }
    }
}
