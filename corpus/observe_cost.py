"""What being observed costs a program: `make bench-observe`.

For every corpus program: the whole process `python PROGRAM`, plain and under
`CMD advise`, in pairs whose order alternates: one after the other where the program
waits, in turns of a moment each where it computes (harness/turns.py says why). Under
observation the same span is the answer's `wall_seconds`; what the command needs
besides (its own start, and working out the answer after the program's end) is shown
apart. Exit code 1 when a target is missed.

A program gets more pairs while it does not surely keep the target for the worst: the
worst of 36 medians of five pairs says more about the machine than about the command.
"""

import argparse
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from harness import tables
from harness.advice import TIMEOUT, ask, asking, read
from harness.truthdata import SETS, programs
from harness.turns import Turns, in_turns

MEDIAN_TARGET, WORST_TARGET = 1.03, 1.10
COMPUTES = 0.9  # part of its wall time for which a program uses the CPU, if it does not wait
SURE = 1.65  # standard errors: 90 % of a normal distribution lies within as many around its mean


@dataclass
class Cost:
    """Seconds of each pair; `besides` is the command's time outside the program's."""

    program: str
    plain: list
    observed: list
    besides: list

    @property
    def ratios(self):
        return [one / other for one, other in zip(self.observed, self.plain, strict=True)]

    @property
    def ratio(self):
        return statistics.median(self.ratios)

    @property
    def clear(self):
        """Whether the pairs tell that the program keeps the target for the worst: the 90 % interval
        of the mean of the logarithms lies below it. What seems to miss it gets all its pairs: of
        36 programs some always do by chance. (A sign test needs twice as many pairs: it does not
        see how far from the target they are.)"""
        logs = [math.log(ratio / WORST_TARGET) for ratio in self.ratios]
        return statistics.fmean(logs) < -SURE * statistics.stdev(logs) / math.sqrt(len(logs))


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
    parser.add_argument("--runs", type=int, default=5, help="pairs of each program at least (default 5)")
    parser.add_argument("--most", type=int, default=25, help="pairs of an unclear program at most (default 25)")
    args = parser.parse_args()
    if not 2 <= args.runs <= args.most:
        parser.error("--runs must be at least 2 and not above --most")
    return args


def compare(program, args):
    cost = Cost(program.name, [], [], [])
    pair = pair_in_turns if computes(args.python, program) else pair_one_after_the_other
    for number in range(args.most):
        if number >= args.runs and cost.clear:
            break
        plain, advice, observed = pair(program, args, number % 2)
        if advice.error or not observed:
            print(f"{program.name}: {advice.error or 'no wall_seconds in the answer'}", file=sys.stderr)
            return None
        cost.plain.append(plain)
        cost.observed.append(observed)
        cost.besides.append(advice.total_seconds - observed)
    print(f"{cost.program}: {cost.ratio:.3f} ({len(cost.ratios)} pairs)", file=sys.stderr)
    return cost


def computes(python, program):
    """Whether it hardly waits for anything, which also warms the file cache."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = plain_seconds(python, program)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
    return cpu > COMPUTES * seconds


def pair_one_after_the_other(program, args, plain_first):
    if plain_first:
        plain = plain_seconds(args.python, program)
    advice = ask(args.rightlane, args.python, program)
    if not plain_first:
        plain = plain_seconds(args.python, program)
    return plain, advice, advice.wall_seconds


def pair_in_turns(program, args, plain_first):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as stderr:
        answer = Path(folder) / "advice.json"
        plain = Turns([args.python, str(program.path)])
        observed = Turns(asking(args.rightlane, args.python, program, answer), stderr)
        order = (plain, observed) if plain_first else (observed, plain)
        in_turns(*order, timeout=2 * TIMEOUT)
        stderr.seek(0)
        advice = read(answer, observed.process.returncode, stderr.read(), observed.seconds)
    if plain.process.returncode:
        raise SystemExit(f"{program.name} failed with exit code {plain.process.returncode}")
    seconds = observed.running(advice.wall_seconds) if advice.wall_seconds else None
    return plain.seconds, advice, seconds


def plain_seconds(python, program):
    null = subprocess.DEVNULL
    start = time.perf_counter()
    subprocess.run([python, str(program.path)], stdin=null, stdout=null, stderr=null, check=True)
    return time.perf_counter() - start


def show(costs):
    title = "Wall time observed / plain, medians of the pairs; besides: the command's own start and answer"
    table = tables.new_table("program", "plain s", "observed s", "ratio", "pairs", "besides s")
    for cost in costs:
        table.add_row(
            cost.program,
            f"{statistics.median(cost.plain):.3f}",
            f"{statistics.median(cost.observed):.3f}",
            f"{cost.ratio:.3f}",
            str(len(cost.ratios)),
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
