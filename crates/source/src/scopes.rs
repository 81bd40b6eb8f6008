//! Finds every function, lambda and class of a module, and the names that each binds.

use crate::load::{ModId, Module};
use crate::program::{Class, Code, Function, Param, Program, params};
use crate::value::{ClassId, FuncId, Sym};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt, StmtClassDef,
    StmtFunctionDef,
};
use ruff_text_size::Ranged;
use std::collections::{HashMap, HashSet};

/// Adds a module's scopes to the program.
pub(crate) fn collect<'a>(program: &mut Program<'a>, id: ModId, module: &'a Module) {
    let mut collector = Collector {
        program,
        module: id,
        source: module,
        scope: FuncId(0),
        class: None,
        functions: Vec::new(),
    };
    let body = collector.new_scope("<module>", Code::Module(&module.body), Vec::new(), 1, 1);
    collector.program.bodies.push(body);
    collector.scope = body;
    collector.visit_body(&module.body);
    collector.settle(body);
}

struct Collector<'p, 'a> {
    program: &'p mut Program<'a>,
    module: ModId,
    source: &'a Module,
    scope: FuncId,
    /// The class whose body is being read, if that is the innermost scope.
    class: Option<ClassId>,
    /// Enclosing functions, innermost last (class bodies and the module are not visible to
    /// nested functions as enclosing scopes).
    functions: Vec<FuncId>,
}

impl<'a> Collector<'_, 'a> {
    fn new_scope(
        &mut self,
        name: &str,
        code: Code<'a>,
        params: Vec<Param<'a>>,
        first_line: u32,
        line: u32,
    ) -> FuncId {
        let locals: HashSet<Sym> = params.iter().map(|param| param.name.clone()).collect();
        let is_async = matches!(code, Code::Def(def) if def.is_async);
        let class = match code {
            Code::Def(_) => self.class,
            _ => None,
        };
        self.program.add_function(Function {
            module: self.module,
            name: Sym::new(name),
            code,
            class,
            owner: self.functions.last().copied(),
            params,
            locals,
            globals: HashSet::new(),
            nonlocals: HashSet::new(),
            is_generator: false,
            is_async,
            first_line,
            line,
        })
    }

    fn here(&mut self) -> &mut Function<'a> {
        &mut self.program.functions[self.scope.0 as usize]
    }

    fn bind(&mut self, name: &Sym) {
        self.here().locals.insert(name.clone());
    }

    /// Names declared `global` or `nonlocal` are not this scope's own; a `global` name is bound
    /// in the module even if no module-level statement binds it.
    fn settle(&mut self, id: FuncId) {
        let function = &mut self.program.functions[id.0 as usize];
        let globals = function.globals.clone();
        function.locals.retain(|name| !globals.contains(name));
        let nonlocals = function.nonlocals.clone();
        function.locals.retain(|name| !nonlocals.contains(name));
        if let Some(body) = self.program.bodies.get(self.module.0 as usize).copied() {
            self.program.functions[body.0 as usize]
                .locals
                .extend(globals);
        }
    }

    fn inside(
        &mut self,
        id: FuncId,
        class: Option<ClassId>,
        visible: bool,
        visit: impl FnOnce(&mut Self),
    ) {
        let before = (self.scope, self.class);
        (self.scope, self.class) = (id, class);
        if visible {
            self.functions.push(id);
        }
        visit(self);
        if visible {
            self.functions.pop();
        }
        self.settle(id);
        (self.scope, self.class) = before;
    }

    fn function_def(&mut self, def: &'a StmtFunctionDef) {
        self.bind(&def.name.id);
        def.decorator_list
            .iter()
            .for_each(|decorator| self.visit_expr(&decorator.expression));
        self.defaults(&def.parameters);
        let first = def
            .decorator_list
            .first()
            .map_or(def.start(), Ranged::start);
        let (first, line) = (
            self.source.text.line(first),
            self.source.text.line(def.name.start()),
        );
        let id = self.new_scope(
            &def.name.id,
            Code::Def(def),
            params(&def.parameters),
            first,
            line,
        );
        if let Some(class) = self.class {
            self.program.classes[class.0 as usize]
                .methods
                .insert(def.name.id.clone(), id);
        }
        self.inside(id, None, true, |this| this.visit_body(&def.body));
    }

    fn class_def(&mut self, def: &'a StmtClassDef) {
        self.bind(&def.name.id);
        def.decorator_list
            .iter()
            .for_each(|decorator| self.visit_expr(&decorator.expression));
        if let Some(arguments) = &def.arguments {
            self.visit_arguments(arguments);
        }
        let first = def
            .decorator_list
            .first()
            .map_or(def.start(), Ranged::start);
        let (first, line) = (
            self.source.text.line(first),
            self.source.text.line(def.name.start()),
        );
        let body = self.new_scope(&def.name.id, Code::Class(def), Vec::new(), first, line);
        let owner = self.functions.last().copied();
        let class = self.program.add_class(Class {
            module: self.module,
            name: def.name.id.clone(),
            node: def,
            body,
            methods: HashMap::new(),
            owner,
        });
        self.inside(body, Some(class), false, |this| this.visit_body(&def.body));
    }

    fn defaults(&mut self, parameters: &'a Parameters) {
        for param in parameters.iter_non_variadic_params() {
            if let Some(default) = &param.default {
                self.visit_expr(default);
            }
        }
    }

    fn imported(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let whole = alias.name.as_str();
                    let top = Sym::new(whole.split('.').next().unwrap_or(whole));
                    let name = alias.asname.as_ref().map_or(top, |name| name.id.clone());
                    self.bind(&name);
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).id.clone();
                    self.bind(&name);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Collector<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.function_def(def),
            Stmt::ClassDef(def) => self.class_def(def),
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.imported(stmt),
            Stmt::Global(names) => {
                let names: Vec<Sym> = names.names.iter().map(|name| name.id.clone()).collect();
                self.here().globals.extend(names);
            }
            Stmt::Nonlocal(names) => {
                let names: Vec<Sym> = names.names.iter().map(|name| name.id.clone()).collect();
                self.here().nonlocals.extend(names);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => self.bind(&name.id),
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref();
                if let Some(parameters) = parameters {
                    self.defaults(parameters);
                }
                let line = self.source.text.line(lambda.start());
                let all = parameters.map(params).unwrap_or_default();
                let id = self.new_scope("<lambda>", Code::Lambda(lambda), all, line, line);
                self.inside(id, None, true, |this| this.visit_expr(&lambda.body));
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.here().is_generator = true;
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    // A comprehension's targets are its own, not the function's.
    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        self.visit_expr(&comprehension.iter);
        comprehension
            .ifs
            .iter()
            .for_each(|test| self.visit_expr(test));
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(&name.id);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_ref(),
            Pattern::MatchStar(capture) => capture.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(&name.id);
        }
        visitor::walk_pattern(self, pattern);
    }
}
