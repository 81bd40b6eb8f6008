//! `for` and `while` loops.
//!
//! The loop is split at the hot call. Where nothing stands before the call, its items are mapped:
//! `for item, value in zip(items, executor.map(f, items))`. Otherwise a first loop does what comes before, in
//! order, and notes what each task needs; the second goes on with the results, in order. Of a call inside a
//! `try` or an `if`, every task is a future of its own, so that its exception comes where it came before.

use crate::coroutines::Coroutines;
use crate::lanes::{Lane, Opening};
use crate::names::{self, of_target, read_in, read_outside};
use crate::outcome::Outcome;
use crate::place::{comment_after, starts_line};
use crate::segments::{Segment, segments};
use crate::sheet::Sheet;
use crate::tasks::{Items, bare, columns_of_call, in_class_body};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, Stmt, StmtFor};
use rightlane_source::syntax::{File, NodeId, Ranged, TextRange, TextSize, Tree};
use std::collections::BTreeSet;

/// Longer lines are taken apart: what most formatters hold to.
const LONGEST_LINE: usize = 100;

/// A loop in pieces.
pub(crate) struct Loop<'a> {
    pub(crate) id: NodeId,
    pub(crate) stmt: &'a Stmt,
    /// `for TARGET in ITER`
    pub(crate) each: Option<(&'a Expr, &'a Expr)>,
    pub(crate) body: &'a [Stmt],
    pub(crate) orelse: &'a [Stmt],
    /// The loops around it that do nothing else than go through it, the outermost first.
    pub(crate) outer: Vec<&'a StmtFor>,
}

impl<'a> Loop<'a> {
    pub(crate) fn of(sheet: &Sheet<'a>, id: NodeId) -> Option<Self> {
        let stmt = match sheet.view.tree.node(id) {
            AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_) => find_statement(sheet, id)?,
            _ => return None,
        };
        Some(match stmt {
            Stmt::For(each) => Self {
                id,
                stmt,
                each: Some((&each.target, &each.iter)),
                body: &each.body,
                orelse: &each.orelse,
                outer: Vec::new(),
            },
            Stmt::While(each) => Self {
                id,
                stmt,
                each: None,
                body: &each.body,
                orelse: &each.orelse,
                outer: Vec::new(),
            },
            _ => return None,
        })
    }

    /// The statement that is written anew.
    fn whole(&self) -> TextRange {
        self.outer
            .first()
            .map_or(self.stmt.range(), |outer| outer.range())
    }

    /// Takes the loops around it together with it, where each does nothing else than the next.
    fn flatten(mut self, sheet: &Sheet<'a>) -> Self {
        let ends = ends_early(self.body).is_some_and(|word| word == "break");
        if ends || self.each.is_none() || !self.orelse.is_empty() {
            return self;
        }
        let tree = &sheet.view.tree;
        let mut inner = self.stmt.range();
        for id in tree.ancestors(self.id) {
            let AnyNodeRef::StmtFor(outer) = tree.node(id) else {
                break;
            };
            let alone = matches!(&*outer.body, [only] if only.range() == inner);
            let gap = TextRange::new(outer.start(), inner.start());
            let noted = sheet
                .file
                .comments()
                .iter()
                .any(|comment| gap.contains_range(*comment));
            if !alone || noted || outer.is_async || !outer.orelse.is_empty() {
                break;
            }
            self.outer.insert(0, outer);
            inner = outer.range();
        }
        self
    }

    /// Behind the header's colon.
    pub(crate) fn header_colon(&self, file: &File) -> TextSize {
        let end = self.header_end();
        let colon = file.text()[end.to_usize()..].find(':').unwrap_or(0) + 1;
        end + TextSize::try_from(colon).unwrap_or_default()
    }

    pub(crate) fn header_end(&self) -> TextSize {
        match self.stmt {
            Stmt::For(each) => each.iter.end(),
            Stmt::While(each) => each.test.end(),
            _ => self.stmt.start(),
        }
    }
}

/// The statement with this number, as a statement.
pub(crate) fn find_statement<'a>(sheet: &Sheet<'a>, id: NodeId) -> Option<&'a Stmt> {
    use rightlane_source::syntax::ast::visitor::{Visitor, walk_stmt};
    struct Find<'a> {
        range: TextRange,
        found: Option<&'a Stmt>,
    }
    impl<'a> Visitor<'a> for Find<'a> {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            if stmt.range() == self.range {
                self.found = Some(stmt);
            } else if stmt.range().contains_range(self.range) {
                walk_stmt(self, stmt);
            }
        }
    }
    let mut find = Find {
        range: sheet.view.tree.range(id),
        found: None,
    };
    for stmt in &sheet.file.module().body {
        find.visit_stmt(stmt);
    }
    find.found
}

/// Where the call stands in the body.
enum Spot {
    /// Evaluated whenever its statement is, before anything else of it that counts.
    Direct,
    /// Inside this statement's `try`, or behind a condition.
    Guarded,
}

/// The loop's edit.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn rewrite(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    coroutines: Option<&Coroutines>,
    id: NodeId,
    call: &ExprCall,
    later: &[usize],
) -> Result<Outcome, String> {
    let each = Loop::of(sheet, id).ok_or("the loop is not a statement that can be split")?;
    if !starts_line(sheet.file, AnyNodeRef::from(each.stmt)) {
        return Err("the loop does not start a line of its own".to_owned());
    }
    if in_class_body(sheet, id) {
        return Err("the loop stands in the body of a class".to_owned());
    }
    if matches!(each.stmt, Stmt::For(one) if one.is_async) {
        return Err("it is an `async for`: its items come one after the other".to_owned());
    }
    let at = each
        .body
        .iter()
        .position(|stmt| stmt.range().contains_range(call.range()))
        .ok_or("the call does not stand in the loop's body")?;
    if let ([Stmt::For(inner)], Some(_)) = (each.body, each.each)
        && !inner.iter.range().contains_range(call.range())
        && inner
            .body
            .iter()
            .any(|stmt| stmt.range().contains_range(call.range()))
    {
        // Taken together with this one, where it does nothing else: see `flatten`.
        return rewrite(sheet, lane, coroutines, Tree::id(inner), call, &[]);
    }
    let before: Vec<usize> = (0..at).filter(|index| !later.contains(index)).collect();
    refuse_ends(&each, at, &before, coroutines.is_some())?;
    let plain = before.is_empty() && matches!(spot(&each.body[at], call), Ok(Spot::Direct));
    let each = if plain { each.flatten(sheet) } else { each };
    let split = Split::new(sheet, lane, coroutines, each, call, at, before);
    match spot(&split.each.body[at], call) {
        Err(why) => {
            return crate::bodies::up_to(split.sheet, lane, coroutines, id, at, later)
                .map_err(|also| format!("{why}; {also}"));
        }
        Ok(spot) => spot,
    }
    .written(split)
}

impl Spot {
    fn written(self, split: Split<'_, '_>) -> Result<Outcome, String> {
        match self {
            Spot::Guarded => split.futures(),
            Spot::Direct if split.before.is_empty() && split.each.each.is_some() => split.mapped(),
            Spot::Direct => split.collected(),
        }
    }
}

/// What would end the loop, or the function, before the call of an iteration.
fn refuse_ends(each: &Loop<'_>, at: usize, before: &[usize], awaited: bool) -> Result<(), String> {
    let own = (!awaited).then_some(at);
    for index in before.iter().copied().chain(own) {
        if let Some(word) = awaits(&each.body[index]) {
            return Err(format!(
                "something is {word} in the loop before the call's result is there"
            ));
        }
    }
    Ok(())
}

fn awaits(stmt: &Stmt) -> Option<&'static str> {
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

fn spot(stmt: &Stmt, call: &ExprCall) -> Result<Spot, String> {
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
        Expr::Named(named) => within(&named.value),
        Expr::FString(string) => string
            .value
            .elements()
            .filter_map(|element| element.as_interpolation())
            .any(|one| within(&one.expression)),
        _ => false,
    }
}

/// A loop that is being split.
struct Split<'s, 'a> {
    sheet: &'s mut Sheet<'a>,
    lane: &'s dyn Lane,
    coroutines: Option<&'s Coroutines>,
    each: Loop<'a>,
    call: &'s ExprCall,
    /// The statement with the call.
    at: usize,
    /// Statements that run before the call, in the first loop.
    before: Vec<usize>,
    outcome: Outcome,
}

impl<'s, 'a> Split<'s, 'a> {
    fn new(
        sheet: &'s mut Sheet<'a>,
        lane: &'s dyn Lane,
        coroutines: Option<&'s Coroutines>,
        each: Loop<'a>,
        call: &'s ExprCall,
        at: usize,
        before: Vec<usize>,
    ) -> Self {
        let outcome = Outcome::default();
        Self {
            sheet,
            lane,
            coroutines,
            each,
            call,
            at,
            before,
            outcome,
        }
    }

    fn indent(&self) -> String {
        self.sheet.indent_at(self.each.whole().start())
    }

    /// Where the pool is opened: around the outermost loop, so that it is opened once.
    fn around(&self) -> Option<&'a Stmt> {
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

    /// Items mapped to results.
    fn mapped(mut self) -> Result<Outcome, String> {
        let Some((target, iter)) = self.each.each else {
            return Err("a `while` loop has no items".to_owned());
        };
        let own: Vec<String> = self
            .each
            .outer
            .iter()
            .flat_map(|outer| of_target(&outer.target))
            .chain(of_target(target))
            .collect();
        let target_text = match self.each.outer.is_empty() {
            true => self.sheet.file.slice(target).to_owned(),
            false => format!("({})", own.join(", ")),
        };
        let names: BTreeSet<String> = own.into_iter().collect();
        let scope = self.sheet.view.tree.scope(self.each.id);
        let kept = self.needs_target(&names)
            || names
                .iter()
                .any(|name| read_outside(self.sheet.view, scope, name, self.each.whole()));
        let opened = self.lane.opening(self.sheet);
        let (bind, iterable) = match self.each.outer.is_empty() {
            true => crate::items::iterable(
                self.sheet,
                self.each.id,
                iter,
                kept || self.uses(&names) > 1,
            ),
            false => self.flat_items(&target_text),
        };
        let items = Items {
            names: &names,
            target: &target_text,
            iterable: &iterable,
        };
        let (definition, results) = self.results(&items, opened.as_ref())?;
        let bind: Vec<String> = bind.into_iter().chain(definition).collect();
        let value = self.value();
        let (set, results) = self.short(results, opened.is_some(), kept);
        let header = if kept {
            let target = match names.len() > 1 || target.is_tuple_expr() {
                true => format!("({})", bare(&target_text)),
                false => target_text.clone(),
            };
            format!("for {target}, {value} in zip({iterable}, {results}):")
        } else {
            format!("for {} in {results}:", bare(&value))
        };
        self.write(&bind, opened, &set, &header, &value)
    }

    /// All pairs of items of the loops that are taken together.
    fn flat_items(&mut self, target: &str) -> (Option<String>, String) {
        let name = self.sheet.fresh("items");
        let file = self.sheet.file;
        let clause = |target: &Expr, iter: &Expr| {
            format!("for {} in {}", file.slice(target), file.slice(iter))
        };
        let outer = self
            .each
            .outer
            .iter()
            .map(|one| clause(&one.target, &one.iter));
        let own = self.each.each.map(|(target, iter)| clause(target, iter));
        let clauses: Vec<String> = outer.chain(own).collect();
        (
            Some(format!("{name} = [{target} {}]", clauses.join(" "))),
            name,
        )
    }

    /// What has to be defined first, and the expression that goes through the results.
    fn results(
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

    /// A line that gives long results a name, and what to call them in the header.
    fn short(&mut self, results: String, opens: bool, zipped: bool) -> (String, String) {
        let around = self.depth(opens).len() + if opens { 2 } else { 1 } * self.sheet.unit.len();
        let header = "for item, result in :".len() + if zipped { "zip(items, )".len() } else { 0 };
        if around + header + results.len() <= LONGEST_LINE {
            return (String::new(), results);
        }
        let name = self.sheet.fresh("results");
        (format!("{name} = {results}"), name)
    }

    /// The stretch that a result stands for.
    fn replaced(&self) -> TextRange {
        match self.coroutines {
            Some(coroutines) => coroutines.replaced(self.sheet, self.call),
            None => self.call.range(),
        }
    }

    /// How many columns will go through the items.
    fn uses(&self, names: &BTreeSet<String>) -> usize {
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

    /// Whether what follows the call reads the loop's target.
    fn needs_target(&self, names: &BTreeSet<String>) -> bool {
        let read = self.read_after();
        names.iter().any(|name| read.contains(name))
    }

    /// Names that are read after the call has its result: in its statement, and in what follows.
    fn read_after(&self) -> BTreeSet<String> {
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
    fn value(&mut self) -> String {
        match &self.each.body[self.at] {
            Stmt::Assign(assign) if assign.value.range() == self.replaced() => {
                if let [target] = assign.targets.as_slice() {
                    match target {
                        Expr::Name(name) => return name.id.to_string(),
                        Expr::Tuple(tuple) if tuple.elts.iter().all(Expr::is_name_expr) => {
                            return format!("({})", bare(self.sheet.file.slice(target)));
                        }
                        _ => {}
                    }
                }
                self.sheet.fresh("result")
            }
            Stmt::Expr(one) if one.value.range() == self.replaced() => "_".to_owned(),
            _ => self.sheet.fresh("result"),
        }
    }

    /// The body of the second loop: everything but what ran before, with the value for the call.
    fn rest(&self, value: &str, indent: &str) -> String {
        let file = self.sheet.file;
        let whole = segments(file, self.each.body, self.each.header_end());
        let mut text = String::new();
        for (index, segment) in whole.iter().enumerate() {
            if self.before.contains(&index) {
                continue;
            }
            if index == self.at && self.is_taken(segment, value) {
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
    fn is_taken(&self, segment: &Segment<'_>, value: &str) -> bool {
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

    /// Where the loop will stand, without the pool that is opened for it alone.
    fn depth(&self, opens: bool) -> String {
        let unit = if opens && self.around().is_some() {
            self.sheet.unit.as_str()
        } else {
            ""
        };
        format!("{}{unit}", self.indent())
    }

    /// Writes the loop anew, with generated lines before it.
    fn write(
        self,
        before: &[String],
        opened: Option<Opening>,
        set: &str,
        header: &str,
        value: &str,
    ) -> Result<Outcome, String> {
        let depth = self.depth(opened.is_some());
        let lines: String = before
            .iter()
            .map(|line| crate::place::deeper(line, &depth) + "\n")
            .collect();
        self.write_after(&lines, opened, set, header, value)
    }

    /// Writes the loop anew; what comes before it is at its depth.
    fn write_after(
        mut self,
        before: &str,
        opened: Option<Opening>,
        set: &str,
        header: &str,
        value: &str,
    ) -> Result<Outcome, String> {
        let unit = self.sheet.unit.clone();
        let indent = self.indent();
        let around = self.around();
        let here = match (&opened, around) {
            (Some(_), None) => format!("{indent}{unit}"),
            _ => indent.clone(),
        };
        let moved_by = if opened.is_some() && around.is_some() {
            unit.as_str()
        } else {
            ""
        };
        let here = format!("{here}{moved_by}");
        let mut text = before.to_owned();
        if let (Some(opening), None) = (&opened, around) {
            text.push_str(&format!(
                "{indent}with {} as {}:\n",
                opening.expr, opening.name
            ));
        }
        let comment = comment_after(self.sheet.file, self.each.header_colon(self.sheet.file))
            .map_or_else(String::new, |comment| format!("  {}", comment.trim_end()));
        if !set.is_empty() {
            text.push_str(&format!("{here}{set}\n"));
        }
        text.push_str(&format!("{here}{header}{comment}\n"));
        text.push_str(&self.rest(value, &format!("{here}{unit}")));
        text.push_str(&self.or_else(&here));
        let range = TextRange::new(
            self.each.whole().start(),
            crate::place::line_end(self.sheet.file, self.each.stmt.end()),
        );
        let text = text.trim_start_matches('\n');
        let own = text
            .trim_end()
            .strip_prefix(&format!("{indent}{moved_by}"))
            .unwrap_or(text.trim_end());
        self.note_changes();
        match (opened, around) {
            (Some(opening), Some(outer)) => {
                crate::hoist::open_around(self.sheet, outer, &opening, &[(range, own.to_owned())]);
            }
            _ => {
                let own = own.to_owned();
                self.sheet.replace(range, own);
            }
        }
        Ok(self.outcome)
    }

    /// The `else` of the loop.
    fn or_else(&self, indent: &str) -> String {
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
    fn note_changes(&mut self) {
        let after = self.each.body.iter().skip(self.at);
        if let Some(word) = ends_early(after) {
            self.outcome.changes(format!(
                "tasks of later items may already have run when `{word}` ends the loop"
            ));
        }
        if self.lane.gathers() {
            self.outcome
                .changes("what follows a task only begins when all tasks are done".to_owned());
        }
        let yields = self
            .each
            .body
            .iter()
            .skip(self.at)
            .any(|stmt| awaits(stmt) == Some("yielded"));
        if yields {
            self.outcome
                .changes("all tasks are started when the first value is asked for".to_owned());
        }
    }

    /// A first loop that does what comes before the calls, a second one for what follows.
    fn collected(mut self) -> Result<Outcome, String> {
        let own = self.collected_names();
        let read = read_in(&Expr::Call(self.call.clone()));
        let after = self.read_after();
        let scope = self.sheet.view.tree.scope(self.each.id);
        let (view, whole) = (self.sheet.view, self.each.whole());
        let outside = move |name: &String| read_outside(view, scope, name, whole);
        // What is read only after the loop has its last value already.
        let needed: Vec<String> = own
            .iter()
            .filter(|name| read.contains(*name) || after.contains(*name))
            .cloned()
            .collect();
        let names: BTreeSet<String> = needed.iter().cloned().collect();
        let (one, target) = match needed.as_slice() {
            [] => ("None".to_owned(), "_".to_owned()),
            [single] => (single.clone(), single.clone()),
            more => (
                format!("({})", more.join(", ")),
                format!("({})", more.join(", ")),
            ),
        };
        let opened = self.lane.opening(self.sheet);
        let pending = self.sheet.fresh("pending");
        let items = Items {
            names: &names,
            target: &target,
            iterable: &pending,
        };
        let (definition, results) = self.results(&items, opened.as_ref())?;
        let value = self.value();
        let depth = self.depth(opened.is_some());
        let mut first = format!("{depth}{pending} = []\n");
        first.push_str(&self.first_loop(&depth, &format!("{pending}.append({one})")));
        let kept = after.iter().any(|name| names.contains(name)) || needed.iter().any(outside);
        let (set, results) = self.short(results, opened.is_some(), kept);
        let header = match kept {
            true => format!("for {target}, {value} in zip({pending}, {results}):"),
            false => format!("for {} in {results}:", bare(&value)),
        };
        let definition = definition.map_or_else(String::new, |text| {
            crate::place::deeper(&text, &depth) + "\n"
        });
        self.write_after(
            &format!("{first}{definition}"),
            opened,
            &set,
            &header,
            &value,
        )
    }

    /// Names that an iteration binds before the call: the target's, and those of what comes before.
    fn collected_names(&self) -> Vec<String> {
        let mut own = self
            .each
            .each
            .map_or_else(Vec::new, |(target, _)| of_target(target));
        let bound = names::bound_in(self.before.iter().map(|index| &self.each.body[*index]));
        for name in bound {
            if !own.contains(&name) {
                own.push(name);
            }
        }
        own
    }

    /// The first loop; `note` stands for the call.
    fn first_loop(&self, indent: &str, note: &str) -> String {
        let file = self.sheet.file;
        let header = TextRange::new(
            self.each.stmt.start(),
            self.each.header_colon(self.sheet.file),
        );
        let mut text = format!("{indent}{}\n", file.slice(header));
        let deeper = format!("{indent}{}", self.sheet.unit);
        let whole = segments(file, self.each.body, self.each.header_end());
        for (index, segment) in whole.iter().enumerate() {
            if self.before.contains(&index) {
                text.push_str(&segment.written(file, &[], &deeper));
            }
        }
        text.push_str(&format!("{deeper}{note}\n"));
        text
    }

    /// A future for each task.
    fn futures(self) -> Result<Outcome, String> {
        let opened = self
            .lane
            .opening(self.sheet)
            .ok_or("the call stands in a `try`: this API has no handle to wait for one task")?;
        let own = self.collected_names();
        let after = self.read_after();
        let mut needed: Vec<String> = own
            .iter()
            .filter(|name| after.contains(*name))
            .cloned()
            .collect();
        let future = self.sheet.fresh("future");
        let pending = self.sheet.fresh("pending");
        let function = self.sheet.file.slice(&*self.call.func).to_owned();
        let arguments = self.arguments();
        let submit = self
            .lane
            .submit(&opened, &function, &arguments)
            .ok_or("the call's arguments cannot be sent one by one by this API")?;
        needed.push(future.clone());
        let tuple = match needed.as_slice() {
            [single] => single.clone(),
            more => more.join(", "),
        };
        let noted = match needed.len() {
            1 => submit,
            _ => format!("({}, {submit})", needed[..needed.len() - 1].join(", ")),
        };
        let value = self.lane.result(&future);
        let header = format!("for {tuple} in {pending}:");
        let here = format!("{}{}", self.indent(), self.sheet.unit);
        let first = format!(
            "{here}{pending} = []\n{}",
            self.first_loop(&here, &format!("{pending}.append({noted})"))
        );
        self.write_inside(&first, opened, &header, &value)
    }

    fn arguments(&self) -> String {
        let range = self.call.arguments.range();
        let inner = TextRange::new(
            range.start() + TextSize::new(1),
            range.end() - TextSize::new(1),
        );
        self.sheet
            .file
            .slice(inner)
            .trim()
            .trim_end_matches(',')
            .to_owned()
    }

    /// Like `write`, with the first loop inside the pool.
    fn write_inside(
        mut self,
        first: &str,
        opened: Opening,
        header: &str,
        value: &str,
    ) -> Result<Outcome, String> {
        let unit = self.sheet.unit.clone();
        let indent = self.indent();
        let around = self.around();
        let here = format!("{indent}{unit}");
        let mut text = String::new();
        if around.is_none() {
            text.push_str(&format!(
                "{indent}with {} as {}:\n",
                opened.expr, opened.name
            ));
        }
        text.push_str(first);
        text.push_str(&format!("{here}{header}\n"));
        text.push_str(&self.rest(value, &format!("{here}{unit}")));
        text.push_str(&self.or_else(&here));
        let range = TextRange::new(
            self.each.whole().start(),
            crate::place::line_end(self.sheet.file, self.each.stmt.end()),
        );
        self.note_changes();
        match around {
            Some(outer) => {
                let own = text
                    .trim_end()
                    .strip_prefix(&here)
                    .unwrap_or(text.trim_end())
                    .to_owned();
                crate::hoist::open_around(self.sheet, outer, &opened, &[(range, own)]);
            }
            None => {
                let own = text
                    .trim_end()
                    .strip_prefix(&indent)
                    .unwrap_or(text.trim_end())
                    .to_owned();
                self.sheet.replace(range, own);
            }
        }
        Ok(self.outcome)
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
