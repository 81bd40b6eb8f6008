//! Memory that lies: the walkers must come back with an answer or a fault, whatever they read.

use crate::reader::attach::Target;
use crate::reader::frames::FrameTable;
use crate::reader::layout::{self, Layout};
use crate::reader::locks::Waiting;
use crate::reader::memory::Memory;
use crate::reader::offsets;
use crate::reader::roster::{Roster, ThreadRef};
use crate::reader::stack::StackReader;
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
                    attached: None,
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
            }
        }
    }
}
