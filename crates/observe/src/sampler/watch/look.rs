//! One round: a look at every Python thread.

use super::Watch;
use super::tally::Tally;
use crate::kernel::process;
use crate::kernel::thread::{Call, Clock, State};
use crate::kernel::waits::{self, Subject, Wait};
use crate::reader::attach::Target;
use crate::reader::frames::{EMPTY_STACK, FrameId, Marks, StackId};
use crate::reader::opcodes::Instruction;
use crate::reader::roster::ThreadRef;
use crate::sampler::classify::{Class, Evidence, classify, is_io};
use crate::sampler::details::{DetailId, Spot};
use crate::sampler::shared::Shared;
use crate::sampler::split::{Look, Split};
use crate::sampler::stalls::{Busy, Step};
use crate::sampler::timeline;
use rightlane_facts::{Ledger, WaitCause};
use rustc_hash::FxHashMap;
use std::time::Duration;

/// The process's threads could not be listed: it has ended, or executes another program.
#[derive(Debug)]
pub(super) struct Lost;

/// The threads followed, by kernel id.
pub(super) type Followed = FxHashMap<i32, Thread>;

/// A thread followed.
pub(super) struct Thread {
    split: Split,
    /// Round in which it was last there.
    round: u64,
    /// Whether the last look saw everything: its stack, and what it waits for.
    settled: bool,
    /// Its number among the threads met.
    pub(super) number: u32,
    /// Since when it has been seen doing the same thing at the same place, in seconds.
    pub(super) since: f64,
    /// Where its time went since the last live view.
    pub(super) recent: Ledger,
    /// The event loop's callback that it is in.
    busy: Busy,
    turn: Option<Turn>,
    asked: Asked,
    /// The last wait of which more than the cause was known.
    detailed: Option<(WaitCause, DetailId)>,
}

/// A thread's state, and when it was asked for, in nanoseconds.
type Asked = (State, u64);

/// A callback of an event loop under way.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Equal as long as it goes on.
    turn: u64,
    /// The innermost frame of the program's own.
    place: FrameId,
}

/// What a look at a thread found.
struct Found {
    look: Look,
    asked: Asked,
    turn: Option<Turn>,
    /// Whether more may be known at the next look, though the thread has not moved.
    more_later: bool,
}

impl Thread {
    /// What it was last seen doing.
    pub(super) fn last(&self) -> &Look {
        self.split.last()
    }

    /// Divides the time seen so far.
    pub(super) fn settle(&mut self, tally: &mut Tally) {
        self.split
            .settle_now(&mut tally.of(self.number, &mut self.recent));
    }
}

/// What one reading of a stack gave.
struct Seen {
    stack: StackId,
    /// The innermost frame.
    frame: Option<FrameId>,
    instruction: Instruction,
    gil_on: bool,
    holds: bool,
    others_hold: bool,
    leaf: Marks,
    near: Marks,
    all: Marks,
    turn: Option<Turn>,
}

/// How old a state may be, in nanoseconds: a fifth of the time over which the split compares the CPU
/// times in it.
const STATE_AGE: u64 = 50_000_000;

/// Innermost frames that count as near.
const NEAR: usize = 4;

impl Watch {
    /// Looks at every thread.
    pub(super) fn round(&mut self, target: &Target, shared: &mut Shared) -> Result<(), Lost> {
        self.call_the_roll(target)?;
        self.descriptors.next_round();
        self.status.rounds += 1;
        self.census.python_threads(self.present.len());
        for index in 0..self.present.len() {
            let Some(thread) = self.present.get(index).copied() else {
                break;
            };
            let known = thread.tid > 0 && !self.is_followed_now(thread.tid);
            let tid = if known {
                thread.tid
            } else {
                self.only_thread()
            };
            let thread = ThreadRef { tid, ..thread };
            if tid > 0 && self.look_at(target, thread, shared) == Some(Ended) {
                return Err(Lost);
            }
        }
        self.drop_missing(shared);
        self.look_at_tasks(target, shared);
        Ok(())
    }

    /// Two states with one thread id: one of them is torn, or both (the id is not where it was
    /// looked for).
    fn is_followed_now(&self, tid: i32) -> bool {
        let round = self.status.rounds;
        self.followed
            .get(&tid)
            .is_some_and(|thread| thread.round == round)
    }

    /// The main thread, if its id could not be read and nothing else was seen in this round:
    /// right for programs with one thread on C libraries that keep the id elsewhere.
    fn only_thread(&self) -> i32 {
        let main = self.pid.cast_signed();
        if self.is_followed_now(main) { 0 } else { main }
    }

    fn look_at(
        &mut self,
        target: &Target,
        thread: ThreadRef,
        shared: &mut Shared,
    ) -> Option<Ended> {
        let tid = thread.tid;
        let clock = self.threads.clock(tid)?;
        let at = nanos(shared.elapsed());
        self.status.samples += 1;
        if self.is_unmoved(tid, clock) {
            self.note_unmoved(tid, at, shared);
            return None;
        }
        let asked = match self.still_running(tid, clock, at) {
            Some(asked) => asked,
            None => (self.threads.state(tid)?, at),
        };
        if matches!(asked.0.letter, b'Z' | b'X') {
            return (tid == self.pid.cast_signed()).then_some(Ended);
        }
        let unusable = self.status.unusable;
        let found = self.examine(target, thread, clock, asked, at, shared);
        let settled = self.status.unusable == unusable && !found.more_later;
        self.python_threads.insert(tid);
        self.note(tid, &found, settled, shared);
        None
    }

    /// Whether the thread ran at its last look.
    pub(super) fn ran(&self, tid: i32) -> bool {
        self.followed
            .get(&tid)
            .is_some_and(|known| known.last().runnable)
    }

    /// Whether the thread has not run since it was last seen, blocked.
    fn is_unmoved(&self, tid: i32, clock: Clock) -> bool {
        self.followed.get(&tid).is_some_and(|known| {
            let last = known.split.last();
            known.settled && !last.runnable && clock.runs != u64::MAX && last.clock == clock
        })
    }

    /// The last state, if it is that of a thread which ran then and still does: it has not been given
    /// a CPU again, so it was not blocked, and its system call is none. That is a third of what asking
    /// for the state itself costs, which is done now and then for the CPU time in it.
    fn still_running(&mut self, tid: i32, clock: Clock, at: u64) -> Option<Asked> {
        let known = self.followed.get(&tid)?;
        let (last, (_, when)) = (known.split.last(), known.asked);
        let fresh = at.saturating_sub(when) < STATE_AGE;
        let ran_on = last.runnable && clock.runs != u64::MAX && clock.runs == last.clock.runs;
        (fresh && ran_on && self.threads.call(tid) == Call::Moving).then_some(known.asked)
    }

    fn note_unmoved(&mut self, tid: i32, at: u64, shared: &mut Shared) {
        let Some(known) = self.followed.get_mut(&tid) else {
            return;
        };
        known.round = self.status.rounds;
        let last = *known.split.last();
        known.split.unmoved(at);
        let step = step(known.turn, &last, last.at, at);
        let number = known.number;
        known.busy.look(number, step, &mut self.stalls);
        self.roll.seen(number, seconds(at));
        let span = (seconds(last.at), seconds(at));
        self.draw(number, span, &last, shared);
    }

    /// Adds what the look saw to the timeline, if there is one; threads that share a number would
    /// lie on top of each other there.
    fn draw(&mut self, number: u32, span: (f64, f64), look: &Look, shared: &mut Shared) {
        if let Some(left) = &mut shared.stretches_left
            && !self.roll.is_shared(number)
        {
            self.timeline.add(number, span, look.class, look.spot, left);
        }
    }

    fn note(&mut self, tid: i32, found: &Found, settled: bool, shared: &mut Shared) {
        let look = found.look;
        let at = seconds(look.at);
        let round = self.status.rounds;
        let Some(known) = self.followed.get_mut(&tid) else {
            let main = tid == self.pid.cast_signed();
            let name = self.name_of(tid);
            let number = self.roll.enter(tid, main, name, at);
            let thread = Thread {
                split: Split::new(look),
                round,
                settled,
                number,
                since: at,
                recent: Ledger::default(),
                busy: Busy::default(),
                turn: found.turn,
                asked: found.asked,
                detailed: detailed(&look),
            };
            self.followed.insert(tid, thread);
            return;
        };
        known.round = round;
        known.settled = settled;
        let last = *known.split.last();
        if (last.class, last.spot) != (look.class, look.spot) {
            known.since = seconds(last.at);
        }
        known.turn = found.turn;
        known.asked = found.asked;
        known.detailed = detailed(&look).or(known.detailed);
        let step = step(found.turn, &look, last.at, look.at);
        known.busy.look(known.number, step, &mut self.stalls);
        let number = known.number;
        let mut account = self.tally.of(number, &mut known.recent);
        known.split.look(look, &mut account);
        self.roll.seen(number, at);
        self.draw(number, (seconds(last.at), at), &look, shared);
    }

    /// The thread's own name; empty if it has none (it then has that of the process).
    fn name_of(&self, tid: i32) -> String {
        let name = process::thread_name(self.pid, tid);
        let main = process::thread_name(self.pid, self.pid.cast_signed());
        if name == main { String::new() } else { name }
    }

    /// The system call first, then the stack: a thread that waits does not move between the two.
    fn examine(
        &mut self,
        target: &Target,
        thread: ThreadRef,
        clock: Clock,
        asked: Asked,
        at: u64,
        shared: &mut Shared,
    ) -> Found {
        let state = asked.0;
        let runnable = state.letter == b'R';
        let blocked = (!runnable).then(|| {
            // What was read before its state may be of a moment before it came to wait.
            self.stacks.read_ahead(thread, 0);
            let call = self.threads.call(thread.tid);
            if call == Call::Hidden {
                self.hidden_calls += 1;
            }
            waits::find(call, &mut self.descriptors, &self.memory)
        });
        let last = self.followed.get(&thread.tid).map(|known| &known.split);
        let last_stack = last.map_or(EMPTY_STACK, |split| split.last().spot.stack);
        let last_wait = last.and_then(Split::last_wait);
        let seen = self.read_stack(target, thread, runnable, last_stack, shared);
        let evidence = Evidence {
            letter: state.letter,
            blocked,
            gil: thread.gil,
            gil_on: seen.gil_on,
            holds: seen.holds,
            others_hold: seen.others_hold,
            instruction: seen.instruction,
            leaf: seen.leaf,
            near: seen.near,
            all: seen.all,
            does_io: seen
                .frame
                .is_some_and(|frame| self.io_frames.contains(&frame)),
            last_wait,
        };
        let class = self.class(&evidence, seen.frame);
        let mut known = self.known(target, (thread, clock), class, blocked, shared);
        let guessed = blocked.is_some_and(|blocked| blocked.wait == Wait::Moving);
        if guessed {
            known.detail = self.last_detail(thread.tid, class);
        }
        let look = Look {
            at,
            clock,
            system: self.threads.nanos(state.system),
            runnable: runnable && matches!(class, Class::Cpu(_)),
            class,
            guessed,
            spot: Spot {
                stack: seen.stack,
                detail: known.detail,
            },
        };
        Found {
            look,
            asked,
            turn: seen.turn,
            more_later: known.more_later,
        }
    }

    /// Decides, and remembers frames that wait for what the kernel copies.
    fn class(&mut self, evidence: &Evidence, frame: Option<FrameId>) -> Class {
        let peers = &mut self.descriptors.peers;
        let descriptor = match evidence.blocked.map(|blocked| blocked.subject) {
            Some(Subject::Socket(_, descriptor)) => descriptor,
            _ => u64::MAX,
        };
        let class = classify(evidence, |inode| peers.is_lookup(inode, descriptor));
        // A page that had to be read is no sign of copying: any code can need one.
        let moves_data = evidence.blocked.is_some_and(|blocked| {
            matches!(
                blocked.wait,
                Wait::Socket(_) | Wait::Pipe | Wait::FileRead | Wait::FileWrite
            )
        });
        if let (Class::Wait(cause), Some(frame)) = (class, frame)
            && moves_data
            && is_io(cause)
        {
            self.io_frames.insert(frame);
        }
        class
    }

    /// What a thread that moved on before its system call could be read most likely waited for: the
    /// same as the last time that it waited for such a thing.
    fn last_detail(&self, tid: i32, class: Class) -> DetailId {
        let last = self.followed.get(&tid).and_then(|thread| thread.detailed);
        match last {
            Some((cause, detail)) if class == Class::Wait(cause) => detail,
            _ => DetailId::NONE,
        }
    }

    /// Where the stack cannot be read the last one stands in: its outer frames are likely right.
    fn read_stack(
        &mut self,
        target: &Target,
        thread: ThreadRef,
        runnable: bool,
        last_stack: StackId,
        shared: &mut Shared,
    ) -> Seen {
        let reader = &mut self.stacks;
        let result = reader.read(&self.memory, target, thread, &mut shared.frames);
        let stack = if result.is_ok() {
            shared.stacks.id(reader.frames())
        } else {
            self.status.unusable += 1;
            last_stack
        };
        if shared.turns && result.is_ok() {
            let frames = reader.own_frames(&self.memory, target);
            self.turns.look(thread.tid, frames);
        }
        self.truncated += u64::from(result.is_ok() && reader.truncated());
        let instruction = if runnable && result.is_ok() {
            reader.instruction(&self.memory, target)
        } else {
            Instruction::Other
        };
        let gil = reader.gil();
        if let Some(python) = &mut self.python
            && result.is_ok()
        {
            python.gil = gil.enabled;
        }
        let holds = if gil.enabled {
            gil.holder == thread.state
        } else {
            result.is_ok() && reader.attached(target)
        };
        let frames = shared.stacks.frames(stack);
        let marks = |count: usize| {
            let nearest = frames.iter().take(count);
            nearest.fold(Marks::default(), |marks, id| {
                marks.with(shared.frames.marks(*id))
            })
        };
        let all = marks(frames.len());
        let turn = if all.any(Marks::CALLBACK) && result.is_ok() {
            let own = |id: &&FrameId| !shared.frames.marks(**id).any(Marks::LIBRARY);
            let turn = reader.turn(&self.memory, target);
            let place = frames.iter().find(own).copied();
            turn.zip(place).map(|(turn, place)| Turn { turn, place })
        } else {
            None
        };
        self.has_loop |= all.any(Marks::LOOP);
        Seen {
            stack,
            frame: frames.first().copied(),
            instruction,
            gil_on: gil.enabled || !target.layout.free_threaded,
            holds,
            others_hold: gil.enabled && gil.holder != 0 && !holds,
            leaf: marks(1),
            near: marks(NEAR),
            all,
            turn,
        }
    }

    /// Ends the accounts of threads that were not there in this round.
    fn drop_missing(&mut self, shared: &Shared) {
        let round = self.status.rounds;
        let gone: Vec<i32> = self
            .followed
            .iter()
            .filter(|(_, thread)| thread.round != round)
            .map(|(tid, _)| *tid)
            .collect();
        if gone.is_empty() {
            return;
        }
        let now = nanos(shared.elapsed());
        for tid in gone {
            if let Some(mut thread) = self.followed.remove(&tid) {
                // It ended some time since it was last seen: on average half of that ago.
                let last = thread.split.last().at;
                let at = last + now.saturating_sub(last) / 2;
                self.roll.seen(thread.number, seconds(at));
                self.turns.forget(tid);
                thread.busy.end(thread.number, &mut self.stalls);
                let mut account = self.tally.of(thread.number, &mut thread.recent);
                thread.split.finish(at, None, &mut account);
            }
        }
        let followed = &self.followed;
        self.threads.retain(|tid| followed.contains_key(&tid));
    }

    /// Ends every account.
    pub(super) fn finish_threads(&mut self, end: Duration) {
        for (tid, mut thread) in std::mem::take(&mut self.followed) {
            let clock = self.threads.clock(tid);
            self.roll.seen(thread.number, end.as_secs_f64());
            thread.busy.end(thread.number, &mut self.stalls);
            let mut account = self.tally.of(thread.number, &mut thread.recent);
            thread.split.finish(nanos(end), clock, &mut account);
        }
    }
}

/// The process has ended.
#[derive(Debug, PartialEq, Eq)]
struct Ended;

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The callback seen, if any, for what watches them; the time before `at` belongs to it.
fn step(turn: Option<Turn>, look: &Look, before: u64, at: u64) -> Option<Step> {
    turn.map(|Turn { turn, place }| Step {
        before,
        at,
        turn,
        cause: timeline::cause(look.class),
        stack: look.spot.stack,
        place,
    })
}

/// The look's wait, if more than its cause is known.
fn detailed(look: &Look) -> Option<(WaitCause, DetailId)> {
    match look.class {
        Class::Wait(cause) if look.spot.detail != DetailId::NONE => Some((cause, look.spot.detail)),
        _ => None,
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
