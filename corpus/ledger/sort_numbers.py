"""`sorted` keeps the GIL."""

import random

from known.measured import look, repeat, tell

NUMBERS = random.Random(8).choices(range(1 << 30), k=200_000)


def work():
    repeat(lambda: sorted(NUMBERS))


if __name__ == "__main__":
    tell(look(work).computed("native_gil"))
