//! What an edit may change.

use rightlane_facts::Grade;

/// What was found while an edit was made.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    changes: Vec<String>,
    pub(crate) notes: Vec<String>,
    /// The task became more than the call that was asked for: the lines that it has.
    pub(crate) lines: Option<(u32, u32)>,
}

impl Outcome {
    /// Something that can be seen may change.
    pub(crate) fn changes(&mut self, reason: String) {
        if !self.changes.contains(&reason) {
            self.changes.push(reason);
        }
    }

    pub(crate) fn grade(&self) -> Grade {
        match self.changes.is_empty() {
            true => Grade::Safe,
            false => Grade::ChangesBehaviour(self.changes.clone()),
        }
    }
}
