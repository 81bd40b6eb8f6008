//! The plan as the agent reads it: lines of words, paths in hexadecimal (they may hold anything).

use super::plan::{LoopKind, Plan};
use rightlane_facts::Span;
use std::fmt::{self, Display, Formatter, Write as _};

/// How the program is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// `python script.py`
    Script,
    /// `python -m module`
    Module,
}

/// `plan` as text.
pub(crate) fn encode(plan: &Plan, start: Start) -> String {
    let start = match start {
        Start::Script => "script",
        Start::Module => "module",
    };
    let mut text = format!("rightlane-plan 1 {start}\n");
    for (index, path) in plan.files.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write_file(&mut text, plan, index, path);
    }
    text
}

fn write_file(text: &mut String, plan: &Plan, index: usize, path: &str) -> fmt::Result {
    let role = if plan.main == Some(index) {
        "main"
    } else {
        "module"
    };
    writeln!(text, "file {role} {}", Hex(path))?;
    for watch in plan.loops.iter().filter(|watch| watch.file == index) {
        let kind = match watch.kind {
            LoopKind::Direct => "direct",
            LoopKind::Generator => "generator",
            LoopKind::Map => "map",
        };
        let traits = match (watch.exits, watch.tight) {
            (true, true) => "exits,tight",
            (true, false) => "exits",
            (false, true) => "tight",
            (false, false) => "-",
        };
        writeln!(
            text,
            "loop {kind} {traits} {} {}",
            watch.site,
            Words(&watch.iterable)
        )?;
    }
    for watch in plan.calls.iter().filter(|watch| watch.file == index) {
        let kind = if watch.mapped { "mapped" } else { "call" };
        writeln!(
            text,
            "{kind} {} {} {}",
            watch.site,
            watch.call,
            Words(&watch.span)
        )?;
    }
    for watch in plan.captures.iter().filter(|watch| watch.file == index) {
        writeln!(text, "capture {} {}", Hex(&watch.function), Hex(&watch.to))?;
    }
    Ok(())
}

struct Hex<'a>(&'a str);

impl Display for Hex<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.0
            .bytes()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

struct Words<'a>(&'a Span);

impl Display for Words<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Span {
            line,
            column,
            end_line,
            end_column,
        } = self.0;
        write!(formatter, "{line} {column} {end_line} {end_column}")
    }
}
