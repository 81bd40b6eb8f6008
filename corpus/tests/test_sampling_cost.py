"""`sampling_cost.py` against a stand-in for the command, and what the observers say of their samples."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from harness.observers import PySpy
from harness.turns import Turns
from sampling_cost import CASES, Cost, targets

HERE = Path(__file__).resolve().parent
# Stands in for `CMD observe`: starts the program and says that it took 100 rounds in a second.
FAKE = """
import json, subprocess, sys
answer = sys.argv[sys.argv.index("--output") + 1]
subprocess.run([sys.argv[sys.argv.index("--python") + 1], sys.argv[-1]], check=True)
sampling = {"rounds": 100, "samples": 1000, "unusable": 10}
json.dump({"processes": [{"wall_seconds": 1.0, "sampling": sampling}]}, open(answer, "w"))
"""


class Command(unittest.TestCase):
    def test_a_program_is_compared_with_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            fake, report = Path(folder) / "fake.py", Path(folder) / "report.json"
            fake.write_text(FAKE)
            options = ["--rightlane", f"{sys.executable} {fake}", "--alone", "--runs", "2", "--most", "2"]
            done = subprocess.run(
                [sys.executable, HERE.parent / "sampling_cost.py", *options, "--only", "sleepers", "--json", report],
                capture_output=True,
                text=True,
            )
            seen = json.loads(report.read_text())["sleepers"]["rightlane 100/s"]
        self.assertIsNone(seen["error"], done.stderr)
        self.assertEqual((seen["rates"], seen["unusable"]), ([100.0] * 2, [0.01] * 2))
        self.assertEqual(len(seen["plain"]), 2)
        self.assertTrue(all(0 <= own < 1 for own in seen["own"]))
        self.assertIn("part of the rate held 1.000 >= 0.95", done.stdout)


class Figures(unittest.TestCase):
    def cost(self, observed):
        (ours, *_) = [one for one in CASES if one.program == "call_heavy"]
        observer = type("Observer", (), {"name": "ours", "rate": 100})()
        return ours, Cost(observer, [1.0] * len(observed), observed)

    def test_the_ratio_is_the_median_of_the_pairs(self):
        _, cost = self.cost([1.0, 1.5, 1.02])
        self.assertEqual(cost.ratio, 1.02)

    def test_pairs_on_one_side_of_a_target_are_clear_and_scattered_ones_are_not(self):
        self.assertTrue(self.cost([1.0, 1.001, 0.999])[1].clear(1.01))
        self.assertTrue(self.cost([1.05, 1.051, 1.049])[1].clear(1.01))
        self.assertFalse(self.cost([0.9, 1.1, 1.02])[1].clear(1.01))

    def test_the_others_have_no_targets(self):
        case, cost = self.cost([1.0, 1.0])
        self.assertEqual(list(targets(case, [cost])), [])

    def test_py_spy_counts_samples_of_threads_and_rounds_that_failed(self):
        said = PySpy(100).said("", "py-spy> Wrote raw data. Samples: 1600 Errors: 20\n", 1.0, 20)
        self.assertEqual((said.rate, said.unusable), (100.0, 0.2))

    def test_time_between_two_moments_is_without_the_stops_in_it(self):
        turns = Turns([])
        now = time.perf_counter()
        turns.stops = [(now - 2, now - 1), (now + 1, now + 3), (now + 9, now + 12)]
        self.assertAlmostEqual(turns.between(now, now + 10), 7.0)


if __name__ == "__main__":
    os.chdir(HERE.parent)
    unittest.main()
