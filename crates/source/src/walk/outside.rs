//! Calls of code outside the project: by the tables.

use super::calls::Site;
use super::{Args, Walker};
use crate::knowledge::{
    Cost, Does, External, FileUse, PathFrom, Returns, Sharing, Verb, external, is_known,
    type_facts, verb,
};
use crate::trace::{Act, Change};
use crate::value::{Base, Field, Kind, Path, Source, Sym, Value, World};
use rightlane_facts::EffectKind;
use ruff_python_ast::Expr;

impl<'a> Walker<'_, 'a> {
    /// Calls a function or class of this dotted name.
    pub(super) fn apply_external(&mut self, name: &Sym, args: &Args, site: Site<'a>) -> Value {
        if let Some(value) = self.special(name, args) {
            return value;
        }
        args.all().for_each(|value| self.read(value, true));
        if !external(name).is_some_and(|row| is_lazy(row.returns)) {
            args.all().for_each(|value| self.consume(value));
        }
        let Some(row) = external(name) else {
            self.emit(Act::Unlisted);
            let last = name.rsplit('.').next().unwrap_or(name);
            // `cache.incr` of an object that a library holds for the whole process.
            if !is_known(name) || name.contains('.') && verb(last) == Verb::Changes {
                let what = format!("what {} does is not known", name.as_str());
                self.emit(Act::Doubt {
                    path: None,
                    what: what.into(),
                });
            }
            self.run_callbacks(args, site);
            args.all().for_each(|value| self.use_handles(value));
            let mut result = unknown_result(name, args).at(Path::of(Base::Alloc(site.at)));
            result.foreign = !is_known(name);
            return result;
        };
        self.run_callbacks(args, site);
        self.doubt_callbacks(name, args);
        self.effects(row, name, None, args, site);
        self.external_result(row, None, args, site)
    }

    /// The few functions whose result is not in the table's terms.
    fn special(&mut self, name: &Sym, args: &Args) -> Option<Value> {
        match name.as_str() {
            "functools.partial" | "joblib.delayed" | "dask.delayed" => {
                let (first, rest) = args.positional.split_first()?;
                let given = rest.iter().map(|arg| arg.value.clone()).collect();
                Some(Value::of(Kind::Partial(
                    Box::new(first.value.clone()),
                    given,
                )))
            }
            "copy.copy" | "dataclasses.replace" | "copy.replace" => self.copied(args),
            "type" if args.positional.len() == 1 => {
                let mut value = Value::default();
                for kind in &args.positional[0].value.kinds {
                    match kind {
                        Kind::Instance(class) => value.join(&Value::of(Kind::Class(*class))),
                        _ => value.join(&Value::plain()),
                    };
                }
                Some(value)
            }
            _ => None,
        }
    }

    /// A shallow copy of an object of the project: its attributes lead to the same objects.
    fn copied(&mut self, args: &Args) -> Option<Value> {
        let original = args.at(0)?;
        let is_instance = |kind: &Kind| matches!(kind, Kind::Instance(_));
        if original.is_unknown() || !original.kinds.iter().all(is_instance) {
            return None;
        }
        let fresh = Path::of(Base::Alloc(*self.made.last()?));
        for kind in &original.kinds {
            let Kind::Instance(class) = kind else {
                continue;
            };
            let known = self.facts.attributes.iter();
            let shared = known.filter(|((of, name), value)| {
                of == class && !value.is_plain() && args.keyword(name).is_none()
            });
            let names: Vec<Sym> = shared.map(|((_, name), _)| name.clone()).collect();
            for name in names {
                let field = Field::Attr(name);
                let held = self.trace.aliases.entry(fresh.then(field.clone()));
                let held = held.or_default();
                for path in &original.paths {
                    let path = path.then(field.clone());
                    if held.len() < 8 && !held.contains(&path) {
                        held.push(path);
                    }
                }
            }
        }
        let copy = Value {
            kinds: original.kinds.clone(),
            ..Value::default()
        };
        Some(copy.at(fresh).derived(&args.sources()))
    }

    /// Records what the table says.
    pub(super) fn effects(
        &mut self,
        row: &External,
        name: &Sym,
        receiver: Option<&Value>,
        args: &Args,
        site: Site<'a>,
    ) {
        for does in &row.does {
            self.effect(*does, receiver, args, site);
        }
        if receiver.is_none() && row.does.contains(&Does::Child) {
            self.child(name, args, site);
        }
        if row.changes_receiver
            && let Some(receiver) = receiver
        {
            self.change_receiver(receiver, name);
        }
        let keyword = row
            .changes_keyword
            .and_then(|keyword| args.keyword(keyword))
            .cloned();
        let changed = row
            .changes
            .iter()
            .filter_map(|at| args.at(*at))
            .cloned()
            .chain(keyword);
        for value in changed.collect::<Vec<_>>() {
            let last = Sym::new(name.rsplit('.').next().unwrap_or(name));
            let how = handle_noun(&value).map_or(Change::Method(last), Change::Use);
            self.change(&value, &how);
        }
        self.sends(row, name, receiver);
        self.waits(row, name, receiver);
    }

    /// Requests that the other side acts upon, by their names.
    fn sends(&mut self, row: &External, name: &Sym, receiver: Option<&Value>) {
        if row.does.contains(&Does::Network) && sends(name) {
            let paths = receiver.map_or(&[][..], |receiver| &receiver.paths);
            let path = paths.first().cloned();
            self.emit(Act::Sends { path });
        }
    }

    fn waits(&mut self, row: &External, name: &Sym, receiver: Option<&Value>) {
        if let Some(library) = row.sockets {
            let path = receiver
                .and_then(|receiver| receiver.paths.first())
                .cloned();
            self.emit(Act::Socket { library, path });
        }
        let outside = |does: &Does| {
            matches!(
                does,
                Does::Network | Does::Database | Does::Child | Does::Sleep | Does::Input
            )
        };
        if row.cost >= Cost::Nap && row.does.iter().any(outside) {
            let what = row.sockets.unwrap_or(name.as_str());
            self.emit(Act::Waits {
                what: what.into(),
                twin: row.twin,
            });
        }
    }

    fn effect(&mut self, does: Does, receiver: Option<&Value>, args: &Args, site: Site<'a>) {
        let change = |world| Act::Change {
            path: Path::of(Base::World(world)),
            how: Change::Adds,
        };
        let act = match does {
            Does::File(usage, at) => return self.file(usage, at, receiver, args, site),
            Does::Open(at) => {
                let usage = self.open_usage(at, args, site);
                return self.file(usage, at, receiver, args, site);
            }
            Does::ReadOrHandle => return self.read_or_handle(receiver, args, site),
            Does::Descriptor => Act::Doubt {
                path: None,
                what: "a raw file descriptor is used, which may be shared".into(),
            },
            Does::Anything => Act::Doubt {
                path: None,
                what: "which code runs here shows only as it runs".into(),
            },
            Does::Network => Act::Does(EffectKind::Network, "talks to a server"),
            Does::Database => Act::Does(EffectKind::Database, "talks to a database"),
            Does::Log => Act::Does(EffectKind::Logs, "writes to the log"),
            Does::Child => Act::Does(EffectKind::ChildProcess, "runs another program"),
            Does::Sleep => Act::Does(EffectKind::Sleeps, "sleeps"),
            Does::Print => change(World::Stdout),
            Does::Input => change(World::Stdin),
            Does::Random => change(World::Random),
            Does::NumpyRandom => change(World::NumpyRandom),
            Does::Environment => change(World::Environment),
            Does::WorkingDirectory => change(World::WorkingDirectory),
            Does::Signal => change(World::Signals),
            Does::Figure => change(World::Figure),
            Does::Settings => change(World::Settings),
        };
        self.emit(act);
    }

    pub(super) fn file(
        &mut self,
        usage: FileUse,
        at: PathFrom,
        receiver: Option<&Value>,
        args: &Args,
        site: Site<'a>,
    ) {
        let named = match at {
            PathFrom::Receiver => receiver,
            PathFrom::Argument(at) => args.main(at),
        };
        // An open file or a buffer in memory in the place of a name.
        if let Some(value) = named.filter(|value| handle_noun(value).is_some()) {
            let (value, noun) = (value.clone(), handle_noun(value).unwrap_or("an open file"));
            return self.change(&value, &Change::Use(noun));
        }
        let from = named.map(|value| value.from.clone()).unwrap_or_default();
        let keys = named.map(|value| value.keys.clone()).unwrap_or_default();
        let literal = match (at, site.node) {
            (PathFrom::Argument(at), Some(call)) => {
                call.arguments.args.get(at).and_then(literal_text)
            }
            _ => None,
        };
        self.emit(Act::File {
            usage,
            from,
            keys,
            literal,
        });
    }

    fn read_or_handle(&mut self, receiver: Option<&Value>, args: &Args, site: Site<'a>) {
        let at = PathFrom::Argument(0);
        self.file(FileUse::Read, at, receiver, args, site);
    }

    /// Whether an `open` reads or writes: by its mode, if that is written down.
    fn open_usage(&mut self, at: PathFrom, args: &Args, site: Site<'a>) -> FileUse {
        let position = usize::from(matches!(at, PathFrom::Argument(_)));
        let Some(call) = site.node else {
            return FileUse::Write;
        };
        let keyword = call
            .arguments
            .keywords
            .iter()
            .find(|keyword| keyword.arg.as_ref().is_some_and(|name| name == "mode"));
        let mode = keyword
            .map(|keyword| &keyword.value)
            .or_else(|| call.arguments.args.get(position));
        match mode {
            None if args.spread.is_none() => FileUse::Read,
            Some(Expr::StringLiteral(mode))
                if !mode.value.to_str().contains(['w', 'a', 'x', '+']) =>
            {
                FileUse::Read
            }
            _ => FileUse::Write,
        }
    }

    /// Going through an iterator uses it up.
    pub(super) fn consume(&mut self, value: &Value) {
        let is_iterator = |kind: &Kind| matches!(kind, Kind::Ext(name) if name == "iterator");
        if value.kinds.iter().any(is_iterator) {
            self.use_handles(value);
        }
    }

    /// Handles passed to code that is not known are used there.
    pub(super) fn use_handles(&mut self, value: &Value) {
        if let Some(noun) = handle_noun(value) {
            self.change(&value.clone(), &Change::Use(noun));
        }
    }

    pub(super) fn change(&mut self, value: &Value, how: &Change) {
        for path in self.with_aliases(&value.paths) {
            self.emit(Act::Change {
                path,
                how: how.clone(),
            });
        }
    }

    fn change_receiver(&mut self, receiver: &Value, name: &Sym) {
        let last = Sym::new(name.rsplit('.').next().unwrap_or(name));
        let how = handle_noun(receiver).map_or(Change::Method(last), Change::Use);
        self.change(receiver, &how);
    }
}

/// Whether a function of the network of this name has the other side do something.
fn sends(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let verbs = [
        "post",
        "put",
        "patch",
        "delete",
        "publish",
        "upload_file",
        "put_object",
    ];
    verbs.contains(&last) || last.starts_with("send")
}

/// Whether the function takes elements only when its result is gone through.
fn is_lazy(returns: Returns) -> bool {
    matches!(
        returns,
        Returns::Iterator(_)
            | Returns::Zip
            | Returns::Enumerate
            | Returns::Chain
            | Returns::Groups
            | Returns::Again(_)
            | Returns::Same(_)
    )
}

/// What the use of a handle among the value's kinds is to be called.
pub(crate) fn handle_noun(value: &Value) -> Option<&'static str> {
    value.kinds.iter().find_map(|kind| match kind {
        Kind::Ext(name) => type_facts(name)
            .filter(|facts| facts.sharing == Sharing::Handle)
            .map(|facts| facts.noun),
        _ => None,
    })
}

fn literal_text(expr: &Expr) -> Option<std::rc::Rc<str>> {
    expr.as_string_literal_expr()
        .map(|literal| literal.value.to_str().into())
}

/// A class makes objects of itself; a function might return anything.
fn unknown_result(name: &Sym, args: &Args) -> Value {
    let last = name.rsplit('.').next().unwrap_or(name);
    let value = if last.starts_with(char::is_uppercase) {
        Value::of(Kind::Ext(name.clone()))
    } else {
        Value::unknown()
    };
    value.derived(&args.sources())
}

/// Marks a value as different at every call.
pub(super) fn unique(at: u32) -> Value {
    Value::plain().derived(&[Source::Unique(at)])
}
