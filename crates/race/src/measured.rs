//! What a race found out.

use crate::compare::Difference;
use crate::effects::Effect;
use std::fmt::{self, Display, Formatter};

/// What is known of a variant. Times are in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The variant's name.
    pub name: String,
    /// How often it was run to its end, the rehearsal not counted.
    pub runs: usize,
    /// The median of the wall times, from start to exit; none where the output is not equal.
    pub seconds: Option<f64>,
    /// Where that median is, with 95 % (bootstrap); none with fewer than two samples.
    pub interval: Option<(f64, f64)>,
    /// CPU time of the program and of all children that were waited for: the median.
    pub cpu_seconds: Option<f64>,
    /// The most memory that the largest single process had resident; not the sum of all, and not
    /// less than the keeper's own (some 10 MB).
    pub peak_bytes: Option<u64>,
    /// From the start to the program's first line: the interpreter's start and our hooks; the median.
    pub startup_seconds: Option<f64>,
    /// Whether it did the same as the reference; none where it was not run.
    pub output: Option<Output>,
    /// Whether it was clearly slower than the best, and not run again.
    pub dropped: bool,
    /// Wall times, in the order of the runs.
    pub samples: Vec<f64>,
    /// What to bear in mind, each once: processes that it left running, for instance.
    pub doubts: Vec<String>,
}

/// How a variant's output compares.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The same as the reference's in every run.
    Equal,
    /// Not the same in at least one run.
    Differs(Difference),
    /// There is none to compare.
    Failed(How),
}

/// How a run failed.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// Another exit status than the reference's, with the last lines of stderr.
    Status {
        /// Ours and the reference's.
        difference: Difference,
        /// Cleaned of control characters.
        stderr: String,
    },
    /// Longer than three times the reference and ten seconds; killed.
    Hung,
    /// It put out many times what the reference does; killed.
    TooMuchOutput,
    /// The time budget was over before its first end; killed.
    OutOfBudget,
    /// It was about to do this, which is refused or which the reference does not do; killed.
    Stopped(Effect),
    /// It could not be started.
    NotStarted(String),
}

impl Display for How {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { difference, stderr } if stderr.is_empty() => write!(f, "{difference}"),
            Self::Status { difference, stderr } => write!(f, "{difference}\n{stderr}"),
            Self::Hung => f.write_str("did not end and was killed"),
            Self::TooMuchOutput => f.write_str("put out much more than the program and was killed"),
            Self::OutOfBudget => f.write_str("was not done when the time budget was over"),
            Self::Stopped(effect) => write!(f, "was stopped because it {effect}"),
            Self::NotStarted(why) => write!(f, "could not be started: {why}"),
        }
    }
}
