//! From a task's coroutine along what awaits what to the innermost one.
//!
//! All chains advance together, one coroutine at each step, so that a step of hundreds of tasks
//! takes a handful of system calls. As the target runs on, every coroutine is read once more in
//! the end: a chain is believed only if none of its coroutines has moved in between.

use crate::reader::attach::Target;
use crate::reader::batch::Batch;
use crate::reader::code::{Code, CodeCache};
use crate::reader::frame::RawFrame;
use crate::reader::frames::{FrameId, FrameTable};
use crate::reader::memory::{Memory, at, half, word};
use crate::reader::tasks::kinds::{Kind, Kinds};
use crate::reader::tasks::layout::{CoroutineFrame, TaskLayout, Top};
use crate::reader::{Fault, Read};
use std::rc::Rc;

/// Objects followed from one task at most.
const DEEPEST: usize = 100;

/// Owner of a frame that lies in a coroutine (from 3.11).
const OWNED_BY_COROUTINE: u8 = 1;

/// 3.10: the instruction that awaits.
const YIELD_FROM: u8 = 72;

/// 3.11 and 3.12: the lowest argument of the instruction after one that awaits.
const RESUME_AFTER_AWAIT: u8 = 2;

/// What a task's coroutine awaits, and what that awaits, and so on.
#[derive(Default)]
pub(super) struct Chain {
    /// Outermost first.
    pub(super) frames: Vec<FrameId>,
    /// Whether it is being executed.
    pub(super) running: bool,
    /// Whether what was read does not fit together.
    pub(super) torn: bool,
    /// The next object to look at; 0 at the end.
    next: u64,
    links: Vec<Link>,
}

/// A suspended coroutine and what would be different had it moved.
struct Link {
    coroutine: u64,
    frame: u64,
    mark: [u64; 4],
}

impl Chain {
    /// A chain that begins with the coroutine at that address.
    pub(super) fn new(coroutine: u64) -> Self {
        Chain {
            next: coroutine,
            ..Chain::default()
        }
    }

    fn tear(&mut self) {
        self.torn = true;
        self.next = 0;
    }
}

/// Where the object that a coroutine awaits is to be found.
struct Tip {
    chain: usize,
    /// Address of the pointer to it.
    object: u64,
    /// Address of the instruction after the one under way, where that tells whether it awaits.
    instruction: u64,
}

/// A coroutine's bytes: itself up to its frame, and the frame.
struct Blocks<'a> {
    head: &'a [u8],
    frame: &'a [u8],
}

/// Follows chains.
pub(super) struct Walker<'a, M> {
    pub(super) memory: &'a M,
    pub(super) target: &'a Target,
    pub(super) layout: &'a TaskLayout,
    pub(super) kinds: &'a mut Kinds,
    pub(super) codes: &'a mut CodeCache,
    pub(super) table: &'a mut FrameTable,
    /// Addresses of the code objects met.
    pub(super) used_codes: &'a mut Vec<u64>,
}

impl<M: Memory> Walker<'_, M> {
    /// Follows every chain to its end.
    pub(super) fn follow(&mut self, chains: &mut [Chain]) -> Read<()> {
        for _ in 0..DEEPEST {
            let open: Vec<usize> = (0..chains.len())
                .filter(|index| chains[*index].next != 0)
                .collect();
            if open.is_empty() {
                break;
            }
            let tips = self.step(chains, &open)?;
            self.climb(chains, &tips)?;
        }
        self.confirm(chains)
    }

    /// Reads the next object of each open chain; yields what must be read to get on.
    fn step(&mut self, chains: &mut [Chain], open: &[usize]) -> Read<Vec<Tip>> {
        let objects: Vec<u64> = open.iter().map(|index| chains[*index].next).collect();
        let (heads, frames) = self.read(&objects)?;
        let mut tips = Vec::new();
        for (place, index) in open.iter().enumerate() {
            let chain = &mut chains[*index];
            let object = std::mem::take(&mut chain.next);
            // What is too small to be a coroutine may end where memory ends.
            let Some(head) = heads.get(place) else {
                continue;
            };
            let kind = word(head, self.target.layout.object.kind)?;
            match self.kinds.get(self.memory, &self.target.layout, kind) {
                Ok(Kind::Wrapper) => chain.next = word(head, self.layout.objects.head)?,
                Ok(Kind::Coroutine) => {
                    let frame = self.frame_of(head, frames.as_ref(), place);
                    let link = frame.and_then(|frame| {
                        let blocks = Blocks { head, frame };
                        self.link(chain, object, &blocks)
                    });
                    match link {
                        Ok(Some((object, instruction))) => tips.push(Tip {
                            chain: *index,
                            object,
                            instruction,
                        }),
                        Ok(None) => {}
                        Err(_) => chain.tear(),
                    }
                }
                Ok(Kind::Task | Kind::Other(_)) => {}
                Err(_) => chain.tear(),
            }
        }
        Ok(tips)
    }

    /// The objects' heads and, where those are elsewhere, their frames.
    fn read(&self, objects: &[u64]) -> Read<(Batch, Option<Batch>)> {
        let size = self.target.layout.frame.size;
        match self.layout.coroutine.frame {
            CoroutineFrame::Inside(offset) => {
                Ok((Batch::read(self.memory, objects, offset + size)?, None))
            }
            CoroutineFrame::Behind(offset) => {
                let heads = Batch::read(self.memory, objects, offset + 8)?;
                let frames: Vec<u64> = heads
                    .blocks()
                    .map(|head| head.map_or(Ok(0), |head| word(head, offset)))
                    .collect::<Read<_>>()?;
                let frames = Batch::read(self.memory, &frames, size)?;
                Ok((heads, Some(frames)))
            }
        }
    }

    fn frame_of<'b>(
        &self,
        head: &'b [u8],
        frames: Option<&'b Batch>,
        place: usize,
    ) -> Read<&'b [u8]> {
        match (self.layout.coroutine.frame, frames) {
            (CoroutineFrame::Inside(offset), _) => head.get(offset..),
            (CoroutineFrame::Behind(_), Some(frames)) => frames.get(place),
            (CoroutineFrame::Behind(_), None) => None,
        }
        .ok_or(Fault::Torn)
    }

    /// Adds a coroutine to the chain; yields where the object it awaits and the next instruction
    /// are, if it awaits one.
    fn link(
        &mut self,
        chain: &mut Chain,
        coroutine: u64,
        blocks: &Blocks<'_>,
    ) -> Read<Option<(u64, u64)>> {
        let states = &self.layout.coroutine.states;
        let state = self.state(blocks)?;
        if state >= states.ended {
            return Ok(None);
        }
        if chain.links.iter().any(|link| link.coroutine == coroutine) {
            return Err(Fault::Torn);
        }
        let frame = RawFrame::decode(blocks.frame, &self.target.layout.frame)?;
        if self.target.layout.frame.owner.is_some() && frame.owner != OWNED_BY_COROUTINE {
            return Err(Fault::Torn);
        }
        let code = self.code(frame.code)?;
        let index = frame.index(self.memory, self.target, &code)?;
        chain.frames.push(self.table.id(code.id, index, || {
            let position = code.position(self.target.layout.minor, index);
            (code.file.clone(), code.function.clone(), position)
        }));
        if state == states.executing {
            chain.running = true;
            return Ok(None);
        }
        let address = match self.layout.coroutine.frame {
            CoroutineFrame::Inside(offset) => at(coroutine, offset)?,
            CoroutineFrame::Behind(offset) => word(blocks.head, offset)?,
        };
        chain.links.push(Link {
            coroutine,
            frame: address,
            mark: self.mark(blocks)?,
        });
        let awaits = state == states.awaiting.unwrap_or(states.suspended);
        if !awaits {
            return Ok(None);
        }
        let next = frame.instruction_address(&code).wrapping_add(2);
        Ok(Some((self.top(blocks.frame, address)?, next)))
    }

    fn state(&self, blocks: &Blocks<'_>) -> Read<i8> {
        let place = match self.layout.coroutine.frame {
            CoroutineFrame::Inside(_) => blocks.head,
            CoroutineFrame::Behind(_) => blocks.frame,
        };
        let state = place.get(self.layout.coroutine.state).ok_or(Fault::Torn)?;
        Ok(state.cast_signed())
    }

    fn mark(&self, blocks: &Blocks<'_>) -> Read<[u64; 4]> {
        let fields = &self.target.layout.frame;
        let top = match self.layout.coroutine.top {
            Top::Stack { count, .. } | Top::Count { count, .. } => {
                u64::from(half(blocks.frame, count)?)
            }
            Top::Pointer { pointer, .. } => word(blocks.frame, pointer)?,
        };
        Ok([
            word(blocks.head, self.target.layout.object.kind)?,
            word(blocks.frame, fields.code)?,
            word(blocks.frame, fields.instruction)?,
            top << 8 | u64::from(self.state(blocks)?.cast_unsigned()),
        ])
    }

    /// The address of the pointer to the object that the suspended frame at `address` awaits.
    fn top(&self, frame: &[u8], address: u64) -> Read<u64> {
        let (first, count) = match self.layout.coroutine.top {
            Top::Stack { values, count } => (word(frame, values)?, half(frame, count)?),
            Top::Count { values, count } => (at(address, values)?, half(frame, count)?),
            Top::Pointer { pointer, back } => {
                let top = word(frame, pointer)?.checked_sub(back as u64);
                return top.ok_or(Fault::Torn);
            }
        };
        match count {
            1..=LARGEST_STACK => at(first, (count as usize - 1) * 8),
            _ => Err(Fault::Torn),
        }
    }

    fn code(&mut self, address: u64) -> Read<Rc<Code>> {
        self.used_codes.push(address);
        self.codes.get(self.memory, &self.target.layout, address)
    }

    /// Reads the objects that are awaited.
    fn climb(&self, chains: &mut [Chain], tips: &[Tip]) -> Read<()> {
        let places: Vec<u64> = tips.iter().map(|tip| tip.object).collect();
        let objects = Batch::read(self.memory, &places, 8)?;
        let instructions = if self.layout.coroutine.states.awaiting.is_none() {
            let places: Vec<u64> = tips.iter().map(|tip| tip.instruction).collect();
            Some(Batch::read(self.memory, &places, 2)?)
        } else {
            None
        };
        for (place, tip) in tips.iter().enumerate() {
            let awaits = instructions.as_ref().is_none_or(|batch| {
                batch
                    .get(place)
                    .is_some_and(|instruction| self.is_await(instruction))
            });
            let chain = &mut chains[tip.chain];
            match objects.get(place) {
                // The low bits say how the reference is counted (from 3.14).
                Some(object) if awaits => chain.next = word(object, 0)? & !7,
                Some(_) => {}
                None => chain.tear(),
            }
        }
        Ok(())
    }

    /// Whether a frame that goes on at this instruction is suspended in an `await`.
    fn is_await(&self, instruction: &[u8]) -> bool {
        match (instruction, self.target.layout.minor) {
            ([opcode, _], 10) => *opcode == YIELD_FROM,
            ([_, argument], _) => argument & 3 >= RESUME_AFTER_AWAIT,
            _ => false,
        }
    }

    /// Marks the chains torn of which a coroutine has moved since it was read.
    fn confirm(&self, chains: &mut [Chain]) -> Read<()> {
        let links = || chains.iter().flat_map(|chain| &chain.links);
        let objects: Vec<u64> = links().map(|link| link.coroutine).collect();
        let (heads, frames) = self.read(&objects)?;
        let mut place = 0;
        for chain in chains {
            for link in std::mem::take(&mut chain.links) {
                let same = heads.get(place).is_some_and(|head| {
                    let frame = self.frame_of(head, frames.as_ref(), place);
                    let moved = match self.layout.coroutine.frame {
                        CoroutineFrame::Inside(_) => false,
                        CoroutineFrame::Behind(offset) => {
                            word(head, offset).ok() != Some(link.frame)
                        }
                    };
                    let mark = frame.and_then(|frame| self.mark(&Blocks { head, frame }));
                    !moved && mark.is_ok_and(|mark| mark == link.mark)
                });
                chain.torn |= !same;
                place += 1;
            }
        }
        Ok(())
    }
}

/// Values on a frame's stack believed, local variables included.
const LARGEST_STACK: u32 = 1 << 20;
