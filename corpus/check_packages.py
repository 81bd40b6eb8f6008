"""`rightlane check` on every file of the standard library and of large packages: `make check-packages`.

No crash, and no syntax error where CPython sees none. A random sample of the findings is printed for
reading by hand. Exit code 1 if a file could not be checked that CPython can compile.
"""

import argparse
import collections
import json
import random
import subprocess
import sys
import warnings
from pathlib import Path

from harness.sources import python_files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rightlane", type=Path, required=True)
    parser.add_argument("--packages", type=Path, required=True, help="a folder of installed packages")
    parser.add_argument("--sample", type=int, default=0, help="findings to print with their source")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    files = python_files(options.packages)
    lines = sum(file.text.count(b"\n") for file in files)
    command = [options.rightlane, "check", "--isolated", "--format", "json", *(file.path for file in files)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"exit code {done.returncode}: {done.stderr[-1000:]}")
    report = json.loads(done.stdout)
    counts = collections.Counter(f"{finding['code']} {finding['rule']}" for finding in report["findings"])
    for rule, count in sorted(counts.items()):
        print(f"{count:6} {rule}")
    print(f"{len(files):,} files, {lines:,} lines, {len(report['findings'])} findings")
    for finding in sampled(report["findings"], options):
        show(finding)
    false = [error for error in report["errors"] if compiles(error["file"])]
    version = sys.version.split()[0]
    print(f"{len(report['errors'])} files could not be checked, {len(false)} of which CPython {version} compiles")
    for error in false:
        print(f"  {error['file']}:{error['line']}: {error['message']}")
    return 1 if false or "panicked" in done.stderr else 0


def sampled(findings, options):
    chance = random.Random(options.seed)
    return chance.sample(findings, min(options.sample, len(findings)))


def show(finding, around=12):
    lines = Path(finding["file"]).read_text(errors="replace").splitlines()
    print(f"\n=== {finding['file']}:{finding['line']}: {finding['code']} {finding['message']}")
    first = max(0, finding["line"] - 1 - around)
    for number, line in enumerate(lines[first : finding["line"] + around], first + 1):
        print(f"{'>' if number == finding['line'] else ' '}{number:5} {line}")


def compiles(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
