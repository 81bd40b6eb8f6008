"""Records the arguments of a function's calls, one line for each: as JSON where that keeps them exactly,
else pickled.

The first statement of the function calls this with its own arguments: the function stays the object
that it is, with its name, signature and decorators. Nothing of the standard library that is written in
Python is imported: a program's own module may be called like one.
"""

import posix
from itertools import count
from time import perf_counter

MOST_CALLS = 1000
MOST_BYTES = 64 << 20
# What readers of JSON take: deeper, or larger, is pickled.
DEEPEST = 60
LARGEST = 1 << 63
ESCAPED = {ord('"'): '\\"', ord("\\"): "\\\\"}


class Inexact(Exception):
    """JSON would not keep this."""


class Capture:
    """One function's calls."""

    def __init__(self, path, watch, ledger):
        self.path = path
        self.watch = watch
        self.ledger = ledger
        self.number = count()
        self.bytes = 0

    def record(self, arguments, keywords):
        """One call. What pickles run is the program's own code: whatever it raises says that a call cannot
        be recorded."""
        if next(self.number) >= MOST_CALLS or self.bytes > MOST_BYTES:
            self.watch.off()
            return
        start = perf_counter()
        held = self.ledger.hold()
        try:
            self.keep(line(arguments, keywords))
        except Exception as error:
            self.fail(error)
        finally:
            self.ledger.steal(start, perf_counter())
            self.ledger.release(held)

    def keep(self, text):
        self.bytes += len(text)
        if self.bytes > MOST_BYTES:
            self.watch.off()
        else:
            append(self.path, text)

    def fail(self, error):
        try:
            text = str(error) or type(error).__name__
        except Exception:
            text = type(error).__name__
        try:
            append(self.path + ".failed", text.replace("\n", " ")[:500].encode("utf-8", "backslashreplace") + b"\n")
        except Exception:
            self.watch.off()


def append(path, data):
    """Adds to a file at once: calls of several threads do not mix, and no descriptor stays open."""
    file = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[posix.write(file, view) :]
    finally:
        posix.close(file)


def line(arguments, keywords):
    """The call as a line."""
    try:
        args = exact(list(arguments), 0)
        return f'{{"args": {args}, "kwargs": {exact(keywords, 0)}}}\n'.encode()
    except Inexact:
        from _pickle import dumps
        from binascii import b2a_base64

        # A protocol that every Python reads that Rightlane knows.
        text = b2a_base64(dumps((arguments, keywords), 4), newline=False)
        return b'{"pickle": "' + text + b'"}\n'


def exact(value, depth):
    """`value` as JSON that is read back as the same, of the same types."""
    kind = type(value)
    if kind is str:
        return string(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int and -LARGEST < value < LARGEST:
        return int.__repr__(value)
    if kind is float and value - value == 0.0:
        return float.__repr__(value)
    if depth < DEEPEST:
        if kind is list:
            return "[" + ", ".join([exact(one, depth + 1) for one in value]) + "]"
        if kind is dict and all(type(key) is str for key in value):
            return "{" + ", ".join([f"{string(key)}: {exact(one, depth + 1)}" for key, one in value.items()]) + "}"
    raise Inexact


def string(text):
    if text.isascii() and text.isprintable():
        return '"' + text.translate(ESCAPED) + '"'
    return '"' + "".join([letter(one) for one in text]) + '"'


def letter(one):
    code = ord(one)
    if 0xD800 <= code < 0xE000:
        raise Inexact
    if " " <= one <= "~":
        return ESCAPED.get(code, one)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
