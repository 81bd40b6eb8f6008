//! Frames and stacks, each kept once and referred to by number: a sample is a few bytes however
//! deep its stack is.

use crate::reader::position::Position;
use rightlane_facts::{SampleFrame, is_library};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Number of a frame.
pub(crate) type FrameId = u32;

/// Number of a stack.
pub(crate) type StackId = u32;

/// A frame of the program's own on a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnFrame {
    /// Where it lies.
    pub(crate) address: u64,
    /// What it executes.
    pub(crate) frame: FrameId,
    /// Which function that belongs to: its code object's number.
    pub(crate) code: u64,
    /// What its variables hold.
    pub(crate) values: u64,
}

/// What a frame's function is known for, as far as it decides a thread's wait cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks(u8);

impl Marks {
    /// The import system.
    pub(crate) const IMPORT: Marks = Marks(1);
    /// An event loop's own code.
    pub(crate) const LOOP: Marks = Marks(2);
    /// Waits for a child process, whatever the system call.
    pub(crate) const CHILD: Marks = Marks(4);
    /// Looks a name up.
    pub(crate) const LOOKUP: Marks = Marks(8);
    /// Handles a connected stream: what it waits for is no name lookup.
    pub(crate) const STREAM: Marks = Marks(16);
    /// One turn of asyncio's event loop.
    pub(crate) const TURN: Marks = Marks(32);
    /// A callback of that loop under way.
    pub(crate) const CALLBACK: Marks = Marks(64);

    /// Not the program's own: the standard library, or an installed package.
    pub(crate) const LIBRARY: Marks = Marks(128);

    /// Whether any of `marks` is set.
    pub(crate) fn any(self, marks: Marks) -> bool {
        self.0 & marks.0 != 0
    }

    /// Both together.
    pub(crate) fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    fn of(file: &str, function: &str) -> Marks {
        const LOOPS: [&str; 5] = [
            "/asyncio/base_events.py",
            "/asyncio/runners.py",
            "/uvloop/__init__.py",
            "/trio/_core/_run.py",
            "/gevent/hub.py",
        ];
        let function = function.rsplit('.').next().unwrap_or_default();
        let mut marks = Marks::default();
        if is_library(file) {
            marks = marks.with(Marks::LIBRARY);
        }
        if file == "<frozen importlib._bootstrap>" {
            marks = marks.with(Marks::IMPORT);
        }
        if LOOPS.iter().any(|end| file.ends_with(end)) {
            marks = marks.with(Marks::LOOP);
        }
        if function == "_run_once" && file.ends_with("/asyncio/base_events.py") {
            marks = marks.with(Marks::TURN);
        }
        if function == "_run" && file.ends_with("/asyncio/events.py") {
            marks = marks.with(Marks::CALLBACK);
        }
        let child = match function {
            // Up to 3.14 a wait with a timeout is a loop of short sleeps.
            "_wait" => file.ends_with("/subprocess.py"),
            "wait" | "poll" => file.ends_with("/multiprocessing/popen_fork.py"),
            _ => false,
        };
        if child {
            marks = marks.with(Marks::CHILD);
        }
        if file.ends_with("/socket.py") || file.ends_with("/ssl.py") {
            marks = marks.with(match function {
                "getaddrinfo" | "getfqdn" => Marks::LOOKUP,
                _ => Marks::STREAM,
            });
        }
        marks
    }
}

/// Every frame seen, and first the unknown one.
pub(crate) struct FrameTable {
    frames: Vec<SampleFrame>,
    marks: Vec<Marks>,
    ids: FxHashMap<(u64, i32), FrameId>,
    /// Forked processes have the same code in code objects of their own.
    known: FxHashMap<SampleFrame, FrameId>,
    /// Bytes of the frames' texts, counted for each frame though frames share them.
    text: usize,
}

/// Distinct frames kept: (code object, instruction) pairs; beyond that all are the unknown one.
const MOST_FRAMES: usize = 1 << 20;

/// Bytes of text kept: with usual names (100 bytes) the frames above are the limit; a program
/// that makes code objects with names of kilobytes gets here first.
const MOST_TEXT: usize = 256 << 20;

/// The frame without a name.
const UNKNOWN: FrameId = 0;

impl Default for FrameTable {
    fn default() -> Self {
        FrameTable {
            frames: vec![SampleFrame {
                file: "".into(),
                function: "<unknown>".into(),
                line: 0,
                span: None,
            }],
            marks: vec![Marks::default()],
            ids: FxHashMap::default(),
            known: FxHashMap::default(),
            text: 0,
        }
    }
}

impl FrameTable {
    /// The frame that executes instruction `index` of code object number `code`; `describe`
    /// tells file, function and position if it is new.
    pub(crate) fn id(
        &mut self,
        code: u64,
        index: i32,
        describe: impl FnOnce() -> (Arc<str>, Arc<str>, Position),
    ) -> FrameId {
        if let Some(id) = self.ids.get(&(code, index)) {
            return *id;
        }
        if self.ids.len() >= MOST_FRAMES {
            self.ids.clear();
        }
        let (file, function, position) = describe();
        let id = self.intern(SampleFrame {
            file,
            function,
            line: position.line,
            span: position.span,
        });
        self.ids.insert((code, index), id);
        id
    }

    fn intern(&mut self, frame: SampleFrame) -> FrameId {
        if let Some(id) = self.known.get(&frame) {
            return *id;
        }
        if self.frames.len() >= MOST_FRAMES || self.text >= MOST_TEXT {
            return UNKNOWN;
        }
        self.text += frame.file.len() + frame.function.len();
        let id = FrameId::try_from(self.frames.len()).unwrap_or(UNKNOWN);
        self.marks.push(Marks::of(&frame.file, &frame.function));
        self.frames.push(frame.clone());
        self.known.insert(frame, id);
        id
    }

    /// The frame's marks.
    pub(crate) fn marks(&self, id: FrameId) -> Marks {
        self.marks.get(id as usize).copied().unwrap_or_default()
    }

    /// All frames, by number.
    pub(crate) fn into_frames(self) -> Vec<SampleFrame> {
        self.frames
    }

    /// The frame.
    pub(crate) fn frame(&self, id: FrameId) -> Option<&SampleFrame> {
        self.frames.get(id as usize)
    }
}

/// Every stack seen, innermost frame first.
pub(crate) struct StackTable {
    stacks: Vec<Arc<[FrameId]>>,
    ids: FxHashMap<Arc<[FrameId]>, StackId>,
    /// Frame numbers kept, all together.
    kept: usize,
}

/// The stack without frames.
pub(crate) const EMPTY_STACK: StackId = 0;

/// Frame numbers kept in full stacks (64 MB); beyond that new stacks are cut to their two ends.
const FULL_BUDGET: usize = 16 << 20;

/// Distinct stacks kept; beyond that new ones count as empty.
const MOST_STACKS: usize = 1 << 20;

/// Frames kept at each end of a stack once the budget is used up.
const CUT: usize = 16;

impl StackTable {
    /// A table with the empty stack.
    pub(crate) fn new() -> Self {
        let empty: Arc<[FrameId]> = Arc::from([]);
        StackTable {
            stacks: vec![Arc::clone(&empty)],
            ids: FxHashMap::from_iter([(empty, EMPTY_STACK)]),
            kept: 0,
        }
    }

    /// The stack's number.
    pub(crate) fn id(&mut self, frames: &[FrameId]) -> StackId {
        if let Some(id) = self.ids.get(frames) {
            return *id;
        }
        if self.kept + frames.len() > FULL_BUDGET && frames.len() > 2 * CUT {
            let mut ends = frames[..CUT].to_vec();
            ends.extend_from_slice(&frames[frames.len() - CUT..]);
            return self.id(&ends);
        }
        if self.stacks.len() >= MOST_STACKS {
            return EMPTY_STACK;
        }
        let stack: Arc<[FrameId]> = Arc::from(frames);
        let id = StackId::try_from(self.stacks.len()).unwrap_or(EMPTY_STACK);
        self.kept += frames.len();
        self.stacks.push(Arc::clone(&stack));
        self.ids.insert(stack, id);
        id
    }

    /// All stacks, by number.
    pub(crate) fn into_stacks(self) -> Vec<Vec<FrameId>> {
        self.stacks.iter().map(|stack| stack.to_vec()).collect()
    }

    /// The stack's frames, innermost first.
    pub(crate) fn frames(&self, id: StackId) -> &[FrameId] {
        self.stacks.get(id as usize).map_or(&[], |stack| stack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_beyond_the_texts_budget_are_unknown_and_known_ones_stay() {
        let mut table = FrameTable::default();
        let long: Arc<str> = "x".repeat(1 << 20).into();
        let mut id = |index: i32| {
            let position = Position {
                line: index.unsigned_abs(),
                span: None,
            };
            table.id(1, index, || (long.clone(), "f".into(), position))
        };
        let ids: Vec<FrameId> = (0..300).map(&mut id).collect();
        assert_ne!(ids[0], UNKNOWN);
        assert_eq!(ids[299], UNKNOWN);
        assert_eq!(id(0), ids[0]);
        assert_eq!(&*table.frame(UNKNOWN).unwrap().function, "<unknown>");
    }

    #[test]
    fn equal_stacks_share_a_number_and_the_empty_one_is_zero() {
        let mut stacks = StackTable::new();
        let (first, second) = (stacks.id(&[1, 2]), stacks.id(&[1, 2, 3]));
        assert_eq!(stacks.id(&[1, 2]), first);
        assert_ne!(first, second);
        assert_eq!(stacks.id(&[]), EMPTY_STACK);
        assert_eq!(stacks.frames(second), [1, 2, 3]);
        assert_eq!(stacks.frames(99), [0; 0]);
    }

    #[test]
    fn functions_that_decide_a_wait_are_marked() {
        let marked = |file, function, mark| Marks::of(file, function).any(mark);
        assert!(marked(
            "/usr/lib/python3.11/subprocess.py",
            "Popen._wait",
            Marks::CHILD
        ));
        assert!(!marked(
            "/home/me/subprocess_tools.py",
            "_wait",
            Marks::CHILD
        ));
        assert!(marked("/x/socket.py", "getaddrinfo", Marks::LOOKUP));
        assert!(marked("/x/socket.py", "SocketIO.readinto", Marks::STREAM));
        assert!(marked(
            "/x/asyncio/base_events.py",
            "BaseEventLoop._run_once",
            Marks::LOOP
        ));
        assert!(marked(
            "<frozen importlib._bootstrap>",
            "_find_and_load",
            Marks::IMPORT
        ));
    }
}
