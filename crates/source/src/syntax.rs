//! The syntax tree for those who edit a file: `rewrite` gets ruff's parser through this door, so that its
//! pinned versions stay in one crate.

pub use crate::check::scope::{Binding, Scope, ScopeId, ScopeKind, Scopes};
pub use crate::check::tree::{NodeId, Tree};
pub use crate::decode::marked_like;
pub use ruff_python_ast as ast;
pub use ruff_text_size::{Ranged, TextLen, TextRange, TextSize};

use crate::check::tree::grow;
use crate::decode::{decode, unmarked};
use crate::text::SourceText;
use rightlane_facts::Span;
use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Parsed;

/// A file's text and its tree.
pub struct File {
    text: SourceText,
    parsed: Parsed<ModModule>,
    /// Whole string literals (f-strings with all that is in them) that span lines, in order: the lines
    /// in them belong to their values.
    long_strings: Vec<TextRange>,
    /// Comments, in order.
    comments: Vec<TextRange>,
}

/// What stands in a file, with the way upwards and with scopes.
pub struct View<'a> {
    /// The nodes.
    pub tree: Tree<'a>,
    /// The names.
    pub scopes: Scopes<'a>,
}

impl File {
    /// Parses a file's bytes.
    ///
    /// # Errors
    /// A sentence, if they are not Python text that an edit can be written back to (in another
    /// encoding than UTF-8, with a NUL byte, with a syntax error).
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        let text = decode(bytes)?;
        if unmarked(bytes) != text.as_bytes() {
            return Err("it is not in UTF-8".to_owned());
        }
        Self::parse(text)
    }

    /// Parses a text.
    ///
    /// # Errors
    /// The first syntax error, as a sentence.
    pub fn parse(text: String) -> Result<Self, String> {
        let parsed = ruff_python_parser::parse_module(&text).map_err(|error| error.to_string())?;
        let mut file = Self {
            text: SourceText::new(text),
            parsed,
            long_strings: Vec::new(),
            comments: Vec::new(),
        };
        file.note_tokens();
        Ok(file)
    }

    fn note_tokens(&mut self) {
        let mut open = Vec::new();
        for token in self.parsed.tokens() {
            let range = match token.kind() {
                TokenKind::Comment => {
                    self.comments.push(token.range());
                    continue;
                }
                TokenKind::FStringStart | TokenKind::TStringStart => {
                    open.push(token.start());
                    continue;
                }
                TokenKind::FStringEnd | TokenKind::TStringEnd => match open.pop() {
                    Some(start) if open.is_empty() => TextRange::new(start, token.end()),
                    _ => continue,
                },
                TokenKind::String if open.is_empty() => token.range(),
                _ => continue,
            };
            if self.text.slice(range).contains(['\n', '\r']) {
                self.long_strings.push(range);
            }
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.as_str()
    }

    /// The text of a range.
    #[must_use]
    pub fn slice(&self, range: impl Ranged) -> &str {
        self.text.slice(range.range())
    }

    /// The tree.
    #[must_use]
    pub fn module(&self) -> &ModModule {
        self.parsed.syntax()
    }

    /// The tree with the way upwards.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        let (tree, scopes) = grow(self.parsed.syntax(), self.text.as_str().len());
        View { tree, scopes }
    }

    /// String literals that span lines, in order.
    #[must_use]
    pub fn long_strings(&self) -> &[TextRange] {
        &self.long_strings
    }

    /// Comments, in order.
    #[must_use]
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
    }

    /// All words that stand in the code as names; attributes left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut after_dot = false;
        let names = self.parsed.tokens().iter().filter(move |token| {
            let attribute = std::mem::replace(&mut after_dot, token.kind() == TokenKind::Dot);
            token.kind() == TokenKind::Name && !attribute
        });
        names.map(|token| self.text.slice(token.range()))
    }

    /// Whether a place lies inside a string literal that spans lines.
    #[must_use]
    pub fn in_long_string(&self, place: TextSize) -> bool {
        let after = self
            .long_strings
            .partition_point(|range| range.start() < place);
        after > 0 && self.long_strings[after - 1].end() > place
    }

    /// Line of an offset, from 1.
    #[must_use]
    pub fn line(&self, place: TextSize) -> u32 {
        self.text.line(place)
    }

    /// Where the line with this number starts; the end of the text for those after the last.
    #[must_use]
    pub fn line_start(&self, line: u32) -> TextSize {
        self.text.line_start(line)
    }

    /// A range in CPython's units.
    #[must_use]
    pub fn span(&self, range: impl Ranged) -> Span {
        self.text.span(range.range())
    }

    /// The range that a span in CPython's units stands for.
    #[must_use]
    pub fn range(&self, span: &Span) -> TextRange {
        let at = |line: u32, column: u32| self.text.line_start(line) + TextSize::new(column);
        let start = at(span.line, span.column);
        TextRange::new(start, at(span.end_line, span.end_column).max(start))
    }
}
