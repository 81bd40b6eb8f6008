//! What the first part of an iteration needs from the last part of the one before: a loop cannot be split there.

use crate::changes::{changed_by, dotted_in};
use crate::loops::Loop;
use crate::names::{added_to, bound_in, bound_in_expr, of_target, read_in, read_in_all};
use rightlane_source::syntax::ast::Stmt;
use std::collections::BTreeSet;

/// Refuses where the test of the loop, or what comes before the call, needs what changes once the call has its
/// result.
///
/// # Errors
/// What it is, and what to do, as a sentence.
pub(crate) fn refuse(each: &Loop<'_>, at: usize, before: &[usize]) -> Result<(), String> {
    let first: Vec<&Stmt> = before.iter().map(|index| &each.body[*index]).collect();
    let rest = (at..each.body.len()).filter(|index| !before.contains(index));
    let rest: Vec<&Stmt> = rest.map(|index| &each.body[index]).collect();
    let added = added_to(first.iter().copied());
    let mut own: BTreeSet<String> = bound_in(first.iter().copied()).into_iter().collect();
    own.retain(|name| !added.contains(name));
    own.extend(each.each.iter().flat_map(|(target, _)| of_target(target)));
    let mut needed = read_in_all(first.iter().copied());
    let mut objects = dotted_in(first.iter().copied());
    if let Stmt::While(one) = each.stmt {
        needed.extend(read_in(&one.test));
        objects.extend(crate::changes::dotted_in_expr(&one.test));
        own.extend(bound_in_expr(&one.test));
    }
    let bound = bound_in(rest.iter().copied())
        .into_iter()
        .filter(|name| needed.contains(name));
    let changed = changed_by(rest.iter().copied())
        .into_iter()
        .filter(|name| objects.contains(name));
    let root = |name: &String| name.split('.').next().unwrap_or_default().to_owned();
    match bound.chain(changed).find(|name| !own.contains(&root(name))) {
        Some(name) => Err(format!(
            "{name} changes once the call has its result, and the next iteration needs it before its call: move the \
             change in front of the call, if it does not need the result"
        )),
        None => Ok(()),
    }
}
