//! What is one object again and again: items of a loop, elements of a container.

use super::Walker;
use crate::trace::{Act, Change};
use crate::value::{Base, Field, Kind, Path, Sym, Value};
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;

impl<'a> Walker<'_, 'a> {
    /// The generator hands this out.
    pub(super) fn yielded(&mut self, mut value: Value, one_by_one: bool) {
        self.yielded_apart(&mut value, one_by_one);
        for kind in &mut value.kinds {
            if let Kind::Tuple(parts) = kind {
                for part in parts {
                    part.one |= self.is_handed_out_again(part);
                }
            }
        }
        let is_tuple = |kind: &Kind| matches!(kind, Kind::Tuple(_));
        value.one |= !value.kinds.iter().any(is_tuple) && self.is_handed_out_again(&value);
        let value = self.outward(&value);
        let changed = self.facts.yields[self.function.0 as usize].join(&value);
        self.facts.changed |= changed;
    }

    /// Whether the loop around yields one object again and again: it is made before the loop.
    fn is_handed_out_again(&self, value: &Value) -> bool {
        let Some((_, around)) = self.around.last() else {
            return false;
        };
        let stores = &self.facts.stores[self.function.0 as usize];
        let stays = |path: &Path| match &path.base {
            Base::Alloc(at) => !around.contains((*at).into()),
            Base::Item(_) => false,
            _ => !stores.iter().any(|(set, _)| set == path),
        };
        let whole = |path: &Path| {
            path.fields
                .iter()
                .all(|field| matches!(field, Field::Attr(_)))
        };
        self.facts.settled
            && !value.is_plain()
            && !value.paths.is_empty()
            && value.paths.iter().all(|path| stays(path) && whole(path))
    }

    /// What hands out one object again and again looks at it as it goes on. A generator that made
    /// it fills it anew.
    pub(super) fn look_again(&mut self, iterable: &'a Expr, element: &Value) {
        let parts = element.kinds.iter().filter_map(|kind| match kind {
            Kind::Tuple(parts) => Some(parts),
            _ => None,
        });
        for part in std::iter::once(element).chain(parts.flatten()) {
            if !part.one {
                continue;
            }
            self.read(part, true);
            if self.is_generated(iterable) {
                let made = part.paths.iter();
                let made = made.filter(|path| matches!(path.base, Base::Alloc(_)));
                for path in made.cloned().collect::<Vec<_>>() {
                    let how = Change::Method(Sym::new("yield"));
                    self.emit(Act::Change { path, how });
                }
            }
        }
    }

    /// Whether the iterable is a call of a generator of the project.
    fn is_generated(&mut self, iterable: &'a Expr) -> bool {
        let Expr::Call(call) = iterable else {
            return false;
        };
        let callee = self.resolve(self.function, &call.func);
        callee.kinds.iter().any(|kind| match kind {
            Kind::Func(id) | Kind::Method(id, _) => self.program.function(*id).is_generator,
            _ => false,
        }) || call.arguments.args.iter().any(|arg| self.is_generated(arg))
    }

    /// An element that a comprehension made, as it is found in the result. One that is there
    /// before stands in the result again and again.
    pub(super) fn outlive(&self, mut value: Value, made_in: TextRange) -> Value {
        let stays = |path: &Path| match &path.base {
            Base::Alloc(at) => !made_in.contains((*at).into()) && u32::from(made_in.start()) != *at,
            Base::Item(at) => !made_in.contains((*at).into()) && u32::from(made_in.start()) != *at,
            _ => true,
        };
        let whole = |path: &Path| {
            path.fields
                .iter()
                .all(|field| matches!(field, Field::Attr(_)))
        };
        value.one = self.facts.settled
            && !value.is_plain()
            && !value.paths.is_empty()
            && value.paths.iter().all(|path| stays(path) && whole(path));
        if !value.one {
            value
                .paths
                .retain(|path| !matches!(path.base, Base::Alloc(_) | Base::Item(_)));
        }
        value
    }
}
