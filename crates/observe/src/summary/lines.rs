//! Time by line of the program's source.

use super::Details;
use rightlane_facts::{Ledger, LineLedger, Recording, SampleFrame, is_library};
use std::collections::HashMap;

/// Lines kept.
const MOST_LINES: usize = 200;

/// What is known of one line.
#[derive(Default)]
struct Line {
    ledger: Ledger,
    details: Details,
    /// Seconds by the innermost function called.
    callees: HashMap<String, f64>,
}

/// The lines by the time of all threads of all processes: each moment counts for the innermost line of the
/// program's own on the stack.
pub(super) fn lines(recording: &Recording) -> Vec<LineLedger> {
    let mut lines: HashMap<&SampleFrame, Line> = HashMap::new();
    let mut total = 0.0;
    for record in &recording.processes {
        for time in &record.times {
            total += time.seconds;
            let Some(frame) = shown(recording, time.stack) else {
                continue;
            };
            let line = lines.entry(frame).or_default();
            line.ledger.add(time.cause, time.seconds);
            line.details.add(time);
            let innermost = recording.stack(time.stack).next();
            if let Some(called) = innermost.filter(|called| *called != frame) {
                *line.callees.entry(name(called)).or_default() += time.seconds;
            }
        }
    }
    // The expressions on one line, and what is not told apart by line, are one.
    let mut merged: HashMap<(&str, u32, &str), Line> = HashMap::new();
    for (frame, line) in lines {
        let key = (&*frame.file, frame.line, &*frame.function);
        merged.entry(key).or_default().merge(line);
    }
    let mut all: Vec<LineLedger> = merged
        .into_iter()
        .map(|((file, number, function), line)| {
            let seconds = line.ledger.total();
            LineLedger {
                file: file.to_owned(),
                line: number,
                function: function.to_owned(),
                own: !is_library(file),
                calling: line.callee(),
                seconds,
                share: if total > 0.0 { seconds / total } else { 0.0 },
                ledger: line.ledger,
                details: line.details.waited(recording),
            }
        })
        .collect();
    all.sort_by(|a, b| {
        let order = b.seconds.total_cmp(&a.seconds);
        order.then_with(|| (&a.file, a.line).cmp(&(&b.file, b.line)))
    });
    all.truncate(MOST_LINES);
    all
}

/// The innermost frame of the program's own; of a stack without one, the innermost at all.
pub(super) fn shown(recording: &Recording, stack: u32) -> Option<&SampleFrame> {
    let own = recording
        .stack(stack)
        .find(|frame| !is_library(&frame.file));
    own.or_else(|| recording.stack(stack).next())
}

impl Line {
    fn merge(&mut self, other: Line) {
        self.ledger.merge(&other.ledger);
        for (key, seconds) in other.details.0 {
            *self.details.0.entry(key).or_default() += seconds;
        }
        for (callee, seconds) in other.callees {
            *self.callees.entry(callee).or_default() += seconds;
        }
    }

    /// The function that most of its time was in, if that is most of its time.
    fn callee(&self) -> Option<String> {
        let most = self
            .callees
            .iter()
            .max_by(|a, b| a.1.total_cmp(b.1).then_with(|| b.0.cmp(a.0)))?;
        (*most.1 > self.ledger.total() / 2.0).then(|| most.0.clone())
    }
}

/// `recv_into (socket.py)`
fn name(frame: &SampleFrame) -> String {
    let file = frame.file.rsplit('/').next().unwrap_or(&frame.file);
    format!("{} ({file})", frame.function)
}
