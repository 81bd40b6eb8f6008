"""The command line of a truth file.

    python truth/NAME.py --list              what is known of the program, its variants, as JSON
    python truth/NAME.py --variant threads:6 run one, timed; one JSON line
    python truth/NAME.py --variant sequential --describe   adds facts of its tasks

Only the work is timed (with pool start-up and shut-down, and with combining
the results), not the interpreter's start, imports, inputs and servers.
"""

import argparse
import gc
import json
import multiprocessing
import os
import pickle
import sys
import time
import traceback

from apis import UnknownVariant

FREE_THREADED = hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled()


def main(truth):
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true", help="the variants, as JSON")
    parser.add_argument("--variant", help="run this one")
    parser.add_argument("--describe", action="store_true", help="add facts of the tasks")
    args = parser.parse_args()
    if args.list:
        print(json.dumps(listing(truth)))
    elif args.variant:
        try:
            print(json.dumps(run(truth, args.variant, args.describe)), flush=True)
        except UnknownVariant as error:
            parser.error(str(error))
    else:
        parser.error("one of --list and --variant is needed")


def listing(truth):
    variants = {
        name: {"same_as": variant.same_as, "ft": variant.ft, "redesign": variant.redesign}
        for name, variant in truth.variants.items()
    }
    return {
        "meta": truth.meta,
        "start_method": multiprocessing.get_start_method(),
        "apis": sorted(truth.apis),
        "variants": variants,
    }


def run(truth, name, with_facts=False):
    function = truth.find(name)
    record = {"program": truth.program.__name__, "variant": name, "free_threaded": FREE_THREADED}
    with truth.open() as ctx:
        gc.collect()
        cpu = os.times()
        start = time.perf_counter()
        try:
            output = function(ctx)
        except Exception as error:
            output = None
            record["error"] = f"{type(error).__name__}: {error}"[:300]
            if os.environ.get("TRUTH_TRACE"):
                traceback.print_exc()
        seconds = time.perf_counter() - start
        used = os.times()
        if isinstance(output, dict):
            record |= {"scale": output["scale"], "matches_part": output["output"] == output["expected"]()}
            output = output["output"]
        record |= {
            "seconds": seconds * record.get("scale", 1),
            "output": output,
            "own_cpu": used.user + used.system - cpu.user - cpu.system,
            "child_cpu": (used.children_user + used.children_system - cpu.children_user - cpu.children_system),
        }
        if with_facts and truth.loop:
            record["facts"] = describe(truth.loop, ctx)
    return record


def describe(loop, ctx):
    """Task count and sampled sizes of what would cross to another process."""
    items = list(loop.items(ctx))
    sample = items[:: max(1, len(items) // 5)][:5]
    function = loop.task(ctx)
    facts = {"tasks": len(items), "chunk": loop.chunk}
    try:
        facts["argument_bytes"] = mean_size((function, item) for item in sample)
        facts["picklable"] = True
    except Exception as error:  # pickle raises whatever the object's own hooks raise
        facts |= {
            "picklable": False,
            "pickle_error": f"{type(error).__name__}: {error}"[:120],
            "argument_bytes": size_or_none(sample),
        }
    facts["result_bytes"] = size_or_none(function(item) for item in sample)
    return facts


def size_or_none(values):
    try:
        return mean_size(values)
    except Exception:  # as above
        return None


def mean_size(values):
    sizes = [len(pickle.dumps(value, -1)) for value in values]
    return sum(sizes) // len(sizes)
