"""Rightlane's API and settings come to the right variant of a truth file."""

import unittest

from harness.choices import nearest_stored, variant_of
from harness.truthdata import Measured, Program

NAMES = {
    "sequential": "sequential",
    "threads8": "threads:8",
    "threads32": "threads:32",
    "threadpool": "threadpool:2:0",
    "procs2_c1": "procs:2:1",
    "procs2_cK": "procs:2:20",
    "mp_pool": "mp_pool:2:0",
}
LOOP_APIS = ["mp_pool", "procs", "threadpool", "threads", "to_thread"]


def program(apis=LOOP_APIS, extra=(), tasks=1000):
    variants = {name: {"same_as": same_as, "ft": False, "redesign": False} for name, same_as in NAMES.items()}
    variants |= {name: {"same_as": None, "ft": False, "redesign": False} for name in extra}
    listing = {"meta": {"guide": {"choice": "mp_pool"}}, "start_method": "fork", "apis": apis, "variants": variants}
    stored = {name: Measured(1.0, 1, True) for name in NAMES}
    return Program("some_program", "own", listing, stored, {"tasks": tasks})


class VariantOf(unittest.TestCase):
    def check(self, api, settings, expected, **options):
        self.assertEqual(variant_of(api, settings, program(**options)), expected)

    def test_a_known_setting_gets_the_truth_files_own_name(self):
        self.check("ThreadPoolExecutor", {"workers": 8}, "threads8")
        self.check("ProcessPoolExecutor", {"workers": 2, "chunksize": 20}, "procs2_cK")
        self.check("ProcessPoolExecutor", {"workers": 2, "chunksize": None}, "procs2_c1")
        self.check("multiprocessing.Pool", {"workers": 2}, "mp_pool")
        self.check("sequential", None, "sequential")

    def test_other_settings_are_asked_for_by_number(self):
        self.check("ThreadPoolExecutor", {"workers": 12}, "threads:12")
        self.check("multiprocessing.pool.ThreadPool", {"workers": 3, "chunksize": 7}, "threadpool:3:7")
        self.check("ProcessPoolExecutor", {"workers": 4}, "procs:4:1")

    def test_the_pools_own_chunksize_written_out_is_its_default(self):
        self.check("multiprocessing.Pool", {"workers": 2, "chunksize": 125}, "mp_pool")
        self.check("multiprocessing.Pool", {"workers": 2, "chunksize": 124}, "mp_pool:2:124")

    def test_only_another_start_method_is_part_of_the_name(self):
        self.check("multiprocessing.Pool", {"workers": 2, "start_method": "fork"}, "mp_pool")
        self.check("multiprocessing.Pool", {"workers": 2, "start_method": "spawn"}, "mp_pool:2:0:spawn")

    def test_asyncio_without_a_native_variant_runs_in_threads(self):
        self.check("asyncio.TaskGroup", {"limit": 20}, "to_thread:20")
        self.check("asyncio.TaskGroup", {"limit": 20}, "asyncio:20", apis=[*LOOP_APIS, "asyncio"])

    def test_a_thread_of_its_own_where_there_is_such_a_variant(self):
        self.check("threading.Thread", {"workers": 8}, "threads8")
        self.check("threading.Thread", {"workers": 8}, "thread_class", extra=["thread_class"])
        self.check("multiprocessing.Process", {"workers": 2}, "procs2_c1")

    def test_what_cannot_be_measured_here_has_no_variant(self):
        self.check("InterpreterPoolExecutor", {"workers": 2}, None)
        self.check("dask", {}, None)
        self.check(None, None, None)


class NearestStored(unittest.TestCase):
    def check(self, variant, expected):
        self.assertEqual(nearest_stored(variant, program()), expected)

    def test_workers_are_compared_by_ratio(self):
        self.check("threads:15", "threads8")
        self.check("threads:17", "threads32")

    def test_many_tasks_in_a_message_never_stand_for_one(self):
        self.check("procs:2:500", "procs2_cK")
        self.check("procs:32:1", "procs2_c1")

    def test_an_api_that_was_never_measured_has_none(self):
        self.check("asyncio:0", None)


if __name__ == "__main__":
    unittest.main()
