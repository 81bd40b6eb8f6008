"""Estimates what it takes to pickle values, without taking long and without keeping anything."""

import _pickle
from itertools import islice
from time import perf_counter

# A value is given up when its pickle grows past this, or takes longer.
LIMIT = 4 << 20
PATIENCE = 0.008
# Buffers at least this large move at memory speed: the pickler hands them on as they are. All
# else comes in frames of 64 KiB and a bit.
BUFFER = 1 << 18
# Containers with more elements are sampled. The sample is large beside what a pickler costs to make.
SAMPLED = 1024
SAMPLE = 512
# What took less than this is pickled a second time: the first time is mostly cold caches.
SHORT = 0.0005
# Of a container that was given up, so many elements are tried one by one.
PROBED = 3
CONTAINERS = (list, tuple, dict, set, frozenset)


class Enough(Exception):
    """The pickle is too large to be finished."""


class Sink:
    """Weighs what a pickler writes."""

    __slots__ = ("buffers", "size", "until")

    def __init__(self):
        self.size = 0
        self.buffers = 0
        self.until = perf_counter() + PATIENCE

    def write(self, data):
        size = len(data)
        self.size += size
        if size >= BUFFER:
            self.buffers += size
        elif self.size - self.buffers > LIMIT or perf_counter() > self.until:
            raise Enough
        return size

    def out_of_band(self, buffer):
        size = memoryview(buffer).nbytes
        self.size += size
        self.buffers += size


def measure(values):
    """(bytes, seconds, bytes in large buffers, error or "") of pickling all `values`.

    Signals are to be held back meanwhile: an exception counts as a pickling error."""
    total, seconds, buffers, error = 0.0, 0.0, 0.0, ""
    for value in values:
        size, took, inside, wrong = measure_one(value)
        total += size
        seconds += took
        buffers += inside
        error = error or wrong
    return total, seconds, buffers, error


def measure_one(value):
    kind = type(value)
    if kind is bytes or kind is bytearray:
        size = len(value)
        return size, 0.0, size if size >= BUFFER else 0, ""
    try:
        if hasattr(kind, "__array_interface__") and not value.dtype.hasobject:
            return value.nbytes, 0.0, value.nbytes, ""
        sample, scale = sample_of(value, kind, SAMPLED, SAMPLE)
        seen, is_whole = weigh(sample, scale)
        return (*(seen if is_whole else max(seen, probe(value, kind))), "")
    except Exception as error:
        return 0.0, 0.0, 0.0, explain(error)


def sample_of(value, kind, longest, count):
    """An even sample of a large container's elements, and what it stands for."""
    if kind not in CONTAINERS or len(value) <= longest:
        return value, 1.0
    length = len(value)
    if kind is list or kind is tuple:
        sample = list(value[:: length // count])
    else:
        # Going through all of a huge one would take too long; its order says little anyway.
        step = min(length // count, 1000)
        sample = list(islice(value.items() if kind is dict else value, 0, count * step, step))
    return sample, length / len(sample)


def probe(value, kind):
    """An estimate for a container that is too large to be pickled whole."""
    sample, scale = sample_of(value, kind, PROBED, PROBED)
    if sample is value:
        return 0.0, 0.0, 0.0
    figures = [weigh(element, scale)[0] for element in islice(sample, PROBED)]
    scale = len(sample) / len(figures)
    return tuple(scale * sum(column) for column in zip(*figures))


def weigh(value, scale):
    """(bytes, seconds, bytes in buffers), each times `scale`, and whether that is all of it.

    What a pickle costs however little there is in it is not counted."""
    size, seconds, buffers, is_whole = dump(value)
    if seconds < SHORT:
        seconds = min(seconds, dump(value)[1])
    seconds = max(seconds - overhead(), 0.0)
    return (size * scale, seconds * scale, buffers * scale), is_whole


def dump(value):
    """(bytes, seconds, bytes in buffers, whether that is all of it) of pickling `value`."""
    sink = Sink()
    start = perf_counter()
    try:
        _pickle.Pickler(sink, 5, buffer_callback=sink.out_of_band).dump(value)
        is_whole = True
    except Enough:
        is_whole = False
    return sink.size, perf_counter() - start, sink.buffers, is_whole


def overhead(known=[]):  # noqa: B006
    """Seconds of pickling next to nothing, measured once."""
    if not known:
        known.append(min(dump(None)[1] for _ in range(4)))
    return known[0]


def explain(error):
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__
