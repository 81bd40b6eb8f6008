//! Where the fields lie: one table per CPython minor version.

/// Places of the fields that the reader needs, in bytes from the start of their structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Minor version: 10 for 3.10.
    pub(crate) minor: u8,
    /// Whether it is a free-threaded build.
    pub(crate) free_threaded: bool,
    /// `_PyRuntimeState.interpreters.head`.
    pub(crate) runtime_interpreters: usize,
    /// `PyInterpreterState`.
    pub(crate) interpreter: InterpreterLayout,
    /// The GIL's structure.
    pub(crate) gil: GilLayout,
    /// `PyThreadState`.
    pub(crate) thread: ThreadLayout,
    /// `_PyInterpreterFrame`; 3.10: `PyFrameObject`.
    pub(crate) frame: FrameLayout,
    /// `PyCodeObject`.
    pub(crate) code: CodeLayout,
    /// Objects that the others point to.
    pub(crate) object: ObjectLayout,
}

/// `PyInterpreterState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InterpreterLayout {
    pub(crate) next: usize,
    /// Head of the list of thread states.
    pub(crate) threads: usize,
}

/// The GIL's structure and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GilLayout {
    pub(crate) place: GilPlace,
    /// The thread state that holds it, or held it last.
    pub(crate) holder: usize,
    pub(crate) locked: usize,
    /// Free-threaded builds: whether the GIL is in use at all.
    pub(crate) enabled: Option<usize>,
}

/// Where the GIL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GilPlace {
    /// Inside the runtime (until 3.11).
    Runtime(usize),
    /// Behind a pointer of the interpreter (from 3.12).
    Interpreter(usize),
}

/// `PyThreadState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadLayout {
    pub(crate) size: usize,
    pub(crate) next: usize,
    /// Back to the interpreter: tells a thread state from memory used for something else by now.
    pub(crate) interpreter: usize,
    /// The `pthread_t`.
    pub(crate) ident: usize,
    /// The kernel's thread id (from 3.11).
    pub(crate) native_id: Option<usize>,
    /// Bit set of states (from 3.12).
    pub(crate) status: Option<usize>,
    /// The newest chunk of the data stack (from 3.11).
    pub(crate) chunk: Option<usize>,
    pub(crate) frame: FramePlace,
}

/// How a thread state leads to its innermost frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FramePlace {
    /// Directly.
    Thread(usize),
    /// Over a C frame on the C stack (3.11, 3.12): the pointer's place in the thread state, and
    /// the frame's place in the C frame.
    CFrame { pointer: usize, frame: usize },
}

/// `_PyInterpreterFrame`; 3.10: `PyFrameObject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameLayout {
    /// Bytes to read of one.
    pub(crate) size: usize,
    pub(crate) previous: usize,
    pub(crate) code: usize,
    /// Address of the instruction; 3.10: its index (`f_lasti`).
    pub(crate) instruction: usize,
    /// Who owns it (from 3.11).
    pub(crate) owner: Option<usize>,
    /// From this owner on it is no Python frame but an entry marker of the interpreter.
    pub(crate) marker_owner: u8,
    /// Free-threaded from 3.14: index of the thread's own copy of the bytecode.
    pub(crate) own_bytecode: Option<usize>,
    /// Its values: locals, cells and free variables, then the value stack.
    pub(crate) values: usize,
    /// 3.10: its blocks, which tell the `with` statements that it is in.
    pub(crate) blocks: Option<BlockLayout>,
}

/// The block stack of 3.10's `PyFrameObject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockLayout {
    /// Where the value stack begins: a pointer.
    pub(crate) stack: usize,
    /// How many blocks there are.
    pub(crate) count: usize,
    /// The first block: type, handler and depth, 4 bytes each.
    pub(crate) first: usize,
}

/// `PyCodeObject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodeLayout {
    /// Bytes to read of one.
    pub(crate) size: usize,
    pub(crate) file: usize,
    pub(crate) name: usize,
    /// `co_qualname` (from 3.11).
    pub(crate) qualified_name: Option<usize>,
    pub(crate) lines: usize,
    pub(crate) first_line: usize,
    /// The bytecode itself (3.10: pointer to the bytes object that holds it).
    pub(crate) bytecode: usize,
    /// Free-threaded from 3.14: the threads' own copies of the bytecode.
    pub(crate) own_bytecodes: Option<usize>,
    /// `co_names`.
    pub(crate) names: usize,
    /// How values and handlers are told (from 3.11).
    pub(crate) handlers: Option<HandlerLayout>,
}

/// What tells the `with` statements that a frame is in, from 3.11 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandlerLayout {
    /// `co_exceptiontable`.
    pub(crate) table: usize,
    /// `co_nlocalsplus`: how many values lie below the value stack.
    pub(crate) locals: usize,
}

/// Objects that the others point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectLayout {
    /// `ob_type`.
    pub(crate) kind: usize,
    /// `ob_size`, the count of objects of variable size. In all others their own fields begin here.
    pub(crate) count: usize,
    /// `PyTypeObject.tp_name`; `tp_basicsize` follows it.
    pub(crate) type_name: usize,
    /// First byte of a bytes object's content.
    pub(crate) bytes_content: usize,
    /// `PyASCIIObject.length`.
    pub(crate) text_length: usize,
    /// `PyASCIIObject.state`.
    pub(crate) text_state: usize,
    /// First bit of `kind` in the state.
    pub(crate) text_kind_bit: u32,
    /// Bit `ascii` in the state.
    pub(crate) text_ascii_bit: u32,
    /// Content of ASCII text.
    pub(crate) text_ascii: usize,
    /// Content of other text.
    pub(crate) text_other: usize,
}

/// Largest structure that is read as a whole.
pub(crate) const LARGEST_STRUCTURE: usize = 4096;

/// Most bytes read of a frame: its fixed fields measure 80 to 112 bytes in every version, and
/// thousands are read at once.
pub(crate) const LARGEST_FRAME: usize = 256;

/// Objects of builds with a GIL.
const OBJECT: ObjectLayout = ObjectLayout {
    kind: 8,
    count: 16,
    type_name: 24,
    bytes_content: 32,
    text_length: 16,
    text_state: 32,
    text_kind_bit: 2,
    text_ascii_bit: 6,
    text_ascii: 48,
    text_other: 72,
};

/// The layouts of the versions that do not publish theirs, checked with a debugger against
/// 3.10.13, 3.11.7 and 3.12.1; they do not change within a minor version. `None` for all others.
pub(crate) fn fixed(minor: u8) -> Option<Layout> {
    match minor {
        10 => Some(PYTHON_3_10),
        11 => Some(PYTHON_3_11),
        12 => Some(PYTHON_3_12),
        _ => None,
    }
}

const PYTHON_3_10: Layout = Layout {
    minor: 10,
    free_threaded: false,
    runtime_interpreters: 32,
    interpreter: InterpreterLayout {
        next: 0,
        threads: 8,
    },
    gil: GilLayout {
        place: GilPlace::Runtime(352),
        holder: 8,
        locked: 16,
        enabled: None,
    },
    thread: ThreadLayout {
        size: 280,
        next: 8,
        interpreter: 16,
        ident: 176,
        native_id: None,
        status: None,
        chunk: None,
        frame: FramePlace::Thread(24),
    },
    frame: FrameLayout {
        size: 112,
        previous: 24,
        code: 32,
        instruction: 96,
        owner: None,
        marker_owner: u8::MAX,
        own_bytecode: None,
        values: 352,
        blocks: Some(BlockLayout {
            stack: 64,
            count: 104,
            first: 112,
        }),
    },
    code: CodeLayout {
        size: 136,
        file: 104,
        name: 112,
        qualified_name: None,
        lines: 120,
        first_line: 40,
        bytecode: 48,
        own_bytecodes: None,
        names: 64,
        handlers: None,
    },
    object: OBJECT,
};

const PYTHON_3_11: Layout = Layout {
    minor: 11,
    free_threaded: false,
    runtime_interpreters: 40,
    interpreter: InterpreterLayout {
        next: 0,
        threads: 16,
    },
    gil: GilLayout {
        place: GilPlace::Runtime(360),
        holder: 8,
        locked: 16,
        enabled: None,
    },
    thread: ThreadLayout {
        size: 360,
        next: 8,
        interpreter: 16,
        ident: 152,
        native_id: Some(160),
        status: None,
        chunk: Some(296),
        frame: FramePlace::CFrame {
            pointer: 56,
            frame: 8,
        },
    },
    frame: FrameLayout {
        size: 80,
        previous: 48,
        code: 32,
        instruction: 56,
        owner: Some(69),
        marker_owner: u8::MAX,
        own_bytecode: None,
        values: 72,
        blocks: None,
    },
    code: CodeLayout {
        size: 184,
        file: 112,
        name: 120,
        qualified_name: Some(128),
        lines: 136,
        first_line: 72,
        bytecode: 184,
        own_bytecodes: None,
        names: 32,
        handlers: Some(HandlerLayout {
            table: 40,
            locals: 76,
        }),
    },
    object: OBJECT,
};

const PYTHON_3_12: Layout = Layout {
    minor: 12,
    free_threaded: false,
    runtime_interpreters: 40,
    interpreter: InterpreterLayout {
        next: 0,
        threads: 72,
    },
    gil: GilLayout {
        place: GilPlace::Interpreter(384),
        holder: 8,
        locked: 16,
        enabled: None,
    },
    thread: ThreadLayout {
        size: 288,
        next: 8,
        interpreter: 16,
        ident: 136,
        native_id: Some(144),
        status: Some(24),
        chunk: Some(232),
        frame: FramePlace::CFrame {
            pointer: 56,
            frame: 0,
        },
    },
    frame: FrameLayout {
        size: 80,
        previous: 8,
        code: 0,
        instruction: 56,
        owner: Some(70),
        marker_owner: 3,
        own_bytecode: None,
        values: 72,
        blocks: None,
    },
    code: CodeLayout {
        size: 192,
        file: 112,
        name: 120,
        qualified_name: Some(128),
        lines: 136,
        first_line: 68,
        bytecode: 192,
        own_bytecodes: None,
        names: 32,
        handlers: Some(HandlerLayout {
            table: 40,
            locals: 72,
        }),
    },
    object: ObjectLayout {
        text_ascii: 40,
        text_other: 56,
        ..OBJECT
    },
};
