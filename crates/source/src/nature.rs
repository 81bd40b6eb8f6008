//! What a call is like for whoever runs it beside others: whether it blocks, whether it releases the GIL.

use crate::independence::LoopView;
use crate::knowledge::functions::{Blocks, Gil, Row, function};
use crate::trace::{Act, Event};
use rightlane_facts::{Answer, Decided, EffectKind, Place};
use std::ops::Range;

/// A call that is asked about.
pub(crate) struct Asked<'v, 'p, 'a> {
    pub view: &'v LoopView<'p, 'a>,
    /// The callee's full name, if it is not of the project.
    pub external: Option<&'v str>,
    /// What the call does.
    pub events: Range<usize>,
    /// Where it stands.
    pub here: Place,
}

impl Asked<'_, '_, '_> {
    /// Whether the call waits for something outside its thread.
    pub fn blocks(&self) -> Decided {
        match self.external.and_then(function) {
            Some(row) => self.by_table(row, blocks(row)),
            None => self.by_events((Answer::Yes, "it waits here"), "nothing in it waits"),
        }
    }

    /// Whether other threads run while the call works or waits.
    pub fn releases_gil(&self) -> Decided {
        match self.external.and_then(function) {
            Some(row) => self.by_table(row, releases_gil(row)),
            None => self.by_events(
                (Answer::Unknown, "it releases the GIL while it waits here"),
                "it is Python code alone",
            ),
        }
    }

    fn by_table(&self, row: &Row, (answer, what): (Answer, &str)) -> Decided {
        decided(answer, self.here.clone(), format!("`{}` {what}", row.name))
    }

    /// By the first event that waits, else by the first that cannot be looked into; else no.
    fn by_events(&self, waiting: (Answer, &str), never: &str) -> Decided {
        let events = &self.view.trace.events[self.events.clone()];
        if let Some(event) = events.iter().find(|event| waits(&event.act)) {
            return decided(waiting.0, self.place(event), waiting.1);
        }
        match events.iter().find(|event| is_unknown(&event.act)) {
            Some(event) => decided(
                Answer::Unknown,
                self.place(event),
                "what this does is not known",
            ),
            None => decided(Answer::No, self.here.clone(), never),
        }
    }

    fn place(&self, event: &Event) -> Place {
        Place {
            file: self.view.program.module(event.module).shown.clone(),
            line: event.line,
        }
    }
}

fn blocks(row: &Row) -> (Answer, &'static str) {
    match row.blocks {
        Blocks::Socket => (Answer::Yes, "waits for a socket"),
        Blocks::Sleep => (Answer::Yes, "sleeps"),
        Blocks::Lock => (Answer::Yes, "waits for another thread"),
        Blocks::Child => (Answer::Yes, "waits for a child process"),
        Blocks::Database => (Answer::Yes, "waits for a database"),
        Blocks::Terminal => (Answer::Yes, "waits for the terminal"),
        Blocks::File => (
            Answer::Unknown,
            "reads or writes files, which may be in memory",
        ),
        Blocks::Cpu | Blocks::No => (Answer::No, "waits for nothing"),
    }
}

fn releases_gil(row: &Row) -> (Answer, &'static str) {
    match row.releases_gil {
        Gil::Yes => (Answer::Yes, "releases the GIL"),
        Gil::No => (Answer::No, "holds the GIL"),
        Gil::Partly => (Answer::Unknown, "releases the GIL in some of its steps"),
        Gil::Unknown => (Answer::Unknown, "is not known to release the GIL"),
    }
}

fn waits(act: &Act) -> bool {
    matches!(
        act,
        Act::Waits { .. }
            | Act::Socket { .. }
            | Act::Child { .. }
            | Act::Does(
                EffectKind::Network
                    | EffectKind::Database
                    | EffectKind::ChildProcess
                    | EffectKind::Sleeps
                    | EffectKind::ReadsInput,
                _
            )
    )
}

/// Whether what happens cannot be looked into.
fn is_unknown(act: &Act) -> bool {
    matches!(
        act,
        Act::Doubt { .. } | Act::Unlisted | Act::CallParam { .. }
    )
}

fn decided(answer: Answer, place: Place, why: impl Into<String>) -> Decided {
    Decided {
        answer,
        place: Some(place),
        why: why.into(),
    }
}
