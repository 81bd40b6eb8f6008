"""Several variants of a program measured fairly: interleaved, in rotating order."""

import statistics

from .runs import run_variant
from .truthdata import Measured

FAR_BEHIND = 1.5  # times the best so far; beyond that one run says enough


def measure(python, program, plan, in_full=(), retries=0, say=lambda text: None):
    """plan: variant -> how many runs. Returns variant -> Measured.

    The reference for outputs is `sequential`, which must be in the plan. A
    variant that failed, differed or fell far behind the best is not run again;
    those in `in_full` are run again even if slow.
    retries: how often a run that others disturbed may be repeated."""
    runs = {variant: [] for variant in plan}
    for number in range(max(plan.values())):
        for variant in rotated(list(plan), number):
            if number < plan[variant] and not settled(variant, runs, program, variant in in_full):
                say(f"{program.name}: {variant}, run {number + 1}")
                runs[variant].append(calm_run(python, program, variant, retries))
    reference = next((run.output for run in runs["sequential"] if not run.error), None)
    return {variant: combine(done, reference) for variant, done in runs.items()}


def rotated(names, number):
    """`sequential` stays first in the first round: the others are compared with it."""
    names.sort(key=lambda name: name != "sequential")
    shift = number % len(names)
    return names[shift:] + names[:shift]


def settled(variant, runs, program, in_full):
    if not runs[variant] or not runs["sequential"]:
        return False
    first, reference = runs[variant][0], runs["sequential"][0]
    if first.error or reference.error or differs(first, reference):
        return True
    fair = [done[0] for name, done in runs.items() if done and not program.is_redesign(name)]
    right = [run.seconds for run in fair if not run.error and not differs(run, reference)]
    return not in_full and first.seconds > FAR_BEHIND * min(right)


def differs(run, reference):
    return run.output != reference.output and not run.scaled


def calm_run(python, program, variant, retries):
    """The calmest of the tries, the last of which is the first calm one."""
    tries = [run_variant(python, program.name, variant)]
    while not tries[-1].quiet and len(tries) <= retries:
        tries.append(run_variant(python, program.name, variant))
    return min(tries, key=lambda run: run.others or 0.0)


def combine(runs, reference):
    error = next((run.error for run in runs if run.error), None)
    same = not error and reference is not None and all(run.scaled or run.output == reference for run in runs)
    calm = [run for run in runs if run.quiet] or runs
    seconds = [run.seconds for run in calm if run.seconds is not None]
    return Measured(
        statistics.median(seconds) if seconds else None, len(calm), same, error, all(run.quiet for run in calm)
    )
