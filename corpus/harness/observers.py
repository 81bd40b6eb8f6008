"""The observers that are compared: how each is started, and what it says of its own samples."""

import json
import re
import shlex
from dataclasses import dataclass

PY_SPY_COUNTS = re.compile(r"Samples: (\d+) Errors: (\d+)")


@dataclass
class Said:
    """rate: rounds per second; unusable: part of the samples without a stack. None: not said."""

    rate: float | None = None
    unusable: float | None = None


@dataclass(frozen=True)
class Plain:
    name: str = "plain"
    external = False

    def command(self, python, program, _folder):
        return [python, str(program)]

    def said(self, _folder, _output, _seconds, _threads):
        return Said()


@dataclass(frozen=True)
class Rightlane:
    cmd: str
    rate: int
    external = True

    @property
    def name(self):
        return f"rightlane {self.rate}/s"

    def command(self, python, program, folder):
        options = ["--python", python, "--format", "json", "--output", f"{folder}/answer.json"]
        return [*shlex.split(self.cmd), "observe", *options, "--rate", str(self.rate), str(program)]

    def said(self, folder, _output, _seconds, _threads):
        with open(f"{folder}/answer.json") as file:
            process = json.load(file)["processes"][0]
        sampling = process["sampling"]
        unusable = sampling["unusable"] / max(1, sampling["samples"])
        return Said(sampling["rounds"] / process["wall_seconds"], unusable)


@dataclass(frozen=True)
class PySpy:
    """`--idle`, since sleeping threads are to be sampled, too."""

    rate: int
    blocking: bool = True
    external = True

    @property
    def name(self):
        return f"py-spy {self.rate}/s" + ("" if self.blocking else " nonblocking")

    def command(self, python, program, folder):
        options = ["--idle", "--format", "raw", "--output", f"{folder}/py-spy.txt", "--rate", str(self.rate)]
        options += [] if self.blocking else ["--nonblocking"]
        # pip has put it beside the Python that it belongs to.
        return [f"{python.rpartition('/')[0]}/py-spy", "record", *options, "--", python, str(program)]

    def said(self, _folder, output, seconds, threads):
        """It counts samples of threads, and rounds that failed as a whole."""
        counts = PY_SPY_COUNTS.search(output)
        if not counts:
            return Said()
        rounds, failed = int(counts[1]) / threads, int(counts[2])
        return Said((rounds + failed) / seconds, failed / max(1.0, rounds + failed))


@dataclass(frozen=True)
class Scalene:
    """It works inside the program: no CPU time of its own can be told apart."""

    full: bool
    external = False

    @property
    def name(self):
        return "scalene" if self.full else "scalene --cpu-only"

    def command(self, python, program, folder):
        options = ["--outfile", f"{folder}/scalene.json", *([] if self.full else ["--cpu-only"])]
        return [python, "-m", "scalene", "run", *options, str(program)]

    def said(self, _folder, _output, _seconds, _threads):
        return Said()


def observers(cmd, rates):
    for rate in rates:
        yield Rightlane(cmd, rate)
    for rate in rates:
        yield PySpy(rate)
        yield PySpy(rate, blocking=False)
    yield Scalene(full=False)
    yield Scalene(full=True)
