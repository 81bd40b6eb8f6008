//! A first loop that does what comes before the calls, a second one for what follows.

use super::split::Split;
use super::write::Pieces;
use crate::names::read_in;
use crate::outcome::Outcome;
use crate::place::deeper;
use crate::segments::segments;
use crate::tasks::Items;
use rightlane_source::syntax::ast::Expr;
use rightlane_source::syntax::{Ranged, TextRange};
use std::collections::BTreeSet;

impl Split<'_, '_> {
    /// `pending.append(item)` for every item, then the results.
    pub(super) fn collected(mut self) -> Result<Outcome, String> {
        let read = read_in(&Expr::Call(self.call.clone()));
        let after = self.read_after();
        // What is read only after the loop has its last value already.
        let mut needed = self.own_names();
        needed.retain(|name| read.contains(name) || after.contains(name));
        let names: BTreeSet<String> = needed.iter().cloned().collect();
        let (one, target) = match needed.as_slice() {
            [] => ("None".to_owned(), "_".to_owned()),
            [single] => (single.clone(), single.clone()),
            more => (
                format!("({})", more.join(", ")),
                format!("({})", more.join(", ")),
            ),
        };
        let opened = self.lane.opening(self.sheet);
        let opens = opened.is_some();
        let pending = self.sheet.fresh("pending");
        let items = Items {
            names: &names,
            target: &target,
            iterable: &pending,
        };
        let (definition, results) = self.results(&items, opened.as_ref())?;
        let depth = self.outer_depth(opens);
        let mut outside = format!("{depth}{pending} = []\n");
        outside.push_str(&self.first_loop(&depth, &format!("{pending}.append({one})")));
        if let Some(definition) = definition {
            outside.push_str(&format!("{}\n", deeper(&definition, &depth)));
        }
        let replaced = self.bound_by_result();
        let mut kept = false;
        for name in needed
            .iter()
            .filter(|name| replaced.as_ref() != Some(*name))
        {
            kept |= self.binds_again(name, &after)?;
        }
        let over = self.over(results, opens, kept, &target, &pending);
        self.note_early();
        Ok(self.write(Pieces {
            opened,
            outside,
            over,
        }))
    }

    /// What comes before the calls of all items comes before the first result is used.
    pub(super) fn note_early(&mut self) {
        let prints = |index: &usize| crate::risks::prints(&self.each.body[*index]);
        let first = self.before.iter().find(|index| prints(index));
        let mut rest = (0..self.each.body.len()).filter(|index| !self.before.contains(index));
        if let (Some(index), true) = (first, rest.any(|index| prints(&index))) {
            let line = self.sheet.file.line(self.each.body[*index].start());
            self.outcome.changes(format!(
                "what line {line} prints for all items comes before what is printed with their results"
            ));
        }
        let before = self.before.iter().map(|index| &self.each.body[*index]);
        let changed = crate::changes::changed_by(before.clone());
        let rest = (0..self.each.body.len()).filter(|index| !self.before.contains(index));
        let word = super::ends_early(rest.map(|index| &self.each.body[index]));
        if let (Some(word), Some(name)) = (word, changed.first()) {
            self.outcome.changes(format!(
                "when `{word}` ends the loop, {name} has been changed for later items, too"
            ));
        }
        let mut risk = before
            .into_iter()
            .find_map(|stmt| crate::risks::of_stmt(self.sheet, stmt));
        if let Some((_, iter)) = self.each.each {
            risk = risk.or_else(|| crate::risks::of_items(self.sheet, self.each.id, iter));
        }
        let arguments = self.call.arguments.args.iter();
        risk = risk.or_else(|| {
            arguments
                .clone()
                .find_map(|one| crate::risks::of_expr(self.sheet, one))
        });
        self.outcome.early(risk);
    }

    /// The first loop; `note` stands for the call.
    pub(super) fn first_loop(&self, indent: &str, note: &str) -> String {
        let file = self.sheet.file;
        let header = TextRange::new(
            self.each.stmt.start(),
            self.each.header_colon(self.sheet.file),
        );
        let mut text = format!("{indent}{}\n", file.slice(header));
        let deeper = format!("{indent}{}", self.sheet.unit);
        let whole = segments(file, self.each.body, self.each.header_end());
        for (index, segment) in whole.iter().enumerate() {
            if self.before.contains(&index) {
                text.push_str(&segment.written(file, &[], &deeper));
            }
        }
        text.push_str(&format!("{deeper}{note}\n"));
        text
    }
}
