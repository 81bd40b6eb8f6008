"""What the tests of `prove` and `apply` share: a program that gains, and a folder as it was."""

import os
import stat
import textwrap
import time
from pathlib import Path

GAIN, NO_GAIN, USAGE, FAILED, REFUSED = 0, 1, 2, 3, 4

# Waits in every iteration: threads are faster by far more than any noise.
WAITS = """
import sys
import time


def fetch(number):
    time.sleep(0.03)
    return number * number


def main():
    results = []
    for number in range(12):
        results.append(fetch(number))
    print(sum(results))


if __name__ == "__main__":
    main()
"""
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


def write(path, text):
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return path
