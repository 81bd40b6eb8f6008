"""A file read past the cache, a few KB at a time (O_DIRECT)."""

import itertools
import mmap
import os
import tempfile

from known.measured import look, repeat, skip, tell

SIZE = 64 << 20
PIECE = 16 << 10


def work(file):
    buffer = mmap.mmap(-1, PIECE)  # aligned, as the kernel wants it
    offsets = itertools.cycle(range(0, SIZE, PIECE))
    repeat(lambda: os.preadv(file, [buffer], next(offsets)))


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile(dir=".") as out:
        out.write(bytes(SIZE))
        out.flush()
        os.fsync(out.fileno())
        try:
            file = os.open(out.name, os.O_RDONLY | os.O_DIRECT)
        except OSError:
            skip("this file system knows no O_DIRECT")
        seen = look(work, file)
    seen.spent(file_read=seen.span.blocked, kernel=seen.span.system, cpu=seen.span.user)
    tell(seen, path=os.path.basename(out.name))
