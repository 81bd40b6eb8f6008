"""Counts and times the iterations of a loop.

`for x in ITER` becomes `for x in enter(ITER)`, and `enter` gives back C iterators only: a chain of
blocks, each of which hands on the program's own items one by one. A *timed* block stamps the
clocks around every item; a *counted* block only counts (about 10 ns per iteration). No Python
frame of ours is on the stack while the program's iterator or the loop's body runs, no item is
fetched early, none is held longer than the loop holds it. Python code of ours runs between blocks.

Rejected: `zip` with a clock (keeps the item alive until the next one), `enumerate` and
`itertools.count` (an integer object per iteration), `map` over a Python function (a frame in the
program's tracebacks, and ten times the cost).
"""

from _collections import deque
from _operator import length_hint, not_
from _thread import allocate_lock, get_ident
from itertools import chain, compress, islice, repeat, starmap
from time import perf_counter, thread_time

# Timing may take this part of the loop's time.
SHARE = 0.004
# Iterations in a timed block when not all are timed.
BLOCK = 8
# A block is to end after this many seconds, so that what was seen gets written.
PATIENCE = 0.1
# Of each loop at most this many samples are kept.
SAMPLES = 10_000
# Seconds that the Python code between two blocks takes, and entering and leaving the loop.
BETWEEN = 2.0e-6
ENTERING = 3.0e-6
LIGHT = 0.25e-6
from_iterable = chain.from_iterable
# `{}.get(None, item)` is item: takes the stamp before an item is fetched.
second = {}.get
# Iterators that fetch in no time: one stamp per iteration is enough.
PROMPT = tuple(type(iter(kind)) for kind in ((), [], {}, set(), "", b"", range(0), range(1 << 70))) + (
    type(iter({}.values())),
    type(iter({}.items())),
    type(reversed([])),
)
SIZED = (list, tuple, dict, set, frozenset, str, bytes, range)


def stamps():
    return zip(starmap(perf_counter, repeat(())), starmap(thread_time, repeat(())))


class Loop:
    """One site. Entries may overlap (recursion, threads); each has a generator of its own."""

    def __init__(self, number, eager, exits, ledger, names, published):
        self.number = number
        self.eager = eager
        self.exits = exits
        self.ledger = ledger
        self.names = names
        self.flag, self.hook = published
        self.exact = True
        # Finished blocks, not yet taken into account: appending is atomic, adding is not.
        self.log = deque()
        self.lock = allocate_lock()
        self.depth = {}
        self.entered = 0
        self.iterations = 0
        self.wall = 0.0
        self.light = [0, 0]
        # Iterations to count before the next timed block, and the figures that decide on it.
        self.skip = 0
        self.block = 1
        self.gap = 0
        self.chunk = 1
        self.mean = None
        self.timed = 0
        self.seen = 0
        self.stride = 1
        self.indices, self.walls, self.cpus = [], [], []
        self.cost = 0.0

    def enter(self, iterable):
        """The iterable to go through instead."""
        return from_iterable(self.blocks(iterable))

    def blocks(self, iterable):
        holder = []
        thread = get_ident()
        depth = self.depth.get(thread, 0)
        self.depth[thread] = depth + 1
        now = mark = perf_counter()
        entered = 1
        try:
            if self.eager:
                holder.append(iterable)
            else:
                # Calls `iter(iterable)` from C; append's None keeps the iterator out of sight.
                first = filter(holder.append, map(iter, (iterable,)))
                # A loop does not keep what it goes through, only the iterator.
                del iterable
                yield first
                del first
            if not holder:
                return
            raw = holder.pop()
            prompt = type(raw) in PROMPT
            going = True
            while going:
                counted = self.skip
                if counted > 0:
                    asked = min(counted, self.chunk)
                    left = repeat(True, asked)
                    after = before = None
                    items = compress(islice(raw, asked), left)
                else:
                    asked = self.block
                    left, after, before, items = None, [], [], islice(raw, asked)
                    if not prompt:
                        items = map(second, map(before.append, stamps()), items)
                    items = compress(items, map(not_, map(after.append, stamps())))
                try:
                    yield items
                except GeneratorExit:
                    # The loop was left early, perhaps by a RecursionError: we may hit it, too.
                    try:
                        now, got = self.settle(entered, mark, asked, left, after, before, depth)
                    except RecursionError:
                        pass
                    entered = 0
                    raise
                now, got = self.settle(entered, mark, asked, left, after, before, depth)
                mark, entered, items, going = now, 0, None, got == asked
        finally:
            self.depth[thread] -= 1
            try:
                self.leave(entered, now)
            except RecursionError:
                pass

    def settle(self, entered, mark, asked, left, after, before, depth):
        """Notes a block that is over; yields the time and how many iterations it had."""
        now = perf_counter()
        got = asked - length_hint(left) if after is None else len(after)
        cpu = 0.0 if after is None else thread_time()
        wall = 0.0 if depth else now - mark
        self.log.append((entered, got, wall, after, before, now, cpu))
        self.plan(got, now - mark, after is not None)
        if now >= self.ledger.due:
            self.ledger.flush()
        return now, got

    def plan(self, got, seconds, timed):
        """Decides how to go on after a block."""
        self.seen += got
        if got:
            mean = max(seconds / got, 1e-8)
            self.mean = mean if self.mean is None else 0.5 * self.mean + 0.5 * mean
            self.chunk = int(PATIENCE / self.mean) + 1
        if not timed:
            self.skip -= got
            if len(self.log) > 256:
                self.fold()
            return
        self.timed += got
        self.fold()
        if self.mean is None:
            return
        tick = 1.5 * self.ledger.tick
        if tick < SHARE * self.mean:
            self.block, self.skip = min(self.chunk, 500), 0
            return
        self.block = BLOCK
        gap = (BLOCK * tick + BETWEEN) / (SHARE * self.mean) * self.stride
        # Grows with what was seen only, so that a change of pace is not slept through.
        self.skip = int(min(gap, max(BLOCK, self.seen / 4)))

    def leave(self, entered, now):
        """Accounts for one entry; watches less when there are too many."""
        if entered:
            self.log.append((1, 0, 0.0, None, None, 0.0, 0.0))
        self.cost += ENTERING
        ledger = self.ledger
        ledger.entry_cost += ENTERING
        if self.cost < ledger.entry_cost / 5 or not ledger.overspent(now):
            return
        if self.eager or self.exits:
            self.off()
        else:
            self.names[self.hook] = self.enter_lightly

    def enter_lightly(self, iterable):
        """Counts an entry without watching it."""
        if type(iterable) not in SIZED:
            self.off()
            return iterable
        light = self.light
        light[0] += 1
        light[1] += len(iterable)
        if not light[0] & 255:
            self.cost += 256 * LIGHT
            self.ledger.entry_cost += 256 * LIGHT
            if self.ledger.overspent(perf_counter()):
                self.off()
        return iterable

    def off(self):
        self.exact = False
        self.names[self.flag] = True

    def fold(self):
        """Takes finished blocks into account."""
        if not self.lock.acquire(False):
            return
        try:
            log = self.log
            while log:
                entered, got, wall, after, before, now, cpu = log.popleft()
                self.entered += entered
                self.wall += wall
                if after:
                    self.sample(after, before, (now, cpu))
                self.iterations += got
        finally:
            self.lock.release()

    def sample(self, after, before, end):
        """Keeps the times of a timed block's iterations."""
        ends = (before or after)[1:]
        if len(ends) < len(after):
            ends.append(end)
        stolen = [span for span in self.ledger.stolen if span[1] > after[0][0]]
        for index, (start, stop) in enumerate(zip(after, ends), self.iterations):
            if index % self.stride:
                continue
            lost = sum(b - a for a, b in stolen if start[0] <= a and b <= stop[0]) if stolen else 0.0
            self.indices.append(float(index))
            self.walls.append(max(stop[0] - start[0] - lost, 0.0))
            self.cpus.append(max(stop[1] - start[1] - lost, 0.0))
        if len(self.indices) > SAMPLES:
            self.stride *= 2
            for column in (self.indices, self.walls, self.cpus):
                del column[1::2]

    def report(self, parts):
        """Appends this loop's record."""
        self.fold()
        light_entered, light_iterations = self.light
        iterations = self.iterations + light_iterations
        # Entries that were only counted took as long as the others, by iteration.
        wall = self.wall * (iterations / self.iterations if self.iterations else 1.0)
        head = f"loop {self.number} {self.entered + light_entered} {iterations} {int(self.exact)} {wall!r} {len(self.indices)}\n"
        parts += (head.encode(), self.ledger.doubles(self.indices, self.walls, self.cpus))

