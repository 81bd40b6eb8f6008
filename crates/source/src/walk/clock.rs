//! The time, compared with something.

use super::Walker;
use crate::trace::Act;
use crate::value::{Source, Value};
use ruff_python_ast::{Expr, ExprCompare, Operator};

impl<'a> Walker<'_, 'a> {
    /// `time.monotonic() < until`, `time.monotonic() - started > limit`: a deadline.
    pub(super) fn compare_time(&mut self, comparison: &'a ExprCompare, operands: &[Value]) {
        let from: Vec<Source> = operands.iter().flat_map(|it| &it.from).cloned().collect();
        if from.iter().any(is_clock) {
            let against = self.against_clock(comparison, operands);
            self.emit(Act::Deadline { from, against });
        }
    }

    /// What a reading of the clock is compared with, or counted from.
    fn against_clock(
        &mut self,
        comparison: &'a ExprCompare,
        operands: &[Value],
    ) -> Option<Vec<Source>> {
        let [right] = &*comparison.comparators else {
            return None;
        };
        let [left_value, right_value] = operands else {
            return None;
        };
        let sides = [
            (&*comparison.left, left_value, right, right_value),
            (right, right_value, &*comparison.left, left_value),
        ];
        sides.into_iter().find_map(|(side, value, other, others)| {
            if let Expr::BinOp(difference) = side
                && difference.op == Operator::Sub
            {
                let mut sources = |expr| self.quietly(|walker| walker.eval(expr)).from;
                let (until, since) = (sources(&difference.left), sources(&difference.right));
                return match (is_reading(&until), is_reading(&since)) {
                    (true, false) => Some(since),
                    (false, true) => Some(until),
                    _ => None,
                };
            }
            let told = is_reading(&value.from) && !is_reading(&others.from);
            (told && !other.is_literal_expr()).then(|| others.from.clone())
        })
    }
}

fn is_clock(source: &Source) -> bool {
    matches!(source, Source::Clock(_))
}

/// Whether the value is the time as it was read once, by whatever name.
fn is_reading(from: &[Source]) -> bool {
    let named = |source: &&Source| matches!(source, Source::Local(_));
    let mut rest = from.iter().filter(|source| !named(source));
    rest.next().is_some_and(is_clock) && rest.next().is_none()
}
