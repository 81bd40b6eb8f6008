"""`advise --capture`: the arguments of real calls, and `prove FILE:FUNCTION --items` with them."""

import base64
import json
import pickle
import re

import pytest

from proving import USAGE, write

TOOLS = '''
import collections
import time

Point = collections.namedtuple("Point", "x y")


class Size:
    def __init__(self, side):
        self.side = side

    def __repr__(self):
        return f"Size({self.side})"


def convert(number, /, factor=2, *more, unit="m", **rest):
    """Doc."""
    time.sleep(0.03)
    return number, factor, more, unit, sorted(rest)


def area(size):
    time.sleep(0.03)
    return size.side**2
'''

CALLS = """
import tools
from tools import Point, Size, convert

VALUES = [
    None, True, 7, -(2**62), 0.1, 1e300, "größe \\U0001f600 \\x00 \\" \\\\ \\x7f", [1, [2, []]], {"a": {"b": [None]}},
    2**70, (1, 2), {1: 2}, float("inf"), "\\ud800", b"bytes", {1, 2}, Point(1, 2), Size(3),
]

for value in VALUES:
    convert(value)
convert(1, 2, 3, 4, unit="km", other=5)
print(convert.__doc__, convert.__name__, convert.__code__.co_varnames[:3])
print(tools.area(Size(4)))
"""


@pytest.fixture
def captured(command, run, interpreter, tmp_path, folder):
    """Runs a program with `--capture`, beside a plain run of it, and yields the lines."""

    def captured(function, *program, env=None):
        path = tmp_path / "calls.jsonl"
        plain = run(interpreter, "-B", *program, cwd=folder, env=env)
        options = ["-q", "--output", tmp_path / "report", "--capture", f"{function}={path}", "--python", interpreter]
        observed = run(command, "advise", *options, *program, cwd=folder, env=env)
        assert observed.stdout == plain.stdout
        assert observed.stderr.partition(b"rightlane: ")[0] == plain.stderr
        return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()], observed

    return captured


def same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    return left == right


def test_what_json_keeps_is_json_and_all_else_is_pickled(captured, folder):
    write(folder / "tools.py", TOOLS)
    write(folder / "calls.py", CALLS)
    lines, _ = captured("convert", "calls.py")
    assert len(lines) == 19
    values = [
        None, True, 7, -(2**62), 0.1, 1e300, 'größe \U0001f600 \x00 " \\ \x7f', [1, [2, []]], {"a": {"b": [None]}},
    ]  # fmt: skip
    for line, value in zip(lines[:9], values, strict=True):
        assert same(line, {"args": [value, 2], "kwargs": {"unit": "m"}})
    assert lines[18] == {"args": [1, 2, 3, 4], "kwargs": {"unit": "km", "other": 5}}
    assert all(set(line) == {"pickle"} for line in lines[9:18])
    args, kwargs = pickle.loads(base64.b64decode(lines[9]["pickle"]))
    assert (args, kwargs) == ((2**70, 2), {"unit": "m"})


def test_calls_are_replayed(captured, proved, folder, tmp_path):
    write(folder / "tools.py", TOOLS)
    write(folder / "calls.py", "from tools import Size, area\n\nfor side in range(12):\n    area(Size(side))\n")
    lines, _ = captured("tools.area", "calls.py")
    assert len(lines) == 12
    report = proved("tools.py:area", "--items", tmp_path / "calls.jsonl")
    assert report["gain"]


def test_classes_of_the_script_itself_are_found_again(captured, proved, folder, tmp_path):
    script = TOOLS + '\n\nif __name__ == "__main__":\n    for side in range(12):\n        area(Size(side))\n'
    write(folder / "tools.py", script)
    captured("area", "tools.py")
    assert b"__main__" in base64.b64decode(json.loads((tmp_path / "calls.jsonl").read_text().splitlines()[0])["pickle"])
    assert proved("tools.py:area", "--items", tmp_path / "calls.jsonl")["gain"]


def test_a_module_of_a_package(captured, folder):
    package = folder / "parts"
    package.mkdir()
    write(package / "__init__.py", "")
    write(package / "tools.py", TOOLS)
    write(package / "__main__.py", "from .tools import convert\nconvert(1)\n")
    lines, _ = captured("parts.tools.convert", "-m", "parts")
    assert lines == [{"args": [1, 2], "kwargs": {"unit": "m"}}]


def test_generators_coroutines_recursion_threads_and_decorated_functions(captured, folder):
    text = """
        import asyncio
        import functools
        import sys
        import threading


        @functools.lru_cache
        def fib(number):
            return number if number < 2 else fib(number - 1) + fib(number - 2)


        def counts(number):
            yield from range(number)


        async def waits(number):
            await asyncio.sleep(0)


        def only_doc(a):
            "Only a docstring."


        which = sys.argv[1]
        if which == "fib":
            fib(10)
            print(fib.cache_info())
        elif which == "counts":
            print(list(counts(3)))
        elif which == "waits":
            asyncio.run(waits(3))
        else:
            threads = [threading.Thread(target=only_doc, args=[number]) for number in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            print(only_doc.__doc__)
    """
    write(folder / "many.py", text)
    # What the cache answers was not called.
    lines, _ = captured("fib", "many.py", "fib")
    assert sorted(line["args"][0] for line in lines) == list(range(11))
    assert captured("counts", "many.py", "counts")[0] == [{"args": [3], "kwargs": {}}]
    assert captured("waits", "many.py", "waits")[0] == [{"args": [3], "kwargs": {}}]
    lines, _ = captured("only_doc", "many.py", "only_doc")
    assert sorted(line["args"][0] for line in lines) == list(range(20))


def test_tracebacks_are_those_of_a_plain_run(captured, folder):
    write(folder / "fails.py", "def f(a):\n    return 1 / a\n\n\nf(1)\nf(0)\n")
    lines, observed = captured("f", "fails.py")
    assert [line["args"] for line in lines] == [[1], [0]]
    assert b"ZeroDivisionError" in observed.stderr


def test_a_thousand_calls_are_enough(captured, folder):
    write(folder / "often.py", "def f(a):\n    return a\n\n\nfor n in range(5000):\n    f(n)\n")
    lines, _ = captured("f", "often.py")
    assert [line["args"] for line in lines] == [[number] for number in range(1000)]


def test_sixty_four_megabytes_are_enough(captured, folder, tmp_path):
    write(folder / "large.py", "def f(a):\n    return len(a)\n\n\nfor n in range(12):\n    f('x' * 8_000_000)\n")
    lines, _ = captured("f", "large.py")
    assert len(lines) == 8
    assert (tmp_path / "calls.jsonl").stat().st_size <= 64 << 20


def test_what_cannot_be_pickled_is_counted_and_said(captured, folder):
    text = """
        def f(a):
            return a


        f(lambda: 1)
        f(1)
        f(open(__file__))
        deep = []
        for _ in range(1_000_000):
            deep = [deep]
        f(deep)
        """
    write(folder / "odd.py", text)
    lines, observed = captured("f", "odd.py")
    assert lines == [{"args": [1], "kwargs": {}}]
    assert re.search(r"1 call of f recorded in .*; 3 calls could not be pickled: ", observed.words)


def test_a_function_that_is_never_called(captured, folder):
    write(folder / "never.py", "def f(a):\n    return a\n")
    assert captured("f", "never.py")[0] == []


def test_arguments_are_those_at_the_call(captured, folder):
    write(folder / "changes.py", "def f(items):\n    items.append(9)\n    return items\n\n\nf(f([1]))\n")
    lines, _ = captured("f", "changes.py")
    assert [line["args"] for line in lines] == [[[1]], [[1, 9]]]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("f", "no function and file"),
        ("=x", "no function and file"),
        ("nothing=out.jsonl", "functions of the script: f, g"),
        ("tools.nothing=out.jsonl", "tools.nothing"),
        ("f=missing/out.jsonl", "missing/out.jsonl"),
    ],
)
def test_bad_input(command, run, interpreter, folder, asked, said):
    write(folder / "two.py", "def f(a):\n    return a\n\n\ndef g():\n    pass\n\n\nprint('ran')\n")
    ended = run(command, "advise", "--capture", asked, "--python", interpreter, "two.py", cwd=folder)
    assert ended.code == USAGE, ended.words
    assert said in ended.words
    assert ended.stdout == b""
