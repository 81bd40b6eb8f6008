//! Code for coroutines.

use crate::candidate::Candidate;
use crate::code::task::Task;
use rightlane_facts::Alternative;

/// A sketch with the program's names: the task itself has to be rewritten with the asyncio twin
/// of its library, which is said where it goes.
pub(crate) fn write(candidate: &Candidate<'_>, task: &Task, chosen: &Alternative) -> String {
    let site = candidate.site;
    let items = site
        .iterable
        .as_ref()
        .map_or("items", |iterable| iterable.text.as_str());
    let target = site
        .text
        .as_ref()
        .map_or("item", |text| text.target.as_str());
    let limit = chosen.settings.limit.unwrap_or(100);
    let twin = candidate
        .workload
        .sockets
        .async_twin
        .as_deref()
        .unwrap_or("an async library");
    let call = &task.call;
    if candidate.part.awaited(site) {
        return side_by_side(target, items, call, limit);
    }
    format!(
        "import asyncio

async def task({target}, slots):
    async with slots:
        # {call}, written with {twin}
        return await ...

async def main():
    slots = asyncio.Semaphore({limit})
    async with asyncio.TaskGroup() as group:  # Python 3.11; before: asyncio.gather
        tasks = [group.create_task(task({target}, slots)) for {target} in {items}]
    results = [task.result() for task in tasks]

asyncio.run(main())"
    )
}

/// The coroutine is there already: it only has to be started for all items before the first is
/// awaited.
fn side_by_side(target: &str, items: &str, call: &str, limit: u32) -> String {
    format!(
        "slots = asyncio.Semaphore({limit})

async def one({target}):
    async with slots:
        return await {call}

async with asyncio.TaskGroup() as group:  # Python 3.11; before: asyncio.gather
    tasks = [group.create_task(one({target})) for {target} in {items}]
results = [task.result() for task in tasks]"
    )
}
