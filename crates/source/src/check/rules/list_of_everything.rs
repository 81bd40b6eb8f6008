//! A pool's `map` over an endless or file-sized input takes all of it before the first result.
//!
//! ## What it sees
//! `executor.map` or `pool.map` over `itertools.count`, `cycle`, `repeat` or an open file, where the
//! results are only gone through once. Of a file only if all lines or results are held: `Pool.map`, or
//! a list of `executor.map`.
//!
//! ## Why it matters
//! `Pool.map` makes a list of its input, and `Executor.map` submits a task for each item before it
//! returns. An endless input fills the memory and never gets to the first result; a large file is
//! held as a whole, together with all results (CPython issue 74028, solved by `buffersize` in Python
//! 3.14).
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//!
//! def convert(source, target, parse):
//!     with open(source) as lines, open(target, "w") as out, Pool() as pool:
//!         for row in pool.map(parse, lines):
//!             out.write(row)
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//!
//! def convert(source, target, parse):
//!     with open(source) as lines, open(target, "w") as out, Pool() as pool:
//!         for row in pool.imap(parse, lines, chunksize=500):
//!             out.write(row)
//! ```
//!
//! ## When it is wrong
//! If the file is known to be small.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::tasks::{How, Submission};
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::Expr;

/// How much an input may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    File,
    Endless,
}

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        // Cheap first.
        let Expr::Attribute(method) = &*call.expr.func else {
            continue;
        };
        if method.attr.as_str() != "map" {
            continue;
        }
        let Some(submission) = model.submission(call) else {
            continue;
        };
        if submission.how != How::Map || call.expr.arguments.find_keyword("buffersize").is_some() {
            continue;
        }
        let Some(size) = input(model, &submission) else {
            continue;
        };
        let list = list_around(model, call.node);
        let lazy = submission.pool.is_some_and(|of| of.is_executor) && list.is_none();
        let at = list.unwrap_or(call.node);
        let held = size == Size::File && !lazy && is_gone_through_once(model, at);
        if size != Size::Endless && !held {
            continue;
        }
        let message = match size {
            Size::Endless => "`map` takes its whole input first, and this one is endless",
            Size::File => {
                "the whole file and all results are held in memory before the first is used"
            }
        };
        let help = if submission.pool.is_some_and(|of| of.is_executor) {
            "`map(…, buffersize=…)` (Python 3.14), or submit some tasks at a time"
        } else {
            "`imap(…, chunksize=…)` takes the input as it goes"
        };
        found.report(model.tree.node(at), message).help(help);
    }
}

/// The shortest of the inputs; `None` if one is neither a file nor endless.
fn input<'a>(model: &Model<'a>, submission: &Submission<'_, 'a>) -> Option<Size> {
    let sizes = submission.arguments.iter().map(|input| size(model, input));
    sizes.collect::<Option<Vec<_>>>()?.into_iter().min()
}

fn size<'a>(model: &Model<'a>, input: &'a Expr) -> Option<Size> {
    match &*model.type_of(input)? {
        "itertools.count" | "itertools.cycle" => Some(Size::Endless),
        "itertools.repeat" => {
            let made = model.made_from(input)?;
            (made.expr.arguments.len() == 1).then_some(Size::Endless)
        }
        "open" => Some(Size::File),
        _ => None,
    }
}

/// The call `list(…)` of which a call is the argument.
fn list_around(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let Use::Argument(around) = model.use_of(call) else {
        return None;
    };
    let list = model.call_at(around)?;
    model.calls_any(list, &["list"]).then_some(around)
}

/// Whether a loop goes through the value at a node, and nothing else is done with it.
fn is_gone_through_once(model: &Model<'_>, node: NodeId) -> bool {
    match model.use_of(node) {
        Use::Iterated(_) => true,
        Use::Named { name, scope } => match model.scopes.reads(scope, name) {
            [only] => matches!(model.use_of(*only), Use::Iterated(_)),
            _ => false,
        },
        _ => false,
    }
}
