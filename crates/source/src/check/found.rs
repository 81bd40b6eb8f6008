//! Findings while they are made: positions in the text, what they still wait for.

use super::rules::Rule;
use ruff_text_size::{Ranged, TextRange};
use std::sync::Arc;

/// A finding at a stretch of text.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub rule: &'static Rule,
    pub range: TextRange,
    pub message: String,
    pub help: Option<String>,
    pub fix: Option<DraftFix>,
    /// It only holds if this function of the project is like that.
    pub waits_for: Option<Condition>,
}

/// An edit that mends a finding.
#[derive(Debug, Clone)]
pub(crate) struct DraftFix {
    pub title: String,
    pub safe: bool,
    pub edits: Vec<(TextRange, String)>,
}

/// What must hold of a function that may stand in another file. `{why}` in the message is replaced by
/// what the answer rests on.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// Its dotted name.
    pub function: Arc<str>,
    pub is: Quality,
}

/// What functions of the project are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Quality {
    /// It blocks its thread, itself or by what it calls. `{why}`: what blocks, and where.
    Blocks,
    /// It is an `async def` whose call makes a coroutine: no generator, and not decorated away.
    IsCoroutine,
    /// It makes a process or a pool of processes, itself or by what it calls. `{why}`: where.
    MakesProcesses,
    /// It writes files, commits or sends, itself or by what it calls. `{why}`: by what, and where.
    Writes,
    /// It is a plain function without decorators that returns no value.
    ReturnsNothing,
    /// Its module imports a package that does not load in subinterpreters. `{why}`: the package.
    NotInSubinterpreters,
    /// It only computes in Python, in loops, itself or by what it calls, and all that is known.
    ComputesInPython,
    /// It is one cheap expression.
    IsTiny,
    /// It calls linear algebra, itself or by what it calls.
    UsesAlgebra,
}

/// Where a rule puts what it finds.
pub(crate) struct Found {
    rule: Option<&'static Rule>,
    pub drafts: Vec<Draft>,
}

impl Found {
    pub fn new() -> Self {
        Self {
            rule: None,
            drafts: Vec::new(),
        }
    }

    pub fn for_rule(&mut self, rule: &'static Rule) {
        self.rule = Some(rule);
    }

    /// Reports a finding at a node. The message says what was seen and why it matters, without a full
    /// stop.
    pub fn report(&mut self, at: impl Ranged, message: impl Into<String>) -> &mut Draft {
        let rule = self.rule.unwrap_or(&super::rules::RULES[0]);
        self.drafts.push(Draft {
            rule,
            range: at.range(),
            message: message.into(),
            help: None,
            fix: None,
            waits_for: None,
        });
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }
}

impl Draft {
    /// What to write instead, without a full stop.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// An edit that mends it without a change of what was meant.
    pub fn safe_fix(&mut self, title: impl Into<String>, edits: Vec<(TextRange, String)>) {
        self.fix = Some(DraftFix {
            title: title.into(),
            safe: true,
            edits,
        });
    }

    /// It only holds if the function of this name, in whichever file of the project, is like that.
    pub fn only_if(&mut self, function: &str, is: Quality) -> &mut Self {
        self.waits_for = Some(Condition {
            function: Arc::from(function),
            is,
        });
        self
    }
}
