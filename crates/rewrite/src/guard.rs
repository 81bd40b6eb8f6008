//! The guard of a script's start.
//!
//! A worker that is not forked imports the script: only definitions may stand outside of
//! `if __name__ == "__main__"`
//! (<https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods>).

use crate::names::{bound_in, read_in_all};
use crate::place::{indent_unit, line_end, moved, starts_line};
use rightlane_facts::Edit;
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, Stmt};
use rightlane_source::syntax::{File, Ranged, TextRange};
use similar::{DiffTag, TextDiff};
use std::collections::BTreeSet;

/// The text with everything guarded that is no definition.
///
/// # Errors
/// Why it cannot be, as a sentence.
pub(crate) fn guard(text: &str) -> Result<String, String> {
    let file = File::parse(text.to_owned())?;
    let body = &file.module().body;
    let runs = guarded_runs(body);
    needed_by_definitions(body, &runs)?;
    let unit = indent_unit(&file);
    let mut out = String::new();
    let mut at = 0;
    for run in runs {
        let (Some(first), Some(last)) = (body.get(run.start), body.get(run.end - 1)) else {
            continue;
        };
        if !starts_line(&file, AnyNodeRef::from(first)) {
            return Err(
                "statements of the script share a line: it cannot be given a guard".to_owned(),
            );
        }
        let range = TextRange::new(first.start(), line_end(&file, last.end()));
        out.push_str(&text[at..range.start().to_usize()]);
        out.push_str("if __name__ == \"__main__\":\n");
        out.push_str(&unit);
        out.push_str(&moved(&file, range, &[], "", &unit));
        at = range.end().to_usize();
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// Runs of statements that only the first process may execute.
fn guarded_runs(body: &[Stmt]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, stmt) in body.iter().enumerate() {
        if is_definition(stmt) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            // A constant between two steps of the work goes with them.
            Some(run)
                if body[run.end..at]
                    .iter()
                    .all(|stmt| matches!(stmt, Stmt::Assign(_) | Stmt::AnnAssign(_))) =>
            {
                run.end = at + 1;
            }
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// A function that reads a name which is only made behind the guard would miss it in a worker.
fn needed_by_definitions(body: &[Stmt], runs: &[std::ops::Range<usize>]) -> Result<(), String> {
    let guarded: BTreeSet<String> = runs
        .iter()
        .flat_map(|run| bound_in(&body[run.clone()]))
        .collect();
    for stmt in body {
        let Stmt::FunctionDef(def) = stmt else {
            continue;
        };
        let mut own: BTreeSet<String> = bound_in(&def.body).into_iter().collect();
        own.extend(def.parameters.iter().map(|one| one.name().to_string()));
        let read = read_in_all(&def.body);
        if let Some(name) = read
            .iter()
            .find(|name| guarded.contains(*name) && !own.contains(*name))
        {
            return Err(format!(
                "{} reads the global {name}, which the script makes while it runs: a worker process that is \
                 started anew would not have it; hand it over as an argument",
                def.name
            ));
        }
    }
    Ok(())
}

fn is_definition(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Import(_)
        | Stmt::ImportFrom(_)
        | Stmt::FunctionDef(_)
        | Stmt::ClassDef(_)
        | Stmt::TypeAlias(_) => true,
        Stmt::Pass(_) | Stmt::Global(_) => true,
        Stmt::Expr(expr) => {
            expr.value.is_string_literal_expr() || expr.value.is_ellipsis_literal_expr()
        }
        Stmt::Assign(assign) => is_constant(&assign.value),
        Stmt::AnnAssign(assign) => assign.value.as_deref().is_none_or(is_constant),
        Stmt::Try(one) => {
            one.body.iter().all(is_definition)
                && one.handlers.iter().all(|handler| {
                    let rightlane_source::syntax::ast::ExceptHandler::ExceptHandler(handler) =
                        handler;
                    handler.body.iter().all(is_definition)
                })
        }
        Stmt::If(one) => {
            is_main_test(&one.test)
                || one.body.iter().all(is_definition)
                    && one
                        .elif_else_clauses
                        .iter()
                        .all(|clause| clause.body.iter().all(is_definition))
        }
        _ => false,
    }
}

fn is_main_test(test: &Expr) -> bool {
    matches!(test, Expr::Compare(compare)
        if matches!(&*compare.left, Expr::Name(name) if name.id.as_str() == "__name__"))
}

/// Constructors that only make a value: cheap and without effects.
const MAKERS: &[&str] = &[
    "compile",
    "Path",
    "PurePath",
    "namedtuple",
    "TypeVar",
    "frozenset",
    "set",
    "dict",
    "list",
    "tuple",
    "range",
    "getLogger",
    "get",
    "resolve",
    "joinpath",
    "dirname",
    "abspath",
    "join",
    "Decimal",
    "Fraction",
    "timedelta",
    "float",
    "int",
    "str",
    "bytes",
    "len",
    "maketrans",
    "lower",
    "upper",
    "split",
    "getenv",
    "defaultdict",
    "Counter",
    "deque",
    "Lock",
    "cpu_count",
    "with_suffix",
    "with_name",
    "absolute",
    "expanduser",
    "NewType",
];

/// Whether a value is made at no cost, the same in every process.
fn is_constant(value: &Expr) -> bool {
    match value {
        Expr::Name(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::EllipsisLiteral(_)
        | Expr::Lambda(_) => true,
        Expr::FString(string) => string
            .value
            .elements()
            .filter_map(|element| element.as_interpolation())
            .all(|one| is_constant(&one.expression)),
        Expr::Attribute(attribute) => is_constant(&attribute.value),
        Expr::UnaryOp(one) => is_constant(&one.operand),
        Expr::BinOp(one) => is_constant(&one.left) && is_constant(&one.right),
        Expr::BoolOp(one) => one.values.iter().all(is_constant),
        Expr::Compare(one) => is_constant(&one.left) && one.comparators.iter().all(is_constant),
        Expr::If(one) => {
            is_constant(&one.test) && is_constant(&one.body) && is_constant(&one.orelse)
        }
        Expr::Tuple(one) => one.elts.iter().all(is_constant),
        Expr::List(one) => one.elts.iter().all(is_constant),
        Expr::Set(one) => one.elts.iter().all(is_constant),
        Expr::Dict(one) => one
            .items
            .iter()
            .all(|item| item.key.as_ref().is_none_or(is_constant) && is_constant(&item.value)),
        Expr::Subscript(one) => is_constant(&one.value) && is_constant(&one.slice),
        Expr::Call(call) => {
            let known =
                crate::tasks::last_name(&call.func).is_some_and(|name| MAKERS.contains(&name));
            let base = match &*call.func {
                Expr::Attribute(attribute) => is_constant(&attribute.value),
                _ => true,
            };
            known
                && base
                && call.arguments.args.iter().all(is_constant)
                && call
                    .arguments
                    .keywords
                    .iter()
                    .all(|keyword| is_constant(&keyword.value))
        }
        _ => false,
    }
}

/// The edits, line by line, that make one text of the other.
pub(crate) fn difference(before: &str, after: &str) -> Vec<Edit> {
    let diff = TextDiff::from_lines(before, after);
    let lines = |text: &str| {
        let mut starts = vec![0usize];
        starts.extend(text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        }));
        starts
    };
    let (old, new) = (lines(before), lines(after));
    let mut edits = Vec::new();
    for op in diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal) {
        let (from, to) = (op.old_range(), op.new_range());
        edits.push(Edit {
            start: u32::try_from(old[from.start]).unwrap_or(u32::MAX),
            end: u32::try_from(old[from.end]).unwrap_or(u32::MAX),
            text: after[new[to.start]..new[to.end]].to_owned(),
        });
    }
    edits
}
