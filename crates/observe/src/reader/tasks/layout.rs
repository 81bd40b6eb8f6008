//! Where the fields of asyncio's tasks and of coroutines lie, by CPython version.

use crate::reader::attach::Target;
use crate::reader::memory::{Memory, at, word};
use crate::reader::objects::ObjectsLayout;
use crate::reader::tasks::published;
use crate::reader::{Fault, Read};

/// Places of the fields that reading tasks needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaskLayout {
    pub(super) objects: ObjectsLayout,
    pub(super) task: TaskFields,
    pub(super) coroutine: CoroutineFields,
    pub(super) registry: Registry,
}

/// `TaskObj` of the module `_asyncio`.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaskFields {
    /// Bytes to read of one.
    pub(super) size: usize,
    /// Whether it is done; not published from 3.14 on, where the lists hold only tasks that are
    /// not done.
    pub(super) state: Option<usize>,
    /// The future it waits for.
    pub(super) waiter: usize,
    pub(super) coroutine: usize,
    pub(super) name: usize,
}

/// `PyGenObject`, which coroutines, generators and asynchronous generators are alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct CoroutineFields {
    pub(super) frame: CoroutineFrame,
    /// What its frame is doing: in the coroutine, or in the frame if that is elsewhere.
    pub(super) state: usize,
    pub(super) states: States,
    pub(super) top: Top,
}

/// Where a coroutine's frame is.
#[derive(Debug, Clone, Copy)]
pub(super) enum CoroutineFrame {
    /// Behind a pointer (3.10).
    Behind(usize),
    /// In the coroutine itself.
    Inside(usize),
}

/// Values of a frame's state. Those below `suspended` are for frames not started, those from
/// `ended` on for frames that are over.
#[derive(Debug, Clone, Copy)]
pub(super) struct States {
    pub(super) suspended: i8,
    /// Suspended in an `await`; before 3.13 only the instruction tells.
    pub(super) awaiting: Option<i8>,
    pub(super) executing: i8,
    pub(super) ended: i8,
}

/// How a suspended frame leads to the object it awaits, which lies on its value stack.
#[derive(Debug, Clone, Copy)]
pub(super) enum Top {
    /// A pointer to the stack and the number of values on it (3.10).
    Stack { values: usize, count: usize },
    /// The number of values, counted from the first local variable, which follows the frame.
    Count { values: usize, count: usize },
    /// A pointer behind the last value; the object is that many bytes before it.
    Pointer { pointer: usize, back: usize },
}

/// Where the tasks are listed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Registry {
    /// In sets of the module `asyncio.tasks`; where an interpreter keeps `sys.modules`.
    Sets { modules: usize },
    /// In linked lists (from 3.14), one of each thread and one of the interpreter for tasks of
    /// threads that have ended: the places of the lists' heads and of the node in a task.
    Lists {
        thread: usize,
        interpreter: usize,
        node: usize,
    },
}

/// The layout for a target; `None` while its module `_asyncio` has not been loaded.
pub(super) fn find(memory: &impl Memory, target: &Target, pid: u32) -> Read<Option<TaskLayout>> {
    match target.layout.minor {
        10 => Ok(Some(PYTHON_3_10)),
        11 => Ok(Some(PYTHON_3_11)),
        12 => Ok(Some(PYTHON_3_12)),
        13 => {
            let modules = memory.word(at(target.runtime, IMPORTED_MODULES * 8)?)?;
            let modules = usize::try_from(modules).map_err(|_| Fault::Torn)?;
            Ok(Some(shifted(
                PYTHON_3_13,
                target,
                Registry::Sets { modules },
            )))
        }
        _ => from_3_14(memory, target, pid),
    }
}

/// Position of `interpreter_state.imports_modules` in 3.13's published table.
const IMPORTED_MODULES: usize = 11;

fn from_3_14(memory: &impl Memory, target: &Target, pid: u32) -> Read<Option<TaskLayout>> {
    let Some(fields) = published::find(memory, pid)? else {
        return Ok(None);
    };
    let mut layout = with_lists(target, fields.registry);
    layout.task = TaskFields { ..fields.task };
    Ok(Some(layout))
}

/// The layout from 3.14 on, the task's own fields aside.
fn with_lists(target: &Target, lists: Registry) -> TaskLayout {
    let mut layout = shifted(PYTHON_3_13, target, lists);
    layout.coroutine.top = Top::Pointer {
        pointer: 64,
        // From 3.15 an index lies on top, for iterating over lists and tuples without iterator.
        back: if target.layout.minor == 14 { 8 } else { 16 },
    };
    if target.layout.minor > 14 {
        layout.coroutine.states = States {
            suspended: 1,
            awaiting: Some(2),
            executing: 4,
            ended: 5,
        };
    }
    layout
}

/// A layout with linked lists for memory that is none.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn of_lists(target: &Target) -> TaskLayout {
    let lists = Registry::Lists {
        thread: 312,
        interpreter: 9000,
        node: 136,
    };
    with_lists(target, lists)
}

/// The layout for builds whose objects begin with a longer head: the free-threaded ones.
fn shifted(layout: TaskLayout, target: &Target, registry: Registry) -> TaskLayout {
    let head = target.layout.object.kind + 8;
    let by = head.saturating_sub(HEAD);
    let (task, coroutine) = (layout.task, layout.coroutine);
    TaskLayout {
        objects: ObjectsLayout {
            head,
            managed_dict: if target.layout.free_threaded { 8 } else { 24 },
            ..layout.objects
        },
        task: TaskFields {
            size: task.size + by,
            state: task.state.map(|state| state + by),
            waiter: task.waiter + by,
            coroutine: task.coroutine + by,
            name: task.name + by,
        },
        coroutine: CoroutineFields {
            frame: match coroutine.frame {
                CoroutineFrame::Behind(offset) => CoroutineFrame::Behind(offset + by),
                CoroutineFrame::Inside(offset) => CoroutineFrame::Inside(offset + by),
            },
            state: coroutine.state + by,
            ..coroutine
        },
        registry,
    }
}

/// Bytes of an object's head in builds with a GIL.
const HEAD: usize = 16;

// Checked with a debugger against 3.10.13, 3.11.7, 3.12.1 and 3.13.0.

const PYTHON_3_10: TaskLayout = TaskLayout {
    objects: ObjectsLayout {
        minor: 10,
        head: HEAD,
        managed_dict: 0,
    },
    task: TaskFields {
        size: 184,
        state: Some(88),
        waiter: 152,
        coroutine: 160,
        name: 168,
    },
    coroutine: CoroutineFields {
        frame: CoroutineFrame::Behind(16),
        state: 108,
        states: States {
            suspended: -1,
            awaiting: None,
            executing: 0,
            ended: 1,
        },
        top: Top::Stack {
            values: 64,
            count: 80,
        },
    },
    registry: Registry::Sets { modules: 0x358 },
};

const PYTHON_3_11: TaskLayout = TaskLayout {
    objects: ObjectsLayout {
        minor: 11,
        head: HEAD,
        managed_dict: 24,
    },
    task: TaskFields {
        size: 160,
        state: Some(88),
        waiter: 128,
        coroutine: 136,
        name: 144,
    },
    coroutine: CoroutineFields {
        frame: CoroutineFrame::Inside(80),
        state: 75,
        states: States {
            suspended: -1,
            awaiting: None,
            executing: 0,
            ended: 1,
        },
        top: Top::Count {
            values: 72,
            count: 64,
        },
    },
    registry: Registry::Sets { modules: 0x378 },
};

const PYTHON_3_12: TaskLayout = TaskLayout {
    objects: ObjectsLayout {
        minor: 12,
        ..PYTHON_3_11.objects
    },
    coroutine: CoroutineFields {
        frame: CoroutineFrame::Inside(72),
        state: 67,
        ..PYTHON_3_11.coroutine
    },
    registry: Registry::Sets { modules: 0x3b0 },
    ..PYTHON_3_11
};

const PYTHON_3_13: TaskLayout = TaskLayout {
    objects: ObjectsLayout {
        minor: 13,
        ..PYTHON_3_11.objects
    },
    task: TaskFields {
        size: 144,
        state: Some(96),
        waiter: 112,
        coroutine: 120,
        name: 128,
    },
    coroutine: CoroutineFields {
        states: States {
            suspended: -2,
            awaiting: Some(-1),
            executing: 0,
            ended: 1,
        },
        ..PYTHON_3_12.coroutine
    },
    registry: Registry::Sets { modules: 0 },
};

/// A published offset; none is larger.
pub(super) fn offset(table: &[u8], position: usize) -> Read<usize> {
    let value = word(table, position * 8)?;
    usize::try_from(value)
        .ok()
        .filter(|value| *value <= LARGEST_OFFSET)
        .ok_or(Fault::Torn)
}

/// Interpreter states measure some hundred kilobytes.
const LARGEST_OFFSET: usize = 1 << 20;
