//! Elements and slices.

use super::assign::element;
use super::keys::slice_keys;
use super::{Walker, offset};
use crate::apart;
use crate::trace::Act;
use crate::value::{Base, Field, Kind, Path, Value};
use ruff_python_ast::{Expr, ExprSubscript, Operator};
use ruff_text_size::Ranged;

impl<'a> Walker<'_, 'a> {
    pub(super) fn subscript(&mut self, subscript: &'a ExprSubscript) -> Value {
        let receiver = self.eval(&subscript.value);
        let index = self.eval(&subscript.slice);
        self.line = self.line_of(subscript.start());
        if let Some(value) =
            self.call_special(&receiver, "__getitem__", std::slice::from_ref(&index))
        {
            return value;
        }
        for kind in &receiver.kinds {
            if let Kind::ExtName(name) = kind {
                if let Some(world) = super::names::world_of(name) {
                    self.emit(Act::Read {
                        path: Path::of(Base::World(world)),
                        deep: true,
                    });
                    return Value::plain();
                }
                // `list[int]`, `np.ndarray[...]`: a generic alias.
                return Value::of(kind.clone());
            }
        }
        if is_slice_or_mask(&subscript.slice) {
            return self.sliced(subscript, &receiver, &index);
        }
        self.indexed(subscript, &receiver, &index)
    }

    /// One element.
    fn indexed(&mut self, subscript: &'a ExprSubscript, receiver: &Value, index: &Value) -> Value {
        let field = if holds_one(receiver) {
            Field::Elem
        } else {
            self.index_field(&subscript.slice)
        };
        let paths: Vec<Path> = receiver
            .paths
            .iter()
            .map(|path| path.then(field.clone()))
            .collect();
        let mut value = match (&*subscript.slice, receiver.kinds.as_slice()) {
            (Expr::NumberLiteral(number), [Kind::Tuple(parts)]) => {
                literal_index(&number.value).and_then(|at| parts.get(at).cloned())
            }
            _ => None,
        }
        .unwrap_or_else(|| item_of(receiver));
        for path in self.with_aliases(&paths) {
            self.emit(Act::Read { path, deep: false });
        }
        if value.is_plain() {
            value.paths.clear();
        } else if value.paths.is_empty() || !matches!(receiver.kinds.as_slice(), [Kind::Tuple(_)]) {
            let held = std::mem::replace(&mut value.paths, self.with_aliases(&paths));
            // What a copy or a literal is known to hold has paths of its own.
            let new: Vec<Path> = held
                .into_iter()
                .filter(|path| !value.paths.contains(path))
                .collect();
            value.paths.extend(new);
        }
        value.add_sources(&receiver.from);
        value.add_sources(&index.from);
        if let [Kind::Seq(inner)] = receiver.kinds.as_slice()
            && let Some(parts) = inner.apart
        {
            // Of items that all differ, one stands at one index.
            value.keys.extend(apart::all_in(&index.keys, parts));
        }
        value
    }

    /// `xs[a:b]` of a list is a new list of the same elements; of an array it is a view, but
    /// `table[table.x > 3]` is new.
    pub(super) fn sliced(
        &mut self,
        subscript: &'a ExprSubscript,
        receiver: &Value,
        index: &Value,
    ) -> Value {
        self.read(receiver, true);
        let mut value = receiver.clone();
        value.kinds = receiver
            .kinds
            .iter()
            .filter(|kind| !matches!(kind, Kind::Tuple(_)))
            .cloned()
            .collect();
        if value.kinds.len() < receiver.kinds.len() {
            value.kinds.push(Kind::Seq(Box::new(element(receiver))));
        }
        let lists = !receiver.is_unknown()
            && receiver
                .kinds
                .iter()
                .all(|kind| matches!(kind, Kind::Seq(_) | Kind::Plain | Kind::Tuple(_)));
        if !receiver.is_plain() {
            let fresh = Path::of(Base::Alloc(offset(subscript)));
            let is_mask = !matches!(&*subscript.slice, Expr::Slice(_) | Expr::Tuple(_));
            if lists || is_mask {
                value.paths = vec![fresh];
                if let [Kind::Seq(inner)] = value.kinds.as_mut_slice()
                    && inner.paths.is_empty()
                    && !inner.is_plain()
                {
                    inner.paths = receiver.element_paths();
                }
            } else if starts_alike(&subscript.slice) {
                // `buffer[:n]`: the same memory again.
                value.paths.clone_from(&receiver.paths);
            } else {
                value.paths = receiver.element_paths();
            }
        }
        value.add_sources(&index.from);
        value.keys = slice_keys(&receiver.keys, &subscript.slice);
        value
    }
}

/// Whether the elements may all be one object, so that an index says nothing.
fn holds_one(value: &Value) -> bool {
    value.kinds.iter().any(|kind| match kind {
        Kind::Seq(inner) | Kind::Map(inner) => inner.one,
        _ => false,
    })
}

/// What a dict's values may be, with their paths.
pub(super) fn held_values(value: &Value) -> Value {
    let mut held = item_of(value);
    if held.paths.is_empty() && !held.is_plain() {
        held.paths = value.element_paths();
    }
    held.derived(&value.from)
}

/// An element by index: of a dict its value, of anything else an element.
fn item_of(value: &Value) -> Value {
    let mut joined = Value::default();
    for kind in &value.kinds {
        match kind {
            Kind::Map(inner) | Kind::Seq(inner) => {
                joined.join(inner);
            }
            Kind::Tuple(parts) => parts.iter().for_each(|part| {
                joined.join(part);
            }),
            Kind::Plain => {
                joined.join(&Value::plain());
            }
            _ => joined.open = true,
        }
    }
    joined.open |= value.open;
    joined.foreign |= value.is_foreign();
    joined.one = false;
    joined.from.clear();
    joined.apart = None;
    joined
}

/// Whether the index selects many elements: a slice, or a comparison as mask.
fn is_slice_or_mask(slice: &Expr) -> bool {
    match slice {
        Expr::Slice(_)
        | Expr::Compare(_)
        | Expr::UnaryOp(ruff_python_ast::ExprUnaryOp {
            op: ruff_python_ast::UnaryOp::Invert,
            ..
        }) => true,
        Expr::Tuple(tuple) => tuple.elts.iter().any(Expr::is_slice_expr),
        Expr::BinOp(operation) => {
            matches!(operation.op, Operator::BitAnd | Operator::BitOr)
                && is_slice_or_mask(&operation.left)
        }
        _ => false,
    }
}

/// Whether the slice starts at the same place at every turn, whatever its end is.
fn starts_alike(slice: &Expr) -> bool {
    match slice {
        Expr::Slice(slice) => slice.lower.as_deref().is_none_or(Expr::is_literal_expr),
        _ => false,
    }
}

fn literal_index(number: &ruff_python_ast::Number) -> Option<usize> {
    match number {
        ruff_python_ast::Number::Int(int) => int.as_usize(),
        _ => None,
    }
}
