//! By what the items of a loop differ: of the folder listed, of the list filled, of the generator; see
//! `apart.rs`.

use super::Walker;
use crate::apart::{self, Key, Of, Parts};
use crate::value::{Base, Kind, Path, Sym, Value};
use crate::words::{Words, followed_by};
use ruff_python_ast::{BoolOp, CmpOp, Expr, Stmt, UnaryOp};
use ruff_text_size::{TextRange, TextSize};

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
            // What belongs to an object of code that cannot be seen is such an object too.
            let part = Value {
                foreign: element.is_foreign(),
                ..Value::unknown()
            };
            let key = part.clone().apart_by(Some(Parts::ALL));
            let kind = Kind::Tuple(vec![key, part]);
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
    let skipping = body.iter().map_while(skips_without);
    whole.into_iter().chain(skipping)
}

/// The test of `if not …: continue`.
fn skips_without(stmt: &Stmt) -> Option<&Expr> {
    let stmt = stmt.as_if_stmt()?;
    let only_skips = matches!(stmt.body.as_slice(), [Stmt::Continue(_)]);
    let test = stmt.test.as_unary_op_expr()?;
    let is_whole = only_skips && test.op == UnaryOp::Not && stmt.elif_else_clauses.is_empty();
    is_whole.then_some(&*test.operand)
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

impl Walker<'_, '_> {
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

    /// A callee changes the list at the path: it may hold anything then.
    pub(super) fn mix_latest(&mut self, path: &Path) {
        let (Base::Alloc(at), []) = (&path.base, &path.fields[..]) else {
            return;
        };
        if let Some(name) = self.trace.names.get(at).cloned()
            && let Some(held) = self.latest(&name)
        {
            self.set_latest(&name, &held.mixed());
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

/// A container whose elements differ by these parts, unless they are known to differ by fewer.
pub(super) fn elements_apart(mut value: Value, parts: Parts) -> Value {
    for kind in &mut value.kinds {
        if let Kind::Seq(inner) = kind {
            inner.apart = inner.apart.or(Some(parts));
        }
    }
    value
}

/// What a folder holds gives the folder away.
pub(super) fn below(mut value: Value, folder: &[Key]) -> Value {
    for kind in &mut value.kinds {
        if let Kind::Seq(inner) = kind {
            inner.keys = apart::all_in(folder, Parts::FOLDER);
        }
    }
    value
}

pub(super) fn walked(mut value: Value) -> Value {
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

pub(super) fn numbered(mut value: Value) -> Value {
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

pub(super) fn is_query(kind: &Kind) -> bool {
    matches!(kind, Kind::Ext(name) if name == "queryset")
}

/// A query of an object-relational mapper, narrowed down: it finds every row once.
pub(super) fn queried(mut value: Value, method: &str) -> Value {
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
