//! Calls of methods of objects that the project did not define.

use super::calls::Site;
use super::{Args, Walker};
use crate::apart::Parts;
use crate::knowledge::{
    FileUse, PathFrom, Sharing, Verb, changes_container, external, external_method, is_accessor,
    type_facts, verb,
};
use crate::trace::{Act, Change};
use crate::value::{Base, ClassId, Kind, Path, Sym, Value};

/// Methods of objects of unknown class whose name alone says what they do to the world outside.
const TELLING: &[(&str, &str)] = &[
    ("read_text", "pathlib.Path.read_text"),
    ("read_bytes", "pathlib.Path.read_bytes"),
    ("write_text", "pathlib.Path.write_text"),
    ("write_bytes", "pathlib.Path.write_bytes"),
    ("unlink", "pathlib.Path.unlink"),
    ("rmdir", "pathlib.Path.rmdir"),
    ("mkdir", "pathlib.Path.mkdir"),
    ("iterdir", "pathlib.Path.iterdir"),
    ("glob", "pathlib.Path.glob"),
    ("rglob", "pathlib.Path.rglob"),
    ("is_file", "pathlib.Path.is_file"),
    ("is_dir", "pathlib.Path.is_dir"),
    ("exists", "pathlib.Path.exists"),
    ("stat", "pathlib.Path.stat"),
    ("with_suffix", "pathlib.Path.with_suffix"),
    ("with_name", "pathlib.Path.with_name"),
    ("sendall", "socket.socket.sendall"),
    ("recv", "socket.socket.recv"),
    ("sendto", "socket.socket.sendto"),
    ("recvfrom", "socket.socket.recvfrom"),
    ("makefile", "socket.socket.makefile"),
    ("execute", "dbconnection.execute"),
    ("executemany", "dbconnection.executemany"),
    ("fetchall", "dbconnection.fetchall"),
    ("fetchone", "dbconnection.fetchone"),
    ("commit", "dbconnection.commit"),
];

/// Methods of tables, images and figures that write the file named by the first argument.
const SAVERS: &[&str] = &[
    "save",
    "to_csv",
    "to_excel",
    "to_parquet",
    "to_pickle",
    "to_feather",
    "to_hdf",
    "savefig",
    "tofile",
    "write_image",
    "write_html",
    "export",
];

impl<'a> Walker<'_, 'a> {
    /// Calls a method of something outside the project (or of an unknown class).
    pub(super) fn apply_method(
        &mut self,
        receiver: &Value,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        let mut result = Value::default();
        let mut unknown = receiver.is_unknown();
        for kind in &receiver.kinds {
            let value = match kind {
                Kind::Plain => {
                    // `", ".join(words)`
                    args.all().for_each(|value| self.read(value, true));
                    args.all().for_each(|value| self.consume(value));
                    plain_method(name, site.at)
                }
                Kind::Seq(inner) => self.container_method(receiver, inner, false, name, args, site),
                Kind::Map(inner) => self.container_method(receiver, inner, true, name, args, site),
                Kind::Tuple(_) => Value::plain(),
                Kind::Ext(of) => self.apply_typed_method(receiver, of, name, args, site),
                Kind::Instance(class) => self.inherited_method(*class, receiver, name, args, site),
                _ => {
                    unknown = true;
                    continue;
                }
            };
            result.join(&value);
        }
        if unknown {
            let value = self.unknown_method(receiver, name, args, site);
            result.join(&value);
        }
        result
    }

    pub(super) fn container_method(
        &mut self,
        receiver: &Value,
        inner: &Value,
        is_map: bool,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        args.all().for_each(|value| self.read(value, true));
        args.all().for_each(|value| self.consume(value));
        self.run_callbacks(args, site);
        self.doubt_callbacks(name, args);
        if changes_container(name) {
            let how = if crate::knowledge::accumulates(name) {
                Change::Adds
            } else {
                Change::Method(name.clone())
            };
            self.change(receiver, &how);
            if !is_map {
                self.learn_element(receiver, name, args);
            }
        } else {
            self.read(receiver, true);
        }
        let fresh = Path::of(Base::Alloc(site.at));
        let mut held = inner.clone();
        held.paths = if inner.is_plain() {
            Vec::new()
        } else {
            let mut paths = receiver.element_paths();
            paths.extend(inner.paths.iter().cloned());
            paths
        };
        match name.as_str() {
            "items" | "most_common" => {
                let key = Value::plain().apart_by(Some(Parts::ALL));
                let pair = Value::of(Kind::Tuple(vec![key, held]));
                Value::of(Kind::Seq(Box::new(pair))).at(fresh)
            }
            "union" => Value::of(Kind::Seq(Box::new(held))).at(fresh).mixed(),
            "values" | "elements" | "copy" | "difference" | "intersection"
                if !is_map || name != "copy" =>
            {
                Value::of(Kind::Seq(Box::new(held))).at(fresh)
            }
            "keys" => {
                let key = Value::plain().apart_by(Some(Parts::ALL));
                Value::of(Kind::Seq(Box::new(key)))
            }
            "copy" => Value::of(Kind::Map(Box::new(held))).at(fresh),
            // What is taken out belongs to the taker.
            "pop" | "popleft" => {
                held.paths = if held.is_plain() {
                    Vec::new()
                } else {
                    vec![fresh]
                };
                held
            }
            "get" | "setdefault" => {
                args.positional.iter().skip(1).for_each(|arg| {
                    held.join(&arg.value);
                });
                held
            }
            "popitem" => Value::of(Kind::Tuple(vec![Value::plain(), held])),
            _ => Value::plain(),
        }
    }

    /// A method of an object that a known class or function outside made.
    pub(super) fn apply_typed_method(
        &mut self,
        receiver: &Value,
        of: &Sym,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        let dotted = Sym::new(format!("{of}.{name}"));
        let known = type_facts(of);
        let row = external_method(of, name);
        args.all().for_each(|value| self.read(value, true));
        args.all().for_each(|value| self.consume(value));
        let worker = known.is_some_and(|known| known.sharing == Sharing::Worker);
        if !(worker && self.run_submitted(name, args, site)) {
            self.run_callbacks(args, site);
        }
        if let Some(row) = row {
            if !row.changes_receiver {
                self.read(receiver, true);
            }
            self.effects(row, &dotted, Some(receiver), args, site);
            return self.external_result(row, Some(receiver), args, site);
        }
        match known.map(|known| (known.sharing, known.noun)) {
            Some((Sharing::Handle, noun)) => {
                self.change(receiver, &Change::Use(noun));
                let mut result = Value::unknown().at(Path::of(Base::Alloc(site.at)));
                if is_accessor(name) {
                    result.paths.extend(receiver.element_paths());
                }
                result
            }
            Some((Sharing::Pure | Sharing::Session | Sharing::Lock, _)) => {
                self.read(receiver, true);
                if name == "put" || name == "put_nowait" || name == "set" {
                    self.change(receiver, &Change::Adds);
                }
                Value::unknown().at(Path::of(Base::Alloc(site.at)))
            }
            Some((Sharing::Worker, _)) => {
                let made_before = receiver
                    .paths
                    .iter()
                    .any(|path| matches!(path.base, Base::Item(_)));
                if name == "start" && made_before {
                    self.emit(Act::Doubt {
                        path: None,
                        what: "what starts here was made elsewhere".into(),
                    });
                }
                worker_result(name, site.at)
            }
            _ => self.named_method(receiver, name, args, site),
        }
    }

    /// A method that a class of the project has from outside. It may call any method that the
    /// class defines (that is what deriving from a parser or a thread is for).
    pub(super) fn inherited_method(
        &mut self,
        class: ClassId,
        receiver: &Value,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        let Some(base) = self.has_outer_base(class) else {
            return self.unknown_method(receiver, name, args, site);
        };
        if !crate::knowledge::is_known(&base) {
            self.foreign_method(name);
        }
        args.all().for_each(|value| self.read(value, true));
        if verb(name) != Verb::Reads {
            self.change(receiver, &Change::Method(name.clone()));
        }
        if self.recording {
            self.replay_class(class, receiver);
        } else {
            self.open_methods(class, receiver);
        }
        let mut result = Value::unknown().at(Path::of(Base::Alloc(site.at)));
        if is_accessor(name) {
            result.paths.extend(receiver.element_paths());
        }
        result
    }

    /// Code outside may call the methods with anything.
    pub(super) fn open_methods(&mut self, class: ClassId, receiver: &Value) {
        let mut alone = receiver.clone();
        alone.kinds = vec![Kind::Instance(class)];
        for id in self.program.class(class).methods.values() {
            self.facts.receive(*id, 0, &alone);
            for at in 1..self.program.function(*id).params.len() {
                self.facts.receive(*id, at, &Value::unknown());
            }
        }
    }

    pub(super) fn unknown_method(
        &mut self,
        receiver: &Value,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        args.all().for_each(|value| self.read(value, true));
        args.all().for_each(|value| self.use_handles(value));
        self.run_callbacks(args, site);
        let telling = TELLING.iter().find(|(method, _)| name == method);
        let opens = name == "open"
            && args
                .positional
                .first()
                .is_none_or(|arg| arg.value.is_plain());
        let row = telling
            .map(|(_, row)| *row)
            .or(opens.then_some("pathlib.Path.open"));
        if let Some((row, name)) = row.and_then(|name| Some((external(name)?, name))) {
            self.read(receiver, true);
            self.effects(row, &Sym::new(name), Some(receiver), args, site);
            return self.external_result(row, Some(receiver), args, site);
        }
        self.named_method(receiver, name, args, site)
    }

    fn doubt_receiver(&mut self, receiver: &Value, name: &Sym) {
        let what: std::rc::Rc<str> =
            format!("whether `{name}` changes what it is called on cannot be told").into();
        for path in self.with_aliases(&receiver.paths) {
            self.emit(Act::Doubt {
                path: Some(path),
                what: what.clone(),
            });
        }
    }

    /// By the method's name alone.
    pub(super) fn named_method(
        &mut self,
        receiver: &Value,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        let mut result = Value::unknown().at(Path::of(Base::Alloc(site.at)));
        result.foreign = receiver.is_foreign();
        // An object of some model stores itself.
        let stores_itself = name == "save" && args.positional.is_empty();
        if result.foreign && !stores_itself {
            self.foreign_method(name);
        }
        if SAVERS.contains(&name.as_str()) && !args.positional.is_empty() {
            self.read(receiver, true);
            self.file(
                FileUse::Write,
                PathFrom::Argument(0),
                Some(receiver),
                args,
                site,
            );
            return Value::plain();
        }
        match verb(name) {
            Verb::Reads => {
                self.read(receiver, true);
                // A table's result is a table: its methods are known as well.
                result
                    .kinds
                    .extend(receiver.kinds.iter().filter(|kind| is_table(kind)).cloned());
            }
            Verb::Changes => {
                // `update` adds to a dict, but a digest or a model is something else after it.
                let adds = [
                    "append",
                    "extend",
                    "add",
                    "appendleft",
                    "write",
                    "writelines",
                    "writerow",
                    "writerows",
                ]
                .contains(&name.as_str());
                let how = if adds {
                    Change::Adds
                } else {
                    Change::Method(name.clone())
                };
                self.change(receiver, &how);
            }
            Verb::Unknown => {
                self.read(receiver, true);
                if !stores_itself {
                    self.doubt_receiver(receiver, name);
                }
            }
        }
        if is_accessor(name) {
            result.paths.extend(receiver.element_paths());
        }
        result.derived(&receiver.from).derived(&args.sources())
    }
}

fn is_table(kind: &Kind) -> bool {
    matches!(kind, Kind::Ext(name) if matches!(name.as_str(), "pandas.DataFrame" | "ndarray" | "image"))
}

fn plain_method(name: &Sym, at: u32) -> Value {
    match name.as_str() {
        "split" | "rsplit" | "splitlines" => {
            Value::of(Kind::Seq(Box::new(Value::plain()))).at(Path::of(Base::Alloc(at)))
        }
        "partition" | "rpartition" => Value::of(Kind::Tuple(vec![
            Value::plain(),
            Value::plain(),
            Value::plain(),
        ])),
        _ => Value::plain(),
    }
}

fn worker_result(name: &Sym, at: u32) -> Value {
    let kind = match name.as_str() {
        "submit" | "apply_async" | "create_task" => Kind::Ext(Sym::new("future")),
        "map" | "imap" | "imap_unordered" | "starmap" => Kind::Seq(Box::new(Value::unknown())),
        _ => return Value::unknown().at(Path::of(Base::Alloc(at))),
    };
    Value::of(kind).at(Path::of(Base::Alloc(at)))
}
