//! A recorded process whose memory changes while it is read.

use super::snapshot::{Run, Snapshot};
use crate::reader::memory::Memory;
use crate::sys::Part;
use std::cell::Cell;
use std::io;

/// Bytes of input that describe one change.
const CHANGE: usize = 16;

/// Changes taken from one input; more only make it slower.
const MOST_CHANGES: usize = 24;

/// Most bytes that may be asked for at once: 4,096 thread states of 4 KB each, and some.
const MOST_BYTES: usize = 20 << 20;

/// Most reads that may be spent on one stack, or on one list of threads.
const MOST_READS: u32 = 100_000;

/// What happens to a place in memory.
#[derive(Clone, Copy)]
enum Kind {
    /// The word becomes the value.
    Set,
    /// Bits of the word flip.
    Flip,
    /// The word becomes an address of something else that was recorded.
    Point,
    /// The word becomes a small number.
    Small,
    /// The word moves a little, up or down.
    Shift,
    /// The word becomes its own address.
    Ring,
    /// The word becomes another recorded word.
    Copy,
    /// The stretch ends here.
    End,
    /// The stretch is that of the other recording.
    Tear,
    /// Nothing can be read any more.
    Gone,
    /// What was never recorded is full of addresses of what was.
    Maze,
}

const KINDS: [Kind; 16] = [
    Kind::Set,
    Kind::Flip,
    Kind::Point,
    Kind::Small,
    Kind::Shift,
    Kind::Ring,
    Kind::Copy,
    Kind::End,
    Kind::Tear,
    Kind::Gone,
    Kind::Maze,
    Kind::Set,
    Kind::Point,
    Kind::Small,
    Kind::Shift,
    Kind::Tear,
];

/// One change: what, where, and in which reads.
struct Change {
    kind: Kind,
    first: u32,
    every: u32,
    address: u64,
    /// Start and end of the stretch that the address lies in.
    stretch: (u64, u64),
    value: u64,
}

impl Change {
    fn parse(bytes: &[u8; CHANGE], snapshot: &Snapshot) -> Change {
        let [kind, first, every, _, rest @ ..] = *bytes;
        let [run0, run1, word0, word1, value @ ..] = rest;
        let run = snapshot.run(u16::from_le_bytes([run0, run1]).into());
        let word = u64::from(u16::from_le_bytes([word0, word1]));
        let value = u64::from_le_bytes(value);
        let length = run.bytes.len() as u64;
        let address = run.address + word * 8 % length;
        let kind = KINDS[usize::from(kind) % KINDS.len()];
        Change {
            value: match kind {
                Kind::Point => somewhere(snapshot, value),
                Kind::Copy => {
                    let mut bytes = [0; 8];
                    snapshot.copy(somewhere(snapshot, value), &mut bytes);
                    u64::from_ne_bytes(bytes)
                }
                Kind::Ring => address,
                _ => value,
            },
            kind,
            first: first.into(),
            every: every.into(),
            address,
            stretch: (run.address, run.address + length),
        }
    }

    fn is_on(&self, read: u32) -> bool {
        read.checked_sub(self.first)
            .is_some_and(|since| since.checked_rem(self.every).unwrap_or(0) == 0)
    }

    fn change(&self, word: u64) -> u64 {
        match self.kind {
            Kind::Flip => word ^ self.value,
            Kind::Small => self.value & 0xff,
            Kind::Shift => {
                let by = i64::from((self.value as u8).cast_signed());
                word.wrapping_add((by * 8).cast_unsigned())
            }
            _ => self.value,
        }
    }
}

/// An address that was recorded.
fn somewhere(snapshot: &Snapshot, value: u64) -> u64 {
    let Run { address, bytes } = snapshot.run((value & 0xffff) as usize);
    address + (((value >> 16) % bytes.len() as u64) & !7)
}

/// The memory.
pub(super) struct Mutant<'a> {
    now: &'a Snapshot,
    other: &'a Snapshot,
    changes: Vec<Change>,
    read: Cell<u32>,
    /// Reads since [`Mutant::begin`].
    spent: Cell<u32>,
}

impl<'a> Mutant<'a> {
    /// The recording `now`, with the changes that `bytes` describe.
    pub(super) fn new(now: &'a Snapshot, other: &'a Snapshot, bytes: &[u8]) -> Self {
        let changes = bytes.as_chunks().0.iter().take(MOST_CHANGES);
        Mutant {
            now,
            other,
            changes: changes.map(|bytes| Change::parse(bytes, now)).collect(),
            read: Cell::new(0),
            spent: Cell::new(0),
        }
    }

    /// Begins to count reads anew.
    pub(super) fn begin(&self) {
        self.spent.set(0);
    }

    /// Fills one part; yields how many bytes of it can be read.
    fn fill(&self, on: &[&Change], address: u64, bytes: &mut [u8]) -> usize {
        let within = |change: &Change| (change.stretch.0..change.stretch.1).contains(&address);
        let torn = on
            .iter()
            .any(|change| matches!(change.kind, Kind::Tear) && within(change));
        let snapshot = if torn { self.other } else { self.now };
        let mut length = snapshot.copy(address, bytes);
        for change in on {
            match change.kind {
                Kind::Gone => return 0,
                Kind::Maze => {
                    self.lay_out(change.value, &mut bytes[length..]);
                    length = bytes.len();
                }
                Kind::End if within(change) => {
                    let end = change.address.saturating_sub(address);
                    length = length.min(usize::try_from(end).unwrap_or(usize::MAX));
                }
                Kind::End | Kind::Tear => {}
                _ => replace(change, address, &mut bytes[..length]),
            }
        }
        length
    }

    fn lay_out(&self, value: u64, bytes: &mut [u8]) {
        for (word, turn) in bytes.chunks_mut(8).zip(0_u64..) {
            let address = somewhere(self.now, value.wrapping_mul(turn | 1).rotate_left(7));
            word.copy_from_slice(&address.to_ne_bytes()[..word.len()]);
        }
    }
}

/// Makes the change, if its whole word was asked for.
fn replace(change: &Change, start: u64, bytes: &mut [u8]) {
    let at = change.address.checked_sub(start);
    let at = at.and_then(|at| usize::try_from(at).ok());
    let rest = at.and_then(|at| bytes.get_mut(at..)).unwrap_or_default();
    if let Some(word) = rest.first_chunk_mut() {
        *word = change.change(u64::from_ne_bytes(*word)).to_ne_bytes();
    }
}

impl Memory for Mutant<'_> {
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize> {
        self.read.set(self.read.get().saturating_add(1));
        self.spent.set(self.spent.get() + 1);
        assert!(self.spent.get() <= MOST_READS, "reading without end");
        let wanted: usize = parts.iter().map(|part| part.bytes.len()).sum();
        assert!(wanted <= MOST_BYTES, "{wanted} bytes at once");
        let read = self.read.get();
        let changes = self.changes.iter();
        let on: Vec<&Change> = changes.filter(|change| change.is_on(read)).collect();
        let mut total = 0;
        for part in parts {
            let got = self.fill(&on, part.address, part.bytes);
            total += got;
            if got < part.bytes.len() {
                break;
            }
        }
        if total == 0 && wanted > 0 {
            return Err(io::Error::from_raw_os_error(libc::EFAULT));
        }
        Ok(total)
    }
}
