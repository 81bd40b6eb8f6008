//! Where the views come from.

use crate::failure::Failure;
use rightlane_facts::{LiveView, Outcome};
use std::collections::VecDeque;
use std::path::Path;

/// A source of views: the sampler, or stored ones.
pub(crate) trait Views {
    /// The newest view; `None` once the program has ended. Comes back at once: keys wait for it.
    fn view(&mut self) -> Option<LiveView>;

    /// How the program ended, if it has and that is known.
    fn outcome(&self) -> Option<Outcome>;
}

/// Views from a file, one JSON object on each line, shown one after another.
#[derive(Debug)]
pub(super) struct Replay {
    left: VecDeque<LiveView>,
}

impl Replay {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}")))?;
        let left = text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::usage(format!("{shown} holds no views: {error}")))?;
        Ok(Self { left })
    }
}

impl Views for Replay {
    fn view(&mut self) -> Option<LiveView> {
        self.left.pop_front()
    }

    fn outcome(&self) -> Option<Outcome> {
        self.left.is_empty().then_some(Outcome::Exited(0))
    }
}
