"""The tables that the corpus commands print."""

import statistics
import sys

from rich import box
from rich.console import Console, Group
from rich.table import Table

from .score import COLUMNS, geometric_mean, percentile90

WORDS = ("program", "set", "verdict", "best", "figure", "variant", "output", "where", "besides", "observer")
WIDE = 150  # columns when the output is no terminal


def console():
    return Console(width=None if sys.stdout.isatty() else WIDE)


def heading(column):
    return "regret" if column == "verdict" else column.removeprefix("always-")


def new_table(*columns):
    """Columns of words stand to the left, of figures to the right."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        text = name in WORDS
        table.add_column(name, justify="left" if text else "right", overflow="fold")
    return table


def regret_table(rows):
    title = "Regret: seconds of the choice / seconds of the best (10 = wrong output or none)"
    table = new_table("program", "set", "verdict", "s", "best", "s", *map(heading, COLUMNS))
    for row in rows:
        table.add_row(
            row.program,
            row.set,
            row.verdict,
            seconds(row.seconds("verdict")),
            row.best,
            seconds(row.measured[row.best].seconds),
            *(f"{row.regret(column):.2f}" for column in COLUMNS),
        )
    return Group(title, table)


def summary_table(rows):
    table = new_table("set", "figure", *map(heading, COLUMNS))
    groups = {name: [row for row in rows if row.set == name] for name in sorted({row.set for row in rows})}
    if len(groups) > 1:
        groups["all"] = rows
    for name, group in groups.items():
        regrets = [[row.regret(column) for row in group] for column in COLUMNS]
        wrong = [sum(row.wrong(column) for row in group) for column in COLUMNS]
        table.add_row(f"{name} ({len(group)})", "geometric mean", *(f"{geometric_mean(one):.3f}" for one in regrets))
        table.add_row("", "worst", *(f"{max(one):.2f}" for one in regrets))
        table.add_row("", "wrong outputs", *map(str, wrong), end_section=True)
    return Group("Over the programs", table)


def prediction_tables(rows, worst=10):
    every = sorted((one for row in rows for one in row.predictions), key=lambda one: one.error, reverse=True)
    if not every:
        return []
    errors = [one.error for one in every]
    title = (
        f"Prediction error over {len(errors)} variants: median {statistics.median(errors):.1%}, "
        f"90th percentile {percentile90(errors):.1%}; the worst"
    )
    table = new_table("program", "variant", "predicted s", "measured s", "error")
    for one in every[:worst]:
        table.add_row(one.program, one.variant, seconds(one.predicted), seconds(one.measured), f"{one.error:.0%}")
    return [Group(title, table)]


def seconds(value):
    return "-" if value is None else f"{value:.2f}"
