//! Code objects read along with a stack, by the same system call: those of the thread's last look.
//! Most looks meet the same ones again, and what is read anyway costs less than a call of its own.

use crate::sys::Part;

/// Bytes read of the innermost function at most: its code object and the bytecode in it (from 3.11).
const LONGEST: usize = 4096;

/// Which code objects the next look will likely want: address and length, by address.
#[derive(Default)]
pub(super) struct Places(Vec<(u64, usize)>);

impl Places {
    /// Makes them the code objects at `addresses`, of which `size` bytes each are read; of the one
    /// at `leaf.0` everything before `leaf.1`, if that is not too much.
    pub(super) fn set(&mut self, addresses: &[u64], size: usize, leaf: (u64, u64)) {
        let whole = leaf.1.checked_sub(leaf.0);
        let whole = whole.and_then(|length| usize::try_from(length).ok());
        let leaf_length = whole.map_or(size, |length| length.clamp(size, LONGEST));
        self.0.clear();
        self.0.extend(addresses.iter().map(|address| {
            let length = if *address == leaf.0 {
                leaf_length
            } else {
                size
            };
            (*address, length)
        }));
        self.0.sort_unstable();
        self.0.dedup();
    }

    /// None: those known could not be read.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// What was read of them.
#[derive(Default)]
pub(super) struct Along {
    /// Address, length, and where it lies in `bytes`; by address.
    blocks: Vec<(u64, usize, usize)>,
    bytes: Vec<u8>,
    arrived: usize,
}

impl Along {
    /// Makes room for what lies at `places`, to be filled through [`parts`](Self::parts).
    pub(super) fn prepare(&mut self, places: &Places) {
        self.blocks.clear();
        let mut start = 0;
        for (address, length) in &places.0 {
            self.blocks.push((*address, *length, start));
            start += length;
        }
        self.bytes.resize(start, 0);
        self.arrived = 0;
    }

    /// Every block, to be read.
    pub(super) fn parts(&mut self) -> impl Iterator<Item = Part<'_>> {
        let mut rest = self.bytes.as_mut_slice();
        self.blocks.iter().map(move |(address, length, _)| {
            let (bytes, after) = std::mem::take(&mut rest).split_at_mut(*length);
            rest = after;
            Part {
                address: *address,
                bytes,
            }
        })
    }

    /// Takes note that the first `count` bytes have been filled.
    pub(super) fn arrived(&mut self, count: usize) {
        self.arrived = count;
    }

    /// The `length` bytes at `address`, if they were among them.
    pub(super) fn get(&self, address: u64, length: usize) -> Option<&[u8]> {
        let after = self.blocks.partition_point(|block| block.0 <= address);
        let (begin, size, start) = *self.blocks.get(after.checked_sub(1)?)?;
        let into = usize::try_from(address - begin).ok()?;
        let end = into.checked_add(length).filter(|end| *end <= size)?;
        let end = start.checked_add(end).filter(|end| *end <= self.arrived)?;
        self.bytes.get(end - length..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_by_address_as_far_as_they_arrived_and_the_leaf_is_longer() {
        let mut places = Places::default();
        places.set(&[5000, 1000, 5000, 3000], 8, (3000, 3020));
        let mut along = Along::default();
        along.prepare(&places);
        let mut read: Vec<(u64, usize)> = Vec::new();
        for (fill, part) in (1..).zip(along.parts()) {
            read.push((part.address, part.bytes.len()));
            part.bytes.fill(fill);
        }
        assert_eq!(read, [(1000, 8), (3000, 20), (5000, 8)]);
        assert_eq!(along.get(1000, 8), None, "nothing arrived yet");
        along.arrived(8 + 19);
        assert_eq!(along.get(1000, 8), Some(&[1; 8][..]));
        assert_eq!(along.get(3018, 1), Some(&[2][..]));
        for (address, length) in [(3019, 1), (5000, 8), (999, 1), (1001, 8), (u64::MAX, 1)] {
            assert_eq!(along.get(address, length), None, "{address}");
        }
    }

    #[test]
    fn bytecode_elsewhere_or_without_end_is_not_read_along() {
        let mut places = Places::default();
        for end in [0, 16, 1004] {
            places.set(&[1000], 8, (1000, end));
            assert_eq!(places.0, [(1000, 8)], "{end}");
        }
        places.set(&[1000], 8, (1000, u64::MAX));
        assert_eq!(places.0, [(1000, LONGEST)]);
    }
}
