//! An argument of a process's task cannot be sent to another process.
//!
//! ## What it sees
//! A generator, an open file, a lock or event of `threading`, a `queue.Queue`, a thread, a database
//! connection, a module, or an instance of a class that is defined in a function, as an argument of a
//! task of a pool of processes or of a `Process`. Of a pool's task also locks, queues and shared values
//! of `multiprocessing`, which are only inherited. A `Process` of an explicit `fork` context is left
//! alone.
//!
//! ## Why it matters
//! Arguments reach another process as a pickle. These objects refuse (`cannot pickle
//! '_thread.lock' object`), and rightly so: a copy of a lock locks nothing, and a copy of a connection
//! would mix its bytes into the other's. A pool finds out at run time, a `Process` only under `spawn`
//! and `forkserver`.
//!
//! ## Example
//! ```py
//! import threading
//! from multiprocessing import Process
//!
//! def log(lock, text):
//!     with lock:
//!         print(text)
//!
//! def start(text):
//!     lock = threading.Lock()
//!     process = Process(target=log, args=(lock, text))
//!     process.start()
//!     return process
//! ```
//!
//! ## Write instead
//! ```py
//! import multiprocessing
//! from multiprocessing import Process
//!
//! def log(lock, text):
//!     with lock:
//!         print(text)
//!
//! def start(text):
//!     lock = multiprocessing.Lock()
//!     process = Process(target=log, args=(lock, text))
//!     process.start()
//!     return process
//! ```
//!
//! ## When it is wrong
//! If a reducer is registered for the type (`copyreg`, `multiprocessing.reduction`).

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::pools::Workers;
use crate::check::scope::Binding;
use crate::check::tasks::{How, Submission};
use crate::check::tree::Tree;
use ruff_python_ast::Expr;

/// Types whose objects no other process can use: (name, what it is, what to do instead).
const TYPES: &[(&str, &str, &str)] = &[
    ("generator", "a generator", "send a list"),
    ("open", "an open file", "send its name, and open it there"),
    ("threading.Lock", "a lock of `threading`", LOCK),
    ("threading.RLock", "a lock of `threading`", LOCK),
    ("threading.Condition", "a condition of `threading`", LOCK),
    ("threading.Event", "an event of `threading`", LOCK),
    ("threading.Semaphore", "a semaphore of `threading`", LOCK),
    (
        "threading.BoundedSemaphore",
        "a semaphore of `threading`",
        LOCK,
    ),
    ("threading.Barrier", "a barrier of `threading`", LOCK),
    (
        "threading.Thread",
        "a thread",
        "start it in the process that needs it",
    ),
    ("threading.local", "a `threading.local`", "make it there"),
    ("queue.Queue", "a queue of threads", LOCK),
    ("queue.LifoQueue", "a queue of threads", LOCK),
    ("queue.PriorityQueue", "a queue of threads", LOCK),
    ("queue.SimpleQueue", "a queue of threads", LOCK),
    ("sqlite3.Connection", "a database connection", CONNECTION),
    ("sqlite3.Cursor", "a database cursor", CONNECTION),
    ("psycopg2.connect", "a database connection", CONNECTION),
    ("psycopg.connect", "a database connection", CONNECTION),
    ("pymysql.connect", "a database connection", CONNECTION),
    ("MySQLdb.connect", "a database connection", CONNECTION),
];
const LOCK: &str = "use the one of `multiprocessing`, or of a `Manager` for the tasks of a pool";
const CONNECTION: &str = "send what is needed to connect, and connect there";
/// What `multiprocessing` hands to a new process, but not to a task of one that runs.
const INHERITED: &[&str] = &[
    "Lock",
    "RLock",
    "Semaphore",
    "BoundedSemaphore",
    "Condition",
    "Event",
    "Barrier",
    "Queue",
    "JoinableQueue",
    "SimpleQueue",
    "Value",
    "Array",
];
const INHERIT: &str = "give it to the pool's `initializer`, or use the one of a `Manager`";

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for submission in model.submissions() {
        if submission.workers != Workers::Processes {
            continue;
        }
        let starts = matches!(submission.how, How::Target | How::Initializer);
        if starts && model.is_forked(submission.call) {
            continue;
        }
        for argument in sent(&submission) {
            let known = unsendable(model, argument);
            let known = known.or_else(|| inherited(model, argument).filter(|_| !starts));
            let Some((what, instead)) = known else {
                continue;
            };
            found
                .report(
                    argument,
                    format!("{what} cannot be sent to a process that runs"),
                )
                .help(instead);
        }
    }
}

/// The arguments that each task is sent: of a map not the iterables.
fn sent<'a>(submission: &Submission<'_, 'a>) -> Vec<&'a Expr> {
    let given = &submission.call.expr.arguments;
    let mut found = submission.arguments.clone();
    if submission.how.is_map() {
        let own = given
            .args
            .iter()
            .chain(given.keywords.iter().map(|keyword| &keyword.value));
        let own: Vec<_> = own.map(Tree::id).collect();
        found.retain(|argument| !own.contains(&Tree::id(*argument)));
        return found;
    }
    if submission.how == How::Submit {
        let named = given
            .keywords
            .iter()
            .filter(|keyword| keyword.arg.is_some());
        found.extend(named.map(|keyword| &keyword.value));
    }
    for name in ["kwargs", "kwds"] {
        if let Some(keyword) = given.find_keyword(name)
            && let Expr::Dict(dict) = &keyword.value
        {
            found.extend(dict.items.iter().map(|item| &item.value));
        }
    }
    found
}

/// What an argument is that no process can be sent, and what to do instead.
fn unsendable<'a>(model: &Model<'a>, argument: &'a Expr) -> Option<(&'static str, &'static str)> {
    if is_module(model, argument) {
        return Some(("a module", "import it there"));
    }
    let of = model.type_of(argument)?;
    if let Some((_, what, instead)) = TYPES.iter().find(|(name, ..)| *name == of) {
        return Some((what, instead));
    }
    let class = model.class_named(&of)?;
    let around = model.tree.scope(Tree::id(class));
    let is_local =
        model.scopes.function(around).is_some() && !model.scopes.is_outer(around, &class.name);
    // Not the class itself, and not what says itself how it is pickled.
    let is_instance = model.made_from(argument).is_some();
    (is_local && is_instance).then_some((
        "an object of a class that is defined in a function",
        "define the class at module level",
    ))
}

fn inherited<'a>(model: &Model<'a>, argument: &'a Expr) -> Option<(&'static str, &'static str)> {
    let of = model.type_of(argument)?;
    let last = of.strip_prefix("multiprocessing.")?;
    // Without its lock a value is picklable no more than with it.
    INHERITED.contains(&last).then_some((
        "an object of `multiprocessing` that is only inherited",
        INHERIT,
    ))
}

fn is_module<'a>(model: &Model<'a>, argument: &'a Expr) -> bool {
    let Expr::Name(name) = argument else {
        return false;
    };
    let home = model
        .scopes
        .home(model.tree.scope(Tree::id(name)), &name.id);
    let bindings = home.map_or(&[][..], |home| model.scopes.bindings(home, &name.id));
    let is_import = |binding: &Binding<'_>| matches!(binding, Binding::Import { .. });
    !bindings.is_empty() && bindings.iter().all(|(_, binding)| is_import(binding))
}
