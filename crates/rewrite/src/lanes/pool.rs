//! `multiprocessing.Pool` and `multiprocessing.pool.ThreadPool`.

use super::executor::start_method;
use super::{Lane, Opening, bound, repeated};
use crate::imports::from_import;
use crate::sheet::Sheet;
use crate::tasks::{Column, Tasks};
use rightlane_facts::Settings;

pub(super) struct Pool {
    processes: bool,
    settings: Settings,
}

impl Pool {
    pub(super) fn processes(settings: Settings) -> Self {
        Self {
            processes: true,
            settings,
        }
    }

    pub(super) fn threads(settings: Settings) -> Self {
        Self {
            processes: false,
            settings,
        }
    }

    /// The function of one argument and the iterable that it is mapped over.
    fn one_argument(&self, sheet: &mut Sheet<'_>, tasks: &Tasks) -> (String, String) {
        let function = bound(sheet, tasks);
        if let [Column::Each(items)] = tasks.columns.as_slice() {
            return (function, items.clone());
        }
        // What comes first and is the same for all can be bound.
        let same = |column: &Column| match column {
            Column::Same(text) => Some(text.clone()),
            Column::Each(_) => None,
        };
        if let Some((Column::Each(items), first)) = tasks.columns.split_last()
            && let Some(first) = first.iter().map(same).collect::<Option<Vec<String>>>()
        {
            let partial = from_import(sheet, "functools", "partial");
            let inner = function
                .strip_prefix(&format!("{partial}("))
                .and_then(|rest| rest.strip_suffix(')'))
                .filter(|_| !tasks.keywords.is_empty());
            let bound = match inner.and_then(|inner| inner.split_once(", ")) {
                Some((name, keywords)) => format!("{partial}({name}, {}, {keywords})", first.join(", ")),
                None => format!("{partial}({function}, {})", first.join(", ")),
            };
            return (bound, items.clone());
        }
        let columns = repeated(sheet, &tasks.columns);
        let unpack = sheet.shared_definition("call", |name| {
            format!("def {name}(function, arguments):\n    return function(*arguments)")
        });
        let partial = from_import(sheet, "functools", "partial");
        (
            format!("{partial}({unpack}, {function})"),
            format!("zip({})", columns.join(", ")),
        )
    }
}

impl Lane for Pool {
    fn opening(&self, sheet: &mut Sheet<'_>) -> Option<Opening> {
        let workers = self.settings.workers.map_or_else(String::new, |workers| workers.to_string());
        let expr = match (self.processes, self.settings.start_method) {
            (true, Some(method)) => {
                let context = from_import(sheet, "multiprocessing", "get_context");
                format!("{context}(\"{}\").Pool({workers})", start_method(method))
            }
            (true, None) => {
                let class = from_import(sheet, "multiprocessing", "Pool");
                format!("{class}({workers})")
            }
            (false, _) => {
                let class = from_import(sheet, "multiprocessing.pool", "ThreadPool");
                format!("{class}({workers})")
            }
        };
        Some(Opening {
            expr,
            name: sheet.fresh("pool"),
        })
    }

    /// `imap`, not `map`: what follows a task may begin before the last task is done, and an exception comes
    /// at the place where it came before.
    fn results(&self, sheet: &mut Sheet<'_>, tasks: &Tasks, opened: Option<&Opening>) -> String {
        let (function, items) = self.one_argument(sheet, tasks);
        let name = opened.map_or("pool", |opening| &opening.name);
        match self.settings.chunksize.filter(|size| *size > 1) {
            Some(size) => format!("{name}.imap({function}, {items}, chunksize={size})"),
            None => format!("{name}.imap({function}, {items})"),
        }
    }

    fn submit(&self, opened: &Opening, function: &str, arguments: &str) -> Option<String> {
        // Positional arguments go as a tuple; keywords would have to be told apart.
        if arguments.contains('=') || arguments.contains('*') {
            return None;
        }
        let tuple = match arguments {
            "" => String::new(),
            one if !one.contains(',') => format!(", ({one},)"),
            more => format!(", ({more})"),
        };
        Some(format!("{}.apply_async({function}{tuple})", opened.name))
    }

    fn result(&self, handle: &str) -> String {
        format!("{handle}.get()")
    }

    fn copies(&self) -> bool {
        self.processes
    }

    fn needs_guard(&self) -> bool {
        self.processes
    }

    fn gathers(&self) -> bool {
        false
    }
}
