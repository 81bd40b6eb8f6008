//! What statements that fill a container say of what it holds.

use super::assign::element;
use super::{Args, Walker};
use crate::value::{Base, Kind, Sym, Value};
use crate::words::Word;

impl Walker<'_, '_> {
    /// `items.append(x)` says what the list holds.
    pub(super) fn learn_element(&mut self, receiver: &Value, name: &Sym, args: &Args) {
        let Some(arg) = args.positional.last() else {
            return;
        };
        let element = match name.as_str() {
            "append" | "add" | "appendleft" | "insert" => arg.value.clone(),
            "extend" | "update" => element(&arg.value),
            _ => return,
        };
        let mut element = element;
        element.from.clear();
        let words = match name.as_str() {
            "append" => Some([Word::of(&arg.value)].into()),
            "extend" => arg.value.words.clone(),
            _ => None,
        };
        let one_by_one = !matches!(name.as_str(), "extend" | "update");
        for path in receiver.paths.clone() {
            let mut inner = element.clone();
            self.filled_apart(&mut inner, &path, one_by_one);
            inner.open |= inner.kinds.is_empty();
            inner = inner.abroad();
            inner.paths.clear();
            let learnt = Value::of(Kind::Seq(Box::new(inner)));
            match (&path.base, &path.fields[..]) {
                (Base::Alloc(at), []) => {
                    if let Some(name) = self.trace.names.get(at).cloned() {
                        self.facts.bind(self.function, &name, &learnt);
                        self.learn_latest(&name, &learnt, words.as_ref());
                    }
                }
                (Base::Global(module, name), []) => {
                    if let Some(body) = self.program.bodies.get(module.0 as usize).copied() {
                        self.facts.bind(body, &name.clone(), &learnt);
                    }
                }
                (Base::Param(0), [crate::value::Field::Attr(attribute)]) => {
                    if let Some(class) = self.program.function(self.function).class {
                        self.facts.set_attribute(class, &attribute.clone(), &learnt);
                    }
                }
                _ => {}
            }
        }
    }

    /// `TABLE[name] = function` says what may be called by way of the table, and whether it holds
    /// what nobody knows.
    pub(super) fn learn_entry(&mut self, receiver: &Value, value: &Value) {
        let mut inner = value.abroad();
        inner.paths.clear();
        let mut learnt = Value::of(Kind::Map(Box::new(inner)));
        if !calls_something(&learnt) {
            if !value.is_foreign() {
                return;
            }
            let foreign = Value {
                foreign: true,
                ..Value::unknown()
            };
            learnt = Value::of(Kind::Map(Box::new(foreign)));
        }
        for path in receiver.paths.clone() {
            let (owner, name) = match (&path.base, &path.fields[..]) {
                (Base::Alloc(at), []) => (Some(self.function), self.trace.names.get(at)),
                (Base::Global(module, name), []) => (
                    self.program.bodies.get(module.0 as usize).copied(),
                    Some(name),
                ),
                (Base::Param(0), [crate::value::Field::Attr(attribute)]) => {
                    if let Some(class) = self.program.function(self.function).class {
                        self.facts.set_attribute(class, attribute, &learnt);
                    }
                    continue;
                }
                _ => continue,
            };
            if let (Some(owner), Some(name)) = (owner, name.cloned()) {
                self.facts.bind(owner, &name, &learnt);
            }
        }
    }
}

/// Whether a container of this kind holds functions, and nothing but them.
fn calls_something(container: &Value) -> bool {
    container.kinds.iter().all(|kind| match kind {
        Kind::Seq(inner) | Kind::Map(inner) => {
            let callable =
                |kind: &Kind| matches!(kind, Kind::Func(_) | Kind::Method(..) | Kind::Class(_));
            !inner.open && !inner.kinds.is_empty() && inner.kinds.iter().all(callable)
        }
        _ => false,
    })
}
