//! A daemon thread or process writes, and the end of the program cuts it off.
//!
//! ## What it sees
//! `Thread(target=…, daemon=True)`, or a process, whose target (or a function that it calls) opens files to
//! write, commits to a database, or sends mail or over a socket, and that nobody joins. Not if its queue
//! is joined, or if somebody waits for an event or a result of it.
//!
//! ## Why it matters
//! Daemon threads are "abruptly stopped at shutdown. Their resources (such as open files, database
//! transactions, etc.) may not be released properly" (documentation of `threading`); daemon processes
//! are terminated. What is in the file's buffer is lost, the last record is cut in two, and no
//! `finally` runs.
//!
//! ## Example
//! ```py
//! from threading import Thread
//!
//! def save(rows, path):
//!     with open(path, "w") as target:
//!         for row in rows:
//!             target.write(row)
//!
//! def save_in_background(rows):
//!     Thread(target=save, args=(rows, "rows.txt"), daemon=True).start()
//! ```
//!
//! ## Write instead
//! ```py
//! from threading import Thread
//!
//! def save(rows, path):
//!     with open(path, "w") as target:
//!         for row in rows:
//!             target.write(row)
//!
//! def save_beside(rows, other_work):
//!     thread = Thread(target=save, args=(rows, "rows.txt"))
//!     thread.start()
//!     other_work()
//!     thread.join()
//! ```
//!
//! ## When it is wrong
//! If what is written may be lost or cut in two: a cache, a trace.

use crate::check::found::{Found, Quality};
use crate::check::handles::{Handle, Owned};
use crate::check::model::{Call, Model};
use crate::check::pools::Workers;
use crate::check::tasks::Task;
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Cheap first: most files have none.
    if !model.text.as_str().contains("aemon") {
        return;
    }
    for call in &model.calls {
        if !model.calls_any(call, &["threading.Thread", "multiprocessing.Process"])
            || !is_unjoined_daemon(model, call)
        {
            continue;
        }
        let Some(work) = model.submission(call) else {
            continue;
        };
        let kind = if work.workers == Workers::Threads {
            "thread"
        } else {
            "process"
        };
        let message = |what: &str| {
            format!(
                "this daemon {kind} writes (`{what}`), and is cut off in the middle when the program ends"
            )
        };
        match work.task {
            Task::Function(function) => {
                let Some(what) = model.writes_within(function.id) else {
                    continue;
                };
                if !model.is_waited_for(&work) {
                    found.report(call, message(what)).help(HELP);
                }
            }
            Task::Named(callable) => {
                let name = model.name_of(callable);
                if let Some(name) = name.filter(|_| !model.is_waited_for(&work)) {
                    let draft = found.report(call, message("{why}"));
                    draft.help(HELP).only_if(&name, Quality::Writes);
                }
            }
            Task::Unknown => {}
        }
    }
}

const HELP: &str = "make it no daemon, tell it to end, and `join()` it";

fn is_unjoined_daemon<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let born = model.is_set(call, "daemon");
    match model.handle(call) {
        Handle::Attribute { attr, .. } => born && attr == "start",
        Handle::Name(kept) => {
            (born || is_made_daemon(model, kept))
                && !model.has_attribute(kept, &["join"])
                && !model.is_handed_over(kept)
        }
        Handle::Elsewhere => match model.use_of(call.node) {
            Use::Attribute(attribute) => is_left_in_object(model, attribute, born),
            _ => false,
        },
        _ => false,
    }
}

fn is_made_daemon<'a>(model: &Model<'a>, kept: Owned<'a>) -> bool {
    model
        .attributes_of(kept)
        .any(|(attr, node)| sets_daemon(model, attr, node))
}

/// Whether the attribute at a node is `daemon`, and is set to true.
fn sets_daemon(model: &Model<'_>, attr: &str, node: NodeId) -> bool {
    let is_true = |value: &Expr| matches!(value, Expr::BooleanLiteral(value) if value.value);
    match model
        .tree
        .parent(node)
        .map(|parent| model.tree.node(parent))
    {
        Some(AnyNodeRef::StmtAssign(assign)) => attr == "daemon" && is_true(&assign.value),
        Some(AnyNodeRef::ExprCall(call)) => {
            attr == "setDaemon" && call.arguments.args.first().is_some_and(is_true)
        }
        _ => false,
    }
}

/// Whether nothing joins the thread that an object keeps, nor gets hold of it.
fn is_left_in_object<'a>(model: &Model<'a>, kept: &'a ExprAttribute, born: bool) -> bool {
    let Some(class) = model.class_of(&*kept.value) else {
        return false;
    };
    let mut is_daemon = born;
    for read in model.attribute_reads(class, &kept.attr) {
        let Use::Method { attr, .. } = model.use_of(*read) else {
            return false;
        };
        if attr == "join" {
            return false;
        }
        let parent = model.tree.parent(*read);
        is_daemon |= parent.is_some_and(|parent| sets_daemon(model, attr, parent));
    }
    // Others may join it if its name invites them to.
    is_daemon
        && !model
            .text
            .as_str()
            .contains(&format!(".{}.join(", kept.attr))
}
