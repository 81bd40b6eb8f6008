"""How good Rightlane's verdicts are: `make regret`.

For every corpus program, asks `CMD advise`, measures the choice against
sequential, the guide's rule of thumb, always-threads, always-processes and the
other variants that could be the best, and prints the regret of each, then how
far the predictions were off. Exit code 1 when a target is missed.
"""

import dataclasses
import json
import sys

from harness import tables
from harness.advice import ask
from harness.choices import contenders, nearest_stored, one_of_each, variant_of
from harness.options import judging, parsed
from harness.rounds import measure
from harness.score import Row, best_of, chosen_variants, predictions, targets
from harness.truthdata import as_json, programs

CONTENDER = 1.5  # times the stored best: what is slower cannot turn out the best


def main():
    args = arguments()
    rows = []
    for program in programs(args.python, args.set, args.only):
        say(f"{program.name}: asking")
        rows.append(evaluate(program, args))
        say("")
        print(summary(rows[-1]), flush=True)
    if not rows:
        raise SystemExit("no program chosen")
    print()
    demands = targets(rows)
    show(rows, demands)
    if args.json:
        with open(args.json, "w") as out:
            json.dump(as_report(rows, demands), out, indent=1)
    return 0 if all(holds for _, holds in demands) else 1


def arguments():
    parser = judging(__doc__)
    parser.add_argument("--stored", action="store_true", help="take the times from truth.json instead of measuring")
    return parsed(parser)


def evaluate(program, args):
    advice = ask(args.rightlane, args.python, program)
    verdict = advice.verdict
    choice = variant_of(verdict.get("api"), verdict.get("settings"), program)
    chosen = chosen_variants(program, choice)
    alternatives = verdict.get("alternatives")
    if args.stored:
        chosen = {column: nearest_stored(name, program) for column, name in chosen.items()}
        measured = program.stored
    else:
        wanted = plan(program, chosen, alternatives, args.runs)
        measured = measure(args.python, program, wanted, in_full=(choice,), say=say)
    text = advice.error or describe(verdict)
    return Row(
        program.name,
        program.set,
        text,
        chosen,
        measured,
        best_of(program, measured),
        predictions(program, alternatives, measured),
        advice.error,
    )


def plan(program, chosen, alternatives, runs):
    """variant -> runs: all that a column needs, all that could be the best, and
    once the fastest prediction of each API that is not ruled out."""
    wanted = {"sequential": runs}
    wanted |= {name: runs for name in chosen.values() if name}
    wanted |= {name: runs for name in contenders(program, CONTENDER)}
    for variant in one_of_each(alternatives, program):
        wanted.setdefault(variant, 1)
    return wanted


def describe(verdict):
    settings = [
        f"{key}={value}"
        for key, value in (verdict.get("settings") or {}).items()
        if value is not None and key in ("workers", "chunksize", "limit")
    ]
    return f"{verdict.get('api')}" + (f" {', '.join(settings)}" if settings else "")


def summary(row):
    """A program in one line, printed as soon as it is measured."""
    chosen, best = row.seconds("verdict"), row.measured[row.best].seconds
    times = f"{tables.seconds(chosen)} s; best: {row.best}, {best:.2f} s"
    return f"{row.program}: {row.verdict}, regret {row.regret('verdict'):.2f} ({times})"


def show(rows, demands):
    console = tables.console()
    for table in (tables.regret_table(rows), tables.summary_table(rows), *tables.prediction_tables(rows)):
        console.print(table)
    if busy := [row.program for row in rows if any(not one.quiet for one in row.measured.values())]:
        console.print(f"Other processes were busy while these ran, their figures are noisy: {', '.join(busy)}")
    for text, holds in demands:
        console.print(("ok      " if holds else "MISSED  ") + text)


def as_report(rows, demands):
    return {
        "programs": [
            {
                "program": row.program,
                "set": row.set,
                "verdict": row.verdict,
                "error": row.error,
                "chosen": row.chosen,
                "best": row.best,
                "measured": as_json(row.measured),
                "regret": {column: row.regret(column) for column in row.chosen},
                "predictions": [dataclasses.asdict(one) for one in row.predictions],
            }
            for row in rows
        ],
        "targets": [{"target": text, "holds": holds} for text, holds in demands],
    }


def say(text):
    """A progress line, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
