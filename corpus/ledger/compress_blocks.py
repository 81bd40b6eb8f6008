"""`zlib` releases the GIL."""

import random
import zlib

from known.measured import look, repeat, tell

BLOCK = random.Random(7).randbytes(1 << 20)


def work():
    repeat(lambda: zlib.compress(BLOCK, 6))


if __name__ == "__main__":
    tell(look(work).computed("native_released"))
