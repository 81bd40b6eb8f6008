"""Stands in for `CMD observe`: runs the program and answers with what it says of itself, put wrong
by the Python statements in FAKE_OBSERVE (`process` is the first process of the answer)."""

import argparse
import json
import os
import subprocess
import sys


def ledger(look):
    shares = dict(look["truth"])
    shares["unexplained"] = shares.pop("cpu", 0.0) + shares.get("unexplained", 0.0)
    return {cause: share * look["wall"] for cause, share in shares.items()}


def thread(look, details):
    rows = ledger(look)
    wall = sum(rows.values())
    return {"tid": look["tid"], "name": look["thread"], "wall_seconds": wall, "ledger": rows, "details": details}


def function(look, file):
    return {"thread": look["tid"], "function": look["function"], "file": file, "ledger": ledger(look)}


def details(truth):
    checks, rows = truth["checks"], ledger(truth)
    if "lock" in checks:
        detail = {"kind": "lock", "lock": checks["lock"], "holder": checks.get("holder")}
        yield {"cause": "lock", "seconds": rows["lock"], "detail": detail}
    if "peer" in checks:
        detail = {"kind": "socket", "operation": "receive", "peer": checks["peer"]}
        yield {"cause": "socket", "seconds": rows["socket"], "detail": detail}


def process(pid, looks, truth, file):
    own = truth["pid"] == pid
    return {
        "pid": pid,
        "threads": [thread(look, list(details(truth)) if look is truth else []) for look in looks],
        "functions": [function(look, file) for look in looks],
        "stalls": [truth["checks"]["stall"]] if own and "stall" in truth["checks"] else [],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["observe"])
    for option in ("--python", "--format", "--output", "--rate"):
        parser.add_argument(option)
    parser.add_argument("program")
    args = parser.parse_args()
    subprocess.run([args.python, args.program], check=True)
    with open(os.environ["RIGHTLANE_TRUTH"]) as file:
        truth = json.load(file)
    looks = [truth, *truth.get("also", ())]
    pids = list(dict.fromkeys(look["pid"] for look in looks))
    processes = [process(pid, [look for look in looks if look["pid"] == pid], truth, args.program) for pid in pids]
    exec(os.environ.get("FAKE_OBSERVE", ""), {"process": processes[0], "processes": processes})
    with open(args.output, "w") as out:
        json.dump({"processes": processes}, out)


if __name__ == "__main__":
    sys.exit(main())
