"""A plain run of a program and an observed one, beside each other."""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from .observers import Plain
from .runs import last_line
from .turns import Turns, in_turns

TIMEOUT = 120.0


class Failed(Exception):
    """The program or its observer did not end well."""


def pair(observer, python, path, threads, turns, plain_first):
    """What the program measured in a plain run and in an observed one: both in turns, or one after the other."""
    with prepared(Plain(), python, path) as plain, prepared(observer, python, path) as observed:
        order = [plain, observed] if plain_first else [observed, plain]
        for group in [order] if turns else [[run] for run in order]:
            together(group)
        return plain.result(threads), observed.result(threads)


def alone(observer, python, path, threads):
    """What the program measured in an observed run with nothing beside it."""
    with prepared(observer, python, path) as run:
        together([run])
        return run.result(threads)


def together(runs):
    """Runs them to their ends, several in turns."""
    try:
        in_turns(*(run.turns for run in runs), timeout=len(runs) * TIMEOUT)
    except TimeoutError:
        raise Failed(f"not done after {TIMEOUT:.0f} s") from None
    except OSError as error:
        raise Failed(f"{error.filename}: {error.strerror}") from None


@contextlib.contextmanager
def prepared(observer, python, path):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        yield Run(observer, observer.command(python, path, folder), folder, output)


class Run:
    """One run of a program under an observer."""

    def __init__(self, observer, command, folder, output):
        self.observer, self.folder, self.output = observer, folder, output
        self.span = Path(folder) / "span.json"
        self.turns = Turns(command, output, output, os.environ | {"RIGHTLANE_SPAN": str(self.span)})

    def result(self, threads):
        """What the program measured, without the time in which it was stopped."""
        self.output.seek(0)
        output = self.output.read()
        if self.turns.process.returncode:
            raise Failed(f"exit code {self.turns.process.returncode}: {last_line(output)}")
        try:
            span = json.loads(self.span.read_text())
            span["said"] = self.observer.said(self.folder, output, self.turns.seconds, threads)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Failed(f"no readable answer: {error!r}") from None
        return span | {"seconds": self.turns.between(span["begin"], span["end"])}
