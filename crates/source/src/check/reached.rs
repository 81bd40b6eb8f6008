//! Which functions of a file run when one of them is called.

use super::model::{FunctionId, Model};

/// More functions than that are not followed.
const MOST: usize = 200;

impl<'a> Model<'a> {
    /// The functions of this file that run when these are called: they themselves, and those they call
    /// by name or as methods of their own object, however deep.
    pub fn reached_from(&self, start: impl IntoIterator<Item = FunctionId>) -> Vec<FunctionId> {
        let mut reached: Vec<FunctionId> = Vec::new();
        for function in start {
            if !reached.contains(&function) {
                reached.push(function);
            }
        }
        let mut next = 0;
        while let Some(id) = reached.get(next).copied() {
            next += 1;
            for call in self.calls_of(id) {
                let name = self.called(call);
                if let Some(function) = name.and_then(|name| self.function_named(&name))
                    && !reached.contains(&function.id)
                    && reached.len() < MOST
                {
                    reached.push(function.id);
                }
            }
        }
        reached
    }
}
