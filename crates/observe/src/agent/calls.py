"""Times a call in a loop's body and looks at what goes in and comes out.

`f(a)` becomes `result(begin(f)(value(a)))` until enough was seen: the program's own frame calls
`f`, the hooks only see the values on their way. The clock starts after the last argument and
stops before the result is looked at.

`map(f, items)` becomes `results(map(begin(f), values(items)))`: there the hooks see the first
items and results, and C calls `f` as ever.
"""

import sys
from _thread import get_ident
from itertools import chain, islice
from time import perf_counter, thread_time

# Calls seen of a `map`.
MAPPED = 32
# Calls whose values are pickled, by ordinal: the first ones differ (caches, connections).
PICKLED = frozenset((0, 1, 4, 19, 99))
MOST = 200
ENOUGH = 20
# Timing may take this part of the program's time once there is enough.
SHARE = 0.005
# Pickling may take this much, and then this part of the program's time.
ALLOWANCE = 0.02
# What is left over of calls that raised.
STALE = 64


Function = type(lambda: None)


def plain_size(value):
    """Bytes of the pickle of a simple value or a function that is found by its name; `None` for
    all others. Loading the pickler takes longer than many a program."""
    kind = type(value)
    if kind is int:
        return 5 + value.bit_length() // 8
    if kind is str:
        return 15 + len(value)
    if kind is float:
        return 21
    if value is None or kind is bool:
        return 4
    if kind is Function:
        found = sys.modules.get(value.__module__)
        for name in value.__qualname__.split("."):
            found = getattr(found, "__dict__", {}).get(name)
        if found is value:
            return 20 + len(value.__module__) + len(value.__qualname__)
    return None


class Sizes:
    """What pickling a few values showed."""

    def __init__(self):
        self.tried = 0
        self.size = self.largest = self.seconds = self.buffers = 0.0
        self.error = ""

    def add(self, measured):
        """Takes in the sums for the values of one call, and the first error."""
        size, seconds, buffers, error = measured
        self.tried += 1
        self.size += size
        self.largest = max(self.largest, size)
        self.seconds += seconds
        self.buffers += buffers
        self.error = self.error or error

    def report(self, ledger):
        mean = self.tried or 1
        figures = (self.size / mean, self.largest, self.seconds / mean, self.buffers / mean)
        return f"pickle {self.tried} {' '.join(map(repr, figures))} {ledger.word(self.error[:300])}\n"


class Call:
    """One call expression. Entries may overlap (recursion, threads): a stack per thread."""

    def __init__(self, site, index, values, ledger, off, load):
        self.site = site
        self.index = index
        self.values = values
        self.ledger = ledger
        self.off = off
        self.load = load
        self.stacks = {}
        self.begun = 0
        self.walls, self.cpus = [], []
        self.arguments, self.results, self.callee = Sizes(), Sizes(), Sizes()
        self.spent = 0.0

    def begin(self, function):
        """Sees the callee."""
        entry = self.begin_entry()
        if entry[1] is not None and not self.callee.tried:
            self.measure(self.callee, (function,))
        if not self.values:
            self.start(entry)
        return function

    def begin_entry(self):
        stack = self.stacks.setdefault(get_ident(), [])
        if len(stack) >= STALE:
            stack.clear()
        ordinal, self.begun = self.begun, self.begun + 1
        # values still to come, the values or None, wall and CPU time at the start
        entry = [self.values, [] if ordinal in PICKLED else None, 0.0, 0.0]
        stack.append(entry)
        return entry

    def value(self, value):
        """Sees one argument (of `*values` and `**values`: all of them)."""
        stack = self.stacks.get(get_ident())
        if stack:
            entry = stack[-1]
            entry[0] -= 1
            if entry[1] is not None:
                entry[1].append(value)
            if entry[0] == 0:
                self.start(entry)
        return value

    def start(self, entry):
        values, entry[1] = entry[1], entry[1] is not None
        if values is not None:
            self.measure(self.arguments, values)
            del values
        entry[3] = thread_time()
        entry[2] = perf_counter()

    def result(self, result):
        """Sees the result."""
        now = perf_counter()
        cpu = thread_time()
        stack = self.stacks.get(get_ident())
        if not stack:
            return result
        _, pickled, wall_start, cpu_start = stack.pop()
        self.walls.append(now - wall_start)
        self.cpus.append(max(cpu - cpu_start, 0.0))
        if pickled:
            self.measure(self.results, (result,))
        ledger = self.ledger
        self.spent += 4 * ledger.tick
        calls = len(self.walls)
        elapsed = now - ledger.start
        if calls >= MOST or (calls >= ENOUGH and self.spent > SHARE * elapsed):
            self.off()
        if now >= ledger.due:
            ledger.flush()
        return result

    def begin_map(self, function):
        """Sees the function that `map` is going to call."""
        if not self.callee.tried:
            self.measure(self.callee, (function,))
        return function

    def values_of_map(self, items):
        """Hands on the items; sees the first ones, just before `f` gets them."""
        return chain(map(self.value_of_map, islice(items, MAPPED)), items)

    def value_of_map(self, value):
        self.begin_entry()
        return self.value(value)

    def results_of_map(self, results):
        """Hands on the results; sees the first ones."""
        return chain(map(self.result, islice(results, MAPPED)), results)

    def measure(self, sizes, values):
        ledger = self.ledger
        start, cpu = perf_counter(), thread_time()
        # The first try of each call may go further: without any size there is no advice.
        allowance = ALLOWANCE if sizes.tried else 5 * ALLOWANCE
        if ledger.pickling > max(allowance, SHARE * (start - ledger.start)):
            return
        held = ledger.hold()
        try:
            known = [plain_size(value) for value in values]
            if None not in known:
                return sizes.add((sum(known), 0.0, 0.0, ""))
            sizes.add(self.load("pickling")["measure"](values))
        except Exception:
            # Our files are out of reach (another root, another user): no sizes then.
            pass
        finally:
            end = perf_counter()
            # CPU time: on a busy machine, waiting for a CPU is no cost of ours.
            ledger.pickling += thread_time() - cpu
            ledger.steal(start, end)
            ledger.release(held)

    def report(self, parts):
        """Appends this call's record."""
        walls, cpus = self.walls[:], self.cpus[:]
        count = min(len(walls), len(cpus))
        parts.append(f"call {self.site} {self.index} {count}\n".encode())
        parts.append(self.ledger.doubles(walls[:count], cpus[:count]))
        for sizes in (self.arguments, self.results, self.callee):
            parts.append(sizes.report(self.ledger).encode())
