//! Memory of a process as it was recorded.

use std::path::Path;

/// First bytes of a recording.
const MAGIC: &[u8; 4] = b"RLM1";

/// What was recorded of one process at one moment.
pub struct Snapshot {
    /// The minor version of its Python.
    pub(super) minor: u8,
    /// Address of its `_PyRuntime`.
    pub(super) runtime: u64,
    /// What was read, by rising address, without overlap.
    pub(super) runs: Vec<Run>,
}

/// A stretch of memory.
pub(super) struct Run {
    pub(super) address: u64,
    pub(super) bytes: Vec<u8>,
}

impl Snapshot {
    /// Reads a recording; `None` if the bytes are none.
    #[must_use]
    pub fn parse(mut bytes: &[u8]) -> Option<Snapshot> {
        bytes = bytes.strip_prefix(MAGIC)?;
        let (minor, rest) = bytes.split_first()?;
        let (runtime, mut rest) = number(rest)?;
        let mut runs = Vec::new();
        while !rest.is_empty() {
            let (address, after) = number(rest)?;
            let (length, after) = number(after)?;
            let (content, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
            runs.push(Run {
                address,
                bytes: content.to_vec(),
            });
            rest = after;
        }
        let minor = *minor;
        (!runs.is_empty()).then_some(Snapshot {
            minor,
            runtime,
            runs,
        })
    }

    /// The recording as bytes.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(self.minor);
        bytes.extend(self.runtime.to_le_bytes());
        for run in &self.runs {
            bytes.extend(run.address.to_le_bytes());
            bytes.extend((run.bytes.len() as u64).to_le_bytes());
            bytes.extend(&run.bytes);
        }
        bytes
    }

    /// Fills `bytes` from `address`, as far as it was recorded without a gap; yields how far.
    pub(super) fn copy(&self, address: u64, bytes: &mut [u8]) -> usize {
        let after = self.runs.partition_point(|run| run.address <= address);
        let Some(run) = after.checked_sub(1).and_then(|index| self.runs.get(index)) else {
            return 0;
        };
        let from = usize::try_from(address - run.address).unwrap_or(usize::MAX);
        let rest = run.bytes.get(from..).unwrap_or_default();
        let length = rest.len().min(bytes.len());
        bytes[..length].copy_from_slice(&rest[..length]);
        length
    }

    /// The run with this number, counted round and round.
    pub(super) fn run(&self, number: usize) -> &Run {
        &self.runs[number % self.runs.len()]
    }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*number), rest))
}

/// Every recording in the folder, by name.
///
/// # Panics
/// If there is none: fuzzing without would find nothing and look clean.
#[must_use]
pub fn snapshots(folder: &Path) -> Vec<Snapshot> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let found: Vec<Snapshot> = paths
        .iter()
        .filter_map(|path| Snapshot::parse(&std::fs::read(path).ok()?))
        .collect();
    assert!(!found.is_empty(), "no recording in {}", folder.display());
    found
}
