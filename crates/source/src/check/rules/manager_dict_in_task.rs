//! A task reads or writes a manager's dict or list in its loop, one message each time.
//!
//! ## What it sees
//! A function that processes run and that is given a `Manager().dict()` or `.list()`, and goes through
//! its items (`shared[key]`, `append`, `get` ...) in a loop that does not wait for anything else.
//!
//! ## Why it matters
//! What a manager hands out is a proxy. Each access pickles the key and the value, sends them through a
//! socket to the manager's process, and waits for the answer, where a dict of the worker's own needs
//! one look-up; and all workers queue for one process (documentation of `multiprocessing`, "Managers").
//!
//! ## Example
//! ```py
//! from multiprocessing import Manager, Process
//!
//! def work(shared, numbers):
//!     for number in numbers:
//!         shared[number] = number ** 2
//!
//! def main(numbers):
//!     with Manager() as manager:
//!         shared = manager.dict()
//!         worker = Process(target=work, args=(shared, numbers))
//!         worker.start()
//!         worker.join()
//!         print(dict(shared))
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Manager, Process
//!
//! def work(shared, numbers):
//!     squares = {number: number ** 2 for number in numbers}
//!     shared.update(squares)
//!
//! def main(numbers):
//!     with Manager() as manager:
//!         shared = manager.dict()
//!         worker = Process(target=work, args=(shared, numbers))
//!         worker.start()
//!         worker.join()
//!         print(dict(shared))
//! ```
//!
//! ## When it is wrong
//! If the loop is short, or the work of one iteration is long against a message.

use crate::check::found::Found;
use crate::check::model::{Function, Model};
use crate::check::pools::Workers;
use crate::check::tasks::{How, Submission};
use crate::check::tree::NodeId;
use ruff_python_ast::{AnyNodeRef, Expr};
use ruff_text_size::Ranged;

const PROXIES: &[&str] = &[
    "multiprocessing.Manager.dict",
    "multiprocessing.Manager.list",
];
/// Methods that get at one item.
const ITEM_METHODS: &[&str] = &[
    "append",
    "get",
    "setdefault",
    "pop",
    "insert",
    "remove",
    "index",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let makes_proxy = |name: &str| PROXIES.contains(&name);
    let mut calls = model.calls.iter();
    if !calls.any(|call| model.called(call).is_some_and(|name| makes_proxy(&name))) {
        return;
    }
    let mut told = Vec::new();
    for submission in model.submissions() {
        if submission.workers != Workers::Processes {
            continue;
        }
        let Some(function) = submission.task.function() else {
            continue;
        };
        for place in proxies(model, &submission) {
            let Some((access, name)) = access(model, function, place) else {
                continue;
            };
            if told.contains(&access) {
                continue;
            }
            told.push(access);
            found
                .report(
                    model.tree.node(access),
                    format!(
                        "each access to `{name}` in this loop is a message to the manager's process"
                    ),
                )
                .help("collect in a dict or list of the task's own, and hand it over at the end");
        }
    }
}

/// At which places the arguments of a task are proxies.
fn proxies<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> Vec<usize> {
    let arguments = match submission.how {
        How::Starmap | How::StarmapAsync => rows(submission.arguments.first().copied()),
        How::Map | How::Imap | How::ImapUnordered | How::MapAsync => Vec::new(),
        _ => submission.arguments.clone(),
    };
    let places = arguments.into_iter().enumerate().filter(|(_, argument)| {
        let of = model.type_of(*argument);
        of.is_some_and(|of| PROXIES.contains(&&*of))
    });
    places.map(|(place, _)| place).collect()
}

/// The items of one row of an iterable of tuples.
fn rows(iterable: Option<&Expr>) -> Vec<&Expr> {
    let row = match iterable {
        Some(Expr::ListComp(each)) => &*each.elt,
        Some(Expr::Generator(each)) => &*each.elt,
        Some(Expr::List(list)) => match list.elts.first() {
            Some(first) => first,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    match row {
        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        _ => Vec::new(),
    }
}

/// The first access in a loop of a function to its parameter at a place, and the parameter's name.
fn access<'a>(
    model: &Model<'a>,
    function: &Function<'a>,
    place: usize,
) -> Option<(NodeId, &'a str)> {
    let parameters = function.parameters()?;
    let place = place + usize::from(function.class.is_some());
    let parameter = parameters.iter_non_variadic_params().nth(place)?;
    let name = parameter.parameter.name.as_str();
    if model.scopes.bindings(function.scope, name).len() != 1 {
        return None;
    }
    let mut reads = model.scopes.reads(function.scope, name).iter();
    let found = reads.find_map(|read| {
        let around = model.loop_of(*read)?;
        let node = item_access(model, *read)?;
        (!model.pauses(around) && !waits(model, around)).then_some(node)
    })?;
    Some((found, name))
}

/// The access to one item of the value at a node.
fn item_access(model: &Model<'_>, read: NodeId) -> Option<NodeId> {
    let parent = model.tree.parent(read)?;
    match model.tree.node(parent) {
        AnyNodeRef::ExprSubscript(item) => {
            let is_object = item.value.range() == model.tree.range(read);
            is_object.then_some(parent)
        }
        _ => {
            let (attr, call) = model.method_called(read)?;
            ITEM_METHODS.contains(&attr).then_some(call)
        }
    }
}

/// Whether a loop makes a call that blocks: then a message more does not matter.
fn waits(model: &Model<'_>, around: NodeId) -> bool {
    model
        .calls_in(around)
        .iter()
        .any(|call| model.blocks(call).is_some())
}
