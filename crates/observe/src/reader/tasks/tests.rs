//! Real programs on every CPython found.

use super::*;
use crate::reader::attach::{self, Files};
use crate::reader::memory::ProcessMemory;
use crate::reader::stack::StackReader;
use crate::sys;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Every CPython that can be read: pyenv's, those in the build folder, and those on `PATH`.
fn pythons() -> Vec<(PathBuf, String)> {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let folders = [
        home.join(".pyenv/versions"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pythons"),
    ];
    let installed = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten())
        .flat_map(|entry| names().map(move |name| entry.path().join("bin").join(name)));
    let on_path = names().map(PathBuf::from);
    let mut found: BTreeMap<PathBuf, String> = BTreeMap::new();
    for program in installed.chain(on_path) {
        if let Some((path, version)) = ask(&program) {
            found.insert(path, version);
        }
    }
    assert!(!found.is_empty(), "no CPython 3.10 to 3.15 to test with");
    found.into_iter().collect()
}

fn names() -> impl Iterator<Item = String> {
    (10..=15).flat_map(|minor| ["", "t"].map(|free| format!("python3.{minor}{free}")))
}

/// The interpreter's real path and its version, if it is one that can be read.
fn ask(program: &Path) -> Option<(PathBuf, String)> {
    let code = "import os, sys, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED'); \
                print(sys.version_info[1], sys.implementation.name, 't' if free else '-', \
                os.path.realpath(sys.executable))";
    let output = Command::new(program).args(["-c", code]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut fields = text.trim_end().splitn(4, ' ');
    let (minor, name, free) = (fields.next()?, fields.next()?, fields.next()?);
    let known = name == "cpython" && (10..=15).contains(&minor.parse::<u8>().ok()?);
    known.then(|| Some((PathBuf::from(fields.next()?), format!("3.{minor}{free}"))))?
}

/// A program that has said `ready`, and what it takes to look at it.
struct Program {
    child: Child,
    memory: ProcessMemory,
    target: Target,
    reader: TaskReader,
    stacks: StackReader,
    table: FrameTable,
    version: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Runs `code` after an `import asyncio` until it prints `ready`; `None` if it says `skip`.
    fn start(python: &(PathBuf, String), code: &str) -> Option<Program> {
        let code = format!("import asyncio, sys\n{code}");
        let mut command = Command::new(&python.0);
        let mut child = command
            .args(["-c", &code])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        if line.trim_end() == "skip" {
            let _ = child.wait();
            return None;
        }
        assert_eq!(line.trim_end(), "ready", "{}", python.1);
        let memory = ProcessMemory::new(child.id());
        let target = attach::find(child.id(), &memory, &mut Files::default()).unwrap();
        Some(Program {
            child,
            memory,
            target,
            reader: TaskReader::default(),
            stacks: StackReader::default(),
            table: FrameTable::default(),
            version: python.1.clone(),
        })
    }

    fn look(&mut self) -> TasksSeen {
        let pid = self.child.id();
        self.reader
            .read(
                &self.memory,
                &self.target,
                pid,
                self.stacks.codes(),
                &mut self.table,
            )
            .unwrap_or_else(|fault| panic!("{}: {fault:?}", self.version))
    }

    /// The functions awaited, innermost first, without the modules' and classes' names.
    fn functions(&self, task: &Task) -> Vec<&str> {
        let frames = task.frames.iter().map(|id| self.table.frame(*id).unwrap());
        frames
            .map(|frame| frame.function.rsplit('.').next().unwrap())
            .collect()
    }

    fn lines(&self, task: &Task) -> Vec<u32> {
        let frames = task.frames.iter().map(|id| self.table.frame(*id).unwrap());
        frames.map(|frame| frame.line).collect()
    }
}

fn task<'a>(seen: &'a TasksSeen, name: &str) -> &'a Task {
    let mut named = seen.tasks.iter().filter(|task| &*task.name == name);
    let task = named.next();
    assert!(named.next().is_none(), "{name} twice");
    task.unwrap_or_else(|| panic!("no task {name} in {:?}", seen.tasks))
}

/// Tells that every other task has had its turn, and waits for ever.
const REST: &str = "
async def rest():
    for _ in range(5):
        await asyncio.sleep(0)
    print('ready', flush=True)
    await asyncio.get_running_loop().create_future()
";

#[test]
fn tasks_in_nested_coroutines_are_followed_to_the_innermost_line() {
    let code = format!(
        "{REST}
async def inner(n):
    await asyncio.sleep(1000 + n)
async def outer(n):
    total = [n, n]
    return await inner(n), total
async def main():
    tasks = [asyncio.create_task(outer(n)) for n in range(50)]
    tasks.append(asyncio.create_task(outer(50), name='nommé \\u20ac'))
    await rest()
asyncio.run(main())"
    );
    for python in &pythons() {
        let mut program = Program::start(python, &code).unwrap();
        let seen = program.look();
        assert_eq!((seen.total, seen.tasks.len()), (52, 52), "{}", python.1);
        let inner_line = 2 + 1 + 5 + 2;
        let mut sleeping = 0;
        for task in &seen.tasks {
            assert!(!task.running, "{}", python.1);
            assert_eq!(task.awaits.as_deref(), Some("Future"), "{}", python.1);
            let functions = program.functions(task);
            if functions == ["rest", "main"] {
                continue;
            }
            assert_eq!(functions, ["sleep", "inner", "outer"], "{}", python.1);
            assert_eq!(program.lines(task)[1..], [inner_line, inner_line + 3]);
            sleeping += 1;
        }
        assert_eq!(sleeping, 51, "{}", python.1);
        assert_eq!(program.functions(task(&seen, "nommé €")).len(), 3);
        task(&seen, "Task-2");
    }
}

#[test]
fn a_task_that_waits_for_tasks_tells_which() {
    let code = format!(
        "{REST}
async def work():
    await asyncio.Event().wait()
async def single(task):
    await task
async def several():
    await asyncio.gather(*[asyncio.create_task(work(), name=f'part {{n}}') for n in range(5)])
async def main():
    one = asyncio.create_task(work(), name='one')
    tasks = [
        asyncio.create_task(single(one), name='single'),
        asyncio.create_task(several(), name='several'),
        asyncio.create_task(asyncio.gather(one) and work(), name='other'),
    ]
    await rest()
asyncio.run(main())"
    );
    for python in &pythons() {
        let mut program = Program::start(python, &code).unwrap();
        let seen = program.look();
        let awaits = |name: &str| {
            task(&seen, name)
                .awaits
                .as_deref()
                .unwrap_or("-")
                .to_owned()
        };
        assert_eq!(awaits("one"), "Future", "{}", python.1);
        assert_eq!(awaits("single"), "one", "{}", python.1);
        let gather = "gather of 5: part 0, part 1, part 2, …";
        assert_eq!(awaits("several"), gather, "{}", python.1);
        assert_eq!(program.functions(task(&seen, "one")), ["wait", "work"]);
        assert_eq!(program.functions(task(&seen, "single")), ["single"]);
        assert_eq!(program.functions(task(&seen, "several")), ["several"]);
    }
}

#[test]
fn a_task_group_and_a_stream_are_seen_where_they_wait() {
    let code = format!(
        "{REST}
if sys.version_info < (3, 11):
    print('skip', flush=True)
    raise SystemExit
async def read(port):
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    return await reader.readline()
async def group(port):
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read(port), name='reader')
async def main():
    connected = asyncio.Event()
    async def serve(reader, writer):
        connected.set()
        await reader.readline()
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    task = asyncio.create_task(group(port), name='group')
    await connected.wait()
    await asyncio.sleep(0.1)
    await rest()
asyncio.run(main())"
    );
    for python in &pythons() {
        let Some(mut program) = Program::start(python, &code) else {
            continue;
        };
        // The connection's two ends need some turns of the loop; the machine may be slow.
        let deadline = Instant::now() + Duration::from_secs(20);
        let seen = loop {
            let seen = program.look();
            let reader = program.functions(task(&seen, "reader"));
            if reader == ["_wait_for_data", "readuntil", "readline", "read"] {
                break seen;
            }
            assert!(Instant::now() < deadline, "{}: {reader:?}", python.1);
        };
        let group = task(&seen, "group");
        let chain = program.functions(group);
        assert!(chain.ends_with(&["__aexit__", "group"]), "{}", python.1);
        let awaits = group.awaits.as_deref();
        assert_eq!(awaits, Some("TaskGroup of 1: reader"), "{}", python.1);
    }
}

#[test]
fn generators_and_running_and_unstarted_tasks_are_told_apart() {
    let code = "
import types
@types.coroutine
def bare():
    yield from asyncio.get_running_loop().create_future()
class Awaitable:
    def __await__(self):
        yield from bare()
async def numbers():
    yield 1
    await Awaitable()
    yield 2
async def consume():
    async for number in numbers():
        pass
async def consume_by_anext():
    source = numbers()
    await anext(source)
    await anext(source, None)
async def never():
    pass
async def helper():
    asyncio.create_task(never(), name='unstarted')
    print('ready', flush=True)
    while True:
        pass
async def main():
    tasks = [asyncio.create_task(consume(), name='consumer')]
    tasks += [asyncio.create_task(consume_by_anext(), name='anext')]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.create_task(helper(), name='busy')
asyncio.run(main())";
    for python in &pythons() {
        let mut program = Program::start(python, code).unwrap();
        let seen = program.look();
        let chain = ["bare", "__await__", "numbers", "consume"];
        let consumer = task(&seen, "consumer");
        assert_eq!(program.functions(consumer), chain, "{}", python.1);
        assert_eq!(consumer.awaits.as_deref(), Some("Future"));
        let anext = program.functions(task(&seen, "anext"));
        assert_eq!(anext[..3], chain[..3], "{}", python.1);
        let busy = task(&seen, "busy");
        assert!(busy.running && busy.awaits.is_none(), "{}", python.1);
        assert_eq!(program.functions(busy), ["helper"]);
        let unstarted = task(&seen, "unstarted");
        assert!(!unstarted.running && unstarted.awaits.is_none());
        assert_eq!(program.functions(unstarted), ["never"], "{}", python.1);
        assert_eq!(seen.total, 5, "{}", python.1);
    }
}

#[test]
fn loops_in_several_threads_are_kept_apart() {
    let code = "
import threading
waiting = threading.Barrier(3)
async def sleeper():
    await asyncio.sleep(1000)
async def main(name):
    asyncio.current_task().set_name(name)
    task = asyncio.create_task(sleeper(), name='child of ' + name)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.get_running_loop().run_in_executor(None, waiting.wait)
    await asyncio.get_running_loop().create_future()
for name in 'first', 'second':
    threading.Thread(target=lambda name=name: asyncio.run(main(name)), daemon=True).start()
waiting.wait()
print('ready', flush=True)
threading.Event().wait()";
    for python in &pythons() {
        let mut program = Program::start(python, code).unwrap();
        let seen = program.look();
        assert_eq!(seen.total, 4, "{}", python.1);
        for name in ["first", "child of first", "second", "child of second"] {
            assert_eq!(&*task(&seen, name).name, name);
        }
    }
}

#[test]
fn hundreds_of_tasks_take_milliseconds_and_thousands_are_counted() {
    let code = |count: u32| {
        format!(
            "{REST}
async def inner():
    await asyncio.sleep(1000)
async def outer():
    await inner()
async def main():
    tasks = [asyncio.create_task(outer()) for _ in range({count})]
    await rest()
asyncio.run(main())"
        )
    };
    for python in &pythons() {
        let mut program = Program::start(python, &code(500)).unwrap();
        let seen = program.look();
        assert_eq!((seen.total, seen.tasks.len()), (501, 501), "{}", python.1);
        let start = sys::thread_cpu_time();
        assert_eq!(program.look().tasks.len(), 501);
        let took = sys::thread_cpu_time().saturating_sub(start);
        println!("{}: 500 tasks in {took:?} of CPU time", python.1);
        // Far more than it takes, for machines that are busy and builds that are not optimised.
        assert!(took < Duration::from_millis(200), "{}: {took:?}", python.1);
        drop(program);
        let mut program = Program::start(python, &code(3000)).unwrap();
        let seen = program.look();
        assert_eq!(
            (seen.total, seen.tasks.len()),
            (3001, MOST_READ),
            "{}",
            python.1
        );
    }
}

#[test]
fn a_program_whose_tasks_move_all_the_time_is_read_without_faults() {
    let code = "
async def step(n):
    await asyncio.sleep(0)
async def worker(n):
    while True:
        await step(n)
        await asyncio.create_task(step(n))
async def main():
    tasks = [asyncio.create_task(worker(n), name=f'worker {n}') for n in range(100)]
    await asyncio.sleep(0)
    print('ready', flush=True)
    await asyncio.gather(*tasks)
asyncio.run(main())";
    for python in &pythons() {
        let mut program = Program::start(python, code).unwrap();
        let (mut read, mut whole) = (0, 0);
        for _ in 0..50 {
            let pid = program.child.id();
            let (memory, target) = (&program.memory, &program.target);
            let reader = &mut program.reader;
            let Ok(seen) = reader.read(
                memory,
                target,
                pid,
                program.stacks.codes(),
                &mut program.table,
            ) else {
                continue;
            };
            read += 1;
            whole += usize::from(seen.tasks.len() * 2 > seen.total);
            for task in &seen.tasks {
                let functions = program.functions(task);
                let known = ["sleep", "__sleep0", "step", "worker", "main"];
                assert!(
                    functions.iter().all(|function| known.contains(function)),
                    "{}: {functions:?}",
                    python.1
                );
            }
        }
        println!(
            "{}: {read} of 50 looks, {whole} with more than half of the tasks",
            python.1
        );
        assert!(read > 0, "{}", python.1);
    }
}

#[test]
fn tasks_of_another_event_loop_are_tasks_all_the_same() {
    let code = format!(
        "{REST}
try:
    import uvloop
except ImportError:
    print('skip', flush=True)
    raise SystemExit
async def main():
    task = asyncio.create_task(asyncio.sleep(1000), name='sleeper')
    await rest()
uvloop.run(main())"
    );
    for python in &pythons() {
        let Some(mut program) = Program::start(python, &code) else {
            continue;
        };
        let seen = program.look();
        assert_eq!(seen.total, 2, "{}", python.1);
        assert_eq!(program.functions(task(&seen, "sleeper")), ["sleep"]);
    }
}

#[test]
fn a_program_without_asyncio_has_no_tasks() {
    let code = "
import time
for name in [name for name in sys.modules if 'asyncio' in name]:
    del sys.modules[name]
print('ready', flush=True)
time.sleep(1000)";
    for python in &pythons() {
        let mut program = Program::start(python, code).unwrap();
        assert_eq!(program.look().total, 0, "{}", python.1);
        program.reader.forget();
        assert_eq!(program.look().total, 0, "{}", python.1);
    }
}
