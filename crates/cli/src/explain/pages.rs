//! The pages.

/// One page.
pub(super) struct Topic {
    /// What it is found under; the first is shown.
    pub(super) names: &'static [&'static str],
    pub(super) title: &'static str,
    pub(super) text: &'static [&'static str],
    pub(super) code: &'static str,
    /// When to take it.
    pub(super) take: &'static str,
    /// When to take something else, and what.
    pub(super) leave: &'static str,
}

pub(super) const PAGES: &[Topic] = &[
    Topic {
        names: &["step-0", "0"],
        title: "Is it legal and worth it?",
        text: &[
            "Tasks may run side by side only if none needs what another one leaves behind: a \
             running total, the element before, a shared file position, the random state. The \
             source decides; the report names the line.",
            "It is worth it where the site takes a good part of the run and the predicted gain \
             is larger than the noise between two runs. Otherwise the answer is sequential, with \
             the reason and what would make it possible.",
        ],
        code: "",
        take: "",
        leave: "",
    },
    Topic {
        names: &["step-1", "1", "cpu-bound", "io-bound", "gil"],
        title: "CPU-bound or IO-bound?",
        text: &[
            "Of a task's wall time, how much computes and how much waits? And of the computing, \
             how much holds the GIL? Python code and most native code hold it: threads then take \
             turns, and only processes run side by side. hashlib, zlib, and NumPy on large arrays \
             release it: threads are enough. On a free-threaded Python they always are.",
            "Waiting for a socket, a disk, a child process or the clock releases the GIL: \
             threads or coroutines wait side by side.",
        ],
        code: "",
        take: "",
        leave: "",
    },
    Topic {
        names: &["step-1.1", "1.1"],
        title: "Many sockets, or an async codebase?",
        text: &[
            "A coroutine costs a few kilobytes, a thread a stack and a switch. Up to some tens or \
             hundreds of connections at once threads keep the code as it is; beyond that, or \
             where the program is async already, or where you say so, it is asyncio.",
            "Reading and writing files is no reason for asyncio: asyncio has no file IO of its \
             own and would use threads for it.",
        ],
        code: "",
        take: "",
        leave: "",
    },
    Topic {
        names: &["step-2", "2"],
        title: "Many short tasks, or a few long-lived ones?",
        text: &[
            "A pool keeps workers for many tasks that end and return. A task that lives on (a \
             monitor, a consumer), a single task, or a few that differ and have state of their \
             own, get a worker of their own: a Thread, a Process or a coroutine.",
        ],
        code: "",
        take: "",
        leave: "",
    },
    Topic {
        names: &["step-3", "3"],
        title: "Parallel for-loops, or a collection?",
        text: &[
            "A Pool is made for one function over the items of one loop: map, imap, starmap, \
             apply, all of them ended at once with terminate(). An executor is made for tasks \
             that are kept as futures: cancelled one by one, asked for their exception, waited \
             for as they complete, of different kinds in one collection.",
            "rightlane choose asks what you need and shows which side has it.",
        ],
        code: "",
        take: "",
        leave: "",
    },
    Topic {
        names: &["step-4", "4", "settings", "chunksize", "start-method"],
        title: "Which settings?",
        text: &[
            "Workers: for CPU work as many as there are usable cores (affinity and container \
             limits count, not what is in the box); for waiting, as many as the far end bears.",
            "Chunksize: so many tasks to a message that sending costs little against computing, \
             and so few that the last worker does not finish long after the others.",
            "Start method: fork is fast and inherits everything, but is unsafe beside threads; \
             spawn and forkserver import the program anew, which needs the __main__ guard. From \
             Python 3.14 on Linux uses forkserver unless you name another.",
        ],
        code: "",
        take: "",
        leave: "",
    },
    Topic {
        names: &["sequential"],
        title: "one after the other, as it is",
        text: &["The fastest when tasks depend on each other, are few, or are over in no time."],
        code: "for item in items:\n    results.append(work(item))",
        take: "when step 0 says so",
        leave: "",
    },
    Topic {
        names: &["threading.Thread", "Thread"],
        title: "a thread of its own",
        text: &[
            "One activity beside the rest of the program, with shared memory. It holds the GIL \
             while it runs Python code. daemon=True if it must not keep the program alive.",
        ],
        code: "thread = threading.Thread(target=watch, args=(folder,))\nthread.start()\nthread.join()",
        take: "for one or a few long-lived activities that mostly wait",
        leave: "for many tasks (a pool), or for computing in Python (Process)",
    },
    Topic {
        names: &["multiprocessing.Process", "Process"],
        title: "a process of its own",
        text: &[
            "One activity with its own interpreter, its own GIL and its own memory. Arguments \
             are pickled; results come back through a queue or a pipe.",
        ],
        code: "process = multiprocessing.Process(target=index, args=(folder, queue))\nprocess.start()\nprocess.join()",
        take: "for one or a few long-lived activities that compute",
        leave: "for many tasks (a pool), or for waiting (Thread)",
    },
    Topic {
        names: &["asyncio.create_task", "asyncio-task"],
        title: "a coroutine of its own",
        text: &[
            "One activity on the event loop. It runs until it awaits; what it computes without \
             awaiting keeps everything else from running. Keep a reference to it, or it may be \
             collected.",
        ],
        code: "task = asyncio.create_task(watch(queue))\n…\ntask.cancel()",
        take: "for one or a few activities in an async program",
        leave: "for blocking calls (asyncio.to_thread), or for computing (a process)",
    },
    Topic {
        names: &["multiprocessing.pool.ThreadPool", "ThreadPool"],
        title: "reusable threads for parallel for-loops",
        text: &[
            "The interface of multiprocessing.Pool over threads: nothing is pickled, no guard \
             is needed, memory is shared.",
        ],
        code: "with ThreadPool(16) as pool:\n    pages = pool.map(fetch, urls)",
        take: "for a loop over one function that waits, or computes without the GIL",
        leave: "when tasks are cancelled or fail one by one (ThreadPoolExecutor), or compute in Python (Pool)",
    },
    Topic {
        names: &["multiprocessing.Pool", "Pool", "process-pool"],
        title: "reusable processes for parallel for-loops",
        text: &[
            "map, imap, imap_unordered and starmap over worker processes. Function, arguments \
             and results are pickled; a worker that dies takes its task with it and map waits \
             for ever.",
        ],
        code: "if __name__ == \"__main__\":\n    with Pool(4) as pool:\n        rows = pool.map(parse, lines, chunksize=100)",
        take: "for a loop over one function that computes in Python",
        leave: "when tasks are cancelled or fail one by one, or a worker may die (ProcessPoolExecutor)",
    },
    Topic {
        names: &["ThreadPoolExecutor"],
        title: "reusable threads for ad hoc tasks",
        text: &[
            "Tasks become futures: cancel them before they start, ask for results and \
             exceptions, wait for them as they complete.",
        ],
        code: "with ThreadPoolExecutor(16) as pool:\n    futures = {pool.submit(fetch, url): url for url in urls}\n    for future in as_completed(futures):\n        save(futures[future], future.result())",
        take: "for many tasks that wait, where each may fail for itself",
        leave: "for computing in Python (ProcessPoolExecutor), or thousands of connections (asyncio)",
    },
    Topic {
        names: &["ProcessPoolExecutor"],
        title: "reusable processes for ad hoc tasks",
        text: &[
            "The same futures over worker processes. Function, arguments and results are \
             pickled. A worker that dies breaks the pool: every pending future raises \
             BrokenProcessPool. map needs a chunksize when tasks are short; its default is 1.",
        ],
        code: "if __name__ == \"__main__\":\n    with ProcessPoolExecutor() as pool:\n        for row in pool.map(parse, lines, chunksize=100):\n            print(row)",
        take: "for many tasks that compute in Python",
        leave: "when tasks take microseconds or move much data: the pickling costs more",
    },
    Topic {
        names: &["InterpreterPoolExecutor", "interpreters"],
        title: "reusable interpreters (Python 3.14)",
        text: &[
            "Threads with an interpreter and a GIL each. They start faster than processes; \
             every extension module that a task imports has to allow it.",
        ],
        code: "with InterpreterPoolExecutor() as pool:\n    rows = list(pool.map(parse, lines))",
        take: "for computing in pure Python on 3.14 and later",
        leave: "where an import refuses to load in a second interpreter (ProcessPoolExecutor)",
    },
    Topic {
        names: &["asyncio.TaskGroup", "TaskGroup", "asyncio"],
        title: "a group of coroutines (Python 3.11)",
        text: &[
            "Starts coroutines and waits for all; the first exception cancels the others. Limit \
             how many are under way with a Semaphore. The library has to be async too: requests \
             becomes httpx or aiohttp.",
        ],
        code: "async with asyncio.TaskGroup() as group:\n    tasks = [group.create_task(fetch(url)) for url in urls]",
        take: "for hundreds of connections and more, or in an async program",
        leave: "for files (threads) and computing (processes)",
    },
    Topic {
        names: &["dask", "ray", "cluster"],
        title: "past one machine",
        text: &[
            "A cluster is worth its trouble when a bigger machine would not do: the work takes \
             hours on all cores, or the data does not fit into memory. Dask suits many tasks \
             over tables and arrays, Ray long-lived actors.",
        ],
        code: "",
        take: "when one machine is the limit",
        leave: "as long as one machine does: sending a task costs far more there",
    },
    Topic {
        names: &["ledger", "time ledger", "rows", "observe"],
        title: "Where the time goes: the rows",
        text: &[
            "The time ledger divides a thread's wall time by cause; its rows add up to it. How much \
             was CPU time, waiting for a CPU and waiting for something else is told by the \
             kernel's clocks; what it was spent on, by looks at the thread, a hundred a second.",
            "Without the GIL (a free-threaded Python) all native code is one row.",
        ],
        code: "\
Python code                  interpreting bytecode
native code holding the GIL  C code that keeps it: json, re, sorted
native code, GIL released    C code without it: hashlib, zlib, large arrays
kernel                       copying files or sockets
waiting for a CPU            it could run; other work has the cores
waiting for the GIL          it could run; another thread has the GIL
waiting for sockets          connect, accept, receive, send, poll
name lookup                  a host's address is asked for
reading files                a disk delivers
writing files                a disk takes or syncs
waiting for child processes  subprocess, Process.join
waiting for pipes            pipes and terminals, those of pools included
waiting for locks or queues  locks, queues, events, futures, joins
sleeping                     time.sleep
event loop idle              asyncio has nothing to do
unexplained                  none of these, or not seen",
        take: "",
        leave: "",
    },
];
