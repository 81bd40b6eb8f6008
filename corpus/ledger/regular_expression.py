"""`re` keeps the GIL for a whole search."""

import re

from known.measured import look, repeat, tell

TEXT = "name: no address here, nor there; " * 20_000
ADDRESS = re.compile(r"(\w+)@(\w+)")


def work():
    repeat(lambda: ADDRESS.search(TEXT))


if __name__ == "__main__":
    tell(look(work).computed("native_gil"))
