"""From Rightlane's API and settings to the name of a variant."""

import math

APIS = {
    "sequential": "sequential",
    "ThreadPoolExecutor": "threads",
    "multiprocessing.pool.ThreadPool": "threadpool",
    "ProcessPoolExecutor": "procs",
    "multiprocessing.Pool": "mp_pool",
    "asyncio.TaskGroup": "asyncio",
    "asyncio.create_task": "asyncio",
    "asyncio": "asyncio",
    "threading.Thread": "thread_class",
    "multiprocessing.Process": "process_class",
}
# What a bare rule would choose, with the API's default settings on two cores.
BASELINES = {"always-threads": "threads6", "always-processes": "procs2_c1", "always-sequential": "sequential"}
UNLIMITED = 1_000_000


def variant_of(api, settings, program):
    """The variant's name, or None where nothing measured can stand for it (an
    API of another Python, a cluster)."""
    kind = APIS.get(api)
    settings = settings or {}
    if kind == "asyncio" and (settings.get("workers") or "asyncio" not in program.listing["apis"]):
        # its workers are those of the loop's own executor
        kind = "to_thread"
    if kind in ("thread_class", "process_class") and kind not in program.variants:
        kind = {"thread_class": "threads", "process_class": "procs"}[kind]
    if kind is None or kind in ("sequential", "thread_class", "process_class"):
        return kind
    if kind not in program.listing["apis"]:
        return None
    return known_name(kind, settings, program)


def known_name(kind, settings, program):
    """The truth file's own name for the settings if it has one, else kind:settings."""
    name = ":".join([kind, *parts(kind, settings, program)])
    return next((own for own in program.variants if program.same_as(own) == name), name)


def parts(kind, settings, program):
    workers, chunksize = settings.get("workers") or 0, settings.get("chunksize") or 0
    if kind in ("asyncio", "to_thread"):
        return [str(settings.get("limit") or 0)]
    if kind == "threads":
        return [str(workers)]
    if kind == "procs":
        chunksize = chunksize or 1
    elif workers and chunksize == math.ceil(program.facts.get("tasks", 0) / (4 * workers)):
        chunksize = 0  # what the pool would take by itself
    start_method = settings.get("start_method")
    if kind == "threadpool" or start_method in (None, program.listing.get("start_method")):
        return [str(workers), str(chunksize)]
    return [str(workers), str(chunksize), start_method]


def nearest_stored(variant, program):
    """The stored variant that is most like this one: the same API, the nearest
    number of workers on a log scale, one task or many in a message alike."""
    if variant is None or variant in program.stored:
        return variant
    kind, *settings = program.same_as(variant).split(":")
    rivals = [name for name in program.stored if program.same_as(name).split(":")[0] == kind]
    return min(rivals, key=lambda name: distance(kind, settings, program.same_as(name).split(":")[1:]), default=None)


def distance(kind, settings, others):
    first, second = number(settings, 0) or UNLIMITED, number(others, 0) or UNLIMITED
    apart = abs(math.log(first / second))
    if kind == "procs" and (number(settings, 1) > 1) != (number(others, 1) > 1):
        apart += 100.0
    return apart


def contenders(program, factor):
    """What may turn out the best: fair variants within `factor` times the stored best, and all that were
    never measured."""
    fair = [name for name in program.variants if not program.is_redesign(name)]
    known = {name: one for name, one in program.stored.items() if name in fair}
    if not known:
        return fair
    right = {name: one.seconds for name, one in known.items() if one.same_output and one.seconds}
    limit = factor * min(right.values())
    return [name for name in fair if name not in known or right.get(name, limit + 1) <= limit]


def one_of_each(alternatives, program):
    """The variant of the first alternative of each API that is not ruled out: the fastest predicted."""
    chosen = {}
    for one in alternatives or ():
        variant = variant_of(one.get("api"), one.get("settings"), program)
        if variant and not one.get("ruled_out"):
            chosen.setdefault(one["api"], variant)
    return list(chosen.values())


def number(settings, position):
    word = settings[position] if position < len(settings) else "0"
    return int(word) if word.isdigit() else 0
