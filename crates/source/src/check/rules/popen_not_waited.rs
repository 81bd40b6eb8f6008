//! A child process is started and never waited for.
//!
//! ## What it sees
//! `subprocess.Popen(…)` whose handle is thrown away, or kept in a local name without `with`, on which
//! nothing calls `wait`, `communicate` or `poll`. Not one that is returned, passed on or kept in an
//! object, nor one that is detached on purpose (`start_new_session=True` and its like), nor in a
//! program that reaps its children by `os.wait` or ignores `SIGCHLD`.
//!
//! ## Why it matters
//! A child that has ended stays a zombie until its parent waits for it, and its exit code, the only
//! sign that it failed, is lost. Python itself warns of it: `ResourceWarning: subprocess … is still
//! running`, when the handle is collected.
//!
//! ## Example
//! ```py
//! import subprocess
//!
//! def backup(folder, target):
//!     subprocess.Popen(["tar", "czf", target, folder])
//! ```
//!
//! ## Write instead
//! ```py
//! import subprocess
//!
//! def backup(folder, target):
//!     subprocess.run(["tar", "czf", target, folder], check=True)
//! ```
//!
//! ## When it is wrong
//! If the child is meant to outlive the program.

use crate::check::found::Found;
use crate::check::handles::Handle;
use crate::check::model::{Call, Model};
use crate::check::scope::ScopeId;
use crate::check::tree::NodeId;
use crate::check::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr};

/// What waits, or asks whether it has ended.
const WAITS: &[&str] = &[
    "wait",
    "communicate",
    "poll",
    "returncode",
    "__exit__",
    "__enter__",
];
/// Keywords of a child that is to live on its own.
const DETACHES: &[&str] = &[
    "start_new_session",
    "preexec_fn",
    "process_group",
    "creationflags",
];
/// Words in the name of a function that leaves its child to itself on purpose.
const BACKGROUND: &[&str] = &[
    "restart",
    "relaunch",
    "respawn",
    "daemon",
    "daemonize",
    "detach",
    "detached",
    "background",
];
/// Calls that wait for children by their number, or make the system forget them.
const REAPS: &[&str] = &[
    "os.wait",
    "os.wait3",
    "os.wait4",
    "os.waitpid",
    "os.waitid",
    "psutil.wait_procs",
    "psutil.Process.wait",
];
const ENDS: &[&str] = &[
    "sys.exit", "os._exit", "exit", "quit", "os.abort", "os.kill",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Cheap first: most files have none.
    if !model.text.as_str().contains("Popen") {
        return;
    }
    let mut reaps = None;
    for call in &model.calls {
        if !model.calls_any(call, &["subprocess.Popen"])
            || is_detached(model, call)
            || !is_left(model, call)
            || ends_after(model, call.node)
            || *reaps.get_or_insert_with(|| reaps_children(model))
        {
            continue;
        }
        found
            .report(call, "this child process is never waited for: it stays a zombie after its end, and its exit code is lost")
            .help("use `subprocess.run(…)`, a `with` block, or call `wait()`");
    }
}

/// Whether a child is meant to live on its own, or may be (`**options`).
fn is_detached(model: &Model<'_>, call: &Call<'_>) -> bool {
    let given = &call.expr.arguments;
    let by_option = given.keywords.iter().any(|keyword| {
        let name = keyword.arg.as_ref().map(|name| name.as_str());
        name.is_none_or(|name| DETACHES.contains(&name))
            && !matches!(&keyword.value, Expr::NoneLiteral(_))
    });
    by_option || {
        let around = call.function.and_then(|id| model.function(id).def());
        let name = around.map_or(String::new(), |def| def.name.to_lowercase());
        name.split('_').any(|word| BACKGROUND.contains(&word))
    }
}

fn is_left<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    match model.handle(call) {
        Handle::Dropped => true,
        Handle::Attribute { attr, node } => !WAITS.contains(&attr) && !feeds_another(model, node),
        Handle::Name(kept) => {
            let shared = kept.scope == ScopeId(0) && !model.is_module_level(call.node);
            !shared
                && !model.has_attribute(kept, WAITS)
                && !model.is_handed_over(kept)
                && !model
                    .attributes_of(kept)
                    .any(|(_, node)| feeds_another(model, node))
        }
        _ => false,
    }
}

/// Whether a child's output is another child's input: the last one of a pipe is waited for.
fn feeds_another(model: &Model<'_>, attribute: NodeId) -> bool {
    let parent = model
        .tree
        .parent(attribute)
        .map(|parent| model.tree.node(parent));
    match parent {
        Some(AnyNodeRef::Keyword(keyword)) => keyword
            .arg
            .as_ref()
            .is_some_and(|name| name.as_str() == "stdin"),
        // Its end of the pipe is kept or given away: who has it may know the child's end by it.
        _ => matches!(model.use_of(attribute), Use::Attribute(_)),
    }
}

/// Whether the program ends in a statement after this one: the child is not this program's any more.
fn ends_after(model: &Model<'_>, node: NodeId) -> bool {
    let statement = model.statement_of(node);
    let after = model.calls.partition_point(|call| call.node < node);
    let mut next = model.calls.iter().skip(after);
    let Some(parent) = model.tree.parent(statement) else {
        return false;
    };
    next.find(|call| !model.tree.holds(statement, call.node))
        .is_some_and(|call| {
            let theirs = model.statement_of(call.node);
            let called = model.called(call);
            model.tree.parent(theirs) == Some(parent)
                && (called.is_some_and(|name| ENDS.contains(&&*name)) || quits(call))
        })
        || raises_exit(model, statement)
}

/// Whether a call ends an application by its method: `app.quit()`.
fn quits(call: &Call<'_>) -> bool {
    let method = call.expr.func.as_attribute_expr();
    method.is_some_and(|method| matches!(method.attr.as_str(), "quit" | "exit" | "_exit"))
}

fn raises_exit(model: &Model<'_>, statement: NodeId) -> bool {
    let all = model.tree.within(statement);
    let next = all.last().map(|last| NodeId(last.0 + 1));
    let inside = next.filter(|next| model.tree.holds(NodeId(0), *next));
    inside.is_some_and(|next| match model.tree.node(next) {
        AnyNodeRef::StmtRaise(raise) => model.text_of(raise).contains("SystemExit"),
        _ => false,
    })
}

/// Whether the file waits for its children in another way.
fn reaps_children(model: &Model<'_>) -> bool {
    model.calls.iter().any(|call| model.calls_any(call, REAPS))
        || model.text.as_str().contains("SIGCHLD")
}
