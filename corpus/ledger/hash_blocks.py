"""`hashlib` releases the GIL for large blocks."""

import hashlib
import random

from known.measured import look, repeat, tell

BLOCK = random.Random(7).randbytes(1 << 20)


def work():
    repeat(lambda: hashlib.sha256(BLOCK).digest())


if __name__ == "__main__":
    tell(look(work).computed("native_released"))
