//! A file's text with positions in CPython's units.

use rightlane_facts::Span;
use ruff_source_file::LineIndex;
use ruff_text_size::{TextRange, TextSize};
use std::cell::OnceCell;

/// Decoded source text, and where its lines start.
pub(crate) struct SourceText {
    text: String,
    /// Made when somebody asks: most files are parsed only.
    lines: OnceCell<LineIndex>,
}

impl SourceText {
    pub fn new(text: String) -> Self {
        Self {
            text,
            lines: OnceCell::new(),
        }
    }

    fn lines(&self) -> &LineIndex {
        self.lines
            .get_or_init(|| LineIndex::from_source_text(&self.text))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of a range; empty if the range does not fit (it always does for ranges that the
    /// parser made).
    pub fn slice(&self, range: TextRange) -> &str {
        self.text
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or("")
    }

    /// Line of an offset, from 1.
    pub fn line(&self, offset: TextSize) -> u32 {
        self.position(offset).0
    }

    /// The range in the units of CPython's `ast`.
    pub fn span(&self, range: TextRange) -> Span {
        let (line, column) = self.position(range.start());
        let (end_line, end_column) = self.position(range.end());
        Span {
            line,
            column,
            end_line,
            end_column,
        }
    }

    /// Column of an offset in characters, from 0.
    pub fn character_column(&self, offset: TextSize) -> u32 {
        let starts = self.lines().line_starts();
        let row = starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = starts.get(row).copied().unwrap_or_default();
        let before = self.text.get(start.to_usize()..offset.to_usize());
        u32::try_from(before.unwrap_or("").chars().count()).unwrap_or(0)
    }

    /// Where the line with the given number starts; the end of the text for those after the last.
    pub fn line_start(&self, line: u32) -> TextSize {
        let starts = self.lines().line_starts();
        let row = line.saturating_sub(1) as usize;
        let end = TextSize::of(self.text.as_str());
        starts.get(row).copied().unwrap_or(end)
    }

    /// The line with the given number, without its line end.
    pub fn line_text(&self, line: u32) -> &str {
        let starts = self.lines().line_starts();
        let row = line.saturating_sub(1) as usize;
        let start = starts
            .get(row)
            .map_or(self.text.len(), |start| start.to_usize());
        let end = starts
            .get(row + 1)
            .map_or(self.text.len(), |start| start.to_usize());
        self.text
            .get(start..end)
            .unwrap_or("")
            .trim_end_matches(['\r', '\n'])
    }

    /// The text of a statement or expression as it would stand in column 0: the lines after the
    /// first lose the indentation of the first.
    pub fn dedented(&self, range: TextRange) -> String {
        let span = self.span(range);
        let text = self.slice(range);
        if span.line == span.end_line {
            return text.to_owned();
        }
        let first = self.line_text(span.line);
        let indent = first.len() - first.trim_start_matches([' ', '\t']).len();
        let mut lines = text.lines();
        let mut out = lines.next().unwrap_or("").to_owned();
        for line in lines {
            out.push('\n');
            let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
            out.push_str(&line[blank.min(indent)..]);
        }
        out
    }

    fn position(&self, offset: TextSize) -> (u32, u32) {
        let starts = self.lines().line_starts();
        let row = starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = starts.get(row).copied().unwrap_or_default();
        let line = u32::try_from(row + 1).unwrap_or(u32::MAX);
        (line, u32::from(offset).saturating_sub(u32::from(start)))
    }
}

#[cfg(test)]
mod tests {
    use super::SourceText;
    use ruff_text_size::TextRange;

    #[test]
    fn columns_are_utf8_bytes_and_lines_start_at_one() {
        let text = SourceText::new("a = 'é'; f(1)\r\nb\n".to_owned());
        let at = u32::try_from(text.as_str().find("f(1)").unwrap()).unwrap();
        let span = text.span(TextRange::new(at.into(), (at + 4).into()));
        assert_eq!((span.line, span.column, span.end_column), (1, 10, 14));
        assert_eq!(text.character_column(at.into()), 9);
        assert_eq!(text.line_text(1), "a = 'é'; f(1)");
        assert_eq!(text.line_text(9), "");
    }

    #[test]
    fn dedent_takes_the_first_lines_indentation_from_the_rest() {
        let source = "if x:\n    call(a,\n         b)\n";
        let text = SourceText::new(source.to_owned());
        let at = u32::try_from(source.find("call").unwrap()).unwrap();
        let end = u32::try_from(source.find("b)").unwrap() + 2).unwrap();
        assert_eq!(
            text.dedented(TextRange::new(at.into(), end.into())),
            "call(a,\n     b)"
        );
    }
}
