"""Whether `prove` and `apply` deliver: `make prove-corpus`.

For every corpus program, in a scratch copy of this folder: races it, writes the
edit, and measures the edited program beside the program as it is and the best
variants written by hand. Prints a table, then how far the predictions are off
once the race has corrected them. Exit code 1 when a target is missed.
"""

import ast
import dataclasses
import functools
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import tables
from harness.choices import contenders, one_of_each, variant_of
from harness.options import judging, parsed
from harness.rounds import measure
from harness.runs import last_line
from harness.score import best_of, geometric_mean, percentile90, predictions
from harness.truthdata import CORPUS, programs

CONTENDER = 1.2  # times the stored best: what is slower cannot turn out the best
CLOSE = 1.08  # times the best measured: two medians of two runs may differ by that by chance
TIMEOUT = 900.0
APPLIED_TARGET, RATIO_TARGET, REGRET_TARGET = 0.80, 1.10, 1.03
MEDIAN_TARGET, P90_TARGET = 0.10, 0.25
# Below this, no hand-written variant is faster than sequential by more than noise.
GAIN = 0.90
# What a program imports for a kind of variant, before it calls anything.
MODULES = {
    "threads": ["concurrent.futures.thread"],
    "threadpool": ["multiprocessing.pool"],
    "procs": ["concurrent.futures.process"],
    "mp_pool": ["multiprocessing.pool"],
    "to_thread": ["asyncio", "concurrent.futures.thread"],
    "asyncio": ["asyncio"],
    "thread_class": ["threading"],
    "process_class": ["multiprocessing"],
}


@dataclasses.dataclass
class Row:
    """A program's result; seconds of whole programs, `work` of the work alone."""

    program: str
    best: str
    best_seconds: float
    should_gain: bool
    choice: str | None
    regret: float
    grade: str = ""
    applied: bool = False
    same_output: bool | None = None
    before: float | None = None
    after: float | None = None
    by_hand: float | None = None
    predictions: list = dataclasses.field(default_factory=list)
    note: str = ""

    @property
    def accepted(self):
        return self.applied and bool(self.same_output)

    @property
    def ratio(self):
        return self.after / self.by_hand if self.accepted and self.after and self.by_hand else None


def main():
    args = arguments()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "corpus"
        scratch.mkdir()
        for name in ("programs", "servers"):
            shutil.copytree(CORPUS / name, scratch / name, ignore=shutil.ignore_patterns("__pycache__"))
        os.environ["XDG_CACHE_HOME"] = own_cache(folder)
        for program in programs(args.python, args.set, args.only):
            rows.append(evaluate(program, scratch, args))
            say("")
            print(one_line(rows[-1]), flush=True)
    if not rows:
        raise SystemExit("no program chosen")
    return summary(rows, args.json)


def arguments():
    parser = judging(__doc__)
    parser.add_argument("--budget", default="30s", help="time budget of each race (default 30s)")
    return parsed(parser)


def own_cache(folder):
    """A cache without old races, with what is known of this machine."""
    cache = Path(folder) / "cache"
    known = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rightlane"
    (cache / "rightlane").mkdir(parents=True)
    for file in known.glob("costs-*.json"):
        shutil.copy(file, cache / "rightlane")
    return str(cache)


def evaluate(program, scratch, args):
    say(f"{program.name}: racing")
    raced, error = command(args, scratch, "prove", ["--time-budget", args.budget, "--format", "json"], program)
    choice = choice_of(raced, program)
    say(f"{program.name}: advising again")
    advice, _ = command(args, scratch, "advise", ["--format", "json"], program)
    say(f"{program.name}: applying")
    options = ["--write", "--allow-changes", "--format", "json"]
    edit, refused = command(args, scratch, "apply", options, program)
    alternatives = ((advice or {}).get("verdict") or {}).get("alternatives") or []
    measured = measure(args.python, program, plan(program, choice, alternatives, args.runs), (choice,), say=say)
    measured |= measured_again(program, measured, choice, args)
    imports = functools.cache(functools.partial(importing, args.python, program))
    measured = with_imports(measured, imports)
    best = best_of(program, measured)
    chosen = measured.get(choice)
    regret = chosen.seconds / measured[best].seconds if chosen and chosen.same_output and chosen.seconds else 10.0
    row = Row(
        program.name,
        best,
        measured[best].seconds,
        best != "sequential" and measured[best].seconds < GAIN * measured["sequential"].seconds,
        choice,
        regret,
        predictions=as_prepared(predictions(program, alternatives, measured)),
        note=error or refused or "",
    )
    if edit and edit.get("written"):
        row.applied, row.grade = True, edit["grade"]
        compare(program, scratch, args, row, imports(best))
    return row


def with_imports(measured, imports):
    """What was measured, with the imports that a program has to make for a variant: the files written by hand make
    those of all variants before they measure."""
    return {
        name: dataclasses.replace(one, seconds=one.seconds + imports(name)) if one.seconds else one
        for name, one in measured.items()
    }


def as_prepared(found):
    """Predictions for the work as the files written by hand prepare it.

    The race measured the program itself, which may find its files on disk where the file written by hand has just
    read them (verify_backups: 1.4 times as long). The program as it is was measured both ways, so that what the
    two differ by is known."""
    same = next((one for one in found if one.variant == "sequential"), None)
    if same is None:
        return found
    share = same.measured / same.predicted
    return [dataclasses.replace(one, predicted=one.predicted * share) for one in found]


def command(args, scratch, name, options, program):
    """The command's JSON object, or why there is none."""
    line = [*shlex.split(args.rightlane), name, "--quiet", "--python", args.python, *options]
    done = subprocess.run(
        [*line, f"programs/{program.name}.py"],
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    lines = done.stdout.strip().splitlines()
    try:
        return json.loads(lines[-1]), None
    except (IndexError, ValueError):
        return None, last_line(done.stderr) or f"exit code {done.returncode}"


def choice_of(raced, program):
    """The variant written by hand that does what the race chose."""
    if not raced:
        return None
    if not raced["gain"] or raced["best"] is None:
        return "sequential"
    best = raced["race"][raced["best"]]
    return variant_of(best["api"], best["settings"], program)


def plan(program, choice, alternatives, runs):
    wanted = {"sequential": runs}
    if choice:
        wanted[choice] = runs
    wanted |= {name: runs for name in contenders(program, CONTENDER)}
    # For the predictions.
    for variant in one_of_each(alternatives, program):
        wanted.setdefault(variant, 1)
    return wanted


def measured_again(program, measured, choice, args):
    """Those that may turn out the best, and the choice, with more runs: the fastest of many medians of a few
    runs is too fast by chance."""
    limit = CLOSE * measured[best_of(program, measured)].seconds
    right = {name: one.seconds for name, one in measured.items() if one.same_output and one.seconds}
    near = [name for name, seconds in right.items() if seconds <= limit or name == choice]
    if len(near) < 2:
        return {}
    again = {"sequential": 1} | dict.fromkeys(near, args.runs + 3)
    once_more = measure(args.python, program, again, near, say=say)
    return {name: once_more[name] for name in near}


def compare(program, scratch, args, row, imports):
    """Times the edited program beside the program as it is and the best variant by hand, whole processes in
    turns; the programs' outputs have to be the same.

    What the file written by hand takes more than the program when both are sequential (its own imports and
    arguments) does not count, except the `imports` that the best variant needs: the file makes those of every
    variant."""
    by_hand = CORPUS / "truth" / f"{program.name}.py"
    edited = scratch / "programs" / f"{program.name}.py"
    truth = [str(by_hand), "--variant"]
    commands = {
        "before": [str(program.path)],
        "after": [str(edited)],
        "sequential": [*truth, "sequential"],
        "best": [*truth, row.best],
    }
    walls = {which: [] for which in commands}
    outputs = {"before": set(), "after": set()}
    for number in range(args.runs + 1):
        order = list(commands)
        for which in order[number % len(order) :] + order[: number % len(order)]:
            say(f"{program.name}: {which}, run {number}")
            start = time.perf_counter()
            done = subprocess.run(
                [args.python, *commands[which]], cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
            if number:  # the first one only warms up
                walls[which].append(time.perf_counter() - start)
            if which in outputs:
                outputs[which].add((done.stdout, done.returncode))
    median = {which: statistics.median(times) for which, times in walls.items()}
    row.before, row.after = median["before"], median["after"]
    row.same_output = outputs["before"] == outputs["after"] and len(outputs["after"]) == 1
    row.by_hand = median["best"] - (median["sequential"] - median["before"]) + imports


def importing(python, program, variant):
    """Seconds that it takes to import what a variant needs and the program has not."""
    by_hand = CORPUS / "truth" / f"{program.name}.py"
    kind = program.same_as(variant).partition(":")[0]
    old = imported(program.path)
    new = set(MODULES.get(kind, ()))
    if kind == "asyncio":  # coroutines throughout have clients of their own
        new |= {name for name in imported(by_hand) if is_package(name, by_hand, program.path)}
    if not new - old:
        return 0.0
    script = f"import time, {', '.join(sorted(old | {'time'}))}\nstart = time.perf_counter()\n"
    script += f"import {', '.join(sorted(new - old))}\nprint(time.perf_counter() - start)"
    line = [python, "-c", script]
    times = [float(subprocess.check_output(line, text=True, cwd=program.path.parent)) for _ in range(5)]
    return statistics.median(times)


def is_package(name, *files):
    """Whether a module is neither Python's own nor beside one of the files."""
    root = name.partition(".")[0]
    return root not in sys.stdlib_module_names and not any((one.parent / f"{root}.py").exists() for one in files)


def imported(path):
    """The modules that a program imports where it starts, by their whole names."""
    body = ast.parse(path.read_text()).body
    plain = [alias.name for one in body if isinstance(one, ast.Import) for alias in one.names]
    return {*plain, *(one.module for one in body if isinstance(one, ast.ImportFrom) if one.module)}


def summary(rows, path):
    gaining = [row for row in rows if row.should_gain]
    accepted = [row for row in gaining if row.accepted]
    ratios = [row.ratio for row in accepted if row.ratio]
    errors = [one.error for row in rows for one in row.predictions if one.variant != "sequential"]
    spoiled = [row.program for row in rows if row.applied and (not row.same_output or not stays_fair(row))]
    share = len(accepted) / len(gaining) if gaining else 1.0
    ratio = geometric_mean(ratios) if ratios else 1.0
    regret = geometric_mean([row.regret for row in rows])
    demands = [
        (
            f"accepted edits {len(accepted)} of {len(gaining)}: {share:.0%} >= {APPLIED_TARGET:.0%}",
            share >= APPLIED_TARGET,
        ),
        (f"applied / best by hand {ratio:.3f} <= {RATIO_TARGET}", ratio <= RATIO_TARGET),
        (f"edits of programs that must stay, or wrong: {', '.join(spoiled) or 'none'}", not spoiled),
        (f"regret of prove's choice {regret:.3f} <= {REGRET_TARGET}", regret <= REGRET_TARGET),
    ]
    if errors:
        median, ninetieth = statistics.median(errors), percentile90(errors)
        demands += [
            (f"median prediction error after the race {median:.1%} <= {MEDIAN_TARGET:.0%}", median <= MEDIAN_TARGET),
            (f"90th percentile {ninetieth:.1%} <= {P90_TARGET:.0%} ({len(errors)} variants)", ninetieth <= P90_TARGET),
        ]
    console = tables.console()
    console.print(table(rows))
    for group in tables.prediction_tables(rows):
        console.print(group)
    for text, holds in demands:
        console.print(("ok      " if holds else "MISSED  ") + text)
    if path:
        Path(path).write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))
    return 0 if all(holds for _, holds in demands) else 1


def stays_fair(row):
    """An edit of a program that has nothing to gain may not slow it down."""
    return row.should_gain or row.after <= row.before * 1.05


def table(rows):
    made = tables.new_table(
        "program", "best", "s", "verdict", "regret", "output", "before", "after", "by hand", "ratio"
    )
    for row in rows:
        output = {None: "no edit", True: row.grade, False: "WRONG"}[row.same_output]
        made.add_row(
            row.program,
            row.best,
            tables.seconds(row.best_seconds),
            row.choice or row.note[:40],
            f"{row.regret:.2f}",
            output,
            tables.seconds(row.before),
            tables.seconds(row.after),
            tables.seconds(row.by_hand),
            tables.seconds(row.ratio),
        )
    return made


def one_line(row):
    edit = f"{row.grade}, {row.before:.2f} -> {row.after:.2f} s" if row.applied else f"no edit {row.note}"
    choice = f"{row.program}: {row.choice}, regret {row.regret:.2f} (best: {row.best})"
    return f"{choice}; {edit}, ratio {tables.seconds(row.ratio)}"


def say(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
