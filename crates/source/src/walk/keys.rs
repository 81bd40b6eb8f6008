//! What names made from items give away of them; see `apart.rs`.

use super::calls::Site;
use super::{Args, Walker};
use crate::apart::{self, Key, Of, Parts};
use crate::program::{Code, Scope};
use crate::value::{Base, Kind, Path, Sym, Value};
use crate::words::{Words, followed_by};
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprBinOp, Operator, Stmt, UnaryOp};
use ruff_text_size::{Ranged, TextRange, TextSize};

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

/// By what the elements differ that are written down.
pub(super) fn literals_apart(elts: &[Expr]) -> Option<Parts> {
    let texts: Option<Vec<String>> = elts.iter().map(literal).collect();
    apart::of_texts(&texts?)
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        Expr::NumberLiteral(number) => Some(format!("{:?}", number.value)),
        _ => None,
    }
}

/// Iterables which never deliver the same twice, whatever they are of: the keys of `xs.items()`,
/// the groups of a table, the rows that a query finds.
pub(super) fn tell_apart(iterable: &Expr, target: &Expr, mut element: Value) -> Value {
    let Expr::Call(call) = iterable else {
        return element;
    };
    let Expr::Attribute(func) = &*call.func else {
        return element;
    };
    let pairs = target.as_tuple_expr().is_some_and(|it| it.elts.len() == 2);
    let known = element
        .kinds
        .iter()
        .any(|kind| matches!(kind, Kind::Tuple(_)));
    let of_module = matches!(&*func.value, Expr::Name(name) if name.id == "itertools");
    match func.attr.as_str() {
        "items" | "groupby" if pairs && !known && !of_module => {
            let key = Value::unknown().apart_by(Some(Parts::ALL));
            let kind = Kind::Tuple(vec![key, Value::unknown()]);
            Value {
                kinds: vec![kind],
                open: false,
                ..element
            }
        }
        "unique" | "keys" if element.apart.is_none() => {
            element.apart = Some(Parts::ALL);
            element
        }
        _ => element,
    }
}

/// The element of an iterable whose items all have the one ending that the tests ask for.
pub(super) fn of_one_ending<'t>(
    mut tests: impl Iterator<Item = &'t Expr>,
    target: &Expr,
    mut element: Value,
) -> Value {
    let target = target.as_name_expr().map(|name| name.id.as_str());
    if target.is_some_and(|target| tests.any(|test| asks_for_ending(test, target))) {
        element.apart = element.apart.map(|parts| parts.without(Parts::SUFFIX));
    }
    element
}

/// The tests that all of a loop's body stands behind: `if …:` with all of it, or `if not …: continue`
/// before it.
pub(super) fn tests_of(body: &[Stmt]) -> impl Iterator<Item = &Expr> {
    let whole = match body {
        [Stmt::If(only)] if only.elif_else_clauses.is_empty() => Some(&*only.test),
        _ => None,
    };
    let skip = |stmt| match stmt {
        &Stmt::If(ref stmt) if matches!(stmt.body.as_slice(), [Stmt::Continue(_)]) => {
            let test = stmt.test.as_unary_op_expr();
            test.filter(|test| test.op == UnaryOp::Not && stmt.elif_else_clauses.is_empty())
        }
        _ => None,
    };
    let skipping = body.iter().map_while(skip).map(|test| &*test.operand);
    whole.into_iter().chain(skipping)
}

/// `name.endswith(".md")`, `path.suffix == ".md"`.
fn asks_for_ending(test: &Expr, target: &str) -> bool {
    let ending = |expr: &Expr| {
        let text = expr.as_string_literal_expr();
        text.is_some_and(|text| text.value.to_str().starts_with('.'))
    };
    let is_target = |expr: &Expr| match expr {
        Expr::Name(name) => name.id == *target,
        Expr::Attribute(name) => {
            matches!(&*name.value, Expr::Name(held) if held.id == *target)
                && matches!(name.attr.as_str(), "name" | "path" | "suffix")
        }
        _ => false,
    };
    match test {
        Expr::BoolOp(both) if both.op == BoolOp::And => {
            both.values.iter().any(|test| asks_for_ending(test, target))
        }
        Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
            (Expr::Attribute(func), [only]) => {
                func.attr.as_str() == "endswith" && is_target(&func.value) && ending(only)
            }
            _ => false,
        },
        Expr::Compare(test) => match (&*test.ops, &*test.comparators) {
            ([CmpOp::Eq], [only]) => {
                test.left.is_attribute_expr() && is_target(&test.left) && ending(only)
            }
            _ => false,
        },
        _ => false,
    }
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

    /// The text of an argument, if it is written down.
    pub(super) fn text_argument(&self, site: Site<'a>, at: usize) -> Option<String> {
        self.text_of_expr(site.node?.arguments.args.get(at)?)
    }

    /// The text that an expression stands for: a literal, the end of an f-string with holes before
    /// it, or a name that is bound to a literal once.
    pub(super) fn text_of_expr(&self, expr: &'a Expr) -> Option<String> {
        match expr {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            Expr::Call(call) => {
                let join = call.func.as_attribute_expr()?;
                let parts = call.arguments.args.iter();
                // A folder that is not written down is as good as any without wildcards.
                let known = |part| self.text_of_expr(part).unwrap_or_else(|| "_".to_owned());
                let parts: Vec<String> = parts.map(known).collect();
                (join.attr.as_str() == "join" && parts.len() > 1).then(|| parts.join("/"))
            }
            Expr::Name(name) => self
                .bound_expr(&name.id)?
                .as_string_literal_expr()
                .map(|text| text.value.to_str().to_owned()),
            Expr::FString(_) => {
                // Holes are as good as folders or other characters that are no wildcards.
                let text = self.text_of(expr.range());
                let text = text.trim_start_matches(['f', 'F', 'r', 'R']);
                Some(text.trim_matches(['"', '\'']).replace(['{', '}'], ""))
            }
            _ => None,
        }
    }

    /// What the function or the module around it binds the name to, if it does so once.
    pub(super) fn bound_expr(&self, name: &Sym) -> Option<&'a Expr> {
        let function = match self.program.scope_of(self.function, name) {
            Scope::Local => self.function,
            Scope::Global => *self.program.bodies.get(self.module.0 as usize)?,
            Scope::Free(_) | Scope::Builtin => return None,
        };
        let function = self.program.function(function);
        if function.params.iter().any(|param| param.name == *name) {
            return None;
        }
        let body: &'a [Stmt] = match function.code {
            Code::Module(body) => body,
            Code::Def(def) => &def.body,
            Code::Class(_) | Code::Lambda(_) => return None,
        };
        let mut binding = Binding {
            name,
            bound: Vec::new(),
        };
        binding.visit_body(body);
        match binding.bound.as_slice() {
            [Some(only)] => Some(*only),
            _ => None,
        }
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

    /// By what values differ, one of which is made for each item of these loops within each other.
    pub(super) fn made_apart(&self, made: &mut Value, loops: &[u32]) {
        made.apart = self.apart_from(&made.keys, loops);
        for kind in &mut made.kinds {
            if let Kind::Tuple(parts) = kind {
                for part in parts {
                    self.made_apart(part, loops);
                }
            }
        }
        made.keys
            .retain(|key| !matches!(key.of, Of::Item(held, _) if loops.contains(&held)));
    }

    /// By what values with these keys differ, one made for each item of the loops.
    fn apart_from(&self, keys: &[Key], loops: &[u32]) -> Option<Parts> {
        let by = |item: &u32| {
            apart::told_apart(keys, |of| match of {
                Of::Item(at, place) if at == *item => self.trace.apart.get(&(at, place)).copied(),
                _ => None,
            })
        };
        let parts: Option<Vec<Parts>> = loops.iter().map(by).collect();
        let parts = parts.filter(|parts| !parts.is_empty())?;
        Some(parts.into_iter().fold(Parts::NONE, Parts::with))
    }

    /// By what the elements of a list differ that gets one for each item of the loops around.
    pub(super) fn filled_apart(&mut self, element: &mut Value, list: &Path, one_by_one: bool) {
        let Base::Alloc(made) = list.base else {
            return element.lose_apart();
        };
        let outside = |range: &&(u32, TextRange)| !range.1.contains(TextSize::from(made));
        let around: Vec<u32> = self.around.iter().filter(outside).map(|it| it.0).collect();
        let innermost = around.last().copied().filter(|_| one_by_one);
        match innermost {
            Some(only) if *self.fillers.entry(made).or_insert(only) == only => {
                self.made_apart(element, &around);
            }
            _ => {
                self.fillers.insert(made, u32::MAX);
                element.lose_apart();
            }
        }
    }

    /// By what the values differ that a generator yields at this one place; those of several
    /// places may be equal.
    pub(super) fn yielded_apart(&mut self, value: &mut Value, one_by_one: bool) {
        let around: Vec<u32> = self.around.iter().map(|it| it.0).collect();
        let first = !std::mem::replace(&mut self.yields, true);
        match one_by_one {
            true if first => self.made_apart(value, &around),
            false if first && around.is_empty() => {}
            _ => value.lose_apart(),
        }
    }

    /// A list that a name stands for holds this as well; as a command it goes on with `words`.
    pub(super) fn learn_latest(&mut self, name: &Sym, learnt: &Value, words: Option<&Words>) {
        if let Some(mut held) = self.latest(name) {
            let only_list = matches!(held.kinds.as_slice(), [Kind::Seq(_)]);
            if only_list && !held.open {
                let command = held.words.as_ref();
                let command = command.map(|command| followed_by(command, words));
                held.join(learnt);
                held.words = command;
                self.set_latest(name, &held);
            }
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
        let whole = !hole[..end].contains('.');
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

fn pair(first: Value, second: Value, like: &Value) -> Value {
    let (mut first, mut second) = (first, second);
    first.add_sources(&like.from);
    second.add_sources(&like.from);
    Value::of(Kind::Tuple(vec![first, second])).derived(&like.from)
}

/// A container whose elements differ by these parts, unless they are known to differ by fewer.
fn elements_apart(mut value: Value, parts: Parts) -> Value {
    for kind in &mut value.kinds {
        if let Kind::Seq(inner) = kind {
            inner.apart = inner.apart.or(Some(parts));
        }
    }
    value
}

/// What a folder holds gives the folder away.
fn below(mut value: Value, folder: &[Key]) -> Value {
    for kind in &mut value.kinds {
        if let Kind::Seq(inner) = kind {
            inner.keys = apart::all_in(folder, Parts::FOLDER);
        }
    }
    value
}

fn walked(mut value: Value) -> Value {
    for kind in &mut value.kinds {
        let Kind::Seq(inner) = kind else { continue };
        for kind in &mut inner.kinds {
            if let Kind::Tuple(parts) = kind {
                *parts = std::mem::take(parts)
                    .into_iter()
                    .map(|names| elements_apart(names, Parts::NAME))
                    .collect();
                if let Some(folder) = parts.first_mut() {
                    folder.apart = Some(Parts::ALL);
                }
            }
        }
    }
    value
}

fn numbered(mut value: Value) -> Value {
    for kind in &mut value.kinds {
        let Kind::Seq(inner) = kind else { continue };
        for kind in &mut inner.kinds {
            if let Kind::Tuple(parts) = kind
                && let Some(number) = parts.first_mut()
            {
                number.apart = Some(Parts::STEM);
            }
        }
    }
    value
}

fn is_query(kind: &Kind) -> bool {
    matches!(kind, Kind::Ext(name) if name == "queryset")
}

/// A query of an object-relational mapper, narrowed down: it finds every row once.
fn queried(mut value: Value, method: &str) -> Value {
    let narrows = [
        "all",
        "filter",
        "exclude",
        "order_by",
        "select_related",
        "prefetch_related",
        "distinct",
        "only",
        "defer",
        "annotate",
        "using",
        "iterator",
        "reverse",
    ];
    if narrows.contains(&method) && !value.kinds.iter().any(is_query) {
        value.kinds.push(Kind::Ext(Sym::new("queryset")));
    }
    value
}

fn is_unique(name: &str) -> bool {
    ["uuid.", "secrets.", "tempfile."]
        .iter()
        .any(|module| name.starts_with(module))
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

/// Collects what is assigned to a name.
struct Binding<'n, 'a> {
    name: &'n Sym,
    bound: Vec<Option<&'a Expr>>,
}

impl<'a> StatementVisitor<'a> for Binding<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let is_it = |expr: &Expr| binds(expr, self.name);
        match stmt {
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [only] if only.is_name_expr() && is_it(only) => {
                    self.bound.push(Some(&assign.value));
                }
                targets if targets.iter().any(is_it) => self.bound.push(None),
                _ => {}
            },
            Stmt::AnnAssign(assign) if is_it(&assign.target) => {
                self.bound.push(assign.value.as_deref());
            }
            Stmt::AugAssign(assign) if is_it(&assign.target) => self.bound.push(None),
            Stmt::For(stmt) if is_it(&stmt.target) => self.bound.push(None),
            Stmt::With(stmt) => {
                let mut targets = stmt
                    .items
                    .iter()
                    .filter_map(|item| item.optional_vars.as_deref());
                if targets.any(is_it) {
                    self.bound.push(None);
                }
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => {}
        }
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            walk_stmt(self, stmt);
        }
    }
}

/// Whether the target binds the name.
fn binds(target: &Expr, name: &str) -> bool {
    match target {
        Expr::Name(held) => held.id == *name,
        Expr::Tuple(tuple) => tuple.elts.iter().any(|elt| binds(elt, name)),
        Expr::List(list) => list.elts.iter().any(|elt| binds(elt, name)),
        Expr::Starred(starred) => binds(&starred.value, name),
        _ => false,
    }
}
