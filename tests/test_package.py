"""The Python package."""

import sys
from pathlib import Path

import rightlane


def test_the_version_is_the_commands(command, run):
    assert run(command, "--version").stdout.split()[1].decode() == rightlane.__version__


def test_the_module_is_the_command(run):
    ended = run(sys.executable, "-m", "rightlane", "--version")
    assert ended.code == 0
    assert ended.stdout.startswith(b"rightlane ")


def test_the_programs_python_is_the_one_that_rightlane_is_installed_in(command, run, tmp_path):
    script = tmp_path / "which.py"
    script.write_text("import sys; print(sys.executable)\n")
    ended = run(command, "advise", "-q", "--output", tmp_path / "advice.txt", script)
    # By one of its names: python, python3, python3.13.
    assert Path(ended.stdout.decode().strip()).parent == Path(sys.executable).parent


def test_types_are_there_for_type_checkers():
    folder = Path(rightlane.__file__).parent
    assert {"py.typed", "_core.pyi"} <= {path.name for path in folder.iterdir()}
