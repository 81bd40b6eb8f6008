"""What programs rely on: the JSON object, where it goes, exit codes, our own words."""

import json
import re

import jsonschema
import pytest

from conftest import PROGRAMS

LEDGER = {
    "python_gil",
    "native_gil",
    "native_released",
    "kernel",
    "cpu_wait",
    "gil_wait",
    "socket",
    "name_lookup",
    "file_read",
    "file_write",
    "child",
    "pipe",
    "lock",
    "sleep",
    "loop_idle",
    "unexplained",
}


@pytest.fixture
def schema(command, run):
    return json.loads(run(command, "schema").stdout)


@pytest.mark.parametrize("program", ["guarded.py", "ends_at_once.py", "uses_threads.py"])
def test_a_report_keeps_to_the_schema(advise, schema, python, program):
    report = advise(python, program).report
    jsonschema.validate(report, schema)
    assert set(report["ledger"]) == LEDGER
    shares = [site["share"] for site in report["sites"]]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("program", ["guarded.py", "no_newline.py", "prints_nothing.py"])
def test_the_object_is_the_last_line_of_stdout(command, run, python, program):
    plain = run(python, program, cwd=PROGRAMS)
    ended = run(command, "advise", "--format", "json", "--python", python, program, cwd=PROGRAMS)
    assert ended.stdout.startswith(plain.stdout)
    last = ended.stdout[len(plain.stdout) :]
    assert last.startswith(b"\n{") or plain.stdout.endswith(b"\n") or not plain.stdout
    assert json.loads(last.splitlines()[-1])["program"] == program


def test_the_text_report_goes_to_stderr(command, run, python):
    ended = run(command, "advise", "--python", python, "guarded.py", cwd=PROGRAMS)
    assert ended.stdout == run(python, "guarded.py", cwd=PROGRAMS).stdout
    assert "Where the time goes" in ended.words
    assert "\x1b" not in ended.words
    assert max(map(len, ended.words.splitlines())) <= 100


def test_a_text_report_in_a_file(command, run, python, tmp_path):
    report = tmp_path / "advice.txt"
    options = ["-q", "--output", report, "--python", python]
    ended = run(command, "advise", *options, "guarded.py", cwd=PROGRAMS)
    assert ended.stderr == b""
    assert "Where the time goes" in report.read_text()


def test_colour_when_it_is_asked_for(command, run, python):
    options = ["--color", "always", "advise", "--python", python]
    assert "\x1b[" in run(command, *options, "guarded.py", cwd=PROGRAMS).words


def test_advice_from_the_source_alone_runs_nothing(command, run, python, tmp_path):
    script = tmp_path / "touches.py"
    script.write_text("for name in 'ab':\n    open(name, 'w').close()\n")
    ended = run(command, "advise", "--no-observe", "--python", python, script, cwd=tmp_path)
    assert ended.code == 0, ended.words
    assert [path.name for path in tmp_path.iterdir()] == ["touches.py"]


def test_version_and_help(command, run):
    assert run(command, "--version").stdout.startswith(b"rightlane ")
    for topic in ["", "advise", "prove", "apply", "observe", "report", "top", "choose", "doctor", "explain", "schema"]:
        ended = run(command, *topic.split(), "--help")
        assert ended.code == 0
        assert b"Usage: rightlane" in ended.stdout
    for topic in ["advise", "prove", "apply", "observe", "top"]:
        assert b"Exit codes" in run(command, topic, "--help").stdout


def test_the_schemas(command, run):
    plain, *others = (run(command, "schema", *of).stdout for of in [[], ["advise"], ["observe"], ["check"], ["prove"]])
    assert plain == others[0]
    assert len(set(others)) == len(others)
    for schema in others:
        jsonschema.Draft202012Validator.check_schema(json.loads(schema))


def test_every_page_of_explain(command, run):
    listed = run(command, "explain").stdout.decode()
    topics = [line.split()[0] for line in listed.splitlines()[1:] if line.strip()]
    assert len(topics) > 15
    for topic in topics:
        ended = run(command, "explain", topic)
        assert ended.code == 0
        assert max(map(len, ended.stdout.decode().splitlines())) <= 80


def test_doctor(command, run, python):
    ended = run(command, "doctor", "--format", "json", "--python", python)
    assert ended.code == 0, ended.words
    facts = json.loads(ended.stdout)
    assert facts["machine"]["cores"] > 0
    assert facts["machine"]["memory"] > 0
    text = run(command, "doctor", "--python", python)
    assert text.code == 0
    assert "cores" in text.stdout.decode()


def test_on_a_terminal_the_report_fits_and_is_coloured(command, terminal, python):
    shown = terminal(command, "advise", "--python", python, "guarded.py", cwd=PROGRAMS)
    code, text = shown.end()
    assert code == 0
    assert b"rightlane: observing guarded.py" in text
    assert b"\x1b[" in text
    report = text[text.index(b"Where the time goes") :].decode()
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in report.splitlines()]
    code_begins = lines.index("What to write") if "What to write" in lines else len(lines)
    assert max(map(len, lines[:code_begins])) <= 80


def test_no_color_is_honoured_on_a_terminal(command, terminal, python):
    shown = terminal(command, "advise", "--python", python, "guarded.py", cwd=PROGRAMS, env={"NO_COLOR": "1"})
    _, text = shown.end()
    assert b"\x1b[" not in text
