//! The function is called where it should be handed over: its result is what the worker gets to run.
//!
//! ## What it sees
//! `Thread(target=f())`, `submit(f(x))`, `apply_async(f(x))` and the like, where `f` is known not to return a
//! function: by its `return`s, in this or another file of the project, or by the tables of known
//! functions.
//!
//! ## Why it matters
//! `f` runs here, one call after the other, and nothing runs in the background. The worker then tries
//! to call the result: `TypeError: 'NoneType' object is not callable`, in a future or a thread where
//! it is easily missed; `Thread(target=None)` says nothing at all.
//!
//! ## Example
//! ```py
//! import threading
//!
//! def blink():
//!     print("on")
//!
//! thread = threading.Thread(target=blink())
//! thread.start()
//! thread.join()
//! ```
//!
//! ## Write instead
//! ```py
//! import threading
//!
//! def blink():
//!     print("on")
//!
//! thread = threading.Thread(target=blink)
//! thread.start()
//! thread.join()
//! ```
//!
//! ## When it is wrong
//! If the function returns something that can be called, in a way that its text does not show.

use crate::check::found::{Found, Quality};
use crate::check::model::{Call, Function, Model};
use crate::knowledge::functions::function;
use ruff_python_ast::{AnyNodeRef, Expr};

/// What may hold functions: an item taken out of one may be called.
const HOLDERS: &[&str] = &["list", "dict", "set", "tuple"];
/// How deep functions that return what another function returns are followed.
const DEEPEST: u32 = 4;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for submission in model.submissions() {
        let Some(callable) = submission.callable else {
            continue;
        };
        let Some(call) = model.as_call(callable) else {
            continue;
        };
        let Some(name) = model.called(call) else {
            continue;
        };
        let own = model.function_named(&name);
        let elsewhere = own.is_none() && name.contains('.') && model.class_named(&name).is_none();
        let known = own.is_some_and(|own| returns_data(model, own, 0)) || is_known(&name);
        if !known && !elsewhere {
            continue;
        }
        let text = model.text_of(&*call.expr.func);
        let draft = found.report(
            callable,
            format!("`{text}` is called here, before the worker starts: the worker gets its result to call"),
        );
        draft.help(format!(
            "hand over `{text}` itself, and its arguments beside it"
        ));
        if !known {
            draft.only_if(&name, Quality::ReturnsNothing);
        }
    }
}

/// Whether the tables know a function: only those of `functools` and `operator` return functions.
fn is_known(name: &str) -> bool {
    let makes_functions = name.starts_with("functools.") || name.starts_with("operator.");
    !makes_functions && (name == "print" || function(name).is_some())
}

/// Whether a function surely returns no function.
fn returns_data(model: &Model<'_>, function: &Function<'_>, depth: u32) -> bool {
    let Some(def) = function.def() else {
        return false;
    };
    if def.is_async || !def.decorator_list.is_empty() || depth > DEEPEST {
        return false;
    }
    let mut nodes = model.tree.within(function.node);
    nodes.all(|id| match model.tree.node(id) {
        AnyNodeRef::StmtReturn(given) if model.tree.scope(id) == function.scope => {
            let value = given.value.as_deref();
            value.is_none_or(|value| is_data(model, value, depth))
        }
        // A generator cannot be called, but whoever gives one means something else.
        AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => false,
        _ => true,
    })
}

/// Whether a value surely is not a function.
fn is_data<'a>(model: &Model<'a>, value: &'a Expr, depth: u32) -> bool {
    match value {
        Expr::Call(_) => model
            .as_call(value)
            .is_some_and(|call| call_gives_data(model, call, depth)),
        Expr::Name(_) => {
            let of = model.type_of(value);
            of.is_some_and(|of| is_plain(&of))
        }
        // `subprocess.run(…).returncode`
        Expr::Attribute(attribute) => {
            attribute.value.is_call_expr() && is_data(model, &attribute.value, depth)
        }
        Expr::Lambda(_)
        | Expr::Subscript(_)
        | Expr::If(_)
        | Expr::BoolOp(_)
        | Expr::Named(_)
        | Expr::Await(_) => false,
        _ => true,
    }
}

fn call_gives_data<'a>(model: &Model<'a>, call: &Call<'a>, depth: u32) -> bool {
    let Some(name) = model.called(call) else {
        return false;
    };
    match model.function_named(&name) {
        Some(own) => returns_data(model, own, depth + 1),
        // A method of what a known function returned: `urlopen(…).read()`.
        None => {
            is_known(&name)
                || name
                    .rsplit_once('.')
                    .is_some_and(|(of, _)| is_plain(of) && !HOLDERS.contains(&of))
        }
    }
}

fn is_plain(name: &str) -> bool {
    const PLAIN: &[&str] = &[
        "list", "dict", "set", "tuple", "str", "bytes", "number", "int", "float", "bool", "len",
        "sum", "open",
    ];
    PLAIN.contains(&name) || is_known(name)
}
