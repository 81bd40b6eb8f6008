"""Stands in for the command: answers `advise` with the verdict in FAKE_VERDICT
(JSON), or fails with the exit code in FAKE_EXIT, without running the program."""

import argparse
import json
import os
import sys

parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["advise"])
parser.add_argument("--python")
parser.add_argument("--format")
parser.add_argument("--output")
parser.add_argument("program")
args = parser.parse_args()
if code := int(os.environ.get("FAKE_EXIT", "0")):
    print("error: the fake was told to fail", file=sys.stderr)
    sys.exit(code)
with open(args.output, "w") as out:
    json.dump({"wall_seconds": 1.0, "verdict": json.loads(os.environ["FAKE_VERDICT"])}, out)
