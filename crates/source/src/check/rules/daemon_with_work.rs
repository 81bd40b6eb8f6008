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
use crate::check::tasks::{Submission, Task};
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        if !model.calls_any(call, &["threading.Thread", "multiprocessing.Process"])
            || !is_unjoined_daemon(model, call)
        {
            continue;
        }
        let Some(work) = model.submission(call) else {
            continue;
        };
        let kind = if work.workers == Workers::Threads { "thread" } else { "process" };
        let message = |what: &str| {
            format!("this daemon {kind} writes (`{what}`), and is cut off in the middle when the program ends")
        };
        match work.task {
            Task::Function(function) => {
                let Some(what) = model.writes_within(function.id) else {
                    continue;
                };
                if !is_waited_for(model, &work) {
                    found.report(call, message(what)).help(HELP);
                }
            }
            Task::Named(callable) => {
                let name = model.name_of(callable);
                if let Some(name) = name.filter(|_| !is_waited_for(model, &work)) {
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
    model.attributes_of(kept).any(|(attr, node)| sets_daemon(model, attr, node))
}

/// Whether the attribute at a node is `daemon`, and is set to true.
fn sets_daemon(model: &Model<'_>, attr: &str, node: NodeId) -> bool {
    let is_true = |value: &Expr| matches!(value, Expr::BooleanLiteral(value) if value.value);
    match model.tree.parent(node).map(|parent| model.tree.node(parent)) {
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
    is_daemon && !model.text.as_str().contains(&format!(".{}.join(", kept.attr))
}

/// Whether somebody joins the queue of a task, or waits for an event or a result of it.
fn is_waited_for<'a>(model: &Model<'a>, work: &Submission<'_, 'a>) -> bool {
    let task = work.task.function().map(|function| function.node);
    let given = work.arguments.iter().map(|argument| model.text_of(*argument));
    let texts: Vec<&str> = given.chain(task.map(|task| model.text.slice(model.tree.range(task)))).collect();
    model.calls.iter().any(|call| {
        let Some(method) = call.expr.func.as_attribute_expr() else {
            return false;
        };
        let outside = task.is_none_or(|task| !model.tree.holds(task, call.node));
        if !outside || !matches!(method.attr.as_str(), "join" | "wait" | "get" | "recv") {
            return false;
        }
        let object = match &*method.value {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        texts.iter().any(|text| has_word(text, object))
    })
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

