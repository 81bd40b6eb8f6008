//! Expressions.

use super::assign::element;
use super::distinct::literals_apart;
use super::keys::{Piece, shows_all, text_keys};
use super::{Walker, offset};
use crate::apart::{Key, Of};
use crate::value::{Base, Kind, Path, Source, Sym, Value};
use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprIf, InterpolatedStringElement,
};
use ruff_text_size::Ranged;

impl<'a> Walker<'_, 'a> {
    /// Evaluates an expression, recording what happens meanwhile.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Value {
        self.line = self.line_of(expr.start());
        self.expression = offset(expr);
        match expr {
            Expr::Name(name) => self.load_name(&name.id),
            Expr::Call(call) => self.call(call),
            Expr::Attribute(attribute) => {
                let receiver = self.eval(&attribute.value);
                self.line = self.line_of(attribute.attr.start());
                self.attribute(&receiver, &attribute.attr.id, false)
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BinOp(operation) => self.binary(operation),
            Expr::BoolOp(operation) => self.bool_op(operation),
            Expr::Compare(comparison) => self.compare(comparison),
            Expr::UnaryOp(operation) => {
                let value = self.eval(&operation.operand);
                self.read(&value, true);
                self.computed(expr, &[value])
            }
            Expr::If(choice) => self.choice(choice),
            Expr::Named(named) => {
                let value = self.eval(&named.value);
                self.assign(&named.target, &value);
                value
            }
            Expr::Await(awaited) => {
                self.await_next = matches!(&*awaited.value, Expr::Call(_));
                let value = self.eval(&awaited.value);
                self.await_next = false;
                value
            }
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension(expr, None)
            }
            Expr::FString(_) | Expr::TString(_) => self.interpolated(expr),
            _ => self.eval_other(expr),
        }
    }

    fn eval_other(&mut self, expr: &'a Expr) -> Value {
        match expr {
            Expr::List(list) => self.sequence(expr, &list.elts),
            Expr::Set(set) => self.sequence(expr, &set.elts),
            Expr::Tuple(tuple) => self.tuple(&tuple.elts),
            Expr::Dict(dict) => {
                let mut element = Value::default();
                for item in &dict.items {
                    if let Some(key) = &item.key {
                        self.eval(key);
                    }
                    let value = self.eval(&item.value);
                    let mut held = if item.key.is_some() {
                        value
                    } else {
                        // `{**config}` holds what that one holds.
                        super::subscripts::held_values(&value)
                    };
                    held.lose_apart();
                    element.join(&held);
                }
                let from = element.from.clone();
                Value::of(Kind::Map(Box::new(element)))
                    .at(Path::of(Base::Alloc(offset(expr))))
                    .derived(&from)
            }
            Expr::Lambda(lambda) => match self.program.lambda_of(self.module, lambda) {
                Some(id) => Value::of(Kind::Func(id)),
                None => Value::unknown(),
            },
            Expr::Yield(yielded) => {
                let value = yielded
                    .value
                    .as_deref()
                    .map_or_else(Value::plain, |value| self.eval(value));
                self.yielded(value, true);
                Value::unknown()
            }
            Expr::YieldFrom(yielded) => {
                let value = self.eval(&yielded.value);
                self.read(&value, true);
                self.yielded(element(&value), false);
                Value::unknown()
            }
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .flatten()
                {
                    self.eval(part);
                }
                Value::plain()
            }
            _ => Value::plain(),
        }
    }

    /// Calls a special method if the receiver is of a class of the project that has it.
    pub(super) fn call_special(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &[Value],
    ) -> Option<Value> {
        let mut result = None;
        for kind in receiver.kinds.clone() {
            let Kind::Instance(class) = kind else {
                continue;
            };
            if let Some(method) = self.method(class, &Sym::new(name)) {
                let args = super::Args::of(args.to_vec());
                result = Some(self.apply_function(method, Some(receiver.clone()), &args));
            }
        }
        result
    }

    fn bool_op(&mut self, operation: &'a ExprBoolOp) -> Value {
        let mut joined = Value::default();
        let start = self.position();
        for (at, operand) in operation.values.iter().enumerate() {
            if at == 1 {
                self.fork();
            }
            if at > 0 {
                self.guards.push(start..self.position());
            }
            let value = self.eval(operand);
            self.read(&value, true);
            joined.join(&value);
        }
        if operation.values.len() > 1 {
            self.guards
                .truncate(self.guards.len() + 1 - operation.values.len());
            self.next_arm();
            self.join_arms();
        }
        let _ = BoolOp::And;
        joined
    }

    fn choice(&mut self, choice: &'a ExprIf) -> Value {
        let start = self.position();
        let test = self.eval(&choice.test);
        self.read(&test, true);
        self.guards.push(start..self.position());
        self.fork();
        let mut value = self.eval(&choice.body);
        self.next_arm();
        value.join(&self.eval(&choice.orelse));
        self.join_arms();
        self.guards.pop();
        value
    }

    fn compare(&mut self, comparison: &'a ExprCompare) -> Value {
        let mut operands = vec![self.eval(&comparison.left)];
        for operand in &comparison.comparators {
            operands.push(self.eval(operand));
        }
        self.line = self.line_of(comparison.start());
        for (at, operand) in operands.iter().enumerate() {
            // `x is None` looks at no object.
            let op = comparison.ops.get(at.saturating_sub(1));
            if !matches!(op, Some(CmpOp::Is | CmpOp::IsNot)) {
                self.read(operand, true);
            }
            if at > 0 && matches!(op, Some(CmpOp::In | CmpOp::NotIn)) {
                self.consume(operand);
            }
        }
        self.compare_time(comparison, &operands);
        let mut value = if operands.iter().all(Value::is_plain) {
            Value::plain()
        } else {
            // Arrays and tables compare to arrays and tables.
            Value {
                kinds: vec![Kind::Plain],
                ..Value::default()
            }
        };
        operands
            .iter()
            .for_each(|operand| value.add_sources(&operand.from));
        value
    }

    fn sequence(&mut self, expr: &'a Expr, elts: &'a [Expr]) -> Value {
        let mut inner = Value::default();
        let values: Vec<Value> = elts.iter().map(|elt| self.eval(elt)).collect();
        let words = self.list_words(elts, &values);
        for (elt, value) in elts.iter().zip(values) {
            let mut value = if elt.is_starred_expr() {
                element(&value)
            } else {
                value
            };
            value.lose_apart();
            inner.join(&value);
        }
        inner.apart = literals_apart(elts);
        let from = inner.from.clone();
        let mut value = Value::of(Kind::Seq(Box::new(inner)))
            .at(Path::of(Base::Alloc(offset(expr))))
            .derived(&from);
        value.words = words;
        value
    }

    fn tuple(&mut self, elts: &'a [Expr]) -> Value {
        let starred = elts.iter().any(Expr::is_starred_expr);
        let mut parts: Vec<Value> = elts.iter().map(|elt| self.eval(elt)).collect();
        let apart = literals_apart(elts);
        parts.iter_mut().for_each(|part| part.apart = apart);
        let mut from: Vec<Source> = Vec::new();
        let mut paths: Vec<Path> = Vec::new();
        for part in &parts {
            from.extend(part.from.iter().cloned());
            paths.extend(part.paths.iter().cloned());
        }
        let mut value = if starred {
            let mut inner = Value::default();
            parts.iter().for_each(|part| {
                inner.join(part);
            });
            Value::of(Kind::Seq(Box::new(inner)))
        } else {
            Value::of(Kind::Tuple(parts))
        };
        paths.truncate(10);
        value.paths = paths;
        value.derived(&from)
    }

    fn interpolated(&mut self, expr: &'a Expr) -> Value {
        let (pieces, from) = self.sourced_pieces(expr);
        Value::plain().keyed(text_keys(&pieces)).derived(&from)
    }

    /// The pieces of an f-string.
    pub(super) fn pieces(&mut self, expr: &'a Expr) -> Vec<Piece> {
        self.sourced_pieces(expr).0
    }

    /// The pieces of an f-string, and what they derive from.
    fn sourced_pieces(&mut self, expr: &'a Expr) -> (Vec<Piece>, Vec<Source>) {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut from: Vec<Source> = Vec::new();
        let mut pending: Vec<&'a InterpolatedStringElement> = match expr {
            Expr::FString(string) => string.value.elements().collect(),
            Expr::TString(string) => string.value.elements().collect(),
            _ => Vec::new(),
        };
        pending.reverse();
        while let Some(piece) = pending.pop() {
            let hole = match piece {
                InterpolatedStringElement::Interpolation(hole) => hole,
                InterpolatedStringElement::Literal(text) => {
                    pieces.push(Piece::Text(text.value.to_string()));
                    continue;
                }
            };
            let inner = self.eval(&hole.expression);
            self.read(&inner, true);
            self.call_special(&inner, "__str__", &[]);
            from.extend(inner.from);
            let spec = hole.format_spec.as_deref();
            let whole = spec.is_none_or(|spec| shows_all(self.text_of(spec.range())));
            pieces.push(Piece::Hole(if whole { inner.keys } else { Vec::new() }));
            if let Some(spec) = spec {
                let holes = spec.elements.iter();
                pending.extend(holes.filter(|element| !element.is_literal()));
            }
        }
        (pieces, from)
    }

    /// The function returns this.
    pub(super) fn returned(&mut self, value: &Value) {
        let value = self.outward(value);
        let held = &mut self.facts.returns[self.function.0 as usize];
        let changed = held.join(&value);
        held.add_sources(&value.from);
        self.facts.changed |= changed;
    }

    /// A value in terms that the callers understand: objects made here become the caller's call,
    /// items become what the loop goes through.
    pub(super) fn outward(&self, value: &Value) -> Value {
        let mut value = value
            .pruned()
            .map_paths(&mut |path| self.outward_path(path, 0));
        value.from.retain(|source| {
            matches!(
                source,
                Source::Param(_) | Source::Unique(_) | Source::Clock(_)
            )
        });
        value.map_keys(&|keys| {
            let outward = |key: &&Key| !matches!(key.of, Of::Item(..));
            keys.iter().filter(outward).copied().collect()
        });
        value
    }

    pub(super) fn outward_path(&self, path: &Path, depth: usize) -> Vec<Path> {
        match &path.base {
            Base::Alloc(_) => vec![Path::of(Base::Alloc(super::apply::MADE_BY_CALLEE))],
            Base::Item(at) if depth < 4 => {
                let origins = self.trace.origins.get(at).map_or(&[][..], Vec::as_slice);
                origins
                    .iter()
                    .flat_map(|origin| self.outward_path(&origin.extended(&path.fields), depth + 1))
                    .collect()
            }
            Base::Item(_) => Vec::new(),
            _ => vec![path.clone()],
        }
    }
}
