//! Loops of which a stretch of the body, from its start, becomes a function: the whole body, or everything
//! up to the statement with the hot call, where that stands inside a block.

use crate::coroutines::Coroutines;
use crate::lanes::Lane;
use crate::loops::Loop;
use crate::names::{bound_in, locals_of, of_target, read_in_all, read_outside};
use crate::outcome::Outcome;
use crate::place::{comment_after, line_end};
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
    let body = Body::new(sheet, each, at, later)?;
    let captured = body.captured(sheet, lane)?;
    let function = sheet.fresh("task");
    let mut parameters = body.inputs.clone();
    if parameters.is_empty() {
        parameters.push("_".to_owned());
    }
    parameters.extend(captured.iter().cloned());
    let definition = body.definition(sheet, lane, &function, &parameters);
    let (bind, iterable) = body.iterable(sheet);
    let opened = lane.opening(sheet);
    let columns = body.columns(sheet, &iterable, captured);
    let tasks = Tasks {
        parameters,
        ..Tasks::new(function, columns)
    };
    let results = lane.results(sheet, &tasks, opened.as_ref());
    let indent = sheet.indent_at(each.stmt.start());
    let mut out = String::new();
    match lane.copies() {
        true => {
            sheet.extracted = true;
            sheet.define(definition);
        }
        false => out.push_str(&format!("\n{definition}\n")),
    }
    out.extend(bind.map(|line| format!("{indent}{line}\n")));
    let mut here = indent.clone();
    if let Some(opening) = &opened {
        out.push_str(&format!(
            "{indent}with {} as {}:\n",
            opening.expr, opening.name
        ));
        here.push_str(&sheet.unit);
    }
    out.push_str(&body.second_loop(sheet, &iterable, &results, &here));
    let range = TextRange::new(each.stmt.start(), line_end(sheet.file, each.stmt.end()));
    let own = out.trim_start_matches('\n').trim_end();
    let own = own.strip_prefix(&indent).unwrap_or(own).to_owned();
    sheet.replace(range, own);
    Ok(body.outcome(sheet, lane))
}

/// A loop's body in two: what the task does, and what follows with its results.
struct Body<'l, 'a> {
    each: &'l Loop<'a>,
    target: &'a Expr,
    iter: &'a Expr,
    /// Indices of the task's statements.
    task: Vec<usize>,
    /// Those of the others.
    rest: Vec<usize>,
    /// Whether the task may end early by `continue`.
    skips: bool,
    /// Names of the target that the task reads.
    inputs: Vec<String>,
    /// Names that the task binds and somebody reads afterwards.
    outputs: Vec<String>,
    /// Whether what follows reads a name of the target.
    kept: bool,
}

impl<'l, 'a> Body<'l, 'a> {
    fn new(
        sheet: &Sheet<'a>,
        each: &'l Loop<'a>,
        at: usize,
        later: &[usize],
    ) -> Result<Self, String> {
        let Some((target, iter)) = each.each else {
            return Err(
                "a `while` loop's body cannot be made a function: its test is asked before each"
                    .to_owned(),
            );
        };
        if !each.orelse.is_empty() {
            return Err("the loop has an `else`".to_owned());
        }
        if let Some(why) = crate::endless::endless(sheet, each.id, iter) {
            return Err(why);
        }
        let (task, rest): (Vec<usize>, Vec<usize>) =
            (0..each.body.len()).partition(|index| *index <= at && !later.contains(index));
        crate::fed::Parts::new(each, &task).refuse_fed(each)?;
        let stmts: Vec<&Stmt> = task.iter().map(|index| &each.body[*index]).collect();
        let read_later = read_in_all(rest.iter().map(|index| &each.body[*index]));
        let outside = |name: &String| read_outside(sheet.view, each.id, name, each.stmt.range());
        let needed = |name: &String| read_later.contains(name) || outside(name);
        let targets = of_target(target);
        let read = read_in_all(stmts.iter().copied());
        let outputs: Vec<String> = bound_in(stmts.iter().copied())
            .into_iter()
            .filter(needed)
            .collect();
        let sure = surely_bound(&stmts);
        if let Some(name) = outputs.iter().find(|name| !sure.contains(*name)) {
            return Err(format!(
                "{name} is not bound in every iteration, but used afterwards: bind it before the loop's first `if`"
            ));
        }
        Ok(Self {
            each,
            target,
            iter,
            skips: refuse_jumps(&stmts)?,
            kept: targets
                .iter()
                .any(|name| needed(name) && !outputs.contains(name)),
            inputs: targets
                .into_iter()
                .filter(|name| read.contains(name))
                .collect(),
            outputs,
            task,
            rest,
        })
    }

    fn task(&self) -> Vec<&'a Stmt> {
        self.task
            .iter()
            .map(|index| &self.each.body[*index])
            .collect()
    }

    /// Threads must not change an object from outside of the task in steps, or in an order that is seen.
    fn refuse_mixing(&self, task: &[&Stmt]) -> Result<(), String> {
        let mut own = bound_in(task.iter().copied());
        own.extend(of_target(self.target));
        let mixed = crate::changes::mixed_by(task.iter().copied());
        let root = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
        match mixed.iter().find(|name| !own.contains(&root(name))) {
            Some(name) => Err(format!(
                "tasks side by side would change {name} at the same time: return what the task found, and change \
                 {name} in the loop over the results"
            )),
            None => Ok(()),
        }
    }

    /// Names of the function around it that a worker process has to be given.
    fn captured(&self, sheet: &Sheet<'_>, lane: &dyn Lane) -> Result<Vec<String>, String> {
        let task = self.task();
        if !lane.copies() {
            return self.refuse_mixing(&task).map(|()| Vec::new());
        }
        let read = read_in_all(task.iter().copied());
        let bound = bound_in(task.iter().copied());
        let targets = of_target(self.target);
        let id = Tree::id(AnyNodeRef::from(self.each.stmt));
        let mut captured = locals_of(sheet.view, id, &read);
        captured.retain(|name| !targets.contains(name) && !bound.contains(name));
        let changed = crate::changes::changed_by(task.iter().copied());
        let is_changed = |name: &&String| {
            changed
                .iter()
                .any(|one| one.split('.').next() == Some(name))
        };
        match captured.iter().find(is_changed) {
            Some(name) => Err(format!(
                "the task changes {name}, and a worker process has a copy of its own: return what the task found, and \
                 change {name} in the loop over the results"
            )),
            None => Ok(captured),
        }
    }

    /// The task as a function.
    fn definition(
        &self,
        sheet: &Sheet<'_>,
        lane: &dyn Lane,
        function: &str,
        parameters: &[String],
    ) -> String {
        let indent = match lane.copies() {
            true => String::new(),
            false => sheet.indent_at(self.each.stmt.start()),
        };
        let returned = match (self.outputs.as_slice(), self.skips) {
            ([], _) => String::new(),
            (names, true) => format!("({},)", names.join(", ")),
            (names, false) => names.join(", "),
        };
        let body = format!("{indent}{}", sheet.unit);
        let mut text = format!("{indent}def {function}({}):\n", parameters.join(", "));
        let jumps = continues(
            &self.task(),
            if returned.is_empty() {
                "return"
            } else {
                "return None"
            },
        );
        let whole = segments(sheet.file, self.each.body, self.each.header_end());
        for index in &self.task {
            text.push_str(&whole[*index].written(sheet.file, &jumps, &body));
        }
        if !returned.is_empty() {
            text.push_str(&format!("{body}return {returned}\n"));
        }
        text
    }

    fn iterable(&self, sheet: &mut Sheet<'_>) -> (Option<String>, String) {
        let indent = sheet.indent_at(self.each.stmt.start());
        let again = self.kept || self.inputs.len() > 1;
        crate::items::iterable(sheet, self.each.id, self.iter, again, &indent)
    }

    fn columns(&self, sheet: &Sheet<'_>, iterable: &str, captured: Vec<String>) -> Vec<Column> {
        let target = sheet.file.slice(self.target);
        let column = |name: &String| match name == target {
            true => Column::Each(iterable.to_owned()),
            false => Column::Each(format!("[{name} for {} in {iterable}]", bare(target))),
        };
        let mut columns: Vec<Column> = self.inputs.iter().map(column).collect();
        if columns.is_empty() {
            columns.push(Column::Each(iterable.to_owned()));
        }
        columns.extend(captured.into_iter().map(Column::Same));
        columns
    }

    /// The loop over the results.
    fn second_loop(
        &self,
        sheet: &mut Sheet<'_>,
        iterable: &str,
        results: &str,
        here: &str,
    ) -> String {
        let value = match (self.outputs.as_slice(), self.skips) {
            ([], _) => sheet.ignored(),
            (_, true) => sheet.fresh("result"),
            ([one], false) => one.clone(),
            (names, false) => format!("({})", names.join(", ")),
        };
        let target = sheet.file.slice(self.target);
        let comment = comment_after(sheet.file, self.each.header_colon(sheet.file));
        let comment = comment.map_or_else(String::new, |text| format!("  {}", text.trim_end()));
        let mut out = match self.kept {
            true => {
                let zip = crate::imports::builtin(sheet, "zip");
                let target = match self.target.is_tuple_expr() {
                    true => format!("({})", bare(target)),
                    false => target.to_owned(),
                };
                format!("{here}for {target}, {value} in {zip}({iterable}, {results}):{comment}\n")
            }
            false => format!("{here}for {} in {results}:{comment}\n", bare(&value)),
        };
        let inner = format!("{here}{}", sheet.unit);
        if self.skips && !self.outputs.is_empty() {
            let unit = &sheet.unit;
            out.push_str(&format!(
                "{inner}if {value} is None:\n{inner}{unit}continue\n"
            ));
            let comma = if self.outputs.len() == 1 { "," } else { "" };
            out.push_str(&format!(
                "{inner}{}{comma} = {value}\n",
                self.outputs.join(", ")
            ));
        }
        let whole = segments(sheet.file, self.each.body, self.each.header_end());
        for index in &self.rest {
            out.push_str(&whole[*index].written(sheet.file, &[], &inner));
        }
        if self.rest.is_empty() {
            out.push_str(&format!("{inner}pass\n"));
        }
        out
    }

    /// What may be seen to change.
    fn outcome(&self, sheet: &Sheet<'_>, lane: &dyn Lane) -> Outcome {
        let mut outcome = Outcome::default();
        let rest = self.rest.iter().map(|index| &self.each.body[*index]);
        if let Some(word) = crate::loops::ends_early(rest) {
            outcome.changes(format!(
                "tasks of later items may already have run when `{word}` ends the loop"
            ));
        }
        if let (Some(first), Some(last)) = (self.rest.first(), self.task.last())
            && first < last
        {
            let line = sheet.file.line(self.each.body[*first].start());
            outcome.changes(format!(
                "where a task fails, what stands in line {line} has not been done for its item"
            ));
        }
        if lane.gathers() {
            outcome.changes("what follows a task only begins when all tasks are done".to_owned());
        }
        outcome.early(crate::risks::of_items(sheet, self.each.id, self.iter));
        outcome
    }
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
