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
    let holds = |node: &Expr| node.range().contains_range(call.range());
    let nested = |what: &str| {
        Err(format!(
            "the call stands inside {what}: the loop cannot be split there"
        ))
    };
    Ok(match stmt {
        Stmt::Expr(one) if is_first(&one.value, call.range()) => Spot::Direct,
        Stmt::Assign(one) if is_first(&one.value, call.range()) => Spot::Direct,
        Stmt::AnnAssign(one)
            if one
                .value
                .as_deref()
                .is_some_and(|value| is_first(value, call.range())) =>
        {
            Spot::Direct
        }
        Stmt::AugAssign(one) if is_first(&one.value, call.range()) => Spot::Direct,
        Stmt::Return(one)
            if one
                .value
                .as_deref()
                .is_some_and(|value| is_first(value, call.range())) =>
        {
            Spot::Direct
        }
        Stmt::Assert(one) if is_first(&one.test, call.range()) => Spot::Direct,
        Stmt::If(one) if holds(&one.test) && is_first(&one.test, call.range()) => Spot::Direct,
        Stmt::For(one) if holds(&one.iter) && is_first(&one.iter, call.range()) => Spot::Direct,
        Stmt::With(one)
            if one
                .items
                .first()
                .is_some_and(|item| is_first(&item.context_expr, call.range())) =>
        {
            Spot::Direct
        }
        Stmt::Match(one) if holds(&one.subject) && is_first(&one.subject, call.range()) => {
            Spot::Direct
        }
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

/// The first word in the statements that ends this loop early.
pub(crate) fn ends_early<'s>(body: impl IntoIterator<Item = &'s Stmt>) -> Option<&'static str> {
    use rightlane_source::syntax::ast::visitor::{Visitor, walk_stmt};
    struct Find {
        word: Option<&'static str>,
        loops: u32,
    }
    impl<'a> Visitor<'a> for Find {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::Break(_) if self.loops == 0 => self.word = self.word.or(Some("break")),
                Stmt::Return(_) => self.word = self.word.or(Some("return")),
                Stmt::Raise(_) => self.word = self.word.or(Some("raise")),
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
    let mut find = Find {
        word: None,
        loops: 0,
    };
    for stmt in body {
        find.visit_stmt(stmt);
    }
    find.word
}

/// Whether a statement may leave the iteration that it stands in.
pub(crate) fn jumps(stmt: &Stmt) -> bool {
    use rightlane_source::syntax::ast::visitor::{Visitor, walk_stmt};
    #[derive(Default)]
    struct Find {
        found: bool,
        loops: u32,
    }
    impl<'a> Visitor<'a> for Find {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::Continue(_) | Stmt::Break(_) => self.found |= self.loops == 0,
                Stmt::Return(_) => self.found = true,
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
    find.visit_stmt(stmt);
    find.found
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
