//! Which tasks a process has.

use crate::reader::attach::Target;
use crate::reader::memory::{Memory, at};
use crate::reader::objects;
use crate::reader::roster;
use crate::reader::tasks::kinds::{Kind, Kinds};
use crate::reader::tasks::layout::{Registry, TaskLayout};
use crate::reader::{Fault, Read};

/// Tasks listed at most.
pub(super) const MOST_LISTED: usize = 10_000;

/// The sets of tasks of an interpreter.
struct Sets {
    interpreter: u64,
    /// Objects of the class `WeakSet` and plain sets.
    sets: Vec<u64>,
}

/// Finds the tasks. Keeps where the sets are: a module's attributes that nobody reassigns.
#[derive(Default)]
pub(super) struct Finder {
    sets: Vec<Sets>,
}

/// The tasks found.
#[derive(Default)]
pub(super) struct Found {
    /// Addresses of objects of which most are tasks.
    pub(super) tasks: Vec<u64>,
    /// How many more there are.
    pub(super) beyond: usize,
}

impl Found {
    fn add(&mut self, tasks: &[u64], count: usize) {
        let room = MOST_LISTED.saturating_sub(self.tasks.len());
        let added = tasks.len().min(room);
        self.tasks.extend_from_slice(&tasks[..added]);
        self.beyond += count.saturating_sub(added);
    }
}

impl Finder {
    /// The tasks of all interpreters at about this moment.
    pub(super) fn find(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        layout: &TaskLayout,
        kinds: &mut Kinds,
    ) -> Read<Found> {
        match layout.registry {
            Registry::Sets { modules } => self.in_sets(memory, target, layout, modules, kinds),
            Registry::Lists {
                thread,
                interpreter,
                node,
            } => in_lists(memory, target, thread, interpreter, node),
        }
    }

    fn in_sets(
        &mut self,
        memory: &impl Memory,
        target: &Target,
        layout: &TaskLayout,
        modules: usize,
        kinds: &mut Kinds,
    ) -> Read<Found> {
        let interpreters = roster::walk(memory, target)?;
        self.sets.retain(|sets| {
            interpreters
                .iter()
                .any(|known| known.interpreter == sets.interpreter)
        });
        let mut found = Found::default();
        for known in interpreters {
            let interpreter = known.interpreter;
            let index = self
                .sets
                .iter()
                .position(|sets| sets.interpreter == interpreter);
            let index = match index {
                Some(index) => index,
                None => {
                    let sets = find_sets(memory, target, layout, interpreter, modules)?;
                    if sets.is_empty() {
                        continue;
                    }
                    self.sets.push(Sets { interpreter, sets });
                    self.sets.len() - 1
                }
            };
            for set in &self.sets[index].sets {
                // An interpreter could have ended and another one be at its address.
                if add_set(memory, target, layout, *set, kinds, &mut found).is_err() {
                    self.sets.clear();
                    return Err(Fault::Torn);
                }
            }
        }
        Ok(found)
    }
}

/// The sets in which `asyncio.tasks` keeps its tasks; none while it has not been imported.
fn find_sets(
    memory: &impl Memory,
    target: &Target,
    layout: &TaskLayout,
    interpreter: u64,
    modules: usize,
) -> Read<Vec<u64>> {
    let (objects, object) = (&layout.objects, &target.layout.object);
    let modules = memory.word(at(interpreter, modules)?)?;
    if modules == 0 {
        return Ok(Vec::new());
    }
    let [module] = objects::lookup(memory, objects, object, modules, ["asyncio.tasks"])?;
    let Some(module) = module else {
        return Ok(Vec::new());
    };
    let attributes = memory.word(at(module, objects.head)?)?;
    // The first until 3.11, the others from 3.12 on.
    let names = ["_all_tasks", "_scheduled_tasks", "_eager_tasks"];
    let sets = objects::lookup(memory, objects, object, attributes, names)?;
    Ok(sets.into_iter().flatten().collect())
}

fn add_set(
    memory: &impl Memory,
    target: &Target,
    layout: &TaskLayout,
    set: u64,
    kinds: &mut Kinds,
    found: &mut Found,
) -> Read<()> {
    let (objects, object) = (&layout.objects, &target.layout.object);
    let kind = memory.word(at(set, object.kind)?)?;
    let weak = match kinds.get(memory, &target.layout, kind)? {
        Kind::Other(class) if &*class == "WeakSet" => true,
        Kind::Other(class) if &*class == "set" => false,
        _ => return Err(Fault::Torn),
    };
    if !weak {
        let (members, count) = objects::members(memory, objects, set)?;
        found.add(&members, count);
        return Ok(());
    }
    // Of its two sets, `data` and `_iterating`, the second is as good as always empty.
    let mut largest = (Vec::new(), 0);
    for set in kinds.attributes(memory, target, objects, set, "set")? {
        let members = objects::members(memory, objects, set)?;
        if members.1 > largest.1 {
            largest = members;
        }
    }
    let (references, count) = largest;
    let room = MOST_LISTED.min(references.len());
    let members = objects::referents(memory, objects, &references[..room])?;
    found.add(&members, count);
    Ok(())
}

fn in_lists(
    memory: &impl Memory,
    target: &Target,
    thread: usize,
    interpreter: usize,
    node: usize,
) -> Read<Found> {
    let mut found = Found::default();
    for known in roster::walk(memory, target)? {
        // A thread can end meanwhile; its tasks move over to the interpreter's list, read last.
        let threads = known.threads.iter().map(|state| (*state, thread));
        for (start, offset) in threads.chain([(known.interpreter, interpreter)]) {
            follow(memory, at(start, offset)?, node, &mut found)?;
        }
    }
    Ok(found)
}

/// Follows a ring of nodes inside tasks that begins and ends at `head`.
fn follow(memory: &impl Memory, head: u64, node: usize, found: &mut Found) -> Read<()> {
    let mut next = memory.word(head)?;
    if next == 0 {
        return Ok(());
    }
    while next != head {
        if found.tasks.len() >= MOST_LISTED {
            // How many more there are would take as long to find out as to read them.
            found.beyond = found.beyond.max(1);
            return Ok(());
        }
        // Zero: the task has just been taken off the list.
        found
            .tasks
            .push(next.checked_sub(node as u64).ok_or(Fault::Torn)?);
        next = memory.word(next)?;
    }
    Ok(())
}
