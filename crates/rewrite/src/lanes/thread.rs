//! A `threading.Thread` for each task.

use super::{Lane, Opening, helped};
use crate::imports::{builtin, from_import};
use crate::sheet::Sheet;
use crate::tasks::Tasks;

pub(super) struct Threads;

impl Lane for Threads {
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
        helped(sheet, &helper, tasks)
    }
}
