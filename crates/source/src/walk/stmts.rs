//! Statements.

use super::Walker;
use crate::imports::absolute_base;
use crate::program::last_name;
use crate::trace::{Act, Change, StmtInfo};
use crate::value::{Kind, Sym, Value};
use crate::words::followed_by;
use ruff_python_ast::{
    Alias, ExceptHandler, Expr, Pattern, Stmt, StmtAugAssign, StmtFunctionDef, StmtIf,
    StmtImportFrom, StmtMatch, StmtTry, StmtWith,
};
use ruff_text_size::Ranged;

impl<'a> Walker<'_, 'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt], parent: Option<u32>) {
        for stmt in body {
            self.statement(stmt, parent);
        }
    }

    fn statement(&mut self, stmt: &'a Stmt, parent: Option<u32>) {
        let outer = self.stmt;
        let id = u32::try_from(self.trace.stmts.len()).unwrap_or(u32::MAX);
        let start = self.position();
        self.trace.stmts.push(StmtInfo {
            stmt,
            parent,
            events: start..start,
        });
        self.stmt = id;
        self.line = self.line_of(stmt.start());
        self.execute(stmt, id);
        let end = self.position();
        self.trace.stmts[id as usize].events.end = end;
        self.stmt = outer;
    }

    fn execute(&mut self, stmt: &'a Stmt, id: u32) {
        match stmt {
            Stmt::Expr(expr) => {
                self.eval(&expr.value);
            }
            Stmt::Assign(assign) => {
                let value = self.eval(&assign.value);
                match assign.targets.as_slice() {
                    [Expr::Name(name)] if folds_into(&name.id, &assign.value) => {
                        self.assign_name(&name.id, &value, true)
                    }
                    targets => targets
                        .iter()
                        .for_each(|target| self.assign(target, &value)),
                }
            }
            Stmt::AugAssign(assign) => self.aug_assign(assign),
            Stmt::AnnAssign(assign) => {
                let mut value = assign
                    .value
                    .as_deref()
                    .map(|value| self.eval(value))
                    .unwrap_or_default();
                if value.kinds.is_empty()
                    || matches!(value.kinds.as_slice(), [Kind::Seq(inner) | Kind::Map(inner)] if inner.kinds.is_empty())
                {
                    let declared = self.declared(&assign.annotation);
                    value.kinds.extend(declared.kinds);
                    value.open |= declared.open;
                }
                if assign.value.is_some()
                    || matches!(
                        self.program.function(self.function).code,
                        crate::program::Code::Class(_)
                    )
                {
                    self.assign(&assign.target, &value);
                }
            }
            Stmt::For(stmt) => self.for_loop(stmt, id),
            Stmt::While(stmt) => self.while_loop(stmt, id),
            Stmt::If(stmt) => self.branches(stmt, id),
            Stmt::With(stmt) => self.with_block(stmt, id),
            Stmt::Try(stmt) => self.try_block(stmt, id),
            Stmt::Match(stmt) => self.match_block(stmt, id),
            Stmt::Return(stmt) => {
                if let Some(value) = &stmt.value {
                    let value = self.eval(value);
                    self.returned(&value);
                }
                self.leave();
            }
            Stmt::Raise(stmt) => {
                for part in [&stmt.exc, &stmt.cause].into_iter().flatten() {
                    self.eval(part);
                }
                self.leave();
            }
            Stmt::Break(_) | Stmt::Continue(_) => self.leave(),
            _ => self.execute_other(stmt),
        }
    }

    fn execute_other(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assert(stmt) => {
                let value = self.eval(&stmt.test);
                self.read(&value, true);
            }
            Stmt::Delete(stmt) => stmt.targets.iter().for_each(|target| self.delete(target)),
            Stmt::FunctionDef(def) => self.define(def),
            Stmt::ClassDef(def) => {
                let value = self
                    .program
                    .class_of(self.module, def)
                    .map_or_else(Value::unknown, |id| Value::of(Kind::Class(id)));
                self.assign_name(&def.name.id, &value, false);
            }
            Stmt::Import(import) => import.names.iter().for_each(|alias| self.import(alias)),
            Stmt::ImportFrom(import) => self.import_from(import),
            _ => {}
        }
    }

    fn define(&mut self, def: &'a StmtFunctionDef) {
        for param in def.parameters.iter_non_variadic_params() {
            if let Some(default) = &param.default {
                self.quietly(|walker| walker.eval(default));
            }
        }
        let mut value = self
            .program
            .function_of(self.module, def)
            .map_or_else(Value::unknown, |id| Value::of(Kind::Func(id)));
        for decorator in &def.decorator_list {
            // What `functools.singledispatch` and friends make is still called like the function.
            if last_name(&decorator.expression) == Some("njit") {
                value.open = false;
            }
        }
        self.register(def, &value);
        self.assign_name(&def.name.id, &value, false);
    }

    /// A decorator that makes no function of its own keeps the one that it is put on, in some
    /// table: it is called with it.
    fn register(&mut self, def: &'a StmtFunctionDef, function: &Value) {
        if self.recording {
            return;
        }
        for decorator in &def.decorator_list {
            let value = self.quietly(|walker| walker.eval(&decorator.expression));
            for kind in &value.kinds {
                if let Kind::Func(id) = kind
                    && !self.program.has_functions_inside(*id)
                {
                    self.facts.receive(*id, 0, function);
                }
            }
        }
    }

    fn aug_assign(&mut self, assign: &'a StmtAugAssign) {
        // Python reads the target first, but the sum is what it would be if it did so last.
        let added = self.eval(&assign.value);
        self.line = self.line_of(assign.start());
        self.read(&added, true);
        let how = Change::Adds;
        match &*assign.target {
            Expr::Name(name) => {
                let held = self.load_name(&name.id);
                self.add_in_place(&held, &added);
                let words = held.words.as_ref();
                let words = words.map(|words| followed_by(words, added.words.as_ref()));
                let mut sum = held.clone().mixed().keyed(Vec::new());
                sum.words = words;
                sum.add_sources(&added.from);
                if added.is_unknown() && held.is_plain() {
                    sum.open = true;
                }
                self.assign_name(&name.id, &sum, true);
            }
            Expr::Attribute(attribute) => self.assign_attribute(attribute, &added, &how),
            Expr::Subscript(subscript) => {
                self.assign_element(subscript, &how);
            }
            _ => {}
        }
    }

    fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let cell = self.cell(&name.id);
                self.emit(Act::WriteCell { cell, adds: false });
            }
            Expr::Attribute(attribute) => {
                self.assign_attribute(attribute, &Value::plain(), &Change::Rebind)
            }
            Expr::Subscript(subscript) => {
                let receiver = self.eval(&subscript.value);
                self.eval(&subscript.slice);
                let how = Change::Method(Sym::new("del"));
                self.change_process(&receiver, &how);
                self.change(&receiver, &how);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|elt| self.delete(elt)),
            _ => {}
        }
    }

    fn branches(&mut self, stmt: &'a StmtIf, id: u32) {
        let test = self.eval(&stmt.test);
        self.read(&test, true);
        self.fork();
        self.body(&stmt.body, Some(id));
        let mut complete = false;
        for clause in &stmt.elif_else_clauses {
            self.next_arm();
            if let Some(test) = &clause.test {
                let test = self.eval(test);
                self.read(&test, true);
            } else {
                complete = true;
            }
            self.body(&clause.body, Some(id));
        }
        if !complete {
            self.next_arm();
        }
        self.join_arms();
    }

    fn with_block(&mut self, stmt: &'a StmtWith, id: u32) {
        for item in &stmt.items {
            let manager = self.eval(&item.context_expr);
            let entered = self.entered(&manager);
            if let Some(target) = &item.optional_vars {
                self.assign(target, &entered);
            }
        }
        self.body(&stmt.body, Some(id));
    }

    /// What `with … as` binds.
    fn entered(&mut self, manager: &Value) -> Value {
        if let Some(entered) = self.call_special(manager, "__enter__", &[]) {
            let none = Value::plain();
            self.call_special(manager, "__exit__", &[none.clone(), none.clone(), none]);
            return if entered.kinds.is_empty() {
                manager.clone()
            } else {
                entered
            };
        }
        let mut entered = manager.clone();
        for kind in &mut entered.kinds {
            match kind {
                Kind::Ext(name) if name == "tempdirectory" => *kind = Kind::Plain,
                // A generator as context manager yields once.
                Kind::Seq(inner) => return (**inner).clone(),
                _ => {}
            }
        }
        if entered.is_plain() {
            entered.paths.clear();
        }
        entered
    }

    fn try_block(&mut self, stmt: &'a StmtTry, id: u32) {
        self.fork();
        self.body(&stmt.body, Some(id));
        self.body(&stmt.orelse, Some(id));
        for handler in &stmt.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            self.next_arm();
            self.forget_bound(&stmt.body);
            if let Some(kind) = &handler.type_ {
                self.eval(kind);
            }
            if let Some(name) = &handler.name {
                self.assign_name(&name.id, &Value::plain(), false);
            }
            self.body(&handler.body, Some(id));
        }
        self.join_arms();
        self.body(&stmt.finalbody, Some(id));
    }

    fn match_block(&mut self, stmt: &'a StmtMatch, id: u32) {
        let subject = self.eval(&stmt.subject);
        self.read(&subject, true);
        self.fork();
        for case in &stmt.cases {
            self.captures(&case.pattern, &subject);
            if let Some(guard) = &case.guard {
                self.eval(guard);
            }
            self.body(&case.body, Some(id));
            self.next_arm();
        }
        self.join_arms();
    }

    fn captures(&mut self, pattern: &'a Pattern, subject: &Value) {
        let mut part = Value::unknown();
        part.paths = subject.element_paths();
        let part = part.derived(&subject.from);
        match pattern {
            Pattern::MatchAs(capture) => {
                if let Some(inner) = &capture.pattern {
                    self.captures(inner, subject);
                }
                if let Some(name) = &capture.name {
                    self.assign_name(&name.id, subject, false);
                }
            }
            Pattern::MatchStar(capture) => {
                if let Some(name) = &capture.name {
                    self.assign_name(&name.id, &part, false);
                }
            }
            Pattern::MatchSequence(sequence) => sequence
                .patterns
                .iter()
                .for_each(|inner| self.captures(inner, &part)),
            Pattern::MatchOr(any) => any
                .patterns
                .iter()
                .for_each(|inner| self.captures(inner, subject)),
            Pattern::MatchMapping(mapping) => {
                mapping
                    .patterns
                    .iter()
                    .for_each(|inner| self.captures(inner, &part));
                if let Some(name) = &mapping.rest {
                    self.assign_name(&name.id, &part, false);
                }
            }
            Pattern::MatchClass(class) => {
                class
                    .arguments
                    .patterns
                    .iter()
                    .for_each(|inner| self.captures(inner, &part));
                class
                    .arguments
                    .keywords
                    .iter()
                    .for_each(|keyword| self.captures(&keyword.pattern, &part));
            }
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        }
    }

    fn import(&mut self, alias: &'a Alias) {
        let whole = alias.name.as_str();
        let top = whole.split('.').next().unwrap_or(whole);
        let (name, target) = match &alias.asname {
            Some(name) => (name.id.clone(), whole),
            None => (Sym::new(top), top),
        };
        let value = self.module_value(target);
        self.assign_name(&name, &value, false);
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let Some(base) = absolute_base(self.program.module(self.module), import) else {
            return;
        };
        for alias in &import.names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).id.clone();
            let value = if &alias.name == "*" {
                self.module_value(&base)
            } else {
                self.imported(&base, &alias.name.id)
            };
            self.assign_name(&name, &value, false);
        }
    }

    fn module_value(&self, dotted: &str) -> Value {
        match self.program.by_name.get(dotted) {
            Some(id) => Value::of(Kind::Module(*id)),
            None => Value::of(Kind::ExtName(Sym::new(dotted))),
        }
    }

    fn imported(&mut self, base: &str, name: &Sym) -> Value {
        if let Some(module) = self.program.by_name.get(base).copied() {
            let value = self.quietly(|walker| walker.load_global(module, name));
            if !value.kinds.is_empty() || value.open {
                return value;
            }
        }
        let whole = format!("{base}.{name}");
        match self.program.by_name.get(whole.as_str()) {
            Some(id) => Value::of(Kind::Module(*id)),
            None if self.program.by_name.contains_key(base) => Value::default(),
            None => Value::of(Kind::ExtName(Sym::new(&whole))),
        }
    }
}

/// Whether the expression adds something to the name's old value: `total + x`, `max(best, x)`.
pub(crate) fn folds_into(name: &Sym, value: &Expr) -> bool {
    use ruff_python_ast::Operator;
    let is_name = |expr: &Expr| expr.as_name_expr().is_some_and(|held| held.id == *name);
    match value {
        Expr::BinOp(operation) => {
            let folds = matches!(
                operation.op,
                Operator::Add
                    | Operator::Mult
                    | Operator::BitOr
                    | Operator::BitAnd
                    | Operator::BitXor
            );
            folds && (is_name(&operation.left) || is_name(&operation.right))
                || operation.op == Operator::Sub && is_name(&operation.left)
        }
        Expr::Call(call) => {
            let folds = call
                .func
                .as_name_expr()
                .is_some_and(|func| matches!(func.id.as_str(), "max" | "min"));
            folds && call.arguments.args.iter().any(is_name)
        }
        _ => false,
    }
}
