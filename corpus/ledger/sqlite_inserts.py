"""Rows inserted one by one, each brought to the disk."""

import sqlite3
import tempfile

from known.measured import look, repeat, tell


def work(database):
    repeat(lambda: database.execute("INSERT INTO rows VALUES (?)", ("x" * 100,)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=".") as folder:
        database = sqlite3.connect(f"{folder}/rows.db", isolation_level=None)
        database.execute("CREATE TABLE rows (text TEXT)")
        seen = look(work, database)
    seen.spent(file_write=seen.span.blocked, kernel=seen.span.system, cpu=seen.span.user)
    tell(seen)
