"""Prints what this interpreter's concurrency costs on this machine, as one JSON object."""

import json

import coroutines
import interpreters
import kernel
import processes
import threads
from harness import Record, repeat


def measure():
    record = Record()
    modules = (threads, processes, coroutines, kernel, interpreters)
    repeat(record, [step for module in modules for step in module.steps()])
    found = {"failures": record.failures}
    found["threads"], found["gil"] = threads.figures(record)
    found.update(processes.figures(record))
    found["asyncio"] = coroutines.figures(record)
    found["kernel"] = kernel.figures(record)
    found["interpreters"] = interpreters.figures(record)
    parts = ("process_slowdown", "thread_slowdown", "idle_wake", "busy_wake")
    found["cores"] = {part: record.figure(f"cores.{part}") for part in parts}
    # other programs keep the cores awake: a disturbance makes it look smaller
    found["cores"]["cold_start"] = record.figure("cores.cold_start", typical=True)
    found["others"] = record.others / record.seconds
    return found


def main():
    print(json.dumps(measure()))
