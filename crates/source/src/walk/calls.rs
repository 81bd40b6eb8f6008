//! Calls: the callee, the arguments, and what kind of thing is called.

use super::{Arg, Args, Walker, offset};
use crate::trace::{Act, CallInfo, CallNode};
use crate::value::{Base, Kind, Path, Sym, Value};
use ruff_python_ast::{Arguments, Expr, ExprCall};
use ruff_text_size::{Ranged, TextSize};

/// Deepest nesting of calls that the call at hand is followed through values (a partial of a
/// partial …).
const DEEPEST_APPLY: usize = 24;

/// Most events kept of what the calls in view would make a parameter do.
const MOST_INFERRED: usize = 200;

/// A call being applied.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// Names what the call makes.
    pub at: u32,
    pub node: Option<&'a ExprCall>,
}

impl<'a> Walker<'_, 'a> {
    pub(super) fn call(&mut self, call: &'a ExprCall) -> Value {
        let awaited = std::mem::take(&mut self.await_next);
        let start = self.position();
        let callee = self.callee(&call.func);
        if is_builtin(&callee, "map") && call.arguments.args.len() > 1 {
            return self.map_call(call);
        }
        if is_builtin(&callee, "super") {
            return self.super_value();
        }
        let args = self.arguments(&call.arguments, &callee);
        let body = self.position();
        self.line = self.line_of(call.start());
        let slot = self.open_call(CallNode::Call(call), start, body, awaited, &callee, &args);
        let site = Site {
            at: offset(call),
            node: Some(call),
        };
        let mut result = self.apply(&callee, &args, site);
        result.add_sources(&callee.from);
        result.add_sources(&args.sources());
        self.close_call(slot);
        result
    }

    fn callee(&mut self, func: &'a Expr) -> Value {
        match func {
            Expr::Attribute(attribute) => {
                let receiver = self.eval(&attribute.value);
                self.line = self.line_of(attribute.attr.start());
                self.attribute(&receiver, &attribute.attr.id, true)
            }
            other => self.eval(other),
        }
    }

    fn arguments(&mut self, arguments: &'a Arguments, callee: &Value) -> Args {
        let mut args = Args::default();
        for arg in &arguments.args {
            let value = match arg {
                Expr::Generator(_) => self.comprehension(arg, consumer(callee)),
                other => self.eval(other),
            };
            if arg.is_starred_expr() {
                let element = super::assign::element(&value);
                args.spread
                    .get_or_insert_with(Value::default)
                    .join(&element);
            } else {
                args.positional.push(Arg {
                    value,
                    name: name_of(arg),
                });
            }
        }
        for keyword in &arguments.keywords {
            let value = self.eval(&keyword.value);
            match &keyword.arg {
                Some(name) => args.keywords.push((
                    name.id.clone(),
                    Arg {
                        value,
                        name: name_of(&keyword.value),
                    },
                )),
                None => {
                    let element = super::assign::element(&value);
                    args.spread
                        .get_or_insert_with(Value::default)
                        .join(&element);
                }
            }
        }
        args
    }

    pub(super) fn open_call(
        &mut self,
        node: CallNode<'a>,
        start: usize,
        body: usize,
        awaited: bool,
        callee: &Value,
        args: &Args,
    ) -> Option<usize> {
        if !self.recording {
            return None;
        }
        self.trace.calls.push(CallInfo {
            node,
            stmt: self.stmt,
            within: self.loops.last().copied(),
            args: start..body,
            body: body..body,
            guards: self.guards.clone(),
            awaited,
            callee: callee.clone(),
            arg_values: args.all().cloned().collect(),
        });
        Some(self.trace.calls.len() - 1)
    }

    pub(super) fn close_call(&mut self, slot: Option<usize>) {
        let end = self.position();
        if let Some(info) = slot.and_then(|slot| self.trace.calls.get_mut(slot)) {
            info.body.end = end;
        }
    }

    /// Applies whatever the callee may be.
    pub(super) fn apply(&mut self, callee: &Value, args: &Args, site: Site<'a>) -> Value {
        if self.depth > DEEPEST_APPLY {
            self.emit(Act::Doubt {
                path: None,
                what: "calls nest too deeply to follow".into(),
            });
            return Value::unknown();
        }
        self.depth += 1;
        self.made.push(site.at);
        let result = match self.called_param(callee) {
            Some(path) => self.apply_param(callee, path, args, site),
            None => self.apply_kinds(callee, args, site),
        };
        self.made.pop();
        self.depth -= 1;
        result
    }

    /// The path to a parameter (or to something below one) if that is what is called.
    fn called_param(&self, callee: &Value) -> Option<Path> {
        let path = callee
            .paths
            .iter()
            .find(|path| matches!(path.base, Base::Param(_)))?;
        let methods_only = callee
            .kinds
            .iter()
            .all(|kind| matches!(kind, Kind::Bound(..) | Kind::Method(..) | Kind::Func(_)));
        // The method of a parameter is looked up, not carried.
        (!methods_only
            || path.fields.is_empty() && callee.kinds.is_empty()
            || is_carried(callee, path))
        .then(|| path.clone())
    }

    fn apply_param(&mut self, callee: &Value, path: Path, args: &Args, site: Site<'a>) -> Value {
        let from = self.position();
        let result = self.apply_kinds(callee, args, site);
        let mut otherwise = self.take_events(from);
        // Callbacks of callbacks would multiply; beyond some length it is all the same doubt.
        otherwise.dedup();
        otherwise.truncate(MOST_INFERRED);
        let otherwise: std::rc::Rc<[crate::trace::Event]> = otherwise.into();
        let args = args.all().cloned().collect();
        let known = !callee.is_unknown() && !callee.foreign;
        self.emit(Act::CallParam {
            path,
            args,
            otherwise: otherwise.clone(),
            known,
        });
        if self.recording {
            let inferred = otherwise.iter().cloned().map(|event| crate::trace::Event {
                inferred: true,
                ..event
            });
            self.trace.events.extend(inferred);
        }
        result
    }

    fn apply_kinds(&mut self, callee: &Value, args: &Args, site: Site<'a>) -> Value {
        let mut result = Value::default();
        for kind in &callee.kinds {
            let value = match kind {
                Kind::Func(id) => self.apply_function(*id, None, args),
                Kind::Method(id, receiver) => {
                    self.apply_function(*id, Some((**receiver).clone()), args)
                }
                Kind::Class(class) => self.construct(*class, args, site),
                Kind::ExtName(name) => {
                    let value = self.apply_external(name, args, site);
                    self.key_external(value, name, args, site)
                }
                Kind::Bound(receiver, name) => {
                    let value = self.apply_method(receiver, name, args, site);
                    self.database_method(receiver, name, args, site);
                    self.key_method(value, receiver, name, args, site)
                }
                Kind::Partial(inner, given) => self.apply(inner, &args.after(given), site),
                Kind::Instance(_) => self.apply_instance(callee, args),
                Kind::Ext(name) => self.apply_object(callee, name, args, site),
                Kind::Plain | Kind::Seq(_) | Kind::Map(_) | Kind::Tuple(_) | Kind::Module(_) => {
                    continue;
                }
            };
            result.join(&value);
        }
        if callee.is_unknown() || callee.foreign {
            args.all().for_each(|value| self.read(value, true));
            self.emit(Act::Doubt {
                path: None,
                what: "what is called here cannot be told".into(),
            });
            result.open = true;
            result.foreign = true;
        }
        if result.paths.is_empty() && !result.is_plain() {
            result.paths.push(Path::of(Base::Alloc(site.at)));
        }
        result
    }

    /// Calling an object of the project: `__call__`.
    fn apply_instance(&mut self, callee: &Value, args: &Args) -> Value {
        let values: Vec<Value> = args.all().cloned().collect();
        self.call_special(callee, "__call__", &values)
            .unwrap_or_else(Value::unknown)
    }

    /// Calling an object of some library: a model, a compiled function.
    fn apply_object(&mut self, callee: &Value, name: &Sym, args: &Args, site: Site<'a>) -> Value {
        let receiver = callee.clone();
        self.apply_typed_method(&receiver, name, &Sym::new("__call__"), args, site)
    }

    /// Runs what a pool is given to run: `pool.submit(f, a, b)`, `pool.apply_async(f, (a, b))`. Says
    /// whether that could be told.
    pub(super) fn run_submitted(&mut self, name: &str, args: &Args, site: Site<'a>) -> bool {
        let Some((callee, rest)) = args.positional.split_first() else {
            return false;
        };
        let mut passed = Args::default();
        match (name, rest) {
            ("submit", _) => {
                passed.positional = rest.to_vec();
                passed.keywords.clone_from(&args.keywords);
            }
            ("apply" | "apply_async", [only]) => match only.value.kinds.as_slice() {
                [Kind::Tuple(parts)] => passed = Args::of(parts.clone()),
                _ => return false,
            },
            _ => return false,
        }
        let mut only = callee.value.clone();
        only.kinds.retain(is_callback);
        let found = !only.kinds.is_empty() && args.spread.is_none();
        if found {
            only.open = false;
            self.apply(&only, &passed, site);
        }
        found
    }

    /// Runs callables among the arguments, as a function that takes callbacks may do.
    pub(super) fn run_callbacks(&mut self, args: &Args, site: Site<'a>) {
        let callable = |value: &&Value| value.kinds.iter().any(is_callback);
        let callbacks: Vec<Value> = args.all().filter(callable).cloned().collect();
        if callbacks.is_empty() {
            return;
        }
        let mut given = Value::default();
        for value in args.all().filter(|value| !callable(value)) {
            given.join(&super::assign::element(value));
            if let Some(kind) = value
                .kinds
                .iter()
                .find(|kind| !matches!(kind, Kind::Seq(_) | Kind::Map(_) | Kind::Plain))
            {
                given.join(&Value {
                    kinds: vec![kind.clone()],
                    paths: value.paths.clone(),
                    ..Value::default()
                });
            }
        }
        let passed = Args {
            spread: Some(given),
            ..Args::default()
        };
        for callback in callbacks {
            let mut only = callback.clone();
            only.kinds.retain(is_callback);
            only.open = false;
            self.apply(&only, &passed, site);
        }
    }

    /// `super()`: the same object as an instance of the bases.
    fn super_value(&mut self) -> Value {
        let function = self.program.function(self.function);
        let (class, params) = (function.class, &function.params);
        let (Some(class), Some(first)) = (class, params.first()) else {
            return Value::unknown();
        };
        let name = first.name.clone();
        let this = self.quietly(|walker| walker.load_name(&name));
        let mut value = Value {
            paths: this.paths,
            from: this.from,
            ..Value::default()
        };
        let (inside, outside) = self.bases(class);
        inside.into_iter().for_each(|base| {
            value.join(&Value::of(Kind::Instance(base)));
        });
        for base in outside {
            value.join(&Value::of(Kind::Ext(base)));
        }
        if value.kinds.is_empty() {
            value.kinds.push(Kind::Ext(Sym::new("object")));
        }
        value
    }
}

/// Whether a method value came in as the parameter itself (`deliver=items.append`), rather than
/// being looked up on it (`items.append` with `items` the parameter).
fn is_carried(callee: &Value, path: &Path) -> bool {
    callee.kinds.iter().any(|kind| match kind {
        Kind::Bound(receiver, _) | Kind::Method(_, receiver) => {
            !receiver.paths.iter().any(|held| held.base == path.base)
        }
        Kind::Func(_) => true,
        _ => false,
    })
}

fn is_callback(kind: &Kind) -> bool {
    match kind {
        Kind::Func(_) | Kind::Method(..) | Kind::Partial(..) => true,
        // `batches.append`, `queue.put`, but not a mere data attribute.
        Kind::Bound(_, name) => crate::knowledge::verb(name) == crate::knowledge::Verb::Changes,
        _ => false,
    }
}

fn is_builtin(callee: &Value, name: &str) -> bool {
    matches!(callee.kinds.as_slice(), [Kind::ExtName(held)] if held == name)
}

/// The name of the builtin that consumes a generator, if it may stop it early.
fn consumer(callee: &Value) -> Option<TextSize> {
    let stops = matches!(callee.kinds.as_slice(), [Kind::ExtName(name)] if matches!(name.as_str(), "any" | "all" | "next"));
    stops.then(TextSize::default)
}

fn name_of(expr: &Expr) -> Option<Sym> {
    expr.as_name_expr().map(|name| name.id.clone())
}
