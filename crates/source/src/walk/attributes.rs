//! Attributes: of modules, classes and objects, along the line of base classes.

use super::Walker;
use super::keys::attribute_keys;
use super::names::is_definition;
use crate::program::last_name;
use crate::trace::Act;
use crate::value::{Base, ClassId, Field, FuncId, Kind, Path, Sym, Value};

/// How many base classes deep a method is looked for.
const DEEPEST_CLASS: usize = 16;

impl Walker<'_, '_> {
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
            result.foreign |= !called && receiver.is_foreign();
            result.join(&Value::of(Kind::Bound(
                Box::new(receiver.clone()),
                name.clone(),
            )));
        }
        if !called {
            self.settle_attribute(receiver, name, &mut result);
        }
        result.keys = attribute_keys(&receiver.keys, name);
        result.derived(&receiver.from)
    }

    /// A data attribute is an object below its owner.
    pub(super) fn settle_attribute(&mut self, receiver: &Value, name: &Sym, result: &mut Value) {
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

    pub(super) fn module_attribute(&mut self, module: crate::load::ModId, name: &Sym) -> Value {
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

    pub(super) fn class_attribute(
        &mut self,
        class: ClassId,
        receiver: &Value,
        name: &Sym,
    ) -> Value {
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

    pub(super) fn instance_attribute(
        &mut self,
        class: ClassId,
        receiver: &Value,
        name: &Sym,
        called: bool,
    ) -> Value {
        if name == "__class__" {
            return Value::of(Kind::Class(class));
        }
        if let Some(method) = self.method(class, name) {
            if self.program.is_abstract(method) {
                return self.written_elsewhere(class, receiver, name, called);
            }
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

    /// A method of which the class only says that there is one: those of the classes that derive
    /// from it. Without such classes in the program nobody knows what it does.
    fn written_elsewhere(
        &mut self,
        class: ClassId,
        receiver: &Value,
        name: &Sym,
        called: bool,
    ) -> Value {
        let mut result = Value::default();
        for derived in self.program.derived(class) {
            let own = self.program.class(derived).methods.get(name).copied();
            if let Some(method) = own.filter(|method| !self.program.is_abstract(*method)) {
                let mut alone = receiver.clone();
                alone.kinds = vec![Kind::Instance(derived)];
                result.join(&self.bound_method(method, &alone, called));
            }
        }
        if result.kinds.is_empty() {
            result.open = true;
            result.foreign = true;
        }
        result
    }

    /// A mutable class attribute is one object for all instances.
    pub(super) fn class_level(&self, class: ClassId, name: &Sym, value: &mut Value) {
        let body = self.program.class(class).body;
        let at_class = self.facts.lookup(body, name);
        if !at_class.kinds.is_empty() && !at_class.is_plain() && !self.sets_attribute(class, name) {
            value
                .paths
                .push(Path::of(Base::Class(class)).then(Field::Attr(name.clone())));
        }
    }

    pub(super) fn sets_attribute(&self, class: ClassId, name: &Sym) -> bool {
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

    pub(super) fn bound_method(&mut self, method: FuncId, receiver: &Value, called: bool) -> Value {
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
    pub(super) fn attribute_value(&mut self, class: ClassId, name: &Sym) -> Option<Value> {
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
    pub(super) fn in_line<T>(
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
