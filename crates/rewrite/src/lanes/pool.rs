//! `multiprocessing.Pool` and `multiprocessing.pool.ThreadPool`.

use super::{Lane, Opening, bound, repeated};
use crate::imports::{builtin, from_import};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Column, Tasks};
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
        if let Some(bound) = self.partly_bound(sheet, tasks) {
            return bound;
        }
        let rows = rows(sheet, tasks);
        let unpack = sheet.shared_definition("call", |name| {
            format!("def {name}(function, arguments):\n    return function(*arguments)")
        });
        let partial = from_import(sheet, "functools", "partial");
        (format!("{partial}({unpack}, {function})"), rows)
    }

    /// The function with what is the same for all tasks bound, where one argument remains.
    fn partly_bound(&self, sheet: &mut Sheet<'_>, tasks: &Tasks) -> Option<(String, String)> {
        let each = tasks
            .columns
            .iter()
            .position(|column| matches!(column, Column::Each(_)))?;
        let Column::Each(items) = &tasks.columns[each] else {
            return None;
        };
        let mut before = Vec::new();
        let mut after = Vec::new();
        for (at, column) in tasks
            .columns
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != each)
        {
            let Column::Same(text) = column else {
                return None;
            };
            match at < each {
                true => before.push(text.clone()),
                // What comes behind can only be bound by its name.
                false => after.push(format!("{}={text}", tasks.parameters.get(at)?)),
            }
        }
        after.extend(
            tasks
                .keywords
                .iter()
                .map(|(name, text)| format!("{name}={text}")),
        );
        let partial = from_import(sheet, "functools", "partial");
        let arguments: Vec<String> = [tasks.function.clone()]
            .into_iter()
            .chain(before)
            .chain(after)
            .collect();
        Some((
            format!("{partial}({})", arguments.join(", ")),
            items.clone(),
        ))
    }

    /// `starmap`, where all results are wanted at once anyway.
    fn at_once(&self, sheet: &mut Sheet<'_>, tasks: &Tasks, name: &str) -> Option<String> {
        let single = matches!(tasks.columns.as_slice(), [Column::Each(_)]);
        if !tasks.at_once || single || !tasks.keywords.is_empty() {
            return None;
        }
        let each = |column: &&Column| matches!(column, Column::Each(_));
        if tasks.columns.iter().filter(each).count() < 2 {
            return None;
        }
        let rows = rows(sheet, tasks);
        Some(format!(
            "{name}.starmap({}, {rows}{})",
            tasks.function,
            self.chunks()
        ))
    }

    fn chunks(&self) -> String {
        let size = self.settings.chunksize.filter(|size| *size > 1);
        size.map_or_else(String::new, |size| format!(", chunksize={size}"))
    }
}

impl Lane for Pool {
    fn opening(&self, sheet: &mut Sheet<'_>) -> Option<Opening> {
        let workers = self
            .settings
            .workers
            .map_or_else(String::new, |workers| workers.to_string());
        let expr = match (self.processes, self.settings.start_method) {
            (true, Some(method)) => {
                let context = from_import(sheet, "multiprocessing", "get_context");
                format!("{context}(\"{}\").Pool({workers})", method.name())
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
        let name = opened.map_or("pool", |opening| opening.name.as_str());
        if let Some(text) = self.at_once(sheet, tasks, name) {
            return text;
        }
        let (function, items) = self.one_argument(sheet, tasks);
        let method = if tasks.at_once { "map" } else { "imap" };
        format!("{name}.{method}({function}, {items}{})", self.chunks())
    }

    fn submit(&self, opened: &Opening, function: &str, arguments: &Arguments) -> Option<String> {
        let mut all = vec![function.to_owned()];
        if !arguments.is_empty() {
            all.push(arguments.tuple());
        }
        all.extend(arguments.dict());
        Some(format!("{}.apply_async({})", opened.name, all.join(", ")))
    }

    /// A worker of these pools hands on what is an `Exception`, and `SystemExit` is none.
    fn loses_exits(&self) -> bool {
        true
    }

    fn handles(&self) -> bool {
        true
    }

    fn workers(&self) -> Option<u32> {
        self.settings.workers
    }

    fn result(&self, handle: &str) -> String {
        format!("{handle}.get()")
    }

    fn copies(&self) -> bool {
        self.processes
    }
}

/// The arguments of each task as a tuple.
fn rows(sheet: &mut Sheet<'_>, tasks: &Tasks) -> String {
    match &tasks.rows {
        Some(rows) => rows.clone(),
        None => {
            let zip = builtin(sheet, "zip");
            format!("{zip}({})", repeated(sheet, &tasks.columns).join(", "))
        }
    }
}
