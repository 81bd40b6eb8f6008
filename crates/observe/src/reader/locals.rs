//! Stacks together with the values of their frames, of several threads at one moment.
//!
//! [`stack`](crate::reader::stack) is for every sample and one thread; this is for the rare
//! question that needs the values of all threads' frames. All stacks are walked side by side: each
//! step outwards costs one system call for all of them, however many there are.

use crate::reader::attach::Target;
use crate::reader::code::Code;
use crate::reader::frame::RawFrame;
use crate::reader::handlers::{self, Handler};
use crate::reader::layout::{BlockLayout, FrameLayout, FramePlace};
use crate::reader::memory::{self, Memory, at, half, word};
use crate::reader::{Fault, Read};

/// Frames walked of one stack.
pub(super) const MOST_FRAMES: usize = 1000;

/// Steps that need another system call, for all stacks together. In 3.10 each frame needs one: the
/// outermost frames of a deep recursion are not seen.
const MOST_STEPS: usize = 80;

/// Values read of one frame; and of one outside of the newest chunk of the data stack: fewer at each
/// try, since what follows it may be unmapped.
const MOST_VALUES: usize = 1024;
const FEW_VALUES: [usize; 3] = [96, 16, 0];

/// Bytes read of one chunk of the data stack, and of an older one, whose use is not known.
const LARGEST_CHUNK: u64 = 64 << 10;
const OLDER_CHUNK: usize = 16 << 10;

/// Blocks that a frame of 3.10 has at most (`CO_MAXBLOCKS`), and the type of those that handle an
/// exception (`SETUP_FINALLY`; what handles one already has another).
const MOST_BLOCKS: usize = 20;
const HANDLES: u32 = 122;

/// A thread's stack.
#[derive(Default)]
pub(super) struct Stack {
    /// Address of the thread state.
    pub(super) state: u64,
    /// The thread's `pthread_t`.
    pub(super) ident: u64,
    /// Innermost first; the outermost ones may be missing.
    pub(super) frames: Vec<Frame>,
}

/// A frame with its values.
pub(super) struct Frame {
    pub(super) address: u64,
    pub(super) head: RawFrame,
    /// Locals, cells, free variables and the value stack, stale values above its top included.
    pub(super) values: Vec<u64>,
    /// 3.10: how many values lie below the value stack, and the handlers.
    blocks: Option<(usize, Vec<Handler>)>,
}

impl Frame {
    /// The handlers around its instruction, inside out, their depths counted in `values`: all below
    /// is live. In 3.10 `first` is not where the handler's code begins but the handler itself.
    pub(super) fn handlers(&self, code: &Code, index: i32) -> Vec<Handler> {
        let (locals, handlers) = match &self.blocks {
            Some((locals, handlers)) => (*locals, handlers.clone()),
            None => (code.locals, handlers::around(&code.handlers, index)),
        };
        let live = |handler: Handler| Handler {
            depth: handler.depth.saturating_add(locals),
            ..handler
        };
        handlers.into_iter().map(live).collect()
    }

    /// The same frame, read anew.
    pub(super) fn again(&self, memory: &impl Memory, layout: &FrameLayout) -> Read<Frame> {
        let values = at(self.address, layout.values)?;
        let wanted = [
            (self.address, head_size(layout)),
            (values, self.values.len() * 8),
        ];
        match memory::blocks(memory, &wanted).as_slice() {
            [head, values] => Frame::decode(self.address, head, values, layout),
            _ => Err(Fault::Torn),
        }
    }

    fn decode(address: u64, head: &[u8], values: &[u8], layout: &FrameLayout) -> Read<Frame> {
        let blocks = match &layout.blocks {
            Some(places) => Some(blocks(address, head, places, layout.values)?),
            None => None,
        };
        // From 3.14 the low bits of references say how they are counted.
        let values = values
            .chunks_exact(8)
            .take(MOST_VALUES)
            .filter_map(|bytes| word(bytes, 0).ok().map(|value| value & !7))
            .collect();
        Ok(Frame {
            address,
            head: RawFrame::decode(head, layout)?,
            values,
            blocks,
        })
    }
}

/// 3.10's block stack.
fn blocks(
    address: u64,
    head: &[u8],
    places: &BlockLayout,
    values: usize,
) -> Read<(usize, Vec<Handler>)> {
    let stack = word(head, places.stack)?.checked_sub(at(address, values)?);
    let locals = usize::try_from(stack.ok_or(Fault::Torn)? / 8).map_err(|_| Fault::Torn)?;
    let count = half(head, places.count)? as usize;
    if count > MOST_BLOCKS || locals > MOST_VALUES {
        return Err(Fault::Torn);
    }
    let mut handlers = Vec::new();
    for block in (0..count).rev() {
        let place = places.first + block * 12;
        if half(head, place)? == HANDLES {
            handlers.push(Handler {
                first: half(head, place + 4)?.cast_signed(),
                depth: half(head, place + 8)? as usize,
            });
        }
    }
    Ok((locals, handlers))
}

/// Bytes of a frame before its values.
fn head_size(layout: &FrameLayout) -> usize {
    match layout.blocks {
        Some(_) => layout.values,
        None => layout.size.max(layout.values),
    }
}

/// A piece of the target's memory.
struct Piece {
    address: u64,
    bytes: Vec<u8>,
}

impl Piece {
    /// What lies from `address` on.
    fn from(&self, address: u64) -> Option<&[u8]> {
        let into = usize::try_from(address.checked_sub(self.address)?).ok()?;
        self.bytes.get(into..).filter(|rest| !rest.is_empty())
    }
}

/// A stack under way.
#[derive(Default)]
struct Walk {
    stack: Stack,
    next: u64,
    /// The chunk of the data stack before the ones read; 0 if there is none.
    older: u64,
    pieces: Vec<Piece>,
    /// The frame last asked for, and how often.
    asked: (u64, usize),
}

/// The innermost `frames` frames of the threads with these states, in their order. What cannot be
/// read is missing.
pub(super) fn stacks(
    memory: &impl Memory,
    target: &Target,
    states: &[u64],
    frames: usize,
) -> Vec<Stack> {
    let mut walks = begin(memory, target, states);
    for _ in 0..MOST_STEPS {
        let mut wanted = Vec::new();
        for (number, walk) in walks.iter_mut().enumerate() {
            for (address, length) in walk.advance(&target.layout.frame, frames) {
                wanted.push((number, address, length));
            }
        }
        if wanted.is_empty() {
            break;
        }
        fetch(memory, &mut walks, &wanted);
    }
    walks.into_iter().map(|walk| walk.stack).collect()
}

/// Reads pieces for the walks with these numbers.
fn fetch(memory: &impl Memory, walks: &mut [Walk], wanted: &[(usize, u64, usize)]) {
    let places: Vec<_> = wanted.iter().map(|(_, at, size)| (*at, *size)).collect();
    let blocks = memory::blocks(memory, &places);
    for ((number, address, _), bytes) in wanted.iter().zip(blocks) {
        if let Some(walk) = walks.get_mut(*number) {
            walk.take(*address, bytes);
        }
    }
}

/// The thread states, their C frames and the newest chunks of their data stacks.
fn begin(memory: &impl Memory, target: &Target, states: &[u64]) -> Vec<Walk> {
    let fields = &target.layout.thread;
    let places: Vec<_> = states.iter().map(|state| (*state, fields.size)).collect();
    let blocks = memory::blocks(memory, &places);
    let mut walks = Vec::with_capacity(states.len());
    let (mut c_frames, mut chunks) = (Vec::new(), Vec::new());
    for (number, (state, block)) in states.iter().zip(&blocks).enumerate() {
        let mut walk = Walk::default();
        walk.stack.state = *state;
        walk.stack.ident = word(block, fields.ident).unwrap_or(0);
        match fields.frame {
            FramePlace::Thread(offset) => walk.next = word(block, offset).unwrap_or(0),
            FramePlace::CFrame { pointer, frame } => {
                let place = word(block, pointer).unwrap_or(0);
                c_frames.push((place.saturating_add(frame as u64), 8));
            }
        }
        if let Some((chunk, used)) = fields.chunk.and_then(|offset| chunk(block, offset)) {
            chunks.push((number, chunk, used));
        }
        walks.push(walk);
    }
    for (walk, block) in walks.iter_mut().zip(memory::blocks(memory, &c_frames)) {
        walk.next = word(&block, 0).unwrap_or(0);
    }
    for (number, chunk, _) in &chunks {
        if let Some(walk) = walks.get_mut(*number) {
            walk.older = *chunk;
        }
    }
    fetch(memory, &mut walks, &chunks);
    walks
}

/// The newest chunk of a data stack and how many of its bytes are in use.
fn chunk(state: &[u8], offset: usize) -> Option<(u64, usize)> {
    let chunk = word(state, offset).ok()?;
    let used = word(state, offset + 8).ok()?.checked_sub(chunk)?;
    (chunk != 0).then_some((chunk, used.min(LARGEST_CHUNK) as usize))
}

impl Walk {
    /// Walks on to this many frames as far as the pieces reach; yields what must be read to go on.
    fn advance(&mut self, layout: &FrameLayout, frames: usize) -> Vec<(u64, usize)> {
        while self.next != 0 && self.stack.frames.len() < frames {
            match self.frame(layout) {
                Some(Ok(frame)) => {
                    self.next = frame.head.previous;
                    self.stack.frames.push(frame);
                }
                Some(Err(_)) => self.next = 0,
                None => return self.missing(layout),
            }
        }
        Vec::new()
    }

    /// The next frame; `None` if it lies in no piece yet.
    fn frame(&self, layout: &FrameLayout) -> Option<Read<Frame>> {
        let address = self.next;
        let found = self.pieces.iter().filter_map(|piece| piece.from(address));
        let bytes = found.max_by_key(|bytes| bytes.len())?;
        if bytes.len() < head_size(layout) {
            return None;
        }
        // A frame called from this one on the same data stack begins where this one ends.
        let inner = self.stack.frames.last().map_or(0, |frame| frame.address);
        let room = inner.checked_sub(address).map_or(usize::MAX, |room| {
            usize::try_from(room).unwrap_or(usize::MAX)
        });
        let end = bytes.len().min(room);
        let values = bytes.get(layout.values..end).unwrap_or_default();
        Some(Frame::decode(address, bytes, values, layout))
    }

    /// What to read to get at the next frame, until the walk is over.
    fn missing(&mut self, layout: &FrameLayout) -> Vec<(u64, usize)> {
        let (last, tries) = self.asked;
        let tries = if last == self.next { tries + 1 } else { 0 };
        self.asked = (self.next, tries);
        let Some(values) = FEW_VALUES.get(tries) else {
            self.next = 0;
            return Vec::new();
        };
        let mut wanted = vec![(self.next, head_size(layout) + values * 8)];
        if self.older != 0 {
            wanted.push((self.older, OLDER_CHUNK));
        }
        wanted
    }

    /// Takes a piece in. The header of a chunk tells the one before it.
    fn take(&mut self, address: u64, bytes: Vec<u8>) {
        if address == self.older {
            self.older = word(&bytes, 0).unwrap_or(0);
        }
        self.pieces.push(Piece { address, bytes });
    }
}
