//! Blocks of one size from many places of the target's memory, by few system calls.

use crate::reader::memory::Memory;
use crate::reader::{Fault, Read};
use crate::sys::Part;

/// Unreadable places skipped at most; after more of them the rest counts as unreadable, too.
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
        let mut start = 0;
        for _ in 0..MOST_SKIPPED {
            let Some(rest) = addresses.get(start..).filter(|rest| !rest.is_empty()) else {
                break;
            };
            let blocks = batch.bytes[start * size..].chunks_exact_mut(size);
            let mut parts: Vec<Part<'_>> = rest
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
            let end = (start + whole).min(addresses.len());
            batch.readable[start..end].fill(true);
            start = end + 1;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::memory::ProcessMemory;

    #[test]
    fn an_unreadable_place_costs_only_its_own_block() {
        let memory = ProcessMemory::new(std::process::id());
        let numbers = [1_u64, 2, 3];
        let place = |index: usize| (&raw const numbers[index]).addr() as u64;
        let places = [place(0), 8, place(2), 16, 24];
        let batch = Batch::read(&memory, &places, 8).unwrap();
        let read: Vec<Option<u64>> = batch
            .blocks()
            .map(|block| block.map(|bytes| u64::from_ne_bytes(bytes.try_into().unwrap())))
            .collect();
        assert_eq!(read, [Some(1), None, Some(3), None, None]);
        assert!(batch.get(5).is_none());
        assert!(Batch::read(&memory, &[], 8).unwrap().get(0).is_none());
    }
}
