//! What a task waits for, in words.

use crate::reader::attach::Target;
use crate::reader::batch::Batch;
use crate::reader::memory::{Memory, word};
use crate::reader::tasks::kinds::{Kind, Kinds};
use crate::reader::tasks::layout::TaskLayout;
use crate::reader::{Read, objects, text};
use std::collections::HashMap;
use std::sync::Arc;

/// Names of the tasks that are not done, by the tasks' addresses.
pub(super) type Names = HashMap<u64, Arc<str>>;

/// Calls of `gather` of which the tasks are looked up at most in one look.
const MOST_GATHERS: usize = 100;

/// Tasks of one `gather` looked at.
const MOST_CHILDREN: usize = 1000;

/// Tasks of one `gather` named.
const MOST_NAMED: usize = 3;

/// Bytes read of each name: enough for most in one go.
const NAME_BLOCK: usize = 80;

/// Puts waiting into words.
pub(super) struct Teller<'a, M> {
    pub(super) memory: &'a M,
    pub(super) target: &'a Target,
    pub(super) layout: &'a TaskLayout,
    pub(super) kinds: &'a mut Kinds,
    pub(super) gathers_left: usize,
}

impl<'a, M: Memory> Teller<'a, M> {
    pub(super) fn new(
        memory: &'a M,
        target: &'a Target,
        layout: &'a TaskLayout,
        kinds: &'a mut Kinds,
    ) -> Self {
        Teller {
            memory,
            target,
            layout,
            kinds,
            gathers_left: MOST_GATHERS,
        }
    }

    /// The texts that are tasks' names; what is no readable one is an unknown name.
    pub(super) fn names(&mut self, addresses: &[u64]) -> Read<Vec<Arc<str>>> {
        let blocks = Batch::read(self.memory, addresses, NAME_BLOCK)?;
        let names = addresses.iter().zip(blocks.blocks());
        Ok(names
            .map(|(address, block)| {
                self.name(*address, block)
                    .unwrap_or_else(|_| "Task-?".into())
            })
            .collect())
    }

    fn name(&mut self, address: u64, block: Option<&[u8]>) -> Read<Arc<str>> {
        let object = &self.target.layout.object;
        if let Some(block) = block {
            let kind = word(block, object.kind)?;
            // The number of a task that was given no name (from 3.13).
            if self.kind(kind)? == Kind::Other("int".into()) {
                let number = objects::small_integer(self.memory, &self.layout.objects, address)?;
                return Ok(format!("Task-{number}").into());
            }
            if let Some(name) = text::within(block, object) {
                return Ok(name);
            }
        }
        text::read(self.memory, object, address)
    }

    fn kind(&mut self, address: u64) -> Read<Kind> {
        self.kinds.get(self.memory, &self.target.layout, address)
    }

    /// What the tasks wait for whose futures are at the addresses, 0 being none.
    pub(super) fn waits(&mut self, futures: &[u64], names: &Names) -> Read<Vec<Option<Arc<str>>>> {
        let kind = self.target.layout.object.kind;
        let heads = Batch::read(self.memory, futures, kind + 8)?;
        let heads = futures.iter().zip(heads.blocks());
        Ok(heads
            .map(|(future, head)| {
                if *future == 0 {
                    return None;
                }
                let kind = head.and_then(|head| word(head, kind).ok());
                let kind = kind.and_then(|kind| self.kind(kind).ok());
                Some(self.tell(*future, kind, names))
            })
            .collect())
    }

    fn tell(&mut self, future: u64, kind: Option<Kind>, names: &Names) -> Arc<str> {
        match kind {
            Some(Kind::Task) => match names.get(&future) {
                Some(name) => Arc::clone(name),
                None => "Task".into(),
            },
            Some(Kind::Other(class)) if &*class == "_GatheringFuture" => self
                .gather(future, names)
                .unwrap_or_else(|_| "gather".into()),
            Some(Kind::Other(class)) => class,
            _ => "Future".into(),
        }
    }

    /// How many tasks a `gather` gathers, and some that are not done.
    fn gather(&mut self, future: u64, names: &Names) -> Read<Arc<str>> {
        let Some(left) = self.gathers_left.checked_sub(1) else {
            return Ok("gather".into());
        };
        self.gathers_left = left;
        let (objects, object) = (&self.layout.objects, &self.target.layout.object);
        // `_GatheringFuture.__init__` sets `_children` first.
        let list = objects::first_attribute(self.memory, objects, object, future)?;
        let (children, count) = objects::items(self.memory, objects, list, MOST_CHILDREN)?;
        let mut pending = children.iter().filter_map(|child| names.get(child));
        let named: Vec<&str> = pending
            .by_ref()
            .take(MOST_NAMED)
            .map(|name| &**name)
            .collect();
        let colon = if named.is_empty() { "" } else { ": " };
        let more = if pending.next().is_some() {
            ", …"
        } else {
            ""
        };
        Ok(format!("gather of {count}{colon}{}{more}", named.join(", ")).into())
    }
}
