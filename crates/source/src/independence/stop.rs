//! Loops that may end before their last item.

use super::children::only_looks;
use super::{LoopView, Part};
use crate::early_exit::exit_after;
use crate::knowledge::FileUse;
use crate::trace::Act;
use rightlane_facts::{Answer, Carrier, Independence, Place};
use ruff_text_size::TextSize;

/// Where the loop may be left behind `from`, what the items after that would have done must not have
/// happened: a payment, a file written, a mail. Looking something up for nothing does no harm, and
/// a `raise` says that all of it has failed.
pub(crate) fn may_stop(
    view: &LoopView<'_, '_>,
    from: TextSize,
    part: &dyn Fn(usize) -> Part,
    found: Independence,
) -> Independence {
    if found.answer != Answer::Yes {
        return found;
    }
    let Some(at) = exit_after(view.info, from) else {
        return found;
    };
    let mut tasks = view.info.body.clone().filter(|at| part(*at) == Part::Task);
    if !tasks.any(|at| leaves_traces(&view.trace.events[at].act)) {
        return found;
    }
    let module = view
        .program
        .module(view.program.function(view.function).module);
    let line = module.text.line(at);
    let carrier = Carrier {
        name: module.text.line_text(line).trim().to_owned(),
        place: Place {
            file: module.shown.clone(),
            line,
        },
        why: "the loop may end here, and what the items behind would do outside must then not be done".to_owned(),
        change: Some("let the tasks return what they would do outside, and do it in the loop over the results, which may end".to_owned()),
    };
    Independence {
        answer: Answer::No,
        carriers: vec![carrier],
    }
}

/// Whether the act changes something outside the program.
fn leaves_traces(act: &Act) -> bool {
    match act {
        Act::File { usage, .. } => {
            matches!(usage, FileUse::Write | FileUse::Fill | FileUse::Delete)
        }
        Act::Child { words, .. } => !only_looks(words.as_deref().unwrap_or(&[])),
        Act::Stores { .. } | Act::Sends { .. } => true,
        _ => false,
    }
}
