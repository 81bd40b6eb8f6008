"""Repeats the measurements in turns, so that a disturbance hits all of them alike."""

import gc
import itertools
import os
import time

BUDGET = 2.9  # seconds for all rounds together; the interpreter's start and end come on top
LEAST_ROUNDS = 2  # even if that takes longer, on a machine that is busy
MOST_ROUNDS = 8

try:
    import resource
except ImportError:  # not on Windows
    resource = None


# How often user and system time are told apart, 60 ms each: they may tick in 4 ms, and only the sums
# over all rounds are used, so that the split is good to a tenth.
SPLITS = 4


def cpu_split():
    """(user, system) CPU seconds of this process."""
    if resource:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime, used.ru_stime
    used = os.times()
    return used.user, used.system


def _others():
    """CPU seconds that other programs have used so far; 0 where it cannot be told."""
    try:
        with open("/proc/stat", encoding="ascii") as stat:
            ticks = [int(word) for word in stat.readline().split()[1:9]]
    except (OSError, ValueError):
        return 0.0
    busy = (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    own = os.times()
    return busy - own.user - own.system - own.children_user - own.children_system


class Record:
    """Samples by name, each with the cores that other programs used meanwhile."""

    def __init__(self):
        self.samples = {}
        self.failures = {}
        self.seconds = 0.0
        self.others = 0.0  # CPU seconds of other programs meanwhile
        self._fresh = []

    def add(self, name, value):
        self._fresh.append((name, max(0.0, value)))

    def settle(self, seconds, others):
        """Ends a step which took so long, while other programs used so much CPU."""
        self.seconds += seconds
        self.others += max(0.0, others)
        # in steps of a fifth of a core, less what the clock's ticks of 10 ms can pretend
        level = round(max(0.0, others - 0.02) / seconds * 5)
        for name, value in self._fresh:
            self.samples.setdefault(name, []).append((level, value))
        self._fresh = []

    def count(self, name):
        return len(self.samples.get(name, ()))

    def total(self, name):
        return sum(value for _, value in self.samples.get(name, ()))

    def figure(self, name, typical=False):
        """[value, low, high] of the least disturbed samples, or None if there are none.

        Other programs mostly make a cost look larger, so the value lies near the least of the
        repetitions; not the least itself, which for a difference of two times is too small.
        typical: the median instead, for what is now cheap and now dear by itself.
        """
        samples = sorted(self.samples.get(name, ()))
        if not samples:
            return None
        # at least three, and all that were disturbed no more than these
        most, _ = samples[min(len(samples), 3) - 1]
        values = sorted(value for level, value in samples if level <= most)
        value = values[(len(values) - 1) // 2] if typical else values[(len(values) - 1) // 3]
        return [value, values[0], values[-1] if typical else values[(2 * len(values)) // 3]]

    def group(self, *names):
        """The named figures as a dict, None if one of them is missing."""
        figures = {name.rpartition(".")[2]: self.figure(name) for name in names}
        return None if None in figures.values() else figures


def repeat(record, steps):
    """Calls every step in turns until the budget is used up."""
    end = time.perf_counter() + BUDGET
    steps = list(steps)
    for number in range(MOST_ROUNDS):
        for step in list(steps):
            if number >= LEAST_ROUNDS and time.perf_counter() > end:
                return
            gc.collect()
            others, start = _others(), time.perf_counter()
            try:
                step(record)
            except Exception as error:  # this platform does not have it: its figures stay away
                record.failures[step.__qualname__] = f"{type(error).__name__}: {error}"
                steps.remove(step)
            record.settle(time.perf_counter() - start, _others() - others)


def cores():
    """The cores that this process may use; none where threads cannot be tied to cores."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def count_cores():
    return len(cores()) or os.cpu_count() or 1


class Spread:
    """Ties each thread that asks to the next core, and this one to the first while it lasts.

    Schedulers leave threads that wake each other on one core for a while and spread them when
    they go on for long. Short measurements would see the former, long programs see the latter.
    """

    def __enter__(self):
        self._cores = cores()
        self._next = itertools.cycle(self._cores[1:] + self._cores[:1])
        if self._cores:
            os.sched_setaffinity(0, {self._cores[0]})
        return self

    def __exit__(self, *_):
        if self._cores:
            os.sched_setaffinity(0, set(self._cores))

    def tie(self):
        """To be called in the thread."""
        if self._cores:
            os.sched_setaffinity(0, {next(self._next)})


def timed(function, *args):
    """Wall seconds of one call."""
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def compute(count):
    """Pure Python, holding the GIL where there is one."""
    total = 0
    for number in range(count):
        total += number & 7
    return total
