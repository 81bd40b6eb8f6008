//! Whether an access path leads to the same object in every iteration, and whether two paths may
//! meet.

use super::LoopView;
use crate::value::{Base, Field, Index, Path};

/// How an object is spread over the iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sharing {
    /// Made in the iteration itself.
    Own,
    /// The iteration's item.
    Item,
    /// An element of a shared object that is the iteration's alone.
    Disjoint,
    /// Something of the callers that cannot be told.
    Elsewhere,
    /// The same object in every iteration.
    Shared,
}

impl LoopView<'_, '_> {
    /// The path with the items of inner loops replaced by where they come from.
    pub fn resolved(&self, path: &Path) -> Vec<Path> {
        let mut all = Vec::new();
        self.resolve_into(path, 0, &mut all);
        all
    }

    fn resolve_into(&self, path: &Path, depth: usize, all: &mut Vec<Path>) {
        match &path.base {
            Base::Item(at) if !self.info.items.contains(at) && depth < 5 => {
                match self.trace.origins.get(at) {
                    // The item of an enclosing loop stays what it is during this one.
                    _ if !self.is_inside(*at) => all.push(path.clone()),
                    Some(origins) if !origins.is_empty() => {
                        origins.iter().for_each(|origin| {
                            self.resolve_into(&origin.extended(&path.fields), depth + 1, all)
                        });
                    }
                    _ => all.push(path.clone()),
                }
            }
            _ => all.push(path.clone()),
        }
    }

    /// How the object at a (resolved) path is spread over the iterations.
    pub fn sharing(&self, path: &Path) -> Sharing {
        let base = match &path.base {
            Base::Alloc(at) if self.is_inside(*at) => Sharing::Own,
            Base::Item(at) if self.info.items.contains(at) => Sharing::Item,
            Base::Item(at) if self.is_inside(*at) => Sharing::Own,
            Base::Elsewhere => Sharing::Elsewhere,
            _ => Sharing::Shared,
        };
        if base == Sharing::Shared && path.fields.iter().any(|field| self.is_own_index(field)) {
            return Sharing::Disjoint;
        }
        base
    }

    /// Whether the index is sure to be another one in every iteration.
    fn is_own_index(&self, field: &Field) -> bool {
        let Field::At(Index::Names(names)) = field else {
            return false;
        };
        names.iter().any(|name| self.unique.contains(name))
    }

    /// Whether the index differs from iteration to iteration unless the iterable holds
    /// something twice.
    pub fn is_likely_own_index(&self, path: &Path) -> bool {
        path.fields.iter().any(|field| match field {
            Field::At(Index::Names(names)) => names.iter().any(|name| self.varying.contains(name)),
            _ => false,
        })
    }

    /// Whether what stands at two paths may be the same object or one part of the other, in
    /// *different* iterations.
    pub fn may_meet(&self, a: &Path, b: &Path) -> bool {
        a.base == b.base
            && a.fields
                .iter()
                .zip(&b.fields)
                .all(|(a, b)| self.fields_meet(a, b))
    }

    fn fields_meet(&self, a: &Field, b: &Field) -> bool {
        match (a, b) {
            (Field::Attr(a), Field::Attr(b)) => a == b,
            (Field::At(Index::Literal(a)), Field::At(Index::Literal(b))) => a == b,
            (Field::At(x), Field::At(y)) => x != y || !self.is_own_index(a),
            (Field::Attr(_), _) | (_, Field::Attr(_)) => false,
            // Setting an element neither adds nor removes one.
            (Field::Step, Field::At(_)) | (Field::At(_), Field::Step) => false,
            (Field::Step, Field::Elem) | (Field::Elem, Field::Step) => false,
            _ => true,
        }
    }
}
