"""`rightlane prove`: what it shows, what it compares, how it ends."""

import json
import os
import re
import shutil

import jsonschema
import pytest

import pythons
from proving import FAILED, GAIN, NO_GAIN, USAGE, WAITS, write

# What it shows.


def test_a_report_keeps_to_the_schema(command, run, proved, folder):
    write(folder / "waits.py", WAITS)
    report = proved("waits.py")
    jsonschema.validate(report, json.loads(run(command, "schema", "prove").stdout))
    rows = report["race"]
    assert rows[0]["api"] == "sequential"
    assert rows[0]["speedup"] == 1.0
    assert report["gain"]
    best = rows[report["best"]]
    assert best["family"] in {"thread", "asyncio"}
    assert best["output_equal"]
    assert best["seconds"] == min(row["seconds"] for row in rows if row["seconds"]) or best["speedup"] > 1
    assert report["ended"] in {"done", "out_of_budget"}


def test_the_text_says_what_is_faster_and_what_to_do_next(prove, folder):
    write(folder / "waits.py", WAITS)
    ended = prove("waits.py")
    text = ended.stdout.decode()
    assert text.startswith("Proved: ")
    assert "waits.py:12" in text
    assert "rightlane apply waits.py" in text
    assert "The race" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    # The program's own output is not ours to show several times.
    assert not re.search(r"^506$", text, re.MULTILINE)


def test_colour_when_it_is_asked_for(command, run, interpreter, folder):
    write(folder / "waits.py", WAITS)
    ended = run(command, "--color", "always", "prove", "--python", interpreter, "waits.py", cwd=folder)
    assert b"\x1b[" in ended.stdout


def test_on_a_terminal_the_progress_says_how_to_stop(command, terminal, interpreter, folder):
    write(folder / "waits.py", WAITS)
    shown = terminal(command, "prove", "--python", interpreter, "waits.py", cwd=folder)
    code, text = shown.end()
    assert code == GAIN
    assert b"Ctrl-C gives the result so far" in text
    assert b"Proved: " in text


def test_a_report_in_a_file(prove, folder, tmp_path):
    write(folder / "waits.py", WAITS)
    report = tmp_path / "report.json"
    ended = prove("--format", "json", "--output", report, "-q", "waits.py")
    assert ended.stdout == b""
    assert ended.stderr == b""
    assert json.loads(report.read_text())["gain"]


def test_nothing_to_gain(prove, folder):
    write(folder / "one.py", "print('one')\n")
    ended = prove("one.py", code=NO_GAIN)
    assert "Leave it" in ended.stdout.decode()


def test_an_iteration_that_needs_the_last_one_is_left_alone(proved, folder):
    text = """
        import time

        total = 1
        for number in range(12):
            time.sleep(0.03)
            total = total * 3 + number
        print(total)
    """
    write(folder / "chain.py", text)
    report = proved("chain.py", code=NO_GAIN)
    assert not report["gain"]
    assert report["race"] == [] or report["best"] in (0, None)


# Programs.


def test_a_program_with_arguments(proved, folder):
    text = WAITS.replace("range(12)", "range(int(sys.argv[1]))").replace("print(", "print(sys.argv[2:], ")
    write(folder / "waits.py", text)
    report = proved("waits.py", "12", "--quiet", "--", "x y")
    assert report["gain"]
    assert report["arguments"] == ["12", "--quiet", "--", "x y"]


POOL = """
import time
from concurrent.futures import ThreadPoolExecutor


def fetch(number):
    time.sleep(0.05)
    return number * number


def main():
    with ThreadPoolExecutor(max_workers=4) as executor:
        print(sum(executor.map(fetch, range(20))))


if __name__ == "__main__":
    main()
"""


def test_a_pool_of_the_programs_own(prove, proved, folder):
    write(folder / "pool.py", POOL)
    in_place = proved("pool.py", code=(GAIN, NO_GAIN))
    write(folder / "pool.py", POOL.replace("        print(", "        open('out', 'w').close()\n        print("))
    in_copy = proved("pool.py", code=(GAIN, NO_GAIN))
    assert in_copy["in_copy"]
    assert [one["reason"] for one in in_copy["not_raced"]] == [one["reason"] for one in in_place["not_raced"]]
    assert "sequential\n" not in prove("pool.py", code=(GAIN, NO_GAIN)).stdout.decode().splitlines(True)[0]


def test_what_to_do_next_has_the_arguments(prove, folder):
    """Without them, the race that was held is not found again."""
    write(folder / "waits.py", WAITS)
    assert "rightlane apply waits.py -n 'it'\\''s' ''" in prove("waits.py", "-n", "it's", "").stdout.decode()


def test_a_module(proved, folder):
    package = folder / "tools"
    package.mkdir()
    write(package / "__init__.py", "")
    write(package / "fetching.py", WAITS)
    report = proved("-m", "tools.fetching")
    assert report["gain"]
    assert report["program"] == "-m tools.fetching"


def test_a_line_of_a_script(prove, proved, folder):
    text = WAITS.replace(
        "print(sum(results))", "for number in range(12):\n        fetch(number)\n    print(sum(results))"
    )
    write(folder / "waits.py", text)
    report = proved("waits.py:14")
    assert report["verdict"]["place"]["line"] == 14
    assert "line 2 has no loop" in prove("waits.py:2", code=USAGE).words


def test_standard_input_from_a_file_comes_to_every_run(command, run, interpreter, folder, tmp_path):
    text = WAITS.replace("range(12)", "map(int, sys.stdin)")
    write(folder / "waits.py", text)
    numbers = tmp_path / "numbers"
    numbers.write_text("".join(f"{number}\n" for number in range(12)))
    with open(numbers, "rb") as stdin:
        ended = run_with(
            run, stdin, command, "prove", "--format", "json", "--python", interpreter, "waits.py", cwd=folder
        )
    assert ended.code == GAIN, ended.words
    assert json.loads(ended.stdout)["gain"]


def run_with(run, stdin, *command, cwd):
    return run("sh", "-c", 'file=$1; shift; exec "$@" < "$file"', "sh", stdin.name, *command, cwd=cwd)


def test_standard_input_from_a_pipe_is_said_to_be_empty(prove, folder):
    text = WAITS.replace("range(12)", "map(int, sys.stdin)")
    write(folder / "waits.py", text)
    words = prove("waits.py", stdin=b"1\n2\n", code=NO_GAIN).words
    assert "standard input" in words


def test_output_that_differs_from_run_to_run_is_said_so(prove, proved, folder):
    text = WAITS.replace("import sys", "import os\nimport sys").replace("print(", "print(os.urandom(8).hex(), ")
    write(folder / "waits.py", text)
    report = proved("waits.py", code=NO_GAIN)
    assert any("own runs differ" in doubt for doubt in report["race_doubts"])
    others = report["race"][1:]
    assert all(row["seconds"] is None for row in others)
    assert any(row["differs"] for row in others)
    text = prove("waits.py", code=NO_GAIN).stdout.decode()
    assert "no other variant gave the same output" in text
    assert text.count("own runs differ") == 1
    assert "Not the same output" in text
    assert "--output-equal" in text


def test_megabytes_of_output(proved, folder):
    text = WAITS.replace("print(sum(results))", "for _ in range(6):\n        sys.stdout.write('x' * 999_999 + '\\n')")
    write(folder / "waits.py", text)
    assert proved("waits.py")["gain"]


def test_paths_of_every_kind(proved, folder):
    inner = folder / "größe 数" / "it's"
    inner.mkdir(parents=True)
    write(inner / "wäits.py", WAITS)
    assert proved("größe 数/it's/wäits.py")["gain"]


def test_a_script_by_its_absolute_path_from_another_directory(proved, folder, tmp_path):
    write(folder / "helper.py", "FACTOR = 3\n")
    write(folder / "waits.py", WAITS.replace("import sys", "import sys\n\nfrom helper import FACTOR"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    report = proved(folder / "waits.py", cwd=elsewhere)
    assert report["gain"]
    assert os.listdir(elsewhere) == []


def test_a_script_in_a_folder_that_is_a_link(proved, folder, tmp_path):
    write(folder / "waits.py", WAITS)
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert proved("waits.py", cwd=link)["gain"]
    assert proved(link / "waits.py", cwd=tmp_path / "tmp")["gain"]


def test_a_script_that_is_a_link(proved, folder, tmp_path):
    real = write(tmp_path / "real.py", WAITS)
    (folder / "waits.py").symlink_to(real)
    assert proved("waits.py")["gain"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_tree_that_may_not_be_written(proved, folder):
    write(folder / "waits.py", WAITS)
    folder.chmod(0o555)
    assert proved("waits.py")["gain"]


def test_files_that_may_not_be_written(proved, folder):
    """As for anybody, and for root too: the copy's files have the same rights and get other texts."""
    script = write(folder / "waits.py", WAITS.replace("print(", "open('out', 'w').write('1')\n    print("))
    script.chmod(0o444)
    folder.chmod(0o555)
    report = proved("waits.py")
    folder.chmod(0o755)
    assert report["gain"]
    assert report["in_copy"]


def test_a_program_that_fails(prove, folder):
    write(folder / "fails.py", WAITS.replace("print(sum(results))", "raise SystemExit('no such order')"))
    words = prove("fails.py", code=FAILED).words
    assert "exit code 1" in words
    assert "no such order" in words


def test_a_program_that_a_signal_ends(prove, folder):
    write(folder / "dies.py", "import os\nos.kill(os.getpid(), 11)\n")
    assert "signal 11" in prove("dies.py", code=FAILED).words


def test_a_program_that_never_imports_is_told_in_its_own_words(prove, folder):
    write(folder / "broken.py", "import no_such_module_anywhere\n")
    assert "no_such_module_anywhere" in prove("broken.py", code=FAILED).words


# When outputs count as equal.

# Prints from within the tasks, in whatever order.
UNORDERED = """
import sys
import time


def fetch(number):
    time.sleep(0.03)
    return number


def main():
    results = []
    for number in range(12):
        results.append(fetch(number))
    import random

    random.shuffle(results)
    for result in results:
        print(result)


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("rule", ["sorted", "unordered", "ignore"])
def test_rules_for_output_in_any_order(proved, folder, rule):
    write(folder / "shuffles.py", UNORDERED)
    report = proved("--output-equal", rule, "shuffles.py")
    assert report["gain"]


def test_exactly_the_same_output_is_the_rule(proved, folder):
    write(folder / "shuffles.py", UNORDERED)
    report = proved("shuffles.py", code=NO_GAIN)
    assert any(row["output_equal"] is False for row in report["race"])


def test_a_command_decides_what_is_equal(proved, folder):
    write(folder / "shuffles.py", UNORDERED)
    assert proved("--output-equal", 'test "$(wc -l < "$1")" = "$(wc -l < "$2")"', "shuffles.py")["gain"]
    report = proved("--output-equal", "false", "shuffles.py", code=NO_GAIN)
    assert any(row["output_equal"] is False for row in report["race"])


def test_a_command_for_equality_that_is_not_there(prove, folder):
    write(folder / "waits.py", WAITS)
    ended = prove("--output-equal", "no-such-command-anywhere", "waits.py", code=USAGE)
    assert "no-such-command-anywhere" in ended.words


def test_files_are_compared_when_asked_for(proved, folder):
    text = WAITS.replace("import sys", "import os\nimport sys").replace(
        "print(", "open('out', 'w').write(os.urandom(4).hex())\n    print("
    )
    write(folder / "writes.py", text)
    assert proved("writes.py")["gain"]
    report = proved("--compare-files", "writes.py", code=NO_GAIN)
    assert "out" in report["race"][1]["differs"]


# Budgets and Pythons.


def test_a_time_budget(proved, folder):
    write(folder / "waits.py", WAITS)
    assert proved("--time-budget", "10", "waits.py")["gain"]


def test_a_time_budget_that_is_over_at_once_is_said_so(command, run, interpreter, folder):
    write(folder / "waits.py", WAITS)
    ended = run(command, "prove", "--time-budget", "100ms", "--python", interpreter, "waits.py", cwd=folder)
    assert ended.code in (GAIN, NO_GAIN)
    assert "the time budget was over" in ended.stdout.decode()


def test_several_pythons_in_one_table(proved, folder):
    other = next((version for version in ["3.12", "3.11", "3.10"] if pythons.find(version)), None)
    if other is None:
        pytest.skip("one CPython only is here")
    write(folder / "waits.py", WAITS)
    report = proved("--time-budget", "60s", "--pythons", pythons.find(other), "waits.py")
    of_other = [row for row in report["race"] if row["python"].startswith(other + ".")]
    assert {row["api"] for row in of_other} > {"sequential"}
    assert all(row["output_equal"] for row in of_other)


def test_what_another_python_took_is_not_kept_for_later_advice(proved, command, run, interpreter, folder):
    other = next((version for version in ["3.12", "3.11", "3.10"] if pythons.find(version)), None)
    if other is None:
        pytest.skip("one CPython only is here")
    # The other Python waits six times as long.
    minor = other.partition(".")[2]
    text = WAITS.replace("sleep(0.03)", f"sleep(0.18 if sys.version_info[1] == {minor} else 0.03)")
    write(folder / "waits.py", text)
    report = proved("--time-budget", "60s", "--pythons", pythons.find(other), "waits.py")
    assert any(row["python"].startswith(other + ".") for row in report["race"])
    advised = run(command, "advise", "-q", "--format", "json", "--python", interpreter, "waits.py", cwd=folder)
    verdict = json.loads(advised.stdout.splitlines()[-1])["verdict"]
    own = next(row for row in verdict["alternatives"] if row["api"] == "sequential")
    assert own["predicted_seconds"] == pytest.approx(12 * 0.03, rel=0.3)


def test_the_table_of_several_pythons_keeps_names_whole(prove, interpreter, folder):
    write(folder / "waits.py", WAITS)
    text = prove("--time-budget", "60s", "--pythons", interpreter, "waits.py").stdout.decode()
    assert max(map(len, text.splitlines())) <= 80
    assert "ThreadPoolExecutor" in text[text.index("The race") :]


def test_a_python_that_is_not_there_is_said_before_the_race(prove, folder):
    write(folder / "waits.py", WAITS)
    assert "3.99" in prove("--pythons", "3.99", "waits.py", code=USAGE).words


# Functions.

TOOLS = """
import time


class Size:
    def __init__(self, side):
        self.side = side

    def __repr__(self):
        return f"Size({self.side})"


def convert(number, factor=2):
    time.sleep(0.03)
    return number * factor


def area(size):
    time.sleep(0.03)
    return size.side ** 2
"""


def test_a_function_with_plain_items(proved, folder):
    write(folder / "tools.py", TOOLS)
    (folder / "calls.jsonl").write_text("".join(f"{number}\n" for number in range(12)))
    report = proved("tools.py:convert", "--items", "calls.jsonl")
    assert report["gain"]
    assert report["program"] == "tools.py:convert"


def test_a_function_with_whole_argument_lists(proved, folder):
    write(folder / "tools.py", TOOLS)
    lines = [json.dumps({"args": [number], "kwargs": {"factor": 3}}) for number in range(12)]
    (folder / "calls.jsonl").write_text("\n".join(lines) + "\n\n")
    assert proved("tools.py:convert", "--items", "calls.jsonl")["gain"]


def test_a_function_of_a_package(proved, folder):
    package = folder / "größe"
    package.mkdir()
    write(package / "__init__.py", "")
    write(package / "base.py", "FACTOR = 3\n")
    write(package / "tools.py", "from .base import FACTOR\n" + TOOLS)
    (folder / "calls.jsonl").write_text("".join(f"{number}\n" for number in range(12)))
    assert proved("größe/tools.py:convert", "--items", "calls.jsonl")["gain"]


def test_a_function_from_another_directory(proved, folder, tmp_path):
    write(folder / "tools.py", TOOLS)
    (folder / "calls.jsonl").write_text("".join(f"{number}\n" for number in range(12)))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert proved(folder / "tools.py:convert", "--items", folder / "calls.jsonl", cwd=elsewhere)["gain"]


def test_a_function_that_writes_beside_its_file(prove, proved, folder):
    (folder / "elsewhere").mkdir()
    text = TOOLS + "\n\ndef store(number):\n    time.sleep(0.03)\n    open(f'{__file__}.{number}', 'w').close()\n"
    write(folder / "tools.py", text)
    (folder / "calls.jsonl").write_text("".join(f"{number}\n" for number in range(12)))
    arguments = ["--root", "..", "../tools.py:store", "--items", "../calls.jsonl"]
    report = proved(*arguments, cwd=folder / "elsewhere", code=(GAIN, NO_GAIN))
    assert report["in_copy"]
    prove(*arguments, cwd=folder / "elsewhere", code=(GAIN, NO_GAIN))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tools.py:convert"], "--items"),
        (["tools.py:convert", "--items", "missing.jsonl"], "missing.jsonl"),
        (["missing.py:convert", "--items", "calls.jsonl"], "missing.py"),
        (["tools.py:nothing", "--items", "calls.jsonl"], "convert, area"),
        (["tools.py:convert", "--items", "broken.jsonl"], "broken.jsonl:2"),
        (["tools.py:convert", "--items", "empty.jsonl"], "no calls"),
        (["tools.py:convert", "--items", "binary.jsonl"], "binary.jsonl"),
        (["tools.py:convert", "--items", "pickle.jsonl"], "pickle.jsonl:1"),
        (["to-ols.py:convert", "--items", "calls.jsonl"], "to-ols"),
        (["--items", "calls.jsonl", "tools.py"], "--items is for a function"),
        (["missing.py"], "missing.py"),
        (["--output-equal", "", "tools.py"], "rule"),
        (["--time-budget", "soon", "tools.py"], "--time-budget"),
        (["--root", "missing", "tools.py"], "missing"),
        (["."], "directory"),
    ],
)
def test_bad_input(prove, folder, arguments, said):
    write(folder / "tools.py", TOOLS)
    shutil.copy(folder / "tools.py", folder / "to-ols.py")
    (folder / "calls.jsonl").write_text("1\n2\n")
    (folder / "broken.jsonl").write_text("1\n{2\n")
    (folder / "empty.jsonl").write_text("\n")
    (folder / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    (folder / "pickle.jsonl").write_text('{"pickle": "not base64!"}\n')
    assert said in prove(*arguments, code=USAGE).words
