"""`ledger.py` against a stand-in for the command that knows the truth, or puts it wrong."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from harness.ledgers import Compared, Result, figures, median_of

HERE = Path(__file__).resolve().parent


def ledger(program, wrong=""):
    """(exit code of ledger.py, its report on the program, what it printed)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = f"{sys.executable} {HERE / 'fake_observe.py'}"
        options = ["--rightlane", command, "--only", program, "--json", report, "--disk", folder]
        done = subprocess.run(
            [sys.executable, HERE.parent / "ledger.py", *options],
            env=os.environ | {"FAKE_OBSERVE": wrong},
            capture_output=True,
            text=True,
        )
        return done.returncode, json.loads(report.read_text())[sys.executable][0], done.stdout + done.stderr


class Ledger(unittest.TestCase):
    def test_the_truth_meets_all_targets(self):
        code, report, text = ledger("held_lock")
        self.assertEqual((code, report["wrong"], report["error"]), (0, [], None), text)
        self.assertIn("ok      dominant class right 1 of 1", text)

    def test_a_holder_in_another_line_is_a_detail_not_seen(self):
        code, report, text = ledger("held_lock", "process['threads'][0]['details'][0]['detail']['holder']['line'] += 1")
        self.assertEqual(code, 1)
        self.assertIn("MISSED  details right 0 of 1", text)
        self.assertIn("holder", report["wrong"][0])

    def test_time_under_another_cause_misses_class_and_share_but_not_the_sum(self):
        move = "for one in process['threads'] + process['functions']: one['ledger']['pipe'] = one['ledger'].pop('lock')"
        code, _, text = ledger("event_wait", move)
        self.assertEqual(code, 1)
        self.assertIn("MISSED  dominant class right 0 of 1", text)
        self.assertIn("MISSED  share within 5% 0 of 1", text)
        self.assertIn("ok      rows add up to the wall time within 1% 1 of 1", text)

    def test_rows_that_do_not_add_up_are_seen(self):
        code, report, text = ledger("sleep", "process['threads'][0]['ledger']['sleep'] *= 0.98")
        self.assertEqual(code, 1)
        self.assertIn("MISSED  rows add up", text)
        self.assertGreater(report["sums"], 0.01)

    def test_a_child_that_was_not_followed_has_no_time(self):
        code, _, text = ledger("python_child", "del processes[1]")
        self.assertEqual(code, 1)
        self.assertIn("nothing !", text)

    def test_a_stall_in_another_function_is_a_detail_not_seen(self):
        self.assertEqual(ledger("asyncio_blocked")[0], 0)
        code, report, _ = ledger("asyncio_blocked", "process['stalls'][0]['function'] = 'main'")
        self.assertEqual(code, 1)
        self.assertIn("stall", report["wrong"][0])

    def test_an_answer_of_another_form_is_an_error_of_the_program(self):
        code, report, _ = ledger("sleep", "process.clear()")
        self.assertEqual(code, 1)
        self.assertIn("another form", report["error"])


class Comparing(unittest.TestCase):
    def test_of_equal_causes_either_may_dominate(self):
        true = {"sleep": 0.5, "lock": 0.48, "cpu_wait": 0.02}
        self.assertTrue(Compared("", true, {"lock": 0.5, "sleep": 0.47}, "sleep", 1.0).dominant_right)
        self.assertFalse(Compared("", true, {"pipe": 0.5, "sleep": 0.47}, "sleep", 1.0).dominant_right)

    def test_waiting_for_a_cpu_dominates_only_where_the_program_is_about_it(self):
        true = seen = {"cpu_wait": 0.7, "python_gil": 0.3}
        self.assertEqual(Compared("", true, seen, "python_gil", 1.0).dominant_seen, "python_gil")
        self.assertEqual(Compared("", true, seen, "cpu_wait", 1.0).dominant_seen, "cpu_wait")

    def test_computing_that_nobody_split_is_compared_as_a_whole(self):
        true = {"socket": 0.6, "cpu": 0.4}
        seen = {"socket": 0.6, "python_gil": 0.25, "kernel": 0.15}
        self.assertAlmostEqual(Compared("", true, seen, "socket", 1.0).worst_other[1], 0.0)

    def test_several_runs_count_as_their_median_and_every_missing_detail_counts(self):
        shares = [0.9, 0.5, 0.92]
        looks = [[Compared("", {"sleep": 0.9}, {"sleep": share}, "sleep", 1.0)] for share in shares]
        runs = [Result("one", look, wrong) for look, wrong in zip(looks, ([], ["peer"], []), strict=True)]
        together = median_of(runs)
        self.assertTrue(together.share_right)
        self.assertEqual(together.wrong, ["peer"])

    def test_two_of_24_shares_may_be_off_but_skipped_programs_do_not_count(self):
        wrong = Compared("", {"sleep": 0.9}, {"sleep": 0.7}, "sleep", 1.0)
        results = [Result(str(number), [wrong]) for number in range(24)] + [Result("none", skipped="no disk")]
        _, share, _, _ = figures(results)
        self.assertEqual(share[1:], (0, 24, 22))


if __name__ == "__main__":
    unittest.main()
