//! The words of a command, as far as they are written down.

use crate::apart::Key;
use crate::value::{Sym, Value};
use std::rc::Rc;

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Word {
    /// Its text, or the start of it; empty if nothing is known.
    pub text: Sym,
    pub keys: Vec<Key>,
    /// Whether any number of words may stand here.
    pub many: bool,
}

impl Word {
    /// A value as a word, of whose text nothing is known.
    pub fn of(value: &Value) -> Self {
        Self {
            keys: value.keys.clone(),
            many: false,
            ..unknown()
        }
    }
}

/// All of them, in order.
pub(crate) type Words = Rc<[Word]>;

/// The words with their keys rewritten.
pub(crate) fn map_words(words: &Words, map: &dyn Fn(&[Key]) -> Vec<Key>) -> Words {
    let map_one = |word: &Word| Word {
        keys: map(&word.keys),
        ..word.clone()
    };
    words.iter().map(map_one).collect()
}

/// Any number of words of which nothing is known.
fn unknown() -> Word {
    Word {
        text: Sym::new(""),
        keys: Vec::new(),
        many: true,
    }
}

/// The words with others behind them, which may be unknown.
pub(crate) fn followed_by(words: &Words, more: Option<&Words>) -> Words {
    let unknown = [unknown()];
    let more = more.map_or(&unknown[..], |more| more);
    words.iter().chain(more).cloned().collect()
}

/// Either these words or those: what they start with, then anything.
pub(crate) fn either(one: Option<Words>, other: Option<&Words>) -> Option<Words> {
    let (one, other) = (one?, other?);
    if one == *other {
        return Some(one);
    }
    let same = one.iter().zip(other.iter()).take_while(|(a, b)| a == b);
    let mut words: Vec<Word> = same.map(|(word, _)| word.clone()).collect();
    words.push(unknown());
    (words.len() > 1).then(|| words.into())
}

/// The words of a line for a shell, from its pieces (texts, and keys of what is put in): none if
/// the shell would do more than run one program.
pub(crate) fn of_line(pieces: &[(String, Vec<Key>)]) -> Option<Words> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (text, keys) in pieces {
        if text.contains(['|', '&', ';', '<', '>', '$', '`', '*', '?', '\n']) {
            return None;
        }
        for (at, part) in text.split(' ').enumerate() {
            if at > 0 {
                open = false;
            }
            match words.last_mut().filter(|_| open) {
                // Only what a word starts with is kept of it.
                Some(word) if word.keys.is_empty() => {
                    word.text = Sym::new(format!("{}{part}", word.text));
                }
                Some(_) => {}
                None if part.is_empty() => {}
                None => {
                    words.push(Word {
                        text: Sym::new(part),
                        keys: Vec::new(),
                        many: false,
                    });
                    open = true;
                }
            }
        }
        if !keys.is_empty() {
            if !open {
                words.push(Word {
                    text: Sym::new(""),
                    keys: Vec::new(),
                    many: false,
                });
                open = true;
            }
            if let Some(word) = words.last_mut() {
                word.keys.extend(keys);
            }
        }
    }
    Some(words.into())
}

#[cfg(test)]
mod tests {
    use super::of_line;
    use crate::apart::{Of, itself};

    #[test]
    fn a_line_is_cut_at_blanks_and_what_is_put_in_belongs_to_its_word() {
        let item = itself(Of::Item(1, 0));
        let pieces = [
            ("gzip -k in/".to_owned(), item.clone()),
            (".txt -v".to_owned(), Vec::new()),
        ];
        let words = of_line(&pieces).unwrap();
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["gzip", "-k", "in/", "-v"]);
        assert_eq!(words[2].keys, item);
        assert!(of_line(&[("sort a > b".to_owned(), Vec::new())]).is_none());
    }
}
