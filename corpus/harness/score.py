"""Regret and prediction error."""

import math
import statistics
from dataclasses import dataclass, field

from .choices import BASELINES, variant_of

WRONG = 10.0  # the regret of another output, of a failure, of no answer
COLUMNS = ("verdict", "guide", *BASELINES)
GEOMEAN_TARGET, WORST_TARGET, ERROR_TARGET = 1.15, 2.0, 0.20


@dataclass
class Prediction:
    program: str
    variant: str
    predicted: float
    measured: float

    @property
    def error(self):
        return abs(self.predicted - self.measured) / self.measured


@dataclass
class Row:
    """A program's result. chosen: column -> variant; measured: variant -> Measured."""

    program: str
    set: str
    verdict: str
    chosen: dict
    measured: dict
    best: str
    predictions: list = field(default_factory=list)
    error: str | None = None

    def seconds(self, column):
        one = self.measured.get(self.chosen[column])
        return one.seconds if one else None

    def wrong(self, column):
        one = self.measured.get(self.chosen[column])
        return one is None or not one.same_output or one.seconds is None

    def regret(self, column):
        return WRONG if self.wrong(column) else self.seconds(column) / self.measured[self.best].seconds


def chosen_variants(program, choice):
    return {"verdict": choice, "guide": program.guide_choice, **BASELINES}


def best_of(program, measured):
    """The fastest with the right output that only chooses an API at the loop."""
    fair = {
        name: one.seconds
        for name, one in measured.items()
        if one.same_output and one.seconds and not program.is_redesign(name) and not name.startswith("ft_")
    }
    if not fair:
        raise SystemExit(f"{program.name}: not even `truth/{program.name}.py --variant sequential` ran")
    return min(fair, key=fair.get)


def predictions(program, alternatives, measured):
    """Each simulated alternative beside the measured variant of the same API and settings."""
    found = {}
    for one in alternatives or ():
        variant = variant_of(one.get("api"), one.get("settings"), program)
        truth = measured.get(variant)
        predicted = one.get("predicted_seconds")
        if truth and truth.same_output and truth.seconds and isinstance(predicted, int | float):
            found.setdefault(variant, Prediction(program.name, variant, float(predicted), truth.seconds))
    return list(found.values())


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def percentile90(values):
    return statistics.quantiles(values, n=10, method="inclusive")[8] if len(values) > 1 else values[0]


def targets(rows):
    """(what is demanded, whether it holds), over all rows given."""
    regrets = [row.regret("verdict") for row in rows]
    errors = [one.error for row in rows for one in row.predictions]
    wrong = sum(row.wrong("verdict") for row in rows)
    mean, worst = geometric_mean(regrets), max(regrets)
    median = statistics.median(errors) if errors else None
    return [
        (f"geometric-mean regret {mean:.3f} <= {GEOMEAN_TARGET}", mean <= GEOMEAN_TARGET),
        (f"worst regret {worst:.2f} <= {WORST_TARGET}", worst <= WORST_TARGET),
        (f"wrong outputs {wrong} = 0", wrong == 0),
        (
            "median prediction error "
            + (
                "unknown: no prediction matches a measured variant"
                if median is None
                else f"{median:.1%} <= {ERROR_TARGET:.0%}"
            ),
            median is not None and median <= ERROR_TARGET,
        ),
    ]
