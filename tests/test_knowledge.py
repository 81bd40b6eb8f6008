"""The tables of how functions and modules behave under concurrency are well formed."""

from collections import Counter
from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib", reason="from Python 3.11 on")

FOLDER = Path(__file__).resolve().parent.parent / "crates/source/src/knowledge/concurrency"
ANSWERS = {"yes", "no", "unknown"}
VALUES = {
    "function": {
        "releases_gil": ANSWERS | {"partly"},
        "blocks": {"cpu", "socket", "file", "sleep", "lock", "child", "database", "terminal", "no"},
        "picklable": ANSWERS,
    },
    "module": {"subinterpreters": ANSWERS, "free_threaded": ANSWERS},
}
KEYS = {
    "function": {"name", "async_twin", "note", "source"},
    "module": {"name", "since", "note", "source"},
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_each_row_has_a_name_and_a_source_and_only_answers_that_there_are(path):
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(table) == set(VALUES)
    for kind, rows in table.items():
        for row in rows:
            assert row["name"] and row["source"], row
            assert set(row) <= KEYS[kind] | set(VALUES[kind]), row
            for key, allowed in VALUES[kind].items():
                assert key == "picklable" or key in row, row
                assert row.get(key, "unknown") in allowed, row


def test_no_name_has_two_rows():
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")]
    for kind in VALUES:
        names = Counter(row["name"] for table in tables for row in table[kind])
        assert len(names) > 100
        assert [name for name, count in names.items() if count > 1] == []
