"""Runs of variants: what hangs is ended with all it started, what fails is told."""

import fcntl
import sys
import tempfile
import time
import unittest
from pathlib import Path

from harness.rounds import combine
from harness.runs import Run, run_group, run_variant

HANGS = """
import fcntl, subprocess, sys
held = "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX)"
code = held + "; print(1, flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", code, sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
child.wait()
"""


class Groups(unittest.TestCase):
    def test_a_hanging_variant_is_ended_with_the_processes_it_started(self):
        with tempfile.TemporaryDirectory() as folder:
            lock = Path(folder) / "lock"
            lock.touch()
            stdout, _, _ = run_group([sys.executable, "-c", HANGS, str(lock)], timeout=2)
            self.assertIsNone(stdout)
            start = time.monotonic()
            with open(lock) as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)  # the kernel grants it when the grandchild is dead
            self.assertLess(time.monotonic() - start, 30)

    def test_a_variant_that_cannot_start_is_an_error_not_an_exception(self):
        run = run_variant(sys.executable, "prime_check", "no_such_variant")
        self.assertIsNone(run.seconds)
        self.assertIn("no_such_variant", run.error)


class Combine(unittest.TestCase):
    def run_of(self, seconds, output="a", error=None, others=0.0, scaled=False):
        return Run(seconds, output, error, others, scaled)

    def test_disturbed_runs_do_not_count_beside_calm_ones(self):
        one = combine([self.run_of(9.0, others=0.8), self.run_of(2.0), self.run_of(3.0)], "a")
        self.assertEqual((one.seconds, one.runs, one.quiet), (2.5, 2, True))

    def test_only_disturbed_runs_are_marked(self):
        one = combine([self.run_of(9.0, others=0.8)], "a")
        self.assertEqual((one.seconds, one.quiet), (9.0, False))

    def test_one_run_with_another_output_spoils_the_variant(self):
        self.assertFalse(combine([self.run_of(1.0), self.run_of(1.0, "b")], "a").same_output)

    def test_a_part_of_the_items_is_not_compared_with_the_whole(self):
        self.assertTrue(combine([self.run_of(1.0, "part", scaled=True)], "a").same_output)


if __name__ == "__main__":
    unittest.main()
