//! A name of `threading` that is removed or deprecated, or a start method set too late.
//!
//! ## What it sees
//! `Thread.isAlive`, `setDaemon`, `isDaemon`, `setName`, `getName`, `Condition.notifyAll`,
//! `threading.currentThread` and `activeCount`; and `multiprocessing.set_start_method` (without
//! `force=True`) after a pool has been made in the same function or module.
//!
//! ## Why it matters
//! `isAlive` was removed in Python 3.9 and is an `AttributeError`; the others are deprecated since 3.10
//! and warn. The start method can only be set before it is first used: afterwards `set_start_method`
//! raises `RuntimeError: context has already been set`.
//!
//! ## Example
//! ```py
//! import threading
//!
//! def start(work):
//!     thread = threading.Thread(target=work)
//!     thread.setDaemon(True)
//!     thread.start()
//!     return thread
//! ```
//!
//! ## Write instead
//! ```py
//! import threading
//!
//! def start(work):
//!     thread = threading.Thread(target=work)
//!     thread.daemon = True
//!     thread.start()
//!     return thread
//! ```
//!
//! ## When it is wrong
//! If the code has to run on versions of Python without the new names, which are all before 2.6.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::pools::{Made, PoolType, Workers};
use crate::check::tree::{NodeId, Tree};
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute};
use ruff_text_size::{Ranged, TextRange};

/// What replaces an old name.
#[derive(Clone, Copy)]
enum New {
    /// A function or method of another name.
    Call(&'static str),
    /// An attribute that is read.
    Read(&'static str),
    /// An attribute that is assigned.
    Write(&'static str),
}

const OLD: &[(&str, New)] = &[
    ("threading.currentThread", New::Call("current_thread")),
    ("threading.activeCount", New::Call("active_count")),
    ("threading.Thread.isAlive", New::Call("is_alive")),
    ("threading.Condition.notifyAll", New::Call("notify_all")),
    ("threading.Thread.isDaemon", New::Read("daemon")),
    ("threading.Thread.getName", New::Read("name")),
    ("threading.Thread.setDaemon", New::Write("daemon")),
    ("threading.Thread.setName", New::Write("name")),
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(name) = model.called(call) else {
            continue;
        };
        if &*name == "multiprocessing.set_start_method" {
            start_method(model, call, found);
        } else if name.starts_with("threading.") {
            let name = name.replace("threading.Timer.", "threading.Thread.");
            if let Some((old, new)) = OLD.iter().find(|(old, _)| *old == name)
                && !model.is_for_some_versions(call.node)
            {
                renamed(model, call, (old, *new), found);
            }
        }
    }
}

fn renamed<'a>(model: &Model<'a>, call: &Call<'a>, (old, new): (&str, New), found: &mut Found) {
    let last = old.rsplit('.').next().unwrap_or(old);
    let message = match last {
        "isAlive" => "`isAlive` was removed in Python 3.9".to_owned(),
        _ => format!("`{last}` is deprecated since Python 3.10"),
    };
    let help = match new {
        New::Call(name) => format!("`{name}()`"),
        New::Read(name) => format!("the attribute `{name}`"),
        New::Write(name) => format!("assign the attribute `{name}`"),
    };
    let draft = found.report(call, message);
    draft.help(help);
    if let Some(edits) = edits(model, call, new) {
        draft.safe_fix(format!("write `{}`", new.name()), edits);
    }
}

impl New {
    fn name(self) -> &'static str {
        match self {
            New::Call(name) | New::Read(name) | New::Write(name) => name,
        }
    }
}

/// The edits that put the new name there, if that is one of the simple cases.
fn edits<'a>(model: &Model<'a>, call: &Call<'a>, new: New) -> Option<Vec<(TextRange, String)>> {
    // A name that was imported would have to be changed at its import, too.
    let Expr::Attribute(method) = &*call.expr.func else {
        return None;
    };
    let given = &call.expr.arguments;
    match new {
        New::Call(name) => Some(vec![(method.attr.range(), name.to_owned())]),
        New::Read(name) => {
            let range = TextRange::new(method.attr.start(), call.end());
            let plain = given.is_empty() && !model.text.slice(range).contains('#');
            plain.then(|| vec![(range, name.to_owned())])
        }
        New::Write(name) => write_edits(model, call, method, name),
    }
}

/// `x.setName(value)` as a statement of one line becomes `x.name = value`.
fn write_edits<'a>(
    model: &Model<'a>,
    call: &Call<'a>,
    method: &ExprAttribute,
    name: &str,
) -> Option<Vec<(TextRange, String)>> {
    let given = &call.expr.arguments;
    let ([value], []) = (&*given.args, &*given.keywords) else {
        return None;
    };
    let range = TextRange::new(method.attr.start(), call.end());
    // Parentheses allow more than a statement without them.
    let needs_them = matches!(
        value,
        Expr::Named(_)
            | Expr::Starred(_)
            | Expr::Generator(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_)
    );
    let simple = !needs_them
        && matches!(model.use_of(call.node), Use::Dropped)
        && !model.text.slice(range).contains(['\n', '\r']);
    simple.then(|| vec![(range, format!("{name} = {}", model.text_of(value)))])
}

fn start_method<'a>(model: &Model<'a>, call: &Call<'a>, found: &mut Found) {
    if call
        .expr
        .arguments
        .find_argument_value("force", 1)
        .is_some()
        || model.is_caught(call.node, &["RuntimeError"])
    {
        return;
    }
    let before = model
        .calls
        .iter()
        .take_while(|other| other.node < call.node);
    let mut before = before.filter(|other| other.function == call.function);
    if before.any(|other| uses_start_method(model, other) && is_certain(model, other, call.node)) {
        found
            .report(
                call,
                "the start method has been used before: setting it now raises `RuntimeError`",
            )
            .help("set it first of all, or use `multiprocessing.get_context(…)`");
    }
}

/// Whether a call makes processes of the default context.
fn uses_start_method<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let processes = |of: PoolType| of.workers == Workers::Processes && !of.is_executor;
    let makes = match model.makes(call) {
        Some(Made::Pool(of)) => processes(of),
        _ => false,
    };
    makes && model.start_method(call).is_none() && !is_of_context(call)
}

/// `context.Pool(…)` of a context that is not known.
fn is_of_context(call: &Call<'_>) -> bool {
    matches!(&*call.expr.func, Expr::Attribute(method) if !method.value.is_name_expr())
}

/// Whether the code at `earlier` has certainly run when `later` does: no branch around it that `later`
/// is not in.
fn is_certain(model: &Model<'_>, earlier: &Call<'_>, later: NodeId) -> bool {
    let mut around = model.tree.ancestors(earlier.node);
    let branch = around.find(|id| {
        matches!(
            model.tree.node(*id),
            AnyNodeRef::StmtIf(_)
                | AnyNodeRef::ElifElseClause(_)
                | AnyNodeRef::StmtTry(_)
                | AnyNodeRef::ExceptHandlerExceptHandler(_)
                | AnyNodeRef::StmtFor(_)
                | AnyNodeRef::StmtWhile(_)
                | AnyNodeRef::StmtMatch(_)
                | AnyNodeRef::StmtFunctionDef(_)
        )
    });
    branch.is_none_or(|branch| {
        let after_test = match model.tree.node(branch) {
            // Its `elif` and `else` are other branches.
            AnyNodeRef::StmtIf(check) => check
                .elif_else_clauses
                .first()
                .is_none_or(|other| later < Tree::id(other)),
            AnyNodeRef::StmtTry(tried) => tried
                .handlers
                .first()
                .is_none_or(|handler| later < Tree::id(handler)),
            _ => true,
        };
        model.tree.holds(branch, later) && after_test
    })
}
