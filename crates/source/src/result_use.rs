//! What becomes of a call's result, by what stands around it.

use crate::knowledge::accumulates;
use crate::text::SourceText;
use crate::trace::{CallInfo, CallNode, LoopInfo, LoopNode, Trace};
use crate::walk::folds_into;
use rightlane_facts::ResultUse;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// What becomes of the result of `call`, a call in the body of `info` (if in a loop).
pub(crate) fn result_use(
    text: &SourceText,
    trace: &Trace<'_>,
    info: Option<&LoopInfo<'_>>,
    call: &CallInfo<'_>,
) -> ResultUse {
    let range = match call.node {
        CallNode::Call(call) => call.range(),
        CallNode::MapFunction { .. } => return ResultUse::Element,
    };
    if let Some(LoopNode::Comprehension {
        key,
        element,
        generators,
    }) = info.map(|info| info.node)
    {
        return in_comprehension(range, key, element, generators);
    }
    match trace.stmts.get(call.stmt as usize).map(|info| info.stmt) {
        Some(stmt) => in_statement(text, stmt, range),
        None => ResultUse::Expression,
    }
}

fn in_comprehension(
    range: TextRange,
    key: Option<&Expr>,
    element: &Expr,
    generators: &[ruff_python_ast::Comprehension],
) -> ResultUse {
    let filters = generators.iter().flat_map(|generator| &generator.ifs);
    if filters
        .clone()
        .any(|test| test.range().contains_range(range))
    {
        return ResultUse::Filter;
    }
    if is_just(element, range) && key.is_none_or(|key| !key.range().contains_range(range)) {
        return ResultUse::Element;
    }
    ResultUse::Expression
}

fn in_statement(text: &SourceText, stmt: &Stmt, range: TextRange) -> ResultUse {
    match stmt {
        Stmt::Expr(expr) => in_expression_statement(text, &expr.value, range),
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [target] => assigned(text, target, &assign.value, range),
            _ => ResultUse::Expression,
        },
        Stmt::AnnAssign(assign) => match &assign.value {
            Some(value) => assigned(text, &assign.target, value, range),
            None => ResultUse::Expression,
        },
        Stmt::AugAssign(assign) => {
            ResultUse::Folded(text.slice(root(&assign.target).range()).to_owned())
        }
        Stmt::Return(stmt)
            if stmt
                .value
                .as_ref()
                .is_some_and(|value| is_just(value, range)) =>
        {
            ResultUse::Returned
        }
        _ => ResultUse::Expression,
    }
}

fn in_expression_statement(text: &SourceText, value: &Expr, range: TextRange) -> ResultUse {
    let value = unawaited(value);
    if value.range() == range {
        return ResultUse::Discarded;
    }
    match value {
        Expr::Yield(yielded)
            if yielded
                .value
                .as_ref()
                .is_some_and(|value| is_just(value, range)) =>
        {
            ResultUse::Returned
        }
        Expr::Call(outer) => match &*outer.func {
            Expr::Attribute(method) if accumulates(&method.attr) => {
                let owner = &*method.value;
                let plain = matches!(owner, Expr::Name(_) | Expr::Attribute(_));
                let name = text.slice(root(owner).range()).to_owned();
                match outer.arguments.args.as_ref() {
                    [only] if plain && method.attr.as_str() == "append" && is_just(only, range) => {
                        ResultUse::Appended(name)
                    }
                    _ => ResultUse::Folded(name),
                }
            }
            _ => ResultUse::Expression,
        },
        _ => ResultUse::Expression,
    }
}

fn assigned(text: &SourceText, target: &Expr, value: &Expr, range: TextRange) -> ResultUse {
    match target {
        Expr::Subscript(subscript) if is_just(value, range) => {
            ResultUse::Stored(text.slice(subscript.value.range()).to_owned())
        }
        Expr::Subscript(subscript) => {
            ResultUse::Folded(text.slice(root(&subscript.value).range()).to_owned())
        }
        Expr::Name(name) if folds_into(&name.id, value) => ResultUse::Folded(name.id.to_string()),
        Expr::Name(_) | Expr::Tuple(_) | Expr::List(_) if is_just(value, range) => {
            ResultUse::Assigned(text.slice(target.range()).to_owned())
        }
        _ => ResultUse::Expression,
    }
}

/// Whether the expression is the call itself, awaited perhaps.
fn is_just(expr: &Expr, range: TextRange) -> bool {
    unawaited(expr).range() == range
}

fn unawaited(expr: &Expr) -> &Expr {
    match expr {
        Expr::Await(awaited) => &awaited.value,
        other => other,
    }
}

/// `groups` of `groups[key]`, `self.rows` of itself.
fn root(expr: &Expr) -> &Expr {
    match expr {
        Expr::Subscript(subscript) => root(&subscript.value),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) => root(&method.value),
            _ => expr,
        },
        _ => expr,
    }
}
