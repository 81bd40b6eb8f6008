"""Runs CPython's own tests of its pools with Rightlane's in their place: `swapped.py SUITE`, under the Python whose
tests they are. Prints one JSON object: what ran, what failed, what was excluded.

SUITE: `futures` (test_concurrent_futures) or a start method (the pool classes of _test_multiprocessing).
"""

import concurrent.futures
import concurrent.futures.process
import concurrent.futures.thread
import faulthandler
import importlib
import importlib.util
import io
import json
import multiprocessing
import multiprocessing.pool
import os
import pkgutil
import sys
import unittest

import test
from exclusions import EXCLUDED

import rightlane.futures
import rightlane.pool

#: A test that takes longer hangs.
PATIENCE = 240


def swap():
    ours = rightlane.futures
    concurrent.futures.ThreadPoolExecutor = concurrent.futures.thread.ThreadPoolExecutor = ours.ThreadPoolExecutor
    concurrent.futures.ProcessPoolExecutor = concurrent.futures.process.ProcessPoolExecutor = ours.ProcessPoolExecutor
    multiprocessing.pool.Pool = rightlane.pool.Pool
    multiprocessing.pool.ThreadPool = rightlane.pool.ThreadPool


def futures_tests(loader):
    if importlib.util.find_spec("test.test_concurrent_futures") is None and os.environ.get("MORE_TESTS"):
        test.__path__.append(os.environ["MORE_TESTS"])
    package = importlib.import_module("test.test_concurrent_futures")
    modules = [package]
    if hasattr(package, "__path__"):
        names = [one.name for one in pkgutil.iter_modules(package.__path__) if one.name.startswith("test_")]
        modules = [importlib.import_module(f"test.test_concurrent_futures.{name}") for name in names]
    return unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules)


def pool_tests(loader, method):
    names = install(method)
    return unittest.TestSuite(loader.loadTestsFromTestCase(globals()[name]) for name in names if "Pool" in name)


def install(method):
    """Makes the tests for a start method in this module, where worker processes look for them; the classes' names."""
    import test._test_multiprocessing as tests

    found = {"__name__": "__main__"}
    tests.install_tests_in_module_dict(found, method)
    del found["__name__"]
    globals().update(found)
    return [name for name, one in found.items() if isinstance(one, type)]


def flat(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from flat(one)
        else:
            yield one


def name_of(test):
    """`Class.method`."""
    return f"{type(test).__name__}.{test._testMethodName}"


class Result(unittest.TextTestResult):
    def startTest(self, test):
        print(name_of(test), file=sys.stderr, flush=True)
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        faulthandler.cancel_dump_traceback_later()


def main(suite, only):
    swap()
    loader = unittest.TestLoader()
    tests = list(flat(futures_tests(loader) if suite == "futures" else pool_tests(loader, suite)))
    tests = [one for one in tests if only in name_of(one)]
    excluded, chosen = {}, unittest.TestSuite()
    for one in tests:
        why = EXCLUDED.get(one._testMethodName) or EXCLUDED.get(name_of(one))
        if why:
            excluded[name_of(one)] = why
        else:
            chosen.addTest(one)
    words = io.StringIO()
    result = unittest.TextTestRunner(words, verbosity=0, resultclass=Result).run(chosen)
    failed = {
        name_of(one) if hasattr(one, "_testMethodName") else str(one): text
        for one, text in result.failures + result.errors
    }
    skipped = {name_of(one): why for one, why in result.skipped if hasattr(one, "_testMethodName")}
    found = {"run": result.testsRun - len(skipped), "failed": failed, "excluded": excluded, "skipped": skipped}
    print("\n" + json.dumps(found))  # on a line of its own: tests print too


if __name__ == "__mp_main__" and sys.argv[1] != "futures":
    install(sys.argv[1])

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
