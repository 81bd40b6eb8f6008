//! What the fuzz targets found, once more, and a little fuzzing without a fuzzer. `recorded` holds
//! `fuzz/subject.py` in CPython 3.11 and 3.13, `found` the inputs.

use super::mutant::Mutant;
use super::{Snapshot, snapshots, stack, tables};
use crate::reader::attach::Target;
use crate::reader::frames::FrameTable;
use crate::reader::memory::Memory;
use crate::reader::roster::Roster;
use crate::reader::stack::StackReader;
use crate::reader::{layout, offsets};
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fuzzing");
    source.join(name)
}

fn recorded() -> Vec<Snapshot> {
    snapshots(&folder("recorded"))
}

/// Innermost first, the functions on the stacks of an unchanged recording.
fn functions(snapshot: &Snapshot) -> Vec<Vec<String>> {
    let memory = Mutant::new(snapshot, snapshot, &[]);
    let layout = layout::fixed(snapshot.minor).unwrap_or_else(|| {
        let table = memory.block(snapshot.runtime, offsets::TABLE_SIZE).unwrap();
        offsets::published(&table).unwrap()
    });
    let target = Target {
        runtime: snapshot.runtime,
        layout,
    };
    let (mut roster, mut reader) = (Roster::default(), StackReader::default());
    let mut table = FrameTable::default();
    let threads = roster.refresh(&memory, &target).unwrap().to_vec();
    let mut stack_of = |thread| {
        reader.read(&memory, &target, thread, &mut table).unwrap();
        let frames = reader.frames().iter();
        let name = |id: &u32| table.frame(*id).unwrap().function.to_string();
        frames.map(name).collect()
    };
    threads.into_iter().map(&mut stack_of).collect()
}

#[test]
fn an_unchanged_recording_reads_like_the_process() {
    for snapshot in recorded() {
        let stacks = functions(&snapshot);
        assert_eq!(stacks.len(), 4, "3.{}", snapshot.minor);
        let outermost = stacks.iter().map(|stack| stack.last().unwrap().as_str());
        let outermost: Vec<_> = outermost.collect();
        assert_eq!(
            outermost.iter().filter(|name| **name == "thread").count(),
            3
        );
        assert!(outermost.contains(&"<module>"));
    }
}

#[test]
fn inputs_that_failed_once_do_not_fail_again() {
    let recorded = recorded();
    for (name, input) in found() {
        if name.starts_with("stack") {
            stack(&recorded, &input);
        } else {
            tables(&input);
        }
    }
}

fn found() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder("found")).unwrap().flatten();
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn changes_at_random_are_survived() {
    let recorded = recorded();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    for turn in 0..200 {
        let input: Vec<u8> = (0..4 + turn % 8 * 16).map(|_| random()).collect();
        stack(&recorded, &input);
        tables(&input);
    }
}
