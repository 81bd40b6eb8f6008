//! A piece of a text while it is edited from the inside to the outside.

use rightlane_source::syntax::{File, TextRange, TextSize};

/// In the order in which edits of one place stand in the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// After what ends there: what was said first stands first.
    Behind,
    /// Before what starts there: what was said last stands first.
    Before,
    /// Instead of what starts there.
    Instead,
}

/// Edits of a text, to be read with [`Draft::render`].
pub(super) struct Draft<'a> {
    file: &'a File,
    edits: Vec<(TextRange, Place, String)>,
}

impl<'a> Draft<'a> {
    /// No edits yet.
    pub fn new(file: &'a File) -> Self {
        let edits = Vec::new();
        Self { file, edits }
    }

    /// Puts a text before what starts at a place.
    pub fn before(&mut self, place: TextSize, text: impl Into<String>) {
        let range = TextRange::empty(place);
        self.edits.push((range, Place::Before, text.into()));
    }

    /// Puts a text behind what ends at a place.
    pub fn behind(&mut self, place: TextSize, text: impl Into<String>) {
        let range = TextRange::empty(place);
        self.edits.push((range, Place::Behind, text.into()));
    }

    /// Puts a text instead of a range and of all edits in it.
    pub fn instead(&mut self, range: TextRange, text: impl Into<String>) {
        self.edits
            .retain(|(edited, ..)| !range.contains_range(*edited));
        self.edits.push((range, Place::Instead, text.into()));
    }

    /// The text of a range as edited so far.
    pub fn render(&self, range: TextRange) -> String {
        let within = self.edits.iter().enumerate();
        let mut within: Vec<_> = within
            .filter(|(_, (edited, ..))| range.contains_range(*edited))
            .collect();
        within.sort_by_key(|(number, (edited, place, _))| {
            let number = isize::try_from(*number).unwrap_or(0);
            let order = if *place == Place::Before {
                -number
            } else {
                number
            };
            (edited.start(), *place, order)
        });
        let (mut out, mut at) = (String::new(), range.start());
        for (_, (edited, _, text)) in within {
            if edited.start() < at {
                continue;
            }
            out.push_str(self.file.slice(TextRange::new(at, edited.start())));
            out.push_str(text);
            at = edited.end();
        }
        out.push_str(self.file.slice(TextRange::new(at, range.end())));
        out
    }
}
