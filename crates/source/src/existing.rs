//! Concurrency that the program already uses.

use crate::program::Program;
use crate::text::SourceText;
use crate::trace::{CallInfo, CallNode};
use crate::value::{Kind, Sym, Value};
use rightlane_facts::{ExistingConcurrency, Place};
use ruff_text_size::Ranged;

/// Functions and classes that start concurrency, by dotted name.
const APIS: &[&str] = &[
    "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures.InterpreterPoolExecutor",
    "multiprocessing.Pool",
    "multiprocessing.Process",
    "multiprocessing.pool.Pool",
    "multiprocessing.pool.ThreadPool",
    "multiprocessing.dummy.Pool",
    "threading.Thread",
    "threading.Timer",
    "asyncio.gather",
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.TaskGroup",
    "asyncio.to_thread",
    "asyncio.wait",
    "asyncio.as_completed",
    "joblib.Parallel",
    "dask.delayed",
    "dask.compute",
    "dask.distributed.Client",
    "ray.init",
    "ray.remote",
    "ray.get",
    "os.fork",
    "_thread.start_new_thread",
    "trio.open_nursery",
    "anyio.create_task_group",
    "gevent.spawn",
    "eventlet.spawn",
];

/// What the call starts, if it starts anything.
pub(crate) fn existing(
    program: &Program<'_>,
    module: crate::load::ModId,
    call: &CallInfo<'_>,
    thread_class: &dyn Fn(&Value) -> Option<Sym>,
) -> Option<ExistingConcurrency> {
    let CallNode::Call(node) = call.node else {
        return None;
    };
    let api = call
        .callee
        .kinds
        .iter()
        .find_map(api_of)
        .or_else(|| thread_class(&call.callee).map(|name| name.to_string()))?;
    let source = program.module(module);
    let place = Place {
        file: source.shown.clone(),
        line: source.text.line(node.start()),
    };
    Some(ExistingConcurrency {
        place,
        api,
        settings: arguments(&source.text, node),
    })
}

fn api_of(kind: &Kind) -> Option<String> {
    match kind {
        Kind::ExtName(name) if APIS.contains(&name.as_str()) => Some(name.to_string()),
        Kind::Bound(_, name) if name == "run_in_executor" => {
            Some("asyncio.loop.run_in_executor".to_owned())
        }
        Kind::Bound(receiver, name) if matches!(name.as_str(), "Pool" | "Process") => {
            let context = receiver.kinds.iter().any(|kind| matches!(kind, Kind::Ext(of) | Kind::ExtName(of) if of.starts_with("multiprocessing")));
            context.then(|| format!("multiprocessing.{name}"))
        }
        Kind::Bound(receiver, name) if name == "create_task" => {
            let group = receiver
                .kinds
                .iter()
                .any(|kind| matches!(kind, Kind::Ext(of) if of == "pool"));
            group.then(|| "asyncio.TaskGroup.create_task".to_owned())
        }
        _ => None,
    }
}

/// The arguments as written, keywords as `key=value`.
pub(crate) fn arguments(text: &SourceText, call: &ruff_python_ast::ExprCall) -> Vec<String> {
    let mut all: Vec<(ruff_text_size::TextSize, String)> = Vec::new();
    for arg in &call.arguments.args {
        all.push((arg.start(), text.dedented(arg.range())));
    }
    for keyword in &call.arguments.keywords {
        let value = text.dedented(keyword.value.range());
        let written = match &keyword.arg {
            Some(name) => format!("{name}={value}"),
            None => format!("**{value}"),
        };
        all.push((keyword.start(), written));
    }
    all.sort_by_key(|(start, _)| *start);
    all.into_iter().map(|(_, text)| text).collect()
}
