//! A `multiprocessing.Process` for each task.

use super::{Lane, Opening, helped};
use crate::imports::{builtin, from_import};
use crate::sheet::Sheet;
use crate::tasks::Tasks;

pub(super) struct Processes;

impl Lane for Processes {
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
        helped(sheet, &helper, tasks)
    }

    fn copies(&self) -> bool {
        true
    }
}
