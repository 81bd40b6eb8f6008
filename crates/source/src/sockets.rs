//! How a call uses sockets, and what would do the same in asyncio.

use crate::independence::{LoopView, Sharing, path_text};
use crate::trace::Act;
use rightlane_facts::SocketUse;
use std::ops::Range;

/// The sockets used in a stretch of events.
pub(crate) fn socket_use(view: &LoopView<'_, '_>, range: Range<usize>) -> SocketUse {
    let mut usage = SocketUse::default();
    let mut twins: Vec<&'static str> = Vec::new();
    let mut all_have_twins = true;
    for event in &view.trace.events[range] {
        match &event.act {
            Act::Socket { library, path } => {
                usage.library.get_or_insert_with(|| (*library).to_owned());
                let shared = path
                    .iter()
                    .flat_map(|path| view.resolved(path))
                    .find(|path| view.sharing(path) == Sharing::Shared);
                if let (None, Some(path)) = (&usage.shared, shared) {
                    usage.shared = Some(path_text(view, &path));
                }
            }
            Act::Waits { twin, .. } => match twin {
                Some(twin) if !twins.contains(twin) => twins.push(twin),
                Some(_) => {}
                None => all_have_twins = false,
            },
            _ => {}
        }
    }
    if all_have_twins && !twins.is_empty() {
        usage.async_twin = Some(twins.join(" and "));
    }
    usage
}
