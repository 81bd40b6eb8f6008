//! Loops of which a stretch of the body, from its start, becomes a function: the whole body, or everything
//! up to the statement with the hot call, where that stands inside a block.

use crate::coroutines::Coroutines;
use crate::lanes::Lane;
use crate::loops::Loop;
use crate::names::{bound_in, locals_of, of_target, read_in_all, read_outside};
use crate::outcome::Outcome;
use crate::place::{comment_after, deeper, line_end};
use crate::segments::segments;
use crate::sheet::Sheet;
use crate::tasks::{Column, Tasks, bare};
use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, Stmt};
use rightlane_source::syntax::{NodeId, Ranged, TextRange, Tree};
use std::collections::BTreeSet;

/// The loop's edit, the whole body being the task.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn whole(sheet: &mut Sheet<'_>, lane: &dyn Lane, id: NodeId) -> Result<Outcome, String> {
    let each = Loop::of(sheet, id).ok_or("the loop is not a statement that can be split")?;
    let last = each.body.len().saturating_sub(1);
    write(sheet, lane, &each, last, &[])
}

/// The loop's edit, everything up to the statement at this index (without those of `later`) being the task.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn up_to(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    coroutines: Option<&Coroutines>,
    id: NodeId,
    at: usize,
    later: &[usize],
) -> Result<Outcome, String> {
    if coroutines.is_some() {
        return Err("and its block cannot be made a coroutine".to_owned());
    }
    let each = Loop::of(sheet, id).ok_or("the loop is not a statement that can be split")?;
    let mut outcome = write(sheet, lane, &each, at, later)?;
    let (first, last) = (each.body[0].start(), each.body[at].end());
    outcome.lines = Some((sheet.file.line(first), sheet.file.line(last)));
    Ok(outcome)
}

fn write(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    each: &Loop<'_>,
    at: usize,
    later: &[usize],
) -> Result<Outcome, String> {
    let Some((target, iter)) = each.each else {
        return Err(
            "a `while` loop's body cannot be made a function: its test is asked before each"
                .to_owned(),
        );
    };
    let in_task = |index: &usize| *index <= at && !later.contains(index);
    let task: Vec<&Stmt> = (0..each.body.len())
        .filter(in_task)
        .map(|index| &each.body[index])
        .collect();
    let rest: Vec<&Stmt> = (0..each.body.len())
        .filter(|index| !in_task(index))
        .map(|index| &each.body[index])
        .collect();
    let skips = refuse_jumps(&task)?;
    let scope = sheet.view.tree.scope(each.id);
    let targets = of_target(target);
    let outside = |name: &String| read_outside(sheet.view, scope, name, each.stmt.range());
    let read_later = read_in_all(rest.iter().copied());
    let bound = bound_in(task.iter().copied());
    let outputs: Vec<String> = bound
        .iter()
        .filter(|name| read_later.contains(*name) || outside(name))
        .cloned()
        .collect();
    let sure = surely_bound(&task);
    if let Some(name) = outputs.iter().find(|name| !sure.contains(*name)) {
        return Err(format!(
            "{name} is not bound in every iteration, but used afterwards"
        ));
    }
    let read = read_in_all(task.iter().copied());
    let inputs: Vec<String> = targets
        .iter()
        .filter(|name| read.contains(*name))
        .cloned()
        .collect();
    let id = Tree::id(AnyNodeRef::from(each.stmt));
    let captured: Vec<String> = match lane.copies() {
        true => locals_of(sheet.view, id, &read)
            .into_iter()
            .filter(|name| !targets.contains(name) && !bound.contains(name))
            .collect(),
        false => Vec::new(),
    };
    let changed = crate::changes::changed_by(task.iter().copied());
    if let Some(name) = captured.iter().find(|name| changed.contains(*name)) {
        return Err(format!(
            "the task changes {name}, and a worker process has a copy of its own"
        ));
    }
    let function = sheet.fresh("task");
    let mut parameters = inputs.clone();
    if parameters.is_empty() {
        parameters.push("_".to_owned());
    }
    parameters.extend(captured.iter().cloned());
    let returned = match (outputs.as_slice(), skips) {
        ([], _) => String::new(),
        (names, true) => format!("({},)", names.join(", ")),
        ([one], false) => one.clone(),
        (names, false) => names.join(", "),
    };
    let indent = sheet.indent_at(each.stmt.start());
    let outer = if lane.copies() {
        String::new()
    } else {
        indent.clone()
    };
    let mut text = format!("{outer}def {function}({}):\n", parameters.join(", "));
    let body = format!("{outer}{}", sheet.unit);
    let jumps = continues(
        &task,
        if returned.is_empty() {
            "return"
        } else {
            "return None"
        },
    );
    for (index, segment) in segments(sheet.file, each.body, each.header_end())
        .iter()
        .enumerate()
    {
        if in_task(&index) {
            text.push_str(&segment.written(sheet.file, &jumps, &body));
        }
    }
    if !returned.is_empty() {
        text.push_str(&format!("{body}return {returned}\n"));
    }
    let kept = targets
        .iter()
        .any(|name| read_later.contains(name) || outside(name));
    let (bind, iterable) = crate::items::iterable(sheet, each.id, iter, kept || inputs.len() > 1);
    let target_text = sheet.file.slice(target).to_owned();
    let column = |name: &String| {
        Column::Each(if *name == target_text {
            iterable.clone()
        } else {
            format!("[{name} for {} in {iterable}]", bare(&target_text))
        })
    };
    let mut columns: Vec<Column> = inputs.iter().map(column).collect();
    if columns.is_empty() {
        columns.push(Column::Each(iterable.clone()));
    }
    columns.extend(captured.into_iter().map(Column::Same));
    let opened = lane.opening(sheet);
    let tasks = Tasks {
        parameters,
        ..Tasks::new(function.clone(), columns)
    };
    let results = lane.results(sheet, &tasks, opened.as_ref());
    let value = match (outputs.as_slice(), skips) {
        ([], _) => sheet.ignored(),
        (_, true) => sheet.fresh("result"),
        ([one], false) => one.clone(),
        (names, false) => format!("({})", names.join(", ")),
    };
    let header = match kept {
        true => {
            let target = if target.is_tuple_expr() {
                format!("({})", bare(&target_text))
            } else {
                target_text.clone()
            };
            format!("for {target}, {value} in zip({iterable}, {results}):")
        }
        false => format!("for {} in {results}:", bare(&value)),
    };
    let mut out = String::new();
    if lane.copies() {
        sheet.define(text);
    } else {
        out.push('\n');
        out.push_str(&text);
        out.push('\n');
    }
    if let Some(line) = bind {
        out.push_str(&format!("{}\n", deeper(&line, &indent)));
    }
    let mut here = indent.clone();
    if let Some(opening) = &opened {
        out.push_str(&format!(
            "{indent}with {} as {}:\n",
            opening.expr, opening.name
        ));
        here.push_str(&sheet.unit);
    }
    let comment = comment_after(sheet.file, each.header_colon(sheet.file))
        .map_or_else(String::new, |text| format!("  {}", text.trim_end()));
    out.push_str(&format!("{here}{header}{comment}\n"));
    let inner = format!("{here}{}", sheet.unit);
    if skips && !outputs.is_empty() {
        out.push_str(&format!(
            "{inner}if {value} is None:\n{inner}{}continue\n",
            sheet.unit
        ));
        out.push_str(
            &format!("{inner}{}, = {value}\n", outputs.join(", ")).replace(", , =", ", ="),
        );
    }
    let mut empty = rest.is_empty();
    for (index, segment) in segments(sheet.file, each.body, each.header_end())
        .iter()
        .enumerate()
    {
        if !in_task(&index) {
            out.push_str(&segment.written(sheet.file, &[], &inner));
            empty = false;
        }
    }
    if empty {
        out.push_str(&format!("{inner}pass\n"));
    }
    let range = TextRange::new(each.stmt.start(), line_end(sheet.file, each.stmt.end()));
    if !each.orelse.is_empty() {
        return Err("and the loop has an `else`".to_owned());
    }
    let own = out.trim_start_matches('\n').trim_end();
    let own = own.strip_prefix(&indent).unwrap_or(own).to_owned();
    sheet.replace(range, own);
    let mut outcome = Outcome::default();
    if let Some(word) = crate::loops::ends_early(rest.iter().copied()) {
        outcome.changes(format!(
            "tasks of later items may already have run when `{word}` ends the loop"
        ));
    }
    if lane.gathers() {
        outcome.changes("what follows a task only begins when all tasks are done".to_owned());
    }
    Ok(outcome)
}

/// Whether an iteration may be skipped by `continue`.
///
/// # Errors
/// If something in the task leaves the loop or its function.
fn refuse_jumps(task: &[&Stmt]) -> Result<bool, String> {
    let mut found = Jumps::default();
    for stmt in task {
        found.visit_stmt(stmt);
    }
    match found.out {
        Some(word) => Err(format!("and `{word}` stands before the end of the task")),
        None => Ok(!found.continues.is_empty()),
    }
}

/// The `continue`s of this loop, with what stands for them in a function.
fn continues(task: &[&Stmt], instead: &str) -> Vec<(TextRange, String)> {
    let mut found = Jumps::default();
    for stmt in task {
        found.visit_stmt(stmt);
    }
    found
        .continues
        .into_iter()
        .map(|range| (range, instead.to_owned()))
        .collect()
}

#[derive(Default)]
struct Jumps {
    loops: u32,
    out: Option<&'static str>,
    continues: Vec<TextRange>,
}

impl<'a> Visitor<'a> for Jumps {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Break(_) if self.loops == 0 => self.out = Some("break"),
            Stmt::Return(_) => self.out = Some("return"),
            Stmt::Global(_) => self.out = Some("global"),
            Stmt::Nonlocal(_) => self.out = Some("nonlocal"),
            Stmt::Continue(one) if self.loops == 0 => self.continues.push(one.range()),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::For(_) | Stmt::While(_) => {
                self.loops += 1;
                walk_stmt(self, stmt);
                self.loops -= 1;
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Await(_) => self.out = Some("await"),
            Expr::Yield(_) | Expr::YieldFrom(_) => self.out = Some("yield"),
            Expr::Lambda(_) => {}
            _ => walk_expr(self, expr),
        }
    }
}

/// Names that are bound whenever the statements run to their end.
fn surely_bound(task: &[&Stmt]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for stmt in task {
        match stmt {
            Stmt::With(with) => {
                names.extend(
                    with.items
                        .iter()
                        .filter_map(|item| item.optional_vars.as_deref())
                        .flat_map(of_target),
                );
                names.extend(surely_bound(&with.body.iter().collect::<Vec<_>>()));
            }
            Stmt::If(one)
                if one
                    .elif_else_clauses
                    .last()
                    .is_some_and(|clause| clause.test.is_none()) =>
            {
                let mut sure = branch(&one.body);
                for clause in &one.elif_else_clauses {
                    let other = branch(&clause.body);
                    sure = match (ends(&one.body), ends(&clause.body)) {
                        (true, _) => other,
                        (_, true) => sure,
                        _ => sure.intersection(&other).cloned().collect(),
                    };
                }
                names.extend(sure);
            }
            Stmt::Try(one) if one.handlers.iter().all(|handler| ends(body_of(handler))) => {
                names.extend(branch(&one.body));
                names.extend(branch(&one.orelse));
                names.extend(branch(&one.finalbody));
            }
            Stmt::Try(one) => {
                let mut sure = branch(&one.body);
                sure.extend(branch(&one.orelse));
                for handler in one.handlers.iter().map(body_of).filter(|body| !ends(body)) {
                    let other = branch(handler);
                    sure = sure.intersection(&other).cloned().collect();
                }
                names.extend(sure);
                names.extend(branch(&one.finalbody));
            }
            Stmt::For(_) | Stmt::While(_) | Stmt::If(_) | Stmt::Match(_) => {}
            Stmt::AugAssign(_) => {}
            _ => names.extend(bound_in([*stmt])),
        }
    }
    names
}

fn branch(body: &[Stmt]) -> BTreeSet<String> {
    surely_bound(&body.iter().collect::<Vec<_>>())
}

fn body_of(handler: &rightlane_source::syntax::ast::ExceptHandler) -> &[Stmt] {
    let rightlane_source::syntax::ast::ExceptHandler::ExceptHandler(handler) = handler;
    &handler.body
}

/// Whether a block does not go on behind its end.
fn ends(body: &[Stmt]) -> bool {
    matches!(body.last(), Some(Stmt::Continue(_) | Stmt::Raise(_)))
}
