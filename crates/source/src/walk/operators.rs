//! Operators.

use super::{Walker, offset};
use crate::trace::{Act, Change, IN_PLACE};
use crate::value::{Base, Kind, Path, Sym, Value};
use crate::words::followed_by;
use ruff_python_ast::{Expr, ExprBinOp, Operator};
use ruff_text_size::Ranged;

impl<'a> Walker<'_, 'a> {
    /// The result of an operation: a new object, or something plain.
    pub(super) fn computed(&self, expr: &Expr, operands: &[Value]) -> Value {
        let mut value = if operands.iter().all(Value::is_plain) {
            Value::plain()
        } else {
            let mut joined = Value::default();
            for operand in operands {
                let sums_up = |kind: &&Kind| {
                    matches!(
                        kind,
                        Kind::Seq(_) | Kind::Map(_) | Kind::Ext(_) | Kind::Plain
                    )
                };
                for kind in operand.kinds.iter().filter(sums_up) {
                    joined.join(&Value::of(kind.clone()));
                }
                joined.open |=
                    operand.is_unknown() || operand.kinds.iter().any(|kind| !sums_up(&kind));
            }
            joined.at(Path::of(Base::Alloc(offset(expr))))
        };
        operands
            .iter()
            .for_each(|operand| value.add_sources(&operand.from));
        value
    }

    pub(super) fn binary(&mut self, operation: &'a ExprBinOp) -> Value {
        let left = self.eval(&operation.left);
        let right = self.eval(&operation.right);
        self.line = self.line_of(operation.start());
        self.read(&left, true);
        self.read(&right, true);
        self.operator_method(operation.op, &left, &right);
        let mut value = match operation.op {
            Operator::Div if is_path(&left) || is_path(&right) => {
                Value::of(Kind::Ext(Sym::new("pathlib.Path")))
            }
            // `"%s" % x` and the like.
            Operator::Mod if matches!(&*operation.left, Expr::StringLiteral(_)) => Value::plain(),
            _ => self.computed_pair(operation, &left, &right),
        };
        value.add_sources(&left.from);
        value.add_sources(&right.from);
        if operation.op != Operator::Sub {
            value = value.mixed();
        }
        if let (Operator::Add, Some(first)) = (operation.op, &left.words) {
            value.words = Some(followed_by(first, right.words.as_ref()));
        }
        let keys = self.operator_keys(operation, &left, &right);
        value.keyed(keys)
    }

    pub(super) fn computed_pair(
        &self,
        operation: &ExprBinOp,
        left: &Value,
        right: &Value,
    ) -> Value {
        let mut joined = if left.is_plain() && right.is_plain() {
            return Value::plain();
        } else {
            Value::default().at(Path::of(Base::Alloc(offset(operation))))
        };
        for side in [left, right] {
            for kind in &side.kinds {
                match kind {
                    // `[[0] * 4] * 3` is one list, three times.
                    Kind::Seq(inner) if operation.op == Operator::Mult && !inner.is_plain() => {
                        let mut inner = inner.clone();
                        inner.one = true;
                        joined.join(&Value::of(Kind::Seq(inner)));
                    }
                    // `xs + ys`, `a | b`: a new one of the same elements.
                    Kind::Seq(inner) => {
                        let inner = Box::new(held_by(side, inner));
                        joined.join(&Value::of(Kind::Seq(inner)));
                    }
                    Kind::Map(inner) => {
                        let inner = Box::new(held_by(side, inner));
                        joined.join(&Value::of(Kind::Map(inner)));
                    }
                    Kind::Plain | Kind::Ext(_) => {
                        joined.join(&Value::of(kind.clone()));
                    }
                    _ => joined.open = true,
                }
            }
            joined.open |= side.is_unknown();
        }
        joined
    }

    /// `a + b` of the project's own classes runs their code.
    pub(super) fn operator_method(&mut self, operator: Operator, left: &Value, right: &Value) {
        let name = match operator {
            Operator::Add => "__add__",
            Operator::Sub => "__sub__",
            Operator::Mult => "__mul__",
            Operator::Div => "__truediv__",
            Operator::BitOr => "__or__",
            Operator::MatMult => "__matmul__",
            _ => return,
        };
        self.call_special(left, name, std::slice::from_ref(right));
    }

    /// `a += b` and the like on an object which may change in place.
    pub(super) fn add_in_place(&mut self, target: &Value, added: &Value) {
        let in_place = |kind: &Kind| {
            matches!(
                kind,
                Kind::Seq(_) | Kind::Map(_) | Kind::Ext(_) | Kind::Instance(_)
            )
        };
        let surely = target.kinds.iter().any(in_place);
        let numbers =
            added.is_plain() && target.kinds.iter().all(|kind| matches!(kind, Kind::Plain));
        for path in self.with_aliases(&target.paths) {
            if surely {
                self.emit(Act::Change {
                    path,
                    how: Change::Adds,
                });
            } else if !numbers && !target.is_plain() {
                self.emit(Act::Doubt {
                    path: Some(path),
                    what: IN_PLACE.into(),
                });
            }
        }
    }
}

/// What the container holds, with its paths.
fn held_by(container: &Value, inner: &Value) -> Value {
    let mut held = inner.clone();
    if held.paths.is_empty() && !held.is_plain() {
        held.paths = container.element_paths();
    }
    held
}

fn is_path(value: &Value) -> bool {
    value
        .kinds
        .iter()
        .any(|kind| matches!(kind, Kind::Ext(name) if name == "pathlib.Path"))
}
