"""Every block that is written is brought to the disk at once."""

import os
import tempfile

from known.measured import look, repeat, tell

BLOCK = os.urandom(1 << 16)


def write(file):
    os.pwrite(file, BLOCK, 0)
    os.fsync(file)


def work(file):
    repeat(lambda: write(file))


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile(dir=".") as file:
        seen = look(work, file.fileno())
    seen.spent(file_write=seen.span.blocked, kernel=seen.span.system, cpu=seen.span.user)
    tell(seen, path=os.path.basename(file.name))
