//! What values give away, and by what their elements differ, through joins and rewriting.

use crate::apart::{Key, Parts};
use crate::value::{Kind, Value};
use crate::words::{either, map_words};

impl Value {
    /// The same, made from something with these keys.
    pub fn keyed(mut self, keys: Vec<Key>) -> Self {
        self.keys = keys;
        self
    }

    /// The same as what a container holds, no two of which are equal in these parts.
    pub fn apart_by(mut self, parts: Option<Parts>) -> Self {
        self.apart = parts;
        self
    }

    /// What both give away, and by what the elements differ in both.
    pub fn join_keys(&mut self, other: &Value) -> bool {
        if self.is_nothing() {
            self.keys.clone_from(&other.keys);
            self.apart = other.apart;
            self.words.clone_from(&other.words);
            return false;
        }
        if other.is_nothing() {
            return false;
        }
        let before = (self.keys.len(), self.apart);
        self.keys.retain(|key| other.keys.contains(key));
        self.apart = match (self.apart, other.apart) {
            (Some(a), Some(b)) => Some(a.with(b)),
            _ => None,
        };
        let words = either(self.words.clone(), other.words.as_ref());
        let same = std::mem::replace(&mut self.words, words) == self.words;
        !same || before != (self.keys.len(), self.apart)
    }

    /// Rewrites the keys, also within the kinds.
    pub fn map_keys(&mut self, map: &dyn Fn(&[Key]) -> Vec<Key>) {
        self.keys = map(&self.keys);
        self.words = self.words.take().map(|words| map_words(&words, map));
        for kind in &mut self.kinds {
            match kind {
                Kind::Seq(inner) | Kind::Map(inner) => inner.map_keys(map),
                Kind::Tuple(parts) => parts.iter_mut().for_each(|part| part.map_keys(map)),
                _ => {}
            }
        }
    }

    /// The same with nothing known of how its elements differ: more may be among them.
    pub fn mixed(mut self) -> Self {
        self.mix();
        self
    }

    /// Nothing is known of how its elements differ.
    pub fn mix(&mut self) {
        self.words = None;
        for kind in &mut self.kinds {
            if let Kind::Seq(inner) | Kind::Map(inner) = kind {
                inner.lose_apart();
            }
        }
    }

    /// Nothing is known of how it and the like of it differ.
    pub fn lose_apart(&mut self) {
        self.apart = None;
        for kind in &mut self.kinds {
            if let Kind::Tuple(parts) = kind {
                parts.iter_mut().for_each(Value::lose_apart);
            }
        }
    }
}
