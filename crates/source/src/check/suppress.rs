//! `# rightlane: ignore[RL204, RL301]`: findings that somebody has looked at and does not want.
//!
//! The comment counts for its own line, and for the statement that starts or ends there. Without codes
//! it counts for all rules. `# rightlane: ignore-file[…]` counts for the whole file.

use super::found::Draft;
use super::rules::{Rule, rules_named};
use crate::text::SourceText;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged;

/// What the comments of a file suppress.
#[derive(Default)]
pub(crate) struct Suppressions {
    /// By line; no codes: all.
    lines: Vec<(u32, Vec<String>)>,
    file: Vec<Vec<String>>,
}

impl Suppressions {
    pub fn of(text: &SourceText, tokens: &Tokens) -> Self {
        let mut found = Self::default();
        if !text.as_str().contains("rightlane:") {
            return found;
        }
        for token in tokens {
            if token.kind() != TokenKind::Comment {
                continue;
            }
            let Some(words) = directive(text.slice(token.range())) else {
                continue;
            };
            if let Some(codes) = codes(words, "ignore-file") {
                found.file.push(codes);
            } else if let Some(codes) = codes(words, "ignore") {
                found.lines.push((text.line(token.start()), codes));
            }
        }
        found
    }

    pub fn covers(&self, draft: &Draft, text: &SourceText) -> bool {
        let covers =
            |codes: &[String]| codes.is_empty() || codes.iter().any(|code| means(code, draft.rule));
        if self.file.iter().any(|codes| covers(codes)) {
            return true;
        }
        let first = text.line(draft.range.start());
        let last = text.line(draft.range.end());
        let mut here = self
            .lines
            .iter()
            .filter(|(line, _)| *line == first || *line == last);
        here.any(|(_, codes)| covers(codes))
    }
}

/// What follows `rightlane:` in a comment.
fn directive(comment: &str) -> Option<&str> {
    let (_, after) = comment.split_once("rightlane:")?;
    Some(after.trim_start())
}

/// The codes of `word[A, B]`; none of `word` alone.
fn codes(words: &str, word: &str) -> Option<Vec<String>> {
    let rest = words.strip_prefix(word)?;
    match rest.trim_start().strip_prefix('[') {
        Some(list) => {
            let list = list.split(']').next().unwrap_or("");
            let codes = list.split([',', ' ']).filter(|code| !code.is_empty());
            let codes: Vec<String> = codes.map(str::to_uppercase).collect();
            // An empty list is not the same as none: it means no rule.
            Some(if codes.is_empty() {
                vec!["-".to_owned()]
            } else {
                codes
            })
        }
        None if rest.is_empty() || rest.starts_with(char::is_whitespace) => Some(Vec::new()),
        None => None,
    }
}

fn means(word: &str, rule: &Rule) -> bool {
    let mut meant = rules_named(word).into_iter();
    meant.any(|meant| meant.code == rule.code)
}
