//! A `threading.Thread` for each task.

use super::{Lane, Opening, bound, repeated};
use crate::imports::{builtin, from_import};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Tasks};

pub(super) struct Threads;

impl Lane for Threads {
    fn opening(&self, _: &mut Sheet<'_>) -> Option<Opening> {
        None
    }

    fn results(&self, sheet: &mut Sheet<'_>, tasks: &Tasks, _: Option<&Opening>) -> String {
        let thread = from_import(sheet, "threading", "Thread");
        let (zip, enumerate) = (builtin(sheet, "zip"), builtin(sheet, "enumerate"));
        let u = sheet.unit.clone();
        let helper = sheet.shared_definition("in_threads", |name| {
            format!(
                "def {name}(function, *columns):\n\
                 {u}\"\"\"The results in order; a task's exception is raised where its result would come.\"\"\"\n\
                 {u}done = {{}}\n\n\
                 {u}def work(number, arguments):\n\
                 {u}{u}try:\n\
                 {u}{u}{u}done[number] = function(*arguments), None\n\
                 {u}{u}except BaseException as error:\n\
                 {u}{u}{u}done[number] = None, error\n\n\
                 {u}threads = [{thread}(target=work, args=one) for one in {enumerate}({zip}(*columns))]\n\
                 {u}for thread in threads:\n\
                 {u}{u}thread.start()\n\
                 {u}for number, thread in {enumerate}(threads):\n\
                 {u}{u}thread.join()\n\
                 {u}{u}result, error = done[number]\n\
                 {u}{u}if error is not None:\n\
                 {u}{u}{u}raise error\n\
                 {u}{u}yield result"
            )
        });
        let function = bound(sheet, tasks);
        let columns = repeated(sheet, &tasks.columns).join(", ");
        format!("{helper}({function}, {columns})")
    }

    fn submit(&self, _: &Opening, _: &str, _: &Arguments) -> Option<String> {
        None
    }

    fn result(&self, handle: &str) -> String {
        format!("{handle}.result()")
    }

    fn copies(&self) -> bool {
        false
    }

    fn needs_guard(&self) -> bool {
        false
    }

    fn gathers(&self) -> bool {
        false
    }
}
