//! How many items an iterable visibly has, and how large a value visibly is.

use super::model::Model;
use super::scope::Binding;
use super::tree::{NodeId, Tree};
use super::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr, ExprCall, ExprContext, ExprName, Number, Operator};

/// How many items an iterable has, where that can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Length {
    Exactly(u64),
    /// As many as a file has lines, a query rows or a product combinations.
    Long,
}

impl Length {
    pub fn is_at_least(self, number: u64) -> bool {
        match self {
            Length::Exactly(items) => items >= number,
            Length::Long => true,
        }
    }
}

/// What reads a whole file or table into memory.
const LOADERS: &[&str] = &[
    "numpy.load",
    "numpy.loadtxt",
    "numpy.genfromtxt",
    "numpy.fromfile",
    "json.load",
    "pickle.load",
    "joblib.load",
    "torch.load",
    "open.read",
    "open.readlines",
    "pathlib.Path.read_text",
    "pathlib.Path.read_bytes",
    "scipy.io.loadmat",
];

/// Methods that leave a list, set or dict as long as it was.
const KEEPING: &[&str] = &[
    "index",
    "count",
    "items",
    "keys",
    "values",
    "get",
    "copy",
    "sort",
    "reverse",
    "union",
    "intersection",
    "difference",
    "isdisjoint",
    "issubset",
    "issuperset",
];

impl<'a> Model<'a> {
    /// The integer that an expression visibly is.
    pub fn number(&self, expr: &'a Expr) -> Option<i64> {
        self.asked(|| match expr {
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(value) => value.as_i64(),
                _ => None,
            },
            Expr::BinOp(both) => {
                let (left, right) = (self.number(&both.left)?, self.number(&both.right)?);
                match both.op {
                    Operator::Add => left.checked_add(right),
                    Operator::Sub => left.checked_sub(right),
                    Operator::Mult => left.checked_mul(right),
                    Operator::FloorDiv => left.checked_div(right),
                    Operator::Pow => left.checked_pow(u32::try_from(right).ok()?),
                    _ => None,
                }
            }
            Expr::Name(name) => self.number(self.only_value(name)?),
            _ => None,
        })
    }

    /// The one value that a name is ever bound to.
    pub fn only_value(&self, name: &'a ExprName) -> Option<&'a Expr> {
        let scope = self.tree.scope(Tree::id(name));
        let home = self.scopes.home(scope, &name.id)?;
        match self.scopes.bindings(home, &name.id) {
            [(_, Binding::Value(value))] => Some(*value),
            _ => None,
        }
    }

    /// The number of items that an iterable visibly has, where that is a number.
    pub fn length_of(&self, iterable: &'a Expr) -> Option<u64> {
        match self.length(iterable)? {
            Length::Exactly(items) => Some(items),
            Length::Long => None,
        }
    }

    /// How many items an iterable visibly has.
    pub fn length(&self, iterable: &'a Expr) -> Option<Length> {
        self.asked(|| match iterable {
            Expr::List(list) => exactly(&list.elts),
            Expr::Tuple(tuple) => exactly(&tuple.elts),
            Expr::Set(set) => exactly(&set.elts),
            Expr::Dict(dict) => Some(Length::Exactly(dict.len() as u64)),
            Expr::ListComp(each) => match each.generators.as_slice() {
                [only] if only.ifs.is_empty() => self.length(&only.iter),
                _ => None,
            },
            Expr::Generator(each) => match each.generators.as_slice() {
                [only] if only.ifs.is_empty() => self.length(&only.iter),
                _ => None,
            },
            Expr::Call(call) => self.length_of_call(iterable, call),
            Expr::Name(name) => match self.only_value(name) {
                Some(value) if !self.may_change(name) => self.length(value),
                _ => self
                    .type_of(iterable)
                    .and_then(|name| length_of_type(&name)),
            },
            _ => None,
        })
    }

    fn length_of_call(&self, iterable: &'a Expr, call: &'a ExprCall) -> Option<Length> {
        let name = self.called(self.as_call(call)?);
        let args = &call.arguments.args;
        match name.as_deref() {
            Some("range") => {
                let numbers: Option<Vec<i64>> = args.iter().map(|arg| self.number(arg)).collect();
                let (start, stop, step) = match *numbers?.as_slice() {
                    [stop] => (0, stop, 1),
                    [start, stop] => (start, stop, 1),
                    [start, stop, step] => (start, stop, step),
                    _ => return None,
                };
                let items = stop.checked_sub(start)?.checked_div(step)?;
                Some(Length::Exactly(u64::try_from(items).unwrap_or(0)))
            }
            Some("enumerate" | "sorted" | "list" | "tuple" | "reversed" | "iter" | "tqdm.tqdm") => {
                self.length(args.first()?)
            }
            Some("zip") => {
                let lengths = args.iter().filter_map(|arg| self.length(arg));
                lengths.min()
            }
            Some(name) => length_of_type(name)
                .or_else(|| length_of_type(&self.type_of(iterable)?))
                .or_else(|| self.length_of_dict(call)),
            None => self.length_of_dict(call),
        }
    }

    /// Of `{…}.items()`, also by a name.
    fn length_of_dict(&self, call: &'a ExprCall) -> Option<Length> {
        let method = call.func.as_attribute_expr()?;
        let is_view = matches!(method.attr.as_str(), "items" | "keys" | "values");
        is_view.then(|| self.length(&method.value))?
    }

    /// Whether a name's list, set or dict may become longer or shorter.
    fn may_change(&self, name: &'a ExprName) -> bool {
        let scope = self.tree.scope(Tree::id(name));
        let Some(home) = self.scopes.home(scope, &name.id) else {
            return true;
        };
        let reads = self.scopes.reads(home, name.id.as_str());
        reads.iter().any(|read| self.is_changed_at(*read))
    }

    fn is_changed_at(&self, read: NodeId) -> bool {
        if let Use::Method { attr, .. } = self.use_of(read) {
            return !KEEPING.contains(&attr);
        }
        let parent = self.tree.parent(read).map(|parent| self.tree.node(parent));
        matches!(parent, Some(AnyNodeRef::ExprSubscript(item)) if item.ctx != ExprContext::Load)
    }

    /// Whether a name's value is a whole file, a table, an array read from one, or a list as long as one.
    pub fn is_large(&self, expr: &'a Expr) -> bool {
        let Expr::Name(name) = expr else { return false };
        let Some(home) = self.scopes.home(self.tree.scope(Tree::id(name)), &name.id) else {
            return false;
        };
        match self.scopes.bindings(home, &name.id) {
            [(_, Binding::Value(value))] => {
                self.is_large_value(value) || self.is_filled_with_much(home, name.id.as_str())
            }
            _ => false,
        }
    }

    fn is_large_value(&self, value: &'a Expr) -> bool {
        match value {
            Expr::Call(call) => {
                let Some(name) = self.as_call(call).and_then(|call| self.called(call)) else {
                    // A method of what was loaded: `open(path).read().split()`.
                    return call.func.as_attribute_expr().is_some_and(|method| {
                        is_as_large(&method.attr) && self.is_large_value(&method.value)
                    });
                };
                if LOADERS.contains(&&*name) || is_reader(&name) {
                    return true;
                }
                let (owner, attr) = name.rsplit_once('.').unwrap_or(("", ""));
                is_as_large(attr) && (LOADERS.contains(&owner) || is_reader(owner))
            }
            Expr::ListComp(each) => {
                let Some(first) = each.generators.first() else {
                    return false;
                };
                let length = self.length(&first.iter);
                length.is_some_and(|length| length.is_at_least(10_000))
            }
            _ => false,
        }
    }

    /// Whether a list gets an item for each line of a file or the like.
    fn is_filled_with_much(&self, home: super::scope::ScopeId, name: &'a str) -> bool {
        self.methods_called(home, name).iter().any(|(attr, call)| {
            *attr == "append"
                && self.loop_of(*call).is_some_and(|around| {
                    let length = self.iterable_of(around).and_then(|iter| self.length(iter));
                    length.is_some_and(|length| length.is_at_least(10_000))
                })
        })
    }
}

fn exactly(items: &[Expr]) -> Option<Length> {
    let fixed = !items.iter().any(Expr::is_starred_expr);
    fixed.then_some(Length::Exactly(items.len() as u64))
}

fn length_of_type(name: &str) -> Option<Length> {
    let long = matches!(
        name,
        "itertools.product"
            | "itertools.permutations"
            | "itertools.combinations"
            | "itertools.combinations_with_replacement"
            | "open"
            | "sqlite3.Cursor"
            | "csv.reader"
            | "csv.DictReader"
    );
    long.then_some(Length::Long)
}

fn is_reader(name: &str) -> bool {
    ["pandas.read_", "polars.read_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Methods whose result is about as large as their object.
fn is_as_large(attr: &str) -> bool {
    matches!(
        attr,
        "split" | "splitlines" | "decode" | "encode" | "lower" | "upper" | "copy" | "astype"
    )
}
