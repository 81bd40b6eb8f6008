//! By what values differ: whether a name made from an item is another one for every item.
//!
//! A task may write the file that its item names only if no other item names it too. What says so is
//! a chain: the items of `folder.glob("*.csv")` differ by their stems ([`Parts`], kept with what a
//! container holds), and `out / f"{path.stem}.json"` gives the stem of the item away ([`Key`], kept
//! with a value). Whatever is not known to keep a part loses it: `path.name.lower()` gives nothing
//! away.

/// Parts of a path, as a set. A text without `/` and `.` is all stem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Parts(u8);

impl Parts {
    pub const NONE: Parts = Parts(0);
    pub const FOLDER: Parts = Parts(1);
    pub const STEM: Parts = Parts(2);
    pub const SUFFIX: Parts = Parts(4);
    pub const NAME: Parts = Parts(6);
    pub const ALL: Parts = Parts(7);

    pub fn with(self, other: Parts) -> Parts {
        Parts(self.0 | other.0)
    }

    pub fn without(self, other: Parts) -> Parts {
        Parts(self.0 & !other.0)
    }

    pub fn meets(self, other: Parts) -> bool {
        self.0 & other.0 != 0
    }

    pub fn covers(self, other: Parts) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Of {
    Param(u32),
    /// The item of the loop at this offset; of items that are tuples, the part at a position.
    Item(u32, u8),
    /// Something that differs at every call, made at this offset.
    Unique(u32),
}

/// Two values that are equal in the parts `mine` were made from things equal in the parts `its`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub mine: Parts,
    pub of: Of,
    pub its: Parts,
    /// Whether arithmetic came in between: `n + 1` differs for every `n`, but one's may be
    /// another's `n`.
    pub moved: bool,
}

/// The keys of the thing itself.
pub(crate) fn itself(of: Of) -> Vec<Key> {
    let part = |part| Key {
        mine: part,
        of,
        its: part,
        moved: false,
    };
    vec![part(Parts::FOLDER), part(Parts::STEM), part(Parts::SUFFIX)]
}

/// The keys that need no other parts than these.
pub(crate) fn within(keys: &[Key], parts: Parts) -> Vec<Key> {
    keys.iter()
        .filter(|key| parts.covers(key.mine))
        .copied()
        .collect()
}

/// The keys of a value which all of the old one went into, as these parts.
pub(crate) fn all_in(keys: &[Key], mine: Parts) -> Vec<Key> {
    keys.iter().map(|key| Key { mine, ..*key }).collect()
}

/// The keys without the suffix: of `path.with_suffix(…)`, `name[:-4]`, `splitext(name)[0]`.
pub(crate) fn without_suffix(keys: &[Key]) -> Vec<Key> {
    within(keys, Parts::FOLDER.with(Parts::STEM))
}

/// `folder / name`.
pub(crate) fn joined(folder: &[Key], name: &[Key]) -> Vec<Key> {
    let mut keys = all_in(folder, Parts::FOLDER);
    keys.extend(name);
    keys
}

/// What a piece of a text gives away of its keys, by the text that follows it.
pub(crate) fn followed(keys: &[Key], after: &str) -> Vec<Key> {
    if after.contains('/') {
        return all_in(keys, Parts::FOLDER);
    }
    if after.is_empty() {
        return keys.to_vec();
    }
    let name = if after.contains('.') {
        Parts::STEM
    } else {
        Parts::NAME
    };
    let part = |key: &Key| match key.mine {
        Parts::FOLDER => *key,
        mine if mine.meets(Parts::FOLDER) => Key {
            mine: name.with(Parts::FOLDER),
            ..*key
        },
        _ => Key { mine: name, ..*key },
    };
    keys.iter().map(part).collect()
}

/// A callee's keys in the caller's terms: `given` are those of the argument for a parameter.
/// What the callee made, it made at the call `made`.
pub(crate) fn translate(keys: &[Key], made: u32, given: &dyn Fn(u32) -> Vec<Key>) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    for key in keys {
        let Of::Param(at) = key.of else {
            if matches!(key.of, Of::Unique(_)) {
                let of = Of::Unique(made);
                found.push(Key { of, ..*key });
            }
            continue;
        };
        for outer in given(at) {
            // All that the argument needs to give its own away.
            let same = keys.iter().filter(|other| other.of == key.of);
            let useful = same.filter(|other| other.its.meets(outer.mine));
            let (mut mine, mut its, mut moved) = (Parts::NONE, Parts::NONE, outer.moved);
            for other in useful {
                mine = mine.with(other.mine);
                its = its.with(other.its);
                moved |= other.moved;
            }
            let whole = Key {
                mine,
                moved,
                ..outer
            };
            if its.covers(outer.mine) && !found.contains(&whole) {
                found.push(whole);
            }
        }
    }
    found
}

/// By which parts values with these keys differ, if what they are of differs by the parts that
/// `apart` says.
pub(crate) fn told_apart(keys: &[Key], apart: impl Fn(Of) -> Option<Parts>) -> Option<Parts> {
    keys.iter().find_map(|first| {
        let wanted = apart(first.of)?;
        let useful = keys
            .iter()
            .filter(|key| key.of == first.of && key.its.meets(wanted));
        let (mut mine, mut its) = (Parts::NONE, Parts::NONE);
        for key in useful {
            mine = mine.with(key.mine);
            its = its.with(key.its);
        }
        its.covers(wanted).then_some(mine)
    })
}

/// By which parts the files differ that a pattern finds.
pub(crate) fn of_pattern(pattern: &str, recursive: bool) -> Parts {
    let (folders, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let wild = |text: &str| text.contains(['*', '?', '[']);
    let tree = recursive || wild(folders) || name == "**";
    let ending = name.rsplit(['*', '?', ']']).next().unwrap_or("");
    let parts = match (wild(name), ending.contains('.')) {
        (false, _) => Parts::NONE,
        (true, true) => Parts::STEM,
        (true, false) => Parts::NAME,
    };
    if tree {
        parts.with(Parts::FOLDER)
    } else {
        parts
    }
}

/// By which parts texts differ that are written down one by one.
pub(crate) fn of_texts(texts: &[String]) -> Option<Parts> {
    let different = texts
        .iter()
        .enumerate()
        .all(|(at, text)| !texts[..at].contains(text));
    if !different || texts.is_empty() {
        return None;
    }
    let plain = texts.iter().all(|text| !text.contains(['/', '.']));
    Some(if plain { Parts::STEM } else { Parts::ALL })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_with_an_ending_fixes_the_suffix_and_folders_with_wildcards_make_a_tree() {
        assert_eq!(of_pattern("*.csv", false), Parts::STEM);
        assert_eq!(of_pattern("data/part-*.tar.gz", false), Parts::STEM);
        assert_eq!(of_pattern("*", false), Parts::NAME);
        assert_eq!(of_pattern("*.csv", true), Parts::STEM.with(Parts::FOLDER));
        assert_eq!(
            of_pattern("**/*.csv", false),
            Parts::STEM.with(Parts::FOLDER)
        );
        assert_eq!(of_pattern("src/*/.git", false), Parts::FOLDER);
    }

    #[test]
    fn a_callee_that_uses_the_stem_needs_an_argument_that_gives_its_stem_away() {
        let stem = within(&itself(Of::Param(0)), Parts::STEM);
        let item = itself(Of::Item(7, 0));
        let given = |_| item.clone();
        let found = translate(&stem, 0, &given);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].its, Parts::STEM);
        // The argument's stem is lost in its lower-cased name.
        assert_eq!(translate(&stem, 0, &|_| Vec::new()), []);
    }
}
