//! A `threading.Thread` or a `multiprocessing.Process` for each item, moved to a pool.
//!
//! Making one becomes `submit`, waiting for one becomes asking for its result, and starting it is no longer
//! needed. The pool is open from the statement that makes the first to the one that waits for the last.

use crate::hoist::open_around;
use crate::lanes::pool_of;
use crate::outcome::Outcome;
use crate::place::line_end;
use crate::sheet::Sheet;
use crate::tasks::{Arguments, last_name};
use rightlane_facts::{Api, Settings};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, Stmt};
use rightlane_source::syntax::{NodeId, Ranged, TextRange, Tree};
use std::collections::BTreeSet;

/// Whether a call makes a thread or a process.
pub(super) fn makes_one(call: &ExprCall) -> bool {
    let name = last_name(&call.func);
    matches!(name, Some("Thread" | "Process")) && call.arguments.find_keyword("target").is_some()
}

/// The edit.
///
/// # Errors
/// Why there is none, as a sentence.
pub(super) fn rewrite(
    sheet: &mut Sheet<'_>,
    call: &ExprCall,
    api: Api,
    settings: Settings,
) -> Result<Outcome, String> {
    let lane =
        pool_of(api, settings).ok_or_else(|| format!("threads cannot become {}", api.name()))?;
    let (function, arguments) = task(sheet, call)?;
    if lane.copies() {
        super::findable(sheet, function)?;
        refuse_found(sheet, function)?;
    }
    let uses = Uses::of(sheet, call)?;
    let body = uses
        .block(sheet, call)
        .ok_or("they are made in one block and waited for in another")?;
    let opened = lane.opening(sheet).ok_or("this API has no pool")?;
    let function = sheet.file.slice(function).to_owned();
    let submit = lane
        .submit(&opened, &function, &arguments)
        .ok_or("this API has no handles")?;
    let mut replacements = vec![(call.range(), submit)];
    replacements.extend(uses.starts.iter().map(|range| (*range, String::new())));
    let result = lane.result("");
    replacements.extend(
        uses.joins
            .iter()
            .map(|range| (*range, result.trim_start_matches('.').to_owned())),
    );
    moved_into(sheet, body, &opened, &replacements);
    let mut outcome = Outcome::default();
    outcome.changes(
        "a task that fails ends the program where it is waited for: a thread said so on stderr, and the program went on"
            .to_owned(),
    );
    outcome.changes("no more tasks run at once than there are workers: those that wait for each other stand still".to_owned());
    Ok(outcome)
}

/// What a thread finds is in an object that it shares: a process would put it into a copy.
fn refuse_found(sheet: &Sheet<'_>, function: &Expr) -> Result<(), String> {
    let Some(def) =
        crate::names::function_of(sheet, Tree::id(AnyNodeRef::from(function)), function)
    else {
        return Ok(());
    };
    let own = crate::names::bound_in(&def.body);
    let changed = crate::changes::changed_by(&def.body);
    let root = |name: &String| name.split('.').next().unwrap_or_default().to_owned();
    match changed.iter().find(|name| !own.contains(&root(name))) {
        Some(name) => Err(format!(
            "{} changes {name}, and a process would change a copy of it: return what it found, and take it from the \
             results",
            def.name
        )),
        None => Ok(()),
    }
}

/// What each thread runs, and with which arguments.
fn task<'c>(sheet: &Sheet<'_>, call: &'c ExprCall) -> Result<(&'c Expr, Arguments), String> {
    if !call.arguments.args.is_empty() {
        return Err("the thread gets its arguments by position".to_owned());
    }
    let value = |name: &str| {
        call.arguments
            .find_keyword(name)
            .map(|keyword| &keyword.value)
    };
    let is_known = |name: &str| matches!(name, "target" | "args" | "kwargs" | "name");
    for keyword in &call.arguments.keywords {
        match keyword.arg.as_ref() {
            Some(name) if is_known(name) => {}
            Some(name) if name == "daemon" => {
                return Err("it is a daemon: the program ends without waiting for it, and a pool would wait".to_owned());
            }
            _ => {
                return Err(format!(
                    "{} has no counterpart in a pool",
                    sheet.file.slice(keyword)
                ));
            }
        }
    }
    let target = value("target").ok_or("the thread has no target")?;
    let arguments = Arguments::apart(sheet, value("args"), value("kwargs"));
    Ok((target, arguments))
}

/// Where threads are started and waited for.
struct Uses<'a> {
    /// Statements that only start them, to be left out.
    starts: Vec<TextRange>,
    /// The word `join()`, to be replaced.
    joins: Vec<TextRange>,
    stmts: Vec<&'a Stmt>,
}

impl<'a> Uses<'a> {
    fn of(sheet: &Sheet<'a>, call: &ExprCall) -> Result<Self, String> {
        let handles = handles(sheet, call)
            .ok_or("nobody waits for it: a pool would wait where it is closed")?;
        let mut uses = Self {
            starts: Vec::new(),
            joins: Vec::new(),
            stmts: Vec::new(),
        };
        let tree = &sheet.view.tree;
        for id in tree.within(scope_of(sheet, Tree::id(call))) {
            let AnyNodeRef::ExprAttribute(attribute) = tree.node(id) else {
                continue;
            };
            let Expr::Name(name) = &*attribute.value else {
                continue;
            };
            if handles.contains(name.id.as_str()) {
                uses.note(sheet, id, attribute.attr.as_str())?;
            }
        }
        match uses.joins.is_empty() {
            true => Err("nobody waits for it: a pool would wait where it is closed".to_owned()),
            false => Ok(uses),
        }
    }

    /// Notes `HANDLE.word` with its call.
    fn note(&mut self, sheet: &Sheet<'a>, id: NodeId, word: &str) -> Result<(), String> {
        let tree = &sheet.view.tree;
        let line = sheet.file.line(tree.range(id).start());
        let refused = || Err(format!("{word} (line {line}) has no counterpart in a pool"));
        let Some(AnyNodeRef::ExprCall(call)) = tree.parent(id).map(|id| tree.node(id)) else {
            return refused();
        };
        let statement = sheet
            .statement(id)
            .and_then(|id| crate::loops::find_statement(sheet, id));
        let stmt = statement.ok_or("a statement was not found")?;
        match word {
            "start" if matches!(stmt, Stmt::Expr(_)) => self.starts.push(left_out(sheet, stmt)),
            "join" if call.arguments.is_empty() => {
                let range = call.range();
                let word = range.end().to_usize() - "join()".len();
                let start =
                    rightlane_source::syntax::TextSize::try_from(word).unwrap_or(range.start());
                self.joins.push(TextRange::new(start, range.end()));
            }
            // It joins or starts a list that is appended to: nothing to do.
            "append" => return Ok(()),
            _ => return refused(),
        }
        self.stmts.push(stmt);
        Ok(())
    }

    /// The statements, all in one block, from the one that makes threads to the last that waits.
    fn block(&self, sheet: &Sheet<'a>, call: &ExprCall) -> Option<&'a [Stmt]> {
        let mut body: &[Stmt] = &sheet.file.module().body;
        loop {
            let at = |range: TextRange| {
                body.iter()
                    .position(|stmt| stmt.range().contains_range(range))
            };
            let first = at(call.range())?;
            let places: Option<Vec<usize>> =
                self.stmts.iter().map(|stmt| at(stmt.range())).collect();
            let last = places?.into_iter().max()?.max(first);
            if last > first {
                return body.get(first..=last);
            }
            let inner = crate::place::blocks(body.get(first)?);
            body = inner.into_iter().find(|block| {
                block
                    .iter()
                    .any(|stmt| stmt.range().contains_range(call.range()))
            })?;
        }
    }
}

/// The names that handles go by: what is assigned, the lists that they are put into, what goes through those.
fn handles(sheet: &Sheet<'_>, call: &ExprCall) -> Option<BTreeSet<String>> {
    let tree = &sheet.view.tree;
    let scope = scope_of(sheet, Tree::id(call));
    let mut one = BTreeSet::new();
    let mut lists = BTreeSet::new();
    for outer in tree.ancestors(Tree::id(call)) {
        match tree.node(outer) {
            AnyNodeRef::StmtAssign(assign) => {
                let [Expr::Name(name)] = assign.targets.as_slice() else {
                    return None;
                };
                let set = if assign.value.range() == call.range() {
                    &mut one
                } else {
                    &mut lists
                };
                set.insert(name.id.to_string());
                break;
            }
            AnyNodeRef::ExprCall(append) if last_name(&append.func) == Some("append") => {
                if let Expr::Attribute(attribute) = &*append.func
                    && let Expr::Name(name) = &*attribute.value
                {
                    lists.insert(name.id.to_string());
                }
                break;
            }
            AnyNodeRef::ExprListComp(_) => {}
            _ => return None,
        }
    }
    for id in tree.within(scope) {
        match tree.node(id) {
            AnyNodeRef::ExprCall(append) if last_name(&append.func) == Some("append") => {
                if let (Expr::Attribute(attribute), [Expr::Name(handle)]) =
                    (&*append.func, &*append.arguments.args)
                    && let Expr::Name(list) = &*attribute.value
                    && one.contains(handle.id.as_str())
                {
                    lists.insert(list.id.to_string());
                }
            }
            AnyNodeRef::StmtFor(each) => {
                if let (Expr::Name(target), Expr::Name(list)) = (&*each.target, &*each.iter)
                    && lists.contains(list.id.as_str())
                {
                    one.insert(target.id.to_string());
                }
            }
            _ => {}
        }
    }
    Some(one)
}

/// The function that the node stands in; the module, if it stands in none.
fn scope_of(sheet: &Sheet<'_>, id: NodeId) -> NodeId {
    let tree = &sheet.view.tree;
    let mut outer = tree.ancestors(id);
    outer
        .find(|id| matches!(tree.node(*id), AnyNodeRef::StmtFunctionDef(_)))
        .unwrap_or(NodeId(0))
}

/// A statement with the end of the line before it; the whole loop, where it does nothing else.
fn left_out(sheet: &Sheet<'_>, stmt: &Stmt) -> TextRange {
    let tree = &sheet.view.tree;
    let parent = tree
        .parent(Tree::id(AnyNodeRef::from(stmt)))
        .map(|id| tree.node(id));
    let range = match parent {
        Some(AnyNodeRef::StmtFor(each)) if each.body.len() == 1 => each.range(),
        _ => stmt.range(),
    };
    let line = sheet.file.line(range.start());
    let before = line_end(sheet.file, sheet.file.line_start(line.saturating_sub(1)));
    TextRange::new(before, line_end(sheet.file, range.end()))
}

/// The statements inside the pool.
fn moved_into(
    sheet: &mut Sheet<'_>,
    body: &[Stmt],
    opened: &crate::lanes::Opening,
    replacements: &[(TextRange, String)],
) {
    let [first, .., last] = body else {
        return;
    };
    let range = TextRange::new(first.start(), line_end(sheet.file, last.end()));
    open_around(sheet, range, opened, replacements);
}
