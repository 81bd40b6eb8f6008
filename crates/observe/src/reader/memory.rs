//! Another process's memory.

use crate::reader::{Fault, Read};
use crate::sys::{self, Part};
use std::cell::OnceCell;
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
    fn offsets_past_the_end_are_torn_reads() {
        assert!(word(&[0; 8], 1).is_err());
        assert!(half(&[0; 8], usize::MAX).is_err());
        assert!(at(u64::MAX, 1).is_err());
    }
}
