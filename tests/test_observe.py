"""Where the time of a program goes: `observe`, `report` and `top`, as a person uses them."""

import contextlib
import gzip
import json
import os
import re
import shutil
import subprocess

import jsonschema
import pytest

from conftest import PROGRAMS
from test_contract import LEDGER

NOBODY = 65534
FORMATS = ["text", "json", "collapsed", "speedscope", "pprof", "perfetto"]


@pytest.fixture(scope="session")
def check(command):
    """Holds a report to the schema, and its rows to the times that they divide."""
    schema = json.loads(subprocess.run([command, "schema", "observe"], capture_output=True).stdout)

    def check(report):
        jsonschema.validate(report, schema)
        adds_up(report)
        for process in report["processes"]:
            adds_up(process)
            for thread in process["threads"]:
                adds_up(thread)
        return report

    return check


def adds_up(part):
    assert set(part["ledger"]) == LEDGER
    assert all(seconds >= 0 for seconds in part["ledger"].values())
    assert sum(part["ledger"].values()) == pytest.approx(part["wall_seconds"], abs=1e-6)


@pytest.fixture
def running(start, python):
    """A program that has begun and goes on until it is told to end."""
    program = start(python, "waits_until_told.py", cwd=PROGRAMS, stdin=subprocess.PIPE)
    assert program.process.stdout.readline() == b"ready\n"
    return program


@pytest.fixture
def stranger():
    """(command prefix, pid): who runs a command thus may not look into process `pid`."""
    with contextlib.ExitStack() as ends:
        if os.geteuid() == 0:
            drop = shutil.which("setpriv")
            if drop is None:
                pytest.skip("there is no setpriv to give up root's rights with")
            sleeper = ends.enter_context(subprocess.Popen(["sleep", "600"], user=NOBODY))
            ends.callback(sleeper.kill)
            yield [drop, "--bounding-set=-all", "--inh-caps=-all"], sleeper.pid
        elif os.access("/proc/1/mem", os.R_OK):
            pytest.skip("there is no process of another user")
        else:
            yield [], 1


def test_a_program_runs_as_ever_and_the_ledger_goes_to_stderr(command, run, python):
    plain = run(python, "uses_threads.py", cwd=PROGRAMS)
    ended = run(command, "observe", "--python", python, "uses_threads.py", cwd=PROGRAMS)
    assert ended.code == 0, ended.words
    assert ended.stdout == plain.stdout
    assert "Where the main thread's wall time went" in ended.words
    assert "sleeping" in ended.words
    assert "\x1b" not in ended.words


def test_input_reaches_the_program(command, run, python):
    options = ["--quiet", "--python", python]
    ended = run(command, "observe", *options, "reads_stdin.py", stdin=b"a\nbc\n", cwd=PROGRAMS)
    assert ended.stdout == b"a 1 3\n"


def test_a_failing_program_is_exit_code_3(command, run, python):
    ended = run(command, "observe", "--python", python, "exits_with_3.py", cwd=PROGRAMS)
    assert ended.code == 3
    assert ended.stdout.endswith(b"rows were wrong\n")
    assert "exit code 3" in ended.words


@pytest.mark.parametrize("program", ["uses_threads.py", "uses_asyncio.py", "exits_with_3.py"])
def test_a_report_keeps_to_the_schema_and_adds_up(command, run, check, python, program):
    plain = run(python, program, cwd=PROGRAMS)
    ended = run(command, "observe", "--format", "json", "--python", python, program, cwd=PROGRAMS)
    assert ended.stdout.startswith(plain.stdout)
    report = check(json.loads(ended.stdout.splitlines()[-1]))
    assert report["program"] == program
    assert report["outcome"] == {"exited": plain.code}


def test_the_processes_of_a_pool_are_in_one_report(command, run, check, python):
    options = ["--format", "json", "--python", python]
    ended = run(command, "observe", *options, "uses_processes.py", cwd=PROGRAMS)
    assert ended.code == 0, ended.words
    processes = check(json.loads(ended.stdout.splitlines()[-1]))["processes"]
    assert processes[0]["parent"] is None
    known = {process["pid"] for process in processes}
    assert len(known) == len(processes) > 2
    assert all(process["parent"] in known for process in processes[1:])
    alone = run(command, "observe", "--no-children", *options, "uses_processes.py", cwd=PROGRAMS)
    assert len(json.loads(alone.stdout.splitlines()[-1])["processes"]) == 1


def test_a_running_program_is_looked_at_and_goes_on(command, run, check, running):
    pid = str(running.process.pid)
    ended = run(command, "observe", "--pid", pid, "--for", "1s", "--format", "json")
    assert ended.code == 0, ended.words
    report = check(json.loads(ended.stdout))
    assert report["cut_short"] and report["outcome"] is None
    assert report["processes"][0]["pid"] == running.process.pid
    assert running.process.poll() is None
    went_on = running.end(b"\n")
    assert (went_on.code, went_on.stdout) == (0, b"went on\n")


def test_top_prints_a_table_of_a_running_program(command, run, running):
    ended = run(command, "top", "--once", "--pid", str(running.process.pid))
    assert ended.code == 0, ended.words
    assert re.search(rf"^ +{running.process.pid} .*waits_until_told\.py:5", ended.stdout.decode(), re.M)
    assert running.end(b"\n").stdout == b"went on\n"


@pytest.mark.parametrize("words", [["observe"], ["top", "--once"]])
def test_no_such_process(command, run, words):
    ended = run(command, *words, "--pid", "4194305")  # More than any kernel gives out.
    assert ended.code == 2
    assert "there is no process 4194305" in ended.words


@pytest.mark.parametrize("seconds", ["500ms", "4s"])  # Python is waited for in it for 3 s.
def test_a_process_without_python(command, run, start, seconds):
    sleeper = start("sleep", "600")
    ended = run(command, "observe", "--pid", str(sleeper.process.pid), "--for", seconds)
    assert ended.code == 4
    assert "does not run a CPython that can be read" in ended.words


@pytest.mark.parametrize("words", [["observe"], ["top", "--once"]])
def test_a_process_that_is_not_ours_to_read(command, run, stranger, words):
    prefix, pid = stranger
    ended = run(*prefix, command, *words, "--pid", str(pid))
    assert ended.code == 4, ended.words
    assert f"not permitted to read the memory of process {pid}: " in ended.words
    assert re.search("run as|start the program with rightlane|forbids", ended.words)


@pytest.fixture(scope="module")
def recording(command, tmp_path_factory):
    file = tmp_path_factory.mktemp("recording") / "threads.rec"
    words = ["observe", "--quiet", "--record", file, "uses_threads.py"]
    done = subprocess.run([command, *words], cwd=PROGRAMS, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return file


@pytest.mark.parametrize("form", FORMATS)
def test_a_recording_in_every_form(command, run, check, recording, tmp_path, form):
    shown = run(command, "report", "--format", form, recording)
    assert (shown.code, shown.stderr) == (0, b"")
    kept = tmp_path / "kept"
    assert run(command, "report", "--format", form, "--output", kept, recording).code == 0
    assert kept.read_bytes().strip() == shown.stdout.strip()
    PARSES[form](kept.read_bytes(), check)


def parses_text(content, _):
    assert b"Where the main thread's wall time went" in content


def parses_json(content, check):
    assert check(json.loads(content))["program"] == "uses_threads.py"


def parses_collapsed(content, _):
    lines = content.decode().splitlines()
    assert lines
    assert all(re.fullmatch(r"[^;]+(;[^;]+)* \d+", line) for line in lines)


def parses_speedscope(content, _):
    file = json.loads(content)
    frames = file["shared"]["frames"]
    for profile in file["profiles"]:
        assert len(profile["samples"]) == len(profile["weights"])
        assert all(0 <= frame < len(frames) for stack in profile["samples"] for frame in stack)


def parses_pprof(content, _):
    assert b"uses_threads.py" in gzip.decompress(content)


def parses_perfetto(content, _):
    events = json.loads(content)["traceEvents"]
    assert any(event["ph"] == "M" and event["name"] == "thread_name" for event in events)
    assert all(event["dur"] >= 0 for event in events if event["ph"] == "X")


PARSES = {form: globals()[f"parses_{form}"] for form in FORMATS}


@pytest.mark.parametrize("content", [b"", b"junk\n", b"\x1f\x8b\x08 damaged", gzip.compress(b"{}")])
def test_what_is_no_recording(command, run, tmp_path, content):
    file = tmp_path / "no.rec"
    file.write_bytes(content)
    ended = run(command, "report", file)
    assert ended.code == 2
    assert ended.words.startswith(f"rightlane: {file}: ")
    assert "panicked" not in ended.words and "Traceback" not in ended.words
    assert ended.stdout == b""
