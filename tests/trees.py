"""A folder as it was, to tell whether anything in it is different now."""

import os
import stat
import time
from pathlib import Path

# How long the keeper of a race that was killed may take to clear up, on a machine that swaps.
GRACE = 60


def snapshot(folder):
    """Everything in a folder and about it that a program could change, by path."""
    return {str(path.relative_to(folder)): _entry(path) for path in [folder, *sorted(Path(folder).rglob("*"))]}


def _entry(path):
    about = path.lstat()
    if stat.S_ISREG(about.st_mode):
        content = path.read_bytes()
    elif stat.S_ISLNK(about.st_mode):
        content = os.readlink(path)
    else:
        content = None
    return about.st_mode, about.st_mtime_ns, about.st_ino, content


def wait_until(is_so, what, grace=GRACE):
    """Waits for something that has to come about by itself."""
    deadline = time.monotonic() + grace
    while not is_so():
        assert time.monotonic() < deadline, what()
        time.sleep(0.005)
