//! How deep a text nests, before it is parsed.
//!
//! The parser grows its stack on the heap, so absurd nesting would take gigabytes rather than
//! fail, and every later walk over the tree recurses. CPython refuses such text as well (200
//! brackets, 100 levels of indentation, a recursion limit for the rest), so nothing that runs is lost.
//! Texts too short to nest so deep are not looked at.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Deepest tree that the rest of the crate is ready to walk.
const LIMIT: u32 = 20_000;
/// As CPython's tokenizer.
const BRACKETS: usize = 200;
const INDENTS: u32 = 100;

/// Says what nests too deeply, if anything does.
pub(crate) fn too_deep(text: &str, mode: Mode) -> Option<&'static str> {
    if !may_be_deep(text) {
        return None;
    }
    let mut scan = Scan::default();
    let mut lexer = lexer::lex(text, mode);
    loop {
        let kind = lexer.next_token();
        if kind == TokenKind::EndOfFile {
            return None;
        }
        if let Some(trouble) = scan.step(kind) {
            return Some(trouble);
        }
    }
}

/// Whether a text has so many words and signs that it could nest beyond the limit. Reading it token by
/// token costs a tenth of a check, and most files are too short for that.
fn may_be_deep(text: &str) -> bool {
    let limit = LIMIT as usize;
    if text.len() <= limit {
        return false;
    }
    // What may nest is a sign, or a word that starts here.
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut before = false;
    let mut pieces = 0;
    for byte in text.bytes() {
        let word = is_word(byte);
        let starts = if word { !before } else { byte > b' ' };
        pieces += usize::from(starts);
        before = word;
    }
    pieces > limit
}

/// Each open bracket has a run: how many tokens since the last comma may have nested the
/// expression one deeper. The depth of the tree is at most the sum of the runs.
struct Scan {
    runs: Vec<u32>,
    indents: u32,
    total: u32,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            runs: vec![0],
            indents: 0,
            total: 0,
        }
    }
}

impl Scan {
    fn step(&mut self, kind: TokenKind) -> Option<&'static str> {
        match kind {
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                self.deepen();
                self.runs.push(0);
            }
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd
                if self.runs.len() > 1 =>
            {
                self.total -= self.runs.pop().unwrap_or(0);
            }
            TokenKind::Comma | TokenKind::Semi => self.rest(),
            TokenKind::Newline => {
                *self = Self {
                    indents: self.indents,
                    ..Self::default()
                }
            }
            TokenKind::Indent => self.indents += 1,
            TokenKind::Dedent => self.indents = self.indents.saturating_sub(1),
            kind if nests(kind) => self.deepen(),
            _ => {}
        }
        if self.runs.len() > BRACKETS {
            Some("too many nested brackets")
        } else if self.indents > INDENTS {
            Some("too many levels of indentation")
        } else if self.total > LIMIT {
            Some("an expression nests too deeply")
        } else {
            None
        }
    }

    fn deepen(&mut self) {
        if let Some(run) = self.runs.last_mut() {
            *run += 1;
            self.total += 1;
        }
    }

    fn rest(&mut self) {
        if let Some(run) = self.runs.last_mut() {
            self.total -= std::mem::take(run);
        }
    }
}

/// Tokens which may put one node inside another: everything but names, literals and layout.
fn nests(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
    )
}

#[cfg(test)]
mod tests {
    use ruff_python_parser::Mode;

    fn too_deep(text: &str) -> Option<&'static str> {
        super::too_deep(text, Mode::Module)
    }

    #[test]
    fn brackets_operators_and_indentation_are_limited() {
        assert!(too_deep(&"(".repeat(100_000)).is_some());
        assert!(too_deep(&format!("x = {}1", "-".repeat(100_000))).is_some());
        assert!(too_deep(&format!("x = {}1", "not ".repeat(50_000))).is_some());
        assert!(too_deep(&format!("x = a{}", ".b".repeat(50_000))).is_some());
        assert!(too_deep(&format!("x = {}0", "lambda: ".repeat(50_000))).is_some());
        // Statements are counted only where the text is long enough to be looked at.
        let ladder: String = (0..300)
            .map(|n| format!("{}if x:\n", " ".repeat(n)))
            .collect();
        let long = format!("{}{ladder}", "x = a + b\n".repeat(5_000));
        assert!(too_deep(&long).is_some());
    }

    #[test]
    fn long_flat_text_is_not_deep() {
        assert_eq!(
            too_deep(&format!("x = [{}]", "(-1, 'a'), ".repeat(50_000))),
            None
        );
        assert_eq!(too_deep(&"x = a + b\n".repeat(50_000)), None);
    }
}
