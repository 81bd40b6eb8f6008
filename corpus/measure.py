"""Measures all variants of the corpus programs anew into truth.json.

Slow and rarely needed: for a new program, a new Python, another machine. Run it
while nothing else is running; disturbed runs are repeated. With a free-threaded
Python it measures the variants which make sense there, as `ft_NAME`.
"""

import argparse
import os
import platform
import subprocess
import sys

from harness import tables
from harness.rounds import measure
from harness.runs import run_variant
from harness.truthdata import SETS, programs, update


def main():
    args = arguments()
    failed = False
    for program in programs(args.python, args.set, args.only):
        reference = run_variant(args.python, program.name, "sequential", describe=True)
        if reference.error:
            print(f"{program.name}: sequential failed: {reference.error}", file=sys.stderr)
            failed = True
            continue
        failed |= not agrees(args.python, program, reference.output)
        names = chosen(program, args.variants, reference.free_threaded)
        measured = measure(
            args.python, program, {"sequential": args.runs} | dict.fromkeys(names, args.runs), retries=args.retries
        )
        if reference.free_threaded:
            measured = {f"ft_{name}": one for name, one in measured.items()}
        show(program, measured)
        if not args.no_save:
            update(program, reference.facts, measured, machine(args.python))
    return 1 if failed else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="runs the programs (default: this Python)")
    parser.add_argument("--set", choices=(*SETS, "all"), default="all")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME")
    parser.add_argument("--variants", nargs="+", metavar="VARIANT", help="only these (and sequential)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--retries", type=int, default=2, help="repeats of a run that other processes disturbed")
    parser.add_argument("--no-save", action="store_true", help="print only, leave truth.json as it is")
    return parser.parse_args()


def chosen(program, wanted, free_threaded):
    return wanted or [name for name, about in program.variants.items() if about["ft"] or not free_threaded]


def agrees(python, program, expected):
    """The program itself must print what its sequential variant gives."""
    done = subprocess.run([python, str(program.path)], capture_output=True, text=True)
    if done.stdout.strip() == expected:
        return True
    print(
        f"{program.name}: the program prints {done.stdout.strip()!r}, its sequential variant {expected!r}\n"
        f"{done.stderr}",
        file=sys.stderr,
    )
    return False


def machine(python):
    """Facts of the machine that matter for times; none that name it."""
    code = "import platform; print(platform.python_version())"
    version = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cores": cores, "python": version, "system": f"{platform.system()} {platform.machine()}"}


def show(program, measured):
    table = tables.new_table("variant", "seconds", "runs", "output")
    for name, one in measured.items():
        output = one.error or ("same" if one.same_output else "ANOTHER OUTPUT")
        noise = "" if one.quiet else " (busy machine)"
        table.add_row(name, tables.seconds(one.seconds), str(one.runs), output + noise)
    tables.console().print(f"{program.name} ({program.set})", table, sep="\n")


if __name__ == "__main__":
    sys.exit(main())
