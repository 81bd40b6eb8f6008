//! The definitions beside the twins.

use super::{MOST_NAMES, Writer};
use crate::native::change::Helper;
use crate::native::taken::Taken;
use rightlane_source::syntax::File;

impl Writer<'_, '_, '_> {
    /// A text with the helpers' names in it, with those that they get here.
    pub(super) fn with_helper_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, own) in &self.helpers {
            if name != own {
                text = with_word(&text, name, own);
            }
        }
        text
    }

    /// Gives each helper its name: of one that is there already, its own.
    pub(super) fn name_helpers(&mut self, twins: &str, taken: &Taken<'_>) {
        for helper in self.plan.helpers() {
            let text = trimmed(helper, twins);
            let fits = |name: &String| {
                !taken.contains(name)
                    || has(
                        self.names.file,
                        with_word(&text, helper.name, name).trim_end(),
                    )
            };
            let numbered = (2..MOST_NAMES).map(|number| format!("{}{number}", helper.name));
            let mut names = std::iter::once(helper.name.to_owned()).chain(numbered);
            if let Some(name) = names.find(fits) {
                self.helpers.retain(|(known, _)| *known != helper.name);
                self.helpers.push((helper.name, name));
            }
        }
    }

    /// The source of the helpers, those that the file has already left out.
    pub(super) fn helper_texts(&self, twins: &str) -> Vec<String> {
        let texts = self.plan.helpers().into_iter().map(|helper| {
            let text = trimmed(helper, twins);
            self.with_helper_names(text.trim_end())
        });
        texts.filter(|text| !has(self.names.file, text)).collect()
    }
}

/// Whether a file has exactly these lines.
pub(super) fn has(file: &File, lines: &str) -> bool {
    let text = file.text();
    text.match_indices(lines).any(|(at, _)| {
        let before = text.get(..at).unwrap_or("");
        let after = text.get(at + lines.len()..).unwrap_or("");
        (before.is_empty() || before.ends_with('\n'))
            && (after.is_empty() || after.starts_with(['\n', '\r']))
    })
}

fn with_word(text: &str, word: &str, other: &str) -> String {
    let is_part =
        |next: Option<char>| next.is_some_and(|next| next.is_alphanumeric() || next == '_');
    let (mut out, mut at) = (String::new(), 0);
    for (start, _) in text.match_indices(word) {
        let end = start + word.len();
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(end..).and_then(|text| text.chars().next());
        if start < at || is_part(before) || is_part(after) {
            continue;
        }
        out.push_str(text.get(at..start).unwrap_or(""));
        out.push_str(other);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// A helper without the methods that nothing calls.
pub(super) fn trimmed(helper: &Helper, twins: &str) -> String {
    let is_used = |method: &str| {
        let call = format!(".{method}");
        twins.match_indices(&call).any(|(at, _)| {
            let next = twins
                .get(at + call.len()..)
                .and_then(|rest| rest.chars().next());
            next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
        })
    };
    let is_kept = |chunk: &&str| {
        let mut words = chunk
            .split_whitespace()
            .skip_while(|word| *word != "def")
            .skip(1);
        let name = words
            .next()
            .and_then(|word| word.split('(').next())
            .unwrap_or("");
        !helper.optional.contains(&name) || is_used(name)
    };
    let chunks: Vec<&str> = helper.text.split("\n\n").filter(is_kept).collect();
    chunks.join("\n\n")
}
