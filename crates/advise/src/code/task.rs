//! The task as a function of one item.

use crate::candidate::{Candidate, Part};
use crate::code::indented;
use rightlane_facts::{CallSpot, LoopText, SiteKind};

/// How the task is called for one item.
pub(crate) struct Task {
    /// A function to define first; `None` where the program's own callee takes the item as it is.
    pub(crate) definition: Option<String>,
    /// The function to hand to the pool.
    pub(crate) function: String,
    /// Names of the enclosing function that the task needs and a process cannot see.
    pub(crate) captured: Vec<String>,
    /// The call expression (for asyncio).
    pub(crate) call: String,
}

impl Task {
    pub(crate) fn of(candidate: &Candidate<'_>) -> Option<Task> {
        let site = candidate.site;
        let text = site.text.as_ref()?;
        let mut captured = candidate.part.crossing(site).captured.clone();
        // What has to run before the call reads names, too.
        for name in &site.crossing.captured {
            if !captured.contains(name) {
                captured.push(name.clone());
            }
        }
        Some(match candidate.part {
            Part::Call(call) if site.kind == SiteKind::Map => of_map(&site.calls[call]),
            Part::Call(call) => {
                let before = if site.kind == SiteKind::For {
                    before_call(text)
                } else {
                    Vec::new()
                };
                of_call(&site.calls[call], text, captured, before)
            }
            Part::Body => of_body(text, captured),
        })
    }
}

/// The function that `map` was given already takes the item.
fn of_map(call: &CallSpot) -> Task {
    Task {
        definition: None,
        function: call.name.clone(),
        captured: Vec::new(),
        call: format!("{}(item)", call.name),
    }
}

fn of_call(call: &CallSpot, text: &LoopText, captured: Vec<String>, before: Vec<usize>) -> Task {
    let takes_the_item = call.arguments.len() == 1 && call.arguments[0] == text.target;
    if takes_the_item && before.is_empty() && !call.name.contains("lambda") {
        return Task {
            definition: None,
            function: call.name.clone(),
            captured: Vec::new(),
            call: call.text.clone(),
        };
    }
    let mut body: Vec<String> = before.into_iter().map(|at| text.body[at].clone()).collect();
    body.push(format!("return {}", call.text));
    let body = body.join("\n");
    let captured: Vec<String> = captured
        .into_iter()
        .filter(|name| mentions(&body, name))
        .collect();
    Task {
        definition: Some(define(&text.target, &captured, &body)),
        function: "task".to_owned(),
        captured,
        call: call.text.clone(),
    }
}

/// The body's statements that have to run before the call: they become part of the task.
pub(crate) fn before_call(text: &LoopText) -> Vec<usize> {
    let statement = text.call_statement.unwrap_or(0).min(text.body.len());
    (0..statement)
        .filter(|at| !text.later.contains(at))
        .collect()
}

fn of_body(text: &LoopText, captured: Vec<String>) -> Task {
    let body = text.body.join("\n");
    Task {
        definition: Some(define(&text.target, &captured, &body)),
        function: "task".to_owned(),
        captured,
        call: "task(item)".to_owned(),
    }
}

fn define(target: &str, captured: &[String], body: &str) -> String {
    let is_name = target.chars().all(|c| c.is_alphanumeric() || c == '_');
    let parameter = if is_name { target } else { "item" };
    let parameters: Vec<&str> = std::iter::once(parameter)
        .chain(captured.iter().map(String::as_str))
        .collect();
    let unpack = if is_name {
        String::new()
    } else {
        format!("    {target} = item\n")
    };
    format!(
        "def task({}):\n{unpack}{}\n",
        parameters.join(", "),
        indented(body, "    ")
    )
}

/// Whether `name` stands in `text` as a word.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(|c| word(c) || c == '.') && !after.is_some_and(word)
    })
}
