//! The table of questions, as data.

use super::super::differences::{DIFFERENCES, Need};
use super::{AnswerRow, Flag, Question, QuestionId};

const fn row(word: &'static str, label: &'static str, fact: &'static str) -> AnswerRow {
    AnswerRow { word, label, fact }
}

/// The rows of the needs question are the rows of the differences.
const NEEDS: [AnswerRow; Need::ALL.len()] = {
    let mut rows = [row("", "", ""); Need::ALL.len()];
    let mut index = 0;
    while index < rows.len() {
        let difference = &DIFFERENCES[index];
        rows[index] = row(difference.word, difference.what, difference.what);
        index += 1;
    }
    rows
};

/// The table. A row's index is its [`QuestionId`]'s; the order is the order of asking.
pub const QUESTIONS: [Question; 16] = [
    Question {
        id: QuestionId::Dependence,
        key: "dependence",
        step: "0",
        flag: Flag::Switches,
        text: "Does a task need the result of another one?",
        help: "Tasks run side by side only if none needs what another one computes. A loop whose \
               next turn starts from the last turn's value has to stay a loop. Collecting or \
               adding up results is no such need: that part stays in the main program.",
        answers: &[
            row(
                "independent",
                "no, they are independent",
                "the tasks are independent",
            ),
            row(
                "dependent",
                "yes, one needs another's result",
                "a task needs another's result",
            ),
        ],
    },
    Question {
        id: QuestionId::Total,
        key: "total",
        step: "0",
        flag: Flag::Value("total"),
        text: "How long does all of the work take now, one task after the other?",
        help: "Workers have to be started and tasks sent to them. Below about a tenth of a second \
               that costs more than it can gain. `rightlane doctor` measures what it costs on \
               this machine.",
        answers: &[
            row(
                "under-0.1s",
                "under about 0.1 s",
                "all of the work takes under about 0.1 s",
            ),
            row(
                "longer",
                "longer",
                "the work takes long enough to gain something",
            ),
        ],
    },
    Question {
        id: QuestionId::Bound,
        key: "bound",
        step: "1",
        flag: Flag::Switches,
        text: "Are the tasks CPU-bound or IO-bound?",
        help: "CPU-bound: a task computes, and would be faster on a faster processor (parsing, \
               image work, statistics). IO-bound: it waits, for a server, a disk, a device, \
               another program. In doubt, look at `top` while the program runs: near 100 % is \
               CPU-bound. `rightlane advise` measures it.",
        answers: &[
            row(
                "cpu-bound",
                "CPU-bound: they compute",
                "the tasks are CPU-bound",
            ),
            row("io-bound", "IO-bound: they wait", "the tasks are IO-bound"),
        ],
    },
    Question {
        id: QuestionId::CpuCode,
        key: "cpu_code",
        step: "1",
        flag: Flag::Switches,
        text: "Is the computing done by native code that releases the GIL?",
        help: "hashlib, zlib, bz2, lzma on large data, NumPy on large arrays, Pillow, OpenCV and \
               most of SciPy release it: threads then compute side by side. Python code, json, re \
               and sorted() hold it: only processes do.",
        answers: &[
            row(
                "releases-gil",
                "yes, native code that releases it",
                "the computing happens in native code that releases the GIL",
            ),
            row(
                "holds-gil",
                "no, Python code or native code that holds it",
                "the computing holds the GIL",
            ),
        ],
    },
    Question {
        id: QuestionId::Build,
        key: "build",
        step: "1",
        flag: Flag::Switches,
        text: "Does it run on a free-threaded Python (3.13t, 3.14t)?",
        help: "There threads run Python code side by side. `python3 -VV` says \"free-threading \
               build\". The usual build has a GIL.",
        answers: &[
            row(
                "free-threaded",
                "yes, a free-threaded build",
                "this Python is a free-threaded build",
            ),
            row(
                "with-gil",
                "no, the usual build with a GIL",
                "this Python has a GIL",
            ),
        ],
    },
    Question {
        id: QuestionId::Sockets,
        key: "sockets",
        step: "1.1",
        flag: Flag::Value("sockets"),
        text: "Are many socket connections open at the same time?",
        help: "Many means thousands: an event loop keeps a connection for a fraction of what a \
               thread needs. Up to some hundreds, threads do as well, with ordinary libraries. \
               Files are not sockets.",
        answers: &[
            row(
                "many",
                "many: thousands",
                "many socket connections are open at the same time",
            ),
            row(
                "few",
                "few: none, or up to some hundreds",
                "few socket connections are open at the same time",
            ),
        ],
    },
    Question {
        id: QuestionId::FileIo,
        key: "file_io",
        step: "1.1",
        flag: Flag::Switches,
        text: "Do the tasks read or write files?",
        help: "No operating system's file calls fit an event loop: asyncio libraries for files \
               use threads inside. So files are never a reason for asyncio.",
        answers: &[
            row("file-io", "yes", "the tasks read or write files"),
            row("no-file-io", "no", "the tasks do not read or write files"),
        ],
    },
    Question {
        id: QuestionId::Codebase,
        key: "codebase",
        step: "1.1",
        flag: Flag::Switches,
        text: "Is the program around the tasks written with async/await?",
        help: "Inside a running event loop a blocking call stops every other coroutine, so the \
               tasks should be coroutines too.",
        answers: &[
            row(
                "async-codebase",
                "yes",
                "the program is written with async/await",
            ),
            row(
                "sync-codebase",
                "no",
                "the program is not written with async/await",
            ),
        ],
    },
    Question {
        id: QuestionId::Preference,
        key: "preference",
        step: "1.1",
        flag: Flag::Switches,
        text: "Do you want to write async/await, or to avoid it?",
        help: "Both can be a good reason. asyncio needs libraries made for it (aiohttp instead of \
               requests), and every function on the way has to be async. Without an opinion, do \
               not answer.",
        answers: &[
            row(
                "prefer-async",
                "I want async/await",
                "async/await is wanted",
            ),
            row(
                "avoid-async",
                "I want to avoid it",
                "async/await is not wanted",
            ),
        ],
    },
    Question {
        id: QuestionId::Tasks,
        key: "tasks",
        step: "2",
        flag: Flag::Value("tasks"),
        text: "How many tasks are there?",
        help: "Many tasks, most of them alike, should share workers that are used again and \
               again: a pool. One task, or a handful that differ, each used once, can have a \
               worker of its own.",
        answers: &[
            row("many", "many", "there are many tasks"),
            row("few", "a handful", "there are a few tasks"),
            row("one", "one", "there is one task"),
        ],
    },
    Question {
        id: QuestionId::Lifetime,
        key: "lifetime",
        step: "2",
        flag: Flag::Switches,
        text: "Does a task end and return, or does it live on?",
        help: "Long-lived: it goes on until it is told to stop, or as long as the program (a \
               monitor, a consumer of a queue, a server). In a pool it would never give its worker \
               back. A task of ten minutes that ends with a result is short in this sense.",
        answers: &[
            row(
                "short",
                "it ends and returns",
                "the tasks are short: they end and return",
            ),
            row("long-lived", "it lives on", "the tasks are long-lived"),
        ],
    },
    Question {
        id: QuestionId::State,
        key: "state",
        step: "2",
        flag: Flag::Switches,
        text: "Is a task a thing with state of its own, rather than a function call?",
        help: "It keeps a connection, counters, settings between its steps, or others talk to it \
               through several methods. Then a class that extends Thread or Process holds the \
               state.",
        answers: &[
            row(
                "state",
                "yes, it has state of its own",
                "the task has state of its own",
            ),
            row(
                "no-state",
                "no, it is a function call",
                "the task is a function call",
            ),
        ],
    },
    Question {
        id: QuestionId::Shape,
        key: "shape",
        step: "3",
        flag: Flag::Switches,
        text: "Does a loop issue the tasks, or are they issued one by one?",
        help: "A loop that calls one function on each item becomes a parallel map: that is what \
               Pool is made for. Tasks issued here and there, kept in a collection and looked at \
               later, are what Executor is made for.",
        answers: &[
            row(
                "for-loop",
                "a loop over one function",
                "a loop over one function issues the tasks",
            ),
            row(
                "ad-hoc",
                "one by one, kept as a collection",
                "the tasks are issued one by one and kept as a collection",
            ),
        ],
    },
    Question {
        id: QuestionId::Needs,
        key: "needs",
        step: "3",
        flag: Flag::Values("needs"),
        text: "What has to be possible with the tasks?",
        help: "Each of these is done well by one of the two, Pool or Executor, or by both. Where \
               needs of both sides meet, Executor wins: what only Pool has can be written on top \
               of an Executor, but not the other way round.",
        answers: &NEEDS,
    },
    Question {
        id: QuestionId::Machines,
        key: "machines",
        step: "4",
        flag: Flag::Value("machines"),
        text: "Is one machine enough?",
        help: "A cluster is worth its trouble when a bigger machine would not do: the work takes \
               hours on all cores, or the data does not fit into memory.",
        answers: &[
            row("one", "yes", "one machine is enough"),
            row(
                "more-than-one",
                "no, it needs more than one",
                "one machine is not enough",
            ),
        ],
    },
    Question {
        id: QuestionId::Python,
        key: "python",
        step: "4",
        flag: Flag::Value("python"),
        text: "Which Python?",
        help: "asyncio.TaskGroup needs 3.11, InterpreterPoolExecutor 3.14; from 3.14 on, worker \
               processes on Linux start by forkserver instead of fork.",
        answers: &[
            row("3.10", "3.10", "Python is 3.10"),
            row("3.11", "3.11", "Python is 3.11"),
            row("3.12", "3.12", "Python is 3.12"),
            row("3.13", "3.13", "Python is 3.13"),
            row("3.14", "3.14", "Python is 3.14"),
            row("3.15", "3.15", "Python is 3.15"),
        ],
    },
];
