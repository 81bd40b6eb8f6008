"""Counts and times the iterations of a loop.

`for x in ITER` becomes `for x in enter(ITER)`, and `enter` gives back C iterators only: a chain of
blocks, each of which hands on the program's own items one by one. A *timed* block stamps the
clocks around every item; a *counted* block only counts (5 to 10 ns per iteration). No Python frame
of ours is on the stack while the program's iterator or the loop's body runs, no item is fetched
early, none is held longer than the loop holds it. Python code of ours runs between blocks.

A loop over a list, a tuple or a range whose iterations are known to be short gets its own iterator
back, unwrapped: its position tells afterwards how far it came. Any other is then only counted.

Rejected: `zip` with a clock (keeps the item alive until the next one), `enumerate` and
`itertools.count` (an integer object per iteration), `map` over a Python function (a frame in the
program's tracebacks, and ten times the cost), `islice.__reduce__` for its count (gone in 3.14).
"""

from _collections import deque
from _operator import length_hint, not_
from _thread import allocate_lock, get_ident
from itertools import chain, compress, islice, repeat, starmap
from sys import getrefcount
from time import perf_counter, thread_time

# Timing may take this part of the loop's time.
SHARE = 0.001
# Iterations in a timed block when not all are timed.
BLOCK = 8
# A block is to end after this many seconds, so that what was seen gets written.
PATIENCE = 0.1
# Iterations below this many seconds are no tasks, and even a C iterator between would be felt.
TINY = 1.0e-6
# Below this, they are hardly ever.
SHORT = 3.0e-6
# Iterations before a loop's pace is believed, tiny ones and short ones, and entries before a loop
# is given up that could not even be counted then.
BELIEVED = 2000
BELIEVED_SHORT = 20_000
GIVEN_UP = 32
# Asked for in a block: everything that is left.
REST = 1 << 62
# Recursion through a loop is not watched any deeper: the iterators between need C stack.
DEEPEST = 100
# Seconds that the Python code between two blocks takes, entering and leaving a watched loop, and
# entering one that is only counted.
BETWEEN = 2.0e-6
ENTERING = 3.0e-6
LIGHT = 0.25e-6
# Entries that were only counted, taken into account together.
TOGETHER = 256
from_iterable = chain.from_iterable
# `{}.get(None, item)` is item: takes the stamp before an item is fetched.
second = {}.get
# Iterators that fetch in no time: one stamp per iteration is enough.
PROMPT = frozenset(
    type(iter(kind))
    for kind in ((), [], {}, {}.values(), {}.items(), set(), "", b"", range(0), range(1 << 70), reversed([]))
)
SIZED = (range, list, tuple, dict, set, frozenset, str, bytes)
RangeIterator = type(iter(range(0)))
# What a loop over these goes through is its own iterator, which knows its position.
OWN = (list, tuple, range)


def holders():
    """What `getrefcount` says of an object that only a variable holds: the argument counts as
    another one until 3.13."""
    thing = object()
    return getrefcount(thing)


ALONE = holders()


def stamps():
    return zip(starmap(perf_counter, repeat(())), starmap(thread_time, repeat(())))


class Counter:
    """How far an iterator came that nobody but the loop has."""

    __slots__ = ("items", "last", "raw", "size")

    def __init__(self, raw, items):
        self.raw = raw
        # A list may grow while it is gone through; nothing else of it is needed.
        self.items = items if type(items) is list else None
        self.size = 0 if self.items is not None else length_hint(raw)
        self.last = 0

    def advance(self):
        """Iterations since the last call."""
        if self.items is None:
            position = self.size - length_hint(self.raw)
        else:
            state = self.raw.__reduce__()
            position = state[2] if len(state) > 2 else len(self.items)
        got, self.last = position - self.last, position
        return max(got, 0)


def count(asked, left, after, own):
    """Iterations of a block that is over."""
    if own is not None:
        return own.advance()
    return asked - length_hint(left) if after is None else len(after)


class Loop:
    """One site. Entries may overlap (recursion, threads); each has a generator of its own."""

    def __init__(self, number, eager, traits, ledger, watch, reservoir):
        self.number = number
        self.eager = eager
        # Whether it may be left early, and whether it has no calls.
        self.exits, self.tight = "exits" in traits, "tight" in traits
        self.ledger = ledger
        self.watch = watch
        self.exact = True
        # Finished blocks, not yet taken into account: appending is atomic, adding is not.
        self.log = deque()
        self.lock = allocate_lock()
        self.depth = {}
        self.entered = 0
        self.iterations = 0
        self.wall = 0.0
        # Entries and iterations that were only counted; lengths of those not yet taken into account,
        # and iterators that may have been left early.
        self.light = [0, 0]
        self.sizes = deque()
        self.last = deque()
        # Iterations that those still gone through have ahead of them.
        self.going = 0
        # Iterations to count before the next timed block, and the figures that decide on it.
        self.skip = 0
        self.block = 1
        self.gap = 0
        self.chunk = 1
        self.mean = None
        self.least = 1.0
        self.left = 0
        self.countable = False
        self.seen = 0
        self.samples = reservoir
        self.cost = 0.0
        # Seconds that time stamps took.
        self.stamping = 0.0

    def enter(self, iterable):
        """The iterable to go through instead."""
        if self.depth.get(get_ident(), 0) >= DEEPEST:
            self.exact = False
            return iterable
        return from_iterable(self.blocks(iterable))

    def enter_tight(self, iterable):
        """The same for a loop without calls: only counted, if that can be done exactly."""
        kind = type(iterable)
        try:
            if kind is range or (kind in SIZED and not self.exits):
                len(iterable)
                return self.enter_lightly(iterable)
        except OverflowError:
            # A range longer than any length: how far it comes, a block can tell.
            pass
        return self.enter(iterable)

    def blocks(self, iterable):
        thread = get_ident()
        depth = self.depth.get(thread, 0)
        self.depth[thread] = depth + 1
        now = mark = perf_counter()
        entered = 1
        own = None
        try:
            kind = type(iterable)
            if self.eager:
                raw, kind = iterable, None
            elif kind in OWN:
                raw = iter(iterable)
                if kind is not range or type(raw) is RangeIterator:
                    own = Counter(raw, iterable)
            else:
                # Calls `iter(iterable)` from C; append's None keeps the iterator out of sight.
                holder = []
                first = filter(holder.append, map(iter, (iterable,)))
                # A loop does not keep what it goes through, only the iterator.
                del iterable
                yield first
                del first
                if not holder:
                    return
                raw = holder.pop()
            self.countable = kind is range or (kind in SIZED and not self.exits)
            prompt = type(raw) in PROMPT
            going = True
            while going:
                asked = min(self.skip, self.chunk)
                after = before = left = None
                if asked > 0:
                    # In a short iteration even an `islice` would be felt.
                    if self.is_tiny() or self.is_short():
                        asked, items = REST, raw
                    else:
                        items = islice(raw, asked)
                    if own is None:
                        left = repeat(True, asked)
                        items = compress(items, left)
                else:
                    asked = self.block
                    after, items = [], islice(raw, asked)
                    if not prompt:
                        before = []
                        items = map(second, map(before.append, stamps()), items)
                    items = compress(items, map(not_, map(after.append, stamps())))
                try:
                    yield items
                except GeneratorExit:
                    # The loop was left early, perhaps by a RecursionError: we may hit it, too.
                    try:
                        got = count(asked, left, after, own)
                        now = self.settle(entered, asked, got, mark, after, before, depth)
                    except RecursionError:
                        pass
                    entered = 0
                    raise
                got = count(asked, left, after, own)
                now = self.settle(entered, asked, got, mark, after, before, depth)
                mark, entered, items, going = now, 0, None, got == asked
        finally:
            self.depth[thread] -= 1
            try:
                self.leave(entered, now)
            except RecursionError:
                pass

    def settle(self, entered, asked, got, mark, after, before, depth):
        """Notes a block that is over; yields the time."""
        now = perf_counter()
        cpu = 0.0 if after is None else thread_time()
        wall = 0.0 if depth else now - mark
        self.log.append((entered, got, wall, after, before, now, cpu))
        if asked == REST and now - mark > 3 * got * self.mean:
            # The pace changed unseen: what was sampled says nothing of most iterations.
            self.fold(forget=True)
        self.plan(got, now - mark, after is not None, now)
        if now >= self.ledger.due:
            self.ledger.flush()
        return now

    def is_tiny(self):
        return self.is_below(TINY, BELIEVED)

    def is_short(self):
        return self.is_below(SHORT, BELIEVED_SHORT)

    def is_below(self, seconds, believed):
        # The least is what an iteration takes when the CPU is not shared with others.
        return self.seen >= believed and self.least < seconds and self.mean < 4 * seconds

    def plan(self, got, seconds, timed, now):
        """Decides how to go on after a block."""
        if got:
            mean = max(seconds / got, 1e-8)
            self.mean = mean if self.mean is None else 0.5 * self.mean + 0.5 * mean
            self.least = min(self.least, mean)
            self.chunk = int(PATIENCE / self.mean) + 1
        # Last: other threads rely on a mean when there is enough to believe it.
        self.seen += got
        if not timed:
            self.skip -= got
            if len(self.log) > 256:
                self.fold()
            return
        self.fold()
        if self.mean is None:
            return
        tick = 1.5 * self.ledger.tick
        self.stamping += got * tick
        # Of threads that take turns each sees its iterations take many times as long.
        over = max(1.0, self.stamping / (SHARE * (now - self.ledger.start)))
        if tick * over < SHARE * self.mean:
            self.block, self.skip = min(self.chunk, 500), 0
            return
        self.block = BLOCK
        # Nobody needs to know well how long iterations take that are too short to be tasks.
        share = SHARE if self.mean > SHORT else SHARE / 4
        gap = (BLOCK * tick + BETWEEN) / (share * self.mean) * self.samples.stride * over
        # Grows with what was seen only, so that a change of pace is not slept through.
        self.skip = int(min(gap, max(BLOCK, self.seen / 4)))

    def leave(self, entered, now):
        """Accounts for one entry; watches less when there are too many."""
        if entered:
            self.log.append((1, 0, 0.0, None, None, 0.0, 0.0))
        self.cost += ENTERING
        ledger = self.ledger
        ledger.entry_cost += ENTERING
        self.left += 1
        known = self.mean is not None and (
            (self.is_tiny() or self.is_short()) if self.countable else (self.is_tiny() and self.left >= GIVEN_UP)
        )
        if known or (self.cost >= ledger.entry_cost / 5 and ledger.overspent(now)):
            self.lighten()

    def lighten(self):
        """From now on only counts entries, or does nothing at all."""
        if self.eager:
            self.off()
        else:
            self.watch.enter = self.enter_lightly

    def enter_lightly(self, iterable):
        """Counts an entry without watching it."""
        kind = type(iterable)
        if kind not in SIZED or (self.exits and kind is not range):
            return self.uncounted(iterable)
        try:
            size = len(iterable)
        except OverflowError:
            # Such a range is never gone through to its end.
            return self.uncounted(iterable)
        if self.exits:
            # How far this came, its iterator tells afterwards.
            iterable = iter(iterable)
            self.last.append(iterable)
        self.sizes.append(size)
        if len(self.sizes) >= TOGETHER:
            self.take_in()
        return iterable

    def uncounted(self, iterable):
        self.sizes.append(0)
        self.off()
        return iterable

    def take_in(self):
        """Accounts for entries that were only counted."""
        self.cost += TOGETHER * LIGHT
        ledger = self.ledger
        ledger.entry_cost += TOGETHER * LIGHT
        self.fold()
        now = perf_counter()
        if ledger.overspent(now):
            self.off()
        elif now >= ledger.due:
            ledger.flush()

    def take_back(self):
        """Takes iterations back that did not happen because the loop was left early."""
        last, going = self.last, 0
        for _ in range(len(last)):
            iterator = last.popleft()
            ahead = length_hint(iterator)
            # Nobody goes through it any more.
            if getrefcount(iterator) <= ALONE:
                self.light[1] -= ahead
            else:
                going += ahead
                last.append(iterator)
        self.going = going

    def off(self):
        self.exact = False
        self.watch.off()

    def fold(self, forget=False):
        """Takes into account what the threads noted: only appending is atomic."""
        if not self.lock.acquire(False):
            return
        try:
            log, samples = self.log, self.samples
            while log:
                entered, got, wall, after, before, now, cpu = log.popleft()
                self.entered += entered
                self.wall += wall
                if after:
                    samples.add(self.iterations, after, before, (now, cpu), self.ledger.stolen)
                self.iterations += got
            if forget:
                samples.forget()
            sizes = [self.sizes.popleft() for _ in range(len(self.sizes))]
            self.light[0] += len(sizes)
            self.light[1] += sum(sizes)
            self.take_back()
        finally:
            self.lock.release()

    def report(self, parts):
        """Appends this loop's record."""
        self.fold()
        light_entered, light_iterations = self.light
        # Loops still going on are counted as far as they are.
        iterations = self.iterations + light_iterations - self.going
        # How many of them the wall time is of: entries that were only counted have none.
        timed = f"{self.iterations} {self.wall!r}"
        counts = f"{self.entered + light_entered} {iterations} {int(self.exact)} {timed}"
        # Other threads may be adding to them.
        columns = [column[:] for column in self.samples.columns()]
        length = min(map(len, columns))
        parts.append(f"loop {self.number} {counts} {length}\n".encode())
        parts.append(self.ledger.doubles(*[column[:length] for column in columns]))
