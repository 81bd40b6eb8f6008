//! The arguments of a thread or process are in parentheses, but are no tuple.
//!
//! ## What it sees
//! `Thread(target=f, args=(x))`, `Process(target=f, args=("text"))`: what is given as `args` is a
//! single expression, not a sequence of arguments.
//!
//! ## Why it matters
//! `args` is unpacked: of a text each character becomes an argument, and of most other things the
//! start fails, in the new thread, where nobody sees the exception.
//!
//! ## Example
//! ```py
//! from threading import Thread
//!
//! def greet(name):
//!     print(name)
//!
//! thread = Thread(target=greet, args=("Ada"))
//! thread.start()
//! thread.join()
//! ```
//!
//! ## Write instead
//! ```py
//! from threading import Thread
//!
//! def greet(name):
//!     print(name)
//!
//! thread = Thread(target=greet, args=("Ada",))
//! thread.start()
//! thread.join()
//! ```
//!
//! ## When it is wrong
//! If the target takes as many arguments as the text has characters, on purpose.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::pools::Made;
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        if !matches!(model.makes(call), Some(Made::Thread | Made::Process)) {
            continue;
        }
        let Some(given) = call.expr.arguments.find_keyword("args") else {
            continue;
        };
        if !is_single(model, &given.value) {
            continue;
        }
        let what = model.text_of(&given.value);
        let draft = found.report(
            &given.value,
            format!("`args={what}` is not a tuple: it is taken apart into arguments"),
        );
        draft.help(format!("write `args=({what},)`"));
        draft.safe_fix(
            "make it a tuple of one argument",
            tuple(model, &given.value),
        );
    }
}

/// Whether the expression is one argument, not a sequence of arguments.
fn is_single<'a>(model: &Model<'a>, value: &'a Expr) -> bool {
    match value {
        Expr::StringLiteral(_)
        | Expr::FString(_)
        | Expr::NumberLiteral(_)
        | Expr::BytesLiteral(_) => true,
        // Unpacked, a dictionary gives its keys, a call's or an operator's value who knows what; in
        // parentheses a tuple was meant.
        Expr::Dict(_) | Expr::DictComp(_) => is_parenthesised(model, value),
        // In parentheses: a tuple was meant. Without: the name of a tuple.
        Expr::Name(_) | Expr::Attribute(_) => {
            is_parenthesised(model, value)
                && !matches!(model.type_of(value).as_deref(), Some("tuple" | "list"))
        }
        _ => false,
    }
}

fn is_parenthesised<'a>(model: &Model<'a>, value: &'a Expr) -> bool {
    let before = model.text.as_str().get(..value.start().to_usize());
    before.is_some_and(|before| before.trim_end().ends_with('('))
}

/// Puts a comma after the value, and parentheses around it if there are none.
fn tuple<'a>(model: &Model<'a>, value: &'a Expr) -> Vec<(TextRange, String)> {
    let end = TextRange::empty(value.end());
    if is_parenthesised(model, value) {
        return vec![(end, ",".to_owned())];
    }
    let start = TextRange::empty(value.start());
    vec![(start, "(".to_owned()), (end, ",)".to_owned())]
}
