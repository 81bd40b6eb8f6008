//! What a function's code does, as a list of events in order of evaluation.
//!
//! One walk over a function makes the list; everything that is said of its loops, calls and
//! statements is then a question about stretches of it.

use crate::apart::{Key, Parts};
use crate::knowledge::FileUse;
use crate::load::ModId;
use crate::value::{FuncId, Path, Source, Sym, Value};
use crate::words::Words;
use rightlane_facts::{EffectKind, SiteKind};
use ruff_python_ast::{Comprehension, Expr, ExprCall, Stmt, StmtFor, StmtWhile};
use ruff_text_size::TextRange;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// The doubt about `+=` on something that may be a list or an array.
pub(crate) const IN_PLACE: &str = "`+=` changes a list or an array in place";

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Cell {
    Local(Sym),
    /// A comprehension's own, by the comprehension's offset.
    Comprehension(u32, Sym),
    Global(ModId, Sym),
    Free(FuncId, Sym),
}

impl Cell {
    pub fn name(&self) -> &Sym {
        match self {
            Cell::Local(name)
            | Cell::Comprehension(_, name)
            | Cell::Global(_, name)
            | Cell::Free(_, name) => name,
        }
    }
}

/// How an object is changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    /// An attribute is set to something else.
    Rebind,
    /// An element is set.
    Item,
    /// Something is added, without looking at what is there: `+=`, `append`.
    Adds,
    /// A method which changes it is called.
    Method(Sym),
    /// It is a handle, and used.
    Use(&'static str),
}

/// One thing that code does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    ReadCell(Cell),
    /// `adds`: by `+=` and the like.
    WriteCell {
        cell: Cell,
        adds: bool,
    },
    /// `deep`: anything below the path may be read, else just what stands there.
    Read {
        path: Path,
        deep: bool,
    },
    Change {
        path: Path,
        how: Change,
    },
    /// Something that cannot be followed, concerning the objects at `path` if there is one.
    Doubt {
        path: Option<Path>,
        what: Rc<str>,
    },
    /// A file is used; `from` says what its name derives from.
    File {
        usage: FileUse,
        from: Vec<Source>,
        /// What its name gives away.
        keys: Vec<Key>,
        literal: Option<Rc<str>>,
    },
    /// Another program is run, with these words if they are known here, or those of a parameter.
    Child {
        words: Option<Words>,
        param: Option<u32>,
        cwd: Vec<Key>,
    },
    /// Something is stored in a database; the keys are of what names the place.
    Stores {
        keys: Vec<Key>,
    },
    /// Something is sent which the other side acts upon, over the connection at `path`.
    Sends {
        path: Option<Path>,
    },
    /// The time is compared with something: the sources of all that is compared, and those of
    /// what one reading of the clock stands against, where that is told.
    Deadline {
        from: Vec<Source>,
        against: Option<Vec<Source>>,
    },
    Does(EffectKind, &'static str),
    /// Waits for the outside world, which the named asyncio equivalent does natively.
    Waits {
        what: Rc<str>,
        twin: Option<&'static str>,
    },
    /// A connection of the library is used; `path` leads to it unless it is made on the spot.
    Socket {
        library: &'static str,
        path: Option<Path>,
    },
    /// Code outside the project is called of which no table says anything.
    Unlisted,
    /// A parameter is called; `otherwise` is what the calls in view pass for it would do.
    /// `known` tells whether there are such calls.
    CallParam {
        path: Path,
        args: Vec<Value>,
        otherwise: Rc<[Event]>,
        known: bool,
    },
    /// Control may go either way from here …
    Fork,
    /// … or this way …
    NextArm,
    /// … and comes together again.
    Join,
    /// Control leaves this arm (`continue`, `break`, `return`, `raise`).
    Leave,
}

/// An [`Act`], where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Event {
    pub act: Act,
    /// The line that decides, which may be in a callee.
    pub module: ModId,
    pub line: u32,
    /// The statement of the walked function, an index in [`Trace::stmts`].
    pub stmt: u32,
    /// Whether it happens in a function that the walked one calls.
    pub in_callee: bool,
    /// Whether it is only what the calls in view would make a parameter do.
    pub inferred: bool,
}

/// A statement of the walked function; of a compound one, the events of its head carry its index.
pub(crate) struct StmtInfo<'a> {
    pub stmt: &'a Stmt,
    /// The compound statement around it.
    pub parent: Option<u32>,
    /// All its events, nested statements included.
    pub events: Range<usize>,
}

/// A call in the walked function.
pub(crate) struct CallInfo<'a> {
    pub node: CallNode<'a>,
    pub stmt: u32,
    /// The innermost loop or comprehension around it, an index in [`Trace::loops`].
    pub within: Option<usize>,
    /// Evaluating the callee and the arguments.
    pub args: Range<usize>,
    /// The call itself.
    pub body: Range<usize>,
    /// Conditions in the same statement that decide whether it happens.
    pub guards: Vec<Range<usize>>,
    pub awaited: bool,
    pub callee: Value,
    pub arg_values: Vec<Value>,
}

/// The expression that calls.
#[derive(Clone, Copy)]
pub(crate) enum CallNode<'a> {
    Call(&'a ExprCall),
    /// The function argument of `map`.
    MapFunction {
        function: &'a Expr,
    },
}

/// A loop of the walked function.
pub(crate) struct LoopInfo<'a> {
    pub kind: SiteKind,
    pub node: LoopNode<'a>,
    pub range: TextRange,
    pub stmt: u32,
    /// The enclosing loop in the same function.
    pub parent: Option<usize>,
    /// What happens at every iteration.
    pub body: Range<usize>,
    /// Offsets by which `Base::Item` and `Source::Item` name what it delivers.
    pub items: Vec<u32>,
    pub targets: Vec<Cell>,
    pub iterable: Value,
    /// Whether a consumer may stop it early (`any`, `all`, `next`).
    pub stopped_by: Option<u32>,
}

#[derive(Clone, Copy)]
pub(crate) enum LoopNode<'a> {
    For(&'a StmtFor),
    While(&'a StmtWhile),
    Comprehension {
        key: Option<&'a Expr>,
        element: &'a Expr,
        generators: &'a [Comprehension],
    },
    Map {
        call: &'a ExprCall,
        function: &'a Expr,
    },
    /// Statements in a row, no loop at all: everything in them is shared.
    Block,
}

/// All that a walk over a function finds.
#[derive(Default)]
pub(crate) struct Trace<'a> {
    pub events: Vec<Event>,
    pub stmts: Vec<StmtInfo<'a>>,
    pub calls: Vec<CallInfo<'a>>,
    pub loops: Vec<LoopInfo<'a>>,
    /// Where the items of a loop come from.
    pub origins: HashMap<u32, Vec<Path>>,
    /// By which parts the items of a loop differ, or the parts of items that are tuples.
    pub apart: HashMap<(u32, u8), Parts>,
    /// The names that objects made here were first bound to.
    pub names: HashMap<u32, Sym>,
    /// Attributes which are known to hold an object with another path too.
    pub aliases: HashMap<Path, Vec<Path>>,
}
