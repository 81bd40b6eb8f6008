"""`regret.py --stored` against a stand-in for the command, over the real truth."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def regret(*programs, verdict=None, exit_code=0):
    """(exit code of regret.py, its report, what it printed)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = f"{sys.executable} {HERE / 'fake_rightlane.py'}"
        options = ["--stored", "--only", *programs]
        done = subprocess.run(
            [sys.executable, HERE.parent / "regret.py", "--rightlane", command, *options, "--json", report],
            env=os.environ | {"FAKE_VERDICT": json.dumps(verdict), "FAKE_EXIT": str(exit_code)},
            capture_output=True,
            text=True,
        )
        return done.returncode, json.loads(report.read_text()) if report.exists() else None, done.stdout + done.stderr


def verdict(api, settings=None, alternatives=()):
    return {"api": api, "settings": settings or {}, "alternatives": list(alternatives)}


def alternative(api, settings, seconds):
    return {"api": api, "settings": settings, "predicted_seconds": seconds}


class Regret(unittest.TestCase):
    def test_the_best_choice_with_a_good_prediction_meets_all_targets(self):
        stored = json.loads((HERE.parent / "truth.json").read_text())["prime_check"]["variants"]
        pool = alternative("multiprocessing.Pool", {"workers": 2}, stored["mp_pool"]["seconds"] * 1.1)
        best = verdict("ProcessPoolExecutor", {"workers": 2, "chunksize": 20}, [pool])
        code, report, text = regret("prime_check", verdict=best)
        self.assertEqual(code, 0, text)
        row = report["programs"][0]
        self.assertEqual(row["chosen"]["verdict"], "procs2_cK")
        self.assertAlmostEqual(row["predictions"][0]["predicted"] / row["predictions"][0]["measured"], 1.1)

    def test_another_output_counts_ten_and_misses_the_target(self):
        code, report, text = regret("ledger_chain", verdict=verdict("ThreadPoolExecutor", {"workers": 8}))
        self.assertEqual(code, 1)
        self.assertEqual(report["programs"][0]["regret"]["verdict"], 10)
        self.assertIn("MISSED  wrong outputs 1 = 0", text)

    def test_a_failing_command_is_named_and_counts_ten(self):
        code, report, _ = regret("prime_check", exit_code=4)
        self.assertEqual(code, 1)
        self.assertEqual(report["programs"][0]["regret"]["verdict"], 10)
        self.assertIn("exit code 4: error: the fake was told to fail", report["programs"][0]["error"])

    def test_an_answer_without_a_verdict_is_an_error_of_the_row(self):
        code, report, _ = regret("prime_check", verdict=None)
        self.assertEqual(code, 1)
        self.assertEqual(report["programs"][0]["error"], "the answer has no verdict")

    def test_an_unknown_program_is_refused(self):
        code, report, text = regret("no_such_program", verdict=verdict("sequential"))
        self.assertNotEqual(code, 0)
        self.assertIn("no corpus program is called no_such_program", text)
        self.assertIsNone(report)


if __name__ == "__main__":
    unittest.main()
