"""Examples in docstrings run; user-like code has the types that it should have."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
import textwrap

import pytest

import rightlane

MODULES = [name for _, name, _ in pkgutil.iter_modules(rightlane.__path__) if name not in ("__main__", "_core")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    module = importlib.import_module(f"rightlane.{name}")
    assert doctest.testmod(module).failed == 0


TYPED = """
    from collections.abc import Iterator

    from rightlane import Future, ProcessPool, ThreadPool, WorkerDied
    from rightlane.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed, wait
    from rightlane.pool import Pool


    def lines(path: str, limit: int = 10) -> list[str]:
        return [path] * limit


    with ThreadPool(2) as pool:
        future: Future[list[str]] = pool.submit(lines, "a", limit=3)
        found: list[str] = future.result(timeout=1.0)
        counts: Iterator[int] = pool.map(len, ["a", "b"], buffersize=3, progress=True)
        again: Future[list[str]] = pool.options(timeout=3.0, priority=1).submit(lines, "b")
    with ProcessPool(2, max_tasks_per_child=10, max_bytes_in_flight=1 << 30) as processes:
        try:
            total: int = processes.submit(sum, [1, 2]).result()
        except WorkerDied as died:
            print(died.pid, died.exitcode)
        for length in processes.map_unordered(len, ["a", "b"]):
            print(length + 1)
    with ThreadPoolExecutor(max_workers=2) as threads, ProcessPoolExecutor(2) as executor:
        for one in as_completed([threads.submit(lines, "c"), executor.submit(lines, "d")]):
            print(one.result()[0].upper())


    async def awaited(pool: ThreadPool) -> list[str]:
        return await pool.submit(lines, "e")
"""
WRONG = """
    from rightlane import ThreadPool


    def lines(path: str) -> list[str]:
        return [path]


    pool = ThreadPool()
    pool.submit(lines, 3)
    number: int = pool.submit(lines, "a").result()
    pool.submit(lines, "a", limit=3)
"""


def checked(tmp_path, code):
    (tmp_path / "user.py").write_text(textwrap.dedent(code))
    line = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path), "user.py"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    return done.stdout


def test_a_strict_type_checker_passes_on_what_users_write(tmp_path):
    assert checked(tmp_path, TYPED).startswith("Success")


def test_a_type_checker_finds_what_is_wrong(tmp_path):
    found = checked(tmp_path, WRONG)
    assert [line.split(":")[1] for line in found.splitlines()[:-1] if ": error:" in line] == ["10", "11", "12"]
