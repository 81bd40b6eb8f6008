"""Whether the time ledger is right: `make ledger`.

Runs every program of `ledger/` under `CMD observe`, and compares where the command says that the
program's time went with what the program measured itself. Exit code 1 when a target is missed.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from harness import tables
from harness.ledgers import Result, figures, judge, median_of, truth_figures
from harness.runs import last_line

CORPUS = Path(__file__).resolve().parent
PROGRAMS = CORPUS / "ledger"
TIMEOUT = 120.0
FAR = 0.03  # another row than the dominant one is shown when it is off by more


def main():
    args = arguments()
    report, missed = {}, False
    for python in args.python or [sys.executable]:
        results = [several(program, python, args) for program in args.programs]
        reached = truth_figures(results) if args.plain else figures(results)
        show(python, results, known_rows if args.plain else seen_rows, reached)
        missed |= any(count < needed for _, count, _, needed in reached)
        report[python] = [asdict(one) for one in results]
    if args.json:
        Path(args.json).write_text(json.dumps(report, indent=1) + "\n")
    return 1 if missed else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rightlane", metavar="CMD", help="the command to judge")
    parser.add_argument("--plain", action="store_true", help="without it: show the truths alone")
    parser.add_argument("--python", action="append", help="runs the programs; repeatable (default: this Python)")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME")
    parser.add_argument("--runs", type=int, default=1, help="of each program; medians are judged (default 1)")
    parser.add_argument("--rate", type=int, default=100, help="samples per second (default 100)")
    parser.add_argument("--disk", default=".", help="a folder on a disk, for the programs' files (default: this one)")
    parser.add_argument("--json", metavar="FILE", help="write the results here, too")
    args = parser.parse_args()
    if bool(args.rightlane) == args.plain:
        parser.error("give either --rightlane or --plain")
    names = sorted(path.stem for path in PROGRAMS.glob("*.py"))
    if unknown := sorted(set(args.only) - set(names)):
        parser.error(f"no program is called {', '.join(unknown)}")
    args.programs = [name for name in names if not args.only or name in args.only]
    return args


def several(program, python, args):
    print(f"{program} ...", file=sys.stderr)
    return median_of([once(program, python, args) for _ in range(args.runs)])


def once(program, python, args):
    """Never raises for what the program or the command does: a failure is the result's `error`."""
    with tempfile.TemporaryDirectory(prefix=".ledger-", dir=args.disk) as folder:
        truth, answer = Path(folder) / "truth.json", Path(folder) / "answer.json"
        command = observing(args, python, answer) if args.rightlane else [python]
        try:
            done = subprocess.run(
                [*command, str(PROGRAMS / f"{program}.py")],
                cwd=folder,
                env=os.environ | {"RIGHTLANE_TRUTH": str(truth)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            return Result(program, error=f"not done after {TIMEOUT:.0f} s")
        except OSError as error:
            raise SystemExit(f"cannot run {command[0]!r}: {error.strerror}") from error
        if done.returncode:
            return Result(program, error=f"exit code {done.returncode}: {last_line(done.stderr)}")
        return read(program, truth, answer if args.rightlane else None)


def observing(args, python, answer):
    options = ["--python", python, "--format", "json", "--output", str(answer), "--rate", str(args.rate)]
    return [*shlex.split(args.rightlane), "observe", *options]


def read(program, truth, answer):
    try:
        truth = json.loads(truth.read_text())
        if "skipped" in truth:
            return Result(program, skipped=truth["skipped"])
        return judge(program, truth, json.loads(answer.read_text()) if answer else seen_by_itself(truth))
    except (OSError, ValueError) as error:
        return Result(program, error=f"no readable answer: {error}")
    except (KeyError, TypeError, AttributeError) as error:
        return Result(program, error=f"an answer of another form: {type(error).__name__}: {error}")


def seen_by_itself(truth):
    """The answer of a command that saw nothing: `--plain` is about the truths."""
    truth["checks"] = {}
    return {"processes": []}


def show(python, results, rows, reached):
    title, columns, cells = rows()
    table = tables.new_table("program", "where", *columns)
    for result in results:
        if result.skipped or result.error:
            table.add_row(result.program, f"skipped: {result.skipped}" if result.skipped else f"error: {result.error}")
        for number, one in enumerate(result.compared):
            table.add_row("" if number else result.program, one.where, *cells(result, one))
    console = tables.console()
    console.print(f"{title}, with {python}", table)
    for words, count, of, needed in reached:
        mark = "ok     " if count >= needed else "MISSED "
        console.print(f"{mark} {words} {count} of {of} (>= {needed})", highlight=False)


def known_rows():
    return "Where the time went by the programs' own clocks", ["seconds", "besides"], known_cells


def known_cells(_result, one):
    shares = sorted(one.true.items(), key=lambda item: -item[1])
    return f"{one.wall:.2f}", ", ".join(f"{cause} {share:.1%}" for cause, share in shares if share > 0.005)


def seen_rows():
    columns = ["true", "seen", "true", "seen", "points", "besides"]
    return "Where the time of a function went by the program's own clocks and as seen", columns, seen_cells


def seen_cells(result, one):
    marks = ("" if one.dominant_right else " !"), ("" if one.share_right else " !")
    return (
        one.dominant,
        one.dominant_seen + marks[0],
        f"{one.true[one.dominant]:.1%}",
        f"{one.seen.get(one.dominant, 0.0):.1%}",
        f"{100 * one.points:+.1f}{marks[1]}",
        "; ".join(remarks(result, one)),
    )


def remarks(result, one):
    cause, difference = one.worst_other
    if abs(difference) > FAR:
        yield f"{cause} {100 * difference:+.1f}"
    if one is result.compared[0]:
        yield from (f"not seen: {wrong}" for wrong in result.wrong)
        if not result.sums_right:
            yield f"sums off by {result.sums:.1%}"


if __name__ == "__main__":
    sys.exit(main())
