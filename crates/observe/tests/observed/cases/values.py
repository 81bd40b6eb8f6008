"""Values that resist pickling, sizing or being looked at."""
import socket
import threading


class Grumpy:
    def __reduce_ex__(self, protocol):
        raise SystemError("no")

    def __len__(self):
        raise ValueError("no length")

    def __bool__(self):
        raise ValueError("no truth")

    def __eq__(self, other):
        raise ValueError("no equality")

    __hash__ = None


class Slow:
    def __getattr__(self, name):
        raise AttributeError(name)


def keep(value, *more, **named):
    return value


def generate():
    yield 1


things = [Grumpy(), Slow(), lambda: 1, threading.Lock(), open("/dev/null"), generate(), memoryview(b"x")]
things += [list(range(10000)), {x: x for x in range(10000)}, b"x" * 10_000_000, "y" * 1_000_000, object]
deep = []
for _ in range(100000):
    deep = [deep]
things.append(deep)
for thing in things:
    result = keep(thing, name=thing)
    assert result is thing
    keep(*[thing])
print(len(things))
while deep:
    deep = deep[0]
del things, thing, result
