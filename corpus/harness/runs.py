"""One timed run of a variant, in a process of its own."""

import json
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass

from .truthdata import CORPUS

TIMEOUT = 180.0  # seconds; the slowest variant that is not hanging takes a third
QUIET = 0.12  # cores that other processes may use in a run that counts


@dataclass
class Run:
    """seconds and output of the work; others: cores used meanwhile by processes
    that are none of the run's (None where the system does not say)."""

    seconds: float | None
    output: str | None
    error: str | None
    others: float | None
    scaled: bool = False
    facts: dict | None = None
    free_threaded: bool = False

    @property
    def quiet(self):
        return self.others is None or self.others <= QUIET


def run_variant(python, name, variant, describe=False, timeout=TIMEOUT):
    """Never raises for what the variant does: a failure is the run's `error`."""
    command = [python, str(CORPUS / "truth" / f"{name}.py"), "--variant", variant]
    if describe:
        command.append("--describe")
    stdout, stderr, others = run_group(command, timeout)
    if stdout is None:
        return Run(None, None, f"not done after {timeout:.0f} s", others)
    try:
        record = json.loads(stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return Run(None, None, last_line(stderr) or "printed nothing", others)
    error = record.get("error")
    output = record["output"]
    if "matches_part" in record and not record["matches_part"]:
        error = "another output on a part of the items"
    return Run(
        record["seconds"], output, error, others, "scale" in record, record.get("facts"), record["free_threaded"]
    )


def run_group(command, timeout):
    """(stdout, stderr, others) of a command; stdout None when it had to be ended.

    In a session of its own, so that pools and servers which a hanging variant
    has started can be ended with it."""
    before, own, start = busy_seconds(), children_cpu(), time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        stdout, stderr = None, ""
    wall = time.perf_counter() - start
    if before is None:
        return stdout, stderr, None
    return stdout, stderr, max(0.0, busy_seconds() - before - (children_cpu() - own)) / wall


def busy_seconds():
    """CPU seconds of the whole machine so far; None where /proc/stat is missing."""
    try:
        with open("/proc/stat") as stat:
            words = stat.readline().split()
    except OSError:
        return None
    user, nice, system, _idle, _iowait, *rest = map(int, words[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else ""
