"""How calls and results become bytes: pickle 5, its large buffers apart and not copied where they arrive."""

from __future__ import annotations

import ctypes
import mmap
import pickle
import struct
import weakref
from collections.abc import Callable
from typing import Any

#: Offset in the arena and length.
WHERE = struct.Struct("<QQ")
_HEAD = struct.Struct("<QQ")
_LENGTH = struct.Struct("<Q")
#: NumPy and Arrow want their buffers so.
_ALIGNED = 64


def _aligned(offset: int) -> int:
    return (offset + _ALIGNED - 1) // _ALIGNED * _ALIGNED


class Packed:
    """An object as pickle bytes and the buffers beside them.

    What pickle cannot do is tried by value (cloudpickle), unless told not to; so is what it only names, where the other
    side has not the program that the names are of (``main_is_there=False``).
    """

    def __init__(self, value: Any, main_is_there: bool = True, by_value: bool = True) -> None:
        try:
            self._dump(pickle.dumps, value)
            only_named = not main_is_there and b"__main__" in self.main
        except Exception:
            if not by_value:
                raise
            only_named = True
        if only_named:
            import cloudpickle

            self._dump(cloudpickle.dumps, value)

    def _dump(self, dumps: Callable[..., bytes], value: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        self.main = dumps(value, protocol=5, buffer_callback=buffers.append)
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
