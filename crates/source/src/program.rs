//! The program's functions and classes, and which names belong to which scope.

use crate::load::{Loaded, ModId, Module};
use crate::value::{ClassId, FuncId, Sym};
use ruff_python_ast::{
    Decorator, Expr, ExprLambda, Parameters, Stmt, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextSize};
use std::collections::{HashMap, HashSet};

/// Code with names of its own: a function, a lambda, a class body, a module.
pub(crate) struct Function<'a> {
    pub module: ModId,
    /// As in `co_name`.
    pub name: Sym,
    pub code: Code<'a>,
    /// The class whose method it is.
    pub class: Option<ClassId>,
    /// The enclosing function whose locals it sees.
    pub owner: Option<FuncId>,
    pub params: Vec<Param<'a>>,
    /// Names bound here (parameters too), without those declared `global` or `nonlocal`.
    pub locals: HashSet<Sym>,
    pub globals: HashSet<Sym>,
    pub nonlocals: HashSet<Sym>,
    pub is_generator: bool,
    pub is_async: bool,
    /// First line, of the first decorator if there is one (as `co_firstlineno`).
    pub first_line: u32,
    /// Line of the `def`.
    pub line: u32,
}

/// What a [`Function`] consists of.
#[derive(Clone, Copy)]
pub(crate) enum Code<'a> {
    Module(&'a [Stmt]),
    Def(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
    Class(&'a StmtClassDef),
}

/// A parameter.
pub(crate) struct Param<'a> {
    pub name: Sym,
    pub annotation: Option<&'a Expr>,
    pub default: Option<&'a Expr>,
    pub role: Role,
}

/// How a parameter gets its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Positional,
    KeywordOnly,
    /// `*args`
    Rest,
    /// `**kwargs`
    Keywords,
}

/// A class of the project.
pub(crate) struct Class<'a> {
    pub module: ModId,
    pub name: Sym,
    pub node: &'a StmtClassDef,
    /// The body as a scope.
    pub body: FuncId,
    pub methods: HashMap<Sym, FuncId>,
    /// The function it is defined in.
    pub owner: Option<FuncId>,
}

/// All scopes of the program.
pub(crate) struct Program<'a> {
    pub modules: &'a [Module],
    pub by_name: &'a HashMap<String, ModId>,
    pub functions: Vec<Function<'a>>,
    pub classes: Vec<Class<'a>>,
    /// The module bodies as functions, by module.
    pub bodies: Vec<FuncId>,
    by_node: HashMap<(ModId, TextSize), FuncId>,
    class_by_node: HashMap<(ModId, TextSize), ClassId>,
}

/// What a name refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    Local,
    Free(FuncId),
    Global,
    Builtin,
}

impl<'a> Program<'a> {
    pub fn new(loaded: &'a Loaded) -> Self {
        let mut program = Self {
            modules: &loaded.modules,
            by_name: &loaded.by_name,
            functions: Vec::new(),
            classes: Vec::new(),
            bodies: Vec::new(),
            by_node: HashMap::new(),
            class_by_node: HashMap::new(),
        };
        for (at, module) in loaded.modules.iter().enumerate() {
            let id = ModId(u32::try_from(at).unwrap_or(u32::MAX));
            crate::scopes::collect(&mut program, id, module);
        }
        program
    }

    pub fn function(&self, id: FuncId) -> &Function<'a> {
        &self.functions[id.0 as usize]
    }

    pub fn class(&self, id: ClassId) -> &Class<'a> {
        &self.classes[id.0 as usize]
    }

    pub fn module(&self, id: ModId) -> &'a Module {
        &self.modules[id.0 as usize]
    }

    pub fn add_function(&mut self, function: Function<'a>) -> FuncId {
        let id = FuncId(u32::try_from(self.functions.len()).unwrap_or(u32::MAX));
        if let Some(key) = node_key(&function.code) {
            self.by_node.insert((function.module, key), id);
        }
        self.functions.push(function);
        id
    }

    pub fn add_class(&mut self, class: Class<'a>) -> ClassId {
        let id = ClassId(u32::try_from(self.classes.len()).unwrap_or(u32::MAX));
        self.class_by_node
            .insert((class.module, class.node.name.start()), id);
        self.classes.push(class);
        id
    }

    pub fn function_of(&self, module: ModId, def: &StmtFunctionDef) -> Option<FuncId> {
        self.by_node.get(&(module, def.name.start())).copied()
    }

    pub fn lambda_of(&self, module: ModId, lambda: &ExprLambda) -> Option<FuncId> {
        self.by_node.get(&(module, lambda.start())).copied()
    }

    pub fn class_of(&self, module: ModId, def: &StmtClassDef) -> Option<ClassId> {
        self.class_by_node.get(&(module, def.name.start())).copied()
    }

    /// What `name` refers to in the code of `function`.
    pub fn scope_of(&self, function: FuncId, name: &Sym) -> Scope {
        let here = self.function(function);
        let is_module = matches!(here.code, Code::Module(_));
        if !is_module && here.locals.contains(name) {
            return Scope::Local;
        }
        if !here.globals.contains(name) {
            let mut outer = here.owner;
            while let Some(id) = outer {
                let enclosing = self.function(id);
                if enclosing.locals.contains(name) {
                    return Scope::Free(id);
                }
                outer = enclosing.owner;
            }
        }
        let body = self.bodies.get(here.module.0 as usize);
        if body.is_some_and(|body| self.function(*body).locals.contains(name))
            || here.globals.contains(name)
        {
            Scope::Global
        } else {
            Scope::Builtin
        }
    }

    /// Whether functions are defined in this one.
    pub fn has_functions_inside(&self, id: FuncId) -> bool {
        self.functions.iter().any(|inner| inner.owner == Some(id))
    }

    /// The classes that derive from `class`, directly or by others, as far as names tell.
    pub fn derived(&self, class: ClassId) -> Vec<ClassId> {
        let mut found = vec![class];
        let mut at = 0;
        while let Some(base) = found.get(at).map(|id| self.class(*id).name.clone()) {
            for (index, other) in self.classes.iter().enumerate() {
                let id = ClassId(u32::try_from(index).unwrap_or(u32::MAX));
                let bases = other.node.arguments.iter().flat_map(|held| &held.args);
                let derives = bases
                    .filter_map(last_name)
                    .any(|name| name == base.as_str());
                if derives && !found.contains(&id) {
                    found.push(id);
                }
            }
            at += 1;
        }
        found.remove(0);
        found
    }

    /// Whether the function only says that others are to be written in its place: nothing is in
    /// it, and it is marked so or stands in a class of such.
    pub fn is_abstract(&self, id: FuncId) -> bool {
        let Code::Def(def) = self.function(id).code else {
            return false;
        };
        let raises = |stmt: &Stmt| match stmt {
            Stmt::Raise(raise) => {
                raise.exc.as_deref().and_then(last_name) == Some("NotImplementedError")
            }
            _ => false,
        };
        let says_nothing = |stmt: &Stmt| match stmt {
            Stmt::Expr(expr) => {
                matches!(
                    &*expr.value,
                    Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)
                )
            }
            other => other.is_pass_stmt() || raises(other),
        };
        let marked = self.has_decorator(id, "abstractmethod") || def.body.iter().any(raises);
        let of_protocol = self.function(id).class.is_some_and(|class| {
            let bases = self
                .class(class)
                .node
                .arguments
                .iter()
                .flat_map(|held| &held.args);
            bases.filter_map(last_name).any(|name| name == "Protocol")
        });
        (marked || of_protocol) && def.body.iter().all(says_nothing)
    }

    /// The decorators of a function; none of a lambda or a body.
    pub fn decorators(&self, id: FuncId) -> &'a [Decorator] {
        match self.function(id).code {
            Code::Def(def) => &def.decorator_list,
            _ => &[],
        }
    }

    /// Whether a decorator of this (last) name is on the function.
    pub fn has_decorator(&self, id: FuncId, name: &str) -> bool {
        self.decorators(id)
            .iter()
            .any(|decorator| last_name(&decorator.expression) == Some(name))
    }
}

/// The last name of a decorator or base expression: `cache` of `@functools.cache`,
/// `lru_cache` of `@lru_cache(maxsize=None)`.
pub(crate) fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        Expr::Call(call) => last_name(&call.func),
        Expr::Subscript(subscript) => last_name(&subscript.value),
        _ => None,
    }
}

fn node_key(code: &Code<'_>) -> Option<TextSize> {
    match code {
        Code::Def(def) => Some(def.name.start()),
        Code::Lambda(lambda) => Some(lambda.start()),
        Code::Module(_) | Code::Class(_) => None,
    }
}

/// The parameters in the order of their positions.
pub(crate) fn params(parameters: &Parameters) -> Vec<Param<'_>> {
    let positional = parameters
        .posonlyargs
        .iter()
        .chain(&parameters.args)
        .map(|p| (p, Role::Positional));
    let mut all: Vec<Param<'_>> = Vec::new();
    for (param, role) in positional {
        all.push(Param {
            name: param.parameter.name.id.clone(),
            annotation: param.parameter.annotation.as_deref(),
            default: param.default.as_deref(),
            role,
        });
    }
    let single = |param: &'_ ruff_python_ast::Parameter, role| (param.name.id.clone(), role);
    if let Some(rest) = &parameters.vararg {
        let (name, role) = single(rest, Role::Rest);
        all.push(Param {
            name,
            annotation: None,
            default: None,
            role,
        });
    }
    for param in &parameters.kwonlyargs {
        all.push(Param {
            name: param.parameter.name.id.clone(),
            annotation: param.parameter.annotation.as_deref(),
            default: param.default.as_deref(),
            role: Role::KeywordOnly,
        });
    }
    if let Some(rest) = &parameters.kwarg {
        let (name, role) = single(rest, Role::Keywords);
        all.push(Param {
            name,
            annotation: None,
            default: None,
            role,
        });
    }
    all
}
