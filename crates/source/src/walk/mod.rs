//! The walk over a function's code: evaluates every expression abstractly, in order, and records
//! what happens.
//!
//! The same walk serves two ends. In the *rounds* it collects, without recording, what names,
//! parameters, attributes and results may stand for, over the entire program, until nothing
//! changes any more. Afterwards it records the events of a function, with the effects of the
//! functions that it calls put in at the call.
//!
//! Known limits, chosen for answers that stay useful: the walk does not follow what a container
//! holds beyond one common element; an object stored into a container by one name and changed by
//! another is not recognised as the same; a name has one value for the whole function.

mod again;
mod annotations;
mod apply;
mod assign;
mod attributes;
mod calls;
mod children;
mod clock;
mod databases;
mod distinct;
mod exprs;
mod flow;
mod foreign;
mod keys;
mod learn;
mod loops;
mod methods;
mod names;
mod operators;
mod outside;
mod params;
mod replay;
mod returns;
mod stmts;
mod subscripts;
mod texts;

pub(crate) use params::{Arg, Args};
pub(crate) use stmts::folds_into;

use crate::facts::Facts;
use crate::load::ModId;
use crate::program::{Code, Program};
use crate::trace::{Act, Cell, Event, Trace};
use crate::value::{FuncId, Kind, Path, Sym, Value};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;
use std::ops::Range;

/// How deep a container is gone into when all of it is read.
const DEEPEST_READ: usize = 3;

/// Walks one function.
pub(crate) struct Walker<'w, 'a> {
    pub program: &'w Program<'a>,
    pub facts: &'w mut Facts,
    pub function: FuncId,
    pub module: ModId,
    pub trace: Trace<'a>,
    /// Whether events are wanted (not so in the rounds).
    recording: bool,
    /// Scopes of the comprehensions around, innermost last, with their offsets.
    scopes: Vec<(u32, HashMap<Sym, Value>)>,
    stmt: u32,
    loops: Vec<usize>,
    /// The loops around, by their offsets, with their text, innermost last.
    around: Vec<(u32, TextRange)>,
    /// Which loop fills a list, by where the list was made.
    fillers: HashMap<u32, u32>,
    /// Whether a `yield` has been met.
    yields: bool,
    guards: Vec<Range<usize>>,
    await_next: bool,
    /// The calls being applied, innermost last, by what names the objects that they make.
    made: Vec<u32>,
    latest: flow::Latest,
    forks: Vec<flow::Forked>,
    /// How many callees deep the events being put in come from.
    replaying: usize,
    /// Whether the events being put in are what the calls in view would do.
    inferring: bool,
    /// Offset of the expression being evaluated.
    expression: u32,
    line: u32,
    depth: usize,
}

impl<'w, 'a> Walker<'w, 'a> {
    pub fn new(
        program: &'w Program<'a>,
        facts: &'w mut Facts,
        function: FuncId,
        recording: bool,
    ) -> Self {
        Self {
            program,
            facts,
            function,
            module: program.function(function).module,
            trace: Trace::default(),
            recording,
            scopes: Vec::new(),
            stmt: 0,
            loops: Vec::new(),
            around: Vec::new(),
            fillers: HashMap::new(),
            yields: false,
            guards: Vec::new(),
            await_next: false,
            made: Vec::new(),
            latest: Some(HashMap::new()),
            forks: Vec::new(),
            replaying: 0,
            inferring: false,
            expression: 0,
            line: 1,
            depth: 0,
        }
    }

    /// Walks the function's body and returns what it recorded.
    pub fn run(mut self) -> Trace<'a> {
        self.set_params();
        match self.program.function(self.function).code {
            Code::Module(body) => self.body(body, None),
            Code::Def(def) => self.body(&def.body, None),
            Code::Class(def) => self.body(&def.body, None),
            Code::Lambda(lambda) => {
                self.line = self.line_of(lambda.start());
                let value = self.eval(&lambda.body);
                self.returned(&value);
            }
        }
        self.trace
    }

    fn emit(&mut self, act: Act) {
        let (module, line) = (self.module, self.line);
        self.emit_at(act, module, line);
    }

    fn emit_at(&mut self, act: Act, module: ModId, line: u32) {
        if self.recording {
            let (stmt, in_callee, inferred) = (self.stmt, self.replaying > 0, self.inferring);
            self.trace.events.push(Event {
                act,
                module,
                line,
                stmt,
                in_callee,
                inferred,
            });
        }
    }

    /// Reads whatever the value stands for.
    fn read(&mut self, value: &Value, deep: bool) {
        for path in self.with_aliases(&value.paths) {
            self.emit(Act::Read { path, deep });
        }
        if deep && self.recording {
            let mut held = Vec::new();
            held_paths(value, &mut held, DEEPEST_READ);
            held.retain(|path| !value.paths.contains(path));
            for path in self.with_aliases(&held) {
                self.emit(Act::Read { path, deep });
            }
        }
    }

    fn position(&self) -> usize {
        self.trace.events.len()
    }

    fn line_of(&self, offset: TextSize) -> u32 {
        self.program.module(self.module).text.line(offset)
    }

    /// The paths, and those known to lead to the same objects.
    fn with_aliases(&self, paths: &[Path]) -> Vec<Path> {
        let mut all = paths.to_vec();
        if self.trace.aliases.is_empty() {
            return all;
        }
        for path in paths {
            for cut in 1..=path.fields.len() {
                let head = Path {
                    base: path.base.clone(),
                    fields: path.fields[..cut].to_vec(),
                };
                for alias in self.trace.aliases.get(&head).into_iter().flatten() {
                    let aliased = alias.extended(&path.fields[cut..]);
                    if !all.contains(&aliased) {
                        all.push(aliased);
                    }
                }
            }
        }
        all
    }

    /// The events since `from`, taken off the list.
    fn take_events(&mut self, from: usize) -> Vec<Event> {
        self.trace
            .events
            .split_off(from.min(self.trace.events.len()))
    }

    fn cell(&self, name: &Sym) -> Cell {
        use crate::program::Scope;
        for (offset, scope) in self.scopes.iter().rev() {
            if scope.contains_key(name) {
                return Cell::Comprehension(*offset, name.clone());
            }
        }
        match self.program.scope_of(self.function, name) {
            Scope::Local => Cell::Local(name.clone()),
            Scope::Free(owner) => Cell::Free(owner, name.clone()),
            Scope::Global | Scope::Builtin => Cell::Global(self.module, name.clone()),
        }
    }
}

/// The paths of what a container is known to hold.
fn held_paths(value: &Value, paths: &mut Vec<Path>, depth: usize) {
    if depth == 0 {
        return;
    }
    for kind in &value.kinds {
        let parts: &[Value] = match kind {
            Kind::Seq(inner) | Kind::Map(inner) => std::slice::from_ref(&**inner),
            Kind::Tuple(parts) => parts,
            _ => continue,
        };
        for part in parts {
            let new = part.paths.iter().filter(|path| !paths.contains(path));
            let new: Vec<Path> = new.cloned().collect();
            paths.extend(new);
            held_paths(part, paths, depth - 1);
        }
    }
}

/// The offset of a node, as the names of objects and loops use it.
fn offset(node: &impl Ranged) -> u32 {
    u32::from(node.start())
}
