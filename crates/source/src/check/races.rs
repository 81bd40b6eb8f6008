//! Which functions several threads (or processes) run at the same time without a lock, and what they
//! share meanwhile.

use super::model::{Call, Function, FunctionId, Model};
use super::pools::Workers;
use super::scope::{ScopeId, ScopeKind};
use super::tasks::{How, Submission};
use super::tree::{NodeId, Tree};
use ruff_python_ast::{Expr, ExprName};
use rustc_hash::FxHashMap;

/// Starts of one task that are compared with each other.
const MOST_STARTS: usize = 8;

/// That a function runs several times at the same time.
#[derive(Debug, Default)]
pub(crate) struct Race {
    /// The calls that start it.
    pub starts: Vec<NodeId>,
    /// Whether its `self` is the same object in all of them.
    pub one_object: bool,
}

/// Functions that run several times at the same time, their callers holding no lock.
#[derive(Debug, Default)]
pub(crate) struct Races {
    pub threads: FxHashMap<FunctionId, Race>,
    pub processes: FxHashMap<FunctionId, Race>,
}

impl<'a> Model<'a> {
    /// The functions of this file that several threads, or several processes, run at the same time.
    pub fn races(&self) -> &Races {
        self.races.get_or_init(|| {
            let submissions = self.submissions();
            Races {
                threads: self.races_in(&submissions, |workers| workers == Workers::Threads),
                processes: self.races_in(&submissions, |workers| workers == Workers::Processes),
            }
        })
    }

    /// The functions that several threads run at the same time, in source order.
    pub fn racing_threads(&self) -> Vec<(&Function<'a>, &Race)> {
        let mut races: Vec<_> = self.races().threads.iter().collect();
        races.sort_unstable_by_key(|(id, _)| **id);
        let each = races.into_iter();
        each.map(|(id, race)| (self.function(*id), race)).collect()
    }

    /// The nodes of a function itself: not of those within it.
    pub fn own_nodes(&self, function: &Function<'a>) -> impl Iterator<Item = NodeId> {
        let id = function.id;
        let within = self.tree.within(function.node);
        within.filter(move |node| self.function_of(*node).is_some_and(|of| of.id == id))
    }

    fn races_in(
        &self,
        submissions: &[Submission<'_, 'a>],
        of: fn(Workers) -> bool,
    ) -> FxHashMap<FunctionId, Race> {
        let mut tasks: FxHashMap<FunctionId, Vec<&Submission<'_, 'a>>> = FxHashMap::default();
        for submission in submissions.iter().filter(|each| of(each.workers)) {
            if let Some(function) = submission.task.function() {
                tasks.entry(function.id).or_default().push(submission);
            }
        }
        let mut found = FxHashMap::default();
        for (function, starts) in tasks {
            for (at, start) in starts.iter().enumerate() {
                let one_object = self.shares_object(start);
                if self.repeats(start) {
                    self.spread_race(function, (start.call.node, one_object), &mut found);
                    continue;
                }
                let others = starts.iter().take(at).take(MOST_STARTS);
                for other in others.filter(|other| self.overlap(other, start)) {
                    let same = |a: &Submission<'_, 'a>, b: &Submission<'_, 'a>| {
                        a.callable.map(|a| self.text_of(a)) == b.callable.map(|b| self.text_of(b))
                    };
                    let one_object = one_object && same(other, start);
                    self.spread_race(function, (other.call.node, one_object), &mut found);
                    self.spread_race(function, (start.call.node, one_object), &mut found);
                }
            }
        }
        found
    }

    /// Marks a task, and the functions that it calls without a lock.
    fn spread_race(
        &self,
        task: FunctionId,
        (start, one_object): (NodeId, bool),
        found: &mut FxHashMap<FunctionId, Race>,
    ) {
        let mut reached = vec![(task, one_object)];
        let mut next = 0;
        while let Some((id, one_object)) = reached.get(next).copied() {
            next += 1;
            let function = self.function(id);
            if function.is_async() || self.is_synchronized(function) {
                continue;
            }
            let race = found.entry(id).or_default();
            race.one_object |= one_object;
            if !race.starts.contains(&start) {
                race.starts.push(start);
            }
            for call in self.calls_of(id) {
                let Some(called) = self.own_function(call) else {
                    continue;
                };
                let one_object = self.passes_object(call, function, (start, one_object));
                let known = |(id, one): &(FunctionId, bool)| *id == called && (*one || !one_object);
                if !reached.iter().any(known) && !self.is_locked(call.node) {
                    reached.push((called, one_object));
                }
            }
        }
    }

    fn own_function(&self, call: &Call<'a>) -> Option<FunctionId> {
        let function = self.function_named(&self.called(call)?)?;
        Some(function.id)
    }

    /// Whether all the tasks of a submission are methods of one object.
    fn shares_object(&self, submission: &Submission<'_, 'a>) -> bool {
        let Some(callable) = submission.callable else {
            // `run` of a thread's own class.
            return false;
        };
        let callable = match callable {
            Expr::Call(partial) => partial.arguments.args.first().unwrap_or(callable),
            _ => callable,
        };
        let Expr::Attribute(method) = callable else {
            return false;
        };
        if root(&method.value).is_none() {
            return false;
        }
        // All tasks of one map have the same one.
        if submission.how.is_map() || submission.how == How::Initializer {
            return true;
        }
        let around = self.loop_of(submission.call.node);
        around.is_none_or(|around| !self.reads_binding_of(&method.value, around))
    }

    /// Whether a name is bound within a loop: another object each time.
    pub fn is_bound_in(&self, name: &'a ExprName, around: NodeId) -> bool {
        let Some(home) = self.scopes.home(self.tree.scope(Tree::id(name)), &name.id) else {
            return false;
        };
        let mut bindings = self.scopes.bindings(home, &name.id).iter();
        bindings.any(|(at, _)| self.tree.holds(around, *at))
    }

    /// Whether the method that a call calls has an object that all runs of the caller have.
    fn passes_object(
        &self,
        call: &Call<'a>,
        caller: &Function<'a>,
        (start, one_object): (NodeId, bool),
    ) -> bool {
        let race = Race {
            starts: vec![start],
            one_object,
        };
        match &*call.expr.func {
            Expr::Attribute(method) => {
                root(&method.value).is_some_and(|root| self.is_shared_name(root, caller, &race))
            }
            _ => false,
        }
    }

    /// Whether what an expression refers to is the same in all runs of a function: a global, a variable
    /// of a function around the start of the threads, or part of the one object.
    pub fn is_shared(&self, expr: &'a Expr, function: &Function<'a>, race: &Race) -> bool {
        let Some(root) = root(expr) else { return false };
        self.is_shared_name(root, function, race) && !self.is_thread_local(expr)
    }

    fn is_shared_name(&self, name: &'a ExprName, function: &Function<'a>, race: &Race) -> bool {
        let Some(home) = self.scopes.home(self.tree.scope(Tree::id(name)), &name.id) else {
            return false;
        };
        match self.scopes.get(home).kind {
            ScopeKind::Module => true,
            ScopeKind::Function if home == function.scope => {
                race.one_object && self.class_of_self(home, &name.id).is_some()
            }
            ScopeKind::Function => self.is_shared_around(name, home, race),
            _ => false,
        }
    }

    /// Whether a variable of an outer function is one for all starts that this function makes.
    fn is_shared_around(&self, name: &'a ExprName, home: ScopeId, race: &Race) -> bool {
        let outer = self.scopes.get(home).node;
        race.starts.iter().any(|start| {
            let around = self.loop_of(*start);
            self.tree.holds(outer, *start)
                && around.is_none_or(|around| !self.is_bound_in(name, around))
        })
    }

    /// The one value that all starts of a task give for a parameter; `None` if it is no parameter, or
    /// each of them may give another.
    pub fn given_to_all(
        &self,
        function: &Function<'a>,
        name: &ExprName,
        race: &Race,
    ) -> Option<&'a Expr> {
        let parameters = function.parameters()?.iter_non_variadic_params();
        let place = parameters
            .into_iter()
            .position(|each| each.parameter.name.id == name.id)?;
        let mut found: Option<&'a Expr> = None;
        for start in &race.starts {
            let submission = self.submission(self.call_at(*start)?)?;
            let of = submission.task.function()?;
            if of.id != function.id || submission.how.is_map() {
                return None;
            }
            // The object of a bound method is no argument.
            let bound =
                of.class.is_some() && matches!(submission.callable, Some(Expr::Attribute(_)));
            let at = place.checked_sub(usize::from(bound))?;
            let given = *submission.arguments.get(at)?;
            if let Some(around) = self.loop_of(*start)
                && self.reads_binding_of(given, around)
            {
                return None;
            }
            if found.is_some_and(|found| self.text_of(found) != self.text_of(given)) {
                return None;
            }
            found = Some(given);
        }
        found
    }

    /// Whether an expression is a part of a `threading.local()`, or one itself.
    fn is_thread_local(&self, expr: &'a Expr) -> bool {
        let mut part = Some(expr);
        while let Some(here) = part {
            if let Some(of) = self.type_of(here)
                && (of.ends_with("threading.local") || self.is_local_class(&of))
            {
                return true;
            }
            part = match here {
                Expr::Attribute(attribute) => Some(&attribute.value),
                Expr::Subscript(item) => Some(&item.value),
                _ => None,
            };
        }
        false
    }

    fn is_local_class(&self, name: &str) -> bool {
        let class = self.class_named(name);
        class.is_some_and(|class| self.bases(class).iter().any(|b| b.ends_with("local")))
    }
}

/// The name that an expression of attributes and items starts with.
pub(crate) fn root(expr: &Expr) -> Option<&ExprName> {
    match expr {
        Expr::Name(name) => Some(name),
        Expr::Attribute(attribute) => root(&attribute.value),
        Expr::Subscript(item) => root(&item.value),
        _ => None,
    }
}
