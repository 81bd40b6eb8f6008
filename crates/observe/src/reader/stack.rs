//! A thread's stack at one moment, together with who holds the GIL at that moment.

use crate::reader::attach::Target;
use crate::reader::code::{Code, CodeCache};
use crate::reader::frame::{OWNED_BY_THREAD, RawFrame};
use crate::reader::frames::{FrameId, FrameTable, Marks, OwnFrame};
use crate::reader::gil::Gil;
use crate::reader::layout::{FrameLayout, FramePlace};
use crate::reader::locks::{self, LockWait, Waiting};
use crate::reader::memory::{Memory, at, half, word};
use crate::reader::opcodes::{self, Instruction};
use crate::reader::roster::ThreadRef;
use crate::reader::snapshot::{Guess, Head, Snapshot};
use crate::reader::{Fault, Read};
use crate::sys::Part;
use rustc_hash::FxHashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

/// Frames kept of one stack. The innermost ones are kept as they are; of the rest of a deeper
/// stack each frame is kept once, which loses no place in the source that is on the stack.
const INNERMOST: usize = 256;
const MOST_KEPT: usize = 512;

/// Frames walked at most; the outermost ones of a deeper recursion are not seen.
const MOST_WALKED: usize = 20_000;

/// System calls spent on one stack at most. Where that is not enough (3.10, deep recursion), the
/// next sample gets further: it reads all frames known by then at once.
const MOST_READS: usize = 2_000;

/// Frames outside the newest chunk of the data stack (generators; in 3.10 all) that are read
/// along with it, at the addresses of the last sample.
const MOST_EXTRAS: usize = MOST_WALKED;

/// Largest chunk of the data stack read as a whole.
const LARGEST_CHUNK: u64 = 1 << 20;

/// Smallest chunk of the data stack: what is read of an older one.
const CHUNK: usize = 16 << 10;

/// Bytes read beyond the top of the stack: it moves between two samples.
const BEYOND_TOP: u64 = 2048;

/// Bit of `_status` for "inside the interpreter".
const ACTIVE: u32 = 1 << 4;

/// Threads whose last place is remembered at most.
const MOST_GUESSES: usize = 8192;

/// Frames remembered of all threads together (8 MB): fifty of the deepest stacks.
const MOST_REMEMBERED: usize = 1 << 20;

/// Effort spent on describing frames that are new, in bytes of line tables gone through; beyond
/// it the next sample gets further. 16 of the longest tables, or 1,000 functions of usual size.
const MOST_EFFORT: usize = 16 << 20;

/// What a new frame costs besides its table: reading its code object takes several system calls.
const EFFORT: usize = 16 << 10;

/// Reads stacks. One for all threads: it keeps its buffers and what it knows of each thread.
#[derive(Default)]
pub(crate) struct StackReader {
    guesses: FxHashMap<u64, Guess>,
    copy: Snapshot,
    /// What of it was read ahead of its thread's look: the thread state, and how many bytes arrived.
    ahead: Option<(u64, usize)>,
    codes: CodeCache,
    /// Code object of the last frame: recursion asks for the same one again and again.
    last_code: Option<(u64, Rc<Code>)>,
    /// Addresses of the code objects on the stack, each at least once.
    used_codes: Vec<u64>,
    frames: Vec<FrameId>,
    /// Address of the innermost frame's instruction.
    instruction: u64,
    /// Its code object, and where that one's bytecode ends.
    leaf: (u64, u64),
    /// Address of the frame of an event loop's turn.
    turn: u64,
    /// The program's own frames: address, frame, code object, how many variables.
    own: Vec<(u64, FrameId, u64, usize)>,
    gil: Gil,
    /// Whether older chunks of the data stack were read, each by a call of its own.
    older: bool,
    truncated: bool,
    reads: usize,
    effort: usize,
    /// Room taken by the frames that `guesses` remembers.
    remembered: usize,
}

/// Values of an event loop's frame that tell one of its turns from the next: more than it has
/// locals.
const TURN_VALUES: usize = 16;

/// Frames of the program's own whose variables are looked at, and variables of each.
const MOST_OWN: usize = 8;
const MOST_VARIABLES: usize = 64;

impl StackReader {
    /// For the process with this number among those that share a frame table.
    pub(crate) fn new(process: u32) -> Self {
        StackReader {
            codes: CodeCache::new(process),
            ..StackReader::default()
        }
    }

    /// Reads the stack of `thread`, trying again if it comes out torn. Afterwards
    /// [`frames`](Self::frames), [`gil`](Self::gil) and [`instruction`](Self::instruction)
    /// describe that moment; after a fault there are no frames.
    pub(crate) fn read(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        thread: ThreadRef,
        table: &mut FrameTable,
    ) -> Read<()> {
        self.gil = Gil::default();
        let mut guess = self.take_guess(thread);
        let mut result = Err(Fault::Torn);
        for _ in 0..3 {
            (self.reads, self.effort) = (0, 0);
            self.frames.clear();
            (self.instruction, self.leaf) = (0, (0, 0));
            self.turn = 0;
            self.own.clear();
            self.older = false;
            self.truncated = false;
            self.used_codes.clear();
            self.last_code = None;
            result = self
                .gather(memory, target, thread, &mut guess)
                .and_then(|top| self.walk(memory, target, top, &mut guess, table))
                .and_then(|()| self.still_on_top(memory, target, thread, &guess));
            let size = target.layout.code.size;
            if result.is_ok() {
                guess.codes.set(&self.used_codes, size, self.leaf);
                break;
            }
            // What tore it may be a code object that is another one by now.
            guess.codes.clear();
            self.copy.along.prepare(&guess.codes);
            let _ = self.check_codes(memory, target);
        }
        if result.is_err() {
            self.frames.clear();
        }
        self.remembered += guess.extras.capacity();
        self.guesses.insert(thread.state, guess);
        result
    }

    /// What [`read`](Self::read) will want to know of `thread` first, to be read together with
    /// something else, after which [`read_ahead`](Self::read_ahead) is told how much of it arrived.
    /// Nothing of a thread that was not read before.
    pub(crate) fn wants(&mut self, target: &Target, thread: ThreadRef) -> Vec<Part<'_>> {
        self.ahead = None;
        let guess = self.guesses.get(&thread.state);
        let parts = guess.map(|guess| self.copy.parts(target, thread, guess));
        parts.and_then(Result::ok).unwrap_or_default()
    }

    /// So many bytes of what [`wants`](Self::wants) said of `thread` were read; none: they are out of
    /// date.
    pub(crate) fn read_ahead(&mut self, thread: ThreadRef, got: usize) {
        self.ahead = (got > 0).then_some((thread.state, got));
    }

    /// Whether the thread is still in the chunk that it was in when the reading began, if older ones
    /// were read after it: once it has returned from it, those may hold anything, an early end of the
    /// stack for example.
    fn still_on_top(
        &self,
        memory: &impl Memory,
        target: &Target,
        thread: ThreadRef,
        guess: &Guess,
    ) -> Read<()> {
        match target.layout.thread.chunk {
            Some(offset) if self.older => {
                let chunk = memory.word(at(thread.state, offset)?)?;
                (chunk == guess.chunk).then_some(()).ok_or(Fault::Torn)
            }
            _ => Ok(()),
        }
    }

    fn take_guess(&mut self, thread: ThreadRef) -> Guess {
        if self.guesses.len() >= MOST_GUESSES || self.remembered > MOST_REMEMBERED {
            self.guesses.clear();
            self.remembered = 0;
        }
        let guess = self.guesses.remove(&thread.state).unwrap_or_default();
        self.remembered -= guess.extras.capacity();
        guess
    }

    /// Forgets everything learned of the target: it runs another program now.
    pub(crate) fn forget(&mut self) {
        self.guesses.clear();
        self.remembered = 0;
        self.codes.forget();
        self.last_code = None;
    }

    /// The code objects known, for another reader whose frames go into the same table.
    pub(crate) fn codes(&mut self) -> &mut CodeCache {
        &mut self.codes
    }

    /// The last stack's frames, innermost first.
    pub(crate) fn frames(&self) -> &[FrameId] {
        &self.frames
    }

    /// Whether outermost frames of the last stack are missing.
    pub(crate) fn truncated(&self) -> bool {
        self.truncated
    }

    /// Who held the GIL.
    pub(crate) fn gil(&self) -> Gil {
        self.gil
    }

    /// Whether the thread was inside the interpreter (told from 3.12 on): what stands for "has the GIL"
    /// in free-threaded builds. Of the stack's moment, not of that of the list of threads: a thread
    /// that came to wait between the two was taken for one that waits inside the interpreter.
    pub(crate) fn attached(&self, target: &Target) -> bool {
        let status = target.layout.thread.status;
        let status = status.and_then(|offset| half(&self.copy.thread, offset).ok());
        status.is_some_and(|status| status & ACTIVE != 0)
    }

    /// What the innermost frame was doing.
    pub(crate) fn instruction(&self, memory: &impl Memory, target: &Target) -> Instruction {
        if self.instruction == 0 {
            return Instruction::Other;
        }
        let mut opcode = [0];
        match self.copy.along.get(self.instruction, 1) {
            Some(read) => opcode.copy_from_slice(read),
            None if memory.read(self.instruction, &mut opcode).is_ok() => {}
            None => return Instruction::Other,
        }
        opcodes::kind(target.layout.minor, opcode[0])
    }

    /// What a thread that sleeps in a futex waits for, and who holds it: see [`locks::find`].
    pub(crate) fn lock_wait(
        &mut self,
        memory: &impl Memory,
        waiting: Waiting<'_>,
        table: &mut FrameTable,
    ) -> LockWait {
        locks::find(memory, waiting, &mut self.codes, table)
    }

    /// What tells the turn of the event loop that the last stack is in from the next one; `None`
    /// outside of an event loop.
    pub(crate) fn turn(&self, memory: &impl Memory, target: &Target) -> Option<u64> {
        if self.turn == 0 {
            return None;
        }
        let values = at(self.turn, target.layout.frame.values).ok()?;
        let mut bytes = [0; TURN_VALUES * 8];
        memory.read(values, &mut bytes).ok()?;
        let began = turn_began(memory, target, &bytes);
        Some(hash(&bytes) ^ began.unwrap_or(0))
    }

    /// What tells one iteration of a loop from the next in the last stack's own frames.
    pub(crate) fn own_frames(&self, memory: &impl Memory, target: &Target) -> Vec<OwnFrame> {
        let values = |address: u64, count: usize| {
            let values = at(address, target.layout.frame.values).ok()?;
            // 3.10 does not say how many there are; some of its value stack does no harm.
            let count = if count == 0 { TURN_VALUES } else { count };
            let bytes = memory.block(values, count.min(MOST_VARIABLES) * 8).ok()?;
            Some(hash(&bytes))
        };
        let own = self.own.iter();
        own.filter_map(|(address, frame, code, count)| {
            Some(OwnFrame {
                address: *address,
                frame: *frame,
                code: *code,
                values: values(*address, *count)?,
            })
        })
        .collect()
    }

    /// Reads thread state, GIL, C frame and data stack at one moment, again until the places
    /// were the right ones; yields the address of the innermost frame.
    fn gather(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        thread: ThreadRef,
        guess: &mut Guess,
    ) -> Read<u64> {
        let fields = &target.layout.thread;
        for _ in 0..4 {
            let Head { whole, top, .. } = self.read_guess(memory, target, thread, guess)?;
            let state = &self.copy.thread;
            let (pointer, top) = match fields.frame {
                FramePlace::Thread(offset) => (0, word(state, offset)?),
                FramePlace::CFrame { pointer, .. } => (word(state, pointer)?, top),
            };
            let (chunk, used) = match fields.chunk {
                Some(offset) => used_chunk(state, offset)?,
                None => (0, 0),
            };
            // The slack read beyond the top need not still be there; the used part must.
            let enough = used.saturating_sub(BEYOND_TOP as usize) <= guess.length;
            if whole && pointer == guess.c_frame && chunk == guess.chunk && enough {
                return Ok(top);
            }
            if !whole && chunk == guess.chunk && pointer == guess.c_frame {
                guess.extras.clear();
            }
            (guess.c_frame, guess.chunk, guess.length) = (pointer, chunk, used);
        }
        Err(Fault::Torn)
    }

    /// One system call for everything at the guessed places, unless it has been read ahead.
    fn read_guess(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        thread: ThreadRef,
        guess: &Guess,
    ) -> Read<Head> {
        let got = match self.ahead.take() {
            Some((state, got)) if state == thread.state => got,
            _ => {
                self.reads += 1;
                let mut parts = self.copy.parts(target, thread, guess)?;
                memory.read_parts(&mut parts)?
            }
        };
        let head = self.copy.decode(target, guess, got)?;
        self.gil = head.gil;
        Ok(head)
    }

    fn walk(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        top: u64,
        guess: &mut Guess,
        table: &mut FrameTable,
    ) -> Read<()> {
        let layout = &target.layout.frame;
        let mut older_chunk = self.chunk_before(guess.chunk);
        guess.extras.clear();
        let mut address = top;
        // Frames read at different moments can form a ring: Brent's way to notice.
        let mut mark = (0, 1);
        for step in 0..MOST_WALKED {
            if step == mark.1 {
                mark = (address, step * 2);
            } else if address == mark.0 && address != 0 {
                return Err(Fault::Torn);
            }
            if address == 0 || self.reads > MOST_READS || self.effort > MOST_EFFORT {
                self.truncated |= address != 0;
                return self.check_codes(memory, target);
            }
            let frame = self.frame(memory, layout, address, &mut older_chunk, guess)?;
            let this = address;
            address = frame.previous;
            if frame.owner >= layout.marker_owner || frame.code == 0 {
                continue;
            }
            let code = self.code(memory, target, frame.code)?;
            let index = frame.index(memory, target, &code)?;
            if self.frames.is_empty() && self.instruction == 0 {
                self.instruction = frame.instruction_address(&code);
                let length = code.units.saturating_mul(2);
                self.leaf = (frame.code, code.bytecode.saturating_add(length));
            }
            let id = table.id(code.id, index, || {
                self.effort += EFFORT + code.weight();
                let position = code.position(target.layout.minor, index);
                (code.file.clone(), code.function.clone(), position)
            });
            if table.marks(id).any(Marks::TURN) {
                self.turn = this;
            }
            if self.own.len() < MOST_OWN && !table.marks(id).any(Marks::LIBRARY) {
                self.own.push((this, id, code.id, code.locals));
            }
            self.keep(id);
        }
        self.truncated = true;
        self.check_codes(memory, target)
    }

    /// Whether the code objects met are what they were when they were first read.
    fn check_codes(&mut self, memory: &impl Memory, target: &Target) -> Read<()> {
        self.last_code = None;
        let (layout, size) = (&target.layout, target.layout.code.size);
        let mut others = Vec::new();
        let mut all = true;
        for address in &self.used_codes {
            match self.copy.along.get(*address, size) {
                Some(block) => all &= self.codes.is_still(layout, *address, Some(block))?,
                None => others.push(*address),
            }
        }
        all &= self.codes.still_there(memory, layout, &others)?;
        if all { Ok(()) } else { Err(Fault::Torn) }
    }

    fn keep(&mut self, id: FrameId) {
        if self.frames.len() < INNERMOST {
            self.frames.push(id);
        } else if self.frames.last() != Some(&id) && !self.frames.contains(&id) {
            if self.frames.len() < MOST_KEPT {
                self.frames.push(id);
            } else {
                self.truncated = true;
            }
        }
    }

    fn code(&mut self, memory: &impl Memory, target: &Target, address: u64) -> Read<Rc<Code>> {
        if let Some((last, code)) = &self.last_code
            && *last == address
        {
            return Ok(Rc::clone(code));
        }
        if self.used_codes.len() < MOST_KEPT {
            self.used_codes.push(address);
        }
        let code = self.codes.get(memory, &target.layout, address)?;
        self.last_code = Some((address, Rc::clone(&code)));
        Ok(code)
    }

    /// The chunk before the one at `chunk`, according to its header.
    fn chunk_before(&mut self, chunk: u64) -> u64 {
        let header = self.copy.window.get(chunk, 8);
        header.and_then(|bytes| word(bytes, 0).ok()).unwrap_or(0)
    }

    /// The frame at `address`: from what was read at once, or else read now.
    fn frame(
        &mut self,
        memory: &impl Memory,
        layout: &FrameLayout,
        address: u64,
        older_chunk: &mut u64,
        guess: &mut Guess,
    ) -> Read<RawFrame> {
        let in_chunk = address.wrapping_sub(guess.chunk) < guess.length as u64;
        if let Some(bytes) = self.copy.window.get(address, layout.size) {
            let frame = RawFrame::decode(bytes, layout)?;
            if !in_chunk && (layout.owner.is_none() || frame.owner != OWNED_BY_THREAD) {
                remember(guess, address);
            }
            return Ok(frame);
        }
        self.reads += 1;
        self.copy.window.load(memory, address, layout.size)?;
        let bytes = self
            .copy
            .window
            .get(address, layout.size)
            .ok_or(Fault::Torn)?;
        let frame = RawFrame::decode(bytes, layout)?;
        if layout.owner.is_some() && frame.owner == OWNED_BY_THREAD {
            // The stack goes on in an older chunk: fetch it whole, more frames lie there.
            let chunk = std::mem::take(older_chunk);
            if chunk != 0 && self.copy.window.load(memory, chunk, CHUNK).is_ok() {
                self.reads += 1;
                self.older = true;
                *older_chunk = self.chunk_before(chunk);
            }
        } else {
            remember(guess, address);
        }
        Ok(frame)
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn remember(guess: &mut Guess, address: u64) {
    if guess.extras.len() < MOST_EXTRAS {
        guess.extras.push(address);
    }
}

/// The newest chunk of the data stack and how many of its bytes to read.
fn used_chunk(thread: &[u8], offset: usize) -> Read<(u64, usize)> {
    let chunk = word(thread, offset)?;
    let top = word(thread, offset + 8)?;
    let limit = word(thread, offset + 16)?;
    if chunk == 0 {
        return Ok((0, 0));
    }
    if top < chunk || limit < top || limit - chunk > LARGEST_CHUNK {
        return Err(Fault::Torn);
    }
    Ok((
        chunk,
        (top - chunk + BEYOND_TOP).min(limit - chunk) as usize,
    ))
}

/// When the turn began, by the loop's own clock: its local `end_time`, before 3.13 the eighth, since
/// then the seventh. Where its values lie does not tell turns apart alone: Python gives the objects
/// of one turn the places of those of the turn before.
fn turn_began(memory: &impl Memory, target: &Target, values: &[u8]) -> Option<u64> {
    let layout = &target.layout;
    let local = if layout.minor < 13 { 7 } else { 6 };
    let header = if layout.free_threaded { 32 } else { 16 };
    let number = word(values, local * 8).ok()? & !7;
    memory.word(at(number, header).ok()?).ok()
}
