"""CPython's own tests of its pools, with Rightlane's in their place: `make conformance`.

For each Python found of those named, every suite in a process of its own; prints how many tests ran, passed and
were excluded (with reasons, `exclusions.py`). Exit code 1 if one fails or more than 5 % are excluded.

Some builds of Python come without test_concurrent_futures. They get that of Debian's libpython3.11-testsuite, obtained
by the mirror that apt is configured with: the tests of 3.11 are good for 3.12 as well.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import pythons  # noqa: E402

VERSIONS = ["3.11", "3.12", "3.13"]
SUITES = ["futures", "fork", "forkserver", "spawn"]
MOST_EXCLUDED = 0.05
TIMEOUT = 1800


PACKAGE = "libpython3.11-testsuite"
MODULE = "usr/lib/python3.11/test/test_concurrent_futures.py"


def more_tests(folder):
    """The folder, with the tests that builds of Python may lack; None where they cannot be had."""
    if not (folder / Path(MODULE).name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            try:
                subprocess.run(["apt-get", "download", PACKAGE], cwd=scratch, check=True, capture_output=True)
                (package,) = Path(scratch).glob("*.deb")
                subprocess.run(["dpkg-deb", "-x", package, scratch], check=True, capture_output=True)
            except (OSError, ValueError, subprocess.CalledProcessError):
                return None
            shutil.copy(Path(scratch) / MODULE, folder)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", required=True, help="folder with the packages rightlane and cloudpickle")
    parser.add_argument("--pythons", default=",".join(VERSIONS))
    parser.add_argument("--suites", default=",".join(SUITES))
    parser.add_argument("--only", default="", help="tests whose Class.method contains this")
    args = parser.parse_args()
    more = more_tests(Path(args.site) / "more-tests")
    bad = run = excluded = 0
    for version in args.pythons.split(","):
        python = pythons.find(version)
        if python is None:
            print(f"{version}: not here")
            continue
        for suite in args.suites.split(","):
            found = result(python, suite, args, more)
            passed = found["run"] - len(found["failed"])
            run, excluded = run + found["run"], excluded + len(found["excluded"])
            bad += len(found["failed"]) + (found["run"] == 0 and not args.only)
            print(
                f"{version} {suite}: run {found['run']}, passed {passed}, excluded {len(found['excluded'])}", flush=True
            )
            for name, text in found["failed"].items():
                print(f"  FAILED {name}\n    " + "\n    ".join(text.strip().splitlines()[-12:]))
            for name, why in found["excluded"].items():
                print(f"  excluded {name}: {why}")
    share = excluded / (run + excluded) if run else 1.0
    print(f"in all: run {run}, failed {bad}, excluded {excluded} ({share:.1%}, at most {MOST_EXCLUDED:.0%})")
    return 1 if bad or share > MOST_EXCLUDED else 0


def result(python, suite, args, more):
    line = [python, str(HERE / "swapped.py"), suite, args.only]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([args.site, str(HERE)]), "MORE_TESTS": str(more or "")}
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=TIMEOUT, env=environment)
        return json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired as late:
        words = (late.stderr or b"").decode()
        return {"run": 1, "failed": {"hangs": words}, "excluded": {}}
    except (IndexError, ValueError):
        return {"run": 1, "failed": {"ended early": done.stderr}, "excluded": {}}


if __name__ == "__main__":
    sys.exit(main())
