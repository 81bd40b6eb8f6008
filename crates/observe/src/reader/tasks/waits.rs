//! What a task waits for, in words.

use crate::reader::attach::Target;
use crate::reader::batch::Batch;
use crate::reader::memory::{Memory, word};
use crate::reader::tasks::kinds::{Kind, Kinds};
use crate::reader::tasks::layout::TaskLayout;
use crate::reader::{Fault, Read, objects, text};
use std::collections::HashMap;
use std::sync::Arc;

/// Names of the tasks that are not done, by the tasks' addresses.
pub(super) type Names = HashMap<u64, Arc<str>>;

/// Calls of `gather` and task groups of which the tasks are looked up at most in one look.
const MOST_GROUPS: usize = 100;

/// Tasks of one `gather` looked at.
const MOST_CHILDREN: usize = 1000;

/// Tasks of one `gather` or task group named.
const MOST_NAMED: usize = 3;

/// Bytes read of each name: enough for most in one go.
const NAME_BLOCK: usize = 80;

/// Puts waiting into words.
pub(super) struct Teller<'a, M> {
    pub(super) memory: &'a M,
    pub(super) target: &'a Target,
    pub(super) layout: &'a TaskLayout,
    pub(super) kinds: &'a mut Kinds,
    pub(super) groups_left: usize,
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
            groups_left: MOST_GROUPS,
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

    /// What the tasks wait for: `waits` are the addresses of a future and of a task group, 0
    /// being none.
    pub(super) fn waits(
        &mut self,
        waits: &[(u64, u64)],
        names: &Names,
    ) -> Read<Vec<Option<Arc<str>>>> {
        let kind = self.target.layout.object.kind;
        let futures: Vec<u64> = waits.iter().map(|(future, _)| *future).collect();
        let heads = Batch::read(self.memory, &futures, kind + 8)?;
        let heads = waits.iter().zip(heads.blocks());
        Ok(heads
            .map(|((future, group), head)| {
                if *future == 0 {
                    return None;
                }
                let kind = head.and_then(|head| word(head, kind).ok());
                let kind = kind.and_then(|kind| self.kind(kind).ok());
                Some(self.tell(*future, *group, kind, names))
            })
            .collect())
    }

    fn tell(&mut self, future: u64, group: u64, kind: Option<Kind>, names: &Names) -> Arc<str> {
        match kind {
            Some(Kind::Task) => match names.get(&future) {
                Some(name) => Arc::clone(name),
                None => "Task".into(),
            },
            Some(Kind::Other(class)) if &*class == "_GatheringFuture" => {
                let tasks = self.gathered(future);
                several("gather", tasks.ok(), names)
            }
            _ if group != 0 => several("TaskGroup", self.grouped(group).ok(), names),
            Some(Kind::Other(class)) => class,
            _ => "Future".into(),
        }
    }

    /// Tasks of a `gather`, and how many it has: its only list is `_children`.
    fn gathered(&mut self, future: u64) -> Read<(Vec<u64>, usize)> {
        let list = self.attribute(future, "list")?;
        objects::items(self.memory, &self.layout.objects, list, MOST_CHILDREN)
    }

    /// The tasks of a task group that are not done, and their number: its only set is `_tasks`.
    fn grouped(&mut self, group: u64) -> Read<(Vec<u64>, usize)> {
        let set = self.attribute(group, "set")?;
        objects::members(self.memory, &self.layout.objects, set)
    }

    fn attribute(&mut self, instance: u64, class: &str) -> Read<u64> {
        self.groups_left = self.groups_left.checked_sub(1).ok_or(Fault::Torn)?;
        let (memory, objects) = (self.memory, &self.layout.objects);
        let values = self
            .kinds
            .attributes(memory, self.target, objects, instance, class)?;
        values.first().copied().ok_or(Fault::Torn)
    }
}

/// Tasks waited for together: how many, and the names of some that are not done.
fn several(what: &str, tasks: Option<(Vec<u64>, usize)>, names: &Names) -> Arc<str> {
    let Some((tasks, count)) = tasks else {
        return what.into();
    };
    let mut pending: Vec<&str> = tasks
        .iter()
        .filter_map(|task| names.get(task).map(|name| &**name))
        .collect();
    if what == "TaskGroup" {
        // Sets have no order.
        pending.sort_unstable();
    }
    let more = if pending.len() > MOST_NAMED {
        ", …"
    } else {
        ""
    };
    pending.truncate(MOST_NAMED);
    let colon = if pending.is_empty() { "" } else { ": " };
    format!("{what} of {count}{colon}{}{more}", pending.join(", ")).into()
}
