//! Comprehensions, generator expressions and the built-in `map`.
//!
//! The expression goes through the results instead of calling: `[f(x) for x in xs]` becomes
//! `list(executor.map(f, xs))`, with the pool open around its statement.

use crate::consumers::{Consumed, consumed};
use crate::coroutines::Coroutines;
use crate::imports::builtin;
use crate::lanes::Lane;
use crate::loops::{evaluated_first, find_statement, is_first};
use crate::names::{of_target, read_in};
use crate::outcome::Outcome;
use crate::place::{line_end, moved, starts_line};
use crate::sheet::Sheet;
use crate::tasks::{Items, bare, columns_of_call, in_class_body};
use rightlane_source::syntax::ast::{AnyNodeRef, Comprehension, Expr, ExprCall, Stmt};
use rightlane_source::syntax::{NodeId, Ranged, TextRange};
use std::collections::BTreeSet;

/// A comprehension in pieces.
struct Parts<'a> {
    /// The element; of a dict comprehension the key and the value.
    elements: Vec<&'a Expr>,
    generators: &'a [Comprehension],
    open: &'static str,
    close: &'static str,
    /// The function that makes the same of an iterator.
    maker: Option<&'static str>,
    lazy: bool,
}

fn parts(node: AnyNodeRef<'_>) -> Option<Parts<'_>> {
    Some(match node {
        AnyNodeRef::ExprListComp(one) => Parts {
            elements: vec![&one.elt],
            generators: &one.generators,
            open: "[",
            close: "]",
            maker: Some("list"),
            lazy: false,
        },
        AnyNodeRef::ExprSetComp(one) => Parts {
            elements: vec![&one.elt],
            generators: &one.generators,
            open: "{",
            close: "}",
            maker: Some("set"),
            lazy: false,
        },
        AnyNodeRef::ExprDictComp(one) => Parts {
            elements: vec![one.key.as_deref()?, &one.value],
            generators: &one.generators,
            open: "{",
            close: "}",
            maker: None,
            lazy: false,
        },
        AnyNodeRef::ExprGenerator(one) => Parts {
            elements: vec![&one.elt],
            generators: &one.generators,
            open: if one.parenthesized { "(" } else { "" },
            close: if one.parenthesized { ")" } else { "" },
            maker: None,
            lazy: true,
        },
        _ => return None,
    })
}

/// The edit of a comprehension.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn rewrite(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    coroutines: Option<&Coroutines>,
    id: NodeId,
    call: &ExprCall,
) -> Result<Outcome, String> {
    let mut parts = parts(sheet.view.tree.node(id)).ok_or("the site is no comprehension")?;
    let home = Home::of(sheet, id)?;
    let mut outcome = Outcome::default();
    note_consumer(sheet, id, &mut parts, &mut outcome)?;
    refuse_items(sheet, id, &parts)?;
    let spot = Spot::of(&parts, call)?;
    let names: Vec<String> = parts
        .generators
        .iter()
        .flat_map(|one| of_target(&one.target))
        .collect();
    let wanted: BTreeSet<String> = names.iter().cloned().collect();
    let after = read_after(sheet, id, call, &parts, &spot);
    let kept = names.iter().any(|name| after.contains(name));
    let again = kept || call_uses(call, &wanted) > 1;
    let depth = home.depth(sheet, lane);
    let (bind, target, iterable) = source(sheet, id, &parts, &spot, again, &depth);
    let items = Items {
        names: &wanted,
        target: &target,
        iterable: &iterable,
    };
    let opened = lane.opening(sheet);
    let mut before: Vec<String> = bind.into_iter().collect();
    let results = match coroutines {
        Some(coroutines) => {
            let (definition, results) = coroutines.results(sheet, call, &items)?;
            before.push(
                crate::place::deeper(&definition, &depth)
                    .trim_start()
                    .to_owned(),
            );
            results
        }
        None => {
            let mut tasks = columns_of_call(sheet, lane, call, &items)?;
            tasks.at_once = !parts.lazy;
            lane.results(sheet, &tasks, opened.as_ref())
        }
    };
    if !before.is_empty() && !home.first {
        return Err(
            "the expression is not always evaluated where it stands, and its items would have to be: give it a line of \
             its own"
                .to_owned(),
        );
    }
    let text = written(
        sheet, call, coroutines, &parts, &spot, &target, kept, &iterable, &results,
    );
    home.write(sheet, opened, &before, sheet.view.tree.range(id), &text);
    Ok(outcome)
}

/// The line that makes a list of the items, where there has to be one; what an item is called; the items.
fn source(
    sheet: &mut Sheet<'_>,
    id: NodeId,
    parts: &Parts<'_>,
    spot: &Spot,
    again: bool,
    depth: &str,
) -> (Option<String>, String, String) {
    match parts.generators {
        [only] if spot.filters_before(only).is_empty() => {
            let (bind, iterable) = crate::items::iterable(sheet, id, &only.iter, again, depth);
            (bind, sheet.file.slice(&only.target).to_owned(), iterable)
        }
        _ => {
            let names: Vec<String> = parts
                .generators
                .iter()
                .flat_map(|one| of_target(&one.target))
                .collect();
            let (name, target) = (sheet.fresh("items"), as_target(&names));
            let bind = format!("{name} = [{target} {}]", clauses(sheet, parts, spot));
            (Some(bind), target, name)
        }
    }
}

/// Refuses items that come one by one, never end, or get a name on the way.
fn refuse_items(sheet: &Sheet<'_>, id: NodeId, parts: &Parts<'_>) -> Result<(), String> {
    if parts.generators.iter().any(|one| one.is_async) {
        return Err("its items come one after the other (`async for`)".to_owned());
    }
    for generator in parts.generators {
        if let Some(why) = crate::endless::endless(sheet, id, &generator.iter) {
            return Err(format!(
                "{why}: take as many as are needed first (`itertools.islice`)"
            ));
        }
    }
    refuse_walrus(sheet, id)
}

/// A name that is bound by `:=` differs from item to item, too, and outlives the comprehension.
fn refuse_walrus(sheet: &Sheet<'_>, id: NodeId) -> Result<(), String> {
    for inner in sheet.view.tree.within(id) {
        if let AnyNodeRef::ExprNamed(named) = sheet.view.tree.node(inner) {
            let name = sheet.file.slice(&*named.target);
            return Err(format!(
                "{name} is bound by `:=` in the comprehension: write it as a loop"
            ));
        }
    }
    Ok(())
}

/// Where the call stands in the comprehension.
enum Spot {
    Element,
    /// In this condition of the last generator.
    Filter(usize),
}

impl Spot {
    fn of(parts: &Parts<'_>, call: &ExprCall) -> Result<Self, String> {
        if parts
            .elements
            .iter()
            .any(|element| is_first(element, call.range()))
        {
            return Ok(Spot::Element);
        }
        let last = parts
            .generators
            .last()
            .ok_or("the site is no comprehension")?;
        let filter = last
            .ifs
            .iter()
            .position(|test| is_first(test, call.range()));
        filter
            .map(Spot::Filter)
            .ok_or_else(|| "the call is not evaluated for every item in the same way".to_owned())
    }

    /// The conditions of the last generator that are asked before the call.
    fn filters_before<'g>(&self, last: &'g Comprehension) -> &'g [Expr] {
        match self {
            Spot::Element => &last.ifs,
            Spot::Filter(at) => &last.ifs[..*at],
        }
    }

    fn filters_after<'g>(&self, last: &'g Comprehension) -> &'g [Expr] {
        match self {
            Spot::Element => &[],
            Spot::Filter(at) => &last.ifs[*at..],
        }
    }
}

/// The statement that a site stands in.
pub(crate) struct Home<'a> {
    stmt: &'a Stmt,
    /// The outermost loop around it in its function: a pool is opened once.
    around: Option<&'a Stmt>,
    /// Whether the site is evaluated whenever the statement is.
    pub(crate) first: bool,
}

impl<'a> Home<'a> {
    pub(crate) fn of(sheet: &Sheet<'a>, id: NodeId) -> Result<Self, String> {
        let tree = &sheet.view.tree;
        if in_class_body(sheet, id) {
            return Err("the expression stands in the body of a class".to_owned());
        }
        for outer in tree
            .ancestors(id)
            .take_while(|id| !tree.node(*id).is_statement())
        {
            if matches!(tree.node(outer), AnyNodeRef::ExprLambda(_)) {
                return Err("the expression stands in a lambda".to_owned());
            }
        }
        let statement = sheet
            .statement(id)
            .ok_or("the expression stands in no statement")?;
        let stmt = find_statement(sheet, statement).ok_or("the statement was not found")?;
        if !starts_line(sheet.file, AnyNodeRef::from(stmt)) {
            return Err("the statement does not start a line of its own".to_owned());
        }
        if matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            return Err(
                "the expression belongs to a definition (a default value, a decorator)".to_owned(),
            );
        }
        let mut around = None;
        for outer in tree.ancestors(statement) {
            match tree.node(outer) {
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => break,
                AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_) => around = Some(outer),
                _ => {}
            }
        }
        let range = tree.range(id);
        Ok(Self {
            stmt,
            around: around.and_then(|id| find_statement(sheet, id)),
            first: evaluated_first(stmt, range),
        })
    }

    /// Where lines before the statement will stand.
    fn depth(&self, sheet: &Sheet<'_>, lane: &dyn Lane) -> String {
        let indent = sheet.indent_at(self.stmt.start());
        match self.around.is_some() && lane.handles() {
            true => format!("{indent}{}", sheet.unit),
            false => indent,
        }
    }

    /// Writes the statement with the site replaced, below the lines that come first, inside the pool.
    pub(crate) fn write(
        &self,
        sheet: &mut Sheet<'_>,
        opened: Option<crate::lanes::Opening>,
        before: &[String],
        site: TextRange,
        text: &str,
    ) {
        let indent = sheet.indent_at(self.stmt.start());
        let inner = format!("{indent}{}", sheet.unit);
        let range = TextRange::new(self.stmt.start(), line_end(sheet.file, self.stmt.end()));
        // They are at their depth already, but for their first lines.
        let lines = |depth: &str| {
            before
                .iter()
                .map(|line| format!("{line}\n{depth}"))
                .collect::<String>()
        };
        let swaps = [(site, text.to_owned())];
        match (opened, self.around) {
            (Some(opening), Some(outer)) => {
                let own = moved(sheet.file, range, &swaps, &indent, &inner);
                let own = format!("{}{own}", lines(&inner));
                let around = crate::hoist::whole(sheet, outer);
                crate::hoist::open_around(sheet, around, &opening, &[(range, own)]);
            }
            (Some(opening), None) => {
                let own = moved(sheet.file, range, &swaps, &indent, &inner);
                let head = format!("with {} as {}:\n{inner}", opening.expr, opening.name);
                let first = lines(&indent);
                sheet.replace(range, format!("{first}{head}{own}"));
            }
            (None, _) => {
                if !before.is_empty() {
                    sheet.insert(self.stmt.start(), lines(&indent));
                }
                sheet.replace(site, text.to_owned());
            }
        }
    }
}

/// Names that are read with the result: in the element, in later conditions.
fn read_after(
    sheet: &Sheet<'_>,
    id: NodeId,
    call: &ExprCall,
    parts: &Parts<'_>,
    spot: &Spot,
) -> BTreeSet<String> {
    let tree = &sheet.view.tree;
    let mut read = BTreeSet::new();
    let last = parts.generators.last();
    let filters = last.map_or(&[][..], |last| spot.filters_after(last));
    let pieces: Vec<TextRange> = parts
        .elements
        .iter()
        .map(|one| one.range())
        .chain(filters.iter().map(Ranged::range))
        .collect();
    for node in tree.within(id) {
        if let AnyNodeRef::ExprName(name) = tree.node(node)
            && !call.range().contains_range(name.range())
            && pieces
                .iter()
                .any(|piece| piece.contains_range(name.range()))
        {
            read.insert(name.id.to_string());
        }
    }
    read
}

/// How many of the call's parts go through the items.
fn call_uses(call: &ExprCall, names: &BTreeSet<String>) -> usize {
    let differs = |expr: &Expr| read_in(expr).iter().any(|name| names.contains(name));
    let keywords = call
        .arguments
        .keywords
        .iter()
        .filter(|one| differs(&one.value))
        .count();
    call.arguments
        .args
        .iter()
        .filter(|one| differs(one))
        .count()
        + keywords
}

fn as_target(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        more => format!("({})", more.join(", ")),
    }
}

/// The `for` and `if` clauses that stand before the call.
fn clauses(sheet: &Sheet<'_>, parts: &Parts<'_>, spot: &Spot) -> String {
    let mut text = Vec::new();
    let last = parts.generators.len().saturating_sub(1);
    for (at, generator) in parts.generators.iter().enumerate() {
        text.push(format!(
            "for {} in {}",
            sheet.file.slice(&generator.target),
            sheet.file.slice(&generator.iter)
        ));
        let filters = if at == last {
            spot.filters_before(generator)
        } else {
            &generator.ifs
        };
        text.extend(
            filters
                .iter()
                .map(|test| format!("if {}", sheet.file.slice(test))),
        );
    }
    text.join(" ")
}

#[expect(clippy::too_many_arguments, reason = "the pieces of one expression")]
fn written(
    sheet: &mut Sheet<'_>,
    call: &ExprCall,
    coroutines: Option<&Coroutines>,
    parts: &Parts<'_>,
    spot: &Spot,
    target: &str,
    kept: bool,
    iterable: &str,
    results: &str,
) -> String {
    let replaced = coroutines.map_or(call.range(), |coroutines| coroutines.replaced(sheet, call));
    let whole = parts.elements.len() == 1
        && parts.elements[0].range() == replaced
        && matches!(spot, Spot::Element)
        && !kept;
    if whole {
        return match parts.maker {
            // These give a list by themselves.
            Some("list") if results.contains(".starmap(") || results.starts_with("pool.map(") => {
                results.to_owned()
            }
            Some(maker) => format!("{}({results})", builtin(sheet, maker)),
            // Nobody can ask a pool that is closed.
            None if parts.open == "iter([" => {
                format!(
                    "{}({}({results}))",
                    builtin(sheet, "iter"),
                    builtin(sheet, "list")
                )
            }
            None => results.to_owned(),
        };
    }
    let value = sheet.fresh("result");
    let swap = |sheet: &Sheet<'_>, expr: &Expr| {
        let indent = sheet.indent_at(expr.start());
        moved(
            sheet.file,
            expr.range(),
            &[(replaced, value.clone())],
            &indent,
            &indent,
        )
    };
    let elements: Vec<String> = parts.elements.iter().map(|one| swap(sheet, one)).collect();
    let last = parts.generators.last();
    let filters = last.map_or(&[][..], |last| spot.filters_after(last));
    let filters: String = filters
        .iter()
        .map(|test| format!(" if {}", swap(sheet, test)))
        .collect();
    let from = match kept {
        true => {
            let target = if target.contains(',') {
                format!("({})", bare(target))
            } else {
                target.to_owned()
            };
            let zip = builtin(sheet, "zip");
            format!("for {target}, {value} in {zip}({iterable}, {results})")
        }
        false => format!("for {value} in {results}"),
    };
    format!(
        "{}{} {from}{filters}{}",
        parts.open,
        elements.join(": "),
        parts.close
    )
}

/// A generator expression is asked for its values by somebody: the pool has to be open then.
fn note_consumer(
    sheet: &Sheet<'_>,
    id: NodeId,
    parts: &mut Parts<'_>,
    outcome: &mut Outcome,
) -> Result<(), String> {
    if !parts.lazy {
        return Ok(());
    }
    match consumed(sheet, id) {
        Consumed::Whole => {}
        Consumed::UntilDecided(name) => outcome.changes(format!(
            "{name} stops at the first item that decides: items behind it are worked on, too"
        )),
        Consumed::Later => {
            parts.open = "iter([";
            parts.close = "])";
            outcome.changes(
                "all results are made where the generator was made, not when they are asked for"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

/// The edit of `map(f, xs)`.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn rewrite_map(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    id: NodeId,
) -> Result<Outcome, String> {
    let AnyNodeRef::ExprCall(call) = sheet.view.tree.node(id) else {
        return Err("the site is no call of map".to_owned());
    };
    let [function, iterables @ ..] = &*call.arguments.args else {
        return Err("map has no function".to_owned());
    };
    for items in iterables {
        if let Some(why) = crate::endless::endless(sheet, id, items) {
            return Err(format!(
                "{why}: take as many as are needed first (`itertools.islice`)"
            ));
        }
    }
    let home = Home::of(sheet, id)?;
    let mut outcome = Outcome::default();
    let later = match consumed(sheet, id) {
        Consumed::Whole => false,
        Consumed::UntilDecided(name) => {
            outcome.changes(format!(
                "{name} stops at the first item that decides: items behind it are worked on, too"
            ));
            false
        }
        Consumed::Later => {
            outcome.changes(
                "all results are made where map was called, not when they are asked for".to_owned(),
            );
            true
        }
    };
    let tasks = crate::tasks::of_map(sheet, lane, id, function, iterables)?;
    let opened = lane.opening(sheet);
    let results = lane.results(sheet, &tasks, opened.as_ref());
    let text = match later {
        true => format!(
            "{}({}({results}))",
            builtin(sheet, "iter"),
            builtin(sheet, "list")
        ),
        false => results,
    };
    home.write(sheet, opened, &[], call.range(), &text);
    Ok(outcome)
}
