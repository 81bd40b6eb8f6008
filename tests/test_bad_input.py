"""Input that no advice can come of: one clear message, exit code 2, nothing run."""

import os

import pytest

from conftest import PROGRAMS

USAGE = 2
NOT_HERE = 4


@pytest.fixture
def refused(command, run):
    def refused(*arguments, cwd=PROGRAMS, code=USAGE, env=None):
        ended = run(command, *arguments, cwd=cwd, env=env)
        assert ended.code == code, ended.words
        assert ended.stdout == b""
        assert "Traceback" not in ended.words
        assert "panicked" not in ended.words
        return ended.words

    return refused


def test_a_missing_file(refused):
    words = refused("advise", "missing.py")
    assert "missing.py" in words
    assert "no such file" in words or "no file" in words


def test_a_directory(refused):
    assert "directory" in refused("advise", "local")


def test_a_directory_with_a_main_module_names_the_command_to_write(refused):
    words = refused("advise", "parts", cwd=PROGRAMS / "local")
    assert "rightlane advise -m parts" in words


def test_a_binary(refused):
    words = refused("advise", os.path.realpath("/bin/sh"))
    assert "not" in words
    assert "Python" in words


def test_a_file_in_an_unknown_encoding(refused, tmp_path):
    (tmp_path / "odd.py").write_bytes(b"name = 'caf\xe9'\n")
    assert "odd.py" in refused("advise", "odd.py", cwd=tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(refused, tmp_path):
    script = tmp_path / "secret.py"
    script.write_text("print(1)\n")
    script.chmod(0)
    assert "cannot be read" in refused("advise", "secret.py", cwd=tmp_path)


def test_a_syntax_error_shows_the_line_with_a_caret(refused):
    words = refused("advise", "syntax_error.py")
    assert "syntax_error.py:5" in words
    lines = words.splitlines()
    at = next(index for index, line in enumerate(lines) if "for number in range(3)" in line)
    caret = lines[at + 1]
    assert caret.strip() == "^"
    assert caret.index("^") - lines[at].index("for") == len("for number in range(3)")


def test_a_python_that_is_not_there(refused):
    assert "no-such-python" in refused("advise", "--python", "no-such-python", "guarded.py")


def test_a_python_that_is_none(refused):
    words = refused("advise", "--python", "/bin/true", "guarded.py", code=NOT_HERE)
    assert "/bin/true" in words


def test_a_module_that_is_not_there(refused):
    assert "nowhere" in refused("advise", "-m", "nowhere")


def test_a_module_written_as_a_file(refused):
    assert "module" in refused("advise", "-m", "parts/shapes.py", cwd=PROGRAMS / "local")


def test_a_program_on_standard_input(refused):
    assert "standard input" in refused("advise", "-")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["advise"],
        ["advise", "--bogus", "guarded.py"],
        ["advise", "--for", "soon", "guarded.py"],
        ["advise", "--for", "0s", "guarded.py"],
        ["advise", "--rate", "0", "guarded.py"],
        ["advise", "--format", "yaml", "guarded.py"],
        ["bogus"],
        ["explain", "bogus"],
    ],
)
def test_wrong_usage(command, run, arguments):
    ended = run(command, *arguments, cwd=PROGRAMS)
    assert ended.code == USAGE
    assert ended.stdout == b""
    assert ended.stderr


def test_an_output_file_that_cannot_be_written_is_said_before_the_program_runs(refused):
    words = refused("advise", "--output", "/nowhere/report.txt", "guarded.py")
    assert "/nowhere/report.txt" in words
