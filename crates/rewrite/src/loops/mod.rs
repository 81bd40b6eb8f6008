//! `for` and `while` loops.
//!
//! The loop is split at the hot call. Where nothing stands before the call, its items are mapped:
//! `for item, value in zip(items, executor.map(f, items))` (`mapped`). Otherwise a first loop does what comes
//! before, in order, and notes what each task needs; the second goes on with the results, in order
//! (`collected`). Of a call inside a `try` or an `if`, every task is a future of its own, so that its exception
//! comes where it came before (`futures`). Where nobody knows how many items will be asked for, a few tasks
//! run ahead (`ahead`).

mod ahead;
mod collected;
mod futures;
mod mapped;
mod split;
mod spot;
mod write;

pub(crate) use spot::{ends_early, evaluated_first, is_first, jumps, movable};

use crate::coroutines::Coroutines;
use crate::lanes::Lane;
use crate::names::{of_target, read_outside};
use crate::outcome::Outcome;
use crate::place::starts_line;
use crate::sheet::Sheet;
use crate::tasks::in_class_body;
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, Stmt, StmtFor};
use rightlane_source::syntax::{File, NodeId, Ranged, TextRange, TextSize, Tree};
use split::Split;
use spot::{Spot, awaits, spot};

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
    pub(crate) fn whole(&self) -> TextRange {
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
            // A name that is read later has its last value even if the inner loop had no items.
            let read = |name: &String| read_outside(sheet.view, id, name, outer.range());
            if !is_plain(&outer.target) || of_target(&outer.target).iter().any(read) {
                break;
            }
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
    let each = splittable(sheet, id)?;
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
    let later = &movable(each.body, at, later)[..];
    let before: Vec<usize> = (0..at).filter(|index| !later.contains(index)).collect();
    refuse_awaits(&each, at, &before, call, coroutines.is_some())?;
    let place = match spot(&each.body[at], call) {
        Ok(place) => place,
        Err(why) => {
            return crate::bodies::up_to(sheet, lane, coroutines, id, at, later)
                .map_err(|also| format!("{why}; {also}"));
        }
    };
    refuse_ends(&each, &before)?;
    let parts = crate::fed::Parts::new(&each, &before);
    parts.refuse_changed(&each, at, call)?;
    parts.refuse_ahead()?;
    parts.refuse_fed(&each)?;
    let endless = each
        .each
        .and_then(|(_, iter)| crate::endless::endless(sheet, id, iter));
    let plain = before.is_empty() && endless.is_none() && matches!(place, Spot::Direct);
    let each = if plain { each.flatten(sheet) } else { each };
    let outcome = Outcome::default();
    let split = Split {
        sheet,
        lane,
        coroutines,
        each,
        call,
        at,
        before,
        outcome,
    };
    written(split, &place, endless)
}

/// The loop, if it is one that can be split anywhere.
fn splittable<'a>(sheet: &Sheet<'a>, id: NodeId) -> Result<Loop<'a>, String> {
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
    if let Some((target, _)) = each.each
        && !is_plain(target)
    {
        return Err(format!(
            "the loop's target, {}, is more than names: others see every item in it",
            sheet.file.slice(target)
        ));
    }
    Ok(each)
}

/// The way to split that fits.
fn written(split: Split<'_, '_>, place: &Spot, endless: Option<String>) -> Result<Outcome, String> {
    if let Some(why) = endless {
        return split.ahead(false).map_err(|also| format!("{why}; {also}"));
    }
    let has_pool = split.lane.handles() && split.coroutines.is_none();
    let guarded = matches!(place, Spot::Guarded);
    if let Some(word) = split.ended_by_result() {
        let why = format!(
            "`{word}` ends the loop when it has seen a result: nobody knows how many tasks there are"
        );
        return split
            .ahead(guarded)
            .map_err(|also| format!("{why}; {also}"));
    }
    match place {
        _ if split.yields() && has_pool => split.ahead(guarded),
        _ if guarded || split.takes_items() => split.futures(guarded),
        _ if split.before.is_empty() && split.each.each.is_some() => split.mapped(),
        _ => split.collected(),
    }
}

/// Whether a target binds nothing but names.
fn is_plain(target: &Expr) -> bool {
    match target {
        Expr::Name(_) => true,
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_plain),
        Expr::List(list) => list.elts.iter().all(is_plain),
        Expr::Starred(starred) => is_plain(&starred.value),
        _ => false,
    }
}

/// What hands control to somebody else before the call of an iteration has its result.
fn refuse_awaits(
    each: &Loop<'_>,
    at: usize,
    before: &[usize],
    call: &ExprCall,
    awaited: bool,
) -> Result<(), String> {
    let refused = |word: &str| {
        Err(format!(
            "something is {word} in the loop before the call's result is there"
        ))
    };
    for index in before {
        if let Some(word) = awaits(&each.body[*index]) {
            return refused(word);
        }
    }
    if crate::tasks::has_await(&Expr::Call(call.clone())) {
        return Err("an argument of the call is awaited or yielded".to_owned());
    }
    match awaits(&each.body[at]) {
        Some("awaited") if !awaited => refused("awaited"),
        _ => Ok(()),
    }
}

/// What would end the loop, or the function, before the calls of later items are made.
fn refuse_ends(each: &Loop<'_>, before: &[usize]) -> Result<(), String> {
    match ends_early(before.iter().map(|index| &each.body[*index])) {
        Some("return") => Err(
            "`return` stands before the call: what follows earlier items would not be done"
                .to_owned(),
        ),
        Some("break") if !each.orelse.is_empty() => {
            Err("`break` stands before the call, and the loop has an `else`".to_owned())
        }
        _ => Ok(()),
    }
}
