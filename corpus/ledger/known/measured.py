"""How a program measures itself: by clocks that have nothing to do with samples.

Wall and CPU time come from the thread's own clocks. How long it was ready to run and got no CPU is
what the kernel counts in `/proc/self/task/TID/schedstat`. What is left of the wall time, it was
blocked: for what, the program knows because it does only one thing, or because it measures each call.
"""

import json
import os
import resource
import sys
import threading
import time
from dataclasses import dataclass, field

SECONDS = 2.5  # of work in each program
UNSPLIT = "cpu"  # of any kind: where waiting is the point, nobody measured which
NO_CAUSE = (UNSPLIT, "unexplained")


@dataclass
class Span:
    """Seconds of one thread. `system` is the part of `cpu` in the kernel."""

    wall: float = 0.0
    cpu: float = 0.0
    delay: float = 0.0
    system: float = 0.0

    @property
    def blocked(self):
        return max(0.0, self.wall - self.cpu - self.delay)

    @property
    def user(self):
        return max(0.0, self.cpu - self.system)

    def __add__(self, other):
        return Span(*(one + two for one, two in zip(self.values(), other.values(), strict=True)))

    def __sub__(self, other):
        return Span(*(one - two for one, two in zip(self.values(), other.values(), strict=True)))

    def values(self):
        return self.wall, self.cpu, self.delay, self.system


class Clocks:
    """The clocks of the thread that made them; `with` adds what passes inside to `total`."""

    def __init__(self):
        self.tid = threading.get_native_id()
        self.schedstat = os.open(f"/proc/self/task/{self.tid}/schedstat", os.O_RDONLY)
        self.total = Span()

    def now(self):
        delay = int(os.pread(self.schedstat, 100, 0).split()[1]) / 1e9
        system = resource.getrusage(resource.RUSAGE_THREAD).ru_stime
        return Span(time.perf_counter(), time.thread_time(), delay, system)

    def __enter__(self):
        self.before = self.now()
        return self

    def __exit__(self, *_):
        self.total += self.now() - self.before


@dataclass
class Look:
    """What one thread did in `function`: `span` in all, `truth` in seconds by cause.

    What dominates is what the program is about, and not how busy the machine is, unless it says so.
    """

    function: str
    span: Span
    thread: str
    pid: int = field(default_factory=os.getpid)
    tid: int = field(default_factory=threading.get_native_id)
    truth: dict = field(default_factory=dict)
    dominant: str | None = None

    def spent(self, **seconds):
        """Adds the time for a CPU, which needs no telling, and what nothing tells of."""
        self.truth = {"cpu_wait": self.span.delay} | seconds
        left = self.span.wall - sum(self.truth.values())
        if left > 0:
            self.truth["unexplained"] = left
        return self

    def computed(self, cause):
        """It did nothing but compute: whenever it did not run, it was ready to. (A virtual machine's
        host may take a CPU away, too, which schedstat knows nothing of.)"""
        if cause == "native_gil" and not gil():
            cause = "native_released"  # it keeps nobody else from running
        return self.spent(**{cause: self.span.cpu, "cpu_wait": self.span.wall - self.span.cpu})

    def waited(self, cause):
        """All the time in which it was blocked, it waited for the same."""
        return self.spent(**{cause: self.span.blocked, UNSPLIT: self.span.cpu})

    def facts(self):
        wall = self.span.wall
        truth = {cause: round(seconds / wall, 4) for cause, seconds in self.truth.items()}
        causes = [cause for cause in truth if cause not in (*NO_CAUSE, "cpu_wait")]
        return {
            "thread": self.thread,
            "pid": self.pid,
            "tid": self.tid,
            "function": self.function,
            "wall": round(wall, 4),
            "cpu": round(self.span.cpu, 4),
            "truth": truth,
            "dominant": self.dominant or max(causes, key=truth.get),
        }


def gil():
    """Whether there is a GIL."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def look(function, *arguments):
    """Runs `function` in this thread and measures it."""
    clocks = Clocks()
    with clocks:
        function(*arguments)
    thread = threading.current_thread()
    name = "main" if thread is threading.main_thread() else thread.name
    return Look(function.__name__, clocks.total, name, tid=clocks.tid)


def in_thread(into, function, *arguments, name=None):
    """A thread, not started, that looks at `function` and appends to `into`."""
    return threading.Thread(target=lambda: into.append(look(function, *arguments)), name=name)


def repeat(step, seconds=SECONDS):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step()


def line_of(file, mark):
    """Number of the one line of a source file that ends in the comment `mark`."""
    with open(file) as source:
        (number,) = (number for number, line in enumerate(source, 1) if line.rstrip().endswith(f"# {mark}"))
    return number


def tell(main, also=(), **checks):
    """The one line of truth. `also`: more threads and processes that were looked at."""
    write(main.facts() | {"also": [one.facts() for one in also], "checks": checks})


def skip(reason):
    write({"skipped": reason})
    sys.exit()


def write(facts):
    line = json.dumps(facts)
    if path := os.environ.get("RIGHTLANE_TRUTH"):
        with open(path, "w") as out:
            out.write(line + "\n")
    else:
        print(line)
