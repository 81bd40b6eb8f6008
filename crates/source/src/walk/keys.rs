//! What names made from items give away of them; see `apart.rs`.

use super::calls::Site;
use super::distinct::{below, elements_apart, is_query, numbered, queried, walked};
use super::{Args, Walker};
use crate::apart::{self, Key, Of, Parts};
use crate::value::{Kind, Sym, Value};
use ruff_python_ast::{Expr, ExprBinOp, Operator};

/// A piece of a text that is put together.
pub(super) enum Piece {
    Text(String),
    /// A value with these keys.
    Hole(Vec<Key>),
}

/// The keys of a text put together.
pub(super) fn text_keys(pieces: &[Piece]) -> Vec<Key> {
    let mut keys = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Hole(held) = piece else { continue };
        let rest = pieces[at + 1..].iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Hole(_) => "?",
        });
        keys.extend(apart::followed(held, &rest.collect::<String>()));
    }
    keys
}

/// The keys of an attribute of something with these keys: the parts of paths, and what tells rows
/// of a database apart.
pub(super) fn attribute_keys(keys: &[Key], name: &str) -> Vec<Key> {
    match name {
        "name" if keys.iter().any(|key| matches!(key.of, Of::Unique(_))) => {
            apart::all_in(keys, Parts::ALL)
        }
        "name" => apart::within(keys, Parts::NAME),
        "stem" => apart::within(keys, Parts::STEM),
        "suffix" => apart::all_in(&apart::within(keys, Parts::SUFFIX), Parts::ALL),
        "parent" => apart::all_in(&apart::within(keys, Parts::FOLDER), Parts::ALL),
        "path" => keys.to_vec(),
        "pk" | "id" | "hex" => apart::all_in(keys, Parts::STEM),
        _ => Vec::new(),
    }
}

/// `name[:-4]` cuts the suffix off; of other slices nothing is known.
pub(super) fn slice_keys(keys: &[Key], slice: &Expr) -> Vec<Key> {
    let Expr::Slice(slice) = slice else {
        return Vec::new();
    };
    let from_end = slice.upper.as_deref().is_some_and(Expr::is_unary_op_expr);
    if slice.lower.is_none() && slice.step.is_none() && from_end {
        return apart::without_suffix(keys);
    }
    Vec::new()
}

impl<'a> Walker<'_, 'a> {
    /// The result of something outside the project, with what it gives away.
    pub(super) fn key_external(
        &mut self,
        value: Value,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        let first = args.at(0).map(|arg| arg.keys.clone()).unwrap_or_default();
        let plain = |keys: Vec<Key>| Value::plain().keyed(keys);
        match name.as_str() {
            "str" | "int" | "repr" | "os.fspath" | "os.path.abspath" | "os.path.normpath"
            | "os.path.realpath" | "os.path.expanduser" | "os.path.relpath" | "sqlite3.connect"
            | "contextlib.closing" => value.keyed(first),
            "pathlib.Path" | "pathlib.PurePath" | "os.path.join" => value.keyed(join_all(args)),
            "os.path.basename" => value.keyed(attribute_keys(&first, "name")),
            "os.path.dirname" => value.keyed(attribute_keys(&first, "parent")),
            "os.path.splitext" => pair(
                plain(apart::without_suffix(&first)),
                plain(attribute_keys(&first, "suffix")),
                &value,
            ),
            "os.path.split" => pair(
                plain(attribute_keys(&first, "parent")),
                plain(attribute_keys(&first, "name")),
                &value,
            ),
            "urllib.parse.quote" | "urllib.parse.quote_plus" => {
                value.keyed(apart::all_in(&first, Parts::ALL))
            }
            "set" | "frozenset" => elements_apart(value, Parts::ALL),
            "range" => elements_apart(value, Parts::STEM),
            "os.listdir" | "os.scandir" => elements_apart(value, Parts::NAME),
            "glob.glob" | "glob.iglob" => elements_apart(value, self.found_apart(false, site)),
            "os.walk" => walked(value),
            "enumerate" => numbered(value),
            "itertools.islice" | "itertools.filterfalse" => value,
            "heapq.merge" => value.mixed(),
            // They repeat items, or join several iterables.
            _ if name.starts_with("itertools.") => value.mixed(),
            _ if name.starts_with("hashlib.") => value.keyed(apart::all_in(&first, Parts::STEM)),
            _ if is_unique(name) => value.keyed(unique_keys(site)),
            _ if name.starts_with("django.core.cache.") => {
                let method = name.rsplit('.').next().unwrap_or("");
                self.key_value_method(method, args);
                value
            }
            _ => match name.rsplit_once(".objects.") {
                Some((_, method)) => queried(value, method),
                None => value,
            },
        }
    }

    /// The result of a method of something outside the project, with what it gives away.
    pub(super) fn key_method(
        &mut self,
        value: Value,
        receiver: &Value,
        name: &Sym,
        args: &Args,
        site: Site<'a>,
    ) -> Value {
        let own = &receiver.keys;
        let first = args.at(0).map(|arg| arg.keys.clone()).unwrap_or_default();
        let folder = apart::within(own, Parts::FOLDER);
        match name.as_str() {
            "with_suffix" | "removesuffix" => value.keyed(apart::without_suffix(own)),
            "with_name" => value.keyed([folder, first].concat()),
            "with_stem" => {
                let stem = apart::all_in(&first, Parts::STEM);
                value.keyed([folder, stem, apart::within(own, Parts::SUFFIX)].concat())
            }
            "joinpath" => value.keyed(apart::joined(own, &join_all(args))),
            "relative_to" | "resolve" | "absolute" | "expanduser" | "as_posix" | "encode"
            | "decode" | "hexdigest" | "digest" | "removeprefix" | "zfill" | "rjust" | "ljust"
            | "isoformat" | "cursor" | "__enter__" => value.keyed(own.clone()),
            "replace" if args.positional.len() == 2 => {
                let ending = self.text_argument(site, 0);
                if ending.is_some_and(|text| text.starts_with('.')) {
                    return value.keyed(apart::without_suffix(own));
                }
                value
            }
            "rsplit" if args.positional.len() == 2 => {
                let (first, last) = match self.text_argument(site, 0).as_deref() {
                    Some("/") => ("parent", "name"),
                    Some(".") => ("", ""),
                    _ => return value,
                };
                let mut part = Value::plain().keyed(apart::without_suffix(own));
                if !first.is_empty() {
                    part.keys = attribute_keys(own, first);
                }
                pair(
                    part,
                    Value::plain().keyed(attribute_keys(own, last)),
                    &value,
                )
            }
            "rpartition" if self.text_argument(site, 0).as_deref() == Some("/") => {
                let last = Value::plain().keyed(attribute_keys(own, "name"));
                let parts = vec![Value::plain(), Value::plain(), last];
                Value::of(Kind::Tuple(parts)).derived(&value.from)
            }
            "format" => value.keyed(self.format_keys(args, site)),
            "iterdir" => elements_apart(below(value, own), Parts::NAME),
            "glob" => {
                let parts = self.found_apart(false, site);
                let value = if parts.meets(Parts::FOLDER) {
                    value
                } else {
                    below(value, own)
                };
                elements_apart(value, parts)
            }
            "rglob" => elements_apart(value, self.found_apart(true, site)),
            _ if receiver.kinds.iter().any(is_query) => queried(value, name),
            _ => value,
        }
    }

    /// By what the files differ that the pattern in the first argument finds.
    fn found_apart(&self, recursive: bool, site: Site<'a>) -> Parts {
        let pattern = self.text_argument(site, 0);
        pattern.map_or(Parts::ALL, |pattern| apart::of_pattern(&pattern, recursive))
    }

    /// The keys of `"…{}…".format(…)`.
    fn format_keys(&self, args: &Args, site: Site<'a>) -> Vec<Key> {
        let template = site
            .node
            .and_then(|call| call.func.as_attribute_expr())
            .and_then(|func| self.text_of_expr(&func.value));
        template.map_or_else(Vec::new, |template| fill(&template, '{', '}', args.all()))
    }

    /// The keys of `a / b`, `a + b`, `"…%s…" % b`, `n + 1`.
    pub(super) fn operator_keys(
        &self,
        operation: &'a ExprBinOp,
        left: &Value,
        right: &Value,
    ) -> Vec<Key> {
        let is_number = |expr: &Expr| expr.is_number_literal_expr();
        let number = is_number(&operation.left) || is_number(&operation.right);
        match operation.op {
            Operator::Div if !number => apart::joined(&left.keys, &right.keys),
            Operator::Add | Operator::Sub | Operator::Mult if number => {
                let both = left.keys.iter().chain(&right.keys);
                both.map(|key| Key {
                    moved: true,
                    ..*key
                })
                .collect()
            }
            // The sums of two numbers may be equal.
            Operator::Add if !self.is_text(&operation.left) && !self.is_text(&operation.right) => {
                Vec::new()
            }
            Operator::Add => {
                let piece = |expr: &'a Expr, value: &Value| match self.text_of_expr(expr) {
                    Some(text) => Piece::Text(text),
                    None => Piece::Hole(value.keys.clone()),
                };
                text_keys(&[piece(&operation.left, left), piece(&operation.right, right)])
            }
            Operator::Mod => {
                let Some(template) = self.text_of_expr(&operation.left) else {
                    return Vec::new();
                };
                match right.kinds.as_slice() {
                    [Kind::Tuple(parts)] if operation.right.is_tuple_expr() => {
                        fill(&template, '%', '%', parts.iter())
                    }
                    _ => fill(&template, '%', '%', std::iter::once(right)),
                }
            }
            _ => Vec::new(),
        }
    }
}

/// `Path(a, b)`, `os.path.join(a, b)`.
fn join_all(args: &Args) -> Vec<Key> {
    let mut all = args.positional.iter().map(|arg| &arg.value.keys);
    let first = all.next().cloned().unwrap_or_default();
    all.fold(first, |folder, name| apart::joined(&folder, name))
}

/// The keys of a template filled with values: all of them where a hole is, in order.
fn fill<'v>(
    template: &str,
    open: char,
    close: char,
    values: impl Iterator<Item = &'v Value>,
) -> Vec<Key> {
    let mut pieces = Vec::new();
    let mut values = values.peekable();
    let mut rest = template;
    while let Some((text, hole)) = rest.split_once(open) {
        pieces.push(Piece::Text(text.to_owned()));
        let end = match (open == close, hole.find(close)) {
            (false, Some(end)) => end + 1,
            // `%05d`: to the letter.
            _ => hole
                .find(|c: char| c.is_alphabetic() || c == '%')
                .map_or(hole.len(), |end| end + 1),
        };
        let spec = &hole[..end];
        let whole = match spec.split_once(':') {
            Some((_, spec)) => shows_all(spec.trim_end_matches(close)),
            None => open != close || shows_all(spec),
        };
        rest = &hole[end..];
        if let Some(value) = values.next() {
            let keys = if whole {
                value.keys.clone()
            } else {
                Vec::new()
            };
            pieces.push(Piece::Hole(keys));
        }
    }
    // Templates with more values than holes (or none) say nothing.
    if values.peek().is_some() {
        return Vec::new();
    }
    pieces.push(Piece::Text(rest.to_owned()));
    text_keys(&pieces)
}

/// Whether a format shows all of a value: `{x:.2f}` rounds, `{x:.3}` cuts, `{day:%Y}` picks.
pub(super) fn shows_all(spec: &str) -> bool {
    let body = spec.trim_start_matches(':');
    let body = body
        .strip_suffix(['d', 's', 'x', 'X', 'r', 'i'])
        .unwrap_or(body);
    body.chars()
        .all(|c| c.is_ascii_digit() || "<>^=+-_ #{}".contains(c))
}

fn pair(first: Value, second: Value, like: &Value) -> Value {
    let (mut first, mut second) = (first, second);
    first.add_sources(&like.from);
    second.add_sources(&like.from);
    Value::of(Kind::Tuple(vec![first, second])).derived(&like.from)
}

/// What is another one at every call.
fn is_unique(name: &str) -> bool {
    matches!(
        name,
        "uuid.uuid1"
            | "uuid.uuid4"
            | "uuid.uuid6"
            | "uuid.uuid7"
            | "secrets.token_hex"
            | "secrets.token_urlsafe"
            | "secrets.token_bytes"
            | "os.urandom"
            | "tempfile.mkstemp"
            | "tempfile.mkdtemp"
            | "tempfile.NamedTemporaryFile"
            | "tempfile.TemporaryDirectory"
    )
}

fn unique_keys(site: Site<'_>) -> Vec<Key> {
    let key = Key {
        mine: Parts::STEM,
        of: Of::Unique(site.at),
        its: Parts::ALL,
        moved: false,
    };
    vec![key]
}
