//! Work handed to workers: what is run, by what, with which arguments.

use super::model::{Call, Function, Model};
use super::pools::{Made, PoolType, Workers};
use super::tree::Tree;
use ruff_python_ast::{Expr, ExprAttribute};

/// How work is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// `Executor.submit`.
    Submit,
    /// `Executor.map`, `Pool.map`.
    Map,
    Starmap,
    Imap,
    ImapUnordered,
    /// `Pool.apply`: waits.
    Apply,
    ApplyAsync,
    MapAsync,
    StarmapAsync,
    /// `Thread(target=…)`, `Timer(…)`, `Process(target=…)`, or a class derived from them.
    Target,
    /// `asyncio.to_thread`.
    ToThread,
    /// `loop.run_in_executor`.
    RunInExecutor,
    /// A pool's `initializer=`.
    Initializer,
}

impl How {
    fn of_method(attr: &str, of: PoolType) -> Option<Self> {
        match (attr, of.is_executor) {
            ("submit", true) => Some(Self::Submit),
            ("map", _) => Some(Self::Map),
            ("starmap", false) => Some(Self::Starmap),
            ("imap", false) => Some(Self::Imap),
            ("imap_unordered", false) => Some(Self::ImapUnordered),
            ("apply", false) => Some(Self::Apply),
            ("apply_async", false) => Some(Self::ApplyAsync),
            ("map_async", false) => Some(Self::MapAsync),
            ("starmap_async", false) => Some(Self::StarmapAsync),
            _ => None,
        }
    }

    /// Whether the second argument is an iterable with the arguments of many tasks.
    pub fn is_map(self) -> bool {
        use How::*;
        matches!(
            self,
            Map | Starmap | Imap | ImapUnordered | MapAsync | StarmapAsync
        )
    }
}

/// One place where work is handed over.
pub(crate) struct Submission<'m, 'a> {
    pub call: &'m Call<'a>,
    pub how: How,
    pub workers: Workers,
    /// The pool's type, where it is one's method.
    pub pool: Option<PoolType>,
    /// The pool itself, where it is one's method.
    pub receiver: Option<&'a Expr>,
    /// What is run. A class derived from `Thread` or `Process` runs its method `run`.
    pub task: Task<'m, 'a>,
    /// The callable as it stands there.
    pub callable: Option<&'a Expr>,
    /// The arguments of the task; of a map, the iterables.
    pub arguments: Vec<&'a Expr>,
}

/// What is run.
#[derive(Clone, Copy)]
pub(crate) enum Task<'m, 'a> {
    /// A function, method or lambda of this file.
    Function(&'m Function<'a>),
    /// Something else, by the expression that names it.
    Named(&'a Expr),
    Unknown,
}

impl<'m, 'a> Task<'m, 'a> {
    pub fn function(self) -> Option<&'m Function<'a>> {
        match self {
            Task::Function(function) => Some(function),
            _ => None,
        }
    }
}

impl<'a> Model<'a> {
    /// Every place where work is handed to threads, processes or interpreters, in source order.
    pub fn submissions(&self) -> Vec<Submission<'_, 'a>> {
        // Most rules ask; the few calls that it is about are found once.
        let places = self.handing_over.get_or_init(|| {
            let calls = self.calls.iter().enumerate();
            let handing = calls.filter(|(_, call)| {
                self.submission(call).is_some() || self.initializer(call).is_some()
            });
            handing.map(|(at, _)| at).collect()
        });
        let each = places.iter().map(|at| &self.calls[*at]);
        each.flat_map(|call| [self.submission(call), self.initializer(call)])
            .flatten()
            .collect()
    }

    /// The call that made the pool of a submission.
    pub fn pool_made<'m>(&'m self, submission: &Submission<'_, 'a>) -> Option<&'m Call<'a>> {
        self.made_from(submission.receiver?)
    }

    /// Whether the pool of a submission has one worker, on purpose.
    pub fn has_one_worker(&self, submission: &Submission<'_, 'a>) -> bool {
        let workers = || {
            let made = self.pool_made(submission)?;
            self.number(self.workers_given(made.expr, submission.pool?)?)
        };
        workers() == Some(1)
    }

    /// The work that this call hands over.
    pub fn submission<'m>(&'m self, call: &'m Call<'a>) -> Option<Submission<'m, 'a>> {
        if let Expr::Attribute(method) = &*call.expr.func
            && let Some(found) = self.by_method(call, method)
        {
            return Some(found);
        }
        match self.makes(call) {
            Some(Made::Thread) => return self.by_target(call, Workers::Threads),
            Some(Made::Process) => return self.by_target(call, Workers::Processes),
            _ => {}
        }
        let Some(name) = self.called(call) else {
            // Nothing but a loop has a method of this name.
            let method = call.expr.func.as_attribute_expr()?;
            let is_loops = method.attr.as_str() == "run_in_executor";
            return is_loops.then(|| self.by_loop(call))?;
        };
        match &*name {
            "asyncio.to_thread" => {
                let (first, rest) = call.expr.arguments.args.split_first()?;
                let of = (How::ToThread, Workers::Threads);
                Some(self.handed(call, of, None, first, rest))
            }
            "asyncio.AbstractEventLoop.run_in_executor" => self.by_loop(call),
            _ => None,
        }
    }

    fn handed<'m>(
        &'m self,
        call: &'m Call<'a>,
        (how, workers): (How, Workers),
        receiver: Option<(&'a Expr, PoolType)>,
        callable: &'a Expr,
        arguments: &'a [Expr],
    ) -> Submission<'m, 'a> {
        let (task, bound) = self.task(callable);
        Submission {
            call,
            how,
            workers,
            pool: receiver.map(|(_, of)| of),
            receiver: receiver.map(|(value, _)| value),
            task,
            callable: Some(callable),
            arguments: bound.iter().chain(arguments).collect(),
        }
    }

    fn by_method<'m>(
        &'m self,
        call: &'m Call<'a>,
        method: &'a ExprAttribute,
    ) -> Option<Submission<'m, 'a>> {
        // Cheap first: most attributes have other names.
        let any = PoolType {
            workers: Workers::Threads,
            is_executor: method.attr.as_str() == "submit",
        };
        How::of_method(&method.attr, any)?;
        let of = self.pool_of(&method.value)?;
        let how = How::of_method(&method.attr, of)?;
        let given = &call.expr.arguments;
        let callable = match given.args.first() {
            Some(first) => first,
            None => given.find_keyword("func").map(|keyword| &keyword.value)?,
        };
        let rest = given.args.get(1..).unwrap_or(&[]);
        let receiver = Some((&*method.value, of));
        let mut found = self.handed(call, (how, of.workers), receiver, callable, rest);
        // `apply_async(f, (a, b), {…})` gives its arguments as a tuple.
        if matches!(how, How::Apply | How::ApplyAsync) {
            found.arguments = match given.find_argument_value("args", 1) {
                Some(Expr::Tuple(tuple)) => tuple.elts.iter().collect(),
                Some(Expr::List(list)) => list.elts.iter().collect(),
                _ => Vec::new(),
            };
        } else if found.arguments.is_empty() && how.is_map() {
            let given = given.find_keyword("iterable");
            found.arguments.extend(given.map(|keyword| &keyword.value));
        }
        Some(found)
    }

    fn by_target<'m>(&'m self, call: &'m Call<'a>, workers: Workers) -> Option<Submission<'m, 'a>> {
        let given = &call.expr.arguments;
        let is_timer = self.calls_any(call, &["threading.Timer"]);
        let place = if is_timer {
            ("function", 1)
        } else {
            ("target", 1)
        };
        let callable = given.find_argument_value(place.0, place.1);
        let place = if is_timer { 2 } else { 3 };
        let arguments = match given.find_argument_value("args", place) {
            Some(Expr::Tuple(tuple)) => tuple.elts.iter().collect(),
            Some(Expr::List(list)) => list.elts.iter().collect(),
            _ => Vec::new(),
        };
        let task = match callable {
            Some(callable) => self.task(callable).0,
            None => self.run_method(call),
        };
        Some(Submission {
            call,
            how: How::Target,
            workers,
            pool: None,
            receiver: None,
            task,
            callable,
            arguments,
        })
    }

    /// The method `run` of a class of this file that is derived from `Thread` or `Process`.
    fn run_method<'m>(&'m self, call: &Call<'a>) -> Task<'m, 'a> {
        let run = || {
            let class = self.class_named(&self.called(call)?)?;
            let family = self.family(class);
            let names = family.iter().map(|class| self.class_name(class));
            names
                .into_iter()
                .find_map(|name| self.function_named(&format!("{name}.run")))
        };
        run().map_or(Task::Unknown, Task::Function)
    }

    fn by_loop<'m>(&'m self, call: &'m Call<'a>) -> Option<Submission<'m, 'a>> {
        let given = &call.expr.arguments.args;
        let (pool, callable) = (given.first()?, given.get(1)?);
        let receiver = self.pool_of(pool).map(|of| (pool, of));
        let workers = match (pool, receiver) {
            (_, Some((_, of))) => of.workers,
            (Expr::NoneLiteral(_), None) => Workers::Threads,
            _ => return None,
        };
        let rest = given.get(2..).unwrap_or(&[]);
        Some(self.handed(
            call,
            (How::RunInExecutor, workers),
            receiver,
            callable,
            rest,
        ))
    }

    fn initializer<'m>(&'m self, call: &'m Call<'a>) -> Option<Submission<'m, 'a>> {
        let given = call.expr.arguments.find_keyword("initializer")?;
        let Made::Pool(of) = self.makes(call)? else {
            return None;
        };
        let arguments = match call.expr.arguments.find_keyword("initargs") {
            Some(given) => match &given.value {
                Expr::Tuple(tuple) => tuple.elts.as_slice(),
                _ => &[],
            },
            None => &[],
        };
        Some(self.handed(
            call,
            (How::Initializer, of.workers),
            None,
            &given.value,
            arguments,
        ))
    }

    /// What a callable runs, and the arguments that `functools.partial` binds.
    pub fn task<'m>(&'m self, callable: &'a Expr) -> (Task<'m, 'a>, &'a [Expr]) {
        let found = self.asked(|| Some(self.task_of(callable)));
        found.unwrap_or((Task::Unknown, &[]))
    }

    fn task_of<'m>(&'m self, callable: &'a Expr) -> (Task<'m, 'a>, &'a [Expr]) {
        match callable {
            Expr::Lambda(lambda) => {
                let function = self.function_at(Tree::id(lambda));
                (function.map_or(Task::Unknown, Task::Function), &[])
            }
            Expr::Call(call) => {
                let made = self.as_call(callable);
                let is_partial =
                    made.is_some_and(|made| self.calls_any(made, &["functools.partial"]));
                match call.arguments.args.split_first() {
                    Some((inner, bound)) if is_partial => (self.task(inner).0, bound),
                    _ => (Task::Unknown, &[]),
                }
            }
            Expr::Name(_) | Expr::Attribute(_) => {
                // A name for a partial or a lambda.
                if let [value @ (Expr::Lambda(_) | Expr::Call(_))] =
                    self.values_of(callable).as_slice()
                    && !matches!(self.task(value).0, Task::Unknown)
                {
                    return self.task(value);
                }
                let name = self.name_of(callable);
                let function = name.and_then(|name| self.function_named(&name));
                (function.map_or(Task::Named(callable), Task::Function), &[])
            }
            _ => (Task::Unknown, &[]),
        }
    }
}
