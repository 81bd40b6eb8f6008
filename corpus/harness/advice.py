"""Asking Rightlane about a program."""

import json
import shlex
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .runs import last_line

TIMEOUT = 300.0


@dataclass
class Advice:
    """report: the JSON object, or None with the reason in `error`.
    total_seconds: the whole command, the observed program included."""

    report: dict | None
    total_seconds: float
    error: str | None = None

    @property
    def verdict(self):
        return (self.report or {}).get("verdict") or {}

    @property
    def wall_seconds(self):
        return (self.report or {}).get("wall_seconds")


def ask(command, python, program):
    """Runs `COMMAND advise` on a program and reads what it wrote with --output."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "advice.json"
        start = time.perf_counter()
        try:
            done = subprocess.run(
                asking(command, python, program, answer),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            return Advice(None, TIMEOUT, f"no answer after {TIMEOUT:.0f} s")
        except OSError as error:
            raise SystemExit(f"cannot run {command!r}: {error.strerror}") from error
        return read(answer, done.returncode, done.stderr, time.perf_counter() - start)


def asking(command, python, program, answer):
    """The command line that writes its answer to the file `answer`."""
    options = ["--python", python, "--format", "json", "--output", str(answer)]
    return [*shlex.split(command), "advise", *options, str(program.path)]


def read(answer, returncode, stderr, total):
    """What the command wrote to `answer`, or why there is nothing."""
    if returncode:
        return Advice(None, total, f"exit code {returncode}: {last_line(stderr)}")
    try:
        report = json.loads(answer.read_text())
    except (OSError, ValueError) as error:
        return Advice(None, total, f"no readable answer: {error}")
    if not isinstance(report, dict) or not isinstance(report.get("verdict"), dict):
        return Advice(None, total, "the answer has no verdict")
    return Advice(report, total)
