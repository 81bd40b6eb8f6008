//! What an expression may stand for: which objects (by where they come from) of which kinds, and
//! which inputs its value derives from.
//!
//! Objects are named by access paths from a base, never by identity: `self.cache[key]` in a
//! method is `Param(0) .cache [key]`, and the caller puts its own path in place of `Param(0)`.
//! Everything here over-approximates: a value may have more paths than it has at run time,
//! never fewer (within the documented limits of the walk, see `walk/mod.rs`).

use crate::apart::{Key, Parts};
use crate::load::ModId;
use crate::words::Words;
pub(crate) use ruff_python_ast::name::Name as Sym;

/// Index in `Program::functions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FuncId(pub u32);

/// Index in `Program::classes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClassId(pub u32);

/// Where an access path starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Base {
    /// A parameter of the function at hand, by position.
    Param(u32),
    /// The object made by the expression at this offset of the function at hand.
    Alloc(u32),
    /// What the loop at this offset of the function at hand delivers.
    Item(u32),
    /// What a module-level name stands for.
    Global(ModId, Sym),
    /// What a local name of an enclosing function stands for.
    Free(FuncId, Sym),
    /// A parameter's default, one object for all calls.
    Default(FuncId, u32),
    /// A class itself.
    Class(ClassId),
    /// State outside the program's own objects (`random`, `stdout`).
    World(World),
    /// Some object of a caller that cannot be told here.
    Elsewhere,
}

/// State of the interpreter or the process that calls may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum World {
    Random,
    NumpyRandom,
    Stdout,
    Stdin,
    Environment,
    WorkingDirectory,
    Signals,
    /// The "current figure" of a plotting library.
    Figure,
    /// Process-wide settings (locale, recursion limit, decimal context).
    Settings,
}

/// One step of an access path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Field {
    Attr(Sym),
    /// The element under an index as written: a name, several names, or a literal.
    At(Index),
    /// Some element.
    Elem,
    /// Going on to the next element: fails when the container grows or shrinks meanwhile.
    Step,
}

/// An index as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Index {
    Names(Vec<Sym>),
    Literal(Sym),
}

/// An access path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Path {
    pub base: Base,
    pub fields: Vec<Field>,
}

/// Longest path kept; what lies deeper counts as part of what lies at the end.
const LONGEST_PATH: usize = 4;
/// Most paths, kinds and sources kept of one value.
const MOST_PATHS: usize = 10;
const MOST_KINDS: usize = 8;
const MOST_SOURCES: usize = 24;
/// Deepest nesting of kinds (a list of tuples of lists …).
const DEEPEST_KIND: usize = 4;

impl Path {
    pub fn of(base: Base) -> Self {
        Self {
            base,
            fields: Vec::new(),
        }
    }

    pub fn then(&self, field: Field) -> Self {
        let mut path = self.clone();
        path.push(field);
        path
    }

    pub fn push(&mut self, field: Field) {
        if self.fields.len() < LONGEST_PATH {
            self.fields.push(field);
        }
    }

    pub fn extended(&self, fields: &[Field]) -> Self {
        let mut path = self.clone();
        fields.iter().for_each(|field| path.push(field.clone()));
        path
    }
}

/// What kind of thing a value may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A number, a text, bytes, a truth value, `None`: never changes.
    Plain,
    Tuple(Vec<Value>),
    /// A list, set, deque, iterator … of such elements.
    Seq(Box<Value>),
    /// A dict with such values.
    Map(Box<Value>),
    /// An object that the class or function of this dotted name made.
    Ext(Sym),
    /// The module, class or function of this dotted name itself, from outside the project.
    ExtName(Sym),
    Module(ModId),
    Class(ClassId),
    Instance(ClassId),
    Func(FuncId),
    /// A project function with its receiver.
    Method(FuncId, Box<Value>),
    /// An attribute of anything else.
    Bound(Box<Value>, Sym),
    /// `functools.partial` of the first with the rest as arguments.
    Partial(Box<Value>, Vec<Value>),
}

/// What a value derives from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    Param(u32),
    /// The loop at this offset.
    Item(u32),
    /// A local name of the function at hand.
    Local(Sym),
    /// Something that differs at every call (a temporary file's name, a random value), by the
    /// offset of the call in the function at hand.
    Unique(u32),
    /// The time of the call at this offset.
    Clock(u32),
}

/// What an expression may stand for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Value {
    pub paths: Vec<Path>,
    pub kinds: Vec<Kind>,
    /// Whether it may be of other kinds too.
    pub open: bool,
    /// Whether it may be an object of code that is not there to be read: handed in by callers
    /// nobody sees, or made by a package nobody knows.
    pub foreign: bool,
    /// Of what a container holds: whether all of its elements may be one object.
    pub one: bool,
    pub from: Vec<Source>,
    /// What it gives away of what it was made from.
    pub keys: Vec<Key>,
    /// Of what a container holds: by which parts no two of them are equal, if that is known.
    pub apart: Option<Parts>,
    /// Of a list that is written down: its elements as the words of a command.
    pub words: Option<Words>,
}

impl Value {
    pub fn plain() -> Self {
        Self::of(Kind::Plain)
    }

    pub fn of(kind: Kind) -> Self {
        Self {
            kinds: vec![kind],
            ..Self::default()
        }
    }

    pub fn unknown() -> Self {
        Self {
            open: true,
            ..Self::default()
        }
    }

    pub fn at(mut self, path: Path) -> Self {
        self.paths = vec![path];
        self
    }

    pub fn derived(mut self, from: &[Source]) -> Self {
        self.add_sources(from);
        self
    }

    /// Whether nothing is known of its kind.
    pub fn is_unknown(&self) -> bool {
        self.open || self.kinds.is_empty()
    }

    /// Whether it may be an object of code that is not there to be read, or belong to one.
    pub fn is_foreign(&self) -> bool {
        self.foreign
            || self.kinds.iter().any(|kind| match kind {
                Kind::Bound(receiver, _) => receiver.is_foreign(),
                Kind::Ext(name) => !crate::knowledge::is_known(name),
                _ => false,
            })
    }

    /// Whether it is surely something that cannot change.
    pub fn is_plain(&self) -> bool {
        !self.open && !self.kinds.is_empty() && self.kinds.iter().all(Kind::is_fixed)
    }

    /// Whether nothing is known of it yet.
    pub fn is_nothing(&self) -> bool {
        self.kinds.is_empty() && !self.open && !self.is_passed()
    }

    /// Whether it is what callers pass that are not in view: something, though nobody knows what.
    fn is_passed(&self) -> bool {
        let passed = |path: &Path| matches!(path.base, Base::Param(_));
        self.kinds.is_empty() && !self.open && self.paths.iter().any(passed)
    }

    /// Joins another possibility; says whether that changed anything but the sources.
    pub fn join(&mut self, other: &Value) -> bool {
        let state = |value: &Value| {
            let flags = (value.open, value.foreign, value.one);
            (value.paths.len(), value.kinds.len(), flags)
        };
        let before = state(self);
        let mut changed = self.join_keys(other);
        let either_unknown = self.is_passed() || other.is_passed();
        for path in &other.paths {
            if self.paths.len() < MOST_PATHS && !self.paths.contains(path) {
                self.paths.push(path.clone());
            }
        }
        for kind in &other.kinds {
            changed |= self.add_kind(kind);
        }
        self.open |= other.open;
        self.foreign |= other.foreign;
        self.one |= other.one;
        if either_unknown {
            self.mix();
        }
        self.add_sources(&other.from);
        changed || before != state(self)
    }

    fn add_kind(&mut self, kind: &Kind) -> bool {
        if self.kinds.contains(kind) {
            return false;
        }
        for held in &mut self.kinds {
            match (held, kind) {
                (Kind::Seq(held), Kind::Seq(new)) | (Kind::Map(held), Kind::Map(new)) => {
                    return held.join(new);
                }
                (Kind::Tuple(held), Kind::Tuple(new)) if held.len() == new.len() => {
                    let mut changed = false;
                    for (held, new) in held.iter_mut().zip(new) {
                        changed |= held.join(new);
                    }
                    return changed;
                }
                (Kind::Method(held, _), Kind::Method(new, _)) if held == new => return false,
                (Kind::Bound(_, held), Kind::Bound(_, new)) if held == new => return false,
                (Kind::Partial(..), Kind::Partial(..)) => {}
                _ => {}
            }
        }
        if self.kinds.len() >= MOST_KINDS {
            let changed = !self.open;
            self.open = true;
            return changed;
        }
        self.kinds.push(kind.clone());
        true
    }

    pub fn add_sources(&mut self, from: &[Source]) {
        for source in from {
            if self.from.len() < MOST_SOURCES && !self.from.contains(source) {
                self.from.push(source.clone());
            }
        }
    }

    /// The same value without the depth that would let values grow without end.
    pub fn pruned(&self) -> Self {
        self.pruned_to(DEEPEST_KIND)
    }

    fn pruned_to(&self, depth: usize) -> Self {
        let mut pruned = Self {
            paths: self.paths.clone(),
            kinds: Vec::with_capacity(self.kinds.len()),
            open: self.open,
            foreign: self.foreign,
            one: self.one,
            from: self.from.clone(),
            keys: self.keys.clone(),
            apart: self.apart,
            words: self.words.clone(),
        };
        for kind in &self.kinds {
            match kind.pruned_to(depth) {
                Some(kind) => pruned.kinds.push(kind),
                None => pruned.open = true,
            }
        }
        pruned
    }

    /// What one element of it may be, without the paths.
    pub fn element_kinds(&self) -> Value {
        let mut element = Value::default();
        for kind in &self.kinds {
            match kind {
                Kind::Seq(inner) => {
                    element.join(inner);
                }
                Kind::Tuple(parts) => parts.iter().for_each(|part| {
                    element.join(part);
                }),
                Kind::Plain => {
                    element.join(&Value::plain());
                }
                // The keys.
                Kind::Map(_) => {
                    element.join(&Value::plain().apart_by(Some(Parts::ALL)));
                }
                // What it holds stands in another kind of the same value.
                Kind::Ext(name) if name == "iterator" && self.kinds.len() > 1 => {}
                // Rows that a query finds.
                Kind::Ext(name) if name == "queryset" => {
                    element.join(&Value::unknown().apart_by(Some(Parts::ALL)));
                }
                Kind::Ext(name) if name == "file" => {
                    element.join(&Value::plain());
                }
                _ => element.open = true,
            }
        }
        element.open |= self.open;
        element.foreign |= self.is_foreign();
        let rows = |kind: &Kind| matches!(kind, Kind::Ext(name) if name == "queryset");
        if element.open && !self.kinds.iter().any(rows) {
            // Of other containers that it may be nothing is known.
            element.lose_apart();
        }
        element
    }

    /// The paths of its elements.
    pub fn element_paths(&self) -> Vec<Path> {
        self.paths
            .iter()
            .map(|path| path.then(Field::Elem))
            .collect()
    }
}

impl Value {
    /// Rewrites every path, also within the kinds.
    pub fn map_paths(&self, map: &mut dyn FnMut(&Path) -> Vec<Path>) -> Value {
        let mut paths: Vec<Path> = Vec::new();
        for path in self.paths.iter().flat_map(&mut *map) {
            if paths.len() < MOST_PATHS && !paths.contains(&path) {
                paths.push(path);
            }
        }
        let kinds = self.kinds.iter().map(|kind| kind.map_paths(map)).collect();
        Value {
            paths,
            kinds,
            open: self.open,
            foreign: self.foreign,
            one: self.one,
            from: self.from.clone(),
            keys: self.keys.clone(),
            apart: self.apart,
            words: self.words.clone(),
        }
    }

    /// What other functions may know of it: paths that mean something only in the function at
    /// hand are dropped; the receivers of bound methods become objects that exist elsewhere.
    pub fn abroad(&self) -> Value {
        let mut value = self.pruned().map_paths(&mut |path| match path.base {
            Base::Global(..)
            | Base::Free(..)
            | Base::Default(..)
            | Base::Class(_)
            | Base::World(_) => vec![path.clone()],
            Base::Elsewhere => vec![path.clone()],
            Base::Param(_) | Base::Alloc(_) | Base::Item(_) => Vec::new(),
        });
        value.kinds.iter_mut().for_each(Kind::settle_receiver);
        value.from = Vec::new();
        // Keys are about the items and parameters of the function at hand.
        value.map_keys(&|_| Vec::new());
        value
    }
}

impl Kind {
    fn map_paths(&self, map: &mut dyn FnMut(&Path) -> Vec<Path>) -> Kind {
        match self {
            Kind::Tuple(parts) => {
                Kind::Tuple(parts.iter().map(|part| part.map_paths(map)).collect())
            }
            Kind::Seq(inner) => Kind::Seq(Box::new(inner.map_paths(map))),
            Kind::Map(inner) => Kind::Map(Box::new(inner.map_paths(map))),
            Kind::Method(id, receiver) => Kind::Method(*id, Box::new(receiver.map_paths(map))),
            Kind::Bound(receiver, name) => {
                Kind::Bound(Box::new(receiver.map_paths(map)), name.clone())
            }
            Kind::Partial(callee, given) => {
                let given = given.iter().map(|value| value.map_paths(map)).collect();
                Kind::Partial(Box::new(callee.map_paths(map)), given)
            }
            other => other.clone(),
        }
    }

    fn settle_receiver(&mut self) {
        let settle = |value: &mut Value| {
            if value.paths.is_empty() && !value.is_plain() {
                value.paths.push(Path::of(Base::Elsewhere));
            }
        };
        match self {
            Kind::Method(_, receiver) | Kind::Bound(receiver, _) => settle(receiver),
            Kind::Partial(_, given) => given.iter_mut().for_each(settle),
            _ => {}
        }
    }

    /// Whether such a thing never changes and holds nothing that does.
    fn is_fixed(&self) -> bool {
        match self {
            Kind::Plain | Kind::ExtName(_) | Kind::Module(_) | Kind::Func(_) | Kind::Class(_) => {
                true
            }
            Kind::Tuple(parts) => parts.iter().all(Value::is_plain),
            _ => false,
        }
    }

    fn pruned_to(&self, depth: usize) -> Option<Kind> {
        let next = |value: &Value| value.pruned_to(depth - 1);
        if depth == 0 {
            return matches!(
                self,
                Kind::Plain | Kind::Func(_) | Kind::Class(_) | Kind::Instance(_) | Kind::Ext(_)
            )
            .then(|| self.clone());
        }
        Some(match self {
            Kind::Tuple(parts) if parts.len() > 12 => return None,
            Kind::Tuple(parts) => Kind::Tuple(parts.iter().map(next).collect()),
            Kind::Seq(inner) => Kind::Seq(Box::new(next(inner))),
            Kind::Map(inner) => Kind::Map(Box::new(next(inner))),
            Kind::Method(id, receiver) => Kind::Method(*id, Box::new(next(receiver))),
            Kind::Bound(receiver, name) => Kind::Bound(Box::new(next(receiver)), name.clone()),
            Kind::Partial(callee, given) => {
                Kind::Partial(Box::new(next(callee)), given.iter().map(next).collect())
            }
            other => other.clone(),
        })
    }
}
