//! What is known of the whole program's values, and how the rounds find it.

use crate::program::Program;
use crate::summary::{Summaries, Summary};
use crate::value::{ClassId, FuncId, Path, Sym, Value};
use crate::walk::Walker;
use std::collections::HashMap;
use std::rc::Rc;

/// Rounds after which the search for values ends, settled or not. Values only grow, and their
/// growth is bounded, but a fixed number keeps the time in proportion to the program.
const ROUNDS: usize = 4;

/// Values by function, class and name.
pub(crate) struct Facts {
    /// Of each function (and module body): what its names stand for.
    pub envs: Vec<HashMap<Sym, Value>>,
    /// Of each function: what its parameters were seen to receive.
    pub params: Vec<Vec<Value>>,
    /// Of each function: what it returns, and what it yields.
    pub returns: Vec<Value>,
    pub yields: Vec<Value>,
    /// Of each function: attributes that it sets to something with a path of its own.
    pub stores: Vec<Vec<(Path, Path)>>,
    /// What the attributes of the project's classes stand for.
    pub attributes: HashMap<(ClassId, Sym), Value>,
    pub summaries: Summaries,
    pub changed: bool,
    /// Whether the whole program has been gone through: only now is it known of a parameter that
    /// no call in view passes anything for it, and of a name that nothing else is bound to it.
    pub settled: bool,
    /// Of each function: which parameters some call in view passes something for.
    received: Vec<Vec<bool>>,
    /// Which functions some call in view calls.
    called: Vec<bool>,
}

impl Facts {
    /// Walks the whole program until its values are settled.
    pub fn gather(program: &Program<'_>) -> Self {
        let count = program.functions.len();
        let mut facts = Self {
            envs: vec![HashMap::new(); count],
            params: program
                .functions
                .iter()
                .map(|f| vec![Value::default(); f.params.len()])
                .collect(),
            returns: vec![Value::default(); count],
            yields: vec![Value::default(); count],
            stores: vec![Vec::new(); count],
            attributes: HashMap::new(),
            summaries: Summaries::new(count),
            changed: true,
            called: vec![false; count],
            settled: false,
            received: program
                .functions
                .iter()
                .map(|f| vec![false; f.params.len()])
                .collect(),
        };
        facts.go_round(program);
        facts.settled = true;
        facts.changed = true;
        facts.go_round(program);
        facts
    }

    fn go_round(&mut self, program: &Program<'_>) {
        for _ in 0..ROUNDS {
            if !std::mem::take(&mut self.changed) {
                break;
            }
            for at in 0..program.functions.len() {
                let id = FuncId(u32::try_from(at).unwrap_or(u32::MAX));
                Walker::new(program, self, id, false).run();
            }
        }
    }

    /// Whether the function is called in view, whatever is passed.
    pub fn is_called(&self, function: FuncId) -> bool {
        self.called[function.0 as usize]
    }

    /// Keeps that a call in view calls the function.
    pub fn note_call(&mut self, function: FuncId) {
        self.called[function.0 as usize] = true;
    }

    /// Whether some call in view passes something for the parameter.
    pub fn is_received(&self, function: FuncId, position: usize) -> bool {
        let params = &self.received[function.0 as usize];
        params.get(position).copied().unwrap_or(true)
    }

    /// What calling a function does.
    pub fn summary(&mut self, program: &Program<'_>, id: FuncId) -> Rc<Summary> {
        crate::summary::summary(program, self, id)
    }

    pub fn bind(&mut self, function: FuncId, name: &Sym, value: &Value) {
        let env = &mut self.envs[function.0 as usize];
        let changed = match env.get_mut(name) {
            Some(held) => held.join(&value.pruned()),
            None => {
                env.insert(name.clone(), value.pruned());
                true
            }
        };
        self.changed |= changed;
    }

    pub fn lookup(&self, function: FuncId, name: &Sym) -> Value {
        self.envs[function.0 as usize]
            .get(name)
            .cloned()
            .unwrap_or_default()
    }

    pub fn receive(&mut self, function: FuncId, position: usize, value: &Value) {
        if let Some(held) = self.params[function.0 as usize].get_mut(position) {
            let mut abroad = value.abroad();
            abroad.paths.clear();
            self.changed |= held.join(&abroad);
            self.received[function.0 as usize][position] = true;
        }
    }

    pub fn set_attribute(&mut self, class: ClassId, name: &Sym, value: &Value) {
        let mut abroad = value.abroad();
        abroad.paths.clear();
        let held = self.attributes.entry((class, name.clone())).or_default();
        self.changed |= held.join(&abroad);
    }
}
