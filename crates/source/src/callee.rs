//! Which call in a loop's body is the one worth being the task.

use crate::facts::Facts;
use crate::knowledge::{Cost, Does, Sharing, external, external_method, has_own_line, type_facts};
use crate::program::Program;
use crate::summary::outside_cost;
use crate::trace::{CallInfo, CallNode, Trace};
use crate::value::{Kind, Value};
use ruff_text_size::Ranged;

/// Builtins that consume an iterable: as much work as making its elements is.
const CONSUMERS: &[&str] = &[
    "sum",
    "max",
    "min",
    "sorted",
    "any",
    "all",
    "list",
    "tuple",
    "set",
    "dict",
    "functools.reduce",
];

/// Whether the builtin of this name consumes an iterable.
pub(crate) fn is_consumer(name: &str) -> bool {
    CONSUMERS.contains(&name)
}

/// How promising a call is as the task; `None` for what never is.
pub(crate) fn promise(
    program: &Program<'_>,
    facts: &mut Facts,
    trace: &Trace<'_>,
    call: &CallInfo<'_>,
) -> Option<u32> {
    if is_already_concurrent(&call.callee) || makes_handle(&call.callee) {
        return None;
    }
    let mut best = None;
    for kind in &call.callee.kinds {
        let rank = match kind {
            Kind::Func(id) | Kind::Method(id, _) => {
                Some(of_function(facts.summary(program, *id).cost))
            }
            Kind::Class(_) => Some(2),
            Kind::Partial(..) | Kind::Instance(_) => Some(3),
            Kind::ExtName(name) if is_consumer(name) => of_consumer(program, facts, trace, call),
            // Making an object is seldom the work, unless the table says so.
            Kind::ExtName(name) if !has_own_line(name) && is_class_name(name) => None,
            // Files of this machine: what is made of them is more work, if anything is.
            other if only_file(other) => Some(3),
            other => of_outside(outside_cost(other)),
        };
        best = best.max(rank);
    }
    if call.callee.is_unknown() && best.is_none() {
        best = Some(2);
    }
    best
}

/// Whether all that the call does is to read, write or delete a file as it is.
fn only_file(kind: &Kind) -> bool {
    let row = match kind {
        Kind::ExtName(name) if name.starts_with("os.") => external(name),
        Kind::Bound(receiver, name) => receiver.kinds.iter().find_map(|kind| match kind {
            Kind::Ext(of) if of == "pathlib.Path" => external_method(of, name),
            _ => None,
        }),
        _ => None,
    };
    row.is_some_and(|row| {
        let of_file = |does: &Does| matches!(does, Does::File(..) | Does::Open(_));
        !row.does.is_empty() && row.does.iter().all(of_file)
    })
}

fn is_class_name(dotted: &str) -> bool {
    let last = dotted.rsplit('.').next().unwrap_or(dotted);
    last.starts_with(char::is_uppercase) && last.contains(char::is_lowercase)
}

fn of_function(cost: Cost) -> u32 {
    match cost {
        Cost::Io => 9,
        Cost::Cpu => 8,
        Cost::Nap => 6,
        Cost::Call => 5,
        Cost::Low | Cost::Cheap => 4,
    }
}

fn of_outside(cost: Cost) -> Option<u32> {
    match cost {
        Cost::Io => Some(8),
        Cost::Cpu => Some(7),
        Cost::Call => Some(3),
        Cost::Nap => Some(1),
        Cost::Low | Cost::Cheap => None,
    }
}

/// `sum(f(x) for x in xs)` is as promising as `f`, a little less.
fn of_consumer(
    program: &Program<'_>,
    facts: &mut Facts,
    trace: &Trace<'_>,
    call: &CallInfo<'_>,
) -> Option<u32> {
    let inner = |other: &&CallInfo<'_>| {
        call.args.contains(&other.args.start) && other.within != call.within
    };
    let inner: Vec<&CallInfo<'_>> = trace.calls.iter().filter(inner).take(8).collect();
    // Not the loop that goes through the consumer's result.
    let range = match call.node {
        CallNode::Call(node) => node.range(),
        CallNode::MapFunction { function } => function.range(),
    };
    let mut loops = trace.loops.iter();
    let has_loop = loops.any(|info| range.contains_range(info.range));
    let best = inner
        .into_iter()
        .filter_map(|other| match other.callee.kinds.first() {
            // Not the consumer's own kind again: it would recurse into the same calls.
            Some(Kind::Func(id) | Kind::Method(id, _)) => {
                Some(of_function(facts.summary(program, *id).cost))
            }
            Some(kind) => of_outside(outside_cost(kind)),
            None => None,
        });
    let best = best.max().map(|rank| rank.saturating_sub(2));
    best.or(has_loop.then_some(2))
}

/// Whether the call hands work to a pool or deals with what one runs.
pub(crate) fn is_already_concurrent(callee: &Value) -> bool {
    let worker = |value: &Value| {
        value.kinds.iter().any(|kind| matches!(kind, Kind::Ext(name) if type_facts(name).is_some_and(|facts| facts.sharing == Sharing::Worker)))
    };
    callee.kinds.iter().any(|kind| match kind {
        Kind::Bound(receiver, name) => {
            worker(receiver)
                || matches!(
                    name.as_str(),
                    "submit"
                        | "apply_async"
                        | "map_async"
                        | "imap"
                        | "imap_unordered"
                        | "starmap"
                        | "run_in_executor"
                        | "create_task"
                )
        }
        Kind::ExtName(name) => matches!(
            name.as_str(),
            "threading.Thread"
                | "multiprocessing.Process"
                | "joblib.delayed"
                | "dask.delayed"
                | "asyncio.create_task"
                | "asyncio.ensure_future"
                | "asyncio.to_thread"
        ),
        Kind::Ext(name) => type_facts(name).is_some_and(|facts| facts.sharing == Sharing::Worker),
        _ => false,
    })
}

/// Opening a file or a connection: what is done with it is the work.
fn makes_handle(callee: &Value) -> bool {
    use crate::knowledge::{Returns, external};
    callee.kinds.iter().any(|kind| match kind {
        Kind::ExtName(name) => matches!(
            external(name).map(|row| row.returns),
            Some(Returns::Type(
                "file" | "socket.socket" | "tempfile" | "tempdirectory"
            ))
        ),
        Kind::Bound(_, name) => name == "open",
        _ => false,
    })
}

/// Whether the call only makes something to go through, and its items are made while that is done:
/// `range`, `enumerate`, an open file, a generator of the project. Calling it is no work.
pub(crate) fn makes_iterator(program: &Program<'_>, callee: &Value) -> bool {
    use crate::knowledge::{Returns, external};
    makes_handle(callee)
        || callee.kinds.iter().any(|kind| match kind {
            Kind::Func(id) | Kind::Method(id, _) => program.function(*id).is_generator,
            Kind::ExtName(name) if matches!(name.as_str(), "range" | "tqdm.trange" | "map") => true,
            Kind::ExtName(name) => matches!(
                external(name).map(|row| row.returns),
                Some(
                    Returns::Iterator(_)
                        | Returns::Zip
                        | Returns::Enumerate
                        | Returns::Product
                        | Returns::Chain
                        | Returns::Tuples(_)
                        | Returns::Again(_)
                        | Returns::Type("iterator")
                        | Returns::Walk
                        | Returns::Matches
                        | Returns::CsvRows { .. }
                )
            ),
            _ => false,
        })
}
