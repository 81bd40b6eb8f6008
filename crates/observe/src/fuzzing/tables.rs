//! The parsers against raw bytes: line tables, published offsets, ELF files, texts of `/proc`.

use crate::kernel::{descriptors, peers, process, start, thread};
use crate::reader::attach::{Mapping, minor_in_name};
use crate::reader::{elf, offsets, position};
use std::io::Cursor;

/// Parses `input`, whose first byte says as what.
///
/// # Panics
/// If a parser does what it never may.
pub fn tables(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    match kind % 4 {
        0 => lines(bytes),
        1 => layouts(bytes),
        2 => files(bytes),
        _ => texts(bytes),
    }
}

fn lines(bytes: &[u8]) {
    let Some(([minor, a, b, c, d, e, f, g, h], table)) = bytes.split_first_chunk() else {
        return;
    };
    let first = i32::from_le_bytes([*a, *b, *c, *d]);
    let index = i32::from_le_bytes([*e, *f, *g, *h]);
    let found = position::find(10 + minor % 6, table, first, index);
    assert!(found.line < 1 << 30);
    assert!(found.span.is_none_or(|span| span.line == found.line));
}

/// Whatever a table says, no structure read as a whole is empty or huge.
fn layouts(bytes: &[u8]) {
    let _ = offsets::minor(bytes);
    let Some(layout) = offsets::published(bytes) else {
        return;
    };
    for size in [layout.thread.size, layout.frame.size, layout.code.size] {
        assert!((1..=4096).contains(&size), "a structure of {size} bytes");
    }
}

fn files(bytes: &[u8]) {
    let Some((place, bytes)) = bytes.split_first_chunk() else {
        return;
    };
    if let Some(found) = elf::find_in(Cursor::new(bytes)) {
        let _ = found.bias(0x7000_0000_0000, u64::from_le_bytes(*place));
    }
}

fn texts(bytes: &[u8]) {
    let _ = process::parse_stat(bytes);
    let _ = process::parse_peak(bytes);
    if let Some(text) = start(bytes) {
        let _ = thread::parse_clock(text);
        let _ = thread::parse_state(text);
        let _ = thread::parse_call(text);
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = process::parse_traffic(&text);
    let _ = descriptors::named(&text);
    let _ = descriptors::watched_numbers(&text).count();
    for line in text.lines() {
        let _ = (peers::internet(line, true), peers::unix(line));
    }
    for line in text.lines() {
        if let Some(mapping) = Mapping::parse(line) {
            let _ = mapping.may_hold_python("/usr/bin/python3");
            let _ = minor_in_name(mapping.name());
        }
    }
}
