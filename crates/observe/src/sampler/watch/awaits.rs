//! What the tasks of a process's event loops await.

use super::Watch;
use crate::reader::attach::Target;
use crate::reader::frames::StackId;
use crate::reader::tasks::{Task, TaskReader};
use crate::sampler::shared::Shared;
use crate::sys;
use rightlane_facts::Await;
use std::collections::HashMap;
use std::time::Duration;

/// Between two looks at the tasks, and the part of the time that they may take.
const PAUSE: Duration = Duration::from_millis(250);
const SHARE: u32 = 100;

/// Kinds of waiting tasks kept, and names of each.
const MOST_KINDS: usize = 1024;
const MOST_NAMES: usize = 5;

/// What was seen so far.
#[derive(Default)]
pub(super) struct Awaits {
    reader: TaskReader,
    next: Duration,
    looks: u32,
    kinds: HashMap<(StackId, Option<String>), Kind>,
}

/// Tasks at the same place.
#[derive(Default)]
struct Kind {
    names: Vec<String>,
    /// Over all looks.
    total: u64,
    most: u32,
}

impl Awaits {
    /// Forgets where things are: the process executes another program.
    pub(super) fn forget(&mut self) {
        self.reader.forget();
    }

    fn count(&mut self, tasks: &[Task], shared: &mut Shared) {
        self.looks += 1;
        let mut now: HashMap<(StackId, Option<String>), u32> = HashMap::new();
        for task in tasks.iter().filter(|task| !task.running) {
            let stack = shared.stacks.id(&task.frames);
            // A task's number is another one for each; what matters is that it is a task.
            let awaits = task.awaits.as_deref().map(crate::kernel::plain);
            let key = (stack, awaits);
            *now.entry(key.clone()).or_default() += 1;
            if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&key) {
                continue;
            }
            let names = &mut self.kinds.entry(key).or_default().names;
            let name = crate::kernel::plain(&task.name);
            if names.len() < MOST_NAMES && !names.contains(&name) {
                names.push(name);
            }
        }
        for (key, count) in now {
            if let Some(kind) = self.kinds.get_mut(&key) {
                kind.total += u64::from(count);
                kind.most = kind.most.max(count);
            }
        }
    }

    /// All of them, most tasks first.
    pub(super) fn into_awaits(self) -> Vec<Await> {
        let looks = f64::from(self.looks.max(1));
        let kinds = self.kinds.into_iter();
        let mut awaits: Vec<Await> = kinds
            .map(|((stack, awaits), kind)| Await {
                stack,
                awaits,
                names: kind.names,
                tasks: kind.total as f64 / looks,
                most: kind.most,
            })
            .collect();
        awaits.sort_by(|a, b| {
            let order = b.tasks.total_cmp(&a.tasks);
            order.then_with(|| (a.stack, &a.awaits).cmp(&(b.stack, &b.awaits)))
        });
        awaits
    }
}

impl Watch {
    /// Looks at the tasks now and then, if there is an event loop.
    pub(super) fn look_at_tasks(&mut self, target: &Target, shared: &mut Shared) {
        let now = shared.elapsed();
        if !self.has_loop || now < self.awaits.next {
            return;
        }
        let begin = sys::thread_cpu_time();
        let seen = self.awaits.reader.read(
            &self.memory,
            target,
            self.pid,
            self.stacks.codes(),
            &mut shared.frames,
        );
        if let Ok(seen) = seen
            && seen.total > 0
        {
            self.awaits.count(&seen.tasks, shared);
        }
        let cost = sys::thread_cpu_time().saturating_sub(begin);
        self.awaits.next = now + PAUSE.max(cost * SHARE);
    }
}
