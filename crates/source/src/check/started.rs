//! Threads and processes that a function starts and then leaves to themselves.

use super::handles::{Handle, Owned};
use super::model::{Call, Model};
use super::scope::ScopeId;
use super::uses::Use;
use ruff_python_ast::{Expr, StmtClassDef};

/// What may be done with a thread or process without ending it.
const HARMLESS: &[&str] = &[
    "start",
    "name",
    "ident",
    "native_id",
    "pid",
    "getName",
    "setName",
    "run",
    "is_alive",
    "exitcode",
    "terminate",
    "kill",
];

impl<'a> Model<'a> {
    /// The calls that make a thread or process of this class (or of one derived from it in this file)
    /// that is no daemon, is started by the function that makes it, stays in its hands, and on which
    /// none of the attributes `waits` is named.
    pub fn never_waited_for<'m>(
        &'m self,
        class: &'m str,
        waits: &'m [&'m str],
    ) -> impl Iterator<Item = &'m Call<'a>> {
        // Cheap first: most files have none.
        let word = class.rsplit('.').next().unwrap_or(class);
        let calls = if self.text.as_str().contains(word) {
            self.calls.as_slice()
        } else {
            &[]
        };
        calls.iter().filter(move |call| {
            // What a lambda starts is whose who calls it.
            call.function
                .is_some_and(|function| self.function(function).def().is_some())
                && self.is_made_of(call, class)
                && is_no_daemon(call)
                && self.is_started_and_left(call, waits)
        })
    }

    fn is_made_of(&self, call: &Call<'a>, class: &str) -> bool {
        let Some(name) = self.called(call) else {
            return false;
        };
        &*name == class
            || self.class_named(&name).is_some_and(|own| {
                let bases = self.bases(own);
                bases.iter().any(|base| base == class) && self.leaves_itself_alone(own)
            })
    }

    /// Whether objects of a class do not make themselves daemons, join themselves or make themselves
    /// known to others.
    fn leaves_itself_alone(&self, class: &'a StmtClassDef) -> bool {
        let text = self.text_of(class);
        let shows_itself = |function: &super::model::Function<'a>| {
            let of_it = function.class.is_some_and(|of| std::ptr::eq(of, class));
            let first = || function.parameters()?.iter_non_variadic_params().next();
            of_it
                && first().is_some_and(|first| {
                    let reads = self.scopes.reads(function.scope, first.name().as_str());
                    reads
                        .iter()
                        .any(|read| !matches!(self.use_of(*read), Use::Method { .. }))
                })
        };
        let outside = self.bases(class).len() == 1;
        outside
            && !text.contains("daemon")
            && !text.contains("join")
            && !self.functions.iter().any(shows_itself)
    }

    fn is_started_and_left(&self, call: &Call<'a>, waits: &[&str]) -> bool {
        match self.handle(call) {
            Handle::Attribute { attr, node } => {
                attr == "start" && self.call_of_function(node).is_some()
            }
            Handle::Name(kept) => {
                // A name of the module outlives the function.
                kept.scope != ScopeId(0)
                    && self.is_started(kept)
                    && !self.has_attribute(kept, waits)
                    && self.is_used_harmlessly(kept)
                    && !self.is_handed_over(kept)
            }
            _ => false,
        }
    }

    fn is_started(&self, kept: Owned<'a>) -> bool {
        let mut all = self.attributes_of(kept);
        all.any(|(attr, node)| attr == "start" && self.call_of_function(node).is_some())
    }

    /// Not for a method of unknown meaning, which may end it, nor where it is made a daemon.
    fn is_used_harmlessly(&self, kept: Owned<'a>) -> bool {
        let mut all = self.attributes_of(kept);
        all.all(|(attr, _)| HARMLESS.contains(&attr))
    }
}

/// Whether a call says nothing of a daemon, or that it is none; `**options` may say so.
fn is_no_daemon(call: &Call<'_>) -> bool {
    call.expr.arguments.keywords.iter().all(|keyword| {
        keyword.arg.as_ref().is_some_and(|name| {
            name.as_str() != "daemon"
                || matches!(&keyword.value, Expr::BooleanLiteral(value) if !value.value)
        })
    })
}
