"""How calls and results become bytes: pickle 5, its large buffers apart and not copied where they arrive."""

from __future__ import annotations

import copyreg
import ctypes
import functools
import io
import mmap
import pickle
import struct
import weakref
from collections import ChainMap
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any

#: Offset in the arena and length.
WHERE = struct.Struct("<QQ")
_HEAD = struct.Struct("<QQ")
_LENGTH = struct.Struct("<Q")
#: NumPy and Arrow want their buffers so.
_ALIGNED = 64


def _aligned(offset: int) -> int:
    return (offset + _ALIGNED - 1) // _ALIGNED * _ALIGNED


def dumps(value: Any, by_value: bool, buffer_callback: Callable[[pickle.PickleBuffer], object] | None = None) -> bytes:
    """Pickled as `multiprocessing` does it, which has ways of its own for connections, sockets and locks; or by
    cloudpickle."""
    file = io.BytesIO()
    if by_value:
        pickler = _by_value()(file, 5, buffer_callback=buffer_callback)
    else:
        pickler = pickle.Pickler(file, 5, buffer_callback=buffer_callback)
        pickler.dispatch_table = _reducers()
    pickler.dump(value)
    return file.getvalue()


_REDUCERS: dict[type, Any] = ForkingPickler._extra_reducers  # type: ignore[attr-defined]
_known: dict[type, Any] = {}
_counts = (-1, -1)


@functools.cache
def _by_value() -> Any:
    """cloudpickle's pickler, which is imported when it is first needed, with the reducers of `multiprocessing`."""
    import cloudpickle

    table = ChainMap(_REDUCERS, cloudpickle.Pickler.dispatch_table)
    return type("ByValue", (cloudpickle.Pickler,), {"dispatch_table": table})


def _reducers() -> dict[type, Any]:
    """`multiprocessing`'s reducers and those of `copyreg`, as one dict: a chain is looked up in Python."""
    global _known, _counts
    counts = (len(_REDUCERS), len(copyreg.dispatch_table))
    if counts != _counts:
        _known, _counts = {**copyreg.dispatch_table, **_REDUCERS}, counts
    return _known


class Packed:
    """An object as pickle bytes and the buffers beside them.

    What pickle cannot do is tried by value (cloudpickle), unless told not to; so is what it only names, where the other
    side has not the program that the names are of (``main_is_there=False``).
    """

    def __init__(self, value: Any, main_is_there: bool = True, by_value: bool = True) -> None:
        try:
            self._dump(value, by_value=False)
            only_named = not main_is_there and b"__main__" in self.main
        except Exception:
            if not by_value:
                raise
            only_named = True
        if only_named:
            self._dump(value, by_value=True)

    def _dump(self, value: Any, by_value: bool) -> None:
        buffers: list[pickle.PickleBuffer] = []
        self.main = dumps(value, by_value, buffers.append)
        self.buffers = [buffer.raw() for buffer in buffers]

    @property
    def length(self) -> int:
        """Bytes that it takes in a block."""
        end = _HEAD.size + _LENGTH.size * len(self.buffers) + len(self.main)
        for buffer in self.buffers:
            end = _aligned(end) + buffer.nbytes
        return end

    def write(self, to: memoryview) -> None:
        """Into a block: lengths, the pickle, the buffers."""
        at = _HEAD.size
        _HEAD.pack_into(to, 0, len(self.main), len(self.buffers))
        for buffer in self.buffers:
            _LENGTH.pack_into(to, at, buffer.nbytes)
            at += _LENGTH.size
        to[at : at + len(self.main)] = self.main
        at += len(self.main)
        for buffer in self.buffers:
            at = _aligned(at)
            to[at : at + buffer.nbytes] = buffer
            at += buffer.nbytes


class Region:
    """An arena, mapped: address space only, until something is written."""

    def __init__(self, descriptor: int, length: int) -> None:
        self._map = mmap.mmap(descriptor, length)
        self._view = memoryview(self._map)

    def part(self, offset: int, length: int) -> memoryview:
        return self._view[offset : offset + length]

    def load(self, offset: int, length: int, free: Callable[[int], object], copied: bool = False) -> Any:
        """What was packed there. Its buffers stay where they are, unless they are to be copied: ``free(offset)`` is
        called when nothing looks at them any more."""
        owner = (ctypes.c_char * length).from_buffer(self._map, offset)
        weakref.finalize(owner, free, offset).atexit = False
        block = memoryview(bytearray(owner)) if copied else memoryview(owner).cast("B")
        main, count = _HEAD.unpack_from(block, 0)
        at = _HEAD.size
        lengths = [_LENGTH.unpack_from(block, at + _LENGTH.size * index)[0] for index in range(count)]
        at += _LENGTH.size * count
        pickled = block[at : at + main]
        at += main
        buffers = []
        for size in lengths:
            at = _aligned(at)
            buffers.append(block[at : at + size])
            at += size
        return pickle.loads(pickled, buffers=buffers)
