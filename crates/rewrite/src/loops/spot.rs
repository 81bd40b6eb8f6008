//! Where a call stands in a loop's body, and what stands there besides.

use rightlane_source::syntax::ast::{Expr, ExprCall, Stmt};
use rightlane_source::syntax::{Ranged, TextRange};

/// Where the call stands in the body.
pub(super) enum Spot {
    /// Evaluated whenever its statement is, before anything else of it that counts.
    Direct,
    /// Inside this statement's `try`, or behind a condition.
    Guarded,
}

/// The first thing in the statement that hands control to somebody else.
pub(super) fn awaits(stmt: &Stmt) -> Option<&'static str> {
    use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
    struct Find(Option<&'static str>);
    impl<'a> Visitor<'a> for Find {
        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Await(_) => self.0 = Some("awaited"),
                Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = Some("yielded"),
                Expr::Lambda(_) => {}
                _ => walk_expr(self, expr),
            }
        }
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                walk_stmt(self, stmt);
            }
        }
    }
    let mut find = Find(None);
    find.visit_stmt(stmt);
    find.0
}

/// Where the call stands in its statement.
///
/// # Errors
/// If the loop cannot be split there, why.
pub(super) fn spot(stmt: &Stmt, call: &ExprCall) -> Result<Spot, String> {
    let nested = |what: &str| {
        Err(format!(
            "the call stands inside {what}: the loop cannot be split there"
        ))
    };
    if !stmt.is_raise_stmt() && evaluated_first(stmt, call.range()) {
        return Ok(Spot::Direct);
    }
    Ok(match stmt {
        Stmt::Try(one) => match one.body.first() {
            Some(first) if first.range().contains_range(call.range()) => match spot(first, call)? {
                Spot::Direct => Spot::Guarded,
                Spot::Guarded => return nested("nested blocks"),
            },
            _ => return nested("a `try` block, but not first in it"),
        },
        Stmt::If(_) => return nested("a conditional block"),
        Stmt::With(_) => return nested("a `with` block"),
        Stmt::For(_) | Stmt::While(_) => return nested("another loop"),
        _ => return nested("a larger expression that does not always evaluate it"),
    })
}

/// Whether what has this range is evaluated whenever its statement is, and before what the statement holds.
pub(crate) fn evaluated_first(stmt: &Stmt, range: TextRange) -> bool {
    let expr = match stmt {
        Stmt::Expr(one) => Some(&*one.value),
        Stmt::Assign(one) => Some(&*one.value),
        Stmt::AugAssign(one) => Some(&*one.value),
        Stmt::AnnAssign(one) => one.value.as_deref(),
        Stmt::Return(one) => one.value.as_deref(),
        Stmt::Assert(one) => Some(&*one.test),
        Stmt::If(one) => Some(&*one.test),
        Stmt::For(one) => Some(&*one.iter),
        Stmt::With(one) => one.items.first().map(|item| &item.context_expr),
        Stmt::Match(one) => Some(&*one.subject),
        Stmt::Raise(one) => one.exc.as_deref(),
        _ => None,
    };
    expr.is_some_and(|expr| is_first(expr, range))
}

/// Whether the call is evaluated whenever the expression is: not behind `and`, `or`, `if`, in a lambda or a
/// comprehension.
pub(crate) fn is_first(expr: &Expr, range: TextRange) -> bool {
    if expr.range() == range {
        return true;
    }
    let within = |one: &Expr| one.range().contains_range(range) && is_first(one, range);
    match expr {
        Expr::Call(outer) => {
            within(&outer.func)
                || outer.arguments.args.iter().any(within)
                || outer
                    .arguments
                    .keywords
                    .iter()
                    .any(|keyword| within(&keyword.value))
        }
        Expr::BoolOp(operation) => operation.values.first().is_some_and(within),
        Expr::BinOp(operation) => within(&operation.left) || within(&operation.right),
        Expr::UnaryOp(operation) => within(&operation.operand),
        Expr::Compare(compare) => {
            within(&compare.left) || compare.comparators.first().is_some_and(within)
        }
        Expr::If(choice) => within(&choice.test),
        Expr::Attribute(attribute) => within(&attribute.value),
        Expr::Subscript(subscript) => within(&subscript.value) || within(&subscript.slice),
        Expr::Tuple(tuple) => tuple.elts.iter().any(within),
        Expr::List(list) => list.elts.iter().any(within),
        Expr::Set(set) => set.elts.iter().any(within),
        Expr::Dict(dict) => dict
            .items
            .iter()
            .any(|item| item.key.as_ref().is_some_and(within) || within(&item.value)),
        Expr::Starred(starred) => within(&starred.value),
        Expr::Await(one) => within(&one.value),
        Expr::Yield(one) => one.value.as_deref().is_some_and(within),
        Expr::Named(named) => within(&named.value),
        Expr::FString(string) => string
            .value
            .elements()
            .filter_map(|element| element.as_interpolation())
            .any(|one| within(&one.expression)),
        _ => false,
    }
}

/// The words that leave this loop's iteration, in their order; those of loops and functions inside left out.
fn exits<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> Vec<&'static str> {
    use rightlane_source::syntax::ast::visitor::{Visitor, walk_stmt};
    #[derive(Default)]
    struct Find {
        words: Vec<&'static str>,
        loops: u32,
    }
    impl<'a> Visitor<'a> for Find {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::Break(_) if self.loops == 0 => self.words.push("break"),
                Stmt::Continue(_) if self.loops == 0 => self.words.push("continue"),
                Stmt::Return(_) => self.words.push("return"),
                Stmt::Raise(_) => self.words.push("raise"),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                Stmt::For(_) | Stmt::While(_) => {
                    self.loops += 1;
                    walk_stmt(self, stmt);
                    self.loops -= 1;
                }
                _ => walk_stmt(self, stmt),
            }
        }
    }
    let mut find = Find::default();
    for stmt in body {
        find.visit_stmt(stmt);
    }
    find.words
}

/// The first word in the statements that ends this loop early.
pub(crate) fn ends_early<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> Option<&'static str> {
    exits(body).into_iter().find(|word| *word != "continue")
}

/// Whether a statement may leave the iteration that it stands in.
pub(crate) fn jumps(stmt: &Stmt) -> bool {
    exits([stmt]).into_iter().any(|word| word != "raise")
}

/// Of the statements that could run after the call: those that would run as often as before, nothing behind them
/// leaving the iteration.
pub(crate) fn movable(body: &[Stmt], at: usize, later: &[usize]) -> Vec<usize> {
    let stays = |index: &usize| (*index..at).any(|other| jumps(&body[other]));
    later
        .iter()
        .copied()
        .filter(|index| *index < at && !stays(index))
        .collect()
}
