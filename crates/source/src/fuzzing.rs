//! The source reader against files that are nearly Python: what the fuzzer runs (`make fuzz`), and a
//! test with fixed seeds.
//!
//! Bytes choose a labelled snippet and what is done to it: lines and tokens removed, doubled, swapped,
//! put in from other snippets. Raw mutations would hardly ever get past the parser.

use crate::check::{self, fix};
use std::path::Path;

/// Pieces that mutations put in: what rules look for, and what breaks structure.
const PIECES: &[&str] = &[
    "async ",
    "await ",
    "lambda: ",
    "with pool:\n",
    "for x in y:\n",
    "    ",
    "()",
    "(",
    ")",
    "[",
    "]",
    ".submit(f, 1)",
    ".map(f, x)",
    ".result()",
    ".get()",
    ".start()",
    ".join()",
    "pool",
    "self.",
    "*args",
    "**kw",
    "args=(1)",
    "target=f",
    "daemon=True",
    "import threading\n",
    "import asyncio\n",
    "def f():\n",
    "class A(threading.Thread):\n",
    "return ",
    "yield ",
    "global x\n",
    "nonlocal x\n",
    "try:\n",
    "except:\n",
    "finally:\n",
    "while True:\n",
    "# comment\n",
    "\\\n",
    ";",
    "\t",
    "é",
    "\"\"\"",
    "f\"{x}\"",
    "\u{c}",
    "\r",
    ":=",
    "match x:\n",
    "    case _: pass\n",
    "del x\n",
    "if __name__ == \"__main__\":\n",
];
/// Longest text that is tried.
const LONGEST: usize = 64 * 1024;

/// A snippet after what the bytes say.
#[must_use]
pub fn mutated(snippets: &[String], bytes: &[u8]) -> String {
    let mut bytes = bytes.iter().copied();
    let mut next = move || bytes.next();
    let Some(first) = pick(snippets, next(), next()) else {
        return String::new();
    };
    let mut lines: Vec<String> = first.split_inclusive('\n').map(str::to_owned).collect();
    while let (Some(how), Some(high), Some(low)) = (next(), next(), next()) {
        if lines.is_empty() {
            break;
        }
        let place = (usize::from(high) << 8 | usize::from(low)) % lines.len();
        match how % 8 {
            0 => drop(lines.remove(place)),
            1 => lines.insert(place, lines[place].clone()),
            2 => {
                let other = usize::from(how) % lines.len();
                lines.swap(place, other);
            }
            3 => {
                let other = pick(snippets, next(), next()).unwrap_or(first);
                let line = other.split_inclusive('\n').nth(place % 40).unwrap_or("\n");
                lines.insert(place, line.to_owned());
            }
            4 => lines[place].insert_str(0, "    "),
            _ => put_in(&mut lines[place], how, next().unwrap_or(0)),
        }
    }
    let mut text = lines.concat();
    let end = (0..=LONGEST.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
    text
}

fn pick(snippets: &[String], high: Option<u8>, low: Option<u8>) -> Option<&String> {
    let number = usize::from(high?) << 8 | usize::from(low?);
    snippets.get(number % snippets.len().max(1))
}

/// Puts a piece into a line, or replaces or removes some characters of it.
fn put_in(line: &mut String, how: u8, what: u8) {
    let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
    let Some(start) = starts
        .get(usize::from(how) * 7 % starts.len().max(1))
        .copied()
    else {
        return;
    };
    let length = usize::from(how / 64);
    let end = starts
        .iter()
        .copied()
        .find(|at| *at >= start + length)
        .unwrap_or(line.len());
    let piece = PIECES[usize::from(what) % PIECES.len()];
    line.replace_range(start..end, if how % 8 == 7 { "" } else { piece });
}

/// Checks a text and mends it; then has the whole of it read as a program.
///
/// # Panics
/// If a rule does, or if a fix breaks a text, loses a comment or leaves itself to be made again.
pub fn check_text(text: &str, folder: &Path) {
    let path = folder.join("script.py");
    if std::fs::write(&path, text).is_err() {
        return;
    }
    let findings = check::check_or_panic(&path);
    mend_all(&path, text, findings);
    if std::fs::write(&path, text).is_ok() {
        let read = crate::read_program(Path::new("script.py"), folder, &[folder.to_owned()]);
        if let Err(error) = read {
            assert!(!error.to_string().contains("the analysis failed"), "{text}");
        }
    }
}

fn mend_all(path: &Path, text: &str, findings: Vec<rightlane_facts::Finding>) {
    let fixes: Vec<_> = findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
        .filter(|fix| fix.safe)
        .collect();
    if fixes.is_empty() {
        return;
    }
    let mended = fix::mend(path, &fixes).unwrap_or_else(|why| panic!("{why}\n{text}"));
    assert_eq!(
        comments(text),
        comments(&mended.after),
        "a comment was lost\n{text}"
    );
    assert!(
        mended.fixes > 0 && mended.after != text,
        "nothing was mended\n{text}"
    );
    std::fs::write(path, &mended.after).unwrap_or_default();
    let again = check::check_or_panic(path);
    let left = again
        .iter()
        .filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe))
        .count();
    assert!(
        left <= fixes.len() - mended.fixes,
        "a fix is to be made again\n{text}\n=>\n{}",
        mended.after
    );
}

fn comments(text: &str) -> Vec<String> {
    let text = crate::text::SourceText::new(text.to_owned());
    let Ok(parsed) = crate::load::parsed(&text) else {
        return Vec::new();
    };
    let tokens = parsed.tokens().iter();
    let comments =
        tokens.filter(|token| token.kind() == ruff_python_ast::token::TokenKind::Comment);
    comments
        .map(|token| text.slice(ruff_text_size::Ranged::range(token)).to_owned())
        .collect()
}

/// The fenced blocks of the labelled set in `folder`.
#[must_use]
pub fn snippets(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let blocks = text
                    .split("```py")
                    .skip(1)
                    .filter_map(|block| block.split("```").next());
                found.extend(
                    blocks
                        .filter_map(|block| block.split_once('\n'))
                        .map(|(_, code)| code.to_owned()),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look like chance, the same each time.
    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        (0..length).map(|_| byte()).collect()
    }

    #[test]
    fn mutated_snippets_are_read_and_mended_without_a_panic() {
        let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quality/rules");
        let snippets = snippets(&set);
        assert!(snippets.len() > 500);
        let folder = tempfile::tempdir().unwrap();
        for seed in 0..400 {
            let bytes = noise(seed, 2 + 4 * (seed as usize % 9));
            check_text(&mutated(&snippets, &bytes), folder.path());
        }
    }
}
