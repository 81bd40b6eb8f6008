//! Whether the parts of a recording fit together.

use rightlane_facts::{ProcessRecord, Recording, Stall, Stretch, Time};

/// The first place where they do not, in words.
///
/// Such a recording is refused: dropping an entry would leave a ledger that is no longer all of
/// the time.
pub(super) fn fault(recording: &Recording) -> Option<String> {
    let frames = recording.frames.len();
    let lost = |frame: &&u32| **frame as usize >= frames;
    if let Some(frame) = recording.stacks.iter().flatten().find(lost) {
        return Some(format!("a stack names frame {frame} of {frames}"));
    }
    if !is_time(recording.wall_seconds) {
        return Some("it lasted a negative time".to_owned());
    }
    let mut processes = recording.processes.iter();
    processes.find_map(|process| {
        let fault = Limits::new(recording, process).fault(process)?;
        Some(format!("process {}: {fault}", process.pid))
    })
}

fn is_time(seconds: f64) -> bool {
    seconds >= 0.0 && seconds.is_finite()
}

/// How many there are of what a process refers to.
struct Limits {
    stacks: usize,
    details: usize,
    threads: usize,
}

impl Limits {
    fn new(recording: &Recording, process: &ProcessRecord) -> Self {
        Self {
            stacks: recording.stacks.len(),
            details: recording.details.len(),
            threads: process.threads.len(),
        }
    }

    fn fault(&self, process: &ProcessRecord) -> Option<String> {
        let times = process.times.iter().find_map(|time| self.of_time(time));
        let timeline = || {
            process
                .timeline
                .iter()
                .find_map(|part| self.of_stretch(part))
        };
        let awaits = || {
            process
                .awaits
                .iter()
                .find_map(|seen| self.stack(seen.stack))
        };
        let stalls = || process.stalls.iter().find_map(|stall| self.of_stall(stall));
        times.or_else(timeline).or_else(awaits).or_else(stalls)
    }

    fn of_time(&self, time: &Time) -> Option<String> {
        let indexes = self.indexes(time.thread, time.stack, time.detail);
        indexes.or_else(|| seconds(time.seconds))
    }

    fn of_stretch(&self, part: &Stretch) -> Option<String> {
        let indexes = self.indexes(part.thread, part.stack, part.detail);
        indexes.or_else(|| seconds(part.seconds))
    }

    fn of_stall(&self, stall: &Stall) -> Option<String> {
        let indexes = self.indexes(stall.thread, stall.stack, None);
        indexes.or_else(|| seconds(stall.seconds))
    }

    fn indexes(&self, thread: u32, stack: u32, detail: Option<u32>) -> Option<String> {
        let thread = outside("thread", thread, self.threads);
        let detail = || detail.and_then(|detail| outside("detail", detail, self.details));
        thread.or_else(|| self.stack(stack)).or_else(detail)
    }

    fn stack(&self, stack: u32) -> Option<String> {
        outside("stack", stack, self.stacks)
    }
}

fn outside(what: &str, index: u32, count: usize) -> Option<String> {
    (index as usize >= count).then(|| format!("something names {what} {index} of {count}"))
}

fn seconds(seconds: f64) -> Option<String> {
    (!is_time(seconds)).then(|| format!("something took {seconds} seconds"))
}
