//! Items mapped to results.

use super::split::Split;
use super::write::Pieces;
use crate::names::of_target;
use crate::outcome::Outcome;
use crate::place::deeper;
use crate::tasks::{Items, bare};
use rightlane_source::syntax::ast::Expr;
use std::collections::BTreeSet;

impl Split<'_, '_> {
    /// `for item, value in zip(items, executor.map(f, items))`.
    pub(super) fn mapped(mut self) -> Result<Outcome, String> {
        let Some((target, iter)) = self.each.each else {
            return Err("a `while` loop has no items".to_owned());
        };
        let own = self.all_targets(target);
        let file = self.sheet.file;
        let target_text = match self.each.outer.is_empty() {
            true => file.slice(target).to_owned(),
            false => format!("({})", own.join(", ")),
        };
        let names: BTreeSet<String> = own.into_iter().collect();
        let replaced = self.bound_by_result();
        let after = self.read_after();
        let kept = names
            .iter()
            .filter(|name| replaced.as_ref() != Some(*name))
            .any(|name| after.contains(name) || self.is_read_outside(name));
        let opened = self.lane.opening(self.sheet);
        let opens = opened.is_some();
        let depth = self.outer_depth(opens);
        let again = kept || self.moves() || self.uses(&names) > 1;
        let (bind, iterable) = match self.each.outer.is_empty() {
            true => crate::items::iterable(self.sheet, self.each.id, iter, again, &depth),
            false => self.flat_items(&target_text),
        };
        self.note_risks(iter);
        let items = Items {
            names: &names,
            target: &target_text,
            iterable: &iterable,
        };
        let (definition, results) = self.results(&items, opened.as_ref())?;
        let mut outside = bind.map_or_else(String::new, |line| format!("{depth}{line}\n"));
        if let Some(definition) = definition {
            outside.push_str(&format!("{}\n", deeper(&definition, &depth)));
        }
        let target = match names.len() > 1 || target.is_tuple_expr() {
            true => format!("({})", bare(&target_text)),
            false => target_text.clone(),
        };
        let over = self.over(results, opens, kept, &target, &iterable);
        Ok(self.write(Pieces {
            opened,
            outside,
            over,
        }))
    }

    /// Names of the targets of all loops that are taken together, the outermost first.
    fn all_targets(&self, target: &Expr) -> Vec<String> {
        let outer = self
            .each
            .outer
            .iter()
            .flat_map(|outer| of_target(&outer.target));
        outer.chain(of_target(target)).collect()
    }

    /// What is done for all items before the first result is there, and may fail.
    fn note_risks(&mut self, iter: &Expr) {
        let mut exprs: Vec<&Expr> = self.call.arguments.args.iter().collect();
        exprs.extend(
            self.call
                .arguments
                .keywords
                .iter()
                .map(|keyword| &keyword.value),
        );
        if !self.each.outer.is_empty() {
            exprs.push(iter);
        }
        let risk = exprs
            .into_iter()
            .find_map(|expr| crate::risks::of_expr(self.sheet, expr));
        let risk = risk.or_else(|| crate::risks::of_items(self.sheet, self.each.id, iter));
        self.outcome.early(risk);
    }

    /// All pairs of items of the loops that are taken together.
    fn flat_items(&mut self, target: &str) -> (Option<String>, String) {
        let name = self.sheet.fresh("items");
        let file = self.sheet.file;
        let clause = |target: &Expr, iter: &Expr| {
            format!("for {} in {}", file.slice(target), file.slice(iter))
        };
        let outer = self
            .each
            .outer
            .iter()
            .map(|one| clause(&one.target, &one.iter));
        let own = self.each.each.map(|(target, iter)| clause(target, iter));
        let clauses: Vec<String> = outer.chain(own).collect();
        (
            Some(format!("{name} = [{target} {}]", clauses.join(" "))),
            name,
        )
    }
}
