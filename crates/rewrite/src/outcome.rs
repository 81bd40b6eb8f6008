//! What an edit may change.

use rightlane_facts::Grade;

/// What was found while an edit was made.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    changes: Vec<String>,
    pub(crate) notes: Vec<String>,
    /// The task became more than the call that was asked for: the lines that it has.
    pub(crate) lines: Option<(u32, u32)>,
    /// The task is a new function at the top level: it can be found by name.
    pub(crate) extracted: bool,
}

impl Outcome {
    /// Something that can be seen may change.
    pub(crate) fn changes(&mut self, reason: String) {
        if !self.changes.contains(&reason) {
            self.changes.push(reason);
        }
    }

    /// This is done for all items before the first result is used, and may fail.
    pub(crate) fn early(&mut self, risk: Option<String>) {
        if let Some(risk) = risk {
            self.changes(format!(
                "{risk} is done for all items before the first result is used: where it fails, what follows \
                 earlier items has not been done"
            ));
        }
    }

    pub(crate) fn grade(&self) -> Grade {
        match self.changes.is_empty() {
            true => Grade::Safe,
            false => Grade::ChangesBehaviour(self.changes.clone()),
        }
    }
}
