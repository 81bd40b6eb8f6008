//! A lane of records from one process to another: see the crate's page for the protocol.

use crate::kill::point;
use crate::word::{Apart, announce, is_to_be_woken};
use rightlane_sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::cell::UnsafeCell;

const READY: u32 = 1;
const TAKEN: u32 = 2;
const WITHDRAWN: u32 = 3;

/// One direction of a channel, as it lies in shared memory: `SLOTS` records of `BYTES` bytes together at most.
///
/// All zero is an empty lane.
#[repr(C)]
#[derive(Debug)]
pub struct Lane<const SLOTS: usize, const BYTES: usize> {
    /// Records sent; written by the sender.
    tail: Apart<AtomicU64>,
    /// Records given back, and the position in the byte ring up to which it is free; written by the receiver.
    head: Apart<AtomicU64>,
    freed: AtomicU64,
    /// 1 while the receiver sleeps.
    asleep: Apart<AtomicU32>,
    /// 1 while the sender sleeps, for there is no room.
    full: AtomicU32,
    slots: [Slot; SLOTS],
    bytes: UnsafeCell<[u8; BYTES]>,
}

#[repr(C)]
#[derive(Debug)]
struct Slot {
    state: AtomicU32,
    kind: AtomicU32,
    task: AtomicU64,
    start: AtomicU64,
    length: AtomicU64,
    /// When the receiver began it, by its clock; whatever it was before that.
    begun: AtomicU64,
}

// SAFETY: `bytes` is written only by the one sender, only in the part between `freed` and `tail`'s records that
// is not published, and read only by the one receiver after it saw `tail` (release, acquire).
unsafe impl<const SLOTS: usize, const BYTES: usize> Sync for Lane<SLOTS, BYTES> {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl<const SLOTS: usize, const BYTES: usize> Send for Lane<SLOTS, BYTES> {}

/// The peer wrote what cannot be: it has to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the other side's shared memory holds what was never sent")
    }
}

impl std::error::Error for Broken {}

/// A record that the receiver has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// What it is; the lane does not care.
    pub kind: u32,
    /// Whose it is.
    pub task: u64,
    start: usize,
    length: usize,
    end: u64,
}

impl<const SLOTS: usize, const BYTES: usize> Lane<SLOTS, BYTES> {
    /// An empty lane in ordinary memory, for tests: in shared memory it is made by being all zero.
    #[must_use]
    pub fn boxed() -> Box<Self> {
        Box::new(Self {
            tail: Apart(AtomicU64::new(0)),
            head: Apart(AtomicU64::new(0)),
            freed: AtomicU64::new(0),
            asleep: Apart(AtomicU32::new(0)),
            full: AtomicU32::new(0),
            slots: std::array::from_fn(|_| Slot {
                state: AtomicU32::new(0),
                kind: AtomicU32::new(0),
                task: AtomicU64::new(0),
                start: AtomicU64::new(0),
                length: AtomicU64::new(0),
                begun: AtomicU64::new(0),
            }),
            bytes: UnsafeCell::new([0; BYTES]),
        })
    }

    /// The longest record that always finds room, once the lane is empty.
    #[must_use]
    pub const fn longest() -> usize {
        BYTES / 2
    }

    /// The word that the receiver sleeps on, being 1 meanwhile.
    #[must_use]
    pub fn asleep(&self) -> &AtomicU32 {
        &self.asleep.0
    }

    /// The word that the sender sleeps on, being 1 meanwhile.
    #[must_use]
    pub fn full(&self) -> &AtomicU32 {
        &self.full
    }

    /// Whether a record was sent and not yet given back.
    #[must_use]
    pub fn has_records(&self) -> bool {
        self.tail.0.load(Ordering::SeqCst) != self.head.0.load(Ordering::SeqCst)
    }

    fn slot(&self, position: u64) -> &Slot {
        &self.slots[position as usize % SLOTS]
    }
}

/// The sending side: its own count of what it sent. There may be one per lane.
#[derive(Debug, Default)]
pub struct Sender {
    tail: u64,
    bytes: u64,
}

impl Sender {
    /// Sends a record; its position, or `None` where there is no room for it now.
    ///
    /// The caller wakes the receiver where [`Sender::someone_sleeps`].
    pub fn send<const S: usize, const B: usize>(
        &mut self,
        lane: &Lane<S, B>,
        kind: u32,
        task: u64,
        parts: &[&[u8]],
    ) -> Option<u64> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let start = self.room(lane, length)?;
        point(0);
        let mut at = start as usize % B;
        for part in parts {
            // SAFETY: `room` found `length` bytes from `start` on in one piece, which the receiver gave back
            // and does not read before `tail` is published below; there is one sender.
            unsafe {
                let to = lane.bytes.get().cast::<u8>().add(at);
                std::ptr::copy_nonoverlapping(part.as_ptr(), to, part.len());
            }
            at += part.len();
        }
        point(1);
        let slot = lane.slot(self.tail);
        slot.kind.store(kind, Ordering::Relaxed);
        slot.task.store(task, Ordering::Relaxed);
        slot.start.store(start, Ordering::Relaxed);
        slot.length.store(length as u64, Ordering::Relaxed);
        slot.state.store(READY, Ordering::Release);
        let position = self.tail;
        self.tail += 1;
        self.bytes = start + length as u64;
        point(2);
        // Before the look at `asleep`: see the crate's page.
        lane.tail.0.store(self.tail, Ordering::SeqCst);
        point(3);
        Some(position)
    }

    /// Where a record of this length can lie in one piece.
    fn room<const S: usize, const B: usize>(
        &self,
        lane: &Lane<S, B>,
        length: usize,
    ) -> Option<u64> {
        let head = lane.head.0.load(Ordering::SeqCst);
        if self.tail.wrapping_sub(head) >= S as u64 || length > B {
            return None;
        }
        let freed = lane.freed.load(Ordering::Acquire);
        let in_ring = self.bytes % B as u64;
        let start = if in_ring + length as u64 > B as u64 {
            self.bytes + (B as u64 - in_ring)
        } else {
            self.bytes
        };
        // The receiver's words are not trusted: what it cannot have freed is not room.
        let used = (start + length as u64).checked_sub(freed)?;
        (freed <= self.bytes && used <= B as u64).then_some(start)
    }

    /// Whether the receiver sleeps and has to be woken; it is told so once.
    pub fn someone_sleeps<const S: usize, const B: usize>(&self, lane: &Lane<S, B>) -> bool {
        is_to_be_woken(&lane.asleep.0)
    }

    /// Announces that the sender is about to sleep until there is room; `false` if there is some.
    ///
    /// After `true` it sleeps on [`Lane::full`] as long as that is 1.
    pub fn about_to_wait<const S: usize, const B: usize>(
        &self,
        lane: &Lane<S, B>,
        length: usize,
    ) -> bool {
        announce(&lane.full, true);
        if self.room(lane, length).is_none() {
            return true;
        }
        lane.full.store(0, Ordering::SeqCst);
        false
    }

    /// Takes a record back that the receiver has not begun.
    ///
    /// `position` is one that [`Sender::send`] gave and that was not answered yet.
    pub fn withdraw<const S: usize, const B: usize>(
        &self,
        lane: &Lane<S, B>,
        position: u64,
    ) -> bool {
        self.is_there(position)
            && lane
                .slot(position)
                .state
                .compare_exchange(READY, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    /// Whether the receiver has begun a record and not given it back: what a dead receiver was at.
    pub fn was_begun<const S: usize, const B: usize>(
        &self,
        lane: &Lane<S, B>,
        position: u64,
    ) -> bool {
        self.is_there(position) && lane.slot(position).state.load(Ordering::Acquire) == TAKEN
    }

    /// When the receiver began a record that it has not given back: as it said in [`Receiver::next`].
    pub fn begun_at<const S: usize, const B: usize>(
        &self,
        lane: &Lane<S, B>,
        position: u64,
    ) -> Option<u64> {
        let began = self.was_begun(lane, position);
        began.then(|| lane.slot(position).begun.load(Ordering::Relaxed))
    }

    /// Whether a position is one of the last that could be in a lane at all.
    fn is_there(&self, position: u64) -> bool {
        position < self.tail
    }

    /// Records sent and not given back.
    pub fn in_lane<const S: usize, const B: usize>(&self, lane: &Lane<S, B>) -> u64 {
        self.tail
            .saturating_sub(lane.head.0.load(Ordering::Acquire))
    }
}

/// The receiving side: its own count of what it gave back. There may be one per lane.
#[derive(Debug, Default)]
pub struct Receiver {
    head: u64,
    freed: u64,
}

impl Receiver {
    /// Begins the next record that was not withdrawn, `now` being the time by a clock that both sides have.
    ///
    /// # Errors
    /// [`Broken`] where the sender wrote what cannot be.
    pub fn next<const S: usize, const B: usize>(
        &mut self,
        lane: &Lane<S, B>,
        now: u64,
    ) -> Result<Option<Record>, Broken> {
        loop {
            let tail = lane.tail.0.load(Ordering::SeqCst);
            if tail == self.head {
                return Ok(None);
            }
            if tail < self.head || tail - self.head > S as u64 {
                return Err(Broken);
            }
            let slot = lane.slot(self.head);
            // Before it is seen to be begun.
            slot.begun.store(now, Ordering::Relaxed);
            let taken =
                slot.state
                    .compare_exchange(READY, TAKEN, Ordering::AcqRel, Ordering::Acquire);
            let record = Self::read::<B>(slot, self.freed)?;
            match taken {
                Ok(_) => {
                    point(4);
                    return Ok(Some(record));
                }
                Err(WITHDRAWN) => self.give_back(lane, record),
                Err(_) => return Err(Broken),
            }
        }
    }

    fn read<const B: usize>(slot: &Slot, freed: u64) -> Result<Record, Broken> {
        let start = slot.start.load(Ordering::Relaxed);
        let length = slot.length.load(Ordering::Relaxed);
        let at = start % B as u64;
        let fits = length <= B as u64 && at + length <= B as u64;
        let end = start.checked_add(length).ok_or(Broken)?;
        if !fits || start < freed {
            return Err(Broken);
        }
        Ok(Record {
            kind: slot.kind.load(Ordering::Relaxed),
            task: slot.task.load(Ordering::Relaxed),
            start: at as usize,
            length: length as usize,
            end,
        })
    }

    /// Copies a record's bytes to the end of `to`.
    pub fn copy<const S: usize, const B: usize>(
        &self,
        lane: &Lane<S, B>,
        record: &Record,
        to: &mut Vec<u8>,
    ) {
        to.reserve(record.length);
        // SAFETY: `read` checked that the part lies in the ring. The sender does not write to it before it is
        // given back; a peer that breaks this makes the bytes wrong, which whoever decodes them expects. The
        // length is added after the bytes were written.
        unsafe {
            let from = lane.bytes.get().cast::<u8>().add(record.start);
            std::ptr::copy_nonoverlapping(from, to.as_mut_ptr().add(to.len()), record.length);
            to.set_len(to.len() + record.length);
        }
        point(5);
    }

    /// Gives the room of the record that was begun last back to the sender.
    pub fn give_back<const S: usize, const B: usize>(&mut self, lane: &Lane<S, B>, record: Record) {
        point(6);
        self.head += 1;
        self.freed = record.end;
        lane.freed.store(self.freed, Ordering::Release);
        point(7);
        // Before the look at `full`: see the crate's page.
        lane.head.0.store(self.head, Ordering::SeqCst);
    }

    /// Whether the sender sleeps for there was no room, and has to be woken; it is told so once.
    pub fn someone_waits<const S: usize, const B: usize>(&self, lane: &Lane<S, B>) -> bool {
        is_to_be_woken(&lane.full)
    }

    /// Announces that the receiver is about to sleep; `false` if there is something to do, and it must not.
    ///
    /// After `true` it sleeps on [`Lane::asleep`] as long as that is 1.
    pub fn about_to_sleep<const S: usize, const B: usize>(&self, lane: &Lane<S, B>) -> bool {
        announce(&lane.asleep.0, true);
        if lane.tail.0.load(Ordering::SeqCst) == self.head {
            return true;
        }
        lane.asleep.0.store(0, Ordering::SeqCst);
        false
    }
}
