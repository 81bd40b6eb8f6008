//! What a call is like for whoever runs it beside others: whether it blocks, whether it releases the GIL.

use crate::independence::LoopView;
use crate::knowledge::functions::{Blocks, Gil, Row, function};
use crate::trace::{Act, Event};
use rightlane_facts::{Answer, Decided, EffectKind, Place};
use std::ops::Range;

/// Whether the call waits for something outside its thread.
pub(crate) fn blocks(
    view: &LoopView<'_, '_>,
    external: Option<&str>,
    range: Range<usize>,
    here: &Place,
) -> Decided {
    if let Some(row) = external.and_then(function) {
        return blocks_by_table(row, here);
    }
    let events = &view.trace.events[range];
    if let Some(event) = events.iter().find(|event| waits(&event.act)) {
        return decided(Answer::Yes, Some(place(view, event)), "it waits here");
    }
    match unknown(view, events) {
        Some(place) => decided(Answer::Unknown, Some(place), "what this does is not known"),
        None => decided(Answer::No, Some(here.clone()), "nothing in it waits"),
    }
}

fn blocks_by_table(row: &Row, here: &Place) -> Decided {
    let (answer, what) = match row.blocks {
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
    };
    decided(
        answer,
        Some(here.clone()),
        &format!("`{}` {what}", row.name),
    )
}

/// Whether other threads run while the call works or waits.
pub(crate) fn releases_gil(
    view: &LoopView<'_, '_>,
    external: Option<&str>,
    range: Range<usize>,
    here: &Place,
) -> Decided {
    if let Some(row) = external.and_then(function) {
        let (answer, what) = match row.releases_gil {
            Gil::Yes => (Answer::Yes, "releases the GIL"),
            Gil::No => (Answer::No, "holds the GIL"),
            Gil::Partly => (Answer::Unknown, "releases the GIL in some of its steps"),
            Gil::Unknown => (Answer::Unknown, "is not known to release the GIL"),
        };
        return decided(
            answer,
            Some(here.clone()),
            &format!("`{}` {what}", row.name),
        );
    }
    let events = &view.trace.events[range];
    if let Some(event) = events.iter().find(|event| waits(&event.act)) {
        let why = "it releases the GIL while it waits here";
        return decided(Answer::Unknown, Some(place(view, event)), why);
    }
    match unknown(view, events) {
        Some(place) => decided(Answer::Unknown, Some(place), "what this does is not known"),
        None => decided(Answer::No, Some(here.clone()), "it is Python code alone"),
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

/// The first thing in a stretch of events that cannot be looked into.
fn unknown(view: &LoopView<'_, '_>, events: &[Event]) -> Option<Place> {
    let is_unknown = |event: &&Event| {
        matches!(
            event.act,
            Act::Doubt { .. } | Act::Unlisted | Act::CallParam { .. }
        )
    };
    events
        .iter()
        .find(is_unknown)
        .map(|event| place(view, event))
}

fn place(view: &LoopView<'_, '_>, event: &Event) -> Place {
    Place {
        file: view.program.module(event.module).shown.clone(),
        line: event.line,
    }
}

fn decided(answer: Answer, place: Option<Place>, why: &str) -> Decided {
    Decided {
        answer,
        place,
        why: why.to_owned(),
    }
}
