//! Another process's memory.

use crate::reader::{Fault, Read};
use crate::sys::{self, Part};
use std::cell::{Cell, OnceCell};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Memory that can be read by address. A trait so that tests can hand the walkers memory that
/// tears, lies and ends early.
pub(crate) trait Memory {
    /// Fills the parts in order; yields how many bytes arrived before the first that could not be
    /// read.
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize>;

    /// Fills `bytes` from `address`, or fails.
    fn read(&self, address: u64, bytes: &mut [u8]) -> Read<()> {
        let wanted = bytes.len();
        let got = self.read_parts(&mut [Part { address, bytes }])?;
        if got == wanted {
            Ok(())
        } else {
            Err(Fault::Memory(io::ErrorKind::UnexpectedEof.into()))
        }
    }

    /// The 8 bytes at `address` as a number.
    fn word(&self, address: u64) -> Read<u64> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    /// `length` bytes at `address`; the caller has capped `length`.
    fn block(&self, address: u64, length: usize) -> Read<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.read(address, &mut bytes)?;
        Ok(bytes)
    }
}

/// Reads stretches (address, length) as one; those that cannot be read come back empty.
pub(crate) fn blocks(memory: &impl Memory, wanted: &[(u64, usize)]) -> Vec<Vec<u8>> {
    let mut blocks: Vec<Vec<u8>> = wanted.iter().map(|(_, length)| vec![0; *length]).collect();
    let mut done = 0;
    while done < blocks.len() {
        let rest = wanted.iter().zip(&mut blocks).skip(done).take(sys::BATCH);
        let mut parts: Vec<Part<'_>> = rest
            .map(|((address, _), bytes)| Part {
                address: *address,
                bytes,
            })
            .collect();
        let asked = parts.len();
        let mut got = memory.read_parts(&mut parts).unwrap_or(0);
        for block in blocks.iter_mut().skip(done).take(asked) {
            done += 1;
            let Some(left) = got.checked_sub(block.len()) else {
                block.clear();
                break;
            };
            got = left;
        }
    }
    blocks
}

/// Memory of which only so many system calls' worth is read.
pub(crate) struct Rationed<'a, M> {
    memory: &'a M,
    left: Cell<usize>,
}

impl<'a, M: Memory> Rationed<'a, M> {
    /// At most `reads` system calls to `memory`.
    pub(crate) fn new(memory: &'a M, reads: usize) -> Self {
        Rationed {
            memory,
            left: Cell::new(reads),
        }
    }
}

impl<M: Memory> Memory for Rationed<'_, M> {
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize> {
        let cost = parts.len().div_ceil(sys::BATCH);
        let left = self.left.get().checked_sub(cost);
        self.left.set(left.ok_or(io::ErrorKind::QuotaExceeded)?);
        self.memory.read_parts(parts)
    }
}

/// The 8 bytes at `offset` of a block as a number.
pub(crate) fn word(block: &[u8], offset: usize) -> Read<u64> {
    let bytes = offset
        .checked_add(8)
        .and_then(|end| block.get(offset..end))
        .and_then(|bytes| bytes.try_into().ok());
    bytes.map(u64::from_ne_bytes).ok_or(Fault::Torn)
}

/// The 4 bytes at `offset` of a block as a number.
pub(crate) fn half(block: &[u8], offset: usize) -> Read<u32> {
    let bytes = offset
        .checked_add(4)
        .and_then(|end| block.get(offset..end))
        .and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_ne_bytes).ok_or(Fault::Torn)
}

/// `address + offset`, where a wrap means that the address was no address.
pub(crate) fn at(address: u64, offset: usize) -> Read<u64> {
    address.checked_add(offset as u64).ok_or(Fault::Torn)
}

/// The memory of a running process.
pub(crate) struct ProcessMemory {
    pid: u32,
    /// `/proc/PID/mem`, used from then on once `process_vm_readv` proved forbidden (some
    /// containers filter that system call but leave the file readable).
    file: OnceCell<File>,
}

impl ProcessMemory {
    /// The memory of process `pid`; nothing is read yet.
    pub(crate) fn new(pid: u32) -> Self {
        ProcessMemory {
            pid,
            file: OnceCell::new(),
        }
    }

    fn read_file(file: &File, parts: &mut [Part<'_>]) -> usize {
        let mut total = 0;
        for part in parts {
            if file.read_exact_at(part.bytes, part.address).is_err() {
                break;
            }
            total += part.bytes.len();
        }
        total
    }
}

impl Memory for ProcessMemory {
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize> {
        if let Some(file) = self.file.get() {
            return Ok(ProcessMemory::read_file(file, parts));
        }
        let error = match sys::read_process(self.pid, parts) {
            Ok(total) => return Ok(total),
            Err(error) => error,
        };
        if !matches!(error.raw_os_error(), Some(libc::EPERM | libc::ENOSYS)) {
            return Err(error);
        }
        match File::open(format!("/proc/{}/mem", self.pid)) {
            Ok(file) => Ok(ProcessMemory::read_file(
                self.file.get_or_init(|| file),
                parts,
            )),
            Err(_) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_memory_reads_back_in_parts_and_ends_at_the_first_unmapped_one() {
        let memory = ProcessMemory::new(std::process::id());
        let text = *b"right lane";
        let (mut head, mut hole, mut tail) = ([0; 5], [0; 4], [0; 4]);
        let address = text.as_ptr().addr() as u64;
        let got = memory
            .read_parts(&mut [
                Part {
                    address,
                    bytes: &mut head,
                },
                Part {
                    address: 8,
                    bytes: &mut hole,
                },
                Part {
                    address: address + 6,
                    bytes: &mut tail,
                },
            ])
            .unwrap();
        assert_eq!((got, &head), (5, b"right"));
        assert!(memory.word(8).is_err());
    }

    #[test]
    fn what_lies_between_two_parts_of_a_page_is_neither_delivered_nor_counted() {
        let memory = ProcessMemory::new(std::process::id());
        let page: Vec<u8> = (0..8192_u32).map(|number| (number % 251) as u8).collect();
        let start = page.as_ptr().addr() as u64;
        let mut buffers = [(100, [0; 7]), (300, [0; 7]), (310, [0; 7]), (150, [0; 7])];
        let mut hole = [1; 3];
        let mut parts: Vec<Part<'_>> = buffers
            .iter_mut()
            .map(|(offset, bytes)| Part {
                address: start + *offset,
                bytes,
            })
            .collect();
        parts.push(Part {
            address: 8,
            bytes: &mut hole,
        });
        assert_eq!(memory.read_parts(&mut parts).unwrap(), 4 * 7);
        for (offset, bytes) in buffers {
            let offset = usize::try_from(offset).unwrap();
            assert_eq!(bytes, page[offset..offset + 7]);
        }
    }

    #[test]
    fn the_file_stands_in_where_the_system_call_is_forbidden() {
        let memory = ProcessMemory::new(std::process::id());
        memory
            .file
            .set(File::open("/proc/self/mem").unwrap())
            .unwrap();
        let number = 0x1234_5678_9abc_def0_u64;
        assert_eq!(
            memory.word((&raw const number).addr() as u64).unwrap(),
            number
        );
        assert!(memory.word(8).is_err());
    }

    #[test]
    fn of_several_stretches_only_the_unmapped_ones_are_empty() {
        let memory = ProcessMemory::new(std::process::id());
        let text = *b"right lane";
        let address = text.as_ptr().addr() as u64;
        let wanted = [(8, 4), (address, 5), (16, 1), (address + 6, 4), (24, 8)];
        let read = blocks(&memory, &wanted);
        assert_eq!(read, [&b""[..], b"right", b"", b"lane", b""]);
        let rationed = Rationed::new(&memory, 2);
        assert_eq!(blocks(&rationed, &wanted)[1..3], [&b"right"[..], b""]);
        assert_eq!(blocks(&rationed, &wanted), [b""; 5]);
    }

    #[test]
    fn offsets_past_the_end_are_torn_reads() {
        assert!(word(&[0; 8], 1).is_err());
        assert!(half(&[0; 8], usize::MAX).is_err());
        assert!(at(u64::MAX, 1).is_err());
    }
}
