//! The time of day, compared with something.

use super::Walker;
use crate::trace::Act;
use crate::value::{Kind, Value};
use ruff_python_ast::{Expr, ExprCompare};

impl<'a> Walker<'_, 'a> {
    /// `time.monotonic() < until`, `time.monotonic() - started > limit`: a deadline.
    pub(super) fn compare_time(&mut self, comparison: &'a ExprCompare, operands: &[Value]) {
        let sides: Vec<&'a Expr> = std::iter::once(&*comparison.left)
            .chain(&comparison.comparators)
            .collect();
        let [left, right] = sides[..] else { return };
        for (side, other, value) in [
            (left, right, operands.get(1)),
            (right, left, operands.first()),
        ] {
            let from = match side {
                Expr::Call(_) if self.is_clock(side) && !other.is_literal_expr() => {
                    value.map(|value| value.from.clone())
                }
                Expr::BinOp(difference) if self.is_clock(&difference.left) => {
                    let started = self.quietly(|walker| walker.eval(&difference.right));
                    Some(started.from)
                }
                _ => None,
            };
            if let Some(from) = from {
                self.emit(Act::Clock { from });
            }
        }
    }

    fn is_clock(&mut self, expr: &Expr) -> bool {
        let Expr::Call(call) = expr else { return false };
        let callee = self.resolve(self.function, &call.func);
        callee.kinds.iter().any(|kind| match kind {
            Kind::ExtName(name) => matches!(
                name.as_str(),
                "time.time" | "time.monotonic" | "time.perf_counter" | "datetime.datetime.now"
            ),
            _ => false,
        })
    }
}
