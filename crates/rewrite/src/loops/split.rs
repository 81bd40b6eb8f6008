//! A loop that is being split: what all ways of doing so need.

use super::spot::{awaits, ends_early};
use super::{Loop, find_statement};
use crate::coroutines::Coroutines;
use crate::imports::builtin;
use crate::lanes::{Lane, Opening};
use crate::names::{bound_in, bound_in_expr, of_target, read_in, read_in_all, read_outside};
use crate::outcome::Outcome;
use crate::segments::{Segment, segments};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Items, bare, columns_of_call};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, Stmt};
use rightlane_source::syntax::{Ranged, TextRange, TextSize, Tree};
use std::collections::BTreeSet;

/// Longer lines are taken apart: what most formatters hold to.
const LONGEST_LINE: usize = 100;

/// The loop, and what of it comes before the call.
pub(super) struct Split<'s, 'a> {
    pub(super) sheet: &'s mut Sheet<'a>,
    pub(super) lane: &'s dyn Lane,
    pub(super) coroutines: Option<&'s Coroutines>,
    pub(super) each: Loop<'a>,
    pub(super) call: &'s ExprCall,
    /// The statement with the call.
    pub(super) at: usize,
    /// Statements that run before the call, in the first loop.
    pub(super) before: Vec<usize>,
    pub(super) outcome: Outcome,
}

impl<'a> Split<'_, 'a> {
    pub(super) fn indent(&self) -> String {
        self.sheet.indent_at(self.each.whole().start())
    }

    /// Where the pool is opened: around the outermost loop, so that it is opened once.
    pub(super) fn around(&self) -> Option<&'a Stmt> {
        let tree = &self.sheet.view.tree;
        let mut outermost = None;
        for id in tree.ancestors(self.each.id).skip(self.each.outer.len()) {
            match tree.node(id) {
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => break,
                AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_) => outermost = Some(id),
                _ => {}
            }
        }
        outermost.and_then(|id| find_statement(self.sheet, id))
    }

    /// What has to be defined first, and the expression that goes through the results.
    pub(super) fn results(
        &mut self,
        items: &Items<'_>,
        opened: Option<&Opening>,
    ) -> Result<(Option<String>, String), String> {
        if let Some(coroutines) = self.coroutines {
            let (definition, results) = coroutines.results(self.sheet, self.call, items)?;
            return Ok((Some(definition), results));
        }
        let tasks = columns_of_call(self.sheet, self.lane, self.call, items)?;
        Ok((None, self.lane.results(self.sheet, &tasks, opened)))
    }

    /// The loop over the results: the line before it, the header, what stands for the call, and whether the header
    /// binds that.
    pub(super) fn over(
        &mut self,
        results: String,
        opens: bool,
        kept: bool,
        target: &str,
        items: &str,
    ) -> Over {
        if self.moves() {
            // What stands before a call comes before its result is waited for: a task may fail.
            let results = match self.lane.gathers() || self.coroutines.is_some() {
                true => format!("{}({results})", builtin(self.sheet, "iter")),
                false => results,
            };
            let (inside, results) = self.named(&results, opens);
            let next = builtin(self.sheet, "next");
            let header = format!("for {} in {items}:", bare(target));
            return Over {
                inside,
                header,
                value: format!("{next}({results})"),
                binds: false,
            };
        }
        let value = self.value();
        let (inside, results) = self.short(results, opens, kept);
        let header = match kept {
            true => format!(
                "for {target}, {value} in {}({items}, {results}):",
                builtin(self.sheet, "zip")
            ),
            false => format!("for {} in {results}:", bare(&value)),
        };
        Over {
            inside,
            header,
            value,
            binds: true,
        }
    }

    /// Whether what stands before the call runs in the second loop.
    pub(super) fn moves(&self) -> bool {
        (0..self.at).any(|index| !self.before.contains(&index))
    }

    /// A line that gives long results a name, and what to call them in the header.
    fn short(&mut self, results: String, opens: bool, zipped: bool) -> (String, String) {
        let around = self.inner_depth(opens).len();
        let header = "for item, result in :".len() + if zipped { "zip(items, )".len() } else { 0 };
        match around + header + results.len() <= LONGEST_LINE {
            true => (String::new(), results),
            false => self.named(&results, opens),
        }
    }

    fn named(&mut self, results: &str, opens: bool) -> (String, String) {
        let name = self.sheet.fresh("results");
        let depth = self.inner_depth(opens);
        let results = folded(results, &depth, &self.sheet.unit);
        (format!("{depth}{name} = {results}\n"), name)
    }

    /// The stretch that a result stands for.
    pub(super) fn replaced(&self) -> TextRange {
        match self.coroutines {
            Some(coroutines) => coroutines.replaced(self.sheet, self.call),
            None => self.call.range(),
        }
    }

    /// How many columns will go through the items.
    pub(super) fn uses(&self, names: &BTreeSet<String>) -> usize {
        let differs = |expr: &Expr| read_in(expr).iter().any(|name| names.contains(name));
        let arguments = self
            .call
            .arguments
            .args
            .iter()
            .filter(|one| differs(one))
            .count();
        arguments + usize::from(differs(&self.call.func))
    }

    /// Names that are read after the call has its result: in its statement, and in what follows.
    pub(super) fn read_after(&self) -> BTreeSet<String> {
        let call = self.call.range();
        let tree = &self.sheet.view.tree;
        let mut read = BTreeSet::new();
        for (index, stmt) in self.each.body.iter().enumerate() {
            if self.before.contains(&index) {
                continue;
            }
            let id = Tree::id(AnyNodeRef::from(stmt));
            for node in tree.within(id) {
                if let AnyNodeRef::ExprName(name) = tree.node(node)
                    && !call.contains_range(name.range())
                {
                    read.insert(name.id.to_string());
                }
            }
        }
        read
    }

    /// What the result is called in the second loop: the statement's own target, where it only assigns it.
    pub(super) fn value(&mut self) -> String {
        if let Some(name) = self.bound_by_result() {
            return name;
        }
        match &self.each.body[self.at] {
            Stmt::Assign(assign) if assign.value.range() == self.replaced() => {
                if let [target @ Expr::Tuple(tuple)] = assign.targets.as_slice()
                    && tuple.elts.iter().all(Expr::is_name_expr)
                    && !of_target(target)
                        .iter()
                        .any(|name| self.is_read_earlier(name))
                {
                    return format!("({})", bare(self.sheet.file.slice(target)));
                }
                self.sheet.fresh("result")
            }
            Stmt::Expr(one) if one.value.range() == self.replaced() => self.sheet.ignored(),
            _ => self.sheet.fresh("result"),
        }
    }

    /// The body of the second loop: everything but what ran before, with the value for the call; the loop
    /// itself may bind it.
    pub(super) fn rest(&self, value: &str, binds: bool, indent: &str) -> String {
        let file = self.sheet.file;
        let whole = segments(file, self.each.body, self.each.header_end());
        let mut text = String::new();
        for (index, segment) in whole.iter().enumerate() {
            if self.before.contains(&index) {
                continue;
            }
            if index == self.at && binds && self.is_taken(segment, value) {
                text.push_str(&segment.comments(file, indent));
                continue;
            }
            let swaps = [(self.replaced(), value.to_owned())];
            text.push_str(&segment.written(file, &swaps, indent));
        }
        if text
            .lines()
            .all(|line| line.trim().is_empty() || line.trim().starts_with('#'))
        {
            text.push_str(&format!("{indent}pass\n"));
        }
        text
    }

    /// Whether the call's statement has nothing left to do: the loop itself binds the value.
    pub(super) fn is_taken(&self, segment: &Segment<'_>, value: &str) -> bool {
        match segment.stmt {
            Stmt::Expr(one) => one.value.range() == self.replaced(),
            Stmt::Assign(assign) if assign.value.range() == self.replaced() => {
                match assign.targets.as_slice() {
                    [target] => bare(self.sheet.file.slice(target)) == bare(value),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Where the pool is opened, or would be.
    pub(super) fn outer_depth(&self, opens: bool) -> String {
        let unit = match opens && self.around().is_some() {
            true => self.sheet.unit.as_str(),
            false => "",
        };
        format!("{}{unit}", self.indent())
    }

    /// Where the loop will stand.
    pub(super) fn inner_depth(&self, opens: bool) -> String {
        let unit = if opens { self.sheet.unit.as_str() } else { "" };
        format!("{}{unit}", self.indent())
    }

    /// Names that an iteration binds before the call: the target's, those of the test, and those of what comes
    /// before.
    pub(super) fn own_names(&self) -> Vec<String> {
        let mut own = match self.each.stmt {
            Stmt::While(each) => bound_in_expr(&each.test),
            _ => self
                .each
                .each
                .map_or_else(Vec::new, |(target, _)| of_target(target)),
        };
        let bound = bound_in(self.before.iter().map(|index| &self.each.body[*index]));
        for name in bound {
            if !own.contains(&name) {
                own.push(name);
            }
        }
        own
    }

    /// Whether a name is read outside of the loop.
    pub(super) fn is_read_outside(&self, name: &str) -> bool {
        read_outside(self.sheet.view, self.each.id, name, self.each.whole())
    }

    /// Whether the second loop has to bind a name anew: what follows reads it, or the loop may end there.
    ///
    /// # Errors
    /// If it would have another value than before once the loop is over.
    pub(super) fn binds_again(&self, name: &str, after: &BTreeSet<String>) -> Result<bool, String> {
        let outside = self.is_read_outside(name);
        let rest = self
            .each
            .body
            .iter()
            .enumerate()
            .filter(|(index, _)| !self.before.contains(index));
        let ends = ends_early(rest.map(|(_, stmt)| stmt)).is_some();
        let again = after.contains(name) || outside && ends;
        let skips = self
            .before
            .iter()
            .any(|index| super::jumps(&self.each.body[*index]));
        match again && outside && skips {
            true => Err(format!(
                "{name} is read after the loop, which may have skipped its last items: give it another name there"
            )),
            false => Ok(again),
        }
    }

    /// Whether a value is yielded once the call has its result.
    pub(super) fn yields(&self) -> bool {
        let after = self.each.body.iter().skip(self.at);
        after
            .into_iter()
            .any(|stmt| awaits(stmt) == Some("yielded"))
    }

    /// Whether a `while` loop takes its items from elsewhere: where it may wait for them, or in the call itself.
    pub(super) fn takes_items(&self) -> bool {
        let Stmt::While(each) = self.each.stmt else {
            return false;
        };
        let before = self.before.iter().map(|index| &self.each.body[*index]);
        let mut arguments = self.call.arguments.args.iter();
        crate::risks::test_waits(&each.test)
            || before.into_iter().any(crate::risks::waits)
            || arguments.any(crate::risks::calls)
    }

    /// What ends a `while` loop once a result is there.
    pub(super) fn ended_by_result(&self) -> Option<&'static str> {
        let rest = (self.at..self.each.body.len()).filter(|index| !self.before.contains(index));
        match self.each.stmt {
            Stmt::While(_) => ends_early(rest.map(|index| &self.each.body[index])),
            _ => None,
        }
    }

    /// The name that the second loop's header can bind to the result: nothing that stands before the call, and
    /// runs after it now, needs the value that the name had.
    pub(super) fn bound_by_result(&self) -> Option<String> {
        let Stmt::Assign(assign) = &self.each.body[self.at] else {
            return None;
        };
        let [Expr::Name(name)] = assign.targets.as_slice() else {
            return None;
        };
        let whole = assign.value.range() == self.replaced();
        (whole && !self.is_read_earlier(&name.id)).then(|| name.id.to_string())
    }

    /// Whether what stands before the call, but runs after it now, reads a name.
    fn is_read_earlier(&self, name: &str) -> bool {
        let later = (0..self.at).filter(|index| !self.before.contains(index));
        read_in_all(later.map(|index| &self.each.body[index])).contains(name)
    }

    /// The call's arguments.
    pub(super) fn arguments(&self) -> Arguments {
        Arguments::of(self.sheet, self.call)
    }

    /// The comment behind the loop's header.
    pub(super) fn header_comment(&self) -> String {
        let file = self.sheet.file;
        let comment = crate::place::comment_after(file, self.each.header_colon(file));
        comment.map_or_else(String::new, |comment| format!("  {}", comment.trim_end()))
    }

    /// The `else` of the loop.
    pub(super) fn or_else(&self, indent: &str) -> String {
        let file = self.sheet.file;
        if self.each.orelse.is_empty() {
            return String::new();
        }
        let end = self
            .each
            .body
            .last()
            .map_or(self.each.stmt.start(), |stmt| stmt.end());
        let deeper = format!("{indent}{}", self.sheet.unit);
        let header = file.text()[end.to_usize()..].find("else").unwrap_or(0);
        let header = end + TextSize::try_from(header).unwrap_or_default();
        let mut text = format!("{indent}else:\n");
        for segment in segments(file, self.each.orelse, header) {
            text.push_str(&segment.written(file, &[], &deeper));
        }
        text
    }

    /// What may be seen to change by the split itself.
    pub(super) fn note_changes(&mut self) {
        let after = self.each.body.iter().skip(self.at);
        if let Some(word) = ends_early(after) {
            self.outcome.changes(format!(
                "tasks of later items may already have run when `{word}` ends the loop"
            ));
        }
        if self.yields() && !self.lane.handles() {
            self.outcome
                .changes("all tasks are started when the first value is asked for".to_owned());
        }
        if self.lane.gathers() {
            self.outcome
                .changes("what follows a task only begins when all tasks are done".to_owned());
        }
    }
}

/// How the second loop goes through the results.
pub(super) struct Over {
    pub(super) inside: String,
    pub(super) header: String,
    pub(super) value: String,
    pub(super) binds: bool,
}

/// A call in lines: its arguments each in one of their own, where it is too long for one.
fn folded(call: &str, depth: &str, unit: &str) -> String {
    let (Some(open), true) = (call.find('('), call.ends_with(')')) else {
        return call.to_owned();
    };
    if depth.len() + call.len() + "results = ".len() <= LONGEST_LINE || call.contains('\n') {
        return call.to_owned();
    }
    let (function, inner) = (&call[..=open], &call[open + 1..call.len() - 1]);
    let mut lines = vec![String::new()];
    let mut level = 0;
    let mut quote = None;
    let mut parameters = false;
    for (at, letter) in inner.char_indices() {
        // The commas of a lambda's parameters part nothing.
        if level == 0 && quote.is_none() {
            parameters = (parameters || inner[at..].starts_with("lambda ")) && letter != ':';
        }
        match (letter, quote) {
            (_, Some(end)) if letter == end => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            ('(' | '[' | '{', None) => level += 1,
            (')' | ']' | '}', None) => level -= 1,
            (',', None) if level == 0 && !parameters => {
                lines.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
    // A parenthesis closed that was not opened here: it is no plain call.
    if level != 0 {
        return call.to_owned();
    }
    let lines: String = lines
        .iter()
        .map(|line| format!("{depth}{unit}{},\n", line.trim()))
        .collect();
    format!("{function}\n{lines}{depth})")
}
