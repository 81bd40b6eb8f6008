//! Memory that lies: the walkers must come back with an answer or a fault, whatever they read.

use crate::reader::attach::Target;
use crate::reader::frames::FrameTable;
use crate::reader::layout::{self, Layout};
use crate::reader::locks::Waiting;
use crate::reader::memory::Memory;
use crate::reader::offsets;
use crate::reader::roster::{self, Roster, ThreadRef};
use crate::reader::stack::StackReader;
use crate::reader::tasks::TaskReader;
use crate::sys::Part;
use std::cell::Cell;
use std::io;

/// What an address holds.
#[derive(Clone, Copy, Debug)]
enum Lie {
    /// Noise, other noise at each read.
    Noise,
    /// Small numbers: valid owners, short lengths, low addresses.
    Small,
    /// Every pointer leads back to where it was read: rings everywhere.
    Ring,
    /// All bits set.
    Ones,
    /// Noise in half of the words, pointers back into the same page in the others.
    Mixed,
}

struct Liar {
    lie: Lie,
    state: Cell<u64>,
    /// Reads left until the process is gone.
    left: Cell<u32>,
}

impl Liar {
    fn next(&self) -> u64 {
        let mut state = self.state.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.state.set(state);
        state
    }

    fn word(&self, address: u64) -> u64 {
        match self.lie {
            Lie::Noise => self.next(),
            Lie::Small => self.next() % 5,
            Lie::Ring => address & !0xff,
            Lie::Ones => u64::MAX,
            Lie::Mixed if self.next().is_multiple_of(2) => self.next(),
            Lie::Mixed => (address & !0xfff) + self.next() % 0x1000,
        }
    }
}

impl Memory for Liar {
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize> {
        let mut total = 0;
        for part in parts {
            let Some(left) = self.left.get().checked_sub(1) else {
                break;
            };
            self.left.set(left);
            for (chunk, offset) in part.bytes.chunks_mut(8).zip((0_u64..).step_by(8)) {
                let word = self.word(part.address.wrapping_add(offset)).to_ne_bytes();
                chunk.copy_from_slice(&word[..chunk.len()]);
            }
            total += part.bytes.len();
        }
        Ok(total)
    }
}

fn layouts() -> Vec<Layout> {
    let mut layouts: Vec<Layout> = (10..=12).filter_map(layout::fixed).collect();
    for minor in 13..=15_u64 {
        // A table of plausible small offsets, as a debug build might publish.
        let mut table = offsets::COOKIE.to_vec();
        table.extend((3 << 24 | minor << 16).to_ne_bytes());
        for word in 2..offsets::TABLE_SIZE as u64 / 8 {
            table.extend((word % 7 * 8 + word / 7 * 16).to_ne_bytes());
        }
        layouts.extend(offsets::published(&table));
    }
    layouts
}

#[test]
fn no_lie_makes_a_walker_panic_or_run_for_ever() {
    let layouts = layouts();
    assert!(layouts.len() >= 5, "{}", layouts.len());
    for layout in layouts {
        let target = Target {
            runtime: 0x5000_0000,
            layout,
        };
        for lie in [Lie::Noise, Lie::Small, Lie::Ring, Lie::Ones, Lie::Mixed] {
            for seed in 1..8 {
                let liar = Liar {
                    lie,
                    state: Cell::new(seed * 0x9e37_79b9),
                    left: Cell::new(10_000),
                };
                let mut roster = Roster::default();
                let _ = roster.refresh(&liar, &target);
                let thread = ThreadRef {
                    state: 0x7000_0000,
                    tid: 7,
                    gil: 0x6000_0000,
                };
                let mut reader = StackReader::default();
                let mut table = FrameTable::default();
                for _ in 0..3 {
                    if reader.read(&liar, &target, thread, &mut table).is_err() {
                        assert!(reader.frames().is_empty());
                    }
                    let _ = reader.instruction(&liar, &target);
                    let waiting = Waiting {
                        target: &target,
                        waiter: thread.state,
                        futex: 0x6000_1000,
                        threads: &[thread],
                    };
                    let _ = reader.lock_wait(&liar, waiting, &mut table);
                }
                liar.left.set(10_000);
                for mut tasks in [TaskReader::default(), TaskReader::of_lists(&target)] {
                    let codes = reader.codes();
                    if let Ok(seen) = tasks.read(&liar, &target, 0, codes, &mut table) {
                        assert!(seen.tasks.len() <= seen.total);
                    }
                }
            }
        }
    }
}

/// A CPython 3.12 without end: frame after frame, each of a function of its own with the longest
/// line table believed; thread after thread.
#[derive(Default)]
struct Endless {
    /// Threads after which the list begins anew; 0 if it never does.
    ring: u64,
    /// Whether its threads are inside the interpreter.
    inside: Cell<bool>,
    read: Cell<usize>,
}

const RUNTIME: u64 = 1 << 32;
const INTERPRETER: u64 = 2 << 32;
const THREADS: u64 = 3 << 32;
const C_FRAME: u64 = 4 << 32;
const FRAMES: u64 = 5 << 32;
const CODES: u64 = 6 << 32;
const TYPE: u64 = 7 << 32;
const TEXT: u64 = 8 << 32;
const TABLE: u64 = 9 << 32;
const GIL: u64 = 10 << 32;

/// Where a thread state of 3.12 has its status.
const STATUS: u64 = 24;

impl Endless {
    fn word(&self, address: u64) -> u64 {
        let (region, offset) = (address >> 32 << 32, address & 0xffff_ffff);
        let (number, field) = (offset >> 12, offset & 0xfff);
        match (region, field) {
            (RUNTIME, 40) => INTERPRETER,
            (INTERPRETER, 72) => THREADS,
            (INTERPRETER, 384) => GIL,
            (THREADS, 8) if number + 1 == self.ring => THREADS,
            (THREADS, 8) => THREADS + ((number + 1) << 12),
            (THREADS, 16) => INTERPRETER,
            (THREADS, STATUS) => u64::from(self.inside.get()) << 4,
            (THREADS, 56) => C_FRAME,
            (C_FRAME, 0) => FRAMES,
            (FRAMES, 0) => CODES + (number << 12),
            (FRAMES, 8) => FRAMES + ((number + 1) << 12),
            (FRAMES, 56) => CODES + (number << 12) + 192,
            // Owned by a generator.
            (FRAMES, 64) => 1 << 48,
            (CODES, 8) => TYPE,
            (CODES, 16) => 10,
            (CODES, 112 | 120 | 128) => TEXT,
            (CODES, 136) => TABLE,
            (TYPE, 24) => TYPE + 32,
            (TYPE, 32) => u64::from_ne_bytes(*b"code\0\0\0\0"),
            (TEXT, 16) => 1,
            (TEXT, 32) => 1 << 2 | 1 << 6,
            (TABLE, 16) if number == 0 => 1 << 20,
            _ => 0,
        }
    }
}

impl Memory for Endless {
    fn read_parts(&self, parts: &mut [Part<'_>]) -> io::Result<usize> {
        let mut total = 0;
        for part in parts {
            for (chunk, offset) in part.bytes.chunks_mut(8).zip((0_u64..).step_by(8)) {
                let word = self.word(part.address + offset).to_ne_bytes();
                chunk.copy_from_slice(&word[..chunk.len()]);
            }
            total += part.bytes.len();
        }
        self.read.set(self.read.get() + total);
        Ok(total)
    }
}

fn endless_target() -> Target {
    Target {
        runtime: RUNTIME,
        layout: layout::fixed(12).unwrap(),
    }
}

#[test]
fn a_stack_of_huge_functions_without_end_costs_no_more_than_is_spent_on_one() {
    let (memory, target) = (Endless::default(), endless_target());
    let thread = ThreadRef {
        state: THREADS,
        tid: 7,
        gil: GIL,
    };
    let (mut reader, mut table) = (StackReader::default(), FrameTable::default());
    let mut depth = 0;
    for _ in 0..2 {
        memory.read.set(0);
        reader.read(&memory, &target, thread, &mut table).unwrap();
        assert!(reader.truncated());
        assert!(memory.read.get() < 40 << 20, "{} bytes", memory.read.get());
        assert!(reader.frames().len() > depth, "each sample gets further");
        depth = reader.frames().len();
    }
}

#[test]
fn a_thread_that_comes_to_wait_after_the_list_was_read_is_not_inside_the_interpreter() {
    let (memory, target) = (Endless::default(), endless_target());
    memory.inside.set(true);
    let mut roster = Roster::default();
    let thread = roster.refresh(&memory, &target).unwrap()[0];
    let (mut reader, mut table) = (StackReader::default(), FrameTable::default());
    for inside in [true, false] {
        memory.inside.set(inside);
        reader.read(&memory, &target, thread, &mut table).unwrap();
        assert_eq!(reader.attached(&target), inside);
    }
}

#[test]
fn of_threads_without_end_the_first_are_followed_and_a_ring_of_them_is_torn() {
    let target = endless_target();
    let mut roster = Roster::default();
    let threads = roster.refresh(&Endless::default(), &target).unwrap();
    assert_eq!(threads.len(), roster::MOST_THREADS);
    assert!(roster.is_cut());
    let ring = Endless {
        ring: 100,
        ..Endless::default()
    };
    assert!(Roster::default().refresh(&ring, &target).is_err());
}
