//! Where values go: names, attributes, elements.

use super::Walker;
use crate::apart::{self, Of};
use crate::knowledge::{Sharing, type_facts};
use crate::trace::{Act, Cell, Change};
use crate::value::{Base, Field, Index, Kind, Path, Source, Sym, Value, World};
use ruff_python_ast::{Expr, ExprAttribute, ExprSubscript, Number};
use ruff_text_size::Ranged;

impl<'a> Walker<'_, 'a> {
    /// Assigns to any target.
    pub(super) fn assign(&mut self, target: &'a Expr, value: &Value) {
        match target {
            Expr::Name(name) => self.assign_name(&name.id, value, false),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, value),
            Expr::List(list) => self.unpack(&list.elts, value),
            Expr::Starred(starred) => self.assign(&starred.value, value),
            Expr::Attribute(attribute) => self.assign_attribute(attribute, value, &Change::Rebind),
            Expr::Subscript(subscript) => {
                let receiver = self.assign_element(subscript, &Change::Item);
                self.learn_entry(&receiver, value);
            }
            _ => {}
        }
    }

    pub(super) fn assign_name(&mut self, name: &Sym, value: &Value, adds: bool) {
        if let Some(scope) = self.own_scope(name) {
            let cell = Cell::Comprehension(scope, name.clone());
            self.emit(Act::WriteCell { cell, adds });
            return;
        }
        let cell = self.cell(name);
        let owner = match &cell {
            Cell::Global(module, _) => self.program.bodies.get(module.0 as usize).copied(),
            Cell::Free(owner, _) => Some(*owner),
            _ => Some(self.function),
        };
        if let Some(owner) = owner {
            let held = if owner == self.function {
                value.clone()
            } else {
                value.abroad()
            };
            self.facts.bind(owner, name, &held);
            if owner == self.function {
                let held = self.filled(name, value);
                self.set_latest(name, &held);
            }
        }
        for path in &value.paths {
            if let (Base::Alloc(at), []) = (&path.base, &path.fields[..]) {
                self.trace.names.entry(*at).or_insert_with(|| name.clone());
            }
        }
        self.emit(Act::WriteCell { cell, adds });
    }

    /// An empty container, with what statements of the function fill it with.
    fn filled(&self, name: &Sym, value: &Value) -> Value {
        let mut filled = value.clone();
        for held in &mut filled.kinds {
            let (Kind::Seq(inner) | Kind::Map(inner)) = &*held else {
                continue;
            };
            if !inner.kinds.is_empty() || inner.open {
                continue;
            }
            let is_map = matches!(held, Kind::Map(_));
            let known = self.facts.lookup(self.function, name).kinds;
            let same = known.into_iter().find(|kind| {
                matches!(kind, Kind::Map(_)) == is_map
                    && matches!(kind, Kind::Map(_) | Kind::Seq(_))
            });
            if let Some(kind) = same {
                *held = kind;
            }
        }
        filled
    }

    /// The comprehension which is binding this name just now, if one is.
    fn own_scope(&self, name: &Sym) -> Option<u32> {
        let (offset, scope) = self.scopes.last()?;
        scope.contains_key(name).then_some(*offset)
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value) {
        let starred = targets.iter().any(Expr::is_starred_expr);
        for (at, target) in targets.iter().enumerate() {
            let part = if starred {
                element(value)
            } else {
                part(value, at, targets.len())
            };
            let part = if target.is_starred_expr() {
                list_of(&part)
            } else {
                part
            };
            self.assign(target, &part);
        }
    }

    pub(super) fn assign_attribute(
        &mut self,
        target: &'a ExprAttribute,
        value: &Value,
        how: &Change,
    ) {
        let receiver = self.eval(&target.value);
        let name = &target.attr.id;
        self.line = self.line_of(target.start());
        self.change_process(&receiver, how);
        for kind in receiver.kinds.clone() {
            match kind {
                Kind::Instance(class) => self.facts.set_attribute(class, name, value),
                Kind::Class(class) => {
                    self.facts.set_attribute(class, name, value);
                    let path = Path::of(Base::Class(class)).then(Field::Attr(name.clone()));
                    self.emit(Act::Change {
                        path,
                        how: how.clone(),
                    });
                }
                Kind::Module(module) => {
                    let cell = Cell::Global(module, name.clone());
                    self.emit(Act::WriteCell {
                        cell,
                        adds: *how == Change::Adds,
                    });
                }
                Kind::Func(function) => {
                    let module = self.program.function(function).module;
                    let base = Base::Global(module, self.program.function(function).name.clone());
                    let path = Path::of(base).then(Field::Attr(name.clone()));
                    self.emit(Act::Change {
                        path,
                        how: how.clone(),
                    });
                }
                _ => {}
            }
        }
        self.change_below(&receiver, &Field::Attr(name.clone()), how);
        self.remember_store(&receiver, name, value);
    }

    /// Keeps that the attribute now leads to an object which has another path too.
    fn remember_store(&mut self, receiver: &Value, name: &Sym, value: &Value) {
        for owner in &receiver.paths {
            let at = owner.then(Field::Attr(name.clone()));
            let targets: Vec<Path> = if value.paths.is_empty() {
                vec![at.clone()]
            } else {
                value.paths.clone()
            };
            for path in targets {
                if matches!(owner.base, Base::Param(_)) {
                    let stores = &mut self.facts.stores[self.function.0 as usize];
                    let stored = match path.base {
                        Base::Param(_) | Base::Global(..) | Base::Free(..) | Base::Class(_) => {
                            path.clone()
                        }
                        // Made here: only that the attribute is set matters.
                        _ => at.clone(),
                    };
                    if stores.len() < 200 && !stores.contains(&(at.clone(), stored.clone())) {
                        stores.push((at.clone(), stored));
                        self.facts.changed = true;
                    }
                }
                if path != at {
                    let known = self.trace.aliases.entry(at.clone()).or_default();
                    if known.len() < 8 && !known.contains(&path) {
                        known.push(path);
                    }
                }
            }
        }
    }

    pub(super) fn assign_element(&mut self, target: &'a ExprSubscript, how: &Change) -> Value {
        let receiver = self.eval(&target.value);
        self.eval(&target.slice);
        self.line = self.line_of(target.start());
        self.change_process(&receiver, how);
        let field = self.index_field(&target.slice);
        self.change_below(&receiver, &field, how);
        receiver
    }

    /// Something in what a library's module holds is set.
    pub(super) fn change_process(&mut self, receiver: &Value, how: &Change) {
        for kind in receiver.kinds.iter().filter(|kind| is_of_process(kind)) {
            let environment = matches!(kind, Kind::ExtName(name) if name == "os.environ");
            let path = Path::of(Base::World(if environment {
                World::Environment
            } else {
                World::Settings
            }));
            self.emit(Act::Change {
                path,
                how: how.clone(),
            });
        }
    }

    fn change_below(&mut self, receiver: &Value, field: &Field, how: &Change) {
        for owner in self.with_aliases(&receiver.paths) {
            self.emit(Act::Change {
                path: owner.then(field.clone()),
                how: how.clone(),
            });
        }
    }

    /// `[…]` as a step of an access path.
    pub(super) fn index_field(&self, slice: &Expr) -> Field {
        match slice {
            Expr::Name(name) => Field::At(Index::Names(vec![name.id.clone()])),
            Expr::Tuple(tuple) => {
                let names: Option<Vec<Sym>> = tuple
                    .elts
                    .iter()
                    .map(|elt| elt.as_name_expr().map(|name| name.id.clone()))
                    .collect();
                names.map_or(Field::Elem, |names| Field::At(Index::Names(names)))
            }
            Expr::StringLiteral(_) | Expr::BytesLiteral(_) => self.literal_field(slice),
            // A negative index may be any element.
            Expr::NumberLiteral(number) if matches!(number.value, Number::Int(_)) => {
                self.literal_field(slice)
            }
            _ => Field::Elem,
        }
    }

    fn literal_field(&self, slice: &Expr) -> Field {
        let text = self.program.module(self.module).text.slice(slice.range());
        Field::At(Index::Literal(Sym::new(text)))
    }

    /// A loop's target gets an item.
    pub(super) fn assign_item(
        &mut self,
        target: &'a Expr,
        element: &Value,
        at: u32,
        comprehension: bool,
    ) {
        let value = item_value(element, at, 0);
        self.note_apart(element, at, 0);
        let origins = self.trace.origins.entry(at).or_default();
        gather_paths(element, origins);
        if comprehension {
            self.declare(target, &value);
        }
        self.assign(target, &value);
    }

    /// Keeps by what the items of a loop differ, and the parts of items that are tuples.
    pub(super) fn note_apart(&mut self, element: &Value, at: u32, place: u8) {
        match element.apart {
            Some(parts) => self.trace.apart.insert((at, place), parts),
            None => self.trace.apart.remove(&(at, place)),
        };
        for kind in &element.kinds {
            if let Kind::Tuple(parts) = kind {
                for (part, next) in parts.iter().zip(1..) {
                    self.note_apart(part, at, inner_place(place, next));
                }
            }
        }
    }

    /// Makes the names of a comprehension's target its own.
    fn declare(&mut self, target: &'a Expr, value: &Value) {
        match target {
            Expr::Name(name) => {
                if let Some((_, scope)) = self.scopes.last_mut() {
                    scope.insert(name.id.clone(), value.clone());
                }
            }
            Expr::Tuple(tuple) => self.declare_all(&tuple.elts, value),
            Expr::List(list) => self.declare_all(&list.elts, value),
            Expr::Starred(starred) => self.declare(&starred.value, value),
            _ => {}
        }
    }

    fn declare_all(&mut self, targets: &'a [Expr], value: &Value) {
        for (at, target) in targets.iter().enumerate() {
            let part = part(value, at, targets.len());
            self.declare(target, &part);
        }
    }

    /// The variables that a target binds.
    pub(super) fn target_cells(&self, target: &Expr, cells: &mut Vec<Cell>) {
        match target {
            Expr::Name(name) => cells.push(self.cell(&name.id)),
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .for_each(|elt| self.target_cells(elt, cells)),
            Expr::List(list) => list
                .elts
                .iter()
                .for_each(|elt| self.target_cells(elt, cells)),
            Expr::Starred(starred) => self.target_cells(&starred.value, cells),
            _ => {}
        }
    }
}

/// Whether setting something of it sets it for the whole process: what a library's module holds.
fn is_of_process(kind: &Kind) -> bool {
    match kind {
        Kind::ExtName(_) => true,
        Kind::Ext(name) => type_facts(name).is_some_and(|it| it.sharing == Sharing::Process),
        _ => false,
    }
}

/// What an element of the value may be.
pub(super) fn element(value: &Value) -> Value {
    let mut element = value.element_kinds();
    if element.paths.is_empty() && !element.is_plain() {
        element.paths = value.element_paths();
    }
    element.derived(&value.from)
}

/// The part of the value at a position of `count`.
pub(super) fn part(value: &Value, at: usize, count: usize) -> Value {
    let mut joined = Value::default();
    let mut others = value.clone();
    others.kinds.retain(|kind| match kind {
        Kind::Tuple(parts) if parts.len() == count => {
            if let Some(part) = parts.get(at) {
                joined.join(part);
            }
            false
        }
        _ => true,
    });
    let is_tuple = others.kinds.len() < value.kinds.len();
    if is_tuple {
        if joined.paths.is_empty() && !joined.is_plain() {
            joined.paths = value.element_paths();
        }
        if others.kinds.is_empty() && !others.open {
            return joined.derived(&value.from);
        }
    }
    joined.join(&element(&others));
    joined.derived(&value.from)
}

fn list_of(element: &Value) -> Value {
    let mut held = element.clone();
    held.lose_apart();
    let mut list = Value::of(Kind::Seq(Box::new(held)));
    list.paths = element.paths.clone();
    list.derived(&element.from)
}

/// An element as the item of a loop: its paths become the loop's.
pub(super) fn item_value(element: &Value, at: u32, place: u8) -> Value {
    let mut item = element.map_paths(&mut |_| vec![Path::of(Base::Item(at))]);
    for (kind, held) in item.kinds.iter_mut().zip(&element.kinds) {
        if let (Kind::Tuple(parts), Kind::Tuple(held)) = (kind, held) {
            let items = held.iter().zip(1..);
            *parts = items
                .map(|(part, next)| item_value(part, at, inner_place(place, next)))
                .collect();
        }
    }
    item.paths = if item.is_plain() {
        Vec::new()
    } else if element.one {
        element.paths.clone()
    } else {
        vec![Path::of(Base::Item(at))]
    };
    item.one = false;
    item.add_sources(&[Source::Item(at)]);
    item.apart = None;
    item.keys.extend(apart::itself(Of::Item(at, place)));
    item
}

/// Names a part of an item that is a tuple, or of such a part.
fn inner_place(place: u8, next: u8) -> u8 {
    place.saturating_mul(8).saturating_add(next)
}

fn gather_paths(value: &Value, paths: &mut Vec<Path>) {
    for path in &value.paths {
        if paths.len() < 16 && !paths.contains(path) {
            paths.push(path.clone());
        }
    }
    for kind in &value.kinds {
        if let Kind::Tuple(parts) = kind {
            parts.iter().for_each(|part| gather_paths(part, paths));
        }
    }
}
