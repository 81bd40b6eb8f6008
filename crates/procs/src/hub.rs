//! The parent's side: tasks out, results in, deaths.

use crate::channel::{BYTES, Channel, INLINE, SLOTS, TICK, bell, channel, kind, now, raise};
use rightlane_pool::{Board, TaskId, WorkerId};
use rightlane_shm::{Arena, Bell, Mapping, Receiver, Sender};
use rightlane_sync::atomic::{AtomicU8, AtomicU64, Ordering};
use rightlane_sync::{Condvar, Mutex, MutexGuard, lock};
use rustix::event::{EventfdFlags, eventfd};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Work that is sent to a worker ahead of time. More would only make tasks wait behind a long one until they
/// are shared out again; with less, a worker that is done waits for the parent's next look.
const AHEAD: f64 = 0.002;
/// So many tasks at least are with a worker: one that runs, and the next.
const LEAST_AHEAD: usize = 2;
/// What it costs to wake a worker that sleeps, in seconds: less work than that is better done by one that is awake
/// (a futex's wake across cores, `make bench-pools`).
const WAKE: f64 = 10e-6;
/// A worker that has been at a task for longer than this is late, whatever its tasks took so far: another one that
/// has nothing takes what waits behind it.
const LATE: Duration = Duration::from_millis(1);
/// Weight of the newest task in the mean of the tasks' times.
const NEWEST: f64 = 0.1;

/// What a task is, for the worker.
#[derive(Debug)]
pub struct Payload {
    /// The function's number, which was [defined](Hub::define).
    pub function: u32,
    /// The arguments; where `block` is set, its offset and length instead.
    pub bytes: Vec<u8>,
    /// Offset of the block in the hub's arena that holds the arguments.
    pub block: Option<u64>,
    /// Waits before those of lower priority.
    pub priority: i32,
    /// How often it may be begun again after its worker died.
    pub retries: u32,
    /// How long it may take from when it is begun.
    pub timeout: Option<Duration>,
}

/// A new worker's side of things.
#[derive(Debug)]
pub struct Hired {
    /// Its number.
    pub worker: WorkerId,
    /// The channel's memory, to be opened by [`crate::WorkerEnd::open`].
    pub channel: OwnedFd,
    /// The arena that the worker allocates from.
    pub arena: OwnedFd,
}

/// A record that a worker sent, with the ticket of its task.
#[derive(Debug)]
pub struct Done<T> {
    /// The task's ticket; `None` for what is about no task that is still wanted.
    pub ticket: Option<T>,
    /// Who sent it.
    pub worker: WorkerId,
    /// What it is.
    pub kind: u32,
    /// Its bytes, in what [`Hub::take`] filled.
    pub bytes: std::ops::Range<usize>,
}

/// Whose tasks are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Intake {
    /// Everybody's, and more workers may be needed.
    Staffing,
    /// Everybody's; all workers are there.
    Open,
    /// Those of loops that were begun.
    Closed,
    /// Nobody's.
    Over,
}

/// What a worker has done so far.
#[derive(Debug, Clone, Copy)]
pub struct WorkerStats {
    /// Which.
    pub worker: WorkerId,
    /// Whether it has said that it started.
    pub started: bool,
    /// Tasks that it answered.
    pub tasks: u64,
    /// Seconds that those took.
    pub busy: f64,
}

/// What a worker that died leaves.
#[derive(Debug)]
pub struct Lost<T> {
    /// The task that it had begun.
    pub begun: Vec<T>,
    /// Whether it had said that it started.
    pub had_started: bool,
    /// Whether it had said that it cannot.
    pub was_unusable: bool,
}

struct Ticket<T> {
    ticket: T,
    payload: Payload,
}

struct Peer {
    memory: Mapping,
    sender: Sender,
    receiver: Receiver,
    /// Functions that it was sent.
    knows: BTreeSet<u32>,
    /// Blocks of its own arena that are free again, still to be said.
    freed: Vec<u64>,
    tasks: u64,
    busy: f64,
    started: bool,
    unusable: bool,
    stopping: bool,
    was_told_to_stop: bool,
}

struct State<T> {
    board: Board<Ticket<T>>,
    peers: BTreeMap<WorkerId, Peer>,
    functions: Vec<Arc<[u8]>>,
    arena: Arena,
    /// Which worker has a block of the arena: until it says that nobody there looks at it any more.
    holders: BTreeMap<u64, WorkerId>,
    /// Tasks with a timeout that were sent and not answered.
    timed: BTreeSet<TaskId>,
    /// Mean seconds of a task.
    mean: f64,
    caller: bool,
    /// Threads that wait for a block of the arena.
    short_of_room: usize,
}

/// The parent's side of all its workers.
pub struct Hub<T> {
    state: Mutex<State<T>>,
    bell: Mapping,
    event: OwnedFd,
    /// Counts what happened that no worker sent.
    roused: AtomicU64,
    /// A block of the arena of arguments was given back.
    freed: Condvar,
    /// [`Intake`]; written under the lock of the state, but in a forked child.
    intake: AtomicU8,
}

/// Address space of an arena: pages are there as they are used.
pub const ARENA: u64 = 1 << 36;

impl<T> Hub<T> {
    /// Without workers.
    ///
    /// # Errors
    /// Where the kernel gives no memory or descriptors.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            state: Mutex::new(State {
                board: Board::default(),
                peers: BTreeMap::new(),
                functions: Vec::new(),
                arena: Arena::new("rightlane-arguments", ARENA)?,
                holders: BTreeMap::new(),
                timed: BTreeSet::new(),
                mean: AHEAD,
                caller: false,
                short_of_room: 0,
            }),
            bell: Mapping::new("rightlane-bell", size_of::<Bell>())?,
            event: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            roused: AtomicU64::new(0),
            freed: Condvar::new(),
            intake: AtomicU8::new(Intake::Staffing as u8),
        })
    }

    /// The bell's memory and its eventfd, which every worker is handed; and the arena of arguments.
    #[must_use]
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 2] {
        [self.bell.file(), self.event.as_fd()]
    }

    /// The arena of arguments, for the workers to read.
    ///
    /// # Errors
    /// Where the kernel gives no descriptor.
    pub fn arena(&self) -> io::Result<OwnedFd> {
        self.lock().arena.file().try_clone_to_owned()
    }

    /// A channel for a worker that is about to be started.
    ///
    /// # Errors
    /// Where the kernel gives no memory or descriptors.
    pub fn hire(&self) -> io::Result<Hired> {
        let memory = Mapping::new("rightlane-channel", size_of::<Channel>())?;
        let arena = Arena::new("rightlane-results", ARENA)?;
        let hired = (
            memory.file().try_clone_to_owned()?,
            arena.file().try_clone_to_owned()?,
        );
        let mut state = self.lock();
        let worker = state.board.hire();
        let peer = Peer {
            memory,
            sender: Sender::default(),
            receiver: Receiver::default(),
            knows: BTreeSet::new(),
            freed: Vec::new(),
            tasks: 0,
            busy: 0.0,
            started: false,
            unusable: false,
            stopping: false,
            was_told_to_stop: false,
        };
        state.peers.insert(worker, peer);
        state.feed();
        Ok(Hired {
            worker,
            channel: hired.0,
            arena: hired.1,
        })
    }

    /// Makes a function known, by its bytes for workers; its number.
    pub fn define(&self, bytes: &[u8]) -> u32 {
        let mut state = self.lock();
        state.functions.push(bytes.into());
        (state.functions.len() - 1) as u32
    }

    /// A task; its id, for [`Hub::cancel`]. `None` where tasks are not taken any more; `fed` are those of a loop that
    /// was begun before.
    pub fn submit(&self, ticket: T, payload: Payload, fed: bool) -> Option<TaskId> {
        let mut state = self.lock();
        let last = if fed { Intake::Closed } else { Intake::Open };
        if self.intake.load(Ordering::SeqCst) > last as u8 {
            return None;
        }
        let priority = payload.priority;
        let id = state.board.add(Ticket { ticket, payload }, priority);
        state.feed();
        // Nobody would look whether the worker is late.
        let unwatched = !state.caller && state.board.is_uneven();
        drop(state);
        if unwatched && bell(&self.bell).rouse_service() {
            raise(&self.event);
        }
        Some(id)
    }

    /// Says whose tasks are taken from now on. What is closed or over never opens again.
    pub fn take_in(&self, intake: Intake) {
        let _state = self.lock();
        let now = self.intake.load(Ordering::SeqCst);
        if now < Intake::Closed as u8 || intake as u8 > now {
            self.intake.store(intake as u8, Ordering::SeqCst);
        }
    }

    /// Takes nobody's tasks any more, in a forked child, where another thread's lock may be held for ever.
    pub fn forsake(&self) {
        self.intake.store(Intake::Over as u8, Ordering::SeqCst);
    }

    /// Whether everybody's tasks are taken and all workers are there.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.intake.load(Ordering::SeqCst) == Intake::Open as u8
    }

    /// Takes a task back that no worker has begun; its ticket.
    pub fn cancel(&self, id: TaskId) -> Option<T> {
        let mut state = self.lock();
        let State { board, peers, .. } = &mut *state;
        let ticket = board.cancel(id, |worker, position| withdraw(peers, worker, position))?;
        self.tell_of_room(&state);
        Some(state.release(ticket))
    }

    /// Whether a worker has begun a task and not answered.
    pub fn is_begun(&self, id: TaskId) -> bool {
        let mut state = self.lock();
        let State { board, peers, .. } = &mut *state;
        let Some((worker, position)) = board.place(id) else {
            return false;
        };
        peers.get(&worker).is_some_and(|peer| {
            peer.sender
                .was_begun(&channel(&peer.memory).tasks, position)
        })
    }

    /// The worker that has a task, which it may have begun.
    pub fn worker_of(&self, id: TaskId) -> Option<WorkerId> {
        self.lock().board.worker_of(id)
    }

    /// Takes what the workers sent: their bytes are put behind each other in `bytes`. Then sends on what waits.
    ///
    /// A worker whose memory is broken is in `broken`: it has to be killed.
    pub fn take(&self, bytes: &mut Vec<u8>, broken: &mut Vec<WorkerId>) -> Vec<Done<T>> {
        let mut done = Vec::new();
        let mut state = self.lock();
        let workers: Vec<WorkerId> = state.peers.keys().copied().collect();
        for worker in workers {
            state.take_from(worker, bytes, &mut done, broken);
        }
        state.share();
        state.feed();
        self.tell_of_room(&state);
        done
    }

    /// A worker is gone, after everything that it sent was taken. What it had begun waits again if it has retries.
    pub fn died(&self, worker: WorkerId) -> Lost<T> {
        let mut state = self.lock();
        let Some(peer) = state.peers.remove(&worker) else {
            return Lost {
                begun: Vec::new(),
                had_started: false,
                was_unusable: false,
            };
        };
        let lane = &channel(&peer.memory).tasks;
        let may_begin_again = |ticket: &mut Ticket<T>| {
            let may = ticket.payload.retries > 0;
            ticket.payload.retries = ticket.payload.retries.saturating_sub(1);
            may
        };
        let was_begun = |position| peer.sender.was_begun(lane, position);
        let lost = state.board.died(worker, was_begun, may_begin_again);
        for id in lost.waiting_again {
            let block = state
                .board
                .ticket(id)
                .and_then(|ticket| ticket.payload.block);
            block.and_then(|block| state.holders.remove(&block));
        }
        let held = state.holders.extract_if(.., |_, holder| *holder == worker);
        for block in held.map(|(block, _)| block).collect::<Vec<u64>>() {
            state.arena.free(block);
        }
        let begun = lost.begun.into_iter().map(|ticket| ticket.ticket).collect();
        self.tell_of_room(&state);
        state.feed();
        Lost {
            begun,
            had_started: peer.started,
            was_unusable: peer.unusable,
        }
    }

    /// Ends a task for its ticket, whether or not a worker has begun it: what that worker answers is dropped.
    pub fn abandon(&self, id: TaskId) -> Option<T> {
        let mut state = self.lock();
        state.timed.remove(&id);
        state.board.abandon(id).map(|ticket| ticket.ticket)
    }

    /// Says which task a worker is to be interrupted in; the caller sends the signal.
    pub fn unwant(&self, worker: WorkerId, id: TaskId) {
        if let Some(peer) = self.lock().peers.get(&worker) {
            channel(&peer.memory).unwanted.store(id.0, Ordering::SeqCst);
        }
    }

    /// The tasks whose time is over, and how long it is until there may be others.
    pub fn overdue(&self) -> (Vec<TaskId>, Option<Duration>) {
        let mut state = self.lock();
        let (mut overdue, mut next) = (Vec::new(), None);
        let now = now();
        for id in state.timed.clone() {
            let Some(left) = state.time_left(id, now) else {
                state.timed.remove(&id);
                continue;
            };
            match left.is_zero() {
                true => overdue.push(id),
                false => next = Some(next.map_or(left, |next: Duration| next.min(left))),
            }
        }
        (overdue, next)
    }

    /// What the living workers have done.
    pub fn stats(&self) -> Vec<WorkerStats> {
        let state = self.lock();
        let each = state.peers.iter().map(|(worker, peer)| WorkerStats {
            worker: *worker,
            started: peer.started,
            tasks: peer.tasks,
            busy: peer.busy,
        });
        each.collect()
    }

    /// Tells a worker to end when it has done what it has; it gets nothing more.
    pub fn stop(&self, worker: WorkerId) {
        let mut state = self.lock();
        if let Some(peer) = state.peers.get_mut(&worker) {
            peer.stopping = true;
        }
        state.feed();
    }

    /// Takes out the tasks that wait or that no worker has begun.
    pub fn cancel_waiting(&self) -> Vec<T> {
        let mut state = self.lock();
        let State { board, peers, .. } = &mut *state;
        let tickets = board.cancel_waiting(|worker, position| withdraw(peers, worker, position));
        self.tell_of_room(&state);
        tickets
            .into_iter()
            .map(|ticket| state.release(ticket))
            .collect()
    }

    /// Takes out all tasks, whoever has them: for workers that are being killed.
    pub fn clear(&self) -> Vec<T> {
        let mut state = self.lock();
        let tickets = state.board.clear();
        self.tell_of_room(&state);
        tickets
            .into_iter()
            .map(|ticket| state.release(ticket))
            .collect()
    }

    /// A block for arguments that are too long for a lane: its offset. Where more than `most` bytes would be in use, or
    /// memory is short, it waits for blocks to be given back; `None` after `patience` (the caller takes results and
    /// asks again: one that took them may be who waits here).
    ///
    /// # Errors
    /// Whatever the kernel says where no task is left that could give a block back: `OutOfMemory`, mostly.
    pub fn allocate(&self, length: u64, most: u64, patience: Duration) -> io::Result<Option<u64>> {
        let mut state = self.lock();
        let end = Instant::now() + patience;
        loop {
            let in_use = state.arena.in_use();
            let left = end.saturating_duration_since(Instant::now());
            // What workers keep for good is given back by nobody; what a task had comes just after its result.
            let last = in_use == 0 || state.board.unfinished() == 0 && left.is_zero();
            if last || in_use.saturating_add(length) <= most {
                match state.arena.allocate(length) {
                    Ok(block) => return Ok(Some(block.offset)),
                    Err(error) if last => return Err(error),
                    Err(_) => {}
                }
            }
            if left.is_zero() {
                return Ok(None);
            }
            state.short_of_room += 1;
            state = match self.freed.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
            state.short_of_room -= 1;
        }
    }

    /// A block that [`Hub::allocate`] gave and no task has.
    pub fn free(&self, offset: u64) {
        let mut state = self.lock();
        state.arena.free(offset);
        self.tell_of_room(&state);
    }

    /// A block of a worker's arena whose content is not needed any more.
    pub fn free_result(&self, worker: WorkerId, offset: u64) {
        let mut state = self.lock();
        if let Some(peer) = state.peers.get_mut(&worker) {
            peer.freed.push(offset);
        }
        state.feed();
    }

    /// Tasks that have not ended.
    pub fn unfinished(&self) -> usize {
        self.lock().board.unfinished()
    }

    /// Becomes the caller: who takes results while it waits for one. `false` where another thread is.
    pub fn become_caller(&self) -> bool {
        let mut state = self.lock();
        let free = !state.caller;
        state.caller = true;
        if free {
            bell(&self.bell).service_listens(false);
        }
        free
    }

    /// How often [`Hub::rouse`] was called: to be asked before a look at what [`Hub::caller_waits`] waits for.
    pub fn roused(&self) -> u64 {
        self.roused.load(Ordering::SeqCst)
    }

    /// The caller sleeps until a worker sent something, somebody roused it after `seen`, or the time is over; a
    /// signal ends it too.
    pub fn caller_waits(&self, seen: u64, timeout: Option<Duration>) {
        if rightlane_shm::look(|| self.roused() != seen || self.has_records()) {
            return;
        }
        let late = self.next_look();
        let timeout = timeout.map_or(late, |timeout| {
            Some(late.map_or(timeout, |late| late.min(timeout)))
        });
        let bell = bell(&self.bell);
        bell.caller_sleeps();
        if self.roused() == seen && !self.has_records() {
            rightlane_shm::sleep(bell.caller(), 1, timeout);
        }
        bell.caller_wakes();
    }

    /// The caller waits no more: the service listens again.
    pub fn end_caller(&self) {
        let mut state = self.lock();
        state.caller = false;
        bell(&self.bell).service_listens(true);
        drop(state);
        // What came between the caller's last look and this rang nobody.
        if self.has_records() {
            raise(&self.event);
        }
    }

    /// Rouses the caller: what it waits for may have come about without it.
    pub fn rouse_caller(&self) {
        self.roused.fetch_add(1, Ordering::SeqCst);
        bell(&self.bell).rouse_caller();
    }

    /// Rouses whoever listens: something is to be done that no worker sent.
    pub fn rouse(&self) {
        self.rouse_caller();
        raise(&self.event);
    }

    /// The service is about to sleep in `poll` on the eventfd; `false` where there is something to take.
    pub fn service_sleeps(&self) -> bool {
        let mut drained = [0; 8];
        let _ = rustix::io::read(&self.event, &mut drained);
        let state = self.lock();
        let caller = state.caller;
        // Under the lock: a caller that ends meanwhile has to have the last word.
        bell(&self.bell).service_listens(!caller);
        drop(state);
        caller || !self.has_records()
    }

    /// When to look whether a worker is late, behind which tasks wait that another could do.
    #[must_use]
    pub fn next_look(&self) -> Option<Duration> {
        self.lock().board.is_uneven().then_some(LATE)
    }

    fn has_records(&self) -> bool {
        let state = self.lock();
        let mut peers = state.peers.values();
        peers.any(|peer| channel(&peer.memory).results.has_records())
    }

    /// Whoever waits for room looks again, once the lock is free. A wake is a system call even where nobody waits.
    fn tell_of_room(&self, state: &State<T>) {
        if state.short_of_room > 0 {
            self.freed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }
}

/// Asks a worker's lane for a task back.
fn withdraw(peers: &BTreeMap<WorkerId, Peer>, worker: WorkerId, position: u64) -> bool {
    let peer = peers.get(&worker);
    peer.is_some_and(|peer| peer.sender.withdraw(&channel(&peer.memory).tasks, position))
}

impl<T> State<T> {
    /// Everything that a worker sent.
    fn take_from(
        &mut self,
        worker: WorkerId,
        bytes: &mut Vec<u8>,
        done: &mut Vec<Done<T>>,
        broken: &mut Vec<WorkerId>,
    ) {
        let Some(peer) = self.peers.get_mut(&worker) else {
            return;
        };
        let lane = &channel(&peer.memory).results;
        loop {
            let record = match peer.receiver.next(lane, 0) {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(_) => {
                    broken.push(worker);
                    break;
                }
            };
            let start = bytes.len();
            peer.receiver.copy(lane, &record, bytes);
            peer.receiver.give_back(lane, record);
            match record.kind {
                kind::STARTED => peer.started = true,
                kind::UNUSABLE => peer.unusable = true,
                kind::FREE => {
                    if self.holders.get(&record.task) == Some(&worker) {
                        self.holders.remove(&record.task);
                        self.arena.free(record.task);
                    }
                    continue;
                }
                _ => {}
            }
            if let Some(ticks) = bytes
                .get(start..start + 4)
                .and_then(|four| four.try_into().ok())
            {
                let seconds = f64::from(u32::from_le_bytes(ticks)) * TICK as f64 * 1e-9;
                self.mean += NEWEST * (seconds - self.mean);
                peer.tasks += 1;
                peer.busy += seconds;
            }
            self.timed.remove(&TaskId(record.task));
            done.push(Done {
                ticket: self
                    .board
                    .finished(worker, TaskId(record.task))
                    .map(|one| one.ticket),
                worker,
                kind: record.kind,
                bytes: start..bytes.len(),
            });
        }
        if peer.receiver.someone_waits(lane) {
            rightlane_shm::wake(lane.full());
        }
    }

    /// A worker without a task gets some of those that another has not begun, where that is worth waking it.
    fn share(&mut self) {
        if self.board.waiting() > 0 {
            return;
        }
        let Some((idle, 0)) = self.board.least_loaded() else {
            return;
        };
        if !self.is_worth_sharing() {
            return;
        }
        if self
            .peers
            .get(&idle)
            .is_some_and(|peer| peer.started && !peer.stopping)
        {
            let Self { board, peers, .. } = self;
            board.share(|worker, position| withdraw(peers, worker, position));
        }
    }

    /// Whether the worker with the most tasks has work for longer than it takes to wake another, or is late.
    fn is_worth_sharing(&self) -> bool {
        let most = self.board.most_loaded();
        most.is_some_and(|(worker, load)| {
            load as f64 * self.mean > WAKE || load > 1 && self.is_late(worker)
        })
    }

    /// How many tasks to have with a worker.
    fn ahead(&self) -> usize {
        let ahead = AHEAD / self.mean.max(1e-9);
        (ahead as usize).clamp(LEAST_AHEAD, SLOTS - 8)
    }

    /// Sends what waits to the workers with the fewest tasks, and what else there is to say.
    fn feed(&mut self) {
        let ahead = self.ahead();
        while self.board.waiting() > 0 {
            let Some(worker) = self.hungriest(ahead) else {
                break;
            };
            let Some(id) = self.board.take_next() else {
                break;
            };
            if !self.send(worker, id) {
                self.board.wait_again(id);
                break;
            }
        }
        for peer in self.peers.values_mut() {
            peer.say_the_rest();
            let lane = &channel(&peer.memory).tasks;
            if peer.sender.someone_sleeps(lane) {
                rightlane_shm::wake(lane.asleep());
            }
        }
    }

    /// The worker that is the first to be at a new task, of those that have fewer than `ahead`. One that is late is so for
    /// who knows how long.
    fn hungriest(&self, ahead: usize) -> Option<WorkerId> {
        let peers = self.peers.iter().filter(|(_, peer)| !peer.stopping);
        let hungry = peers.filter_map(|(worker, peer)| {
            let load = self.board.load(*worker);
            // One that has not started yet may never start.
            let most = if peer.started { ahead } else { 1 };
            let asleep = channel(&peer.memory).tasks.asleep().load(Ordering::Relaxed) == 1;
            let until = load as f64 * self.mean + if asleep { WAKE } else { 0.0 };
            (load < most).then_some((until, load, *worker))
        });
        let order = |a: &(f64, usize, WorkerId), b: &(f64, usize, WorkerId)| {
            a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2)))
        };
        let first = hungry.clone().min_by(order)?;
        // Only where another has nothing, for the clock is not free.
        let idle = hungry.filter(|(_, load, _)| *load == 0).min_by(order);
        match idle.filter(|_| first.1 > 0 && self.is_late(first.2)) {
            Some((_, _, idle)) => Some(idle),
            None => Some(first.2),
        }
    }

    /// Whether a worker has been at its first task for long.
    fn is_late(&self, worker: WorkerId) -> bool {
        let begun = self.peers.get(&worker).and_then(|peer| {
            let first = self.board.first(worker)?;
            peer.sender.begun_at(&channel(&peer.memory).tasks, first)
        });
        begun.is_some_and(|begun| now().saturating_sub(begun) >= LATE.as_nanos() as u64)
    }

    /// Puts a task into a worker's lane, its function before it; `false` where there is no room.
    fn send(&mut self, worker: WorkerId, id: TaskId) -> bool {
        let Self {
            board,
            peers,
            functions,
            holders,
            timed,
            ..
        } = self;
        let (Some(peer), Some(ticket)) = (peers.get_mut(&worker), board.ticket(id)) else {
            return true;
        };
        let lane = &channel(&peer.memory).tasks;
        let payload = &ticket.payload;
        let number = payload.function.to_le_bytes();
        if !peer.knows.contains(&payload.function) {
            let function = &functions[payload.function as usize];
            if peer
                .sender
                .send(lane, kind::DEFINE, 0, &[&number, function])
                .is_none()
            {
                return false;
            }
            peer.knows.insert(payload.function);
        }
        let intact = if payload.retries > 0 { kind::INTACT } else { 0 };
        let flag = payload.block.map_or(0, |_| kind::IN_BLOCK | intact);
        let sent = peer
            .sender
            .send(lane, kind::TASK | flag, id.0, &[&number, &payload.bytes]);
        let Some(position) = sent else {
            return false;
        };
        if let Some(block) = payload.block {
            holders.insert(block, worker);
        }
        if payload.timeout.is_some() {
            timed.insert(id);
        }
        board.sent(id, worker, position);
        true
    }

    /// How much of its time a task has left; all of it before it is begun. `None` for one that has ended.
    fn time_left(&mut self, id: TaskId, now: u64) -> Option<Duration> {
        let timeout = self.board.ticket(id)?.payload.timeout?;
        let begun = self.board.place(id).and_then(|(worker, position)| {
            let peer = self.peers.get(&worker)?;
            peer.sender.begun_at(&channel(&peer.memory).tasks, position)
        });
        let used = begun.map_or(0, |begun| now.saturating_sub(begun));
        Some(timeout.saturating_sub(Duration::from_nanos(used)))
    }

    /// What is handed out of a task that no worker works on.
    fn release(&mut self, ticket: Ticket<T>) -> T {
        if let Some(block) = ticket.payload.block {
            self.holders.remove(&block);
            self.arena.free(block);
        }
        ticket.ticket
    }
}

impl Peer {
    /// What is to be said besides tasks, as far as there is room.
    fn say_the_rest(&mut self) {
        let lane = &channel(&self.memory).tasks;
        while let Some(block) = self.freed.pop() {
            if self.sender.send(lane, kind::FREE, block, &[]).is_none() {
                self.freed.push(block);
                return;
            }
        }
        if self.stopping && !self.was_told_to_stop {
            self.was_told_to_stop = self.sender.send(lane, kind::STOP, 0, &[]).is_some();
        }
    }
}

const _: () = assert!(INLINE * 4 <= BYTES);
