//! Numbers that stand in the source.

use ruff_python_ast::{Expr, Number, Operator, UnaryOp};

/// The whole number that an expression is.
pub(crate) fn whole_number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(value) => value.as_u64(),
            _ => None,
        },
        _ => None,
    }
}

/// The number that an expression of numbers comes to: `1e-4`, `1 / 10_000`, `10 ** -3`.
pub(crate) fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Float(value) => Some(*value),
            Number::Int(value) => u32::try_from(value.as_u64()?).ok().map(f64::from),
            Number::Complex { .. } => None,
        },
        Expr::UnaryOp(of) if of.op == UnaryOp::USub => number(&of.operand).map(|value| -value),
        Expr::BinOp(of) => {
            let (left, right) = (number(&of.left)?, number(&of.right)?);
            match of.op {
                Operator::Mult => Some(left * right),
                Operator::Div => Some(left / right),
                Operator::Pow => Some(left.powf(right)),
                _ => None,
            }
        }
        _ => None,
    }
}
