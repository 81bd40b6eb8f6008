//! A thread is started and never joined.
//!
//! ## What it sees
//! A thread that is no daemon, started in a function, whose handle is thrown away
//! (`Thread(…).start()`) or kept in a local name on which nothing calls `join`. Not one that is returned,
//! passed on or kept in an object, nor one at module level, which the end of the script waits for, nor
//! one whose event or queue somebody waits for.
//!
//! ## Why it matters
//! The function returns and nobody knows when, or whether, the work was done. An exception in the
//! thread is printed and forgotten, and the program cannot end before the thread does: at exit the
//! interpreter waits for every thread that is no daemon, however long that takes.
//!
//! ## Example
//! ```py
//! from threading import Thread
//!
//! def save_in_background(save, document):
//!     Thread(target=save, args=(document,)).start()
//! ```
//!
//! ## Write instead
//! ```py
//! from threading import Thread
//!
//! def save_beside(save, document, other_work):
//!     thread = Thread(target=save, args=(document,))
//!     thread.start()
//!     other_work()
//!     thread.join()
//! ```
//!
//! ## When it is wrong
//! If the thread is meant to outlive its function, and tells of its errors itself.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::tasks::Submission;
use ruff_python_ast::Expr;

/// Methods that are given to a thread because they must not be called in this one, and end at once.
const SHORT: &[&str] = &[
    "set",
    "shutdown",
    "stop",
    "close",
    "notify",
    "notify_all",
    "release",
    "kill",
    "terminate",
    "interrupt",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in model.never_waited_for("threading.Thread", &["join"]) {
        let Some(work) = model.submission(call) else {
            continue;
        };
        if is_short(model, &work) || model.is_waited_for(&work) {
            continue;
        }
        found
            .report(call, "this thread is never joined: nobody learns when it is done or that it failed")
            .help("keep the thread and `join()` it, or give the work to an executor and ask for the result");
    }
}

/// Whether the thread is there to stop something, or to open a browser, which takes its time.
fn is_short(model: &Model<'_>, work: &Submission<'_, '_>) -> bool {
    let Some(callable) = work.callable else {
        // Nothing to do, unless its class says what.
        return work.task.function().is_none();
    };
    let stops = match callable {
        Expr::Attribute(method) => SHORT.contains(&method.attr.as_str()),
        _ => false,
    };
    let task = work.task.function();
    let text = task.map_or("", |task| model.text.slice(model.tree.range(task.node)));
    stops || text.contains("browser") || model.text_of(callable).contains("browser")
}
