//! A thread or process is made, but never started.
//!
//! ## What it sees
//! `Thread(…)`, `Timer(…)` or `Process(…)` kept in a local name on which `start` is never called, and which is
//! not passed on; and `run()` called on one, which runs the target here and now.
//!
//! ## Why it matters
//! Nothing says so: the work is not done, or (with `run()`) it is done by the thread that calls it,
//! which waits for it as for any function.
//!
//! ## Example
//! ```py
//! import threading
//!
//! def serve(warm_up):
//!     thread = threading.Thread(target=warm_up)
//!     thread.run()
//!     print("warming up in the background")
//! ```
//!
//! ## Write instead
//! ```py
//! import threading
//!
//! def serve(warm_up):
//!     thread = threading.Thread(target=warm_up)
//!     thread.start()
//!     print("warming up in the background")
//!     thread.join()
//! ```
//!
//! ## When it is wrong
//! If `run()` is called to do the work of a thread without one, in a test for example.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::pools::Made;
use crate::check::uses::Use;
use ruff_python_ast::{Expr, StmtClassDef};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        if is_run(model, call) {
            found
                .report(
                    call,
                    "`run()` does the work here and now: no thread or process is started",
                )
                .help("call `start()`");
        } else if is_forgotten(model, call) {
            found
                .report(call, "this is never started: its work is not done")
                .help("call `start()` on it, or delete it");
        }
    }
}

fn is_carrier(made: Option<Made>) -> bool {
    matches!(made, Some(Made::Thread | Made::Process))
}

/// Whether `run` is called on a thread or process that the file makes.
fn is_run<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let Expr::Attribute(method) = &*call.expr.func else {
        return false;
    };
    if method.attr.as_str() != "run" || !call.expr.arguments.is_empty() {
        return false;
    }
    let made = model.made_from(&method.value);
    // A class of its own may be meant to be run either way.
    made.is_some_and(|made| is_carrier(model.makes(made)) && own_class(model, made).is_none())
}

fn own_class<'a>(model: &Model<'a>, made: &Call<'a>) -> Option<&'a StmtClassDef> {
    model.class_named(&model.called(made)?)
}

fn is_forgotten<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    if call.function.is_none() || !is_carrier(model.makes(call)) {
        return false;
    }
    let Use::Named { name, scope } = model.use_of(call.node) else {
        return false;
    };
    if model.scopes.function(scope) != Some(scope) || model.scopes.bindings(scope, name).len() != 1
    {
        return false;
    }
    let starts_itself = |class: &'a StmtClassDef| !model.attribute_reads(class, "start").is_empty();
    if own_class(model, call).is_some_and(starts_itself) {
        return false;
    }
    let reads = model.scopes.reads(scope, name);
    let begins = |attr: &str| attr == "start" || attr == "run" || attr == "__class__";
    !model.is_passed_on(scope, name)
        && !reads.is_empty()
        && !reads
            .iter()
            .any(|read| matches!(model.use_of(*read), Use::Method { attr, .. } if begins(attr)))
}
