"""`json` in C: it keeps the GIL for a whole document."""

import json

from known.measured import look, repeat, tell

ROWS = [{"id": number, "name": f"row {number}", "tags": ["a", "b", "c"]} for number in range(5000)]


def work():
    repeat(lambda: json.dumps(ROWS))


if __name__ == "__main__":
    tell(look(work).computed("native_gil"))
