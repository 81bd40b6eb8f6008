//! Names and attributes: what they stand for.

use super::Walker;
use crate::program::Scope;
use crate::trace::{Act, Cell};
use crate::value::{Base, FuncId, Kind, Path, Source, Sym, Value, World};
use ruff_python_ast::Expr;

impl Walker<'_, '_> {
    /// The value of a name, recording that it is read.
    pub(super) fn load_name(&mut self, name: &Sym) -> Value {
        for (offset, scope) in self.scopes.iter().rev() {
            if let Some(value) = scope.get(name) {
                let (value, cell) = (value.clone(), Cell::Comprehension(*offset, name.clone()));
                self.emit(Act::ReadCell(cell));
                return value.derived(&[Source::Local(name.clone())]);
            }
        }
        match self.program.scope_of(self.function, name) {
            Scope::Local => {
                self.emit(Act::ReadCell(Cell::Local(name.clone())));
                let value = self
                    .latest(name)
                    .unwrap_or_else(|| self.facts.lookup(self.function, name));
                value.derived(&[Source::Local(name.clone())])
            }
            Scope::Free(owner) => self.load_free(owner, name),
            Scope::Global => self.load_global(self.module, name),
            Scope::Builtin => self.load_builtin(name),
        }
    }

    fn load_free(&mut self, owner: FuncId, name: &Sym) -> Value {
        let value = self.facts.lookup(owner, name);
        if is_definition(&value) {
            return value.abroad();
        }
        self.emit(Act::ReadCell(Cell::Free(owner, name.clone())));
        placed(value.abroad(), Path::of(Base::Free(owner, name.clone())))
    }

    /// A module-level name, of this module or another.
    pub(super) fn load_global(&mut self, module: crate::load::ModId, name: &Sym) -> Value {
        let Some(body) = self.program.bodies.get(module.0 as usize).copied() else {
            return Value::unknown();
        };
        let mut value = self.facts.lookup(body, name);
        if value.kinds.is_empty() && !value.open {
            value = self.starred(module, name).unwrap_or(value);
        }
        if is_definition(&value) {
            return value.abroad();
        }
        self.emit(Act::ReadCell(Cell::Global(module, name.clone())));
        if body == self.function {
            let value = self.latest(name).unwrap_or(value);
            return value.derived(&[Source::Local(name.clone())]);
        }
        placed(value.abroad(), Path::of(Base::Global(module, name.clone())))
    }

    /// A name that no scope binds: a builtin, or one that came with `from … import *`.
    fn load_builtin(&mut self, name: &Sym) -> Value {
        if let Some(value) = self.starred(self.module, name) {
            return if is_definition(&value) {
                value
            } else {
                self.load_global(self.module, name)
            };
        }
        if matches!(name.as_str(), "__name__" | "__file__" | "__doc__") {
            return Value::plain();
        }
        Value::of(Kind::ExtName(name.clone()))
    }

    /// What `from module import *` brought under this name.
    fn starred(&self, module: crate::load::ModId, name: &Sym) -> Option<Value> {
        let body = self.program.bodies.get(module.0 as usize)?;
        let stars = self.facts.lookup(*body, &Sym::new("*"));
        stars.kinds.iter().find_map(|kind| match kind {
            Kind::Module(other) if *other != module => {
                let body = self.program.bodies.get(other.0 as usize)?;
                let value = self.facts.lookup(*body, name);
                (!value.kinds.is_empty()).then(|| value.abroad())
            }
            _ => None,
        })
    }

    /// What a plain dotted name means in the code of `function`, without recording anything.
    pub(super) fn resolve(&mut self, function: FuncId, expr: &Expr) -> Value {
        match expr {
            Expr::Name(name) => match self.program.scope_of(function, &name.id) {
                Scope::Local => self.facts.lookup(function, &name.id),
                Scope::Free(owner) => self.facts.lookup(owner, &name.id),
                Scope::Global => {
                    let module = self.program.function(function).module;
                    self.quietly(|walker| walker.load_global(module, &name.id))
                }
                Scope::Builtin => self.quietly(|walker| walker.load_builtin(&name.id)),
            },
            Expr::Attribute(attribute) => {
                let receiver = self.resolve(function, &attribute.value);
                self.quietly(|walker| walker.attribute(&receiver, &attribute.attr.id, true))
            }
            Expr::Call(call) => self.resolve(function, &call.func),
            Expr::Subscript(subscript) => self.resolve(function, &subscript.value),
            _ => Value::unknown(),
        }
    }
}

/// Whether the value is nothing but functions, classes and modules: names for those are
/// definitions, not variables.
pub(super) fn is_definition(value: &Value) -> bool {
    let defines = |kind: &Kind| {
        matches!(
            kind,
            Kind::Func(_) | Kind::Class(_) | Kind::Module(_) | Kind::ExtName(_) | Kind::Method(..)
        )
    };
    !value.open && !value.kinds.is_empty() && value.kinds.iter().all(defines)
}

/// The value as seen through a variable of another scope.
fn placed(mut value: Value, path: Path) -> Value {
    if value.is_plain() {
        value.paths.clear();
    } else if !value
        .paths
        .iter()
        .any(|held| matches!(held.base, Base::Global(..) | Base::Class(_)))
    {
        // `from state import cache` keeps the path that leads to the one object.
        value.paths = vec![path];
    }
    value
}

/// The state outside the program that a dotted name stands for.
pub(super) fn world_of(dotted: &str) -> Option<World> {
    match dotted {
        "os.environ" => Some(World::Environment),
        _ => None,
    }
}
