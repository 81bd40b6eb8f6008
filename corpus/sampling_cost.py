"""What sampling costs a program, beside py-spy and scalene: the second part of `make bench-observe`.

Each program of `sampled/` does a fixed amount of work and measures it itself: wall time, and the CPU
time that the process which started it (the observer) took meanwhile. So starting and ending an observer
is not counted, with none of them. Every observed run has a plain one beside it; which of the two comes
first alternates, and the order of the observers rotates.

Rightlane's pairs run in turns of a moment each where the program computes (harness/turns.py says why).
The others' cannot: stopped for a while, py-spy takes all the samples at once that it missed. What an observer
itself uses is measured without turns for all of them: each turn leaves it cold caches. Rightlane gets more pairs
while it is not clear whether it keeps its target. Exit code 1 when a target is missed.
"""

import argparse
import json
import math
import os
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness import tables
from harness.observers import Rightlane, observers
from harness.pairs import Failed, alone, pair

PROGRAMS = Path(__file__).resolve().parent / "sampled"
SURE = 1.65  # standard errors: 90 % of a normal distribution lies within as many around its mean


@dataclass(frozen=True)
class Case:
    """A program, and what Rightlane must keep at each rate. `own`: part of a core that the observer may
    use, `held`: part of the rate asked for, `unusable`: part of the samples; all at 100 samples per second."""

    program: str
    words: str
    computes: bool
    ratios: dict
    threads: int = 1
    own: float | None = None
    held: float | None = None
    unusable: float | None = None


CASES = [
    Case("call_heavy", "one Python thread, a core free", True, {100: 1.01, 1000: 1.02}, own=0.015, unusable=0.02),
    Case("all_busy", "as many busy threads as cores", True, {100: 1.02, 1000: 1.06}, os.cpu_count() or 1),
    Case("sleepers", "200 threads, mostly sleeping", False, {100: math.inf}, 200, own=0.15, held=0.95),
]


@dataclass
class Cost:
    """Of one observer and program: seconds of each pair, and the observer's part of a core."""

    observer: object
    plain: list = field(default_factory=list)
    observed: list = field(default_factory=list)
    own: list = field(default_factory=list)
    rates: list = field(default_factory=list)
    unusable: list = field(default_factory=list)
    error: str | None = None

    @property
    def ratio(self):
        return statistics.median(self.ratios) if self.observed else None

    @property
    def ratios(self):
        return [one / other for one, other in zip(self.observed, self.plain, strict=True)]

    def clear(self, target):
        """Whether the pairs tell that the target is kept or missed: the 90 % interval of the mean of the
        logarithms lies on one side of it."""
        logs = [math.log(ratio / target) for ratio in self.ratios]
        return abs(statistics.fmean(logs)) > SURE * statistics.stdev(logs) / math.sqrt(len(logs))


def main():
    args = arguments()
    kept, report = [], {}
    for case in CASES:
        if not args.only or case.program in args.only:
            costs = compare(case, args)
            kept += show(case, costs)
            report[case.program] = {cost.observer.name: entry(cost) for cost in costs}
    if args.json:
        Path(args.json).write_text(json.dumps(report, indent=1) + "\n")
    return 0 if all(kept) else 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rightlane", required=True, metavar="CMD", help="the command to judge")
    parser.add_argument("--python", default=sys.executable, help="runs the programs; beside it: py-spy, scalene")
    parser.add_argument("--only", nargs="+", default=(), choices=[case.program for case in CASES], metavar="NAME")
    parser.add_argument("--runs", type=int, default=5, help="pairs of each observer at least (default 5)")
    parser.add_argument("--most", type=int, default=40, help="pairs of Rightlane at most, where unclear (default 40)")
    parser.add_argument("--alone", action="store_true", help="Rightlane without the others")
    parser.add_argument("--json", metavar="FILE", help="write the results here, too")
    args = parser.parse_args()
    if not 2 <= args.runs <= args.most:
        parser.error("--runs must be at least 2 and not above --most")
    return args


def compare(case, args):
    """Of one program: the cost of each observer, those that failed with the reason."""
    costs = [Cost(observer) for observer in observers(args.rightlane, tuple(case.ratios))]
    if args.alone:
        costs = [cost for cost in costs if isinstance(cost.observer, Rightlane)]
    for number in range(args.most):
        left = [cost for cost in costs if unclear(cost, case, number, args.runs)]
        if not left:
            break
        shift = number % len(left)
        for cost in left[shift:] + left[:shift]:
            print(f"{case.program}: {cost.observer.name}, pair {number + 1}", file=sys.stderr)
            try:
                add_pair(cost, case, args.python, number % 2)
            except Failed as failure:
                cost.error = str(failure)
    return costs


def unclear(cost, case, number, runs):
    if cost.error:
        return False
    if number < runs:
        return True
    target = ours(cost) and case.ratios[cost.observer.rate]
    return bool(target) and math.isfinite(target) and not cost.clear(target)


def ours(cost):
    return isinstance(cost.observer, Rightlane)


def add_pair(cost, case, python, plain_first):
    path = PROGRAMS / f"{case.program}.py"
    turns = case.computes and ours(cost)
    plain, observed = pair(cost.observer, python, path, case.threads, turns, plain_first)
    cost.plain.append(plain["seconds"])
    cost.observed.append(observed["seconds"])
    if turns:
        observed = alone(cost.observer, python, path, case.threads)
    if cost.observer.external:
        cost.own.append(observed["observer_cpu"] / observed["seconds"])
    if observed["said"].rate is not None:
        cost.rates.append(observed["said"].rate)
        cost.unusable.append(observed["said"].unusable)


def show(case, costs):
    """Prints a program's table and targets; which of these were kept."""
    table = tables.new_table("observer", "plain s", "observed s", "ratio", "pairs", "own CPU", "rate", "unusable")
    for cost in costs:
        table.add_row(cost.observer.name, *cells(cost))
    console = tables.console()
    console.print(f"{case.program}: {case.words}; medians", table)
    for cost in filter(lambda cost: cost.error, costs):
        console.print(f"{cost.observer.name}: {cost.error}", highlight=False)
    kept = []
    for words, value, target, at_least in targets(case, costs):
        good = value is not None and (value >= target if at_least else value <= target)
        text = "nothing measured" if value is None else f"{value:.3f}"
        sign = ">=" if at_least else "<="
        console.print(f"{'ok     ' if good else 'MISSED '} {words} {text} {sign} {target}", highlight=False)
        kept.append(good)
    return kept


def cells(cost):
    return (
        median(cost.plain, "{:.3f}"),
        median(cost.observed, "{:.3f}"),
        median(cost.ratios, "{:.3f}"),
        str(len(cost.ratios)),
        median(cost.own, "{:.1%}"),
        median(cost.rates, "{:.0f}"),
        median(cost.unusable, "{:.1%}"),
    )


def median(values, form):
    return form.format(statistics.median(values)) if values else "-"


def targets(case, costs):
    """(words, value, target, whether more is better) of each target of the program."""
    for cost in filter(ours, costs):
        name, rate = f"{case.program}, {cost.observer.name}:", cost.observer.rate
        if math.isfinite(case.ratios[rate]):
            yield f"{name} ratio", cost.ratio, case.ratios[rate], False
        if rate == 100:
            held = [one / rate for one in cost.rates]
            figures = [("own CPU", cost.own, case.own), ("unusable", cost.unusable, case.unusable)]
            for words, values, target in [*figures, ("part of the rate held", held, case.held)]:
                if target is not None:
                    yield f"{name} {words}", statistics.median(values) if values else None, target, values is held


def entry(cost):
    keys = ("plain", "observed", "own", "rates", "unusable", "error")
    return {key: getattr(cost, key) for key in keys} | {"ratio": cost.ratio}


if __name__ == "__main__":
    sys.exit(main())
