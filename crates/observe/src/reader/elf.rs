//! Where an ELF file keeps CPython's runtime.

use crate::sys::PAGE;
use object::read::{File, Object, ObjectSection, ObjectSegment, ObjectSymbol, ReadCache, ReadRef};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io::{Read, Seek};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What a file that contains CPython says; addresses as linked, before loading moves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// `_PyRuntime`.
    pub(super) runtime: u64,
    /// The exported constant `Py_Version` (from 3.11).
    pub(super) version: Option<u64>,
    segments: Segments,
}

/// Which part of the file goes where in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segments(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    address: u64,
    offset: u64,
    size: u64,
}

impl Found {
    /// What to add to the addresses, given that the file from `offset` on is mapped at `start`.
    pub(crate) fn bias(&self, start: u64, offset: u64) -> Option<u64> {
        self.segments.bias(start, offset)
    }
}

impl Segments {
    fn of<'a>(file: &impl Object<'a>) -> Self {
        let segments = file.segments().take(MOST_SEGMENTS).map(|segment| Segment {
            address: segment.address(),
            offset: segment.file_range().0,
            size: segment.file_range().1,
        });
        Segments(segments.collect())
    }

    /// What to add to the addresses, given that the file from `offset` on is mapped at `start`.
    pub(super) fn bias(&self, start: u64, offset: u64) -> Option<u64> {
        let segment = self.0.iter().find(|segment| {
            let end = segment.offset.saturating_add(segment.size);
            (segment.offset & !(PAGE - 1)..end).contains(&offset)
        })?;
        let into = offset.wrapping_sub(segment.offset & !(PAGE - 1));
        let linked = (segment.address & !(PAGE - 1)).wrapping_add(into);
        Some(start.wrapping_sub(linked))
    }
}

/// Largest piece read at once: a table of 2,800,000 symbols, ten times that of the largest program
/// that embeds Python with all of its symbols.
const LARGEST_PIECE: u64 = 64 << 20;

/// Bytes read in all, names included.
const MOST_READ: u64 = 256 << 20;

/// Most symbols looked at in a table, and most segments kept.
const MOST_SYMBOLS: usize = 1 << 21;
const MOST_SEGMENTS: usize = 1024;

/// A file's content, as much of it as is believed: a header may claim any size, and a file may
/// be as large as its header claims without a byte on the disk.
struct Content<'a, R: Read + Seek> {
    cache: &'a ReadCache<R>,
    limits: &'a Limits,
}

/// What may still be read, and which pieces have been.
struct Limits {
    left: Cell<u64>,
    pieces: RefCell<HashSet<u64>>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            left: Cell::new(MOST_READ),
            pieces: RefCell::default(),
        }
    }
}

/// Names are read in pieces of this size, not one by one: a table holds thousands.
const PIECE: u64 = 64 << 10;

impl<R: Read + Seek> Clone for Content<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Read + Seek> Copy for Content<'_, R> {}

impl<'a, R: Read + Seek> Content<'a, R> {
    fn spend(&self, size: u64) -> Result<(), ()> {
        let left = self.limits.left.get().checked_sub(size).ok_or(())?;
        self.limits.left.set(left);
        Ok(())
    }

    /// The piece of the file that `offset` lies in, from there on.
    fn piece(self, offset: u64) -> Result<&'a [u8], ()> {
        let start = offset - offset % PIECE;
        let size = self.cache.len()?.saturating_sub(start).min(PIECE);
        if self.limits.pieces.borrow_mut().insert(start) {
            self.spend(size)?;
        }
        let piece = self.cache.read_bytes_at(start, size)?;
        piece.get((offset % PIECE) as usize..).ok_or(())
    }
}

impl<'a, R: Read + Seek> ReadRef<'a> for Content<'a, R> {
    fn len(self) -> Result<u64, ()> {
        self.cache.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        if size > LARGEST_PIECE {
            return Err(());
        }
        self.spend(size)?;
        self.cache.read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let length = range.end.checked_sub(range.start).ok_or(())?;
        let piece = self.piece(range.start)?;
        let piece = piece.get(..length as usize).unwrap_or(piece);
        if let Some(end) = piece.iter().position(|byte| *byte == delimiter) {
            return Ok(&piece[..end]);
        }
        // It goes on in the next piece.
        let bytes = self.cache.read_bytes_at_until(range, delimiter)?;
        self.spend(bytes.len() as u64 + 1)?;
        Ok(bytes)
    }
}

/// Opens what was a file when it was mapped; it may be a pipe by now, which would keep us waiting.
fn open(path: &Path) -> Option<std::fs::File> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// Looks for CPython in the file: `Some(None)` if there is none in it, `None` if there is no such
/// file.
pub(crate) fn find(path: &Path) -> Option<Option<Found>> {
    open(path).map(find_in)
}

/// Looks for CPython in what `source` holds.
pub(crate) fn find_in(source: impl Read + Seek) -> Option<Found> {
    parsed(source, |file| runtime_in(file))
}

/// What `ask` makes of the ELF file that `source` holds.
fn parsed<R: Read + Seek, T>(
    source: R,
    ask: impl for<'a> FnOnce(&File<'a, Content<'a, R>>) -> Option<T>,
) -> Option<T> {
    // Reads only the headers and tables needed: libraries with debug information are large.
    let cache = ReadCache::new(source);
    let limits = Limits::default();
    let content = Content {
        cache: &cache,
        limits: &limits,
    };
    ask(&File::parse(content).ok()?)
}

fn runtime_in<'a>(file: &impl Object<'a>) -> Option<Found> {
    let section = file.section_by_name(".PyRuntime");
    let mut runtime = section.map(|section| section.address());
    let mut version = None;
    for symbol in file.dynamic_symbols().take(MOST_SYMBOLS) {
        match symbol.name_bytes().unwrap_or_default() {
            b"_PyRuntime" if runtime.is_none() => runtime = Some(symbol.address()),
            b"Py_Version" => version = Some(symbol.address()),
            _ => {}
        }
    }
    if runtime.is_none() {
        // Neither a section nor exported: the full table, which is long, is the last resort.
        let mut symbols = file.symbols().take(MOST_SYMBOLS);
        let symbol = symbols.find(|symbol| symbol.name_bytes() == Ok(b"_PyRuntime"));
        runtime = symbol.map(|symbol| symbol.address());
    }
    Some(Found {
        runtime: runtime.filter(|address| *address != 0)?,
        version: version.filter(|address| *address != 0),
        segments: Segments::of(file),
    })
}

/// The address of the section of that name as linked, and the file's segments: `Some(None)` if there
/// is no such section, `None` if there is no such file.
pub(crate) fn section(path: &Path, name: &str) -> Option<Option<(u64, Segments)>> {
    open(path).map(|file| {
        parsed(file, |file| {
            let address = file.section_by_name(name)?.address();
            Some((address, Segments::of(file)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bias_is_that_of_the_segment_that_holds_the_mapped_offset() {
        let found = Found {
            runtime: 0x5000,
            version: None,
            segments: Segments(vec![
                Segment {
                    address: 0,
                    offset: 0,
                    size: 0x1800,
                },
                Segment {
                    address: 0x3840,
                    offset: 0x1840,
                    size: 0x1000,
                },
            ]),
        };
        assert_eq!(found.bias(0x7000_0000, 0), Some(0x7000_0000));
        assert_eq!(found.bias(0x7000_3000, 0x1000), Some(0x7000_2000));
        assert_eq!(found.bias(0x7000_4000, 0x2000), Some(0x7000_0000));
        assert_eq!(found.bias(0x7000_4000, 0x9000), None);
    }

    #[test]
    fn a_pipe_in_a_files_place_does_not_keep_us_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("python3");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_eq!(find(&path), None);
    }

    /// A 64-bit file with one section header table of `count` entries of nothing.
    fn header(sections: u64, count: u16) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(64, 0);
        bytes[16] = 3;
        bytes[18] = 62;
        bytes[20] = 1;
        bytes[40..48].copy_from_slice(&sections.to_le_bytes());
        bytes[52] = 64;
        bytes[58] = 64;
        bytes[60..62].copy_from_slice(&count.to_le_bytes());
        bytes
    }

    #[test]
    fn a_table_as_large_as_a_sparse_file_is_not_read() {
        use std::os::unix::fs::FileExt as _;
        let file = tempfile::tempfile().unwrap();
        let size = 1 << 32;
        file.set_len(size).unwrap();
        file.write_all_at(&header(64, 3), 0).unwrap();
        // The second section is a symbol table that fills the rest of the file.
        for (offset, value) in [(4, 2), (24, 4096), (32, size - 4096), (40, 2), (56, 24)] {
            file.write_all_at(&u64::to_le_bytes(value)[..], 128 + offset)
                .unwrap();
        }
        assert_eq!(find_in(file), None);
    }

    #[test]
    fn files_without_python_are_none() {
        assert_eq!(find(Path::new("/proc/self/exe")), Some(None));
        assert_eq!(find(Path::new("/proc/self/cmdline")), Some(None));
        assert_eq!(find(Path::new("/no/such/file")), None);
    }
}
