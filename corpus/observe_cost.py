"""What being observed costs a program: `make bench-observe`.

For every corpus program: the whole process `python PROGRAM`, plain and under
`CMD advise`, in pairs whose order alternates. Under observation the same span is
the answer's `wall_seconds`; what the command needs besides (its own start, and
working out the answer after the program's end) is shown apart. Exit code 1 when a
target is missed.
"""

import argparse
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from harness import tables
from harness.advice import ask
from harness.truthdata import SETS, programs

MEDIAN_TARGET, WORST_TARGET = 1.03, 1.10


@dataclass
class Cost:
    """Seconds of each pair; `besides` is the command's time outside the program's."""

    program: str
    plain: list
    observed: list
    besides: list

    @property
    def ratio(self):
        return statistics.median(one / other for one, other in zip(self.observed, self.plain, strict=True))


def main():
    args = arguments()
    chosen = list(programs(args.python, args.set, args.only))
    if not chosen:
        raise SystemExit("no program chosen")
    ask(args.rightlane, args.python, chosen[0])  # the first use calibrates; that is not the cost meant here
    costs = [cost for program in chosen if (cost := compare(program, args))]
    show(costs)
    if len(costs) < len(chosen):
        return 1
    ratios = [cost.ratio for cost in costs]
    return 0 if statistics.median(ratios) <= MEDIAN_TARGET and max(ratios) <= WORST_TARGET else 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rightlane", required=True, metavar="CMD", help="the command to judge")
    parser.add_argument("--python", default=sys.executable, help="runs the programs (default: this Python)")
    parser.add_argument("--set", choices=(*SETS, "all"), default="all")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME")
    parser.add_argument("--runs", type=int, default=5, help="pairs of each program (default 5)")
    args = parser.parse_args()
    if args.runs < 1:
        parser.error("--runs must be at least 1")
    return args


def compare(program, args):
    cost = Cost(program.name, [], [], [])
    for number in range(args.runs):
        if number % 2:
            cost.plain.append(plain_seconds(args.python, program))
        advice = ask(args.rightlane, args.python, program)
        if advice.error or not advice.wall_seconds:
            print(f"{program.name}: {advice.error or 'no wall_seconds in the answer'}", file=sys.stderr)
            return None
        cost.observed.append(advice.wall_seconds)
        cost.besides.append(advice.total_seconds - advice.wall_seconds)
        if not number % 2:
            cost.plain.append(plain_seconds(args.python, program))
    return cost


def plain_seconds(python, program):
    start = time.perf_counter()
    subprocess.run(
        [python, str(program.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def show(costs):
    title = "Wall time observed / plain, medians of the pairs; besides: the command's own start and answer"
    table = tables.new_table("program", "plain s", "observed s", "ratio", "besides s")
    for cost in costs:
        table.add_row(
            cost.program,
            f"{statistics.median(cost.plain):.3f}",
            f"{statistics.median(cost.observed):.3f}",
            f"{cost.ratio:.3f}",
            f"{statistics.median(cost.besides):.3f}",
        )
    console = tables.console()
    console.print(title, table, sep="\n")
    if costs:
        ratios = [cost.ratio for cost in costs]
        figures = {"median": (statistics.median(ratios), MEDIAN_TARGET), "worst": (max(ratios), WORST_TARGET)}
        for text, (value, target) in figures.items():
            console.print(f"{'ok     ' if value <= target else 'MISSED '} {text} ratio {value:.3f} <= {target}")


if __name__ == "__main__":
    sys.exit(main())
