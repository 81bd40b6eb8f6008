//! Edits of a program.

use crate::Edit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far an edit may be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "grade", content = "reasons")]
pub enum Grade {
    /// The program does what it did: same output, same order, same exceptions at the same place.
    Safe,
    /// It does the same work, but something that can be seen may change: what, each as a sentence
    /// without a full stop.
    ChangesBehaviour(Vec<String>),
    /// To read, not to make: why, each as a sentence without a full stop.
    ShowOnly(Vec<String>),
}

impl Grade {
    /// The same with one more thing that may change.
    #[must_use]
    pub fn and_changes(self, reason: impl Into<String>) -> Self {
        match self {
            Grade::Safe => Grade::ChangesBehaviour(vec![reason.into()]),
            Grade::ChangesBehaviour(mut reasons) => {
                let reason = reason.into();
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
                Grade::ChangesBehaviour(reasons)
            }
            Grade::ShowOnly(reasons) => Grade::ShowOnly(reasons),
        }
    }

    /// The reasons.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        match self {
            Grade::Safe => &[],
            Grade::ChangesBehaviour(reasons) | Grade::ShowOnly(reasons) => reasons,
        }
    }
}

/// The edit of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileEdit {
    /// The file's absolute path.
    pub path: String,
    /// Not overlapping, in order.
    pub edits: Vec<Edit>,
}

/// The part of a site that becomes the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskPart {
    /// The call with this index in the site's calls; the rest of the body stays sequential.
    Call(usize),
    /// The whole body.
    Body,
    /// Of a run of calls: its members by the worker that runs them, each in order.
    Groups(Vec<Vec<usize>>),
}

/// What a verdict is about: a site, and what of it becomes the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The site's index in [`crate::ProgramSource::sites`].
    pub site: u32,
    /// What becomes the task.
    pub part: TaskPart,
}
