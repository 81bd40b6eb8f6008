//! The pools, threads and processes that a file makes.

use super::model::{Call, Model};
use super::names::last_name;
use super::numbers::whole_number;
use super::tree::Tree;
use super::uses::Use;
use ruff_python_ast::{Expr, ExprCall};

/// What carries out tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workers {
    Threads,
    Processes,
    Interpreters,
}

/// A class of pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolType {
    pub workers: Workers,
    /// One of `concurrent.futures`, not one of `multiprocessing`.
    pub is_executor: bool,
}

/// What a constructor makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Pool(PoolType),
    Thread,
    Process,
}

const POOLS: &[(&str, Workers, bool)] = &[
    (
        "concurrent.futures.ThreadPoolExecutor",
        Workers::Threads,
        true,
    ),
    (
        "concurrent.futures.ProcessPoolExecutor",
        Workers::Processes,
        true,
    ),
    (
        "concurrent.futures.InterpreterPoolExecutor",
        Workers::Interpreters,
        true,
    ),
    ("multiprocessing.Pool", Workers::Processes, false),
    ("multiprocessing.pool.ThreadPool", Workers::Threads, false),
];

/// The pool that objects of this type are.
pub(crate) fn pool_type(name: &str) -> Option<PoolType> {
    let found = POOLS.iter().find(|(pool, ..)| *pool == name)?;
    Some(PoolType {
        workers: found.1,
        is_executor: found.2,
    })
}

fn made_by(name: &str) -> Option<Made> {
    match name {
        "threading.Thread" | "threading.Timer" => Some(Made::Thread),
        "multiprocessing.Process" => Some(Made::Process),
        _ => pool_type(name).map(Made::Pool),
    }
}

impl<'a> Model<'a> {
    /// What a call makes, if it makes a pool, a thread or a process: also by a class of this file that
    /// is derived from one.
    pub fn makes(&self, call: &Call<'a>) -> Option<Made> {
        if let Some(known) = call.made.get() {
            return *known;
        }
        let made = self.called(call).and_then(|name| self.is_a(&name));
        // Not kept while the answer might be cut short by the depth.
        if self.asking.get().0 == 0 {
            let _ = call.made.set(made);
        }
        made
    }

    /// What objects of this type are.
    pub fn is_a(&self, name: &str) -> Option<Made> {
        made_by(name).or_else(|| self.made_by_class(name))
    }

    fn made_by_class(&self, name: &str) -> Option<Made> {
        let class = self.class_named(name)?;
        self.bases(class).iter().find_map(|base| made_by(base))
    }

    /// Every call that makes a pool, in source order.
    pub fn pools(&self) -> impl Iterator<Item = (&Call<'a>, PoolType)> {
        self.calls
            .iter()
            .filter_map(|call| match self.makes(call)? {
                Made::Pool(of) => Some((call, of)),
                _ => None,
            })
    }

    /// The pool whose method an attribute of this value would be.
    pub fn pool_of(&self, value: &'a Expr) -> Option<PoolType> {
        match self.is_a(&self.type_of(value)?)? {
            Made::Pool(of) => Some(of),
            _ => None,
        }
    }

    /// The number of workers that a pool's constructor is given.
    pub fn workers_given(&self, call: &ExprCall, of: PoolType) -> Option<&'a Expr> {
        let name = if of.is_executor {
            "max_workers"
        } else {
            "processes"
        };
        // The tree outlives the call's borrow.
        let call = self.call_at(Tree::id(call))?.expr;
        call.arguments.find_argument_value(name, 0)
    }

    /// The pools whose number of workers stands there as a number: with that, and where it stands.
    pub fn pools_of_number(&self) -> impl Iterator<Item = (&Call<'a>, PoolType, &'a Expr, u64)> {
        self.pools().filter_map(|(call, of)| {
            let workers = self.workers_given(call.expr, of)?;
            Some((call, of, workers, whole_number(workers)?))
        })
    }

    /// The start method that a constructor of processes is bound to by its context, as in
    /// `get_context("fork").Process` or `mp_context=get_context("fork")`.
    pub fn start_method(&self, call: &Call<'a>) -> Option<&'a str> {
        let context = match call.expr.arguments.find_keyword("mp_context") {
            Some(given) => &given.value,
            None => match &*call.expr.func {
                Expr::Attribute(method) => &*method.value,
                _ => return None,
            },
        };
        let made = self.made_from(context)?;
        let name = self.called(made)?;
        if &*name != "multiprocessing.get_context" {
            return None;
        }
        match made.expr.arguments.find_argument_value("method", 0)? {
            Expr::StringLiteral(text) => Some(text.value.to_str()),
            _ => None,
        }
    }

    /// Whether the file chooses this start method for all processes.
    pub fn sets_start_method(&self, method: &str) -> bool {
        self.calls.iter().any(|call| {
            let given = call.expr.arguments.find_argument_value("method", 0);
            last_name(&call.expr.func) == Some("set_start_method")
                && matches!(given, Some(Expr::StringLiteral(text)) if text.value.to_str() == method)
        })
    }

    /// Whether the processes that a call makes are forked by an explicit choice in this file: nothing
    /// is pickled for them, and no module is imported again.
    pub fn is_forked(&self, call: &Call<'a>) -> bool {
        match self.start_method(call) {
            Some(method) => method == "fork",
            None => self.sets_start_method("fork"),
        }
    }

    /// Whether a call makes processes that really start in the function (or module) around it, not
    /// forked by choice: an executor starts its processes with its first task, a process by `start`.
    pub fn starts_processes(&self, call: &Call<'a>) -> bool {
        let starts = match self.makes(call) {
            Some(Made::Process) => self.is_put_to_work(call, &["start", "run"]),
            Some(Made::Pool(of)) if of.workers == Workers::Processes => {
                !of.is_executor || self.is_put_to_work(call, &["submit", "map"])
            }
            _ => false,
        };
        starts && !self.is_forked(call)
    }

    /// Whether one of these methods is called on what a call makes, or it is handed on, in the same
    /// function; at module level also not in the part that only the main module runs.
    fn is_put_to_work(&self, call: &Call<'a>, methods: &[&str]) -> bool {
        let (scope, name) = match self.use_of(call.node) {
            Use::Context(Some(Expr::Name(name))) => (self.tree.scope(Tree::id(name)), &*name.id),
            Use::Context(_) | Use::Item(_) | Use::Argument(_) => return true,
            Use::Method { attr, .. } => return methods.contains(&attr),
            Use::Named { name, scope } => (scope, name),
            _ => return false,
        };
        self.scopes.reads(scope, name).iter().any(|read| {
            let function = self.function_of(*read).map(|function| function.id);
            let here = function == call.function && (function.is_some() || !self.is_guarded(*read));
            here && match self.use_of(*read) {
                Use::Method { attr, .. } => methods.contains(&attr),
                Use::Argument(_) | Use::Item(_) => true,
                _ => false,
            }
        })
    }

    /// The call that made a value: itself, or what its name is bound to.
    pub fn made_from(&self, value: &'a Expr) -> Option<&Call<'a>> {
        match value {
            Expr::Call(_) => self.as_call(value),
            Expr::Await(waited) => self.made_from(&waited.value),
            Expr::Name(_) | Expr::Attribute(_) => {
                let values = self.values_of(value);
                let [only] = values.as_slice() else {
                    return None;
                };
                match only {
                    Expr::Call(_) => self.as_call(*only),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
