//! A `multiprocessing.Process` for each task.

use super::{Lane, Opening, bound, repeated};
use crate::imports::{builtin, from_import};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Tasks};

pub(super) struct Processes;

impl Lane for Processes {
    fn opening(&self, _: &mut Sheet<'_>) -> Option<Opening> {
        None
    }

    fn results(&self, sheet: &mut Sheet<'_>, tasks: &Tasks, _: Option<&Opening>) -> String {
        let process = from_import(sheet, "multiprocessing", "Process");
        let pipe = from_import(sheet, "multiprocessing", "Pipe");
        let zip = builtin(sheet, "zip");
        let u = sheet.unit.clone();
        let work = sheet.shared_definition("work", |name| {
            format!(
                "def {name}(sender, function, arguments):\n\
                 {u}try:\n\
                 {u}{u}sender.send((function(*arguments), None))\n\
                 {u}except BaseException as error:\n\
                 {u}{u}sender.send((None, error))"
            )
        });
        let helper = sheet.shared_definition("in_processes", |name| {
            format!(
                "def {name}(function, *columns):\n\
                 {u}\"\"\"The results in order; a task's exception is raised where its result would come.\"\"\"\n\
                 {u}started = []\n\
                 {u}for arguments in {zip}(*columns):\n\
                 {u}{u}receiver, sender = {pipe}(duplex=False)\n\
                 {u}{u}process = {process}(target={work}, args=(sender, function, arguments))\n\
                 {u}{u}process.start()\n\
                 {u}{u}sender.close()\n\
                 {u}{u}started.append((process, receiver))\n\
                 {u}for process, receiver in started:\n\
                 {u}{u}result, error = receiver.recv()\n\
                 {u}{u}process.join()\n\
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
        true
    }

    fn needs_guard(&self) -> bool {
        true
    }

    fn gathers(&self) -> bool {
        false
    }
}
