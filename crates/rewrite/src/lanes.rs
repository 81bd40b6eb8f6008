//! The APIs, each with how its tasks are written.

mod executor;
mod native;
mod pool;
mod process;
mod thread;
mod to_thread;

use crate::request::{Coroutines, Request};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Column, Tasks};
use rightlane_facts::{Api, Settings};

/// How an API runs the tasks of a site.
pub(crate) trait Lane {
    /// What to write behind `with`, the name of the pool behind `as` included; `None` where there is
    /// nothing to be opened and closed.
    fn opening(&self, _: &mut Sheet<'_>) -> Option<Opening> {
        None
    }

    /// An expression that goes through the results in the order of the tasks.
    fn results(&self, sheet: &mut Sheet<'_>, tasks: &Tasks, opened: Option<&Opening>) -> String;

    /// An expression that starts one task and gives a handle; `None` where there are no handles.
    fn submit(&self, _: &Opening, _: &str, _: &Arguments) -> Option<String> {
        None
    }

    /// Whether there are such handles.
    fn handles(&self) -> bool {
        false
    }

    /// Whether a task that ends the program ends a worker only, and nobody hears of it.
    fn loses_exits(&self) -> bool {
        false
    }

    /// How many workers it has, where that is known.
    fn workers(&self) -> Option<u32> {
        None
    }

    /// An expression that waits for the task of a handle and gives its result.
    fn result(&self, handle: &str) -> String {
        format!("{handle}.result()")
    }

    /// Whether arguments and results are copied, to another process or interpreter. Its workers may import
    /// the program anew: it needs a guard around what only the first may do.
    fn copies(&self) -> bool {
        false
    }

    /// Whether what follows a task only begins when all tasks are done.
    fn gathers(&self) -> bool {
        false
    }
}

/// A pool that was opened.
#[derive(Clone)]
pub(crate) struct Opening {
    /// `ThreadPoolExecutor(max_workers=8)`
    pub(crate) expr: String,
    /// `executor`
    pub(crate) name: String,
}

/// The lane for a request; an error says why there is none.
pub(crate) fn lane<'r>(request: &Request<'r>) -> Result<Box<dyn Lane + 'r>, String> {
    let settings = request.settings;
    if let Some(pool) = pool_of(request.api, settings) {
        return Ok(pool);
    }
    Ok(match (request.api, request.coroutines) {
        (Api::Thread, _) => Box::new(thread::Threads),
        (Api::Process, _) => Box::new(process::Processes),
        (Api::TaskGroup | Api::AsyncioTask, Coroutines::ToThread) => {
            Box::new(to_thread::ToThread::new(settings, request.site.in_async))
        }
        (Api::TaskGroup | Api::AsyncioTask, Coroutines::Native(_)) => Box::new(native::Native),
        (Api::Sequential, _) => return Err("sequential is what the program is already".to_owned()),
        _ => {
            return Err(
                "programs are not rewritten for clusters: the verdict's code shows how".to_owned(),
            );
        }
    })
}

/// The lane of an API that is a pool.
pub(crate) fn pool_of(api: Api, settings: Settings) -> Option<Box<dyn Lane>> {
    Some(match api {
        Api::ThreadPoolExecutor => Box::new(executor::Executor::threads(settings)),
        Api::ProcessPoolExecutor => Box::new(executor::Executor::processes(settings)),
        Api::InterpreterPoolExecutor => Box::new(executor::Executor::interpreters(settings)),
        Api::Pool => Box::new(pool::Pool::processes(settings)),
        Api::ThreadPool => Box::new(pool::Pool::threads(settings)),
        _ => return None,
    })
}

/// The columns as arguments of `map(function, …)`: what all tasks share is repeated.
fn repeated(sheet: &mut Sheet<'_>, columns: &[Column]) -> Vec<String> {
    let mut texts = Vec::new();
    for column in columns {
        texts.push(match column {
            Column::Each(text) => text.clone(),
            Column::Same(text) => {
                let repeat = crate::imports::from_import(sheet, "itertools", "repeat");
                format!("{repeat}({text})")
            }
        });
    }
    texts
}

/// A call of a helper that takes the function and its columns.
fn helped(sheet: &mut Sheet<'_>, helper: &str, tasks: &Tasks) -> String {
    let function = bound(sheet, tasks);
    let columns = repeated(sheet, &tasks.columns).join(", ");
    format!("{helper}({function}, {columns})")
}

/// The function with its keywords bound.
fn bound(sheet: &mut Sheet<'_>, tasks: &Tasks) -> String {
    if tasks.keywords.is_empty() {
        return tasks.function.clone();
    }
    let partial = crate::imports::from_import(sheet, "functools", "partial");
    let keywords = tasks
        .keywords
        .iter()
        .map(|(name, text)| format!("{name}={text}"));
    let keywords: Vec<String> = keywords.collect();
    format!("{partial}({}, {})", tasks.function, keywords.join(", "))
}
