//! Which asyncio task awaits what, seen from outside.
//!
//! ```text
//!   registry: the tasks' addresses ─► chains: each one's coroutines, down to the innermost
//!                                  └► waits: the future it waits for, in words
//! ```
//!
//! [`layout`] holds the places of the fields: fixed ones up to 3.13, published by the module
//! `_asyncio` itself from 3.14 on ([`published`]). Nothing is stopped: what moved while it was
//! read is read again, and left out if it moves each time.

mod chains;
mod kinds;
mod layout;
mod published;
mod registry;
#[cfg(test)]
mod tests;
mod waits;

use crate::reader::attach::Target;
use crate::reader::batch::Batch;
use crate::reader::code::CodeCache;
use crate::reader::frames::{FrameId, FrameTable};
use crate::reader::memory::{Memory, half, word};
use crate::reader::{Fault, Read};
use chains::{Chain, Walker};
use kinds::{Kind, Kinds};
use layout::TaskLayout;
use registry::{Finder, Found};
use std::collections::HashSet;
use std::sync::Arc;
use waits::{Names, Teller};

/// Tasks read in full at most; the others are counted.
const MOST_READ: usize = 2_000;

/// How often what moved is read.
const ROUNDS: usize = 4;

/// A task that is not done.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// Its name: given by the program, or `Task-` and a number.
    pub(crate) name: Arc<str>,
    /// The innermost awaited coroutine first, the task's own last. Without those inside the one
    /// that is being executed: these are on its thread's stack.
    pub(crate) frames: Vec<FrameId>,
    /// What it waits for: another task's name, what it gathers, or the class of the future.
    /// `None` if nothing keeps it from running: it is running, or its turn has not come.
    pub(crate) awaits: Option<Arc<str>>,
    /// Whether it is being executed.
    pub(crate) running: bool,
}

/// The tasks of one look.
#[derive(Debug, Default)]
pub(crate) struct TasksSeen {
    /// Those read in full.
    pub(crate) tasks: Vec<Task>,
    /// All that are not done: more than were read if there are thousands, or if some moved each
    /// time they were read.
    pub(crate) total: usize,
}

/// Reads tasks. One for a process: it keeps where things are.
#[derive(Default)]
pub(crate) struct TaskReader {
    layout: Option<TaskLayout>,
    finder: Finder,
    kinds: Kinds,
    used_codes: Vec<u64>,
}

/// A task's fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Fields {
    address: u64,
    waiter: u64,
    coroutine: u64,
    name: u64,
}

impl TaskReader {
    /// Reads the tasks of all event loops of process `pid`; none if it has not loaded asyncio.
    /// `codes` must be the cache whose numbers `table` goes by.
    pub(crate) fn read(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        pid: u32,
        codes: &mut CodeCache,
        table: &mut FrameTable,
    ) -> Read<TasksSeen> {
        if self.layout.is_none() {
            self.layout = layout::find(memory, target, pid)?;
        }
        let Some(layout) = self.layout else {
            return Ok(TasksSeen::default());
        };
        self.kinds.clear();
        let found = self.find(memory, target, &layout)?;
        let mut left = self.fields(memory, target, &layout, &found.tasks)?;
        let total = left.len() + found.beyond;
        left.truncate(MOST_READ);
        let names = self.names(memory, target, &layout, &left)?;
        let mut tasks = Vec::with_capacity(left.len());
        for _ in 0..ROUNDS {
            let moved = self.round(
                (memory, target, &layout),
                (codes, table),
                &left,
                &names,
                &mut tasks,
            )?;
            left = self.fields(memory, target, &layout, &moved)?;
            if left.is_empty() {
                break;
            }
        }
        Ok(TasksSeen { tasks, total })
    }

    /// Forgets everything learned of the target: it runs another program now.
    pub(crate) fn forget(&mut self) {
        *self = TaskReader::default();
    }

    /// A reader that believes that tasks of `target` are in linked lists.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn of_lists(target: &Target) -> Self {
        TaskReader {
            layout: Some(layout::of_lists(target)),
            ..TaskReader::default()
        }
    }

    fn find(&mut self, memory: &impl Memory, target: &Target, layout: &TaskLayout) -> Read<Found> {
        let mut found = Err(Fault::Torn);
        for _ in 0..ROUNDS {
            found = self.finder.find(memory, target, layout, &mut self.kinds);
            if found.is_ok() {
                break;
            }
        }
        let mut found = found?;
        // A task that moves from one set or list to another can be met twice.
        let mut met = HashSet::new();
        found.tasks.retain(|task| met.insert(*task));
        Ok(found)
    }

    /// The fields of those objects that are tasks that are not done.
    fn fields(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        layout: &TaskLayout,
        addresses: &[u64],
    ) -> Read<Vec<Fields>> {
        let places = &layout.task;
        let mut found = Vec::with_capacity(addresses.len());
        let blocks = Batch::read(memory, addresses, places.size)?;
        for (address, block) in addresses.iter().zip(blocks.blocks()) {
            // Too near to the end of memory: not a task.
            let Some(block) = block else { continue };
            let kind = word(block, target.layout.object.kind)?;
            if !matches!(self.kinds.get(memory, &target.layout, kind), Ok(Kind::Task)) {
                continue;
            }
            let done = match places.state {
                Some(state) => half(block, state)? != 0,
                None => false,
            };
            let fields = Fields {
                address: *address,
                waiter: word(block, places.waiter)?,
                coroutine: word(block, places.coroutine)?,
                name: word(block, places.name)?,
            };
            if !done && fields.coroutine != 0 {
                found.push(fields);
            }
        }
        Ok(found)
    }

    fn names(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        layout: &TaskLayout,
        tasks: &[Fields],
    ) -> Read<Names> {
        let mut teller = Teller::new(memory, target, layout, &mut self.kinds);
        let texts: Vec<u64> = tasks.iter().map(|task| task.name).collect();
        let names = teller.names(&texts)?;
        Ok(tasks.iter().map(|task| task.address).zip(names).collect())
    }

    /// Reads what `tasks` await and adds those that did not move meanwhile to `seen`; yields the
    /// addresses of the others.
    fn round<M: Memory>(
        &mut self,
        (memory, target, layout): (&M, &Target, &TaskLayout),
        (codes, table): (&mut CodeCache, &mut FrameTable),
        tasks: &[Fields],
        names: &Names,
        seen: &mut Vec<Task>,
    ) -> Read<Vec<u64>> {
        self.used_codes.clear();
        let mut chains: Vec<Chain> = tasks
            .iter()
            .map(|task| Chain::new(task.coroutine))
            .collect();
        let mut walker = Walker {
            memory,
            target,
            layout,
            kinds: &mut self.kinds,
            codes,
            table,
            used_codes: &mut self.used_codes,
        };
        walker.follow(&mut chains)?;
        let futures: Vec<(u64, u64)> = tasks
            .iter()
            .zip(&chains)
            .map(|(task, chain)| (task.waiter, chain.group))
            .collect();
        let mut teller = Teller::new(memory, target, layout, &mut self.kinds);
        let waits = teller.waits(&futures, names)?;
        self.used_codes.sort_unstable();
        self.used_codes.dedup();
        let codes_hold = codes.still_there(memory, &target.layout, &self.used_codes)?;
        let addresses: Vec<u64> = tasks.iter().map(|task| task.address).collect();
        let now: HashSet<Fields> = self
            .fields(memory, target, layout, &addresses)?
            .into_iter()
            .collect();
        let mut moved = Vec::new();
        for ((fields, chain), awaits) in tasks.iter().zip(chains).zip(waits) {
            if chain.torn || !codes_hold || !now.contains(fields) {
                moved.push(fields.address);
                continue;
            }
            let mut frames = chain.frames;
            frames.reverse();
            seen.push(Task {
                name: names.get(&fields.address).cloned().unwrap_or_default(),
                frames,
                awaits,
                running: chain.running,
            });
        }
        Ok(moved)
    }
}
