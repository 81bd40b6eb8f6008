"""Generators are closed, not run ahead of, and raise where they raised."""
import traceback


def numbers(n):
    try:
        for i in range(n):
            print("make", i)
            yield i
    finally:
        print("closed")


for x in numbers(5):
    print("use", x)
    if x == 2:
        break
print("after break")


def first(n):
    for x in numbers(n):
        return x


print(first(3))
g = (print("map", x) or x for x in numbers(3))
print(next(g))
del g
print("deleted")


class Lazy:
    def __iter__(self):
        print("iter")
        return iter((1, 2))


lazily = (x for x in Lazy())
print("made", list(lazily), [x for x in Lazy()])
m = map(str, Lazy())
print("mapped", list(m))


def fails():
    yield 1
    raise KeyError("inside")


def outer():
    for x in fails():
        print(x)


try:
    outer()
except KeyError:
    traceback.print_exc()


class Broken:
    def __iter__(self):
        return self

    def __next__(self):
        raise ValueError("next")


try:
    for x in Broken():
        pass
except ValueError:
    traceback.print_exc()


class BrokenIter:
    def __iter__(self):
        raise LookupError("iter")


def kinds(values):
    yield lambda: [print(x) for x in (1, 2) for x in values()]
    yield lambda: [print(x) for x in values()]
    yield lambda: {x for x in values()}
    yield lambda: {x: x for x in values()}
    yield lambda: (x for x in values())
    yield lambda: list(str(x) for x in values() if x)
    yield lambda: map(str, values())
    yield lambda: list(map(str, values()))
    yield lambda: through(values)


def through(values):
    for x in values():
        print(x)


for values in (BrokenIter, Broken, lambda: 5, lambda: None):
    for kind in kinds(values):
        try:
            kind()
        except (LookupError, ValueError, TypeError):
            traceback.print_exc()


def inner():
    got = yield 1
    print("got", got)
    return "result"


def delegating():
    for _ in range(2):
        result = yield from inner()
        print(result)


d = delegating()
print(next(d))
try:
    while True:
        d.send("hello")
except StopIteration:
    print("done")


def stops():
    for x in [1]:
        raise StopIteration("early")
    yield


try:
    next(stops())
except RuntimeError as error:
    print(error)


class Once:
    """Frees what it goes through."""

    def __del__(self):
        print("freed")


def objects():
    for _ in range(3):
        yield Once()


for thing in objects():
    del thing
    print("body")


class Container:
    def __iter__(self):
        return iter([1, 2])

    def __del__(self):
        print("container freed")


for x in Container():
    print("item", x)
print("end")
