//! What calls of outside code return, by the table.

use super::apply::iterator_of;
use super::assign::element;
use super::calls::Site;
use super::outside::unique;
use super::{Args, Walker};
use crate::knowledge::{External, Returns};
use crate::value::{Base, Kind, Path, Source, Sym, Value};

impl<'a> Walker<'_, 'a> {
    pub(super) fn external_result(
        &mut self,
        row: &External,
        receiver: Option<&Value>,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        let fresh = Path::of(Base::Alloc(site.at));
        let mut value = returned(row.returns, receiver, args, &fresh);
        value.add_sources(&args.sources());
        if let Some(receiver) = receiver {
            value.add_sources(&receiver.from);
        }
        if matches!(row.returns, Returns::Type("tempfile" | "tempdirectory")) {
            value.add_sources(&[Source::Unique(site.at)]);
        }
        value
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of return")]
fn returned(returns: Returns, receiver: Option<&Value>, args: &Args, fresh: &Path) -> Value {
    let at = |position: usize| args.at(position).cloned().unwrap_or_else(Value::unknown);
    let elements = |position: usize| element(&at(position));
    let seq = |inner: Value| Value::of(Kind::Seq(Box::new(inner))).at(fresh.clone());
    let iterator = |inner: Value| iterator_of(inner).at(fresh.clone());
    let ext = |name: &str| Value::of(Kind::Ext(Sym::new(name))).at(fresh.clone());
    match returns {
        Returns::Unknown | Returns::Fresh => Value::unknown().at(fresh.clone()),
        Returns::Foreign => Value {
            foreign: true,
            ..Value::unknown().at(fresh.clone())
        },
        Returns::Plain => Value::plain(),
        Returns::Unique => unique(alloc_of(fresh)),
        Returns::Clock => Value::plain().derived(&[Source::Clock(alloc_of(fresh))]),
        Returns::PlainSeq => seq(Value::plain()),
        Returns::PlainMap => Value::of(Kind::Map(Box::new(Value::plain()))).at(fresh.clone()),
        Returns::Dict => Value::of(Kind::Map(Box::new(factory_made(args)))).at(fresh.clone()),
        Returns::Type("pathlib.Path") => Value::of(Kind::Ext(Sym::new("pathlib.Path"))),
        Returns::Type(name) => ext(name),
        Returns::Wraps(name, position) => wrapped(ext(name), &at(position)),
        Returns::WrapsReceiver(name) => {
            receiver.map_or_else(|| ext(name), |receiver| wrapped(ext(name), receiver))
        }
        Returns::Element(position) if args.positional.len() > position + 1 => several(args),
        Returns::Element(position) => elements(position),
        Returns::Iterator(position) | Returns::Copy(position) if args.at(position).is_none() => {
            seq(Value::default())
        }
        Returns::Iterator(position) => iterator(elements(position)),
        Returns::Copy(position) => seq(elements(position)),
        Returns::Same(position) => at(position),
        // What is taken out belongs to the taker.
        Returns::ReceiverElement => receiver.map_or_else(Value::unknown, |receiver| {
            element(receiver).at(fresh.clone())
        }),
        Returns::Taken(position) => elements(position).at(fresh.clone()),
        Returns::Zip => iterator(Value::of(Kind::Tuple(
            args.positional
                .iter()
                .map(|arg| element(&arg.value))
                .collect(),
        ))),
        Returns::Enumerate => iterator(Value::of(Kind::Tuple(vec![Value::plain(), elements(0)]))),
        Returns::Product => product(args, &seq),
        Returns::Chain => iterator(several(args)),
        Returns::Tuples(position) => {
            let mut one = elements(position);
            one.lose_apart();
            let mut tuple = Value::of(Kind::Seq(Box::new(one.clone())));
            tuple.paths = one.paths;
            seq(tuple)
        }
        Returns::Again(position) => {
            let mut again = one(at(position));
            again.lose_apart();
            seq(again)
        }
        // Every group is read from the one iterator behind them.
        Returns::Groups => {
            let group = one(iterator(elements(0)));
            iterator(Value::of(Kind::Tuple(vec![Value::unknown(), group])))
        }
        // `dict.fromkeys(keys, [])` holds one list.
        Returns::Keyed => {
            let held = args.at(1).cloned().unwrap_or_else(Value::plain);
            Value::of(Kind::Map(Box::new(one(held)))).at(fresh.clone())
        }
        Returns::Paths => seq(Value::of(Kind::Ext(Sym::new("pathlib.Path")))),
        Returns::Walk => {
            let names = Value::of(Kind::Seq(Box::new(Value::plain())));
            // The walk goes on with the list of folders that it has handed out.
            let folders = names.clone().at(fresh.clone());
            let parts = vec![Value::plain(), one(folders), names];
            seq(Value::of(Kind::Tuple(parts)))
        }
        Returns::Matches => seq(Value::of(Kind::Ext(Sym::new("re.Match")))),
        Returns::CsvRows { dicts } => {
            let row = if dicts {
                Kind::Map(Box::new(Value::plain()))
            } else {
                Kind::Seq(Box::new(Value::plain()))
            };
            iterator(Value::of(row).at(Path::of(fresh.base.clone())))
        }
    }
}

fn alloc_of(path: &Path) -> u32 {
    match path.base {
        Base::Alloc(at) => at,
        _ => 0,
    }
}

/// What a container holds again and again.
fn one(mut value: Value) -> Value {
    value.one = !value.is_plain();
    value
}

/// The elements of all the arguments (`max(a, b)`, `chain(xs, ys)`).
fn several(args: &Args) -> Value {
    let mut joined = Value::default();
    for value in args.all() {
        let containers = value
            .kinds
            .iter()
            .any(|kind| matches!(kind, Kind::Seq(_) | Kind::Map(_)));
        joined.join(&if containers {
            element(value)
        } else {
            value.clone()
        });
    }
    // The same may be in two of them.
    joined.lose_apart();
    joined
}

fn product(args: &Args, seq: &dyn Fn(Value) -> Value) -> Value {
    let unordered = |value: &Value| {
        let mut one = element(value);
        one.lose_apart();
        one
    };
    if args.keyword("repeat").is_some() {
        let one = args.at(0).map(unordered).unwrap_or_default();
        return seq(Value::of(Kind::Seq(Box::new(one))));
    }
    seq(Value::of(Kind::Tuple(
        args.positional
            .iter()
            .map(|arg| unordered(&arg.value))
            .collect(),
    )))
}

/// A new object that works on another: using the one uses the other.
fn wrapped(mut value: Value, inner: &Value) -> Value {
    value.paths.extend(inner.paths.iter().cloned());
    value
}

/// `defaultdict(list)` holds lists, `Counter()` numbers, `dict(pairs)` anything.
fn factory_made(args: &Args) -> Value {
    let Some(first) = args.positional.first() else {
        return Value::default();
    };
    let mut made = Value::default();
    for kind in &first.value.kinds {
        match kind {
            Kind::ExtName(name)
                if matches!(name.as_str(), "list" | "set" | "collections.deque") =>
            {
                made.join(&Value::of(Kind::Seq(Box::default())));
            }
            Kind::ExtName(name) if name == "dict" || name == "collections.Counter" => {
                made.join(&Value::of(Kind::Map(Box::default())));
            }
            Kind::ExtName(name) if matches!(name.as_str(), "int" | "float" | "str" | "bool") => {
                made.join(&Value::plain());
            }
            Kind::Map(inner) => {
                made.join(inner);
                // A new dict of the same values.
                made.join(&super::subscripts::held_values(&first.value));
            }
            _ => {}
        }
    }
    made
}
