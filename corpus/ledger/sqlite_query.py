"""A query over tables in memory: sqlite3 releases the GIL for each step, and here one step does it all."""

import sqlite3

from known.measured import look, repeat, tell

SUM = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) SELECT sum(n * n % 7) FROM c"


def work(database):
    repeat(lambda: database.execute(SUM).fetchone())


if __name__ == "__main__":
    tell(look(work, sqlite3.connect(":memory:")).computed("native_released"))
