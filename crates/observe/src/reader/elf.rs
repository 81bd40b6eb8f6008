//! Where an ELF file keeps CPython's runtime.

use object::read::{File, Object, ObjectSection, ObjectSegment, ObjectSymbol, ReadCache};
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

/// Smallest page; `mmap` moves segments by multiples of it.
const PAGE: u64 = 4096;

impl Found {
    /// What to add to the addresses, given that the file from `offset` on is mapped at `start`.
    pub(super) fn bias(&self, start: u64, offset: u64) -> Option<u64> {
        self.segments.bias(start, offset)
    }
}

impl Segments {
    fn of<'a>(file: &impl Object<'a>) -> Self {
        let segments = file.segments().map(|segment| Segment {
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

/// Looks for CPython in the file; `None` if there is none or the file cannot be read.
pub(crate) fn find(path: &Path) -> Option<Found> {
    // Reads only the headers and tables needed: libraries with debug information are large.
    let cache = ReadCache::new(std::fs::File::open(path).ok()?);
    let file = File::parse(&cache).ok()?;
    let section = file.section_by_name(".PyRuntime");
    let mut runtime = section.map(|section| section.address());
    let mut version = None;
    for symbol in file.dynamic_symbols() {
        match symbol.name_bytes().unwrap_or_default() {
            b"_PyRuntime" if runtime.is_none() => runtime = Some(symbol.address()),
            b"Py_Version" => version = Some(symbol.address()),
            _ => {}
        }
    }
    if runtime.is_none() {
        // Neither a section nor exported: the full table, which is long, is the last resort.
        let mut symbols = file.symbols();
        let symbol = symbols.find(|symbol| symbol.name_bytes() == Ok(b"_PyRuntime"));
        runtime = symbol.map(|symbol| symbol.address());
    }
    Some(Found {
        runtime: runtime.filter(|address| *address != 0)?,
        version: version.filter(|address| *address != 0),
        segments: Segments::of(&file),
    })
}

/// The address of the section of that name as linked, and the file's segments; `None` if there is
/// no such section or the file cannot be read.
pub(crate) fn section(path: &Path, name: &str) -> Option<(u64, Segments)> {
    let cache = ReadCache::new(std::fs::File::open(path).ok()?);
    let file = File::parse(&cache).ok()?;
    let address = file.section_by_name(name)?.address();
    Some((address, Segments::of(&file)))
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
    fn files_without_python_are_none() {
        assert_eq!(find(Path::new("/proc/self/exe")), None);
        assert_eq!(find(Path::new("/proc/self/cmdline")), None);
        assert_eq!(find(Path::new("/no/such/file")), None);
    }
}
