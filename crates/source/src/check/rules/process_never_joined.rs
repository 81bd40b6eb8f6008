//! A process is started and never joined.
//!
//! ## What it sees
//! A `multiprocessing.Process` that is no daemon, started in a function, whose handle is thrown away or
//! kept in a local name that is never joined, terminated or asked for its exit code. Not one that is returned,
//! passed on or kept in an object.
//!
//! ## Why it matters
//! A child that has ended stays a zombie in the table of processes until its parent asks for it
//! (`multiprocessing`'s programming guidelines: "Joining zombie processes"), and its exit code, the
//! only sign that it failed, is lost.
//!
//! ## Example
//! ```py
//! from multiprocessing import Process
//!
//! def report(make_report, year):
//!     Process(target=make_report, args=(year,)).start()
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Process
//!
//! def report(make_report, year):
//!     process = Process(target=make_report, args=(year,))
//!     process.start()
//!     process.join()
//!     return process.exitcode
//! ```
//!
//! ## When it is wrong
//! If the parent ends soon, and does not care whether the child succeeds.

use crate::check::found::Found;
use crate::check::model::Model;

const WAITS: &[&str] = &[
    "join",
    "exitcode",
    "is_alive",
    "sentinel",
    "terminate",
    "kill",
    "close",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let mut reaps = None;
    for call in model.never_waited_for("multiprocessing.Process", WAITS) {
        // `active_children()` joins those that have ended.
        let reaped = *reaps.get_or_insert_with(|| {
            let mut calls = model.calls.iter();
            calls.any(|call| model.calls_any(call, &["multiprocessing.active_children"]))
        });
        if !reaped {
            found
                .report(call, "this process is never joined: it stays a zombie after its end, and its exit code is lost")
                .help("keep the process, `join()` it and look at its `exitcode`");
        }
    }
}
