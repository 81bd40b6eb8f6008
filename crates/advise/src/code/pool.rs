//! Code for thread and process pools and executors.

use crate::candidate::{Candidate, Part};
use crate::code::indented;
use crate::code::task::{Task, before_call, mentions};
use crate::judge::Context;
use rightlane_facts::{Alternative, Api, Family, LoopText, SiteKind};

pub(crate) fn write(
    candidate: &Candidate<'_>,
    task: &Task,
    chosen: &Alternative,
    context: &Context<'_>,
) -> String {
    let mut lines = vec![import(chosen.api)];
    let partial = !task.captured.is_empty();
    if partial {
        lines.push("from functools import partial".to_owned());
    }
    lines.push(String::new());
    if let Some(definition) = &task.definition {
        let place = if chosen.family == Family::Process {
            "  # at the top level of the module"
        } else {
            ""
        };
        lines.push(definition.replacen(":\n", &format!(":{place}\n"), 1));
    }
    let body = with_pool(candidate, task, chosen);
    if chosen.family == Family::Process && !context.source.main_guard {
        lines.push("if __name__ == \"__main__\":".to_owned());
        lines.push(indented(&body, "    "));
    } else {
        lines.push(body);
    }
    lines.join("\n")
}

fn import(api: Api) -> String {
    match api {
        Api::ThreadPool => "from multiprocessing.pool import ThreadPool",
        Api::Pool => "from multiprocessing import Pool",
        Api::ProcessPoolExecutor => "from concurrent.futures import ProcessPoolExecutor",
        Api::InterpreterPoolExecutor => "from concurrent.futures import InterpreterPoolExecutor",
        _ => "from concurrent.futures import ThreadPoolExecutor",
    }
    .to_owned()
}

fn constructor(chosen: &Alternative) -> String {
    let workers = chosen.settings.workers.unwrap_or(2);
    match chosen.api {
        Api::Pool => format!("Pool({workers}) as pool"),
        Api::ThreadPool => format!("ThreadPool({workers}) as pool"),
        api => format!("{}(max_workers={workers}) as executor", api.name()),
    }
}

fn with_pool(candidate: &Candidate<'_>, task: &Task, chosen: &Alternative) -> String {
    let site = candidate.site;
    let text = site.text.clone().unwrap_or_default();
    let items = site
        .iterable
        .as_ref()
        .map_or("items", |iterable| iterable.text.as_str());
    let body = match site.kind {
        SiteKind::For => for_loop(candidate, &text, &results(task, chosen, "items"), items),
        _ => comprehension(candidate, &text, task, chosen, items),
    };
    format!("with {}:\n{}", constructor(chosen), indented(&body, "    "))
}

/// The expression that yields the results in order.
fn results(task: &Task, chosen: &Alternative, items: &str) -> String {
    let function = match task.captured.as_slice() {
        [] => task.function.clone(),
        names => {
            let keywords: Vec<String> = names.iter().map(|name| format!("{name}={name}")).collect();
            format!("partial({}, {})", task.function, keywords.join(", "))
        }
    };
    let chunksize = match chosen.settings.chunksize {
        Some(size) if size > 1 => format!(", chunksize={size}"),
        _ => String::new(),
    };
    match chosen.api {
        Api::Pool | Api::ThreadPool => format!(
            "pool.map({function}, {items}{})",
            pool_chunks(candidate_chunks(chosen))
        ),
        Api::ProcessPoolExecutor => format!("executor.map({function}, {items}{chunksize})"),
        _ => format!("executor.map({function}, {items})"),
    }
}

fn candidate_chunks(chosen: &Alternative) -> Option<u64> {
    chosen.settings.chunksize.filter(|size| *size > 1)
}

fn pool_chunks(chunksize: Option<u64>) -> String {
    chunksize.map_or_else(String::new, |size| format!(", chunksize={size}"))
}

fn for_loop(candidate: &Candidate<'_>, text: &LoopText, results: &str, items: &str) -> String {
    let rest = rest_of_body(candidate, text);
    let target = if text.target.contains(',') {
        format!("({})", text.target)
    } else {
        text.target.clone()
    };
    let (bind, loop_target, source) = if rest_uses_target(&rest, &text.target) {
        (
            format!("items = list({items})\n"),
            format!("{target}, result"),
            format!("zip(items, {results})"),
        )
    } else {
        (
            String::new(),
            "result".to_owned(),
            results.replacen("items", items, 1),
        )
    };
    format!(
        "{bind}for {loop_target} in {source}:\n{}",
        indented(&rest, "    ")
    )
}

/// The body without the task: the call's place is taken by `result`. What the task needs first is
/// gone with it, unless the rest needs it, too.
fn rest_of_body(candidate: &Candidate<'_>, text: &LoopText) -> String {
    let Part::Call(call) = candidate.part else {
        return "...  # what the body did with its result".to_owned();
    };
    let call = &candidate.site.calls[call];
    let before = before_call(text);
    let kept = |at: usize| text.body[at].replacen(&call.text, "result", 1);
    let rest: Vec<String> = (0..text.body.len())
        .filter(|at| !before.contains(at))
        .map(kept)
        .filter(|statement| statement != "result")
        .collect();
    let needed = before.iter().filter(|at| {
        let bound = bound_names(&text.body[**at]);
        bound
            .iter()
            .any(|name| rest.iter().any(|statement| mentions(statement, name)))
    });
    let whole: Vec<String> = needed
        .map(|at| text.body[*at].clone())
        .chain(rest.iter().cloned())
        .collect();
    if whole.is_empty() {
        "pass".to_owned()
    } else {
        whole.join("\n")
    }
}

/// Names that a simple assignment binds (`a, b = …`).
fn bound_names(statement: &str) -> Vec<&str> {
    let Some((left, _)) = statement.split_once('=') else {
        return Vec::new();
    };
    let is_name =
        |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    left.split(',').map(str::trim).filter(is_name).collect()
}

fn rest_uses_target(rest: &str, target: &str) -> bool {
    target
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|name| !name.is_empty())
        .any(|name| mentions(rest, name))
}

fn comprehension(
    candidate: &Candidate<'_>,
    text: &LoopText,
    task: &Task,
    chosen: &Alternative,
    items: &str,
) -> String {
    let site = candidate.site;
    let call = match candidate.part {
        Part::Call(call) => site.calls[call].text.clone(),
        Part::Body => text.body.join(": "),
    };
    if site.kind == SiteKind::Map {
        let mapped = results(task, chosen, items);
        return replaced_statement(text, &format!("map({}, {items})", task.function), &mapped);
    }
    let target = &text.target;
    let swap = |piece: &str| piece.replacen(&call, "result", 1);
    let element: Vec<String> = text.body.iter().map(|piece| swap(piece)).collect();
    let conditions: String = text
        .conditions
        .iter()
        .map(|condition| format!(" if {}", swap(condition)))
        .collect();
    let (open, close) = match site.kind {
        SiteKind::DictComprehension | SiteKind::SetComprehension => ("{", "}"),
        SiteKind::GeneratorExpression => ("(", ")"),
        _ => ("[", "]"),
    };
    let zipped = results(task, chosen, "items");
    let whole = format!(
        "{open}{} for {target}, result in zip(items, {zipped}){conditions}{close}",
        element.join(": ")
    );
    format!(
        "items = list({items})\n{}",
        replaced_comprehension(text, site.kind, &whole)
    )
}

/// The statement with the map call replaced, or the replacement alone where the text differs.
fn replaced_statement(text: &LoopText, old: &str, new: &str) -> String {
    if text.statement.contains(old) {
        text.statement.replacen(old, new, 1)
    } else {
        format!("results = list({new})")
    }
}

fn replaced_comprehension(text: &LoopText, kind: SiteKind, new: &str) -> String {
    let (open, close) = match kind {
        SiteKind::DictComprehension | SiteKind::SetComprehension => ('{', '}'),
        SiteKind::GeneratorExpression => ('(', ')'),
        _ => ('[', ']'),
    };
    let start = text.statement.find(open);
    let end = text.statement.rfind(close);
    match (start, end) {
        (Some(start), Some(end)) if start < end && text.statement.matches(open).count() == 1 => {
            format!(
                "{}{new}{}",
                &text.statement[..start],
                &text.statement[end + 1..]
            )
        }
        _ => format!("results = {new}"),
    }
}
