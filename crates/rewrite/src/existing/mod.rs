//! A program's own pool, moved to another API.
//!
//! The class, its arguments and the methods that are called on it change; what is submitted stays. A use of
//! the pool that has no counterpart is a reason to leave it as it is.

mod methods;
mod threads;

use crate::imports::from_import;
use crate::outcome::Outcome;
use crate::sheet::Sheet;
use crate::tasks::last_name;
use rightlane_facts::{Api, Settings};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprAttribute, ExprCall};
use rightlane_source::syntax::{Binding, NodeId, Ranged, ScopeId, ScopeKind, Tree};

/// Kinds of pools by the methods that they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Executor,
    Pool,
}

/// A pool of the program.
struct Own<'a> {
    call: &'a ExprCall,
    kind: Kind,
    /// Uses of its name, as `NAME.method`.
    uses: Vec<(&'a ExprAttribute, Option<&'a ExprCall>)>,
}

const POOLS: &[(&str, Api, Kind)] = &[
    (
        "ThreadPoolExecutor",
        Api::ThreadPoolExecutor,
        Kind::Executor,
    ),
    (
        "ProcessPoolExecutor",
        Api::ProcessPoolExecutor,
        Kind::Executor,
    ),
    (
        "InterpreterPoolExecutor",
        Api::InterpreterPoolExecutor,
        Kind::Executor,
    ),
    ("ThreadPool", Api::ThreadPool, Kind::Pool),
    ("Pool", Api::Pool, Kind::Pool),
];

fn kind_of(api: Api) -> Option<Kind> {
    POOLS
        .iter()
        .find(|(_, known, _)| *known == api)
        .map(|(_, _, kind)| *kind)
}

/// The edit of the pool that is made in this line.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn rewrite(
    sheet: &mut Sheet<'_>,
    line: u32,
    api: Api,
    settings: Settings,
) -> Result<Outcome, String> {
    let target = kind_of(api).ok_or_else(|| format!("a pool cannot become {}", api.name()))?;
    if let Some(call) = made_in(sheet, line, threads::makes_one) {
        let mut outcome = threads::rewrite(sheet, call, api, settings)?;
        note_sharing(sheet, call, api, &mut outcome);
        return Ok(outcome);
    }
    let own = find(sheet, line)?;
    let mut outcome = Outcome::default();
    let copies = matches!(
        api,
        Api::ProcessPoolExecutor | Api::Pool | Api::InterpreterPoolExecutor
    );
    if copies {
        sendable(sheet, &own)?;
    }
    if own.kind != target {
        refuse_questions(sheet, target)?;
    }
    note_sharing(sheet, own.call, api, &mut outcome);
    constructor(sheet, &own, api, settings)?;
    for (attribute, call) in own.uses.clone() {
        let one = methods::Use { attribute, call };
        match own.kind == target {
            true => one.chunked(sheet, settings, copies),
            false if target == Kind::Executor => one.to_executor(sheet, &mut outcome)?,
            false => one.to_pool(sheet)?,
        }
    }
    Ok(outcome)
}

/// The call of a kind that stands in a line.
fn made_in<'a>(
    sheet: &Sheet<'a>,
    line: u32,
    is_kind: impl Fn(&ExprCall) -> bool,
) -> Option<&'a ExprCall> {
    let tree = &sheet.view.tree;
    tree.within(NodeId(0)).find_map(|id| match tree.node(id) {
        AnyNodeRef::ExprCall(call) if sheet.file.line(call.start()) == line && is_kind(call) => {
            Some(call)
        }
        _ => None,
    })
}

/// Tasks of processes had copies of what they changed.
fn note_sharing(sheet: &Sheet<'_>, call: &ExprCall, api: Api, outcome: &mut Outcome) {
    let apart = matches!(
        last_name(&call.func),
        Some("Process" | "Pool" | "ProcessPoolExecutor" | "InterpreterPoolExecutor")
    );
    if apart && matches!(api, Api::ThreadPoolExecutor | Api::ThreadPool) {
        let line = sheet.file.line(call.start());
        outcome.changes(format!(
            "what tasks change is the program's own: processes (line {line}) had copies of it"
        ));
    }
}

fn find<'a>(sheet: &Sheet<'a>, line: u32) -> Result<Own<'a>, String> {
    let tree = &sheet.view.tree;
    for id in tree.within(NodeId(0)) {
        let AnyNodeRef::ExprCall(call) = tree.node(id) else {
            continue;
        };
        let known =
            last_name(&call.func).and_then(|name| POOLS.iter().find(|(known, ..)| *known == name));
        let Some((_, _, kind)) = known.filter(|_| sheet.file.line(call.start()) == line) else {
            continue;
        };
        let name = name_of(sheet, id).ok_or("the pool has no name of its own")?;
        let uses = uses(sheet, id, &name)?;
        return Ok(Own {
            call,
            kind: *kind,
            uses,
        });
    }
    Err(format!("no pool is made in line {line}"))
}

/// What the pool is called: `with … as NAME`, `NAME = …`.
fn name_of(sheet: &Sheet<'_>, id: NodeId) -> Option<String> {
    let tree = &sheet.view.tree;
    match tree.node(tree.parent(id)?) {
        AnyNodeRef::WithItem(item) => match item.optional_vars.as_deref()? {
            Expr::Name(name) => Some(name.id.to_string()),
            _ => None,
        },
        AnyNodeRef::StmtAssign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some(name.id.to_string()),
            _ => None,
        },
        _ => None,
    }
}

type Uses<'a> = Vec<(&'a ExprAttribute, Option<&'a ExprCall>)>;

fn uses<'a>(sheet: &Sheet<'a>, id: NodeId, name: &str) -> Result<Uses<'a>, String> {
    let tree = &sheet.view.tree;
    let scopes = &sheet.view.scopes;
    let home = scopes
        .home(tree.scope(id), name)
        .ok_or("the pool's name was not found")?;
    if scopes.bindings(home, name).len() != 1 {
        return Err(format!("{name} stands for more than this pool"));
    }
    let known = scopes
        .names(home)
        .find(|one| *one == name)
        .ok_or("the pool's name was not found")?;
    let mut all = Vec::new();
    for read in scopes.reads(home, known) {
        let outer = tree.parent(*read).ok_or("the pool's name was not found")?;
        let AnyNodeRef::ExprAttribute(attribute) = tree.node(outer) else {
            return Err(format!(
                "{name} is handed on in line {}",
                sheet.file.line(tree.range(*read).start())
            ));
        };
        let call = match tree.parent(outer).map(|id| tree.node(id)) {
            Some(AnyNodeRef::ExprCall(call)) if call.func.range() == attribute.range() => {
                Some(call)
            }
            _ => None,
        };
        all.push((attribute, call));
    }
    Ok(all)
}

/// Whether everything that is submitted can be found by name in another process.
fn sendable(sheet: &Sheet<'_>, own: &Own<'_>) -> Result<(), String> {
    for (_, call) in &own.uses {
        if let Some(function) = call.and_then(|call| call.arguments.args.first()) {
            findable(sheet, function)?;
        }
    }
    Ok(())
}

/// Whether a function can be found by name in another process.
fn findable(sheet: &Sheet<'_>, function: &Expr) -> Result<(), String> {
    let text = sheet.file.slice(function);
    let refused = || {
        Err(format!(
            "{text} cannot be found by name in another process: define it at the top level of the module"
        ))
    };
    let Expr::Name(name) = function else {
        return if function.is_lambda_expr() {
            refused()
        } else {
            Ok(())
        };
    };
    let scope = sheet.view.tree.scope(Tree::id(name));
    let Some(home) = sheet.view.scopes.home(scope, &name.id) else {
        return Ok(());
    };
    let local = sheet.view.scopes.get(home).kind != ScopeKind::Module;
    let made = |(_, binding): &(NodeId, Binding<'_>)| match binding {
        Binding::Function(_) => local,
        Binding::Value(value) => value.is_lambda_expr(),
        _ => false,
    };
    match sheet.view.scopes.bindings(home, &name.id).iter().any(made) {
        true => refused(),
        false => Ok(()),
    }
}

/// Questions to handles, and functions that take handles, that the other kind of pool has no counterpart for.
fn refuse_questions(sheet: &Sheet<'_>, target: Kind) -> Result<(), String> {
    let unknown: &[&str] = match target {
        Kind::Pool => &[
            "as_completed",
            "wait",
            "add_done_callback",
            "done",
            "cancel",
            "exception",
            "running",
        ],
        Kind::Executor => &["ready", "wait", "successful"],
    };
    let is_unknown =
        |call: &ExprCall| last_name(&call.func).is_some_and(|name| unknown.contains(&name));
    let tree = &sheet.view.tree;
    let found = tree.within(NodeId(0)).find_map(|id| match tree.node(id) {
        AnyNodeRef::ExprCall(call) if is_unknown(call) => Some(call),
        _ => None,
    });
    match found {
        Some(call) => Err(format!(
            "{} (line {}) has no counterpart for the handles of the other kind of pool",
            last_name(&call.func).unwrap_or_default(),
            sheet.file.line(call.start())
        )),
        None => Ok(()),
    }
}

/// Arguments that only some pools have.
const OF_PROCESSES: &[&str] = &[
    "mp_context",
    "max_tasks_per_child",
    "maxtasksperchild",
    "context",
];
const OF_THREADS: &[&str] = &["thread_name_prefix"];

fn constructor(
    sheet: &mut Sheet<'_>,
    own: &Own<'_>,
    api: Api,
    settings: Settings,
) -> Result<(), String> {
    let (module, class) = match api {
        Api::Pool => ("multiprocessing", "Pool"),
        Api::ThreadPool => ("multiprocessing.pool", "ThreadPool"),
        _ => ("concurrent.futures", api.name()),
    };
    let name = class_name(sheet, own, module, class);
    let executor = kind_of(api) == Some(Kind::Executor);
    let mut arguments = Vec::new();
    let given = own
        .call
        .arguments
        .args
        .first()
        .map(|one| sheet.file.slice(one).to_owned());
    let keyword = |wanted: &str| {
        let mut all = own.call.arguments.keywords.iter();
        all.find(|one| one.arg.as_ref().is_some_and(|name| name.as_str() == wanted))
    };
    let named = keyword("max_workers")
        .or(keyword("processes"))
        .map(|one| sheet.file.slice(&one.value).to_owned());
    if let Some(workers) = settings
        .workers
        .map(|workers| workers.to_string())
        .or(given)
        .or(named)
    {
        arguments.push(if executor {
            format!("max_workers={workers}")
        } else {
            workers
        });
    }
    if own.call.arguments.args.len() > 1 {
        return Err("the pool gets arguments by their position".to_owned());
    }
    for one in &own.call.arguments.keywords {
        let Some(word) = one.arg.as_ref().map(|name| name.as_str()) else {
            return Err("the pool gets its arguments by `**`".to_owned());
        };
        let threads = matches!(api, Api::ThreadPoolExecutor | Api::ThreadPool);
        let dropped = matches!(word, "max_workers" | "processes")
            || threads && OF_PROCESSES.contains(&word)
            || (!threads || !executor) && OF_THREADS.contains(&word);
        if !dropped {
            let word = match (word, executor) {
                ("maxtasksperchild", true) => "max_tasks_per_child",
                ("max_tasks_per_child", false) => "maxtasksperchild",
                _ => word,
            };
            arguments.push(format!("{word}={}", sheet.file.slice(&one.value)));
        }
    }
    sheet.replace(
        own.call.range(),
        format!("{name}({})", arguments.join(", ")),
    );
    Ok(())
}

/// The new class by name; an import that only served the old one serves the new.
fn class_name(sheet: &mut Sheet<'_>, own: &Own<'_>, module: &str, class: &str) -> String {
    let Expr::Name(old) = &*own.call.func else {
        return from_import(sheet, module, class);
    };
    let scopes = &sheet.view.scopes;
    let only = scopes
        .names(ScopeId(0))
        .find(|name| *name == old.id.as_str());
    let alone = only.is_some_and(|name| scopes.reads(ScopeId(0), name).len() == 1);
    let import = match scopes.bindings(ScopeId(0), &old.id) {
        [(_, Binding::ImportFrom { import, .. })] => Some(*import),
        _ => None,
    };
    if let Some(import) = import.filter(|_| alone && !sheet.binds(class)) {
        let same = import
            .module
            .as_ref()
            .is_some_and(|known| known.as_str() == module);
        let alias = import
            .names
            .iter()
            .find(|alias| alias.asname.is_none() && alias.name.as_str() == old.id.as_str());
        match alias {
            Some(alias) if same => {
                sheet.replace(alias.range(), class);
                return class.to_owned();
            }
            Some(_) if import.names.len() == 1 => {
                sheet.replace(import.range(), format!("from {module} import {class}"));
                return class.to_owned();
            }
            _ => {}
        }
    }
    from_import(sheet, module, class)
}
