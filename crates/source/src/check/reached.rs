//! Which functions of a file run when one of them is called.

use super::model::{Function, FunctionId, Model};
use rustc_hash::FxHashSet;

/// More functions than that are not followed.
const MOST: usize = 200;

impl<'a> Model<'a> {
    /// The functions of this file that run when these are called: they themselves, and those they call
    /// by name or as methods of their own object, however deep. Coroutines count as run.
    pub fn reached_from(&self, starts: impl IntoIterator<Item = FunctionId>) -> Vec<FunctionId> {
        self.reached(starts, |_| true)
    }

    /// The same without what coroutines do: calling them does not run them.
    pub fn reached_plainly(&self, starts: impl IntoIterator<Item = FunctionId>) -> Vec<FunctionId> {
        self.reached(starts, |function| !function.is_async())
    }

    fn reached(
        &self,
        starts: impl IntoIterator<Item = FunctionId>,
        runs: fn(&Function<'a>) -> bool,
    ) -> Vec<FunctionId> {
        let mut seen = FxHashSet::default();
        let mut reached: Vec<FunctionId> =
            starts.into_iter().filter(|id| seen.insert(*id)).collect();
        let mut next = 0;
        while let Some(id) = reached.get(next).copied() {
            next += 1;
            for call in self.calls_of(id) {
                let name = self.called(call);
                if let Some(function) = name.and_then(|name| self.function_named(&name))
                    && runs(function)
                    && reached.len() < MOST
                    && seen.insert(function.id)
                {
                    reached.push(function.id);
                }
            }
        }
        reached
    }
}
