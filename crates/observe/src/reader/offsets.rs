//! The table of offsets that CPython 3.13 and later publish at the start of their runtime
//! (`_Py_DebugOffsets`).
//!
//! Its fields have no names at run time and new ones are put *between* the old ones with every
//! minor version, so each minor needs its own list of positions; nothing in the table tells the
//! order of a version that is not known, which is why such a version is refused.

use crate::reader::layout::{
    CodeLayout, FrameLayout, FramePlace, GilLayout, GilPlace, HandlerLayout, InterpreterLayout,
    LARGEST_FRAME, LARGEST_STRUCTURE, Layout, ObjectLayout, ThreadLayout,
};
use crate::reader::memory::word;

/// First bytes of the table.
pub(crate) const COOKIE: &[u8; 8] = b"xdebugpy";

/// Bytes of the table to read: enough for every known version.
pub(crate) const TABLE_SIZE: usize = 1024;

/// Largest offset believed: interpreter states measure some hundred kilobytes.
const LARGEST_OFFSET: usize = 1 << 20;

/// Position of each needed field in the table, counted in 8-byte words.
struct Positions {
    interpreters_head: usize,
    interpreter_next: usize,
    threads_head: usize,
    ceval_gil: usize,
    gil: usize,
    gil_enabled: usize,
    gil_locked: usize,
    gil_holder: usize,
    thread_size: usize,
    thread_next: usize,
    thread_interpreter: usize,
    current_frame: usize,
    thread_ident: usize,
    native_thread_id: usize,
    datastack_chunk: usize,
    thread_status: usize,
    frame_size: usize,
    frame_previous: usize,
    executable: usize,
    instruction: usize,
    values: usize,
    owner: usize,
    own_bytecode: Option<usize>,
    code_size: usize,
    filename: usize,
    name: usize,
    qualname: usize,
    linetable: usize,
    firstlineno: usize,
    code_adaptive: usize,
    own_bytecodes: Option<usize>,
    object_type: usize,
    type_name: usize,
    bytes_size: usize,
    bytes_content: usize,
    text_state: usize,
    text_length: usize,
    ascii_size: usize,
}

fn positions(minor: u8) -> Option<&'static Positions> {
    match minor {
        13 => Some(&PYTHON_3_13),
        14 => Some(&PYTHON_3_14),
        15 => Some(&PYTHON_3_15),
        _ => None,
    }
}

/// The minor version in a published table; `None` if it is no such table or not of a Python 3.
pub(crate) fn minor(table: &[u8]) -> Option<u8> {
    if table.get(..8)? != COOKIE {
        return None;
    }
    let version = word(table, 8).ok()?;
    (version >> 24 == 3).then_some((version >> 16 & 0xff) as u8)
}

/// The layout that a published table describes; `None` for a minor version without a list here
/// and for a table with impossible values.
pub(crate) fn published(table: &[u8]) -> Option<Layout> {
    let minor = minor(table)?;
    let table = Table {
        table,
        positions: positions(minor)?,
        minor,
        free_threaded: word(table, FREE_THREADED * 8).ok()? != 0,
    };
    let positions = table.positions;
    Some(Layout {
        minor,
        free_threaded: table.free_threaded,
        runtime_interpreters: table.offset(positions.interpreters_head)?,
        interpreter: InterpreterLayout {
            next: table.offset(positions.interpreter_next)?,
            threads: table.offset(positions.threads_head)?,
        },
        gil: table.gil()?,
        thread: table.thread()?,
        frame: table.frame()?,
        code: table.code()?,
        object: table.object()?,
    })
}

/// Position of the flag for free-threaded builds, in every version.
const FREE_THREADED: usize = 2;

/// A published table and how to read it.
struct Table<'a> {
    table: &'a [u8],
    positions: &'static Positions,
    minor: u8,
    free_threaded: bool,
}

impl Table<'_> {
    fn offset(&self, position: usize) -> Option<usize> {
        let value = usize::try_from(word(self.table, position * 8).ok()?).ok()?;
        (value <= LARGEST_OFFSET).then_some(value)
    }

    /// Bytes to read of a structure. An empty one could not be told from the next one.
    fn size(&self, position: usize, largest: usize) -> Option<usize> {
        let size = self.offset(position)?;
        (size > 0).then_some(size.min(largest))
    }

    /// A field's place in a structure that is read from its start to that field.
    fn near(&self, position: usize) -> Option<usize> {
        self.offset(position)
            .filter(|offset| *offset <= LARGEST_STRUCTURE)
    }

    /// Builds without the field publish zero.
    fn optional(&self, position: Option<usize>) -> Option<usize> {
        self.offset(position?).filter(|offset| *offset != 0)
    }

    fn gil(&self) -> Option<GilLayout> {
        let positions = self.positions;
        let start = self.offset(positions.gil)?;
        let inside = |position| self.offset(position)?.checked_sub(start);
        Some(GilLayout {
            place: GilPlace::Interpreter(self.offset(positions.ceval_gil)?),
            holder: inside(positions.gil_holder)?,
            locked: inside(positions.gil_locked)?,
            // Published relative to the GIL, unlike its neighbours.
            enabled: if self.free_threaded {
                Some(self.offset(positions.gil_enabled)?)
            } else {
                None
            },
        })
    }

    fn thread(&self) -> Option<ThreadLayout> {
        let positions = self.positions;
        Some(ThreadLayout {
            size: self.size(positions.thread_size, LARGEST_STRUCTURE)?,
            next: self.offset(positions.thread_next)?,
            interpreter: self.offset(positions.thread_interpreter)?,
            ident: self.offset(positions.thread_ident)?,
            native_id: Some(self.offset(positions.native_thread_id)?),
            status: Some(self.offset(positions.thread_status)?),
            chunk: Some(self.offset(positions.datastack_chunk)?),
            frame: FramePlace::Thread(self.offset(positions.current_frame)?),
        })
    }

    fn frame(&self) -> Option<FrameLayout> {
        let positions = self.positions;
        Some(FrameLayout {
            size: self.size(positions.frame_size, LARGEST_FRAME)?,
            previous: self.offset(positions.frame_previous)?,
            code: self.offset(positions.executable)?,
            instruction: self.offset(positions.instruction)?,
            owner: Some(self.offset(positions.owner)?),
            marker_owner: 3,
            own_bytecode: self.optional(positions.own_bytecode),
            values: self.offset(positions.values)?,
            blocks: None,
        })
    }

    fn code(&self) -> Option<CodeLayout> {
        let positions = self.positions;
        Some(CodeLayout {
            size: self.size(positions.code_size, LARGEST_STRUCTURE)?,
            file: self.offset(positions.filename)?,
            name: self.offset(positions.name)?,
            qualified_name: Some(self.offset(positions.qualname)?),
            lines: self.offset(positions.linetable)?,
            first_line: self.offset(positions.firstlineno)?,
            bytecode: self.offset(positions.code_adaptive)?,
            own_bytecodes: self.optional(positions.own_bytecodes),
            names: self.offset(positions.bytes_size)? + 16,
            handlers: self.handlers(),
        })
    }

    /// Not published, but every known version lays a code object out the same way from its count
    /// on: the count, three pointers (constants, names, handlers), five numbers, the first line,
    /// the number of values. The first line is published: it must lie where that order has it.
    fn handlers(&self) -> Option<HandlerLayout> {
        let count = self.offset(self.positions.bytes_size)?;
        let first_line = self.offset(self.positions.firstlineno)?;
        (first_line == count + 4 * 8 + 5 * 4).then_some(HandlerLayout {
            table: count + 24,
            locals: first_line + 4,
        })
    }

    fn object(&self) -> Option<ObjectLayout> {
        let positions = self.positions;
        // From 3.14 free-threaded builds keep `interned` as a byte of its own before the bits.
        let own_byte = self.free_threaded && self.minor >= 14;
        let first_bit = if own_byte { 8 } else { 2 };
        let ascii = self.offset(positions.ascii_size)?;
        Some(ObjectLayout {
            kind: self.offset(positions.object_type)?,
            count: self.offset(positions.bytes_size)?,
            type_name: self.offset(positions.type_name)?,
            bytes_content: self.offset(positions.bytes_content)?,
            text_length: self.near(positions.text_length)?,
            text_state: self.near(positions.text_state)?,
            text_kind_bit: first_bit,
            text_ascii_bit: first_bit + 4,
            text_ascii: ascii,
            // `PyCompactUnicodeObject` adds the length and the pointer of the UTF-8 form.
            text_other: ascii + 16,
        })
    }
}

const PYTHON_3_13: Positions = Positions {
    interpreters_head: 5,
    interpreter_next: 8,
    threads_head: 9,
    ceval_gil: 14,
    gil: 15,
    gil_enabled: 16,
    gil_locked: 17,
    gil_holder: 18,
    thread_size: 19,
    thread_next: 21,
    thread_interpreter: 22,
    current_frame: 23,
    thread_ident: 24,
    native_thread_id: 25,
    datastack_chunk: 26,
    thread_status: 27,
    frame_size: 28,
    frame_previous: 29,
    executable: 30,
    instruction: 31,
    values: 32,
    owner: 33,
    own_bytecode: None,
    code_size: 34,
    filename: 35,
    name: 36,
    qualname: 37,
    linetable: 38,
    firstlineno: 39,
    code_adaptive: 43,
    own_bytecodes: None,
    object_type: 45,
    type_name: 47,
    bytes_size: 65,
    bytes_content: 66,
    text_state: 68,
    text_length: 69,
    ascii_size: 70,
};

const PYTHON_3_14: Positions = Positions {
    interpreters_head: 5,
    interpreter_next: 8,
    threads_head: 9,
    ceval_gil: 15,
    gil: 16,
    gil_enabled: 17,
    gil_locked: 18,
    gil_holder: 19,
    thread_size: 22,
    thread_next: 24,
    thread_interpreter: 25,
    current_frame: 26,
    thread_ident: 27,
    native_thread_id: 28,
    datastack_chunk: 29,
    thread_status: 30,
    frame_size: 31,
    frame_previous: 32,
    executable: 33,
    instruction: 34,
    values: 35,
    owner: 36,
    own_bytecode: Some(38),
    code_size: 39,
    filename: 40,
    name: 41,
    qualname: 42,
    linetable: 43,
    firstlineno: 44,
    code_adaptive: 48,
    own_bytecodes: Some(49),
    object_type: 51,
    type_name: 53,
    bytes_size: 75,
    bytes_content: 76,
    text_state: 78,
    text_length: 79,
    ascii_size: 80,
};

const PYTHON_3_15: Positions = Positions {
    interpreters_head: 5,
    interpreter_next: 8,
    threads_head: 9,
    ceval_gil: 15,
    gil: 16,
    gil_enabled: 17,
    gil_locked: 18,
    gil_holder: 19,
    thread_size: 22,
    thread_next: 24,
    thread_interpreter: 25,
    current_frame: 26,
    thread_ident: 30,
    native_thread_id: 31,
    datastack_chunk: 32,
    thread_status: 33,
    frame_size: 39,
    frame_previous: 40,
    executable: 41,
    instruction: 42,
    values: 43,
    owner: 44,
    own_bytecode: Some(46),
    code_size: 47,
    filename: 48,
    name: 49,
    qualname: 50,
    linetable: 51,
    firstlineno: 52,
    code_adaptive: 56,
    own_bytecodes: Some(57),
    object_type: 59,
    type_name: 61,
    bytes_size: 87,
    bytes_content: 88,
    text_state: 90,
    text_length: 91,
    ascii_size: 92,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn table(minor: u64, fill: u64) -> Vec<u8> {
        let mut table = COOKIE.to_vec();
        table.extend((3_u64 << 24 | minor << 16 | 0xf0).to_ne_bytes());
        while table.len() < TABLE_SIZE {
            table.extend(fill.to_ne_bytes());
        }
        table
    }

    #[test]
    fn known_minors_have_a_layout_and_unknown_ones_do_not() {
        for known in 13..=15 {
            assert_eq!(published(&table(known, 64)).unwrap().minor, known as u8);
        }
        for unknown in [12, 16, 99] {
            assert_eq!(minor(&table(unknown, 64)), Some(unknown as u8));
            assert!(published(&table(unknown, 64)).is_none());
        }
    }

    #[test]
    fn structures_and_texts_are_never_read_beyond_their_caps() {
        let huge = published(&table(14, LARGEST_OFFSET as u64));
        assert!(huge.is_none(), "a text's head cannot be that far in");
        let large = published(&table(14, 4000)).unwrap();
        assert_eq!((large.frame.size, large.thread.size), (LARGEST_FRAME, 4000));
    }

    #[test]
    fn impossible_and_cut_off_tables_are_refused() {
        assert!(published(&table(13, u64::MAX)).is_none());
        assert!(published(&table(13, 64)[..200]).is_none());
        assert!(published(&table(13, 0)).is_none(), "empty structures");
        assert!(published(b"not a table").is_none());
        assert!(published(&[]).is_none());
    }
}
