//! Calls of the project's own functions and classes: the callee's summary in the caller's terms.

use super::calls::Site;
use super::{Arg, Args, Walker};
use crate::apart::{self, Key};
use crate::program::Code;
use crate::trace::{Act, Cell};
use crate::value::{Base, ClassId, Field, FuncId, Index, Kind, Path, Source, Sym, Value};
use crate::words::{Words, map_words};
use ruff_python_ast::Expr;

/// In a function's result: an object that the function made.
pub(super) const MADE_BY_CALLEE: u32 = u32::MAX;

/// The arguments of a call by the callee's parameters.
pub(super) struct Bound<'f> {
    pub(super) callee: FuncId,
    pub(super) given: &'f [Option<Arg>],
    /// Names an object made by the callee.
    pub(super) made: u32,
}

impl<'a> Walker<'_, 'a> {
    /// Calls a function of the project.
    pub(super) fn apply_function(
        &mut self,
        id: FuncId,
        receiver: Option<Value>,
        args: &Args,
    ) -> Value {
        let args = match receiver {
            Some(receiver) => args.after(&[receiver]),
            None => args.clone(),
        };
        let given = self.distribute(id, &args);
        if !self.recording {
            self.facts.note_call(id);
            for (at, arg) in given.iter().enumerate() {
                if let Some(arg) = arg {
                    self.facts.receive(id, at, &arg.value);
                }
            }
        }
        let made = self.made.last().copied().unwrap_or(self.expression);
        let bound = Bound {
            callee: id,
            given: &given,
            made,
        };
        self.keep_stores(id, &bound);
        if self.recording {
            let summary = self.facts.summary(self.program, id);
            self.remembers(id, summary.recursive);
            self.replay(&summary, &bound);
            self.replay_decorators(id);
        }
        self.result_of(id, &bound)
    }

    /// A function that remembers its results and calls itself lives on what it remembers.
    fn remembers(&mut self, id: FuncId, recursive: bool) {
        let caches = ["lru_cache", "cache", "memoize"];
        if recursive
            && caches
                .iter()
                .any(|name| self.program.has_decorator(id, name))
        {
            let function = self.program.function(id);
            let path = Path::of(Base::Global(function.module, function.name.clone()));
            let what = "it remembers its results for the calls that follow; processes would each remember their own".into();
            self.emit(Act::Doubt {
                path: Some(path),
                what,
            });
        }
    }

    fn result_of(&mut self, id: FuncId, bound: &Bound<'_>) -> Value {
        let function = self.program.function(id);
        if function.is_generator {
            let yielded = self.facts.yields[id.0 as usize].clone();
            let element = self.translate(&yielded, bound);
            let from = element.from.clone();
            let manager = ["contextmanager", "asynccontextmanager"]
                .iter()
                .any(|name| self.program.has_decorator(id, name));
            if manager {
                return element;
            }
            return iterator_of(element)
                .at(Path::of(Base::Alloc(bound.made)))
                .derived(&from);
        }
        let returned = self.facts.returns[id.0 as usize].clone();
        if returned.kinds.is_empty() && !returned.open {
            // A procedure, or a function not walked yet.
            return if returns_nothing(&function.code) {
                Value::plain()
            } else {
                Value::default()
            };
        }
        self.translate(&returned, bound)
    }

    /// A value of the callee in the caller's terms.
    pub(super) fn translate(&self, value: &Value, bound: &Bound<'_>) -> Value {
        let mut translated = value.map_paths(&mut |path| self.translate_path(path, bound));
        translated.from = self.translate_sources(&value.from, bound);
        translated.map_keys(&|keys| translate_keys(keys, bound));
        if translated.is_plain() {
            translated.paths.clear();
        } else if translated.paths.is_empty() {
            translated.paths.push(Path::of(Base::Alloc(bound.made)));
        }
        // A parameter handed back brings its kinds along.
        for path in &value.paths {
            if let (Base::Param(at), []) = (&path.base, &path.fields[..])
                && let Some(Some(arg)) = bound.given.get(*at as usize)
            {
                let kinds = Value {
                    kinds: arg.value.kinds.clone(),
                    open: arg.value.open,
                    keys: translated.keys.clone(),
                    apart: translated.apart,
                    ..Value::default()
                };
                translated.join(&kinds);
            }
        }
        translated
    }

    pub(super) fn translate_sources(&self, from: &[Source], bound: &Bound<'_>) -> Vec<Source> {
        let mut sources = Value::default();
        for source in from {
            match source {
                Source::Param(at) => {
                    if let Some(Some(arg)) = bound.given.get(*at as usize) {
                        sources.add_sources(&arg.value.from);
                    }
                }
                Source::Unique(_) => sources.add_sources(&[Source::Unique(bound.made)]),
                Source::Clock(_) => sources.add_sources(&[Source::Clock(bound.made)]),
                Source::Item(_) | Source::Local(_) => {}
            }
        }
        sources.from
    }

    pub(super) fn translate_path(&self, path: &Path, bound: &Bound<'_>) -> Vec<Path> {
        let fields: Vec<Field> = path
            .fields
            .iter()
            .map(|field| translate_field(field, bound, self))
            .collect();
        let heads = match &path.base {
            Base::Param(at) => match bound.given.get(*at as usize) {
                Some(Some(arg)) => arg.value.paths.clone(),
                Some(None) if self.has_mutable_default(bound.callee, *at) => {
                    vec![Path::of(Base::Default(bound.callee, *at))]
                }
                Some(None) => Vec::new(),
                None => Vec::new(),
            },
            Base::Alloc(_) => vec![Path::of(Base::Alloc(bound.made))],
            Base::Free(owner, name) if *owner == self.function => {
                self.local_paths(name, &path.base)
            }
            Base::Global(module, name) if self.is_module_body(*module) => {
                self.local_paths(name, &path.base)
            }
            Base::Item(_) => Vec::new(),
            _ => vec![Path::of(path.base.clone())],
        };
        let paths: Vec<Path> = heads.iter().map(|head| head.extended(&fields)).collect();
        self.with_aliases(&paths)
    }

    /// The paths of a name of the function at hand, which the callee sees from outside. A
    /// function or class has no path of its own: its name will do.
    fn local_paths(&self, name: &Sym, base: &Base) -> Vec<Path> {
        let value = self.facts.lookup(self.function, name);
        if value.paths.is_empty() && super::names::is_definition(&value) {
            return vec![Path::of(base.clone())];
        }
        value.paths
    }

    /// Whether a parameter's default is an object that calls could change.
    fn has_mutable_default(&self, function: FuncId, at: u32) -> bool {
        let default = self
            .program
            .function(function)
            .params
            .get(at as usize)
            .and_then(|param| param.default);
        default.is_some_and(|default| {
            matches!(
                default,
                Expr::List(_)
                    | Expr::Dict(_)
                    | Expr::Set(_)
                    | Expr::ListComp(_)
                    | Expr::DictComp(_)
                    | Expr::SetComp(_)
                    | Expr::Call(_)
                    | Expr::Name(_)
                    | Expr::Attribute(_)
            )
        })
    }

    fn is_module_body(&self, module: crate::load::ModId) -> bool {
        self.program.bodies.get(module.0 as usize) == Some(&self.function)
    }

    pub(super) fn translate_cell(&self, cell: &Cell) -> Cell {
        match cell {
            Cell::Free(owner, name) if *owner == self.function => Cell::Local(name.clone()),
            other => other.clone(),
        }
    }

    /// Attributes that the callee sets to what it was given lead to two paths afterwards.
    fn keep_stores(&mut self, id: FuncId, bound: &Bound<'_>) {
        for (at, to) in self.facts.stores[id.0 as usize].clone() {
            if at == to {
                continue;
            }
            let targets = self.translate_path(&to, bound);
            for owner in self.translate_path(&at, bound) {
                let known = self.trace.aliases.entry(owner.clone()).or_default();
                for target in &targets {
                    if *target != owner && known.len() < 8 && !known.contains(target) {
                        known.push(target.clone());
                    }
                }
            }
        }
    }

    /// Makes an object of one of the project's classes.
    pub(super) fn construct(&mut self, class: ClassId, args: &Args, site: Site<'a>) -> Value {
        let mut value = Value::of(Kind::Instance(class)).at(Path::of(Base::Alloc(site.at)));
        value.add_sources(&args.sources());
        let init = self.method(class, &Sym::new("__init__"));
        match init {
            Some(init) => {
                self.apply_function(init, Some(value.clone()), args);
            }
            None => self.keep_fields(class, &value, args),
        }
        if let Some(after) = self.method(class, &Sym::new("__post_init__")) {
            self.apply_function(after, Some(value.clone()), &Args::default());
        }
        value
    }

    /// A dataclass keeps its arguments in the annotated attributes, in order.
    fn keep_fields(&mut self, class: ClassId, instance: &Value, args: &Args) {
        let node = self.program.class(class).node;
        let fields: Vec<Sym> = node
            .body
            .iter()
            .filter_map(|stmt| stmt.as_ann_assign_stmt())
            .filter_map(|stmt| stmt.target.as_name_expr().map(|name| name.id.clone()))
            .collect();
        let positional = fields.iter().cloned().zip(args.positional.iter().cloned());
        for (name, arg) in positional.chain(args.keywords.iter().cloned()) {
            self.facts.set_attribute(class, &name, &arg.value);
            for owner in &instance.paths {
                let known = self
                    .trace
                    .aliases
                    .entry(owner.then(Field::Attr(name.clone())))
                    .or_default();
                for path in &arg.value.paths {
                    if known.len() < 8 && !known.contains(path) {
                        known.push(path.clone());
                    }
                }
            }
        }
    }
}

/// A generator or the like: going through it uses it up.
pub(super) fn iterator_of(element: Value) -> Value {
    let mut value = Value::of(Kind::Seq(Box::new(element)));
    value.kinds.push(Kind::Ext(Sym::new("iterator")));
    value
}

/// Keys of the callee in the caller's terms.
pub(super) fn translate_keys(keys: &[Key], bound: &Bound<'_>) -> Vec<Key> {
    apart::translate(keys, bound.made, &|at| {
        let given = bound.given.get(at as usize).and_then(Option::as_ref);
        given.map_or_else(Vec::new, |arg| arg.value.keys.clone())
    })
}

/// A child process of the callee in the caller's terms.
pub(super) fn translate_child(
    words: Option<&Words>,
    param: Option<u32>,
    cwd: &[Key],
    bound: &Bound<'_>,
) -> Act {
    let given = param.and_then(|at| bound.given.get(at as usize)?.as_ref());
    let translated = words.map(|words| map_words(words, &|keys| translate_keys(keys, bound)));
    Act::Child {
        words: translated.or_else(|| given.and_then(|arg| arg.value.words.clone())),
        param: given.and_then(|arg| super::children::param_of(&arg.value)),
        cwd: translate_keys(cwd, bound),
    }
}

/// An index by a parameter is an index by what the caller passes for it.
fn translate_field(field: &Field, bound: &Bound<'_>, walker: &Walker<'_, '_>) -> Field {
    let Field::At(Index::Names(names)) = field else {
        return field.clone();
    };
    let params = &walker.program.function(bound.callee).params;
    let translated: Option<Vec<Sym>> = names
        .iter()
        .map(|name| {
            let at = params.iter().position(|param| &param.name == name)?;
            bound.given.get(at)?.as_ref()?.name.clone()
        })
        .collect();
    translated.map_or(Field::Elem, |names| Field::At(Index::Names(names)))
}

fn returns_nothing(code: &Code<'_>) -> bool {
    use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
    struct Finder(bool);
    impl<'a> StatementVisitor<'a> for Finder {
        fn visit_stmt(&mut self, stmt: &'a ruff_python_ast::Stmt) {
            match stmt {
                ruff_python_ast::Stmt::Return(stmt) => self.0 |= stmt.value.is_some(),
                ruff_python_ast::Stmt::FunctionDef(_) | ruff_python_ast::Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, stmt),
            }
        }
    }
    match code {
        Code::Def(def) => {
            let mut finder = Finder(false);
            finder.visit_body(&def.body);
            !finder.0
        }
        _ => false,
    }
}
