//! Writing the loop anew.

use super::split::{Over, Split};
use crate::lanes::Opening;
use crate::outcome::Outcome;
use crate::place::line_end;
use rightlane_source::syntax::{Ranged, TextRange};

/// The loop as it will be; lines are at their depth.
pub(super) struct Pieces {
    pub(super) opened: Option<Opening>,
    /// Lines before the pool is opened.
    pub(super) outside: String,
    pub(super) over: Over,
}

impl Split<'_, '_> {
    /// Writes the loop anew.
    pub(super) fn write(mut self, pieces: Pieces) -> Outcome {
        let around = self.around();
        let opens = pieces.opened.is_some();
        let (outer, inner) = (self.outer_depth(opens), self.inner_depth(opens));
        let mut text = pieces.outside;
        if let (Some(opening), None) = (&pieces.opened, around) {
            text.push_str(&format!(
                "{outer}with {} as {}:\n",
                opening.expr, opening.name
            ));
        }
        text.push_str(&pieces.over.inside);
        text.push_str(&format!(
            "{inner}{}{}\n",
            pieces.over.header,
            self.header_comment()
        ));
        let deeper = format!("{inner}{}", self.sheet.unit);
        text.push_str(&self.rest(&pieces.over.value, pieces.over.binds, &deeper));
        text.push_str(&self.or_else(&inner));
        self.note_changes();
        let end = line_end(self.sheet.file, self.each.stmt.end());
        let range = TextRange::new(self.each.whole().start(), end);
        let text = text.trim_start_matches('\n').trim_end();
        let own = text.strip_prefix(&outer).unwrap_or(text).to_owned();
        match (pieces.opened, around) {
            (Some(opening), Some(outer)) => {
                let around = crate::hoist::whole(self.sheet, outer);
                crate::hoist::open_around(self.sheet, around, &opening, &[(range, own)]);
            }
            _ => self.sheet.replace(range, own),
        }
        self.outcome
    }
}
