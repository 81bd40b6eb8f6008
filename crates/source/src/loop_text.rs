//! A loop's text in pieces.

use crate::text::SourceText;
use crate::trace::{LoopInfo, LoopNode, Trace};
use rightlane_facts::LoopText;
use ruff_python_ast::{Stmt, StmtFor, StmtWhile};
use ruff_text_size::{Ranged, TextRange};
use std::collections::HashSet;

/// The pieces of the loop; `callee` is the suggested call, `later` the statements before it that
/// may follow it.
pub(crate) fn loop_text(
    text: &SourceText,
    trace: &Trace<'_>,
    info: &LoopInfo<'_>,
    callee: Option<TextRange>,
    later: &HashSet<u32>,
) -> LoopText {
    let piece = |range: TextRange| text.dedented(range);
    let mut pieces = match info.node {
        LoopNode::For(stmt) => LoopText {
            target: text.slice(stmt.target.range()).to_owned(),
            ..of_body(text, &stmt.body, callee)
        },
        LoopNode::While(stmt) => LoopText {
            conditions: vec![piece(stmt.test.range())],
            ..of_body(text, &stmt.body, callee)
        },
        LoopNode::Comprehension {
            key,
            element,
            generators,
        } => LoopText {
            target: generators
                .first()
                .map(|generator| text.slice(generator.target.range()).to_owned())
                .unwrap_or_default(),
            body: key
                .into_iter()
                .chain([element])
                .map(|expr| piece(expr.range()))
                .collect(),
            call_statement: callee.and_then(|callee| {
                key.into_iter()
                    .chain([element])
                    .position(|expr| expr.range().contains_range(callee))
            }),
            conditions: generators
                .iter()
                .flat_map(|generator| &generator.ifs)
                .map(|test| piece(test.range()))
                .collect(),
            ..LoopText::default()
        },
        LoopNode::Block => LoopText::default(),
        LoopNode::Map { function, .. } => LoopText {
            body: vec![piece(function.range())],
            call_statement: Some(0),
            ..LoopText::default()
        },
    };
    if let LoopNode::For(StmtFor { body, .. }) | LoopNode::While(StmtWhile { body, .. }) = info.node
    {
        pieces.later = positions(trace, body, later);
    }
    pieces.statement = trace
        .stmts
        .get(info.stmt as usize)
        .map(|info| piece(info.stmt.range()))
        .unwrap_or_default();
    pieces
}

/// Which statements of the body are among those given by their numbers in the trace.
fn positions(trace: &Trace<'_>, body: &[Stmt], wanted: &HashSet<u32>) -> Vec<usize> {
    let numbers = wanted.iter().filter_map(|id| trace.stmts.get(*id as usize));
    let ranges: HashSet<TextRange> = numbers.map(|info| info.stmt.range()).collect();
    let all = body.iter().enumerate();
    all.filter(|(_, stmt)| ranges.contains(&stmt.range()))
        .map(|(at, _)| at)
        .collect()
}

fn of_body(text: &SourceText, body: &[Stmt], callee: Option<TextRange>) -> LoopText {
    LoopText {
        body: body
            .iter()
            .map(|stmt| text.dedented(stmt.range()))
            .collect(),
        call_statement: callee.and_then(|callee| {
            body.iter()
                .position(|stmt| stmt.range().contains_range(callee))
        }),
        ..LoopText::default()
    }
}
