//! How a call becomes tasks: the function to send, and what each task gets.

use crate::lanes::Lane;
use crate::names::{locals_of, read_in};
use crate::sheet::Sheet;
use rightlane_source::syntax::ast::{AnyNodeRef, DictItem, Expr, ExprCall};
use rightlane_source::syntax::{Binding, NodeId, Ranged, ScopeKind, Tree};
use std::collections::BTreeSet;

/// The tasks of a site: the function is called with one value of each column, and the keywords.
pub(crate) struct Tasks {
    pub(crate) function: String,
    pub(crate) columns: Vec<Column>,
    /// The same for every task.
    pub(crate) keywords: Vec<(String, String)>,
    /// What the function calls its positional parameters, where that is known.
    pub(crate) parameters: Vec<String>,
    /// An expression whose items are all arguments of a task as a tuple, where there is one.
    pub(crate) rows: Option<String>,
    /// Whether nobody sees a result before the last one is there.
    pub(crate) at_once: bool,
}

impl Tasks {
    pub(crate) fn new(function: String, columns: Vec<Column>) -> Self {
        Self {
            function,
            columns,
            keywords: Vec::new(),
            parameters: Vec::new(),
            rows: None,
            at_once: false,
        }
    }
}

/// An argument's values.
#[derive(Clone)]
pub(crate) enum Column {
    /// An expression whose items are the values.
    Each(String),
    /// An expression whose value every task gets.
    Same(String),
}

/// The arguments of a call, as texts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    positional: Vec<String>,
    /// By name; `None` for `**NAMES`.
    keywords: Vec<(Option<String>, String)>,
}

impl Arguments {
    pub(crate) fn of(sheet: &Sheet<'_>, call: &ExprCall) -> Self {
        let file = sheet.file;
        let keywords = call.arguments.keywords.iter();
        Self {
            positional: call
                .arguments
                .args
                .iter()
                .map(|one| file.slice(one).to_owned())
                .collect(),
            keywords: keywords
                .map(|one| {
                    (
                        one.arg.as_ref().map(|name| name.to_string()),
                        file.slice(&one.value).to_owned(),
                    )
                })
                .collect(),
        }
    }

    pub(crate) fn positional(positional: Vec<String>) -> Self {
        Self {
            positional,
            keywords: Vec::new(),
        }
    }

    /// Those that stand in a tuple and a dict.
    pub(crate) fn apart(sheet: &Sheet<'_>, args: Option<&Expr>, kwargs: Option<&Expr>) -> Self {
        let text = |expr: &Expr| sheet.file.slice(expr).to_owned();
        let positional = match args {
            None => Vec::new(),
            Some(Expr::Tuple(tuple)) => tuple.elts.iter().map(text).collect(),
            Some(Expr::List(list)) => list.elts.iter().map(text).collect(),
            Some(other) => vec![format!("*{}", text(other))],
        };
        let entry = |item: &DictItem| match &item.key {
            Some(Expr::StringLiteral(key)) => {
                Some((Some(key.value.to_str().to_owned()), text(&item.value)))
            }
            _ => None,
        };
        let keywords = match kwargs {
            None => Vec::new(),
            Some(Expr::Dict(dict)) => {
                let entries: Option<Vec<_>> = dict.items.iter().map(entry).collect();
                entries.unwrap_or_else(|| vec![(None, sheet.file.slice(dict).to_owned())])
            }
            Some(other) => vec![(None, text(other))],
        };
        Self {
            positional,
            keywords,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.keywords.is_empty()
    }

    /// The first by position, and the others.
    pub(crate) fn split_first(mut self) -> (String, Self) {
        let first = if self.positional.is_empty() {
            String::new()
        } else {
            self.positional.remove(0)
        };
        (first, self)
    }

    /// As they stand in a call.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.positional
            .iter()
            .cloned()
            .chain(self.by_name())
            .collect()
    }

    /// Those by name, as they stand in a call.
    pub(crate) fn by_name(&self) -> Vec<String> {
        let text = |(name, text): &(Option<String>, String)| match name {
            Some(name) => format!("{name}={text}"),
            None => format!("**{text}"),
        };
        self.keywords.iter().map(text).collect()
    }

    /// Those by position as a tuple.
    pub(crate) fn tuple(&self) -> String {
        match self.positional.as_slice() {
            [] => "()".to_owned(),
            [one] => format!("({one},)"),
            more => format!("({})", more.join(", ")),
        }
    }

    /// Those by name as a dict, if there are any.
    pub(crate) fn dict(&self) -> Option<String> {
        let entry = |(name, text): &(Option<String>, String)| match name {
            Some(name) => format!("\"{name}\": {text}"),
            None => format!("**{text}"),
        };
        let entries: Vec<String> = self.keywords.iter().map(entry).collect();
        (!entries.is_empty()).then(|| format!("{{{}}}", entries.join(", ")))
    }
}

/// What the tasks' arguments are made from.
pub(crate) struct Items<'i> {
    /// Names that differ from task to task.
    pub(crate) names: &'i BTreeSet<String>,
    /// What one item is called: `name`, `(a, b)`.
    pub(crate) target: &'i str,
    /// Expression to go through the items; evaluated anew for every use.
    pub(crate) iterable: &'i str,
}

/// The tasks that the call stands for.
///
/// # Errors
/// Why it cannot be sent, as a sentence.
pub(crate) fn columns_of_call(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    call: &ExprCall,
    items: &Items<'_>,
) -> Result<Tasks, String> {
    if let Some(name) = crate::names::walrus(&Expr::Call(call.clone())) {
        return Err(format!(
            "the call binds {name} by `:=`: bind it in a line of its own before the call"
        ));
    }
    if let Some(tasks) = direct(sheet, lane, call, items)? {
        return Ok(tasks);
    }
    wrapped(sheet, lane, call, items)
}

/// The program's own function with its own arguments, where they can be sent one by one.
fn direct(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    call: &ExprCall,
    items: &Items<'_>,
) -> Result<Option<Tasks>, String> {
    let differs = |expr: &Expr| read_in(expr).iter().any(|name| items.names.contains(name));
    if differs(&call.func) || !sendable(sheet, lane, call)? {
        return Ok(None);
    }
    let mut columns = Vec::new();
    for argument in &call.arguments.args {
        let text = sheet.file.slice(argument);
        if argument.is_starred_expr() || text.contains('\n') || has_await(argument) {
            return Ok(None);
        }
        columns.push(match () {
            () if text == items.target => Column::Each(items.iterable.to_owned()),
            () if differs(argument) || !is_steady(argument) => Column::Each(format!(
                "[{text} for {} in {}]",
                bare(items.target),
                items.iterable
            )),
            () => Column::Same(text.to_owned()),
        });
    }
    let mut keywords = Vec::new();
    for keyword in &call.arguments.keywords {
        let text = sheet.file.slice(&keyword.value);
        let Some(name) = keyword.arg.as_ref().filter(|_| !text.contains('\n')) else {
            return Ok(None);
        };
        if differs(&keyword.value) || !is_steady(&keyword.value) {
            return Ok(None);
        }
        keywords.push((name.to_string(), text.to_owned()));
    }
    if !columns
        .iter()
        .any(|column| matches!(column, Column::Each(_)))
    {
        return Ok(None);
    }
    let arguments: Vec<&str> = call
        .arguments
        .args
        .iter()
        .map(|one| sheet.file.slice(one))
        .collect();
    let is_row =
        arguments.len() > 1 && keywords.is_empty() && bare(items.target) == arguments.join(", ");
    Ok(Some(Tasks {
        keywords,
        parameters: parameters_of(sheet, call),
        rows: is_row.then(|| items.iterable.to_owned()),
        ..Tasks::new(sheet.file.slice(&*call.func).to_owned(), columns)
    }))
}

/// A function made for the purpose: it gets what differs from task to task.
fn wrapped(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    call: &ExprCall,
    items: &Items<'_>,
) -> Result<Tasks, String> {
    let mut arguments = call
        .arguments
        .args
        .iter()
        .chain(call.arguments.keywords.iter().map(|one| &one.value));
    if let Some(taking) = arguments.find_map(|one| crate::risks::taking(sheet, one)) {
        return Err(format!(
            "{taking} gives something else every time, and tasks would ask for it in any order: give it a name \
             in a line of its own before the call"
        ));
    }
    let expr = sheet.file.slice(call).to_owned();
    if expr.contains('\n') {
        let text = crate::place::moved(
            sheet.file,
            call.range(),
            &[],
            &sheet.indent_at(call.start()),
            &sheet.unit.clone(),
        );
        return define(sheet, lane, call, items, &text);
    }
    if !lane.copies() {
        let names = differing(call, items);
        let parameters = names.join(", ");
        let lambda = match parameters.is_empty() {
            true => format!("lambda _: {expr}"),
            false => format!("lambda {parameters}: {expr}"),
        };
        let columns = columns_by_name(&names, items);
        let parameters = if names.is_empty() {
            vec!["_".to_owned()]
        } else {
            names
        };
        return Ok(Tasks {
            parameters,
            ..Tasks::new(lambda, columns)
        });
    }
    sendable(sheet, lane, call)?;
    define(sheet, lane, call, items, &expr)
}

/// A function made for one task, and the arguments that it gets.
///
/// # Errors
/// Why the call cannot be sent, as a sentence.
pub(crate) fn submitted(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    call: &ExprCall,
    names: &BTreeSet<String>,
) -> Result<(String, Arguments), String> {
    let items = Items {
        names,
        target: "",
        iterable: "",
    };
    let tasks = wrapped(sheet, lane, call, &items)?;
    let argument = |name: &String| {
        if name == "_" {
            "None".to_owned()
        } else {
            name.clone()
        }
    };
    let arguments = tasks.parameters.iter().map(argument).collect();
    Ok((tasks.function, Arguments::positional(arguments)))
}

/// A function at the top level of the module.
fn define(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    call: &ExprCall,
    items: &Items<'_>,
    expr: &str,
) -> Result<Tasks, String> {
    let id = Tree::id(call);
    let names = differing(call, items);
    let read = read_in(&Expr::Call(call.clone()));
    let captured: Vec<String> = locals_of(sheet.view, id, &read)
        .into_iter()
        .filter(|name| !names.contains(name))
        .collect();
    if let Some(name) = captured
        .iter()
        .find(|name| lane.copies() && is_local_function(sheet, id, name))
    {
        return Err(format!(
            "{name} is defined inside a function, and another process cannot find it there: define it at the \
             top level of the module"
        ));
    }
    let base =
        last_name(&call.func).map_or_else(|| "task".to_owned(), |name| format!("{name}_task"));
    let function = sheet.fresh(base.trim_start_matches('_'));
    let mut parameters = names.clone();
    if parameters.is_empty() {
        parameters.push("_".to_owned());
    }
    parameters.extend(captured.iter().cloned());
    sheet.extracted = true;
    sheet.define(format!(
        "def {function}({}):\n{}return {expr}",
        parameters.join(", "),
        sheet.unit
    ));
    let mut columns = columns_by_name(&names, items);
    columns.extend(captured.into_iter().map(Column::Same));
    Ok(Tasks {
        parameters,
        ..Tasks::new(function, columns)
    })
}

/// The names in the call that differ from task to task, in order of their appearance in the target.
fn differing(call: &ExprCall, items: &Items<'_>) -> Vec<String> {
    let read = read_in(&Expr::Call(call.clone()));
    items
        .names
        .iter()
        .filter(|name| read.contains(*name))
        .cloned()
        .collect()
}

fn columns_by_name(names: &[String], items: &Items<'_>) -> Vec<Column> {
    let one = |name: &String| {
        Column::Each(if name == items.target {
            items.iterable.to_owned()
        } else {
            format!("[{name} for {} in {}]", bare(items.target), items.iterable)
        })
    };
    match names {
        [] => vec![Column::Each(items.iterable.to_owned())],
        _ => names.iter().map(one).collect(),
    }
}

/// A target without the parentheses that a `for` does not need.
pub(crate) fn bare(target: &str) -> &str {
    let inner = target
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    inner
        .filter(|inner| !inner.contains(['(', ')']))
        .unwrap_or(target)
}

/// Whether the function can be sent as it is.
///
/// # Errors
/// Why no task that calls it can be sent at all.
pub(crate) fn sendable(
    sheet: &Sheet<'_>,
    lane: &dyn Lane,
    call: &ExprCall,
) -> Result<bool, String> {
    if !lane.copies() {
        return Ok(true);
    }
    if let Some(what) = returns_unsendable(sheet, call) {
        return Err(format!(
            "{} returns {what}, which cannot be sent back from another process: return what it is made from",
            sheet.file.slice(&*call.func)
        ));
    }
    match &*call.func {
        Expr::Name(name) if is_local_function(sheet, Tree::id(call), &name.id) => Err(format!(
            "{} is defined inside a function, and another process cannot find it there: define it at the top \
             level of the module",
            name.id
        )),
        // A parameter or a local that holds a function: it is sent by its own name.
        Expr::Name(_) | Expr::Attribute(_) => Ok(true),
        _ => Ok(false),
    }
}

/// What the function returns that has no name in another process.
fn returns_unsendable(sheet: &Sheet<'_>, call: &ExprCall) -> Option<&'static str> {
    let def = crate::names::function_of(sheet, Tree::id(call), &call.func)?;
    let tree = &sheet.view.tree;
    let id = Tree::id(def);
    let inner = sheet.view.scopes.opened_by(id)?;
    tree.within(id).find_map(|node| {
        let AnyNodeRef::StmtReturn(one) = tree.node(node) else {
            return None;
        };
        match one.value.as_deref().filter(|_| tree.scope(node) == inner)? {
            Expr::Lambda(_) => Some("a lambda"),
            Expr::Generator(_) => Some("a generator"),
            Expr::Name(name) => {
                let bindings = sheet.view.scopes.bindings(inner, &name.id);
                let local = bindings
                    .iter()
                    .any(|(_, one)| matches!(one, Binding::Function(_)));
                local.then_some("a function that it defines")
            }
            _ => None,
        }
    })
}

/// The positional parameters of a function of this file that takes nothing by position alone.
fn parameters_of(sheet: &Sheet<'_>, call: &ExprCall) -> Vec<String> {
    let Expr::Name(name) = &*call.func else {
        return Vec::new();
    };
    let scopes = &sheet.view.scopes;
    let Some(home) = scopes.home(sheet.view.tree.scope(Tree::id(call)), &name.id) else {
        return Vec::new();
    };
    let [(_, Binding::Function(id))] = scopes.bindings(home, &name.id) else {
        return Vec::new();
    };
    let AnyNodeRef::StmtFunctionDef(def) = sheet.view.tree.node(*id) else {
        return Vec::new();
    };
    if !def.parameters.posonlyargs.is_empty() || !def.decorator_list.is_empty() {
        return Vec::new();
    }
    def.parameters
        .args
        .iter()
        .map(|one| one.name().to_string())
        .collect()
}

/// Whether a name stands for a function or a lambda that is made in a function.
fn is_local_function(sheet: &Sheet<'_>, id: NodeId, name: &str) -> bool {
    let scopes = &sheet.view.scopes;
    let Some(home) = scopes.home(sheet.view.tree.scope(id), name) else {
        return false;
    };
    if scopes.get(home).kind == ScopeKind::Module {
        return is_lambda_there(scopes.bindings(home, name));
    }
    scopes
        .bindings(home, name)
        .iter()
        .any(|(_, binding)| match binding {
            Binding::Function(_) | Binding::Class(_) => true,
            Binding::Value(value) => value.is_lambda_expr(),
            _ => false,
        })
}

/// A lambda has no name that another process could find it by.
fn is_lambda_there(bindings: &[(NodeId, Binding<'_>)]) -> bool {
    bindings
        .iter()
        .any(|(_, binding)| matches!(binding, Binding::Value(value) if value.is_lambda_expr()))
}

/// Whether an expression has the same value for every task and evaluating it once is the same as
/// evaluating it for each.
fn is_steady(expr: &Expr) -> bool {
    match expr {
        Expr::Name(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_) => true,
        Expr::Attribute(attribute) => is_steady(&attribute.value),
        Expr::UnaryOp(unary) => is_steady(&unary.operand),
        Expr::BinOp(operation) => is_steady(&operation.left) && is_steady(&operation.right),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_steady),
        Expr::FString(_) => false,
        Expr::Subscript(subscript) => is_steady(&subscript.value) && is_steady(&subscript.slice),
        _ => false,
    }
}

/// Whether something is awaited in it.
pub(crate) fn has_await(expr: &Expr) -> bool {
    use rightlane_source::syntax::ast::visitor::{Visitor, walk_expr};
    struct Found(bool);
    impl<'a> Visitor<'a> for Found {
        fn visit_expr(&mut self, expr: &'a Expr) {
            self.0 |= expr.is_await_expr() || expr.is_yield_expr() || expr.is_yield_from_expr();
            walk_expr(self, expr);
        }
    }
    let mut found = Found(false);
    found.visit_expr(expr);
    found.0
}

/// The last name of a dotted one.
pub(crate) fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr),
        _ => None,
    }
}

/// Whether a function's scope can hold what is made for the site: a class body's names are not seen from
/// inside a comprehension.
pub(crate) fn in_class_body(sheet: &Sheet<'_>, id: NodeId) -> bool {
    let scope = sheet.view.tree.scope(id);
    sheet.view.scopes.get(scope).kind == ScopeKind::Class
}

/// The tasks of `map(function, …)`.
///
/// # Errors
/// Why the function cannot be sent.
pub(crate) fn of_map(
    sheet: &mut Sheet<'_>,
    lane: &dyn Lane,
    id: NodeId,
    function: &Expr,
    iterables: &[Expr],
) -> Result<Tasks, String> {
    let text = sheet.file.slice(function).to_owned();
    let mut name = text.clone();
    if lane.copies() {
        match function {
            Expr::Name(known) if is_local_function(sheet, id, &known.id) => {
                return Err(format!(
                    "{text} has no name that another process could find it by"
                ));
            }
            Expr::Lambda(lambda) => {
                let captured = locals_of(sheet.view, id, &read_in(function));
                if !captured.is_empty() {
                    return Err(format!(
                        "the lambda reads {} of the function around it",
                        captured.join(", ")
                    ));
                }
                let parameters = lambda
                    .parameters
                    .as_ref()
                    .map_or("", |one| sheet.file.slice(&**one))
                    .to_owned();
                let body = sheet.file.slice(&*lambda.body).to_owned();
                name = sheet.fresh("task");
                sheet.extracted = true;
                let unit = sheet.unit.clone();
                sheet.define(format!("def {name}({parameters}):\n{unit}return {body}"));
            }
            _ => {}
        }
    }
    let columns = iterables
        .iter()
        .map(|one| Column::Each(sheet.file.slice(one).to_owned()));
    Ok(Tasks::new(name, columns.collect()))
}
