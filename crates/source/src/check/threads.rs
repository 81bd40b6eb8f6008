//! Which functions of a file run in threads other than the main one.

use super::model::{Function, FunctionId, Model};
use super::pools::Workers;
use super::tasks::Submission;
use rustc_hash::FxHashMap;

/// How a function comes to run in a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InThreads {
    /// One thread beside the main one, as far as can be told.
    One,
    /// Several may run it at the same time: a pool, a loop that starts threads, several starts.
    Several,
}

impl<'a> Model<'a> {
    /// The functions of this file that threads run: those handed to them, and what those call.
    pub fn in_threads(&self) -> &FxHashMap<FunctionId, InThreads> {
        self.in_threads.get_or_init(|| {
            let mut found = FxHashMap::default();
            for submission in self.submissions() {
                if submission.workers != Workers::Threads {
                    continue;
                }
                if let Some(function) = submission.task.function() {
                    let how = self.how_many(&submission);
                    self.spread(function, how, &mut found);
                }
            }
            found
        })
    }

    /// In how many threads of this submission alone its task may run at the same time.
    fn how_many(&self, submission: &Submission<'_, 'a>) -> InThreads {
        if self.repeats(submission) {
            InThreads::Several
        } else {
            InThreads::One
        }
    }

    /// Marks a function, and those that it calls by name or as methods of its own object.
    fn spread(
        &self,
        function: &Function<'a>,
        how: InThreads,
        found: &mut FxHashMap<FunctionId, InThreads>,
    ) {
        let reached = self.reached_plainly([function.id]);
        for id in reached {
            // Two starts are two threads.
            let known = found
                .entry(id)
                .and_modify(|known| *known = InThreads::Several);
            known.or_insert(how);
        }
    }
}
