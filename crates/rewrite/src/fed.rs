//! What one part of an iteration needs from another part, or of the iteration before: a loop cannot be split there.

use crate::changes::{changed_by, dotted_in, dotted_in_expr};
use crate::loops::Loop;
use crate::names::{added_to, bound_in, bound_in_expr, of_target, read_in, read_in_all};
use rightlane_source::syntax::ast::{Expr, ExprCall, Stmt};
use std::collections::BTreeSet;

/// An iteration in two parts: the first runs for all items before the second runs for any.
pub(crate) struct Parts<'s> {
    first: Vec<&'s Stmt>,
    second: Vec<&'s Stmt>,
    /// Names that are each item's own.
    own: BTreeSet<String>,
}

impl<'s> Parts<'s> {
    /// The statements with these indices come first.
    pub(crate) fn new(each: &Loop<'s>, first: &[usize]) -> Self {
        let (one, two): (Vec<usize>, Vec<usize>) =
            (0..each.body.len()).partition(|index| first.contains(index));
        let stmts =
            |indices: Vec<usize>| indices.into_iter().map(|index| &each.body[index]).collect();
        let first: Vec<&Stmt> = stmts(one);
        let added = added_to(first.iter().copied());
        let mut own: BTreeSet<String> = bound_in(first.iter().copied()).into_iter().collect();
        own.retain(|name| !added.contains(name));
        own.extend(each.each.iter().flat_map(|(target, _)| of_target(target)));
        if let Stmt::While(one) = each.stmt {
            own.extend(bound_in_expr(&one.test));
        }
        Self {
            first,
            second: stmts(two),
            own,
        }
    }

    fn is_shared(&self, name: &str) -> bool {
        !self
            .own
            .contains(name.split('.').next().unwrap_or_default())
    }

    /// Refuses where the test of the loop, or the first part, needs what the second part changes.
    ///
    /// # Errors
    /// What it is, and what to do, as a sentence.
    pub(crate) fn refuse_fed(&self, each: &Loop<'_>) -> Result<(), String> {
        let mut needed = read_in_all(self.first.iter().copied());
        let mut objects = dotted_in(self.first.iter().copied());
        if let Stmt::While(one) = each.stmt {
            needed.extend(read_in(&one.test));
            objects.extend(dotted_in_expr(&one.test));
        }
        let bound = bound_in(self.second.iter().copied())
            .into_iter()
            .filter(|name| needed.contains(name));
        let changed = changed_by(self.second.iter().copied())
            .into_iter()
            .filter(|name| objects.contains(name));
        match bound.chain(changed).find(|name| self.is_shared(name)) {
            Some(name) => Err(format!(
                "{name} changes once the call has its result, and the next iteration needs it before its call: move \
                 the change in front of the call, if it does not need the result"
            )),
            None => Ok(()),
        }
    }

    /// Refuses where the first part changes an object that the second one names: it would see what later items did.
    ///
    /// # Errors
    /// What it is, and what to do, as a sentence.
    pub(crate) fn refuse_ahead(&self) -> Result<(), String> {
        let objects = dotted_in(self.second.iter().copied());
        let changed = changed_by(self.first.iter().copied());
        match changed
            .iter()
            .find(|name| objects.contains(*name) && self.is_shared(name))
        {
            Some(name) => Err(format!(
                "{name} changes both before the call and after it, or is read there: all that comes before would be \
                 done first"
            )),
            None => Ok(()),
        }
    }

    /// Refuses where the call names an object that every iteration changes before it.
    ///
    /// # Errors
    /// What it is, and what to do, as a sentence.
    pub(crate) fn refuse_changed(
        &self,
        each: &Loop<'_>,
        at: usize,
        call: &ExprCall,
    ) -> Result<(), String> {
        let objects = dotted_in_expr(&Expr::Call(call.clone()));
        let changed = changed_by(each.body.iter().take(at));
        match changed
            .iter()
            .find(|name| objects.contains(*name) && self.is_shared(name))
        {
            Some(name) => Err(format!(
                "{name} changes before each call, and its tasks would see what later items made of it: make a new one \
                 in each iteration"
            )),
            None => Ok(()),
        }
    }
}
