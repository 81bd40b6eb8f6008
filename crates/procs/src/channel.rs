//! The channel between the parent and one worker, as it lies in shared memory.

use rightlane_shm::{Bell, Broken, Heard, Lane, Mapping, Receiver, Record, Sender};
use rightlane_sync::atomic::{AtomicU64, Ordering};
use rightlane_sync::{Mutex, lock};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Records in a lane; more are sent when some were answered.
pub(crate) const SLOTS: usize = 256;
/// Bytes in a lane: some 500 for each record. What is longer than [`INLINE`] goes into a block.
pub(crate) const BYTES: usize = 128 * 1024;

/// The longest record: what is longer is copied into a block, where it need not be copied again.
pub const INLINE: usize = 16 * 1024;

/// Unit of the times that workers report, in nanoseconds.
pub const TICK: u64 = 64;

/// A lane in each direction.
#[repr(C)]
#[derive(Debug)]
pub struct Channel {
    /// The task that the parent wants interrupted, written before it sends the signal.
    pub(crate) unwanted: AtomicU64,
    pub(crate) tasks: Lane<SLOTS, BYTES>,
    pub(crate) results: Lane<SLOTS, BYTES>,
}

/// What a record is.
pub mod kind {
    /// To the worker: a function's number (4 bytes, little endian) and its arguments.
    pub const TASK: u32 = 1;
    /// To the worker: a function's number and the function.
    pub const DEFINE: u32 = 2;
    /// To the worker: end, when everything before is done.
    pub const STOP: u32 = 3;
    /// To the parent: a task's time (4 bytes, in [`TICK`](super::TICK)s) and its result.
    pub const RESULT: u32 = 4;
    /// To the parent: a task's time and its exception.
    pub const ERROR: u32 = 5;
    /// To the parent: the worker has started.
    pub const STARTED: u32 = 6;
    /// In both directions: the block at `task` in the receiver's arena is free again.
    pub const FREE: u32 = 7;
    /// To the parent: the worker cannot start; why.
    pub const UNUSABLE: u32 = 8;
    /// To the parent: a task's time, and why the task could not be unpickled.
    pub const UNREADABLE: u32 = 9;
    /// Added to a result's kind: it was written by `marshal`, which is for plain values and far quicker than `pickle`.
    pub const PLAIN: u32 = 0x400;
    /// Added to a kind: what lies in the block must stay as it is, for the task may be run again.
    pub const INTACT: u32 = 0x200;
    /// Added to a kind: the bytes lie in a block of the sender's arena; the record has its offset and their
    /// length (8 bytes each, little endian) in their place.
    pub const IN_BLOCK: u32 = 0x100;
}

/// A record, for whoever works on it.
#[derive(Debug)]
pub struct Message {
    /// See [`kind`].
    pub kind: u32,
    /// The task's id.
    pub task: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The worker's side.
#[derive(Debug)]
pub struct WorkerEnd {
    channel: Mapping,
    bell: Mapping,
    event: OwnedFd,
    incoming: Mutex<Incoming>,
    outgoing: Mutex<Sender>,
}

#[derive(Debug, Default)]
struct Incoming {
    receiver: Receiver,
    /// The record that is worked on: its room is given back when it was answered, so that the parent knows what
    /// a dead worker was at.
    current: Option<Record>,
}

impl Incoming {
    fn give_back(&mut self, channel: &Channel) {
        if let Some(record) = self.current.take() {
            self.receiver.give_back(&channel.tasks, record);
        }
    }
}

impl WorkerEnd {
    /// From the descriptors that the parent handed over.
    ///
    /// # Errors
    /// If they are not what [`crate::Hub::hire`] gave.
    pub fn open(channel: OwnedFd, bell: OwnedFd, event: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            channel: Mapping::open(channel, size_of::<Channel>())?,
            bell: Mapping::open(bell, size_of::<Bell>())?,
            event,
            incoming: Mutex::default(),
            outgoing: Mutex::default(),
        })
    }

    /// The next record, if there is one. The room of the one before is given back: it was answered.
    ///
    /// # Errors
    /// [`Broken`]: the parent's memory cannot be trusted any more.
    pub fn try_next(&self) -> Result<Option<Message>, Broken> {
        let channel = channel(&self.channel);
        let mut incoming = lock(&self.incoming);
        incoming.give_back(channel);
        let Some(record) = incoming.receiver.next(&channel.tasks, now())? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        incoming.receiver.copy(&channel.tasks, &record, &mut bytes);
        incoming.current = Some(record);
        Ok(Some(Message {
            kind: record.kind,
            task: record.task,
            bytes,
        }))
    }

    /// Sleeps until there may be a record; a signal ends it too.
    pub fn wait(&self) {
        let channel = channel(&self.channel);
        let mut incoming = lock(&self.incoming);
        incoming.give_back(channel);
        let lane = &channel.tasks;
        if rightlane_shm::look(|| lane.has_records()) {
            return;
        }
        if incoming.receiver.about_to_sleep(lane) {
            rightlane_shm::sleep(lane.asleep(), 1, None);
            lane.asleep().store(0, Ordering::SeqCst);
        }
    }

    /// Answers; `false` if there is no room now.
    pub fn send(&self, kind: u32, task: u64, parts: &[&[u8]]) -> bool {
        let lane = &channel(&self.channel).results;
        let sent = lock(&self.outgoing).send(lane, kind, task, parts).is_some();
        if sent {
            self.ring();
        }
        sent
    }

    /// Sleeps until the parent has taken results; a signal ends it too.
    pub fn wait_for_room(&self, length: usize) {
        self.ring();
        let lane = &channel(&self.channel).results;
        let outgoing = lock(&self.outgoing);
        if outgoing.about_to_wait(lane, length) {
            rightlane_shm::sleep(lane.full(), 1, None);
            lane.full().store(0, Ordering::SeqCst);
        }
    }

    /// The task that the parent wants interrupted.
    pub fn unwanted(&self) -> u64 {
        channel(&self.channel).unwanted.load(Ordering::SeqCst)
    }

    fn ring(&self) {
        if bell(&self.bell).ring() == Heard::Service {
            raise(&self.event);
        }
    }
}

/// Nanoseconds by a clock that all processes of a machine share.
#[must_use]
pub fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// What a mapping of a channel is.
pub(crate) fn channel(mapping: &Mapping) -> &Channel {
    // SAFETY: a channel consists of atomics and cells of bytes, and is valid whatever its bytes are.
    unsafe { mapping.as_ref() }
}

/// What a mapping of a bell is.
pub(crate) fn bell(mapping: &Mapping) -> &Bell {
    // SAFETY: a bell consists of atomics.
    unsafe { mapping.as_ref() }
}

/// Raises an eventfd.
pub(crate) fn raise(event: impl AsFd) {
    // It fails where it is full, which is as good.
    while rustix::io::write(&event, &1_u64.to_ne_bytes()) == Err(Errno::INTR) {}
}
