"""The installed command for tests that need no fixtures."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pythons

COMMAND = Path(sys.executable).with_name("rightlane")
# The interpreters that tests run on thoroughly, as far as they are here.
PYTHONS = [Path(path) for path in map(pythons.find, pythons.THOROUGH) if path]


def advise(script, *arguments, python, options=()):
    """The report on a program, run in its own folder."""
    script = Path(script)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        ours = ["--quiet", "--format", "json", "--output", report, "--python", python, *options]
        done = subprocess.run(
            [COMMAND, "advise", *ours, script.name, *arguments],
            cwd=script.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert report.exists(), done.stderr
        return json.loads(report.read_text())
