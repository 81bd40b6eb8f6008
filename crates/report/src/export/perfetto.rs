//! Chrome's JSON trace events, as Perfetto and `chrome://tracing` show them.
//!
//! Each thread has two tracks: what it did (one event for each stretch, named by its cause) and
//! the program's own functions that it was in (nested events, one for as long as nothing above
//! it changed). Two, since events on one track have to nest, and a function neither contains
//! every wait nor is contained in one.

mod counters;
mod event;
mod functions;

use super::parts::{self, Part, microseconds};
use super::room;
use super::{ExportError, names};
use counters::Counters;
use event::{Args, Event, Events, StackNames};
use functions::Functions;
use rightlane_facts::{ProcessRecord, Recording};
use serde::Serialize;

/// What the thread ids of the tracks of functions are above the threads' own: Linux has no
/// thread id as high (`PID_MAX_LIMIT`).
const FUNCTIONS: u32 = 1 << 22;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    trace_events: Vec<Event<'a>>,
    display_time_unit: &'static str,
    other_data: OtherData<'a>,
}

#[derive(Serialize)]
struct OtherData<'a> {
    exporter: &'static str,
    program: &'a str,
    arguments: &'a [String],
    started: f64,
    doubts: &'a [String],
}

/// `recording`'s timeline as trace events. What has no place in the timeline is not shown.
pub(super) fn perfetto(recording: &Recording) -> Result<Vec<u8>, ExportError> {
    let names: Vec<String> = recording.frames.iter().map(names::frame).collect();
    let mut events = Events::new();
    for (index, process) in (0..).zip(&recording.processes) {
        let mut exported = Exported {
            recording,
            process,
            names: &names,
            events: &mut events,
        };
        exported.process(index)?;
    }
    room::json(&File {
        trace_events: events.all,
        display_time_unit: "ms",
        other_data: OtherData {
            exporter: "rightlane",
            program: &recording.program,
            arguments: &recording.arguments,
            started: recording.started,
            doubts: &recording.doubts,
        },
    })
}

/// A process on its way into the events.
struct Exported<'a, 'e> {
    recording: &'a Recording,
    process: &'a ProcessRecord,
    names: &'a [String],
    events: &'e mut Events<'a>,
}

/// A part with its place in the timeline, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Placed {
    part: Part,
    start: i64,
    end: i64,
}

impl Exported<'_, '_> {
    fn process(&mut self, index: u32) -> Result<(), ExportError> {
        let pid = self.process.pid;
        let name = names::process(self.process);
        self.events
            .metadata(pid, pid, "process_name", Args::name(name))?;
        let sort = Args::SortIndex { sort_index: index };
        self.events.metadata(pid, pid, "process_sort_index", sort)?;
        let mut counters = Counters::default();
        for (thread, parts) in parts::timeline(self.process) {
            let placed = placed(&parts);
            self.thread(thread, &placed)?;
            counters.add(&placed);
        }
        counters.write(pid, self.events)
    }

    fn thread(&mut self, index: u32, placed: &[Placed]) -> Result<(), ExportError> {
        let name = names::thread(self.process, index);
        let thread = self.process.threads.get(index as usize);
        let tid = thread.map_or(index, |thread| thread.tid.unsigned_abs());
        let functions = tid.wrapping_add(FUNCTIONS);
        let sort = index.saturating_mul(2);
        self.name_track(tid, name.clone(), sort)?;
        self.name_track(
            functions,
            format!("{name}: functions"),
            sort.saturating_add(1),
        )?;
        self.causes(tid, placed)?;
        let mut track = Functions::new(self.recording, self.process.pid, functions);
        for part in placed {
            track.add(part, self.events)?;
        }
        track.close(0, self.events);
        Ok(())
    }

    fn name_track(&mut self, tid: u32, name: String, sort_index: u32) -> Result<(), ExportError> {
        let pid = self.process.pid;
        self.events
            .metadata(pid, tid, "thread_name", Args::name(name))?;
        let sort = Args::SortIndex { sort_index };
        self.events.metadata(pid, tid, "thread_sort_index", sort)
    }

    fn causes(&mut self, tid: u32, placed: &[Placed]) -> Result<(), ExportError> {
        for Placed { part, start, end } in placed {
            let stack = self.recording.stacks.get(part.stack as usize);
            let stack = StackNames {
                stack: stack.map_or(&[], Vec::as_slice),
                names: self.names,
            };
            let detail = self.recording.detail(part.detail).map(names::detail);
            let args = Args::Stretch { stack, detail };
            let (words, key) = (part.cause.words(), part.cause.key());
            let track = (self.process.pid, tid);
            let event = Event::complete(track, (*start, *end), words, key, args);
            self.events.push(event)?;
        }
        Ok(())
    }
}

/// `parts`, which are in the order of time, with whole microseconds: viewers add fractions up as
/// floating point, and then the end of one event is after the start of the next. A thread does
/// one thing at a time: what would overlap by rounding begins where the part before it ends, since
/// a viewer drops what does not nest.
fn placed(parts: &[Part]) -> Vec<Placed> {
    let mut free = 0;
    let mut placed = Vec::with_capacity(parts.len());
    for part in parts {
        let start = microseconds(part.start).max(free);
        let end = microseconds(part.start + part.seconds);
        if end > start {
            placed.push(Placed {
                part: *part,
                start,
                end,
            });
            free = end;
        }
    }
    placed
}
