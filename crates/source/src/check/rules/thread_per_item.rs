//! A thread or process is started for each item of a collection of any size: a pool has a bound.
//!
//! ## What it sees
//! `Thread(…)` or `Process(…)` in a `for` loop or comprehension, given the loop's variable, over items
//! whose number is not visibly small. Not workers that are counted (`range(WORKERS)`), threads that
//! run on (their function is a `while` loop), nor loops that wait for a thread or a semaphore.
//!
//! ## Why it matters
//! Each thread takes time to start and a stack, each process far more of both (`rightlane doctor` measures
//! it on your machine), and what is at the other end (a server, a database, the disk) gets all of them at
//! once. A pool starts a chosen number and hands them the items.
//!
//! ## Example
//! ```py
//! import shutil
//! from threading import Thread
//!
//! def archive(name):
//!     shutil.copy2(name, f"archive/{name}")
//!
//! def archive_all(names):
//!     threads = [Thread(target=archive, args=(name,)) for name in names]
//!     for thread in threads:
//!         thread.start()
//!     for thread in threads:
//!         thread.join()
//! ```
//!
//! ## Write instead
//! ```py
//! import shutil
//! from concurrent.futures import ThreadPoolExecutor
//!
//! def archive(name):
//!     shutil.copy2(name, f"archive/{name}")
//!
//! def archive_all(names):
//!     with ThreadPoolExecutor(max_workers=8) as pool:
//!         list(pool.map(archive, names))
//! ```
//!
//! ## When it is wrong
//! If the items are few by nature: the services of a program, the disks of a machine.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::pools::Made;
use crate::check::tasks::{How, Task};
use crate::check::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, ExprCall, Stmt};

/// Up to as many threads are nobody's trouble.
const FEW: u64 = 64;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(around) = model.loop_of(call.node) else {
            continue;
        };
        let what = match model.makes(call) {
            Some(Made::Thread) => "thread",
            Some(Made::Process) => "process",
            _ => continue,
        };
        let Some(iterable) = model.iterable_of(around) else {
            continue;
        };
        if !is_unbounded(model, iterable)
            || !model.reads_binding_of_target(call, around)
            || !is_one_job(model, call)
            || is_held_back(model, around)
        {
            continue;
        }
        found
            .report(
                call,
                format!("a {what} for each item: nothing bounds how many run at once"),
            )
            .help("use a pool with a chosen number of workers");
    }
}

/// Whether nothing says that an iterable is small, or made of parts that are counted.
fn is_unbounded<'a>(model: &Model<'a>, iterable: &'a Expr) -> bool {
    if let Some(length) = model.length(iterable) {
        return length.is_at_least(FEW + 1);
    }
    let inner = unwrapped(iterable);
    if let Expr::Call(call) = inner {
        let name = model.as_call(call).and_then(|call| model.called(call));
        // `range(workers)`; but `range(len(items))` goes over the items.
        if name.as_deref() == Some("range") {
            return matches!(
                &*call.arguments.args,
                [Expr::Call(length)]
                    if length.func.as_name_expr().is_some_and(|name| name.id == "len")
                        && length.arguments.args.first().is_some_and(|of| is_unbounded(model, of))
            );
        }
        if !is_listing(call) {
            return false;
        }
    }
    let text = model.text_of(inner);
    let name = text.to_lowercase();
    let parts = [
        "chunk", "batch", "split", "part", "shard", "slice", "block", "worker", "thread", "gpu",
        "device", "cpu", "core", "rank", "group", "port", "server", "node",
    ];
    // A constant that another file gives is somebody's choice.
    let is_constant = text
        .chars()
        .all(|c| c.is_ascii_uppercase() || c == '_' || c == '.');
    !is_constant && !parts.iter().any(|part| name.contains(part))
}

/// Whether a call lists what there is: files, rows, words; others may return a few things.
fn is_listing(call: &ExprCall) -> bool {
    let last = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(method) => method.attr.as_str(),
        _ => return false,
    };
    matches!(
        last,
        "glob"
            | "iglob"
            | "rglob"
            | "iterdir"
            | "listdir"
            | "scandir"
            | "walk"
            | "execute"
            | "fetchall"
            | "split"
            | "splitlines"
            | "readlines"
            | "open"
            | "filter"
            | "all"
            | "items"
            | "values"
            | "keys"
    )
}

/// What `enumerate`, `zip`, `sorted` and the like go over.
fn unwrapped(iterable: &Expr) -> &Expr {
    let mut inner = iterable;
    while let Expr::Call(call) = inner
        && let Some(name) = call.func.as_name_expr()
        && matches!(
            name.id.as_str(),
            "enumerate" | "zip" | "sorted" | "list" | "reversed" | "set"
        )
        && let Some(first) = call.arguments.args.first()
    {
        inner = first;
    }
    inner
}

/// Whether what is run is known, and ends by itself after one item.
fn is_one_job<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let Some(submission) = model.submission(call) else {
        return false;
    };
    if submission.how != How::Target {
        return false;
    }
    match submission.task {
        Task::Function(function) => {
            let body = function.body();
            !function.is_async() && !body.is_empty() && !body.iter().any(Stmt::is_while_stmt)
        }
        Task::Named(_) => model.work_of_task(submission.task).is_known(),
        Task::Unknown => false,
    }
}

/// Whether the loop waits now and then, so that not all run at once.
fn is_held_back(model: &Model<'_>, around: NodeId) -> bool {
    model.calls_in(around).iter().any(|call| {
        let Some(method) = call.expr.func.as_attribute_expr() else {
            return false;
        };
        match method.attr.as_str() {
            "join" => {
                !matches!(&*method.value, Expr::StringLiteral(_))
                    && call.expr.arguments.args.is_empty()
            }
            "acquire" | "active_count" | "is_alive" | "active_children" | "wait" | "get" => {
                call.expr.arguments.args.is_empty()
            }
            _ => false,
        }
    })
}

impl<'a> Model<'a> {
    /// Whether the arguments of a thread name what the loop goes over.
    fn reads_binding_of_target(&self, call: &Call<'a>, around: NodeId) -> bool {
        let target = match self.tree.node(around) {
            AnyNodeRef::StmtFor(each) => Some(Tree::id(&*each.target)),
            _ => None,
        };
        let given = ["args", "kwargs"]
            .iter()
            .filter_map(|name| call.expr.arguments.find_keyword(name));
        given.map(|keyword| &keyword.value).any(|value| {
            // The tree outlives the call's borrow.
            self.reads_from(Tree::id(value), around, target)
        })
    }

    fn reads_from(&self, value: NodeId, around: NodeId, target: Option<NodeId>) -> bool {
        self.tree.within(value).any(|id| {
            let AnyNodeRef::ExprName(name) = self.tree.node(id) else {
                return false;
            };
            let home = self.scopes.home(self.tree.scope(id), &name.id);
            let bindings = home.map_or(&[][..], |home| self.scopes.bindings(home, &name.id));
            bindings.iter().any(|(at, _)| match target {
                // The loop itself binds its targets.
                Some(_) => *at == around,
                None => self.tree.holds(around, *at),
            })
        })
    }
}
