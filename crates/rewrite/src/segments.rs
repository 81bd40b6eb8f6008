//! A block's statements, each with the comments that belong to it.

use crate::place::{comment_after, line_end, moved, starts_line};
use rightlane_source::syntax::ast::{AnyNodeRef, Stmt};
use rightlane_source::syntax::{File, Ranged, TextRange, TextSize};

/// A statement that can be written elsewhere.
pub(crate) struct Segment<'a> {
    pub(crate) stmt: &'a Stmt,
    /// From the line after the statement before (with comments in between) to the end of its own
    /// last line; the bare statement where statements share a line.
    range: TextRange,
    indent: String,
    whole_lines: bool,
}

/// The segments of a block whose header ends at `header_end`.
pub(crate) fn segments<'a>(
    file: &File,
    body: &'a [Stmt],
    header_end: TextSize,
) -> Vec<Segment<'a>> {
    let own_lines = body
        .iter()
        .all(|stmt| starts_line(file, AnyNodeRef::from(stmt)));
    let mut from = next_line(file, header_end);
    let mut all = Vec::new();
    for stmt in body {
        let end = line_end(file, stmt.end());
        let range = match own_lines {
            true => TextRange::new(from.min(stmt.start()), end),
            false => stmt.range(),
        };
        all.push(Segment {
            stmt,
            range,
            indent: crate::place::line_indent(file, stmt.start()),
            whole_lines: own_lines,
        });
        from = next_line(file, stmt.end());
    }
    all
}

fn next_line(file: &File, place: TextSize) -> TextSize {
    file.line_start(file.line(place) + 1)
}

impl Segment<'_> {
    /// The statement's text at another indentation, with stretches of it replaced; it ends with a line
    /// end.
    pub(crate) fn written(
        &self,
        file: &File,
        replacements: &[(TextRange, String)],
        indent: &str,
    ) -> String {
        let from = if self.whole_lines {
            self.indent.as_str()
        } else {
            ""
        };
        let mut text = String::new();
        if self.whole_lines {
            let lead = TextRange::new(self.range.start(), self.stmt.start());
            for line in file.slice(lead).lines() {
                push_line(&mut text, indent, line.trim());
            }
            // The last of these was the indentation of the statement.
            trim_last_blank(&mut text);
        }
        let range = TextRange::new(self.stmt.start(), self.range.end());
        text.push_str(indent);
        text.push_str(moved(file, range, replacements, from, indent).trim_end());
        text.push('\n');
        text
    }

    /// The comments above it and behind it, without the statement.
    pub(crate) fn comments(&self, file: &File, indent: &str) -> String {
        let mut text = String::new();
        if !self.whole_lines {
            return text;
        }
        let lead = TextRange::new(self.range.start(), self.stmt.start());
        for line in file.slice(lead).lines().map(str::trim) {
            if !line.is_empty() {
                push_line(&mut text, indent, line);
            }
        }
        if let Some(comment) = comment_after(file, self.stmt.end()) {
            push_line(&mut text, indent, comment.trim_end());
        }
        text
    }
}

fn push_line(text: &mut String, indent: &str, line: &str) {
    if !line.is_empty() {
        text.push_str(indent);
        text.push_str(line);
    }
    text.push('\n');
}

/// Takes one empty line at the end away.
fn trim_last_blank(text: &mut String) {
    if text.ends_with("\n\n") || text.as_str() == "\n" {
        text.pop();
    }
}
