"""`zlib` releases the GIL. (The memory for what it makes, some percent of the CPU, is the kernel's work.)"""

import random
import zlib

from known.measured import look, repeat, tell

BLOCK = random.Random(7).randbytes(1 << 20)


def work():
    repeat(lambda: zlib.compress(BLOCK, 6))


if __name__ == "__main__":
    seen = look(work)
    span = seen.span
    tell(seen.spent(native_released=span.cpu - span.system, kernel=span.system, cpu_wait=span.wall - span.cpu))
