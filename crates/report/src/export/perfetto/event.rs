//! Trace events as JSON.

use super::super::ExportError;
use super::super::room::Room;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// Frames of a stack that an event tells, innermost first: the lines near the leaf. The program's
/// functions further out are on the track of functions. Repeating whole stacks of 25 frames made
/// a file of 200,000 stretches twice as large (476 MB, not 238 MB).
const FRAMES: usize = 8;

/// No event is shorter as JSON.
const SHORTEST: usize = 40;

/// An event. Its times come first and its arguments last: Perfetto reads no further than it needs
/// to find the times, and takes no list on the way there.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    ph: &'static str,
    /// Microseconds; metadata has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<i64>,
    pid: u32,
    tid: u32,
    name: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Args<'a>>,
}

/// What an event tells besides.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Args<'a> {
    /// Of metadata.
    Name { name: String },
    /// Of metadata.
    SortIndex { sort_index: u32 },
    /// Of a stretch of the timeline.
    Stretch {
        stack: StackNames<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Of a function.
    Function { file: Cow<'a, str> },
    /// Of a counter.
    Threads {
        running: i64,
        #[serde(rename = "waiting for the GIL")]
        gil: i64,
    },
}

impl Args<'_> {
    pub(super) fn name(name: String) -> Self {
        Args::Name { name }
    }
}

/// The names of a stack's frames, innermost first.
pub(super) struct StackNames<'a> {
    pub(super) stack: &'a [u32],
    pub(super) names: &'a [String],
}

impl Serialize for StackNames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stack = self.stack.iter().take(FRAMES);
        serializer.collect_seq(stack.filter_map(|frame| self.names.get(*frame as usize)))
    }
}

impl<'a> Event<'a> {
    /// A whole event on the track (process, thread), in microseconds.
    pub(super) fn complete(
        (pid, tid): (u32, u32),
        (start, end): (i64, i64),
        name: impl Into<Cow<'a, str>>,
        category: &'static str,
        args: Args<'a>,
    ) -> Self {
        Self {
            ph: "X",
            ts: Some(start),
            dur: Some(end.saturating_sub(start)),
            pid,
            tid,
            name: name.into(),
            cat: Some(category),
            args: Some(args),
        }
    }

    /// Moves the end of an event that began at `start`.
    pub(super) fn set_end(&mut self, start: i64, end: i64) {
        self.dur = Some(end.saturating_sub(start));
    }
}

/// All events, as far as there is room.
pub(super) struct Events<'a> {
    pub(super) all: Vec<Event<'a>>,
    room: Room,
}

impl<'a> Events<'a> {
    pub(super) fn new() -> Self {
        Self {
            all: Vec::new(),
            room: Room::new(),
        }
    }

    pub(super) fn push(&mut self, event: Event<'a>) -> Result<(), ExportError> {
        self.room.take(SHORTEST)?;
        self.all.push(event);
        Ok(())
    }

    /// A name of a process or thread, or its place among the others.
    pub(super) fn metadata(
        &mut self,
        pid: u32,
        tid: u32,
        name: &'static str,
        args: Args<'a>,
    ) -> Result<(), ExportError> {
        self.push(Event {
            ph: "M",
            ts: None,
            dur: None,
            pid,
            tid,
            name: name.into(),
            cat: None,
            args: Some(args),
        })
    }

    /// The threads of process `pid` that run and that wait for the GIL from `at` on.
    pub(super) fn threads(
        &mut self,
        pid: u32,
        at: i64,
        running: i64,
        gil: i64,
    ) -> Result<(), ExportError> {
        self.push(Event {
            ph: "C",
            ts: Some(at),
            dur: None,
            pid,
            tid: pid,
            name: "threads".into(),
            cat: None,
            args: Some(Args::Threads { running, gil }),
        })
    }
}
