"""Keeps what the hooks saw, and writes it to a file that survives any kind of death.

The file is written anew, the one before is removed and the new one gets its name: a reader finds all
of one of them. (Renaming it over the one before makes ext4 send it to the disk: 0.3 to 1.3 ms
instead of 0.06.) Numbers go as lines of text, samples as `marshal` writes lists of floats.
"""

import _signal
import posix
import sys
from _thread import allocate_lock
from marshal import dumps
from time import perf_counter, thread_time

FIRST_FLUSH = 0.05
INTERVAL = 0.25
# Writing may take this part of the program's time.
SHARE = 0.005
# Watching loops that are entered often: this much, and then this part of the program's time.
ALLOWANCE = 0.001
ENTRY_SHARE = 0.005
# Stretches of our own time that are remembered.
STRETCHES = 512
# Held back while we are at work: what their handlers raise is the program's, not ours to catch.
HELD = [
    getattr(_signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGCHLD")
]


def hold():
    """Holds signals back; yields what `release` takes."""
    return _signal.pthread_sigmask(_signal.SIG_BLOCK, HELD)


def release(held):
    _signal.pthread_sigmask(_signal.SIG_SETMASK, held)


class Ledger:
    """What was seen in this process."""

    def __init__(self, folder):
        self.path = folder + "/ledger"
        self.written = False
        self.loops = []
        self.calls = []
        self.dead = False
        # Loops and calls of the plan that are not in the syntax tree.
        self.unmatched = 0
        self.lock = allocate_lock()
        self.start = perf_counter()
        self.due = self.start + FIRST_FLUSH
        # Stretches of time that belong to us, to be taken out of the program's iterations: never
        # changed, only replaced. (Without a GIL, even copying a deque fails when another thread
        # appends to it.)
        self.stolen = ()
        self.entry_cost = 0.0
        self.pickling = 0.0
        self.tick = self.measure_tick()

    def measure_tick(self):
        """Seconds of one pair of time stamps with what becomes of it."""
        least = 1.0
        for _ in range(3):
            start = perf_counter()
            for _ in range(4):
                thread_time()
                perf_counter()
            least = min(least, (perf_counter() - start) / 4)
        return 0.4e-6 + 1.2 * least

    def begin(self):
        """The program starts now."""
        self.start = perf_counter()
        self.flush()
        self.due = self.start + FIRST_FLUSH

    def overspent(self, now):
        """Whether watching loops being entered costs too much by now."""
        return self.entry_cost > ALLOWANCE + ENTRY_SHARE * (now - self.start)

    def steal(self, start, end):
        """Notes that the program stood still for us."""
        # Two threads at once may lose one of theirs: that is better than one waiting for the other.
        self.stolen = (*self.stolen[-STRETCHES:], (start, end))

    def flush(self):
        """Writes the file, unless another thread is at it."""
        if self.dead or not self.lock.acquire(False):
            return
        start, cpu = perf_counter(), thread_time()
        held = hold()
        try:
            self.write(self.contents())
        except Exception:
            # No room, no rights any more: what was written last stays.
            pass
        finally:
            self.lock.release()
            end = perf_counter()
            self.due = end + max(INTERVAL, (thread_time() - cpu) / SHARE)
            self.steal(start, end)
            release(held)

    hold = staticmethod(hold)
    release = staticmethod(release)

    def contents(self):
        version = sys.version_info
        is_gil_enabled = getattr(sys, "_is_gil_enabled", None)
        gil = 1 if is_gil_enabled is None else int(is_gil_enabled())
        words = (*version[:3], gil, self.word(sys.version), self.word(sys.executable or ""))
        parts = [f"rightlane-ledger 1\npython {' '.join(map(str, words))}\n".encode()]
        if self.unmatched:
            parts.append(f"unmatched {self.unmatched}\n".encode())
        for source in (*self.loops, *self.calls):
            source.report(parts)
        parts.append(b"end\n")
        return b"".join(parts)

    def write(self, data):
        new = self.path + ".new"
        file = posix.open(new, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[posix.write(file, view) :]
        finally:
            posix.close(file)
        if self.written:
            self.written = False
            posix.unlink(self.path)
        posix.rename(new, self.path)
        self.written = True

    @staticmethod
    def word(text):
        """Any text as one word."""
        return text.encode("utf-8", "backslashreplace").hex() or "-"

    @staticmethod
    def doubles(*columns):
        """Lists of floats, one after the other: 9 bytes for each number. (`marshal` is built into
        every interpreter; `array` and `struct` are files that a program's own may hide.)"""
        return b"".join([dumps(column, 2)[5:] for column in columns])
