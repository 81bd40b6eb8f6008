//! The walkers against memory that changes.

use super::mutant::Mutant;
use super::snapshot::Snapshot;
use crate::kernel::waits;
use crate::reader::attach::Target;
use crate::reader::frames::{FrameTable, StackTable};
use crate::reader::layout::{self, Layout};
use crate::reader::locks::Waiting;
use crate::reader::memory::Memory;
use crate::reader::offsets;
use crate::reader::roster::Roster;
use crate::reader::stack::StackReader;
use crate::reader::tasks::TaskReader;

/// Threads looked at in each round; the changes decide which lists there are.
const THREADS: usize = 4;

/// Rounds: what one read taught is where the next one looks.
const ROUNDS: usize = 3;

/// Frames that a stack may have at most.
const MOST_FRAMES: usize = 512;

/// Lists the threads and reads the stacks of a recorded process that changes as `input` says.
/// The first four bytes say which recording, and which other layout to read it with; the rest are
/// changes.
///
/// # Panics
/// If the reader does what it never may.
pub fn stack(snapshots: &[Snapshot], input: &[u8]) {
    let Some(([which, variant, first, second], changes)) = input.split_first_chunk() else {
        return;
    };
    let turn = |number: usize| snapshots.get(number % snapshots.len().max(1));
    let which = usize::from(*which);
    let (Some(now), Some(other)) = (turn(which), turn(which ^ 1)) else {
        return;
    };
    let mutant = Mutant::new(now, other, changes);
    let Some(layout) = layout_of(&mutant, now) else {
        return;
    };
    let target = Target {
        runtime: now.runtime,
        layout: vary(layout, *variant, [*first, *second]),
    };
    let place = usize::from(u16::from_be_bytes([*first, *second]));
    let futex = now.runs.get(place % now.runs.len().max(1));
    look(&mutant, &target, futex.map_or(0, |run| run.address));
}

/// The layout as attaching finds it: published ones are read from the memory that changes.
fn layout_of(mutant: &Mutant<'_>, snapshot: &Snapshot) -> Option<Layout> {
    if let Some(layout) = layout::fixed(snapshot.minor) {
        return Some(layout);
    }
    let mut table = vec![0; offsets::TABLE_SIZE];
    mutant.read(snapshot.runtime, &mut table).ok()?;
    offsets::published(&table)
}

/// What versions that are not installed here do differently: free-threaded ones keep copies of
/// the bytecode.
fn vary(mut layout: Layout, variant: u8, places: [u8; 2]) -> Layout {
    if variant & 1 != 0 && layout.minor >= 13 {
        layout.minor = 14 + (variant >> 1 & 1);
        layout.free_threaded = true;
        layout.gil.enabled = Some(usize::from(variant >> 2));
        layout.frame.own_bytecode = Some(places[0].into());
        layout.code.own_bytecodes = Some(places[1].into());
    }
    layout
}

fn look(mutant: &Mutant<'_>, target: &Target, futex: u64) {
    let mut roster = Roster::default();
    let (mut reader, mut table) = (StackReader::default(), FrameTable::default());
    let mut stacks = StackTable::new();
    for _ in 0..ROUNDS {
        mutant.begin();
        let first = roster.threads().first().copied();
        let wanted = first.map_or(Vec::new(), |thread| reader.wants(target, thread));
        let Ok(got) = roster.refresh_with(mutant, target, wanted) else {
            return;
        };
        if let Some(thread) = first {
            reader.read_ahead(thread, got);
        }
        let threads = roster.threads();
        for thread in threads.iter().take(THREADS) {
            mutant.begin();
            let result = reader.read(mutant, target, *thread, &mut table);
            assert!(result.is_ok() || reader.frames().is_empty());
            assert!(reader.frames().len() <= MOST_FRAMES);
            let _ = reader.instruction(mutant, target);
            let stack = stacks.id(reader.frames());
            assert_eq!(stacks.frames(stack), reader.frames());
            for id in reader.frames() {
                let frame = table.frame(*id).expect("every number is a frame's");
                assert!(frame.file.len() <= 4 * 4096 && frame.function.len() <= 4 * 4096);
                let _ = table.marks(*id);
            }
            assert!(reader.own_frames(mutant, target).len() <= MOST_FRAMES);
            let _ = reader.turn(mutant, target);
            waits::sets(thread.state, thread.gil, mutant);
            mutant.begin();
            let waiting = Waiting {
                target,
                waiter: thread.state,
                futex,
                threads,
            };
            let _ = reader.lock_wait(mutant, waiting, &mut table);
        }
        mutant.begin();
        let mut tasks = TaskReader::of_lists(target);
        if let Ok(seen) = tasks.read(mutant, target, 0, reader.codes(), &mut table) {
            assert!(seen.tasks.len() <= seen.total);
        }
    }
}
