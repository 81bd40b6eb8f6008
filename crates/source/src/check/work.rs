//! What a function does when it runs: computes in Python, waits, works with the GIL released, or what
//! cannot be told. Each function is looked at once; a question joins what it reaches in its file.

use super::model::{Call, Code, Function, FunctionId, Model};
use super::scope::Binding;
use super::tasks::Task;
use super::tree::{NodeId, Tree};
use super::work_names::{builtin, method, named};
use ruff_python_ast::{AnyNodeRef, Expr, Operator, Stmt};
use std::ops::{BitOr, BitOrAssign};

/// A set of things that a function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Work(u16);

impl Work {
    pub const NOTHING: Self = Self(0);
    /// It repeats something, by a loop, a comprehension or by calling itself.
    pub const LOOPS: Self = Self(1);
    /// It repeats something that is done in Python: no call in the loop waits or releases the GIL.
    pub const COMPUTES: Self = Self(1 << 1);
    /// It reads, writes or asks for plain files.
    pub const FILES: Self = Self(1 << 2);
    /// It waits: for a socket, a child process, a database, a lock, the clock, the terminal.
    pub const WAITS: Self = Self(1 << 3);
    /// It makes a call that works for long with the GIL released.
    pub const RELEASES: Self = Self(1 << 4);
    /// It makes a call that works for long and keeps the GIL.
    pub const HOLDS: Self = Self(1 << 5);
    /// It calls linear algebra that a BLAS with threads of its own carries out.
    pub const ALGEBRA: Self = Self(1 << 6);
    /// It calls a function of another file, of which this file knows nothing.
    pub const OUTSIDE: Self = Self(1 << 7);
    /// It does something that nothing is known of.
    pub const UNKNOWN: Self = Self(1 << 8);
    /// It is one expression that takes less than a microsecond.
    pub const TINY: Self = Self(1 << 9);

    /// Whether one of these is among them.
    pub fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    /// Whether all that it does is known, and it only computes in Python, in loops.
    pub fn is_python_computing(self) -> bool {
        let others = Self::FILES | Self::WAITS | Self::RELEASES | Self::UNKNOWN;
        self.has(Self::COMPUTES) && !self.has(others)
    }

    /// Whether everything that it does is known.
    pub fn is_known(self) -> bool {
        !self.has(Self::UNKNOWN | Self::OUTSIDE)
    }
}

impl BitOr for Work {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Work {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl<'a> Model<'a> {
    /// What a function does itself, without the functions of this file that it calls.
    pub fn own_work(&self, function: FunctionId) -> Work {
        let works = self.works.get_or_init(|| self.list_works());
        works
            .get(function.0 as usize)
            .copied()
            .unwrap_or(Work::UNKNOWN)
    }

    /// What a function does, with the functions of this file that it calls.
    pub fn work(&self, function: &Function<'a>) -> Work {
        let mut reached = vec![function.id];
        let mut work = self.own_work(function.id);
        // A function that calls others is no single expression.
        let mut next = 0;
        while let Some(id) = reached.get(next).copied() {
            next += 1;
            work |= self.own_work(id);
            for call in self.calls_of(id) {
                let Some(callee) = self.function_called(call) else {
                    continue;
                };
                if reached.contains(&callee.id) {
                    work |= Work::LOOPS | Work::COMPUTES;
                } else {
                    reached.push(callee.id);
                }
            }
        }
        work
    }

    /// What a task does; of one that another file defines, `OUTSIDE`.
    pub fn work_of_task(&self, task: Task<'_, 'a>) -> Work {
        match task {
            Task::Function(function) => self.work(function),
            Task::Named(callable) => {
                let Some(name) = self.name_of(callable) else {
                    return Work::UNKNOWN;
                };
                let known = if name.contains('.') {
                    named(&name, false)
                } else {
                    builtin(&name)
                };
                known.unwrap_or(Work::OUTSIDE)
            }
            Task::Unknown => Work::UNKNOWN,
        }
    }

    /// The function of this file that a call runs: also the `__init__` of a class.
    pub fn function_called(&self, call: &Call<'a>) -> Option<&Function<'a>> {
        let name = self.called(call)?;
        let function = self.function_named(&name);
        function.or_else(|| {
            self.class_named(&name)?;
            self.function_named(&format!("{name}.__init__"))
        })
    }

    fn list_works(&self) -> Vec<Work> {
        let of_call = |call: &Call<'a>| match call.function {
            Some(_) => self.work_of_call(call),
            None => Work::NOTHING,
        };
        let of_calls: Vec<Work> = self.calls.iter().map(of_call).collect();
        let mut works = vec![Work::NOTHING; self.functions.len()];
        let mut add = |function: Option<FunctionId>, work: Work| {
            // What a lambda does is done for the function that it is written in.
            let mut at = function;
            while let Some(id) = at {
                works[id.0 as usize] |= work;
                let function = self.function(id);
                let is_lambda = matches!(function.code, Code::Lambda(_));
                at = is_lambda
                    .then(|| self.function_of(function.node))
                    .flatten()
                    .map(|f| f.id);
            }
        };
        for (call, work) in self.calls.iter().zip(&of_calls) {
            add(call.function, *work);
        }
        for id in self.tree.within(NodeId(0)) {
            let work = self.work_of_node(id, &of_calls);
            if work != Work::NOTHING {
                add(self.function_of(id).map(|function| function.id), work);
            }
        }
        for function in &self.functions {
            if function.is_async() {
                works[function.id.0 as usize] |= Work::UNKNOWN;
            }
            if self.is_tiny(function) {
                works[function.id.0 as usize] |= Work::TINY;
            }
        }
        works
    }

    fn work_of_node(&self, id: NodeId, of_calls: &[Work]) -> Work {
        let iter = match self.tree.node(id) {
            AnyNodeRef::StmtFor(_)
            | AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_)
            | AnyNodeRef::StmtWhile(_) => self.iterable_of(id),
            AnyNodeRef::ExprBinOp(both) if both.op == Operator::MatMult => return Work::ALGEBRA,
            // Of arrays, this copies with the GIL released.
            AnyNodeRef::ExprSubscript(item)
                if item.ctx.is_store() && item.slice.is_slice_expr() =>
            {
                return Work::UNKNOWN;
            }
            // Calling a generator function does nothing yet.
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => return Work::UNKNOWN,
            _ => return Work::NOTHING,
        };
        if iter.is_some_and(is_short) {
            return Work::NOTHING;
        }
        let start = self.calls.partition_point(|call| call.node < id);
        let of_calls = of_calls.get(start..).unwrap_or(&[]);
        // What the loop goes over is evaluated once.
        let once =
            |call: &Call<'a>| iter.is_some_and(|iter| self.tree.holds(Tree::id(iter), call.node));
        let mut inside = self.calls_in(id).iter().zip(of_calls);
        let others = Work::FILES | Work::WAITS | Work::RELEASES;
        if inside.any(|(call, work)| work.has(others) && !once(call)) {
            return Work::LOOPS;
        }
        Work::LOOPS | Work::COMPUTES
    }

    /// What a single call does, without what it calls in this file.
    pub fn work_of_call(&self, call: &Call<'a>) -> Work {
        let Some(name) = self.called(call) else {
            return match &*call.expr.func {
                Expr::Attribute(attribute) => method(
                    &attribute.attr,
                    &call.expr.arguments,
                    self.text_of(&*attribute.value),
                ),
                _ => Work::UNKNOWN,
            };
        };
        if !name.contains('.') {
            return builtin(&name).unwrap_or(Work::UNKNOWN);
        }
        let bare = call.expr.arguments.is_empty() || self.loop_of(call.node).is_some();
        if self.makes(call).is_some() {
            return Work::UNKNOWN;
        }
        if let Some(known) = named(&name, bare) {
            return known;
        }
        if self.function_named(&name).is_some() {
            return Work::NOTHING;
        }
        if let Some(class) = self.class_named(&name) {
            let plain =
                self.bases(class).iter().all(|base| is_plain(base)) && class.keywords().is_empty();
            return if plain { Work::NOTHING } else { Work::UNKNOWN };
        }
        match &*call.expr.func {
            // A method of an object that something outside made.
            Expr::Attribute(attribute) if !self.is_imported(&attribute.value) => {
                let owner = self.text_of(&*attribute.value);
                method(&attribute.attr, &call.expr.arguments, owner)
            }
            _ => Work::OUTSIDE,
        }
    }

    /// Whether an expression is an import, or an attribute of one: not an object made here.
    fn is_imported(&self, expr: &'a Expr) -> bool {
        let mut root = expr;
        while let Expr::Attribute(attribute) = root {
            root = &attribute.value;
        }
        let Some(name) = root.as_name_expr() else {
            return false;
        };
        let home = self.scopes.home(self.tree.scope(Tree::id(name)), &name.id);
        let bindings = home.map_or(&[][..], |home| self.scopes.bindings(home, &name.id));
        let import = |binding: &Binding<'a>| {
            matches!(binding, Binding::Import { .. } | Binding::ImportFrom { .. })
        };
        bindings.iter().any(|(_, binding)| import(binding))
    }

    /// Whether a function is `return` and a cheap expression.
    fn is_tiny(&self, function: &Function<'a>) -> bool {
        let Some(def) = function.def() else {
            return false;
        };
        let plain = |annotation: &Expr| {
            let name = annotation.as_name_expr().map(|name| name.id.as_str());
            matches!(name, Some("int" | "float" | "str" | "bool"))
        };
        let mut parameters = def.parameters.iter_non_variadic_params();
        if !def.decorator_list.is_empty()
            || !parameters.all(|one| one.annotation().is_none_or(plain))
        {
            return false;
        }
        match def.body.as_slice() {
            [Stmt::Return(given)] => given.value.as_deref().is_some_and(|v| self.is_cheap(v)),
            [Stmt::Expr(text), Stmt::Return(given)] if text.value.is_string_literal_expr() => given
                .value
                .as_deref()
                .is_some_and(|value| self.is_cheap(value)),
            _ => false,
        }
    }

    /// Whether an expression is made of names, literals, operators and calls that cost next to nothing.
    fn is_cheap(&self, value: &'a Expr) -> bool {
        self.tree
            .within(Tree::id(value))
            .all(|id| match self.tree.node(id) {
                AnyNodeRef::ExprCall(call) => {
                    let call = self.call_at(Tree::id(call));
                    call.is_some_and(|call| self.is_cheap_call(call))
                }
                AnyNodeRef::ExprBinOp(both) => both.op != Operator::MatMult,
                AnyNodeRef::ExprListComp(_)
                | AnyNodeRef::ExprSetComp(_)
                | AnyNodeRef::ExprDictComp(_)
                | AnyNodeRef::ExprGenerator(_)
                | AnyNodeRef::ExprLambda(_)
                | AnyNodeRef::ExprAwait(_)
                | AnyNodeRef::ExprYield(_)
                | AnyNodeRef::ExprYieldFrom(_) => false,
                _ => true,
            })
    }

    fn is_cheap_call(&self, call: &Call<'a>) -> bool {
        match self.called(call) {
            Some(name) if name.contains('.') => {
                self.function_named(&name).is_none()
                    && self.class_named(&name).is_none()
                    && is_cheap_name(&name)
            }
            Some(name) => is_cheap_name(&name),
            None => match &*call.expr.func {
                Expr::Attribute(attribute) => {
                    matches!(
                        attribute.attr.as_str(),
                        "lower" | "upper" | "strip" | "title"
                    )
                }
                _ => false,
            },
        }
    }

    /// Whether a function runs until something stops it: its body ends in a loop without an end.
    pub fn is_endless(&self, function: &Function<'a>) -> bool {
        function.body().iter().any(|statement| match statement {
            Stmt::While(each) => match &*each.test {
                Expr::BooleanLiteral(truth) => truth.value && !self.leaves(statement),
                Expr::NumberLiteral(_) => !self.leaves(statement),
                _ => false,
            },
            _ => false,
        })
    }

    fn leaves(&self, statement: &'a Stmt) -> bool {
        self.tree.within(Tree::id(statement)).any(|id| {
            matches!(
                self.tree.node(id),
                AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtReturn(_)
            )
        })
    }
}

/// A loop over a few literals is no loop worth the name.
fn is_short(iterable: &Expr) -> bool {
    match iterable {
        Expr::Tuple(tuple) => tuple.len() <= 16,
        Expr::List(list) => list.len() <= 16,
        _ => false,
    }
}

/// Bases whose construction does nothing of its own.
fn is_plain(base: &str) -> bool {
    matches!(
        base,
        "object" | "Exception" | "ValueError" | "enum.Enum" | "typing.NamedTuple"
    ) || base.ends_with("Error")
}

/// Functions of less than a microsecond, whatever they are given.
pub(crate) fn is_cheap_name(name: &str) -> bool {
    const CHEAP: &[&str] = &[
        "abs",
        "bool",
        "chr",
        "float",
        "hash",
        "hex",
        "id",
        "int",
        "len",
        "oct",
        "ord",
        "repr",
        "round",
        "str",
        "str.upper",
        "str.lower",
        "str.strip",
        "str.title",
        "divmod",
    ];
    if let Some(rest) = name.strip_prefix("math.") {
        return !matches!(
            rest,
            "factorial" | "comb" | "perm" | "prod" | "fsum" | "sumprod" | "dist" | "gcd" | "lcm"
        );
    }
    if let Some(rest) = name.strip_prefix("operator.") {
        return !matches!(
            rest,
            "matmul"
                | "imatmul"
                | "methodcaller"
                | "contains"
                | "concat"
                | "countOf"
                | "indexOf"
                | "call"
                | "itemgetter"
                | "attrgetter"
        );
    }
    CHEAP.contains(&name)
}
