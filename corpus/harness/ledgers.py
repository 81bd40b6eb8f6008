"""What a program of known truth says of itself, beside what was seen from outside.

The truth is the line that a program of `ledger/` writes at its end; what was seen is the answer of
`rightlane observe --format json`.
"""

import statistics
from dataclasses import dataclass, field

POINTS = 0.05  # by which a share may be off
SUMS = 0.01  # by which a thread's rows may differ from its wall time
DETAILED = 0.8  # part of a row's time that must carry the detail asked for
UNKNOWN = 0.03  # part of its time of which a program may not know where it went
UNSPLIT = "cpu"
COMPUTING = ("python_gil", "native_gil", "native_released", "kernel")
STALL_SECONDS, STALL_COUNT = 0.05, 1  # by which a stall's length and number may be off


@dataclass
class Compared:
    """One thread in one function: shares of its wall time by cause."""

    where: str
    true: dict
    seen: dict
    dominant: str
    wall: float

    @property
    def dominant_seen(self):
        """Waiting for a CPU dominates everything on a busy machine, and says nothing then of whether
        the causes are told apart: it counts where the program is about it."""
        causes = [cause for cause in self.seen if cause != "cpu_wait" or self.dominant == "cpu_wait"]
        first = max(causes, key=self.seen.get, default="nothing")
        return first if self.seen.get(first) else "nothing"

    @property
    def dominant_right(self):
        """Of two causes with as good as the same share either may come first."""
        return self.true.get(self.dominant_seen, 0.0) >= self.true[self.dominant] - POINTS

    @property
    def points(self):
        return self.seen.get(self.dominant, 0.0) - self.true[self.dominant]

    @property
    def share_right(self):
        return abs(self.points) <= POINTS

    @property
    def explained(self):
        """Whether the program itself knows where its time went."""
        return self.true.get("unexplained", 0.0) <= UNKNOWN and abs(sum(self.true.values()) - 1) <= UNKNOWN

    @property
    def worst_other(self):
        """(cause, difference) of the row, but the dominant one, that is furthest from the truth."""
        seen = dict(self.seen)
        if UNSPLIT in self.true:
            left = sum(seen.pop(cause, 0.0) for cause in COMPUTING if cause not in self.true)
            seen[UNSPLIT] = left
        causes = (seen.keys() | self.true.keys()) - {self.dominant}
        differences = [(cause, seen.get(cause, 0.0) - self.true.get(cause, 0.0)) for cause in sorted(causes)]
        return max(differences, key=lambda one: abs(one[1]), default=("", 0.0))


@dataclass
class Result:
    """One program. `wrong`: the details that were not seen; `sums`: the worst difference between a
    thread's rows and its wall time, as a part of it."""

    program: str
    compared: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    checks: int = 0
    sums: float = 0.0
    error: str | None = None
    skipped: str | None = None

    @property
    def dominant_right(self):
        return not self.error and all(one.dominant_right for one in self.compared)

    @property
    def share_right(self):
        return not self.error and all(one.share_right for one in self.compared)

    @property
    def sums_right(self):
        return not self.error and self.sums <= SUMS

    @property
    def details_right(self):
        return not self.error and not self.wrong


def judge(program, truth, answer):
    """The program's truth beside the command's answer."""
    looks = [truth, *truth["also"]]
    processes = {process["pid"]: process for process in answer["processes"]}
    result = Result(program, [compare(program, look, processes.get(look["pid"])) for look in looks])
    result.sums = max(map(sum_error, answer["processes"]), default=0.0)
    result.checks = len(truth["checks"])
    main = processes.get(truth["pid"])
    thread = thread_of(truth, main)
    for name, wanted in truth["checks"].items():
        if thread is None or not CHECKS[name](wanted, truth["dominant"], thread, main):
            result.wrong.append(f"{name} {wanted}")
    return result


def compare(program, look, process):
    """A thread that was not seen has no time anywhere. Seconds are divided by the wall time that the
    program measured: what was not seen of it counts as wrong."""
    ledgers = [
        one["ledger"]
        for one in (process or {}).get("functions", ())
        if one["thread"] == look["tid"]
        and one["file"].endswith(f"{program}.py")
        and one["function"].rpartition(".")[2] == look["function"]
    ]
    seen = {}
    for ledger in ledgers:
        for cause, seconds in ledger.items():
            seen[cause] = seen.get(cause, 0.0) + seconds / look["wall"]
    where = f"{look['thread']}: {look['function']}"
    return Compared(where, look["truth"], seen, look["dominant"], look["wall"])


def thread_of(look, process):
    threads = (process or {}).get("threads", ())
    return next((thread for thread in threads if thread["tid"] == look["tid"]), None)


def sum_error(process):
    return max((thread_sum_error(thread) for thread in process["threads"]), default=0.0)


def thread_sum_error(thread):
    wall, total = thread["wall_seconds"], sum(thread["ledger"].values())
    return abs(total - wall) / wall if wall else 0.0


def most_carry(thread, cause, fits):
    """Whether most of the time under `cause` carries a detail that fits."""
    details = [one for one in thread["details"] if one["cause"] == cause]
    seconds = sum(one["seconds"] for one in details if fits(one["detail"]))
    return seconds >= DETAILED * thread["ledger"].get(cause, 0.0) > 0


def peer_named(wanted, cause, thread, _process):
    return most_carry(thread, cause, lambda detail: detail.get("peer") == wanted)


def lock_named(wanted, cause, thread, _process):
    return most_carry(thread, cause, lambda detail: detail.get("lock") == wanted)


def holder_named(wanted, cause, thread, _process):
    return most_carry(thread, cause, lambda detail: holds(detail.get("holder") or {}, wanted))


def holds(holder, wanted):
    return all(holder.get(key) == value for key, value in wanted.items())


def path_named(wanted, cause, thread, _process):
    return most_carry(thread, cause, lambda detail: wanted in detail.get("path", ""))


def child_named(wanted, cause, thread, _process):
    return most_carry(thread, cause, lambda detail: wanted in detail.get("command", ""))


def stall_named(wanted, _cause, _thread, process):
    return any(
        (stall["line"], stall["function"].rpartition(".")[2]) == (wanted["line"], wanted["function"])
        and abs(stall["longest"] - wanted["longest"]) <= STALL_SECONDS
        and abs(stall["count"] - wanted["count"]) <= STALL_COUNT
        for stall in process["stalls"]
    )


CHECKS = {
    "peer": peer_named,
    "lock": lock_named,
    "holder": holder_named,
    "path": path_named,
    "child": child_named,
    "stall": stall_named,
}


def median_of(runs):
    """Several runs of a program as one: medians of the shares, every failure of a detail."""
    failed = next((run for run in runs if run.error or run.skipped), None)
    if failed or len(runs) == 1:
        return failed or runs[0]
    return Result(
        runs[0].program,
        [median_look(looks) for looks in zip(*(run.compared for run in runs), strict=False)],
        sorted({wrong for run in runs for wrong in run.wrong}),
        runs[0].checks,
        max(run.sums for run in runs),
    )


def median_look(looks):
    true = median_shares([look.true for look in looks])
    seen = median_shares([look.seen for look in looks])
    dominant = statistics.mode(look.dominant for look in looks)
    return Compared(looks[0].where, true, seen, dominant, statistics.median(look.wall for look in looks))


def median_shares(many):
    causes = {cause for shares in many for cause in shares}
    return {cause: statistics.median(shares.get(cause, 0.0) for shares in many) for cause in sorted(causes)}


def truth_figures(results):
    """The same of the truths alone."""
    ran = [one for one in results if not one.skipped]
    known = sum(not one.error and all(look.explained for look in one.compared) for one in ran)
    return [(f"programs that know where all but {UNKNOWN:.0%} of their time went", known, len(ran), len(ran))]


def figures(results):
    """(words, reached, of, needed) of each target over programs that ran."""
    ran = [one for one in results if not one.skipped]
    count = len(ran)
    return [
        ("dominant class right", sum(one.dominant_right for one in ran), count, count),
        (f"share within {POINTS:.0%}", sum(one.share_right for one in ran), count, count - count // 12),
        (f"rows add up to the wall time within {SUMS:.0%}", sum(one.sums_right for one in ran), count, count),
        ("details right", sum(one.details_right for one in ran), count, count),
    ]
