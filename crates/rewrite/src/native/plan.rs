//! Which functions need a twin: those from which a call of the table is reached.

mod steps;

use super::Libraries;
use super::change::{Asked, Change, Client, Helper};
use super::names::{Callee, Names};
use super::table;
use rightlane_source::syntax::ast::{AnyNodeRef, ExprCall, ExprName, ExprRef, StmtFunctionDef};
use rightlane_source::syntax::{NodeId, Tree};
use std::collections::BTreeMap;
use steps::steps;

/// Most functions that are followed.
const MOST: usize = 500;

/// What a function does that matters here.
pub(super) enum Step<'a> {
    /// A call of the table, or why it cannot be replaced.
    Row(&'a ExprCall, Result<Change, String>),
    /// A call of a function of this file.
    Own(&'a ExprCall, NodeId),
    /// A call that may be one of this method.
    Perhaps(&'a ExprCall, NodeId),
    /// A function of this file that is handed over as a value.
    Handed(&'a ExprName, NodeId),
    /// A library's function that waits, handed over as a value.
    Value(ExprRef<'a>),
    /// Work on files.
    Files,
    /// Work on a database in a file.
    Sqlite,
}

/// A function of the file.
pub(super) struct Function<'a> {
    pub def: &'a StmtFunctionDef,
    pub steps: Vec<Step<'a>>,
    /// Whether a call of the table is reached from it.
    pub waits: bool,
    /// Whether it needs the client.
    pub client: bool,
}

/// What the call at the site is.
pub(super) enum Entry<'a> {
    /// A call of a function of this file.
    Own(&'a ExprCall, NodeId),
    /// A call of the table.
    Row(&'a ExprCall, Change),
}

/// All that a twin is made from.
pub(super) struct Plan<'a> {
    pub entry: Entry<'a>,
    /// The program's version of Python.
    pub python: (u32, u32),
    /// All functions that are called, by place.
    pub functions: BTreeMap<NodeId, Function<'a>>,
    /// Those that get a twin, by place.
    pub twins: Vec<NodeId>,
}

impl<'a> Plan<'a> {
    /// Follows a call.
    pub fn new(
        names: &Names<'_, 'a>,
        call: &'a ExprCall,
        libraries: &Libraries,
    ) -> Result<Self, String> {
        const NOTHING: &str = "there is nothing in it that asyncio waits for better";
        let mut functions = BTreeMap::new();
        let entry = match names.callee(call) {
            Callee::Own(def) if def.name.as_str() != "__init__" => Entry::Own(call, Tree::id(def)),
            Callee::Library(name) => {
                let asked = Asked {
                    names,
                    call,
                    libraries,
                };
                let change = table::change(&name, &asked).ok_or(NOTHING)??;
                Entry::Row(call, change)
            }
            Callee::Unclear(attr) => {
                return Err(format!(
                    "which function `.{attr}` is cannot be seen ({})",
                    names.line(call)
                ));
            }
            _ => return Err("what is called is not a function of this file".to_owned()),
        };
        let mut waiting = Vec::new();
        if let Entry::Own(_, id) = entry {
            waiting.push(id);
        }
        while let Some(id) = waiting.pop() {
            if functions.contains_key(&id) || functions.len() >= MOST {
                continue;
            }
            if let AnyNodeRef::StmtFunctionDef(def) = names.view.tree.node(id) {
                let steps = steps(names, def, libraries);
                waiting.extend(steps.iter().filter_map(Step::target));
                let (waits, client) = (false, false);
                functions.insert(
                    id,
                    Function {
                        def,
                        steps,
                        waits,
                        client,
                    },
                );
            }
        }
        settle(&mut functions);
        let mut plan = Self {
            entry,
            python: libraries.python,
            functions,
            twins: Vec::new(),
        };
        plan.choose();
        Ok(plan)
    }

    /// The functions that get a twin: waiting ones that are awaited.
    fn choose(&mut self) {
        let Entry::Own(_, first) = self.entry else {
            return;
        };
        let mut waiting = vec![first];
        while let Some(id) = waiting.pop() {
            let Some(function) = self.functions.get(&id).filter(|function| function.waits) else {
                continue;
            };
            if self.twins.contains(&id) {
                continue;
            }
            self.twins.push(id);
            waiting.extend(function.steps.iter().filter_map(|step| match step {
                Step::Own(_, id) => Some(*id),
                _ => None,
            }));
        }
        self.twins.sort();
    }

    /// Whether there is nothing to replace.
    pub fn is_nothing(&self) -> bool {
        matches!(self.entry, Entry::Own(..)) && self.twins.is_empty()
    }

    /// The functions that are called, whether they get a twin or not.
    pub fn reached(&self) -> Vec<(NodeId, &Function<'a>)> {
        let mut reached = Vec::new();
        let mut waiting = match self.entry {
            Entry::Own(_, first) => vec![first],
            Entry::Row(..) => Vec::new(),
        };
        while let Some(id) = waiting.pop() {
            if reached.iter().any(|(known, _)| *known == id) {
                continue;
            }
            if let Some(function) = self.functions.get(&id) {
                reached.push((id, function));
                waiting.extend(function.steps.iter().filter_map(|step| match step {
                    Step::Own(_, id) => Some(*id),
                    _ => None,
                }));
            }
        }
        reached.sort_by_key(|(id, _)| *id);
        reached
    }

    /// The functions that get a twin, by place.
    pub fn written(&self) -> impl Iterator<Item = (NodeId, &Function<'a>)> {
        self.twins
            .iter()
            .filter_map(|id| Some((*id, self.functions.get(id)?)))
    }

    /// All changes that are made.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        let entry = match &self.entry {
            Entry::Row(_, change) => Some(change),
            Entry::Own(..) => None,
        };
        let steps = self.written().flat_map(|(_, function)| &function.steps);
        entry.into_iter().chain(steps.filter_map(|step| match step {
            Step::Row(_, Ok(change)) => Some(change),
            _ => None,
        }))
    }

    /// All helpers, each once.
    pub fn helpers(&self) -> Vec<&'static Helper> {
        let mut helpers: Vec<&'static Helper> = Vec::new();
        for helper in self.changes().flat_map(|change| &change.helpers) {
            if !helpers.contains(helper) {
                helpers.push(helper);
            }
        }
        helpers
    }

    /// The client that is needed.
    pub fn client(&self) -> Option<Client> {
        self.changes().find_map(|change| change.client)
    }

    /// Whether calls would go through clients of two libraries.
    pub fn has_two_clients(&self) -> bool {
        let mut clients = self.changes().filter_map(|change| change.client);
        let first = clients.next();
        clients.any(|client| Some(client) != first)
    }
}

impl Step<'_> {
    fn target(&self) -> Option<NodeId> {
        match self {
            Step::Own(_, id) | Step::Perhaps(_, id) | Step::Handed(_, id) => Some(*id),
            _ => None,
        }
    }
}

/// Says of all functions whether they wait, until nothing changes any more.
fn settle(functions: &mut BTreeMap<NodeId, Function<'_>>) {
    loop {
        let mut news = Vec::new();
        for (id, function) in &*functions {
            let of = |id: &NodeId| functions.get(id);
            let (mut waits, mut client) = (function.waits, function.client);
            for step in &function.steps {
                match step {
                    Step::Row(_, change) => {
                        waits = true;
                        client |= change.as_ref().is_ok_and(|change| change.client.is_some());
                    }
                    Step::Own(_, id) => {
                        waits |= of(id).is_some_and(|called| called.waits);
                        client |= of(id).is_some_and(|called| called.client);
                    }
                    _ => {}
                }
            }
            if (waits, client) != (function.waits, function.client) {
                news.push((*id, waits, client));
            }
        }
        if news.is_empty() {
            return;
        }
        for (id, waits, client) in news {
            if let Some(function) = functions.get_mut(&id) {
                (function.waits, function.client) = (waits, client);
            }
        }
    }
}
