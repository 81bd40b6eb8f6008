//! Recording what the walkers read of a running process.

use super::snapshot::{Run, Snapshot};
use crate::reader::attach::{self, Files};
use crate::reader::frames::FrameTable;
use crate::reader::memory::{Memory, ProcessMemory};
use crate::reader::roster::Roster;
use crate::reader::stack::StackReader;
use crate::sys::Part;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

/// Bytes remembered together.
const GRAIN: u64 = 8;

/// A process's memory that remembers what was read of it.
struct Recorder {
    memory: ProcessMemory,
    seen: RefCell<BTreeMap<u64, [u8; GRAIN as usize]>>,
}

impl Recorder {
    /// Remembers whole grains, read once more: a text's last bytes would be half of one.
    fn remember(&self, address: u64, length: usize) {
        let first = address & !(GRAIN - 1);
        let end = address.saturating_add(length as u64);
        let mut seen = self.seen.borrow_mut();
        for grain in (first..end).step_by(GRAIN as usize) {
            let mut bytes = [0; GRAIN as usize];
            let mut parts = [Part {
                address: grain,
                bytes: &mut bytes,
            }];
            if self.memory.read_parts(&mut parts).is_ok() {
                seen.insert(grain, bytes);
            }
        }
    }

    fn runs(self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (address, bytes) in self.seen.into_inner() {
            match runs.last_mut() {
                Some(run) if run.address + run.bytes.len() as u64 == address => {
                    run.bytes.extend(bytes);
                }
                _ => runs.push(Run {
                    address,
                    bytes: bytes.to_vec(),
                }),
            }
        }
        runs
    }
}

impl Memory for Recorder {
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize> {
        let got = self.memory.read_parts(parts)?;
        let mut left = got;
        for part in parts {
            let length = part.bytes.len().min(left);
            self.remember(part.address, length);
            left -= length;
        }
        Ok(got)
    }
}

/// Reads the stacks of every thread of process `pid`, which should stand still, and yields all
/// that was read, to be given to [`Snapshot::parse`].
///
/// # Errors
/// If its Python cannot be found or its threads cannot be listed.
pub fn record(pid: u32) -> Result<Vec<u8>, String> {
    let recorder = Recorder {
        memory: ProcessMemory::new(pid),
        seen: RefCell::default(),
    };
    let target = attach::find(pid, &recorder, &mut Files::new()).map_err(|miss| miss.why)?;
    let mut roster = Roster::default();
    let threads = roster
        .refresh(&recorder, &target)
        .map_err(|fault| format!("{fault:?}"))?;
    let (mut reader, mut table) = (StackReader::default(), FrameTable::default());
    for _ in 0..2 {
        for thread in threads {
            reader
                .read(&recorder, &target, *thread, &mut table)
                .map_err(|fault| format!("{fault:?}"))?;
            let _ = reader.instruction(&recorder, &target);
        }
    }
    let snapshot = Snapshot {
        minor: target.layout.minor,
        runtime: target.runtime,
        runs: recorder.runs(),
    };
    Ok(snapshot.write())
}
