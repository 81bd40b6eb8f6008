//! Names and attributes: what they stand for.

use super::Walker;
use crate::program::{Code, Scope, last_name};
use crate::trace::{Act, Cell};
use crate::value::{Base, ClassId, Field, FuncId, Kind, Path, Source, Sym, Value, World};
use ruff_python_ast::Expr;

/// How many base classes deep a method is looked for.
const DEEPEST_CLASS: usize = 16;

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

    /// The value of an attribute. `called` tells that it is about to be called.
    pub(super) fn attribute(&mut self, receiver: &Value, name: &Sym, called: bool) -> Value {
        let mut result = Value::default();
        let mut other = receiver.open || receiver.kinds.is_empty();
        for kind in &receiver.kinds {
            match kind {
                Kind::Module(module) => {
                    let value = self.module_attribute(*module, name);
                    result.join(&value);
                }
                Kind::ExtName(dotted) => {
                    result.join(&external_attribute(dotted, name));
                }
                Kind::Class(class) => {
                    let value = self.class_attribute(*class, receiver, name);
                    result.join(&value);
                }
                Kind::Instance(class) => {
                    let value = self.instance_attribute(*class, receiver, name, called);
                    result.join(&value);
                }
                Kind::Plain if name == "T" => other = true,
                _ => other = true,
            }
        }
        if other {
            result.join(&Value::of(Kind::Bound(
                Box::new(receiver.clone()),
                name.clone(),
            )));
        }
        if !called {
            self.settle_attribute(receiver, name, &mut result);
        }
        result.derived(&receiver.from)
    }

    /// A data attribute is an object below its owner.
    fn settle_attribute(&mut self, receiver: &Value, name: &Sym, result: &mut Value) {
        if is_definition(result) || receiver.is_plain() && receiver.paths.is_empty() {
            return;
        }
        let paths: Vec<Path> = receiver
            .paths
            .iter()
            .map(|path| path.then(Field::Attr(name.clone())))
            .collect();
        for path in &paths {
            self.emit(Act::Read {
                path: path.clone(),
                deep: false,
            });
        }
        if !result.is_plain() {
            for path in self.with_aliases(&paths) {
                if !result.paths.contains(&path) {
                    result.paths.push(path);
                }
            }
        }
    }

    fn module_attribute(&mut self, module: crate::load::ModId, name: &Sym) -> Value {
        let whole = format!("{}.{name}", self.program.module(module).name);
        let value = self.load_global(module, name);
        if value.kinds.is_empty()
            && !value.open
            && let Some(inner) = self.program.by_name.get(&whole)
        {
            return Value::of(Kind::Module(*inner));
        }
        value
    }

    fn class_attribute(&mut self, class: ClassId, receiver: &Value, name: &Sym) -> Value {
        if let Some(method) = self.method(class, name) {
            if self.program.has_decorator(method, "classmethod") {
                return Value::of(Kind::Method(method, Box::new(receiver.clone())));
            }
            return Value::of(Kind::Func(method));
        }
        let path = Path::of(Base::Class(class)).then(Field::Attr(name.clone()));
        let mut value = self.attribute_value(class, name).unwrap_or_default();
        self.emit(Act::Read {
            path: path.clone(),
            deep: false,
        });
        if !value.is_plain() {
            value.paths = vec![path];
        }
        value
    }

    fn instance_attribute(
        &mut self,
        class: ClassId,
        receiver: &Value,
        name: &Sym,
        called: bool,
    ) -> Value {
        if let Some(method) = self.method(class, name) {
            return self.bound_method(method, receiver, called);
        }
        match self.attribute_value(class, name) {
            Some(mut value) => {
                self.class_level(class, name, &mut value);
                if called && !is_definition(&value) {
                    // A callable kept in an attribute: who calls it must know where it is.
                    value.paths = receiver
                        .paths
                        .iter()
                        .map(|path| path.then(Field::Attr(name.clone())))
                        .collect();
                }
                value
            }
            None => Value::of(Kind::Bound(Box::new(receiver.clone()), name.clone())),
        }
    }

    /// A mutable class attribute is one object for all instances.
    fn class_level(&self, class: ClassId, name: &Sym, value: &mut Value) {
        let body = self.program.class(class).body;
        let at_class = self.facts.lookup(body, name);
        if !at_class.kinds.is_empty() && !at_class.is_plain() && !self.sets_attribute(class, name) {
            value
                .paths
                .push(Path::of(Base::Class(class)).then(Field::Attr(name.clone())));
        }
    }

    fn sets_attribute(&self, class: ClassId, name: &Sym) -> bool {
        let methods = self.program.class(class).methods.values();
        methods.clone().any(|method| {
            let stores = &self.facts.stores[method.0 as usize];
            stores.iter().any(|(path, _)| {
                path.base == Base::Param(0) && path.fields == [Field::Attr(name.clone())]
            })
        }) || self
            .program
            .class(class)
            .node
            .decorator_list
            .iter()
            .any(|d| last_name(&d.expression) == Some("dataclass"))
    }

    fn bound_method(&mut self, method: FuncId, receiver: &Value, called: bool) -> Value {
        let getter = ["property", "cached_property"]
            .iter()
            .any(|name| self.program.has_decorator(method, name));
        if getter {
            let args = super::Args::default();
            return self.apply_function(method, Some(receiver.clone()), &args);
        }
        let _ = called;
        if self.program.has_decorator(method, "staticmethod") {
            return Value::of(Kind::Func(method));
        }
        Value::of(Kind::Method(method, Box::new(receiver.clone())))
    }

    /// A method of a class or the project's bases of it.
    pub(super) fn method(&mut self, class: ClassId, name: &Sym) -> Option<FuncId> {
        self.in_line(class, &mut |walker, class| {
            walker.program.class(class).methods.get(name).copied()
        })
    }

    /// What an attribute of the class's instances stands for.
    fn attribute_value(&mut self, class: ClassId, name: &Sym) -> Option<Value> {
        let mut joined: Option<Value> = None;
        self.in_line(class, &mut |walker, class| {
            let body = walker.program.class(class).body;
            let held = walker.facts.attributes.get(&(class, name.clone())).cloned();
            let at_class = walker.facts.lookup(body, name);
            for value in held
                .into_iter()
                .chain((!at_class.kinds.is_empty()).then(|| at_class.abroad()))
            {
                let mut value = value;
                value.paths.clear();
                joined.get_or_insert_with(Value::default).join(&value);
            }
            None::<()>
        });
        joined
    }

    /// Goes up the line of base classes until `find` answers.
    fn in_line<T>(
        &mut self,
        class: ClassId,
        find: &mut dyn FnMut(&mut Self, ClassId) -> Option<T>,
    ) -> Option<T> {
        let mut waiting = vec![class];
        let mut seen = Vec::new();
        while let Some(class) = waiting.pop() {
            if seen.contains(&class) || seen.len() > DEEPEST_CLASS {
                continue;
            }
            seen.push(class);
            if let Some(found) = find(self, class) {
                return Some(found);
            }
            let mut bases = self.bases(class).0;
            bases.reverse();
            waiting.extend(bases);
        }
        None
    }

    /// The base classes within the project, and the names of those outside.
    pub(super) fn bases(&mut self, class: ClassId) -> (Vec<ClassId>, Vec<Sym>) {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        let node = self.program.class(class).node;
        for base in node.arguments.iter().flat_map(|arguments| &arguments.args) {
            let value = self.resolve(self.program.class(class).body, base);
            for kind in &value.kinds {
                match kind {
                    Kind::Class(base) => inside.push(*base),
                    Kind::ExtName(name) if name != "object" => outside.push(name.clone()),
                    _ => {}
                }
            }
            if value.is_unknown() {
                outside.push(Sym::new(last_name(base).unwrap_or("?")));
            }
        }
        (inside, outside)
    }

    /// Whether some base class lies outside the project.
    pub(super) fn has_outer_base(&mut self, class: ClassId) -> Option<Sym> {
        self.in_line(class, &mut |walker, class| {
            walker.bases(class).1.into_iter().next()
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

    /// The kinds that an annotation declares.
    pub(super) fn declared(&mut self, annotation: &Expr) -> Value {
        match annotation {
            Expr::NoneLiteral(_) => Value::plain(),
            Expr::BinOp(union) => {
                let mut value = self.declared(&union.left);
                value.join(&self.declared(&union.right));
                value
            }
            Expr::Subscript(subscript) => self.declared_generic(subscript),
            Expr::Name(_) | Expr::Attribute(_) => {
                let scope = self.annotation_scope();
                let value = self.resolve(scope, annotation);
                declared_instance(&value)
            }
            _ => Value::unknown(),
        }
    }

    /// Annotations of a function are evaluated where it is defined.
    fn annotation_scope(&self) -> FuncId {
        let here = self.program.function(self.function);
        match here.code {
            Code::Module(_) => self.function,
            _ => here
                .owner
                .or_else(|| self.program.bodies.get(self.module.0 as usize).copied())
                .unwrap_or(self.function),
        }
    }

    fn declared_generic(&mut self, subscript: &ruff_python_ast::ExprSubscript) -> Value {
        let name = last_name(&subscript.value).unwrap_or("").to_owned();
        let parts: Vec<&Expr> = match &*subscript.slice {
            Expr::Tuple(tuple) => tuple.elts.iter().collect(),
            other => vec![other],
        };
        let mut part = |at: usize| {
            parts
                .get(at)
                .map_or_else(Value::unknown, |expr| self.declared(expr))
        };
        match name.as_str() {
            "list" | "List" | "Sequence" | "Iterable" | "Iterator" | "set" | "Set"
            | "frozenset" | "deque" | "Collection" => Value::of(Kind::Seq(Box::new(part(0)))),
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "OrderedDict" => {
                Value::of(Kind::Map(Box::new(part(1))))
            }
            "tuple" | "Tuple" if matches!(parts.get(1), Some(Expr::EllipsisLiteral(_))) => {
                Value::of(Kind::Seq(Box::new(part(0))))
            }
            "tuple" | "Tuple" => Value::of(Kind::Tuple((0..parts.len()).map(part).collect())),
            "Optional" => {
                let mut value = part(0);
                value.join(&Value::plain());
                value
            }
            "Literal" => Value::plain(),
            "Final" | "Annotated" | "ClassVar" => part(0),
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

fn external_attribute(dotted: &Sym, name: &Sym) -> Value {
    let whole = format!("{dotted}.{name}");
    match whole.as_str() {
        "sys.argv" | "sys.path" => Value::of(Kind::Seq(Box::new(Value::plain()))),
        "math.pi"
        | "math.e"
        | "math.inf"
        | "math.nan"
        | "math.tau"
        | "os.sep"
        | "os.linesep"
        | "sys.maxsize"
        | "sys.executable"
        | "sys.platform"
        | "sys.version_info"
        | "sys.version"
        | "string.ascii_lowercase"
        | "string.ascii_letters"
        | "string.digits"
        | "string.punctuation"
        | "string.ascii_uppercase"
        | "numpy.pi"
        | "numpy.nan"
        | "numpy.inf"
        | "numpy.newaxis" => Value::plain(),
        _ => Value::of(Kind::ExtName(Sym::new(&whole))),
    }
}

/// An annotation names a class and means its instances.
fn declared_instance(value: &Value) -> Value {
    let mut instance = Value {
        open: value.is_unknown(),
        ..Value::default()
    };
    for kind in &value.kinds {
        let kind = match kind {
            Kind::Class(class) => Kind::Instance(*class),
            Kind::ExtName(name) => match declared_external(name) {
                Some(kind) => kind,
                None => {
                    instance.open = true;
                    continue;
                }
            },
            _ => continue,
        };
        instance.join(&Value::of(kind));
    }
    instance
}

fn declared_external(name: &Sym) -> Option<Kind> {
    use crate::knowledge::{Returns, external};
    Some(match name.as_str() {
        "str" | "int" | "float" | "bool" | "bytes" | "complex" | "decimal.Decimal"
        | "datetime.datetime" | "datetime.date" | "datetime.timedelta" | "numbers.Number" => {
            Kind::Plain
        }
        "list" | "set" | "frozenset" | "tuple" | "collections.deque" => Kind::Seq(Box::default()),
        "dict" | "collections.Counter" | "collections.OrderedDict" | "collections.defaultdict" => {
            Kind::Map(Box::default())
        }
        "pathlib.Path" => Kind::Ext(Sym::new("pathlib.Path")),
        "typing.TextIO" | "typing.BinaryIO" | "typing.IO" | "io.TextIOWrapper" => {
            Kind::Ext(Sym::new("file"))
        }
        "typing.Any" | "object" | "typing.Callable" | "collections.abc.Callable" => return None,
        other => match external(other).map(|row| row.returns) {
            Some(Returns::Type(kind)) => Kind::Ext(Sym::new(kind)),
            _ if other.contains('.') => Kind::Ext(name.clone()),
            _ => return None,
        },
    })
}

/// The state outside the program that a dotted name stands for.
pub(super) fn world_of(dotted: &str) -> Option<World> {
    match dotted {
        "os.environ" => Some(World::Environment),
        _ => None,
    }
}
