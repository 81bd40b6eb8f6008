//! Runs of independent calls: each activity gets a worker of its own.

use crate::imports::from_import;
use crate::lanes::{Lane, Opening, lane};
use crate::names::{bound_in, locals_of, read_in_all};
use crate::outcome::Outcome;
use crate::place::{deeper, line_end, starts_line};
use crate::request::Request;
use crate::segments::{Segment, segments};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Column, Tasks, last_name};
use rightlane_facts::{Api, DependencyKind};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, Stmt};
use rightlane_source::syntax::{Ranged, TextRange, TextSize, Tree};
use std::collections::BTreeSet;

/// Statements that one worker runs, in order.
struct Activity<'a> {
    stmts: Vec<&'a Stmt>,
    /// Indices of the statements in their block.
    places: Vec<usize>,
    /// Names that it makes and somebody reads afterwards.
    outputs: Vec<String>,
    /// Names of the function around it that it reads.
    inputs: Vec<String>,
}

/// The run's edit: the members of each group are run by one worker.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn rewrite(
    sheet: &mut Sheet<'_>,
    request: &Request<'_>,
    groups: &[Vec<usize>],
) -> Result<Outcome, String> {
    let lane = lane(request)?;
    let block = Block::of(sheet, request, groups)?;
    let streams = streams(sheet, request, &block)?;
    let mut activities = block.activities(sheet, &streams);
    if activities.len() < 2 {
        return Err("there are not two activities that could run side by side".to_owned());
    }
    let mut outcome = Outcome::default();
    for stream in &streams {
        outcome.changes(format!(
            "{} becomes a queue between two workers: an item that is None would end it",
            stream.name
        ));
    }
    let swaps = stream_swaps(sheet, request, &streams, &mut activities);
    let mut text = String::new();
    let indent = sheet.indent_at(block.first().start());
    let mut calls = Vec::new();
    for activity in &activities {
        calls.push(written(
            sheet, &*lane, &block, activity, &swaps, &streams, &indent, &mut text,
        ));
    }
    let between = block.between(sheet, &activities, &indent);
    if !between.trim().is_empty() {
        outcome.changes("what stands between the calls is done before they are started".to_owned());
    }
    text.push_str(&between);
    text.push_str(&collected(sheet, &*lane, &activities, &calls, &indent));
    let range = TextRange::new(
        block.first().start(),
        line_end(sheet.file, block.last().end()),
    );
    let own = text.trim_start_matches('\n').trim_end();
    let own = own.strip_prefix(&indent).unwrap_or(own).to_owned();
    sheet.replace(range, own);
    outcome.changes("all activities are started before the first one has ended".to_owned());
    Ok(outcome)
}

/// The statements from the first member to the last.
struct Block<'a> {
    body: &'a [Stmt],
    header_end: TextSize,
    first: usize,
    last: usize,
    /// For each statement of the block: the group that it runs in.
    group: Vec<Option<usize>>,
}

impl<'a> Block<'a> {
    fn of(sheet: &Sheet<'a>, request: &Request<'_>, groups: &[Vec<usize>]) -> Result<Self, String> {
        let members = &request.site.members;
        let start = members.first().ok_or("the run has no members")?;
        let range = sheet.file.range(&start.span);
        let (body, header_end) = block_with(&sheet.file.module().body, range, TextSize::new(0))
            .ok_or("the statements were not found")?;
        let mut group = vec![None; body.len()];
        for (number, indices) in groups.iter().enumerate() {
            for index in indices {
                let member = members.get(*index).ok_or("the run has no such member")?;
                let range = sheet.file.range(&member.span);
                let at = body
                    .iter()
                    .position(|stmt| stmt.range() == range)
                    .ok_or("a statement was not found")?;
                group[at] = Some(number);
            }
        }
        let first = group
            .iter()
            .position(Option::is_some)
            .ok_or("the run has no members")?;
        let last = group
            .iter()
            .rposition(Option::is_some)
            .ok_or("the run has no members")?;
        let own = body[first..=last]
            .iter()
            .all(|stmt| starts_line(sheet.file, AnyNodeRef::from(stmt)));
        if !own {
            return Err("statements share a line".to_owned());
        }
        let mut block = Self {
            body,
            header_end,
            first,
            last,
            group,
        };
        block.adopt();
        Ok(block)
    }

    /// What stands between members goes with the one whose names it uses, or that uses its names.
    fn adopt(&mut self) {
        for at in self.first..=self.last {
            if self.group[at].is_some() {
                continue;
            }
            let read = read_in_all([&self.body[at]]);
            let bound: BTreeSet<String> = bound_in([&self.body[at]]).into_iter().collect();
            let before = (self.first..at).rev().find(|other| {
                self.group[*other].is_some()
                    && bound_in([&self.body[*other]])
                        .iter()
                        .any(|name| read.contains(name))
            });
            let after = (at + 1..=self.last).find(|other| {
                self.group[*other].is_some()
                    && read_in_all([&self.body[*other]])
                        .iter()
                        .any(|name| bound.contains(name))
            });
            self.group[at] = before.or(after).and_then(|other| self.group[other]);
        }
    }

    fn first(&self) -> &'a Stmt {
        &self.body[self.first]
    }

    fn last(&self) -> &'a Stmt {
        &self.body[self.last]
    }

    fn activities(&self, sheet: &Sheet<'a>, streams: &[Stream]) -> Vec<Activity<'a>> {
        let count = self.group.iter().flatten().max().map_or(0, |most| most + 1);
        let mut all = Vec::new();
        for number in 0..count {
            let places: Vec<usize> = (self.first..=self.last)
                .filter(|at| self.group[*at] == Some(number))
                .collect();
            if places.is_empty() {
                continue;
            }
            let stmts: Vec<&Stmt> = places.iter().map(|at| &self.body[*at]).collect();
            let own: Vec<TextRange> = stmts.iter().map(|stmt| stmt.range()).collect();
            let id = Tree::id(AnyNodeRef::from(stmts[0]));
            let scope = sheet.view.tree.scope(id);
            let read_elsewhere = |name: &String| {
                let outside = |range: TextRange| !own.iter().any(|one| one.contains_range(range));
                sheet.view.scopes.home(scope, name).is_some_and(|home| {
                    let known = sheet.view.scopes.names(home).find(|one| one == name);
                    known.is_some_and(|known| {
                        let mut reads = sheet.view.scopes.reads(home, known).iter();
                        reads.any(|id| outside(sheet.view.tree.range(*id)))
                    })
                })
            };
            let bound = bound_in(stmts.iter().copied());
            let is_stream = |name: &String| streams.iter().any(|stream| stream.name == *name);
            let outputs = bound
                .iter()
                .filter(|name| read_elsewhere(name) && !is_stream(name))
                .cloned()
                .collect();
            let read = read_in_all(stmts.iter().copied());
            let inputs = locals_of(sheet.view, id, &read)
                .into_iter()
                .filter(|name| !bound.contains(name))
                .collect();
            all.push(Activity {
                stmts,
                places,
                outputs,
                inputs,
            });
        }
        all
    }

    /// Statements between members that belong to no activity: they come first, as the activities may need them.
    fn between(&self, sheet: &Sheet<'_>, activities: &[Activity<'_>], indent: &str) -> String {
        let taken: BTreeSet<usize> = activities
            .iter()
            .flat_map(|one| one.places.iter().copied())
            .collect();
        let whole = segments(sheet.file, self.body, self.header_end);
        let free = (self.first..=self.last).filter(|at| !taken.contains(at));
        free.map(|at| whole[at].written(sheet.file, &[], indent))
            .collect()
    }

    fn segments(&self, sheet: &Sheet<'_>) -> Vec<Segment<'a>> {
        segments(sheet.file, self.body, self.header_end)
    }
}

/// The block that has a statement with this range, and where its header ends.
fn block_with(
    body: &[Stmt],
    range: TextRange,
    header_end: TextSize,
) -> Option<(&[Stmt], TextSize)> {
    if body.iter().any(|stmt| stmt.range() == range) {
        return Some((body, header_end));
    }
    let outer = body
        .iter()
        .find(|stmt| stmt.range().contains_range(range))?;
    let inner =
        |block: &'_ [Stmt]| -> bool { block.iter().any(|stmt| stmt.range().contains_range(range)) };
    let blocks = crate::place::blocks(outer);
    let block = blocks.into_iter().find(|block| inner(block))?;
    let first = block.first()?.start();
    block_with(block, range, first)
}

/// A list that one activity fills and another goes through.
struct Stream {
    name: String,
    /// `NAME.append`, handed to the first.
    append: TextRange,
    /// `NAME`, gone through by the second.
    iter: TextRange,
    /// `[]`
    made: TextRange,
    producer: usize,
}

/// The streams between activities that are to run side by side.
fn streams(
    sheet: &Sheet<'_>,
    request: &Request<'_>,
    block: &Block<'_>,
) -> Result<Vec<Stream>, String> {
    let site = request.site;
    let place = |member: usize| {
        let range = sheet.file.range(&site.members.get(member)?.span);
        block.body.iter().position(|stmt| stmt.range() == range)
    };
    let mut all = Vec::new();
    for dependency in site
        .dependencies
        .iter()
        .filter(|one| one.kind == DependencyKind::Stream)
    {
        let (Some(from), Some(to)) = (place(dependency.earlier), place(dependency.later)) else {
            continue;
        };
        if block.group[from].is_none() || block.group[from] == block.group[to] {
            continue;
        }
        let stream = stream(sheet, block, &dependency.name, from, to)?;
        all.push(stream);
    }
    Ok(all)
}

fn stream(
    sheet: &Sheet<'_>,
    block: &Block<'_>,
    name: &str,
    from: usize,
    to: usize,
) -> Result<Stream, String> {
    let refused = || {
        format!(
            "{name} is filled by one activity and used by the other in a way that no queue stands for"
        )
    };
    let tree = &sheet.view.tree;
    let at = Tree::id(AnyNodeRef::from(&block.body[from]));
    let home = sheet
        .view
        .scopes
        .home(tree.scope(at), name)
        .ok_or_else(refused)?;
    let known = sheet
        .view
        .scopes
        .names(home)
        .find(|one| *one == name)
        .ok_or_else(refused)?;
    let [(_, rightlane_source::syntax::Binding::Value(Expr::List(made)))] =
        sheet.view.scopes.bindings(home, known)
    else {
        return Err(refused());
    };
    let mut append = None;
    let mut iter = None;
    for id in sheet.view.scopes.reads(home, known) {
        let range = tree.range(*id);
        let outer = tree.parent(*id).map(|id| tree.node(id));
        match outer {
            Some(AnyNodeRef::ExprAttribute(attribute))
                if attribute.attr.as_str() == "append"
                    && block.body[from].range().contains_range(range) =>
            {
                append = append.xor(Some(attribute.range()));
            }
            Some(AnyNodeRef::StmtFor(_) | AnyNodeRef::Comprehension(_))
                if block.body[to].range().contains_range(range) =>
            {
                iter = iter.xor(Some(range));
            }
            _ => return Err(refused()),
        }
    }
    let (Some(append), Some(iter), true) = (append, iter, made.elts.is_empty()) else {
        return Err(refused());
    };
    Ok(Stream {
        name: name.to_owned(),
        append,
        iter,
        made: made.range(),
        producer: from,
    })
}

/// What stands in place of the list's uses; the list itself becomes a queue.
fn stream_swaps(
    sheet: &mut Sheet<'_>,
    request: &Request<'_>,
    streams: &[Stream],
    activities: &mut [Activity<'_>],
) -> Vec<(TextRange, String)> {
    let mut swaps = Vec::new();
    for stream in streams {
        let module = match request.api {
            Api::Process | Api::ProcessPoolExecutor | Api::Pool => "multiprocessing",
            _ => "queue",
        };
        let queue = from_import(sheet, module, "SimpleQueue");
        let name = &stream.name;
        swaps.push((stream.append, format!("{name}.put")));
        swaps.push((stream.iter, format!("iter({name}.get, None)")));
        let inside = activities.iter().any(|activity| {
            activity
                .stmts
                .iter()
                .any(|stmt| stmt.range().contains_range(stream.made))
        });
        match inside {
            true => swaps.push((stream.made, format!("{queue}()"))),
            false => sheet.replace(stream.made, format!("{queue}()")),
        }
    }
    swaps
}

/// What an activity is called with: a function, and its arguments' text.
struct Call {
    function: String,
    arguments: Arguments,
}

#[expect(clippy::too_many_arguments, reason = "one place writes an activity")]
fn written(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    block: &Block<'_>,
    activity: &Activity<'_>,
    swaps: &[(TextRange, String)],
    streams: &[Stream],
    indent: &str,
    text: &mut String,
) -> Call {
    let fed: Vec<&Stream> = streams
        .iter()
        .filter(|stream| activity.places.contains(&stream.producer))
        .collect();
    if let ([stmt], true) = (activity.stmts.as_slice(), fed.is_empty())
        && let Some(call) = only_call(stmt)
        && !swaps
            .iter()
            .any(|(range, _)| stmt.range().contains_range(*range))
        && !call.func.is_lambda_expr()
    {
        return Call {
            function: sheet.file.slice(&*call.func).to_owned(),
            arguments: Arguments::of(sheet, call),
        };
    }
    let base = activity
        .stmts
        .iter()
        .find_map(|stmt| first_call(sheet, stmt));
    let function =
        sheet.fresh(&base.map_or_else(|| "activity".to_owned(), |name| format!("{name}_activity")));
    let outer = if lane.copies() { "" } else { indent };
    let parameters = if lane.copies() {
        activity.inputs.clone()
    } else {
        Vec::new()
    };
    let mut body = format!("{outer}{}", sheet.unit);
    let mut out = format!("{outer}def {function}({}):\n", parameters.join(", "));
    if !fed.is_empty() {
        out.push_str(&format!("{body}try:\n"));
        body.push_str(&sheet.unit);
    }
    let whole = block.segments(sheet);
    for at in &activity.places {
        out.push_str(&whole[*at].written(sheet.file, swaps, &body));
    }
    if !activity.outputs.is_empty() {
        out.push_str(&format!("{body}return {}\n", activity.outputs.join(", ")));
    }
    if !fed.is_empty() {
        out.push_str(&format!("{outer}{}finally:\n", sheet.unit));
        for stream in fed {
            out.push_str(&format!("{body}{}.put(None)\n", stream.name));
        }
    }
    match lane.copies() {
        true => sheet.define(out),
        false => text.push_str(&format!("\n{out}\n")),
    }
    Call {
        function,
        arguments: Arguments::positional(parameters),
    }
}

/// What is called first in a statement.
fn first_call(sheet: &Sheet<'_>, stmt: &Stmt) -> Option<String> {
    let tree = &sheet.view.tree;
    let mut nodes = tree.within(Tree::id(AnyNodeRef::from(stmt)));
    nodes.find_map(|id| match tree.node(id) {
        AnyNodeRef::ExprCall(call) => last_name(&call.func).map(str::to_owned),
        _ => None,
    })
}

/// The call that a statement consists of: `f(…)`, `x = f(…)`.
fn only_call(stmt: &Stmt) -> Option<&ExprCall> {
    let value = match stmt {
        Stmt::Expr(one) => &one.value,
        Stmt::Assign(one)
            if one
                .targets
                .iter()
                .all(|target| target.is_name_expr() || target.is_tuple_expr()) =>
        {
            &one.value
        }
        _ => return None,
    };
    match &**value {
        Expr::Call(call) => Some(call),
        _ => None,
    }
}

/// Starting the activities, and taking what they return.
fn collected(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    activities: &[Activity<'_>],
    calls: &[Call],
    indent: &str,
) -> String {
    let opened = lane.opening(sheet);
    let unit = sheet.unit.clone();
    let taken: Vec<String> = activities
        .iter()
        .map(|activity| activity.outputs.join(", "))
        .collect();
    if let Some(opening) = &opened
        && let Some(lines) = submitted(sheet, lane, opening, calls, &taken, indent)
    {
        return lines;
    }
    let helper = sheet.shared_definition("call", |name| {
        format!("def {name}(function, arguments):\n{unit}return function(*arguments)")
    });
    let functions: Vec<String> = calls.iter().map(|call| named(sheet, call)).collect();
    let arguments: Vec<String> = calls.iter().map(|call| call.arguments.tuple()).collect();
    let columns = vec![
        Column::Each(format!("[{}]", functions.join(", "))),
        Column::Each(format!("[{}]", arguments.join(", "))),
    ];
    let results = lane.results(sheet, &Tasks::new(helper, columns), opened.as_ref());
    let ignored = sheet.ignored();
    let targets: Vec<String> = taken
        .iter()
        .map(|names| match names.as_str() {
            "" => ignored.clone(),
            more if more.contains(',') => format!("({more})"),
            one => one.to_owned(),
        })
        .collect();
    let line = format!("{} = {results}\n", targets.join(", "));
    match opened {
        Some(opening) => format!(
            "{indent}with {} as {}:\n{}",
            opening.expr,
            opening.name,
            deeper(&line, &format!("{indent}{unit}"))
        ),
        None => deeper(&line, indent),
    }
}

/// A handle for each activity; `None` if the API has none.
fn submitted(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    opening: &Opening,
    calls: &[Call],
    taken: &[String],
    indent: &str,
) -> Option<String> {
    let unit = sheet.unit.clone();
    let mut lines = format!("{indent}with {} as {}:\n", opening.expr, opening.name);
    let mut ends = String::new();
    for (call, names) in calls.iter().zip(taken) {
        let submit = lane.submit(opening, &call.function, &call.arguments)?;
        let base = match names.is_empty() || names.contains(',') {
            true => "future".to_owned(),
            false => format!("{names}_future"),
        };
        let handle = sheet.fresh(base.trim_start_matches('_'));
        lines.push_str(&format!("{indent}{unit}{handle} = {submit}\n"));
        let result = lane.result(&handle);
        let line = if names.is_empty() {
            result
        } else {
            format!("{names} = {result}")
        };
        ends.push_str(&format!("{indent}{unit}{line}\n"));
    }
    Some(lines + &ends)
}

/// The function with the arguments that it gets by name.
fn named(sheet: &mut Sheet<'_>, call: &Call) -> String {
    let keywords = call.arguments.by_name();
    if keywords.is_empty() {
        return call.function.clone();
    }
    let partial = from_import(sheet, "functools", "partial");
    format!("{partial}({}, {})", call.function, keywords.join(", "))
}
