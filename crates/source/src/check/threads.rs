//! Which functions of a file run in threads other than the main one.

use super::model::{Function, FunctionId, Model};
use super::pools::Workers;
use super::tasks::{How, Submission};
use super::tree::NodeId;
use ruff_python_ast::Expr;
use rustc_hash::{FxHashMap, FxHashSet};

/// How a function comes to run in a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InThreads {
    /// One thread beside the main one, as far as can be told.
    One,
    /// Several may run it at the same time: a pool, a loop that starts threads, several starts.
    Several,
}

impl<'a> Model<'a> {
    /// The functions of this file that threads run: those handed to them, and what those call.
    pub fn in_threads(&self) -> &FxHashMap<FunctionId, InThreads> {
        self.in_threads.get_or_init(|| {
            let mut found = FxHashMap::default();
            for submission in self.submissions() {
                if submission.workers != Workers::Threads {
                    continue;
                }
                if let Some(function) = submission.task.function() {
                    let how = self.how_many(&submission);
                    self.spread(function, how, &mut found);
                }
            }
            found
        })
    }

    /// In how many threads of this submission alone its task may run at the same time.
    fn how_many(&self, submission: &Submission<'_, 'a>) -> InThreads {
        let repeated = self.loop_of(submission.call.node).is_some();
        match submission.how {
            How::Target | How::ToThread | How::RunInExecutor | How::Submit | How::ApplyAsync
                if !repeated =>
            {
                InThreads::One
            }
            How::Apply => InThreads::One,
            _ => InThreads::Several,
        }
    }

    /// Marks a function, and those that it calls by name or as methods of its own object.
    fn spread(
        &self,
        function: &Function<'a>,
        how: InThreads,
        found: &mut FxHashMap<FunctionId, InThreads>,
    ) {
        let reached = self.reached_from(function.id);
        for id in reached {
            // Two starts are two threads.
            let known = found
                .entry(id)
                .and_modify(|known| *known = InThreads::Several);
            known.or_insert(how);
        }
    }

    /// A function, and those plain functions of this file that it calls, by name or as methods of its
    /// own object, however deep.
    pub fn reached_from(&self, start: FunctionId) -> Vec<FunctionId> {
        let mut reached = vec![start];
        let mut seen = FxHashSet::from_iter([start]);
        let mut next = 0;
        while let Some(id) = reached.get(next).copied() {
            next += 1;
            for call in self.calls_of(id) {
                let called = self.called(call);
                let function = called.and_then(|name| self.function_named(&name));
                if let Some(function) = function
                    && !function.is_async()
                    && seen.insert(function.id)
                {
                    reached.push(function.id);
                }
            }
        }
        reached
    }

    /// Whether a `with` on a lock is open around a node.
    pub fn is_locked(&self, node: NodeId) -> bool {
        let contexts = self.contexts_around(node);
        contexts.iter().any(|context| self.is_lock(context))
    }

    /// Whether an expression is a lock, by its type or, of an unknown type, by its name.
    pub fn is_lock(&self, expr: &'a Expr) -> bool {
        match self.type_of(expr) {
            Some(name) => {
                let last = name.rsplit('.').next().unwrap_or(&name);
                matches!(
                    last,
                    "Lock" | "RLock" | "Condition" | "Semaphore" | "BoundedSemaphore"
                )
            }
            None => {
                let text = self.text_of(expr).to_lowercase();
                ["lock", "mutex", "condition", "semaphore"]
                    .iter()
                    .any(|word| text.contains(word))
            }
        }
    }
}
