//! `concurrent.futures`: `ThreadPoolExecutor`, `ProcessPoolExecutor`, `InterpreterPoolExecutor`.

use super::{Lane, Opening, bound, repeated};
use crate::imports::{builtin, from_import};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Tasks};
use rightlane_facts::{Api, Settings};

pub(super) struct Executor {
    api: Api,
    settings: Settings,
}

impl Executor {
    pub(super) fn threads(settings: Settings) -> Self {
        Self {
            api: Api::ThreadPoolExecutor,
            settings,
        }
    }

    pub(super) fn processes(settings: Settings) -> Self {
        Self {
            api: Api::ProcessPoolExecutor,
            settings,
        }
    }

    pub(super) fn interpreters(settings: Settings) -> Self {
        Self {
            api: Api::InterpreterPoolExecutor,
            settings,
        }
    }
}

impl Lane for Executor {
    fn opening(&self, sheet: &mut Sheet<'_>) -> Option<Opening> {
        let class = from_import(sheet, "concurrent.futures", self.api.name());
        let mut arguments = Vec::new();
        if let Some(workers) = self.settings.workers {
            arguments.push(format!("max_workers={workers}"));
        }
        if let Some(method) = self
            .settings
            .start_method
            .filter(|_| self.api == Api::ProcessPoolExecutor)
        {
            let context = from_import(sheet, "multiprocessing", "get_context");
            arguments.push(format!("mp_context={context}(\"{}\")", method.name()));
        }
        Some(Opening {
            expr: format!("{class}({})", arguments.join(", ")),
            name: sheet.fresh("executor"),
        })
    }

    fn results(&self, sheet: &mut Sheet<'_>, tasks: &Tasks, opened: Option<&Opening>) -> String {
        let mut arguments = vec![bound(sheet, tasks)];
        match &tasks.rows {
            Some(rows) => {
                let zip = builtin(sheet, "zip");
                arguments.push(format!("*{zip}(*{rows})"));
            }
            None => arguments.extend(repeated(sheet, &tasks.columns)),
        }
        // Threads take every task by itself.
        let chunksize = self
            .settings
            .chunksize
            .filter(|size| *size > 1 && self.copies());
        if let Some(size) = chunksize {
            arguments.push(format!("chunksize={size}"));
        }
        let name = opened.map_or("executor", |opening| &opening.name);
        format!("{name}.map({})", arguments.join(", "))
    }

    fn submit(&self, opened: &Opening, function: &str, arguments: &Arguments) -> Option<String> {
        let mut all = vec![function.to_owned()];
        all.extend(arguments.texts());
        Some(format!("{}.submit({})", opened.name, all.join(", ")))
    }

    fn handles(&self) -> bool {
        true
    }

    fn workers(&self) -> Option<u32> {
        self.settings.workers
    }

    fn copies(&self) -> bool {
        self.api != Api::ThreadPoolExecutor
    }
}
