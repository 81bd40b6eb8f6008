//! The code for an answer: real programs, kept as files under `code/`. Those that call a task
//! import it (`from task import ITEMS, work`) so that each file is whole on its own; here the
//! import is replaced by the task that fits the answers.

use super::answers::{Answers, Bound, Build, CpuCode, FileIo, Lifetime, State};
use super::differences::{Choice, Need};
use super::route::{Route, awaited_from_asyncio, route};
use rightlane_facts::{Api, Family};

/// The line that a task takes the place of.
const TASK_IMPORT: &str = "from task import ITEMS, work\n";

/// How many threads the programs start: right for tasks that wait, too many for tasks that
/// compute.
const WAITING_WORKERS: &str = "16";

/// A file under `code/`.
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("code/", $name, ".py"))
    };
}

/// A program that uses `api` for tasks like those that the answers describe. It runs as it is.
#[must_use]
pub(super) fn code(api: Api, answers: &Answers) -> String {
    let program = program(api, answers);
    let Some((imports, rest)) = program.split_once(TASK_IMPORT) else {
        return program.to_owned();
    };
    let threads_compute = api.family() == Family::Thread && route(answers).bound == Bound::Cpu;
    if threads_compute && rest.contains(WAITING_WORKERS) {
        let rest = rest.replace(WAITING_WORKERS, "os.cpu_count()");
        return with_task(&format!("import os\n{imports}"), task(answers), &rest);
    }
    with_task(imports, task(answers), rest)
}

fn program(api: Api, answers: &Answers) -> &'static str {
    let long_lived = answers.lifetime == Some(Lifetime::LongLived);
    let state = answers.state == Some(State::Yes);
    let awaited = awaited_from_asyncio(answers);
    // What only Pool has is worth showing only where it is what decided for Pool.
    let maps = answers
        .needs()
        .iter()
        .any(|need: &Need| need.row().side == Some(Choice::Pool));
    match api {
        Api::Sequential => file!("sequential"),
        Api::Thread if state => file!("thread_class"),
        Api::Thread if long_lived => file!("thread"),
        Api::Thread => file!("thread_once"),
        Api::Process if state => file!("process_class"),
        Api::Process if long_lived => file!("process_long"),
        Api::Process => file!("process"),
        Api::AsyncioTask if long_lived => file!("asyncio_task"),
        Api::AsyncioTask => file!("asyncio_once"),
        Api::ThreadPool if maps => file!("thread_pool_maps"),
        Api::ThreadPool => file!("thread_pool"),
        Api::Pool if maps => file!("pool_maps"),
        Api::Pool => file!("pool"),
        Api::ThreadPoolExecutor if awaited => file!("awaited_executor"),
        Api::ThreadPoolExecutor => file!("thread_pool_executor"),
        Api::ProcessPoolExecutor if awaited => file!("awaited_process_executor"),
        Api::ProcessPoolExecutor => file!("process_pool_executor"),
        Api::InterpreterPoolExecutor => file!("interpreter_pool_executor"),
        Api::TaskGroup if answers.older_than(11) => file!("gather"),
        Api::TaskGroup => file!("task_group"),
        Api::Dask => file!("dask_cluster"),
        Api::Ray => file!("ray_cluster"),
    }
}

/// The task that the program calls.
fn task(answers: &Answers) -> &'static str {
    let Route { bound, family, .. } = route(answers);
    match bound {
        Bound::Cpu if family != Family::Thread => file!("tasks/python"),
        Bound::Cpu if releases_gil(answers) => file!("tasks/native"),
        Bound::Cpu => file!("tasks/python"),
        // With sockets in play as well, the waiting is rather for them.
        Bound::Io if answers.file_io == Some(FileIo::Yes) && answers.sockets.is_none() => {
            file!("tasks/files")
        }
        Bound::Io => file!("tasks/waits"),
    }
}

fn releases_gil(answers: &Answers) -> bool {
    answers.cpu_code == Some(CpuCode::ReleasesGil) && answers.build != Some(Build::FreeThreaded)
}

/// Puts the task in the place of its import: its own imports join the program's, the rest follows
/// them.
fn with_task(imports: &str, task: &str, rest: &str) -> String {
    let definitions = task.find("ITEMS = ").unwrap_or_default();
    let (task_imports, definitions) = task.split_at(definitions);
    let mut lines: Vec<&str> = imports
        .lines()
        .chain(task_imports.lines())
        .filter(|line| !line.is_empty())
        .collect();
    // isort's order: plain imports first, then `from`, each by name; third-party ones last.
    lines.sort_by_key(|line| (third_party(line), line.starts_with("from "), *line));
    let mut program = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 && third_party(line) && !third_party(lines[index - 1]) {
            program.push('\n');
        }
        program.push_str(line);
        program.push('\n');
    }
    if !lines.is_empty() {
        program.push('\n');
    }
    program.push_str(definitions);
    program.push_str(rest);
    program
}

fn third_party(import: &str) -> bool {
    import.starts_with("from dask")
}
