"""Files that are not in memory: each was dropped from the cache before it is read."""

import os
import tempfile

from known.measured import look, repeat, tell

BLOCK = os.urandom(16 << 20)
FILES = 4


def written(folder, number):
    path = f"{folder}/{number}"
    with open(path, "wb") as out:
        out.write(BLOCK)
        os.fsync(out.fileno())
    return path


def read(path):
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    while os.read(file, 1 << 18):
        pass
    os.close(file)


def work(paths):
    def all_of_them():
        for path in paths:
            read(path)

    repeat(all_of_them)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=".") as folder:
        seen = look(work, [written(folder, number) for number in range(FILES)])
    seen.spent(file_read=seen.span.blocked, kernel=seen.span.system, cpu=seen.span.user)
    tell(seen, path=os.path.join(os.path.basename(folder), ""))
