//! Event loops: which expressions are one, which functions make coroutines, which run in a thread that
//! has no loop.

use super::model::{Call, Function, FunctionId, Model};
use super::pools::Workers;
use super::tree::NodeId;
use ruff_python_ast::{AnyNodeRef, Expr};
use rustc_hash::FxHashSet;

/// What gives its thread an event loop.
const RUNS: &[&str] = &[
    "asyncio.run",
    "asyncio.Runner",
    "asyncio.new_event_loop",
    "asyncio.set_event_loop",
    "asyncio.get_event_loop",
    "anyio.run",
    "trio.run",
    "uvloop.run",
    "uvloop.new_event_loop",
];
/// Decorators that leave a coroutine function what it is.
const TRANSPARENT: &[&str] = &[
    "staticmethod",
    "classmethod",
    "abc.abstractmethod",
    "typing.override",
    "typing.overload",
    "typing.final",
    "typing_extensions.override",
    "typing_extensions.overload",
    "typing_extensions.final",
    "functools.wraps",
];

impl<'a> Model<'a> {
    /// Whether an expression is an event loop of `asyncio`, by its type or, of an unknown type, by its
    /// name.
    pub fn is_event_loop(&self, expr: &'a Expr) -> bool {
        let last = match expr {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        match self.type_of(expr) {
            Some(name) => name == "asyncio.AbstractEventLoop",
            None => matches!(
                last.trim_start_matches('_'),
                "loop" | "event_loop" | "main_loop" | "asyncio_loop" | "running_loop"
            ),
        }
    }

    /// Whether a call gives its thread an event loop, or runs one in it.
    pub fn runs_loop(&self, call: &Call<'a>) -> bool {
        let is_run = match &*call.expr.func {
            Expr::Attribute(method) => match method.attr.as_str() {
                "run_until_complete" | "run_forever" => true,
                // Of Tornado.
                "start" | "run_sync" => self.text_of(&*method.value).ends_with("loop"),
                _ => false,
            },
            _ => false,
        };
        is_run || self.calls_any(call, RUNS)
    }

    /// The functions that run in threads without an event loop of their own, as far as can be seen.
    pub fn in_threads_without_loop(&self) -> FxHashSet<FunctionId> {
        let mut found = FxHashSet::default();
        let mut looped = FxHashSet::default();
        let mut starts = FxHashSet::default();
        for submission in self.submissions() {
            if submission.workers != Workers::Threads {
                continue;
            }
            let Some(function) = submission.task.function() else {
                continue;
            };
            if function.is_async() || !starts.insert(function.id) {
                continue;
            }
            let reached = self.reached_plainly([function.id]);
            let has_loop = reached
                .iter()
                .any(|id| self.calls_of(*id).any(|call| self.runs_loop(call)));
            if has_loop {
                looped.extend(reached);
            } else {
                found.extend(reached);
            }
        }
        // What both kinds of threads run may find a loop.
        found.retain(|id| !looped.contains(id));
        found
    }

    /// Whether calling a function makes a coroutine: an `async def` that does not yield and that no
    /// decorator makes something else of.
    pub fn is_coroutine(&self, function: &Function<'a>) -> bool {
        let Some(def) = function.def().filter(|def| def.is_async) else {
            return false;
        };
        let transparent = |decorator: &'a Expr| {
            let named = match decorator {
                Expr::Call(call) => &*call.func,
                other => other,
            };
            let name = self.name_of(named);
            name.is_some_and(|name| TRANSPARENT.contains(&&*name))
        };
        let mut decorators = def.decorator_list.iter();
        decorators.all(|decorator| transparent(&decorator.expression)) && !self.yields(function)
    }

    fn yields(&self, function: &Function<'a>) -> bool {
        let is_yield = |id: NodeId| {
            matches!(self.tree.node(id), AnyNodeRef::ExprYield(_))
                && self.tree.scope(id) == function.scope
        };
        self.tree.within(function.node).any(is_yield)
    }
}
