//! Loops that keep time.

use super::LoopView;
use crate::trace::{CallInfo, CallNode};
use crate::value::{Kind, Source};
use rightlane_facts::{Answer, Carrier, Independence, Place};
use ruff_text_size::Ranged;

/// A loop that pauses for the same time at every turn does so for the time between the turns (a
/// clock, a sampler, a poll): all turns at once would be something else, though no turn needs
/// another. Where each turn deals with another item, the pause is but politeness; the caller
/// asks only where that is not so.
pub(crate) fn keeps_time(view: &LoopView<'_, '_>, found: Independence) -> Independence {
    if found.answer != Answer::Yes {
        return found;
    }
    let Some(pause) = view.trace.calls.iter().find(|call| is_pause(view, call)) else {
        return found;
    };
    let CallNode::Call(node) = pause.node else {
        return found;
    };
    let module = view
        .program
        .module(view.program.function(view.function).module);
    let carrier = Carrier {
        name: module.text.slice(node.func.range()).to_owned(),
        place: Place {
            file: module.shown.clone(),
            line: module.text.line(node.start()),
        },
        why: "the loop pauses at every turn, as if the time between the turns mattered".to_owned(),
        change: None,
    };
    Independence {
        answer: Answer::Unknown,
        carriers: vec![carrier],
    }
}

/// Whether the call is the loop's own `sleep`, as long at every turn.
fn is_pause(view: &LoopView<'_, '_>, call: &CallInfo<'_>) -> bool {
    let own = call
        .within
        .and_then(|at| view.trace.loops.get(at))
        .is_some_and(|held| std::ptr::eq(held, view.info));
    let sleeps = call.callee.kinds.iter().any(|kind| {
        matches!(kind, Kind::ExtName(name) if name == "time.sleep" || name == "asyncio.sleep")
    });
    let varies = |from: &[Source]| view.varies(from);
    own && sleeps && !call.arg_values.iter().any(|value| varies(&value.from))
}
