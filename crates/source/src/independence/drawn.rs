//! Calls whose arguments are taken, one after the other, from what all iterations share.

use super::{LoopView, Part, Sharing, first_event, path_text};
use crate::trace::{Act, CallInfo};
use crate::value::{Base, Kind, World};
use rightlane_facts::{Answer, Carrier, Independence};

/// `mean(rng.choices(xs, k=n))`: the draws come in order, and are as much work as the call. That
/// holds for calls of code outside only; a function of the program is taken to be the work.
pub(crate) fn drawn_in_order(
    view: &LoopView<'_, '_>,
    call: &CallInfo<'_>,
    part: &dyn Fn(usize) -> Part,
    found: Independence,
) -> Independence {
    let of_program = |kind: &Kind| {
        matches!(
            kind,
            Kind::Func(_) | Kind::Method(..) | Kind::Class(_) | Kind::Partial(..)
        )
    };
    if found.answer != Answer::Yes || call.callee.kinds.iter().any(of_program) {
        return found;
    }
    let start = first_event(view);
    for at in view.info.body.clone().filter(|at| *at >= start) {
        let event = &view.trace.events[at];
        let Act::Change { path, .. } = &event.act else {
            continue;
        };
        let printed = path.base == Base::World(World::Stdout);
        if part(at) == Part::Before && !printed && view.sharing(path) == Sharing::Shared {
            let carrier = Carrier {
                name: path_text(view, path),
                place: view.place(event),
                why: "what the call gets is taken from it in order, which is as much work"
                    .to_owned(),
                change: Some("draw the arguments of all calls first, in a list".to_owned()),
            };
            return Independence {
                answer: Answer::Unknown,
                carriers: vec![carrier],
            };
        }
    }
    found
}
